/* What a packet of packet-tracer comes to, in words: the ENDs of trace.def. */
#include "daemon/control_trace.h"

#include "doctor/doctor.h"

#include <stdlib.h>
#include <string.h>

enum { SPACE = 1024 };

static const struct {
    const char *name, *drop, *text, *sentence, *repair;
} ends[] = {
#define PHASE(...)
#define END(name, drop, text, sentence, repair) [END_##name] = {#name, drop, text, sentence, repair},
#include "daemon/trace.def"
#undef PHASE
#undef END
};

static const char *field_of(const struct trace *t, const char *name, size_t len, char space[static SPACE])
{
    const struct tunnel *tunnel = t->tunnel == NO_INDEX ? NULL : &t->policy->tunnels[t->tunnel];
    struct text s = text_of(space, SPACE);
    char ip[IP_TEXT_SIZE];

#define IS(word) (strlen(word) == len && memcmp(name, word, len) == 0)
    if (IS("local"))
        text_add(&s, "%s", ip_text(t->match.outer.local, ip));
    else if (IS("remote"))
        text_add(&s, "%s", ip_text(t->match.outer.remote, ip));
    else if (IS("inner"))
        text_add(&s, "%s", ip_text(t->match.inner.local, ip));
    else if (IS("peer"))
        text_add(&s, "%s", ip_text(t->peer, ip));
    else if (IS("map"))
        text_add(&s, "%s", tunnel == NULL ? "MAP" : tunnel->map_name);
    else if (IS("sequence"))
        text_add(&s, "%u", tunnel == NULL ? 0 : tunnel->sequence);
    else if (IS("acl"))
        text_add(&s, "%s", t->list != NULL ? t->list : tunnel != NULL ? tunnel->acl_name : "ACL");
    else if (IS("line"))
        text_add(&s, "%u", t->line == NULL ? 0 : t->line->line);
    else if (IS("egress"))
        text_add(&s, "%s", t->output_name);
    else if (IS("rule"))
        text_add(&s, "%s", trace_rule(t) == NULL ? "" : trace_rule(t)->text);
    else if (IS("why"))
        text_add(&s, "%s", t->why == NULL ? "" : t->why);
    else if (IS("way"))
        text_add(&s, "%s", t->way == NULL ? "" : t->way);
    else if (IS("interface"))
        text_add(&s, "%s", t->interface == NULL ? "" : t->interface);
    else if (IS("permit"))
        text_add(&s, "%s", t->permit);
    else if (IS("state"))
        text_add(&s, "%s", t->state == NULL ? "" : t->state);
#undef IS
    return space;
}

static void fill(struct text *s, const struct trace *t, const char *sentence)
{
    char space[SPACE];

    while (*sentence != '\0') {
        size_t len = strcspn(sentence, "{");

        text_add(s, "%.*s", (int)len, sentence);
        sentence += len;
        if (*sentence == '{') {
            len = strcspn(sentence, "}");
            text_add(s, "%s", field_of(t, sentence + 1, len - 1, space));
            sentence += len + 1;
        }
    }
}

/* "in-tunnel" of IN_TUNNEL */
static void set_name(struct control_record *r, const char *name)
{
    char space[40];
    struct text s = text_of(space, sizeof space);

    for (; *name != '\0'; name++)
        text_add(&s, "%c", *name == '_' ? '-' : *name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
    record_set_text(r, COL_trace_end, space);
}

static struct control_record repair_of(const char *sentence, const char *repair)
{
    struct control_record r = control_record_of(RECORD_trace_repair);

    record_set_text(&r, COL_trace_repair_sentence, sentence);
    if (repair[0] != '\0')
        record_set_text(&r, COL_trace_repair_repair, repair);
    return r;
}

static const char *status_of(const struct trace *t, uint16_t interface)
{
    const char *device = interface == NO_INDEX ? "" : t->policy->interfaces[interface].linux_name;
    const struct control_source *source = t->client->control->source;

    return source->is_up == NULL || source->is_up(source->context, device) ? "up" : "down";
}

void trace_finish(struct trace *t, enum trace_end end)
{
    struct control_record r = control_record_of(RECORD_trace);
    const struct control_state *state = t->state == NULL ? NULL : control_state_of(t->state);
    char space[SPACE * 2];
    struct text s = text_of(space, sizeof space);
    bool is_drop = ends[end].drop[0] != '\0';

    if (!is_drop) {
        text_add(&s, "New flow created with id %u, packet dispatched to next module",
                 trace_number(t->output_name, t->given.local_port));
        trace_send_phase(t, PHASE_FLOW, true, "", space);
        s = text_of(space, sizeof space);
    }
    record_set_text(&r, COL_trace_input, t->policy->interfaces[t->input].name);
    record_set_text(&r, COL_trace_input_status, status_of(t, t->input));
    record_set_text(&r, COL_trace_output, t->output_name);
    record_set_text(&r, COL_trace_output_status, status_of(t, t->output));
    record_set_text(&r, COL_trace_action, is_drop ? "drop" : "allow");
    if (is_drop) {
        record_set_text(&r, COL_trace_drop, ends[end].drop);
        record_set_text(&r, COL_trace_drop_text, ends[end].text);
    }
    set_name(&r, ends[end].name);
    fill(&s, t, ends[end].sentence);
    record_set_text(&r, COL_trace_sentence, space);
    if (t->tunnel != NO_INDEX)
        record_set_ip(&r, COL_trace_peer, t->peer);
    if (t->has_pair)
        record_set_number(&r, COL_trace_spi_out, t->pair.spi_out);
    record_set_text(&r, COL_trace_state, t->state);
    if (state != NULL && end != END_IN_TUNNEL)
        record_set_text(&r, COL_trace_open, state->open);
    record_set_flag(&r, COL_trace_asked, t->was_asked);
    client_send(t->client, &r);
    if (ends[end].repair[0] != '\0') {
        s = text_of(space, sizeof space);
        fill(&s, t, ends[end].repair);
        r = repair_of(NULL, space);
        client_send(t->client, &r);
    }
    t->is_examined = end != END_IN_TUNNEL && end != END_ARRIVED;
}

/* ---- what of this machine keeps it from being in a tunnel: beside the loop ---- */

struct examined {
    uint16_t tunnel;
    unsigned generation; /* of the configuration that has it */
};

static void make_examination(struct made *made)
{
    const struct examined *of = made->own;
    struct doctor_report *report = made->source.examine(made->source.context, made->conf,
                                                        of->generation == made->generation ? of->tunnel : NO_INDEX);

    for (size_t i = 0; report != NULL && i < report->count; i++)
        if (doctor_check_severity(report->findings[i].check) == DOCTOR_STOPS) {
            struct control_record r = repair_of(report->findings[i].sentence, report->findings[i].repair);

            made_add(made, &r);
        }
    free(report);
    made->is_over = true;
}

static const struct made_way made_examination = {.make = make_examination, .forget = free};

void trace_examine(struct trace *t)
{
    struct examined *examined =
        t->is_examined && t->client->control->source->examine != NULL ? malloc(sizeof *examined) : NULL;

    if (examined == NULL) {
        client_done(t->client);
        return;
    }
    *examined = (struct examined){t->tunnel, t->client->control->generation};
    client_make(t->client, &made_examination, examined);
}
