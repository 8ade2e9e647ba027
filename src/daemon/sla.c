#include "daemon/sla.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The clock on the wall is looked at so often by who waits for a time of it. */
enum { LOOK_AT_CLOCK_MS = 10000, YEARS_TRIED = 9 };

struct sla {
    struct sla_hooks hooks;
    const struct policy *policy; /* NULL: none yet */
    struct sla_entry *entries;
    struct sla_tracked *tracked;
    size_t entry_count, tracked_count;
};

struct sla *sla_create(const struct sla_hooks *hooks)
{
    struct sla *sla = calloc(1, sizeof *sla);

    if (sla != NULL)
        sla->hooks = *hooks;
    return sla;
}

void sla_free(struct sla *sla)
{
    free(sla->entries);
    free(sla->tracked);
    free(sla);
}

uint64_t sla_wall_ms(const struct sla *sla)
{
    return sla->hooks.wall_ms(sla->hooks.context);
}

const struct sla_entry *sla_nth(const struct sla *sla, size_t nth)
{
    return nth < sla->entry_count ? &sla->entries[nth] : NULL;
}

const struct sla_tracked *sla_tracked_nth(const struct sla *sla, size_t nth)
{
    return nth < sla->tracked_count ? &sla->tracked[nth] : NULL;
}

const struct sla_entry *sla_of(const struct sla *sla, uint32_t number)
{
    for (size_t i = 0; i < sla->entry_count; i++)
        if (sla->entries[i].monitor.number == number)
            return &sla->entries[i];
    return NULL;
}

const struct sla_tracked *sla_tracked_of(const struct sla *sla, uint32_t number)
{
    for (size_t i = 0; i < sla->tracked_count; i++)
        if (sla->tracked[i].track.number == number)
            return &sla->tracked[i];
    return NULL;
}

/* ---- what is tracked ---- */

static bool is_reached(const struct sla_entry *entry)
{
    return entry != NULL && (entry->code == SLA_OK || entry->code == SLA_OVER_THRESHOLD);
}

static void judge(struct sla *sla, struct sla_tracked *tracked, uint64_t now_ms)
{
    const struct sla_entry *entry = sla_of(sla, tracked->track.monitor);

    if (tracked->is_up == is_reached(entry))
        return;
    tracked->is_up = !tracked->is_up;
    tracked->change_count++;
    tracked->changed_ms = now_ms;
    sla->hooks.on_track(sla->hooks.context, tracked, entry);
}

static void judge_all(struct sla *sla, uint64_t now_ms)
{
    for (size_t i = 0; i < sla->tracked_count; i++)
        judge(sla, &sla->tracked[i], now_ms);
}

/* ---- when it begins and ends ---- */

static void set_day(struct tm *tm, const struct sla_schedule *schedule)
{
    tm->tm_hour = (int)(schedule->at_s / 3600);
    tm->tm_min = (int)(schedule->at_s / 60 % 60);
    tm->tm_sec = (int)(schedule->at_s % 60);
    tm->tm_isdst = -1;
    if (schedule->month == 0)
        return;
    tm->tm_mon = schedule->month - 1;
    tm->tm_mday = schedule->day;
}

/* The next time after this one that the clock shows that; 29 February is not of every year. */
static uint64_t next_at_ms(const struct sla_schedule *schedule, uint64_t wall_ms)
{
    time_t now = (time_t)(wall_ms / 1000);

    for (int i = 0; i < YEARS_TRIED; i++) {
        struct tm tm;

        localtime_r(&now, &tm);
        set_day(&tm, schedule);
        if (schedule->month == 0)
            tm.tm_mday += i;
        else
            tm.tm_year += i;

        time_t at = mktime(&tm);

        if (at > now && (schedule->month == 0 || tm.tm_mday == schedule->day))
            return (uint64_t)at * 1000;
    }
    return UINT64_MAX;
}

