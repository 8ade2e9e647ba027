/* show access-list: the crypto ACLs and the lists that filter, and what their lines have met. */
#include "conf/statement.h"
#include "daemon/control_client.h"
#include "daemon/control_words.h"
#include "ike/view.h"
#include "policy/ace_words.h"
#include "policy/filter.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1024, STATEMENTS_A_TURN = 256 };

/* One list: of crypto map entries, of a filter, or both. */
struct listed {
    const char *name;
    const struct crypto_ace *aces;
    uint16_t ace_count;
    uint16_t filter;      /* index; NO_INDEX */
    const uint64_t *hits; /* of the packet filter, by filter.h's places; NULL: not known */
};

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

static const struct policy *policy_of(const struct client *client)
{
    return source_of(client)->policy(source_of(client)->context);
}

/* ---- hits ---- */

/* Packets that its pairs have taken; of a line that denies nothing is counted. */
static uint64_t packets_of(const struct client *client, uint16_t tunnel, uint16_t ace)
{
    const struct control_source *source = source_of(client);
    const struct plane *plane = source->plane(source->context);
    uint64_t now_ms = source->now_ms(source->context), sum = 0;
    struct plane_pair_view plane_view;
    struct ike_pair_view view;

    for (uint32_t i = 0; plane != NULL && ike_view_pair(source->ike(source->context), now_ms, i, &view); i++)
        if (view.tunnel == tunnel && view.ace == ace && plane_view_pair(plane, view.pair, &plane_view))
            sum += plane_view.tally.counters[ESP_COUNTER_ENCAPS];
    return sum;
}

/* Into tunnels, by all entries with that list. */
static uint64_t tunnel_hits(const struct client *client, const struct listed *list, const struct crypto_ace *line)
{
    const struct policy *policy = policy_of(client);
    uint64_t hits = 0;

    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *t = &policy->tunnels[i];

        if (t->acl_name == NULL || strcmp(t->acl_name, list->name) != 0)
            continue;
        for (uint16_t k = 0; k < t->ace_count; k++)
            if (t->aces[k].line == line->line && selector_equal(&t->aces[k].selector, &line->selector))
                hits += packets_of(client, i, k);
    }
    return hits;
}

static bool is_all_v6(const struct crypto_ace *ace)
{
    return ace->selector.local.first.family == IP_V6 && ip_range_prefix_len(ace->selector.local) == 0 &&
           ip_range_prefix_len(ace->selector.remote) == 0;
}

/* `any any` of a filter is of both families, and a device shows it once. */
static bool is_shown(const struct listed *list, uint16_t ace)
{
    for (uint16_t i = ace; is_all_v6(&list->aces[ace]) && i > 0 && list->aces[i - 1].line == list->aces[ace].line; i--)
        if (!is_all_v6(&list->aces[i - 1]))
            return false;
    return true;
}

/* The same of the other family. */
static bool is_twin(const struct listed *list, uint16_t ace, uint16_t of)
{
    const struct selector *a = &list->aces[ace].selector, *b = &list->aces[of].selector;

    return list->aces[ace].line == list->aces[of].line && !is_shown(list, ace) && a->protocol == b->protocol &&
           a->local_ports.first == b->local_ports.first && a->remote_ports.first == b->remote_ports.first;
}

static uint64_t filter_hits_of_one(const struct client *client, const struct listed *list, uint16_t ace)
{
    const struct plane *plane = source_of(client)->plane(source_of(client)->context);

    return (plane == NULL ? 0 : plane_filter_hits(plane, list->filter, ace)) +
           (list->hits == NULL ? 0 : list->hits[policy_of(client)->filters[list->filter].first_hit + ace]);
}

/* What the objects of a statement make of it stands together in the list. */
struct run {
    uint16_t first, end;
};

/* Of the statement of that line of the file, looked for from `from` on. Empty: nothing of it can be used. */
static struct run run_of(const struct listed *list, uint32_t file_line, uint16_t from)
{
    struct run run = {0, 0};

    for (uint32_t i = 0; i < list->ace_count; i++) {
        uint16_t at = (uint16_t)((from + i) % list->ace_count);

        if (list->aces[at].line != file_line)
            continue;
        run.first = run.end = at;
        while (run.first > 0 && list->aces[run.first - 1].line == file_line)
            run.first--;
        while (run.end < list->ace_count && list->aces[run.end].line == file_line)
            run.end++;
        break;
    }
    return run;
}

