/* show access-list: the crypto ACLs and the lists that filter, and what their lines have met. Made in the thread
 * (control_made.c), some statements at a time; what only the loop may look at is copied there before. */
#include "daemon/control_acl.h"
#include "conf/statement.h"
#include "daemon/control_client.h"
#include "daemon/control_words.h"
#include "policy/ace_words.h"
#include "policy/filter.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1024, STATEMENTS_A_PART = 256, LINES_ROOM_LEAST = 64 };

/* One list: of crypto map entries, of a filter, or both. */
struct listed {
    const char *name;
    const struct crypto_ace *aces;
    uint16_t ace_count;
    uint16_t filter;       /* index; NO_INDEX */
    uint64_t *tunnel_hits; /* of each line, into tunnels; NULL: of none */
};

/* Packets that wanted the tunnel of a line; of one that denies nothing is counted. */
struct line_hits {
    uint16_t tunnel, ace;
    uint64_t packets;
};

struct acl_answer {
    bool is_clearing, has_looked, is_found;
    unsigned generation; /* that all below is of */
    struct acl_index index;
    struct line_hits *lines; /* by tunnel */
    size_t line_count, line_room;
    uint64_t *filter_hits; /* in tunnels, by filter.h's places */
    uint64_t *access_hits; /* of the packet filter, the same; NULL: not known */

    uint32_t list, sent; /* where it stands: that one, and how many of its statements are sent */
    struct listed listed;
    bool is_listed;               /* `listed` is that one */
    const struct statement *last; /* of those, in this configuration; NULL: it is to be found again */
    void *list_space;             /* of one that nothing uses */
    uint16_t ace;                 /* where the lines of the next statement are likely to be */
};

static void lose_list(struct acl_answer *a)
{
    free(a->listed.tunnel_hits);
    free(a->list_space);
    a->list_space = NULL;
    a->listed = (struct listed){0};
    a->is_listed = false;
    a->last = NULL;
    a->ace = 0;
}

/* What is of one configuration. */
static void lose(struct acl_answer *a)
{
    lose_list(a);
    acl_index_free(&a->index);
    free(a->lines);
    free(a->filter_hits);
    free(a->access_hits);
    a->lines = NULL;
    a->filter_hits = a->access_hits = NULL;
    a->line_count = a->line_room = 0;
    a->has_looked = false;
}

static void forget(void *own)
{
    lose(own);
    free(own);
}

/* ---- hits ---- */

static void note_line(struct acl_answer *a, struct line_hits hits)
{
    if (a->line_count == a->line_room) {
        size_t room = a->line_room == 0 ? LINES_ROOM_LEAST : 2 * a->line_room;
        struct line_hits *larger = realloc(a->lines, room * sizeof *larger);

        if (larger == NULL)
            return;
        a->lines = larger;
        a->line_room = room;
    }
    a->lines[a->line_count++] = hits;
}

static void look_at_lines(struct acl_answer *a, const struct policy *policy, const struct plane *plane)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        for (uint16_t ace = 0; ace < policy->tunnels[i].ace_count; ace++)
            if (plane_line_hits(plane, i, ace) > 0)
                note_line(a, (struct line_hits){i, ace, plane_line_hits(plane, i, ace)});
}

static void look_at_filters(struct acl_answer *a, const struct policy *policy, const struct plane *plane)
{
    a->filter_hits = calloc(filter_hit_count(policy) + 1, sizeof *a->filter_hits);
    for (uint16_t i = 0; a->filter_hits != NULL && i < policy->filter_count; i++)
        for (uint32_t ace = 0; ace < policy->filters[i].ace_count; ace++)
            a->filter_hits[policy->filters[i].first_hit + ace] = plane_filter_hits(plane, i, (uint16_t)ace);
}

/* Once for each configuration that the answer is of. */
static void look(struct made *made)
{
    const struct control_source *source = &made->source;
    const struct plane *plane = source->plane(source->context);
    struct acl_answer *a = made->own != NULL ? made->own : calloc(1, sizeof *a);

    made->own = a;
    if (a == NULL || (a->has_looked && a->generation == made->generation))
        return;
    lose(a);
    a->has_looked = true;
    a->generation = made->generation;
    if (plane == NULL)
        return;
    look_at_lines(a, source->policy(source->context), plane);
    look_at_filters(a, source->policy(source->context), plane);
}