static void wait_for_clock(struct sla *sla, struct sla_entry *entry)
{
    entry->state = SLA_WAITING;
    entry->begin_wall_ms = next_at_ms(&entry->monitor.schedule, sla_wall_ms(sla));
}

static void schedule(struct sla *sla, struct sla_entry *entry, uint64_t now_ms)
{
    const struct sla_schedule *s = &entry->monitor.schedule;

    entry->state = SLA_IDLE;
    if (s->start == SLA_AT)
        wait_for_clock(sla, entry);
    if (s->start == SLA_NOW || s->start == SLA_AFTER) {
        entry->state = SLA_WAITING;
        entry->begin_ms = now_ms + (uint64_t)s->after_s * 1000;
    }
}

static bool may_begin(const struct sla *sla, const struct sla_entry *entry, uint64_t now_ms)
{
    if (entry->state != SLA_WAITING)
        return false;
    return entry->monitor.schedule.start == SLA_AT ? sla_wall_ms(sla) >= entry->begin_wall_ms
                                                   : now_ms >= entry->begin_ms;
}

static void begin(struct sla_entry *entry, uint64_t now_ms)
{
    uint32_t life_s = entry->monitor.schedule.life_s;

    entry->state = SLA_ACTIVE;
    entry->end_ms = life_s == 0 ? 0 : now_ms + (uint64_t)life_s * 1000;
    entry->next_ms = now_ms;
}

static void end(struct sla *sla, struct sla_entry *entry, uint64_t now_ms)
{
    entry->state = SLA_ENDED;
    entry->is_under_way = false;
    entry->code = SLA_UNKNOWN;
    if (entry->monitor.schedule.is_recurring)
        wait_for_clock(sla, entry);
    judge_all(sla, now_ms);
}

/* ---- one time that it is asked ---- */

static void ask(struct sla *sla, struct sla_entry *entry, uint64_t now_ms)
{
    uint32_t random = sla->hooks.random(sla->hooks.context);

    entry->is_under_way = true;
    entry->op_ms = now_ms;
    entry->begun_wall_ms = sla_wall_ms(sla);
    entry->attempt_count++;
    entry->identifier = (uint16_t)(random >> 16);
    entry->first_sequence = (uint16_t)random;
    entry->sent = entry->refused = entry->unsent = 0;
    entry->coming = (struct sla_answers){0};
    memset(entry->is_done, 0, sizeof entry->is_done);
}

static enum sla_code code_of(const struct sla_entry *entry)
{
    if (entry->coming.count > 0)
        return entry->coming.sum > (uint64_t)entry->monitor.threshold_ms * entry->coming.count ? SLA_OVER_THRESHOLD
                                                                                               : SLA_OK;
    return entry->unsent + entry->refused == entry->sent ? SLA_NO_CONNECTION : SLA_TIMEOUT;
}

static void conclude(struct sla *sla, struct sla_entry *entry, uint64_t now_ms)
{
    uint64_t every_ms = (uint64_t)entry->monitor.frequency_s * 1000;

    entry->is_under_way = false;
    entry->code = code_of(entry);
    entry->answers = entry->coming;
    for (entry->next_ms = entry->op_ms + every_ms; entry->next_ms < now_ms; entry->next_ms += every_ms)
        entry->skipped_count++;
    judge_all(sla, now_ms);
}

static void send_next(struct sla *sla, struct sla_entry *entry, uint64_t now_ms)
{
    uint16_t index = entry->sent++;
    struct sla_echo echo = {.target = entry->monitor.target,
                            .identifier = entry->identifier,
                            .sequence = (uint16_t)(entry->first_sequence + index)};

    entry->sent_ms[index] = now_ms;
    if (sla->hooks.send(sla->hooks.context, &entry->monitor, &echo) == 0)
        return;
    entry->is_done[index] = true;
    entry->unsent++;
}

static uint64_t send_due_ms(const struct sla_entry *entry)
{
    return entry->op_ms + (uint64_t)entry->sent * SLA_SPACING_MS;
}