static uint64_t filter_hits(const struct client *client, const struct listed *list, uint16_t ace)
{
    uint64_t hits = list->filter == NO_INDEX ? 0 : filter_hits_of_one(client, list, ace);
    struct run run = run_of(list, list->aces[ace].line, ace);

    for (uint16_t i = run.first; list->filter != NO_INDEX && i < run.end; i++)
        if (i != ace && is_twin(list, i, ace))
            hits += filter_hits_of_one(client, list, i);
    return hits;
}

static uint64_t hits_of(struct client *client, const struct listed *list, uint16_t ace, uint32_t hash)
{
    uint64_t hits = tunnel_hits(client, list, &list->aces[ace]) + filter_hits(client, list, ace);

    if (client->request.id == CONTROL_CLEAR_ACCESS_LIST)
        hits_clear(&client->control->hits, hash, hits);
    return hits_since(&client->control->hits, hash, hits);
}

/* ---- lines ---- */

/* `ace` NULL: the line stands for several. */
static void send_line(struct client *client, const char *text, unsigned line, uint64_t hits, uint32_t hash,
                      const struct crypto_ace *ace, bool is_element)
{
    struct control_record r = control_record_of(RECORD_acl_line);
    char space[LINE_SIZE];
    struct text ios = text_of(space, sizeof space);

    if (ace != NULL) {
        text_add_ace(&ios, ace, true);
        record_set_text(&r, COL_acl_line_ios_text, space);
    }

    record_set_number(&r, COL_acl_line_line, line);
    record_set_text(&r, COL_acl_line_text, text);
    record_set_number(&r, COL_acl_line_hits, hits);
    record_set_number(&r, COL_acl_line_number, hash);
    record_set_flag(&r, COL_acl_line_element, is_element);
    client_send(client, &r);
}

/* "permit ip object LAN object FAR" of a statement of the list. */
static void add_statement(struct text *t, const struct statement *s)
{
    bool is_begun = false;

    for (uint16_t i = 0; i < s->word_count; i++) {
        struct grammar_item item = s->words[i].item;

        is_begun |= item_is_word(item, "permit") || item_is_word(item, "deny");
        if (!is_begun)
            continue;
        text_add(t, "%s", t->len > 0 ? " " : "");
        if (item.at[0] == '<')
            text_add_escaped(t, s->words[i].text);
        else
            text_add(t, "%.*s", item.len, item.at);
    }
}

/* "access-list VPN line 1 extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0" */
static const char *element_text(const struct listed *list, uint16_t ace, unsigned line, char space[static LINE_SIZE])
{
    char plain[LINE_SIZE];
    struct text p = text_of(plain, sizeof plain), s = text_of(space, LINE_SIZE);
    size_t begin = strlen("access-list ") + strlen(list->name);

    text_add_acl_line(&p, list->name, &list->aces[ace]);
    text_add(&s, "access-list %s line %u%s", list->name, line, begin < p.len ? plain + begin : "");
    return space;
}

static bool is_of_list(const struct statement *s, const struct listed *list)
{
    return bytes_equal(statement_argument(s, "acl", 0), bytes_of_text(list->name));
}

/* The statement of that line of the file is the nth of the list, from 1. */
static unsigned line_of(const struct conf *conf, const struct listed *list, uint32_t file_line)
{
    unsigned line = 0;

    for (const struct statement *s = NULL;
         conf->statements != NULL && (s = statements_next(conf->statements, s, STATEMENT_acl_extended)) != NULL;) {
        line += is_of_list(s, list);
        if (s->line == file_line)
            break;
    }
    return line;
}

