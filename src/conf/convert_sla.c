/* `sla monitor` and `track` in the words of a router. */
#include "conf/convert_parts.h"
#include "policy/sla.h"

static void add_clock(struct text *t, uint32_t seconds)
{
    text_add(t, "%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void add_schedule(struct text *t, const struct sla_monitor *monitor)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const struct sla_schedule *s = &monitor->schedule;

    text_add(t, "ip sla schedule %u life ", monitor->number);
    if (s->life_s == 0)
        text_add(t, "forever");
    else
        text_add(t, "%u", s->life_s);
    text_add(t, " start-time %s",
             s->start == SLA_PENDING ? "pending"
             : s->start == SLA_NOW   ? "now"
             : s->start == SLA_AFTER ? "after "
                                     : "");
    if (s->start == SLA_AFTER || s->start == SLA_AT)
        add_clock(t, s->start == SLA_AT ? s->at_s : s->after_s);
    if (s->month > 0)
        text_add(t, " %s %u", months[s->month - 1], s->day);
    if (s->ageout_s > 0)
        text_add(t, " ageout %u", s->ageout_s);
    text_add(t, "%s\n", s->is_recurring ? " recurring" : "");
}

void convert_add_ios_sla(const struct converting *c)
{
    for (uint16_t i = 0; i < c->policy->monitor_count; i++) {
        const struct sla_monitor *m = &c->policy->monitors[i];

        if (!ip_is_set(m->target))
            continue;
        text_add(c->t, "!\nip sla %u\n icmp-echo ", m->number);
        text_add_ip(c->t, m->target);
        text_add(c->t, " source-interface %s\n", c->policy->interfaces[m->interface].hardware);
        text_add(c->t, " request-data-size %u\n tos %u\n threshold %u\n timeout %u\n frequency %u\n", m->size, m->tos,
                 m->threshold_ms, m->timeout_ms, m->frequency_s);
        if (m->schedule.start != SLA_UNSCHEDULED)
            add_schedule(c->t, m);
    }
    for (uint16_t i = 0; i < c->policy->track_count; i++)
        text_add(c->t, "%strack %u ip sla %u reachability\n", i == 0 ? "!\n" : "", c->policy->tracks[i].number,
                 c->policy->tracks[i].monitor);
}