static uint64_t deadline_ms(const struct sla_entry *entry)
{
    return entry->sent_ms[entry->sent - 1] + entry->monitor.timeout_ms;
}

static bool is_over(const struct sla_entry *entry, uint64_t now_ms)
{
    return entry->sent == entry->monitor.packet_count &&
           (entry->coming.count + entry->refused + entry->unsent == entry->sent || now_ms >= deadline_ms(entry));
}

static void go_on(struct sla *sla, struct sla_entry *entry, uint64_t now_ms)
{
    while (entry->sent < entry->monitor.packet_count && now_ms >= send_due_ms(entry))
        send_next(sla, entry, now_ms);
    if (is_over(entry, now_ms))
        conclude(sla, entry, now_ms);
}

static void turn(struct sla *sla, struct sla_entry *entry, uint64_t now_ms)
{
    if (may_begin(sla, entry, now_ms))
        begin(entry, now_ms);
    if (entry->state != SLA_ACTIVE)
        return;
    if (entry->end_ms != 0 && now_ms >= entry->end_ms) {
        end(sla, entry, now_ms);
        return;
    }
    if (!entry->is_under_way && now_ms >= entry->next_ms)
        ask(sla, entry, now_ms);
    if (entry->is_under_way)
        go_on(sla, entry, now_ms);
}