static size_t first_line_of(const struct acl_answer *a, uint16_t tunnel)
{
    size_t low = 0, high = a->line_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (a->lines[middle].tunnel < tunnel)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The lines of an entry are those of the list, most often in the same places. */
static void add_tunnel_hits(struct listed *list, const struct crypto_ace *line, struct line_hits hits)
{
    for (uint32_t i = 0; i < list->ace_count; i++) {
        uint16_t at = (uint16_t)((hits.ace + i) % list->ace_count);

        if (list->aces[at].line == line->line && selector_equal(&list->aces[at].selector, &line->selector)) {
            list->tunnel_hits[at] += hits.packets;
            return;
        }
    }
}

/* Into tunnels, by all entries with that list. */
static void count_tunnel_hits(const struct acl_answer *a, const struct policy *policy, struct listed *list)
{
    const struct acl_entry *entry = &a->index.lists[a->list];

    if (entry->tunnel == NO_INDEX || a->line_count == 0)
        return;
    list->tunnel_hits = calloc(list->ace_count + 1u, sizeof *list->tunnel_hits);
    for (uint16_t t = entry->tunnel; list->tunnel_hits != NULL && t != NO_INDEX; t = a->index.next_tunnel[t])
        for (size_t i = first_line_of(a, t); i < a->line_count && a->lines[i].tunnel == t; i++)
            if (a->lines[i].ace < policy->tunnels[t].ace_count)
                add_tunnel_hits(list, &policy->tunnels[t].aces[a->lines[i].ace], a->lines[i]);
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

static uint64_t filter_hits_of_one(const struct made *made, const struct listed *list, uint16_t ace)
{
    const struct acl_answer *a = made->own;
    uint32_t at = made->conf->policy.filters[list->filter].first_hit + ace;

    return (a->filter_hits == NULL ? 0 : a->filter_hits[at]) + (a->access_hits == NULL ? 0 : a->access_hits[at]);
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

static uint64_t filter_hits(const struct made *made, const struct listed *list, struct run run, uint16_t ace)
{
    uint64_t hits = list->filter == NO_INDEX ? 0 : filter_hits_of_one(made, list, ace);

    for (uint16_t i = run.first; list->filter != NO_INDEX && i < run.end; i++)
        if (i != ace && is_twin(list, i, ace))
            hits += filter_hits_of_one(made, list, i);
    return hits;
}

static uint64_t hits_of(struct made *made, const struct listed *list, struct run run, uint16_t ace, uint32_t hash)
{
    const struct acl_answer *a = made->own;
    uint64_t hits = (list->tunnel_hits == NULL ? 0 : list->tunnel_hits[ace]) + filter_hits(made, list, run, ace);

    if (a->is_clearing)
        hits_clear(&made->control->hits, hash, hits);
    return hits_since(&made->control->hits, hash, hits);
}

/* ---- lines ---- */

/* `ace` NULL: the line stands for several. */
static void add_line(struct made *made, const char *text, unsigned line, uint64_t hits, uint32_t hash,
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
    made_add(made, &r);
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

/* One statement and the lines that its objects make of it. */
static void add_statement_lines(struct made *made, const struct listed *list, const struct statement *s, unsigned line)
{
    struct acl_answer *a = made->own;
    struct run run = run_of(list, s->line, a->ace);
    char as_written[LINE_SIZE], element[LINE_SIZE], text[LINE_SIZE];
    struct text written = text_of(as_written, sizeof as_written), whole = text_of(text, sizeof text);
    const struct crypto_ace *first = NULL;
    uint16_t shown_count = 0;
    uint64_t sum = 0;

    a->ace = run.end < list->ace_count ? run.end : 0;
    for (uint16_t i = run.first; i < run.end; i++)
        if (is_shown(list, i)) {
            sum += hits_of(made, list, run, i, text_hash(TEXT_HASH_BEGIN, element_text(list, i, line, element)));
            first = shown_count++ == 0 ? &list->aces[i] : NULL;
        }
    if (a->is_clearing)
        return;
    add_statement(&written, s);
    text_add(&whole, "access-list %s line %u extended %s", list->name, line, as_written);
    add_line(made, text, line, sum, text_hash(TEXT_HASH_BEGIN, text), first, false);
    for (uint16_t i = run.first; i < run.end && shown_count > 1; i++) {
        if (!is_shown(list, i))
            continue;
        uint32_t hash = text_hash(TEXT_HASH_BEGIN, element_text(list, i, line, element));

        add_line(made, element, line, hits_of(made, list, run, i, hash), hash, &list->aces[i], true);
    }
}

/* ---- lists ---- */

static void add_head(struct made *made, const struct listed *list)
{
    struct control_record r = control_record_of(RECORD_acl);
    uint16_t elements = 0;

    for (uint16_t i = 0; i < list->ace_count; i++)
        elements += is_shown(list, i);
    record_set_text(&r, COL_acl_name, list->name);
    record_set_number(&r, COL_acl_elements, elements);
    record_set_number(&r, COL_acl_number, text_hash(TEXT_HASH_BEGIN, list->name));
    made_add(made, &r);
}

/* One that nothing uses, as far as it can be read; counted is nothing. */
static bool read_unused(struct acl_answer *a, const struct conf *conf, struct bytes name)
{
    size_t size = conf_list_space();
    struct arena arena = arena_of(a->list_space = malloc(size), size);
    char space[LINE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct filter read;

    if (arena.data == NULL || !conf_read_list(conf, name, &arena, &read, &why))
        return false;
    a->listed = (struct listed){.name = read.name, .aces = read.aces, .ace_count = read.ace_count, .filter = NO_INDEX};
    return true;
}

/* False: it cannot be shown. */
static bool take_list(struct acl_answer *a, const struct conf *conf)
{
    const struct policy *policy = &conf->policy;
    const struct acl_entry *entry = &a->index.lists[a->list];

    if (entry->filter != NO_INDEX) {
        const struct filter *f = &policy->filters[entry->filter];

        a->listed =
            (struct listed){.name = f->name, .aces = f->aces, .ace_count = f->ace_count, .filter = entry->filter};
        a->is_listed = f->aces != NULL;
    } else if (entry->tunnel != NO_INDEX) {
        const struct tunnel *t = &policy->tunnels[entry->tunnel];

        a->listed =
            (struct listed){.name = t->acl_name, .aces = t->aces, .ace_count = t->ace_count, .filter = NO_INDEX};
        a->is_listed = true;
    } else {
        a->is_listed = !a->is_clearing && read_unused(a, conf, entry->name);
    }
    if (a->is_listed)
        count_tunnel_hits(a, policy, &a->listed);
    return a->is_listed;
}

static void next_list(struct acl_answer *a)
{
    lose_list(a);
    a->list++;
    a->sent = 0;
}

static bool is_asked_for(const struct made *made, struct bytes name)
{
    return made->request.acl[0] == '\0' || bytes_equal(bytes_of_text(made->request.acl), name);
}

/* Behind those that are sent; NULL: there is none. */
static const struct statement *next_statement(const struct acl_answer *a, const struct conf *conf, struct bytes name)
{
    const struct statement *s = a->last;

    if (conf->statements == NULL)
        return NULL;
    for (uint32_t skipped = s == NULL ? 0 : a->sent; skipped <= a->sent; skipped++) {
        s = statements_next_named(conf->statements, s, STATEMENT_acl_extended, name);
        if (s == NULL)
            return NULL;
    }
    return s;
}

/* So many statements of it, from where the answer stands. Returns how many there is still room for. */
static unsigned add_list(struct made *made, unsigned room)
{
    struct acl_answer *a = made->own;
    const struct acl_entry *entry = &a->index.lists[a->list];
    const struct statement *s;

    if (!is_asked_for(made, entry->name) || (!a->is_listed && !take_list(a, made->conf))) {
        next_list(a);
        return room;
    }
    a->is_found = true;
    if (a->sent == 0 && !a->is_clearing)
        add_head(made, &a->listed);
    for (; (s = next_statement(a, made->conf, entry->name)) != NULL && room > 0; room--) {
        a->last = s;
        add_statement_lines(made, &a->listed, s, ++a->sent);
    }
    if (s == NULL)
        next_list(a);
    return room;
}

/* What takes long of it and stays the same from part to part. */
static bool begin(struct made *made)
{
    struct acl_answer *a = made->own;
    const struct policy *policy = &made->conf->policy;
    uint64_t dropped;

    if (a->index.lists != NULL)
        return true;
    a->access_hits = calloc(filter_hit_count(policy) + 1, sizeof *a->access_hits);
    if (a->access_hits == NULL || made->source.access_counters == NULL ||
        !made->source.access_counters(made->source.context, policy, a->access_hits, &dropped)) {
        free(a->access_hits);
        a->access_hits = NULL;
    }
    return acl_index_make(&a->index, made->conf);
}

static void add_part(struct made *made)
{
    struct acl_answer *a = made->own;
    unsigned room = STATEMENTS_A_PART;

    if (a == NULL || !begin(made)) {
        made->is_cut = true;
        return;
    }
    while (room > 0 && a->list < a->index.list_count)
        room = add_list(made, room);
    made->is_over = a->list >= a->index.list_count;
}

static void make_shown(struct made *made)
{
    add_part(made);
}

static void make_clearing(struct made *made)
{
    if (made->own != NULL)
        ((struct acl_answer *)made->own)->is_clearing = true;
    add_part(made);
}

static void end(struct client *client, struct made *made)
{
    const struct acl_answer *a = made->own;

    if (!a->is_found && made->request.acl[0] != '\0')
        client_fail(client, CONTROL_ERROR_NO_SUCH_LIST, NULL);
}

const struct made_way made_access_lists = {look, make_shown, end, forget};
const struct made_way made_acl_clearing = {look, make_clearing, end, forget};
