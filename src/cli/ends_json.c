/* The same as one JSON object; the names are a contract with other tools. */
#include "cli/ends_parts.h"

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

static json_t *lines(const char *const *list, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(list[i]));
    return array;
}

static json_t *end_json(const struct ends *x, unsigned i)
{
    const struct ends_file *f = &x->files[i];
    json_t *o = json_object();

    put(o, "file", json_string(f->name));
    put(o, "product", json_string(f->kind == SOURCE_CAPTURE ? "unknown" : ends_product(f->product)));
    put(o, "address", text_of_ip(x->result->addresses[i]));
    put(o, "seen_as", text_of_ip(x->result->seen_as[i]));
    put(o, "errors", json_integer(f->errors));
    put(o, "warnings", json_integer(f->warnings));
    return o;
}

static json_t *assumptions_json(const struct ends *x)
{
    json_t *array = lines(x->result->notes, x->result->note_count);

    for (unsigned i = 0; i < 2; i++)
        for (size_t k = 0; !x->files[i].is_own_language && k < x->files[i].foreign->note_count; k++)
            json_array_append_new(array, json_sprintf("%s: %s", x->files[i].title, x->files[i].foreign->notes[k]));
    return array;
}

static json_t *attempt_json(const struct trial_attempt *a, unsigned initiator)
{
    json_t *o = json_object(), *stops = json_array();
    char space[200];
    struct text selector = text_of(space, sizeof space);

    text_add_selector(&selector, &a->selector);
    put(o, "initiator", json_integer((json_int_t)initiator));
    put(o, "map", json_string(a->map));
    put(o, "sequence", json_integer(a->sequence));
    put(o, "selector", ip_is_set(a->selector.local.first) ? json_string(space) : json_null());
    put(o, "up", json_boolean(a->is_up));
    put(o, "agreed", json_boolean(a->is_agreed));
    put(o, "begun", json_boolean(a->is_begun));
    put(o, "cause", json_string(a->cause));
    put(o, "family", json_string(a->family));
    put(o, "strength", json_string(a->strength));
    put(o, "why", json_string(*a->why ? a->why : a->sentence));
    for (unsigned end = 0; end < 2; end++)
        json_array_append_new(stops, json_pack("{s:s,s:s,s:s,s:s}", "asa", a->stops[end].asa, "ios", a->stops[end].ios,
                                               "reason", a->stops[end].reason, "meaning", a->stops[end].meaning));
    put(o, "ends", stops);
    return o;
}

static json_t *change_json(const struct trial_change *c)
{
    json_t *o = json_object();

    put(o, "end", json_integer(c->end));
    put(o, "lines", lines(c->own, c->own_count));
    put(o, "asa", lines(c->asa, c->asa_count));
    return o;
}

static json_t *steps_json(const struct trial_result *r)
{
    json_t *array = json_array();

    for (size_t i = 0; i < r->step_count; i++) {
        const struct trial_step *s = &r->steps[i];
        json_t *o = json_object(), *changes = json_array();

        put(o, "cause", json_string(s->cause));
        json_array_append_new(changes, change_json(&s->changes[s->chosen]));
        if (s->changes[!s->chosen].is_possible)
            json_array_append_new(changes, change_json(&s->changes[!s->chosen]));
        put(o, "changes", changes);
        json_array_append_new(array, o);
    }
    return array;
}

void ends_write_json(FILE *out, const struct ends *x)
{
    const struct trial_result *r = x->result;
    json_t *root = json_object(), *ends = json_array(), *attempts = json_array();

    put(root, "schema", json_string(x->is_replay ? REPLAY_SCHEMA : CHECK_SCHEMA));
    for (unsigned i = 0; i < 2; i++)
        json_array_append_new(ends, end_json(x, i));
    put(root, "ends", ends);
    put(root, "assumed", assumptions_json(x));
    for (unsigned end = 0; end < 2; end++)
        for (size_t i = 0; i < r->attempt_counts[end]; i++)
            json_array_append_new(attempts, attempt_json(&r->attempts[end][i], end));
    put(root, "attempts", attempts);
    put(root, "up", json_boolean(r->is_up));
    put(root, "steps", steps_json(r));
    put(root, "repaired", json_boolean(r->is_repaired));
    json_dumpf(root, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    fputc('\n', out);
    json_decref(root);
}
