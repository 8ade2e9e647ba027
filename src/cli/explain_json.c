/* The report as one JSON object; the names are a contract with other tools. */
#include "cli/explain_parts.h"

#include <jansson.h>

static void put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *text_of_ip(struct ip ip)
{
    char space[IP_TEXT_SIZE];

    return ip_is_set(ip) ? json_string(ip_text(ip, space)) : json_null();
}

static json_t *stage_json(struct stage stage)
{
    return json_pack("{s:s,s:s}", "asa", stage.asa, "ios", stage.ios);
}

static json_t *texts(const char *const *lines, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(lines[i]));
    return list;
}

static json_t *evidence_json(const struct explain *x, const struct report_evidence *e)
{
    json_t *o = json_object();

    put(o, "file", json_string(x->files[e->source].name));
    put(o, "line", json_integer(e->line));
    put(o, "text", json_string(report_text(e->text)));
    put(o, "means", json_string(e->sentence));
    put(o, "count", json_integer(e->count));
    put(o, "last_line", json_integer(e->last_line));
    return o;
}

static json_t *evidence_list(const struct explain *x, const struct report_evidence *list, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, evidence_json(x, &list[i]));
    return array;
}

static json_t *cause_json(const struct explain *x, const struct report_cause *c)
{
    json_t *o = json_object(), *repair = json_object(), *missing = json_array();

    put(o, "id", json_string(c->id));
    put(o, "family", json_string(c->family));
    put(o, "strength", json_string(strength_name(c->strength)));
    put(o, "score", json_real((double)(int)(c->score * 1000 + 0.5) / 1000));
    put(o, "sentence", json_string(c->sentence));
    put(o, "evidence", evidence_list(x, c->evidence, c->evidence_count));
    put(o, "against", evidence_list(x, c->against, c->against_count));
    if (*c->missing)
        json_array_append_new(missing, json_string(c->missing));
    put(o, "missing", missing);
    put(o, "next_test", json_string(c->next_test ? c->next_test : ""));
    put(repair, "this_end", texts(c->this_end, c->this_end_count));
    put(repair, "that_end", texts(c->that_end, c->that_end_count));
    put(o, "repair", repair);
    return o;
}

static json_t *end_json(const struct explain *x, const struct report_end *end)
{
    json_t *o = json_object(), *files = json_array();

    for (size_t i = 0; i < end->source_count; i++)
        json_array_append_new(files, json_string(x->files[end->sources[i]].name));
    put(o, "role", json_string(role_name(end->role)));
    put(o, "local", text_of_ip(end->local));
    put(o, "peer", text_of_ip(end->peer));
    put(o, "stage", stage_json(end->stage));
    put(o, "files", files);
    return o;
}

static json_t *step_json(const struct explain *x, const struct report_step *s)
{
    char space[EXPLAIN_TIME_SIZE];
    json_t *o = json_object();

    put(o, "message", json_string(s->name));
    put(o, "means", json_string(s->sentence));
    put(o, "file", json_string(x->files[s->source].name));
    put(o, "line", json_integer(s->line));
    put(o, "count", json_integer(s->count));
    put(o, "time", s->has_time ? json_string(explain_time(x, s->source, s->time_ms, space)) : json_null());
    put(o, "fate", json_string(s->fate));
    return o;
}

static json_t *clocks_json(const struct explain *x, const struct report_negotiation *n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n->clock_count; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:I}", "file", x->files[n->clocks[i].source].name, "than",
                                              x->files[n->clocks[i].than].name, "ahead_ms",
                                              (json_int_t)n->clocks[i].ahead_ms));
    return list;
}

static json_t *translation_json(const struct explain *x, const struct report_negotiation *n)
{
    const struct translation *t = &n->translation;
    json_t *o = n->joined ? json_object() : json_null();

    if (!n->joined)
        return o;
    put(o, "initiator_before", text_of_ip(t->before));
    put(o, "file_before", json_string(x->files[t->source_before].name));
    put(o, "initiator_after", text_of_ip(t->after));
    put(o, "file_after", json_string(x->files[t->source_after].name));
    put(o, "joined_for", json_string(n->joined));
    return o;
}