void sla_turn(struct sla *sla, uint64_t now_ms)
{
    for (size_t i = 0; i < sla->entry_count; i++)
        turn(sla, &sla->entries[i], now_ms);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t entry_due_ms(const struct sla *sla, const struct sla_entry *entry, uint64_t now_ms)
{
    uint64_t end_ms = entry->end_ms == 0 ? UINT64_MAX : entry->end_ms;

    if (entry->state == SLA_WAITING && entry->monitor.schedule.start == SLA_AT) {
        uint64_t wall_ms = sla_wall_ms(sla);
        uint64_t left_ms = entry->begin_wall_ms > wall_ms ? entry->begin_wall_ms - wall_ms : 0;

        return now_ms + sooner(left_ms, LOOK_AT_CLOCK_MS);
    }
    if (entry->state == SLA_WAITING)
        return entry->begin_ms;
    if (entry->state != SLA_ACTIVE)
        return UINT64_MAX;
    if (!entry->is_under_way)
        return sooner(entry->next_ms, end_ms);
    return sooner(entry->sent < entry->monitor.packet_count ? send_due_ms(entry) : deadline_ms(entry), end_ms);
}

uint64_t sla_due_ms(const struct sla *sla, uint64_t now_ms)
{
    uint64_t due_ms = UINT64_MAX;

    for (size_t i = 0; i < sla->entry_count; i++)
        due_ms = sooner(due_ms, entry_due_ms(sla, &sla->entries[i], now_ms));
    return due_ms;
}

bool sla_wants_to_ask(const struct sla *sla)
{
    for (size_t i = 0; i < sla->entry_count; i++)
        if (sla->entries[i].state == SLA_WAITING || sla->entries[i].state == SLA_ACTIVE)
            return true;
    return false;
}

/* ---- what comes ---- */

/* One that was asked, and has not been answered; `*index`: which of its echos. NULL: nobody has asked so. */
static struct sla_entry *asked(struct sla *sla, const struct sla_echo *echo, uint16_t *index)
{
    for (size_t i = 0; i < sla->entry_count; i++) {
        struct sla_entry *entry = &sla->entries[i];

        *index = (uint16_t)(echo->sequence - entry->first_sequence);
        if (entry->is_under_way && entry->identifier == echo->identifier && *index < entry->sent &&
            !entry->is_done[*index] && ip_equal(entry->monitor.target, echo->target))
            return entry;
    }
    return NULL;
}

static void count_answer(struct sla_answers *a, uint32_t ms)
{
    a->last_ms = ms;
    a->least_ms = a->count == 0 || ms < a->least_ms ? ms : a->least_ms;
    a->most_ms = ms > a->most_ms ? ms : a->most_ms;
    a->sum += ms;
    a->sum2 += (uint64_t)ms * ms;
    a->count++;
}

void sla_answer(struct sla *sla, const struct sla_echo *echo, uint64_t now_ms)
{
    uint16_t index;
    struct sla_entry *entry = asked(sla, echo, &index);

    if (entry == NULL || now_ms > entry->sent_ms[index] + entry->monitor.timeout_ms)
        return;
    entry->is_done[index] = true;
    count_answer(&entry->coming, (uint32_t)(now_ms - entry->sent_ms[index]));
    go_on(sla, entry, now_ms);
}

void sla_refused(struct sla *sla, const struct sla_echo *echo, uint64_t now_ms)
{
    uint16_t index;
    struct sla_entry *entry = asked(sla, echo, &index);

    if (entry == NULL)
        return;
    entry->is_done[index] = true;
    entry->refused++;
    go_on(sla, entry, now_ms);
}

/* ---- another policy ---- */

static const char *interface_of(const struct policy *policy, const struct sla_monitor *monitor)
{
    return monitor->interface < policy->interface_count ? policy->interfaces[monitor->interface].name : "";
}

static bool is_same_schedule(const struct sla_schedule *a, const struct sla_schedule *b)
{
    return a->start == b->start && a->after_s == b->after_s && a->at_s == b->at_s && a->day == b->day &&
           a->month == b->month && a->life_s == b->life_s && a->is_recurring == b->is_recurring;
}

static bool is_same(const struct policy *from, const struct sla_monitor *a, const struct policy *to,
                    const struct sla_monitor *b)
{
    return ip_equal(a->target, b->target) && a->packet_count == b->packet_count && a->size == b->size &&
           a->tos == b->tos && a->threshold_ms == b->threshold_ms && a->timeout_ms == b->timeout_ms &&
           a->frequency_s == b->frequency_s && strcmp(interface_of(from, a), interface_of(to, b)) == 0 &&
           is_same_schedule(&a->schedule, &b->schedule);
}

static void take_monitor(struct sla *sla, struct sla_entry *entry, const struct policy *policy,
                         const struct sla_monitor *monitor, uint64_t now_ms)
{
    const struct sla_entry *before = sla_of(sla, monitor->number);

    if (before != NULL && is_same(sla->policy, &before->monitor, policy, monitor)) {
        *entry = *before;
        entry->monitor = *monitor;
        return;
    }
    *entry = (struct sla_entry){.monitor = *monitor};
    entry->modified_wall_ms = sla_wall_ms(sla);
    if (ip_is_set(monitor->target))
        schedule(sla, entry, now_ms);
}

static void take_track(const struct sla *sla, struct sla_tracked *tracked, const struct track *track, uint64_t now_ms)
{
    const struct sla_tracked *before = sla_tracked_of(sla, track->number);

    *tracked = (struct sla_tracked){.track = *track, .changed_ms = now_ms};
    if (before != NULL && before->track.monitor == track->monitor)
        *tracked = *before;
}

void sla_use(struct sla *sla, const struct policy *policy, uint64_t now_ms)
{
    struct sla_entry *entries = calloc(policy->monitor_count + 1u, sizeof *entries);
    struct sla_tracked *tracked = calloc(policy->track_count + 1u, sizeof *tracked);

    CHECK(entries != NULL && tracked != NULL);
    for (uint16_t i = 0; i < policy->monitor_count; i++)
        take_monitor(sla, &entries[i], policy, &policy->monitors[i], now_ms);
    for (uint16_t i = 0; i < policy->track_count; i++)
        take_track(sla, &tracked[i], &policy->tracks[i], now_ms);
    free(sla->entries);
    free(sla->tracked);
    sla->entries = entries;
    sla->tracked = tracked;
    sla->entry_count = policy->monitor_count;
    sla->tracked_count = policy->track_count;
    sla->policy = policy;
    judge_all(sla, now_ms);
}