/* One statement and the lines that its objects make of it. */
static void send_statement(struct client *client, const struct listed *list, const struct statement *s, unsigned line)
{
    struct run run = run_of(list, s->line, client->acl_place.ace);
    char as_written[LINE_SIZE], element[LINE_SIZE], text[LINE_SIZE];
    struct text written = text_of(as_written, sizeof as_written), whole = text_of(text, sizeof text);
    const struct crypto_ace *first = NULL;
    uint16_t shown_count = 0;
    uint64_t sum = 0;

    add_statement(&written, s);
    for (uint16_t i = run.first; i < run.end; i++)
        if (is_shown(list, i)) {
            sum += hits_of(client, list, i, text_hash(TEXT_HASH_BEGIN, element_text(list, i, line, element)));
            first = shown_count++ == 0 ? &list->aces[i] : NULL;
        }
    text_add(&whole, "access-list %s line %u extended %s", list->name, line, as_written);
    send_line(client, text, line, sum, text_hash(TEXT_HASH_BEGIN, text), first, false);
    for (uint16_t i = run.first; i < run.end && shown_count > 1; i++) {
        if (!is_shown(list, i))
            continue;
        uint32_t hash = text_hash(TEXT_HASH_BEGIN, element_text(list, i, line, element));

        send_line(client, element, line, hits_of(client, list, i, hash), hash, &list->aces[i], true);
    }
    client->acl_place.ace = run.end < list->ace_count ? run.end : 0;
}

/* ---- lists ---- */

void acl_place_lose(struct client *client)
{
    free(client->acl_place.hits);
    client->acl_place = (struct control_acl_place){.sent = client->acl_place.sent};
}

static void send_head(struct client *client, const struct listed *list)
{
    struct control_record r = control_record_of(RECORD_acl);
    uint16_t elements = 0;

    for (uint16_t i = 0; i < list->ace_count; i++)
        elements += is_shown(list, i);
    record_set_text(&r, COL_acl_name, list->name);
    record_set_number(&r, COL_acl_elements, elements);
    record_set_number(&r, COL_acl_number, text_hash(TEXT_HASH_BEGIN, list->name));
    client_send(client, &r);
}

static const struct statement *next_of_list(const struct conf *conf, const struct listed *list,
                                            const struct statement *s)
{
    while (conf->statements != NULL && (s = statements_next(conf->statements, s, STATEMENT_acl_extended)) != NULL)
        if (is_of_list(s, list))
            return s;
    return NULL;
}

static bool end_list(struct client *client)
{
    client->acl_place.last = NULL;
    client->acl_place.sent = client->acl_place.ace = 0;
    return false;
}

/* So many statements of it, from where the client stands. False: that was all of it, and he stands at the next one. */
static bool send_list(struct client *client, const struct listed *list)
{
    const struct conf *conf = source_of(client)->conf(source_of(client)->context);
    struct control_acl_place *place = &client->acl_place;
    const struct statement *s = place->last;

    if (place->sent == 0)
        send_head(client, list);
    for (uint32_t i = 0; place->last == NULL && i < place->sent && (i == 0 || s != NULL); i++)
        s = next_of_list(conf, list, s); /* another configuration is in use meanwhile */
    if (s == NULL && place->sent > 0)
        return end_list(client);
    for (unsigned i = 0; i < STATEMENTS_A_TURN; i++) {
        if ((s = next_of_list(conf, list, s)) == NULL)
            return end_list(client);
        send_statement(client, list, s, ++place->sent);
        place->last = s;
    }
    return true;
}

static uint16_t filter_of_name(const struct policy *policy, const char *name)
{
    for (uint16_t i = 0; i < policy->filter_count; i++)
        if (strcmp(policy->filters[i].name, name) == 0)
            return i;
    return NO_INDEX;
}

static bool is_first_with_list(const struct policy *policy, uint16_t tunnel)
{
    for (uint16_t i = 0; i < tunnel; i++)
        if (strcmp(policy->tunnels[i].acl_name, policy->tunnels[tunnel].acl_name) == 0)
            return false;
    return true;
}

/* Those that filter first, then the crypto ACLs that do not. False: there is none at that place. */
static bool list_at(const struct policy *policy, uint32_t index, struct listed *list)
{
    *list = (struct listed){.filter = NO_INDEX};
    if (index < policy->filter_count) {
        const struct filter *f = &policy->filters[index];

        *list = (struct listed){f->name, f->aces, f->ace_count, (uint16_t)index, NULL};
        return f->aces != NULL;
    }

    uint16_t tunnel = (uint16_t)(index - policy->filter_count);
    const struct tunnel *t = &policy->tunnels[tunnel];

    if (t->acl_name == NULL || t->acl_name[0] == '\0' || !is_first_with_list(policy, tunnel) ||
        filter_of_name(policy, t->acl_name) != NO_INDEX)
        return false;
    *list = (struct listed){t->acl_name, t->aces, t->ace_count, NO_INDEX, NULL};
    return true;
}