static json_t *negotiation_json(const struct explain *x, const struct report_negotiation *n)
{
    char space[EXPLAIN_TIME_SIZE];
    json_t *o = json_object(), *ends = json_array(), *causes = json_array(), *steps = json_array();
    uint16_t clock = n->end_count && n->ends[0].source_count ? n->ends[0].sources[0] : 0;

    for (size_t i = 0; i < n->end_count; i++)
        json_array_append_new(ends, end_json(x, &n->ends[i]));
    for (size_t i = 0; i < n->cause_count; i++)
        json_array_append_new(causes, cause_json(x, &n->causes[i]));
    for (size_t i = 0; i < n->step_count; i++)
        json_array_append_new(steps, step_json(x, &n->steps[i]));
    put(o, "local", text_of_ip(n->local));
    put(o, "peer", text_of_ip(n->peer));
    put(o, "role", json_string(role_name(n->role)));
    put(o, "mode", json_string(mode_name(n->mode)));
    put(o, "stage", stage_json(n->stage));
    put(o, "outcome", json_string(outcome_name(n->outcome)));
    put(o, "phase", json_integer(n->phase));
    put(o, "attempts", json_integer(n->attempts));
    put(o, "first_seen", n->has_time ? json_string(explain_time(x, clock, n->first_ms, space)) : json_null());
    put(o, "last_seen", n->has_time ? json_string(explain_time(x, clock, n->last_ms, space)) : json_null());
    put(o, "ends", ends);
    put(o, "causes", causes);
    put(o, "proven", texts(n->proven, n->proven_count));
    put(o, "open", texts(n->open, n->open_count));
    put(o, "excluded", texts(n->excluded, n->excluded_count));
    put(o, "harmless", texts(n->herrings, n->herring_count));
    put(o, "ladder", steps);
    put(o, "clocks", clocks_json(x, n));
    put(o, "nat_between", translation_json(x, n));
    return o;
}

static json_t *file_json(const struct explain_file *f)
{
    json_t *o = json_object(), *unread = json_array();
    const char *text;
    uint32_t line;

    put(o, "name", json_string(f->name));
    put(o, "kind", json_string(f->source ? source_kind_name(f->sum.kind) : "unknown"));
    put(o, "lines", json_integer(f->sum.lines));
    put(o, "understood", json_integer(f->sum.understood));
    put(o, "not_understood", json_integer(f->sum.unread));
    put(o, "is_usable", json_boolean(explain_is_usable(f)));
    put(o, "is_cut", json_boolean(f->sum.is_cut));
    put(o, "error", f->error ? json_string(f->error) : json_null());
    for (size_t i = 0; f->source && (text = source_unread(f->source, i, &line)); i++)
        json_array_append_new(unread, json_pack("{s:i,s:s}", "line", (int)line, "text", text));
    put(o, "samples", unread);
    return o;
}

enum { FLAGS = JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII };

/* One at a time: there may be ten thousand. */
static void write_negotiations(FILE *out, const struct explain *x)
{
    fputs("[", out);
    for (size_t i = 0; i < x->report->negotiation_count; i++) {
        json_t *n = negotiation_json(x, &x->report->negotiations[i]);

        fputs(i ? ",\n" : "\n", out);
        json_dumpf(n, out, FLAGS);
        json_decref(n);
    }
    fputs("]", out);
}

void explain_write_json(FILE *out, const struct explain *x)
{
    json_t *rest = json_object(), *files = json_array();

    for (size_t i = 0; i < x->file_count; i++)
        json_array_append_new(files, file_json(&x->files[i]));
    put(rest, "files", files);
    put(rest, "notes", texts(x->report->notes, x->report->note_count));
    put(rest, "ikev2_not_judged", json_integer(x->report->ikev2));
    put(rest, "not_joined", json_integer(x->report->doubtful));
    put(rest, "left_out", json_integer(x->report->dropped));
    fputs("{\"schema\": \"" EXPLAIN_SCHEMA "\",\n\"negotiations\": ", out);
    write_negotiations(out, x);
    fputs(",\n", out);
    json_dumpf(rest, out, FLAGS | JSON_EMBED);
    fputs("}\n", out);
    json_decref(rest);
}