static bool is_used(const struct policy *policy, struct bytes name)
{
    for (uint16_t i = 0; i < policy->filter_count; i++)
        if (bytes_equal(bytes_of_text(policy->filters[i].name), name))
            return true;
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i].acl_name != NULL && bytes_equal(bytes_of_text(policy->tunnels[i].acl_name), name))
            return true;
    return false;
}

/* The nth of those that nothing uses; empty: there are not so many. The lines of one list stand together. */
static struct bytes unused_at(const struct conf *conf, const struct policy *policy, uint32_t nth)
{
    struct bytes name = {0}, before = {0};

    for (const struct statement *s = NULL;
         conf->statements != NULL && (s = statements_next(conf->statements, s, STATEMENT_acl_extended)) != NULL;
         before = name) {
        name = statement_argument(s, "acl", 0);
        if (!bytes_equal(name, before) && !is_used(policy, name) && nth-- == 0)
            return name;
    }
    return (struct bytes){0};
}

static bool is_asked_for(const struct client *client, const char *name)
{
    return client->request.acl[0] == '\0' || strcmp(client->request.acl, name) == 0;
}

/* Of the packet filter; to be freed. NULL: they are not known. */
static uint64_t *read_hits(const struct client *client)
{
    uint64_t dropped, *hits = calloc(filter_hit_count(policy_of(client)) + 1, sizeof *hits);

    if (hits == NULL || source_of(client)->access_counters == NULL ||
        !source_of(client)->access_counters(source_of(client)->context, hits, &dropped)) {
        free(hits);
        return NULL;
    }
    return hits;
}

/* As far as it can be read; counted is nothing. */
static bool send_unused(struct client *client, struct bytes name)
{
    bool goes_on = false;
    const struct conf *conf = source_of(client)->conf(source_of(client)->context);
    size_t size = conf_list_space();
    struct arena arena = arena_of(malloc(size), size);
    char space[LINE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct filter read;

    if (arena.data != NULL && conf_read_list(conf, name, &arena, &read, &why)) {
        const struct listed list = {read.name, read.aces, read.ace_count, NO_INDEX, NULL};

        client->number++;
        goes_on = send_list(client, &list);
    }
    free(arena.data);
    return goes_on;
}

static const uint64_t *hits_in(struct client *client)
{
    struct control_acl_place *place = &client->acl_place;

    if (!place->has_asked)
        place->hits = read_hits(client);
    place->has_asked = true;
    return place->hits;
}

bool show_access_lists(struct client *client)
{
    const struct policy *policy = policy_of(client);
    struct listed list;

    while (client->index < (uint32_t)policy->filter_count + policy->tunnel_count) {
        if (!list_at(policy, client->index, &list) || !is_asked_for(client, list.name)) {
            client->index++;
            continue;
        }
        list.hits = list.filter == NO_INDEX ? NULL : hits_in(client);
        client->number++;
        client->index += !send_list(client, &list);
        return true;
    }

    struct bytes unused = unused_at(source_of(client)->conf(source_of(client)->context), policy,
                                    client->index - policy->filter_count - policy->tunnel_count);

    if (unused.len > 0) {
        bool is_meant = client->request.acl[0] == '\0' || bytes_equal(bytes_of_text(client->request.acl), unused);

        client->index += !(is_meant && send_unused(client, unused));
        return true;
    }
    if (client->number == 0 && client->request.acl[0] != '\0')
        client_fail(client, CONTROL_ERROR_NO_SUCH_LIST, NULL);
    return false;
}

void clear_access_lists(struct client *client)
{
    const struct conf *conf = source_of(client)->conf(source_of(client)->context);
    const struct policy *policy = policy_of(client);
    uint64_t *hits = read_hits(client);
    struct listed list;

    for (uint32_t i = 0; i < (uint32_t)policy->filter_count + policy->tunnel_count; i++) {
        if (!list_at(policy, i, &list) || !is_asked_for(client, list.name))
            continue;
        list.hits = hits;
        for (uint16_t k = 0; k < list.ace_count; k++) {
            char element[LINE_SIZE];
            unsigned line = line_of(conf, &list, list.aces[k].line);

            if (is_shown(&list, k))
                hits_of(client, &list, k, text_hash(TEXT_HASH_BEGIN, element_text(&list, k, line, element)));
        }
    }
    free(hits);
}
