/* The statements of address translation become rules, in the order in which an ASA asks them. */
#include "base/service.h"
#include "conf/nat_parts.h"

#include "base/protocol.h"

#include <string.h>

enum { RULES_MAX = 1024, ROWS_IN_ALL_MAX = 4096, TEXT_SIZE = 300 };

static const uint8_t sections[] = {
    [RANK_MANUAL] = 1, [RANK_OBJECT_STATIC] = 2, [RANK_OBJECT_DYNAMIC] = 2, [RANK_AFTER_AUTO] = 3};

bool nat_make_leave_out(struct making *m, const char *why)
{
    say(m->c, CONF_WARNING, m->s, "this translation is left out: %s", why);
    return false;
}

/* ---- interfaces ---- */

uint16_t nat_make_interface_named(struct making *m, struct bytes name)
{
    uint16_t index = interface_of_name(m->c, name);

    if (bytes_equal(name, bytes_of_text("any")))
        return NAT_ANY_INTERFACE;
    if (index != NO_INDEX)
        return index;
    say(m->c, CONF_WARNING, m->s, "there is no interface with the nameif %s: this translation does nothing",
        name_of(m->c, name));
    return NAT_NO_INTERFACE;
}

/* (inside,outside), or nothing: any to any. */
void nat_make_read_pair(struct making *m, struct bytes pair)
{
    size_t comma = 0;

    m->draft->rule.from = m->draft->rule.to = NAT_ANY_INTERFACE;
    if (pair.len == 0)
        return;
    while (pair.data[comma] != ',')
        comma++;
    m->draft->rule.from = nat_make_interface_named(m, bytes_of(pair.data + 1, comma - 1));
    m->draft->rule.to = nat_make_interface_named(m, bytes_of(pair.data + comma + 1, pair.len - comma - 2));
}

/* ---- addresses, piece by piece ---- */

struct ip_range nat_make_range_of_ip(struct ip ip)
{
    return ip_range_of_prefix(ip, (unsigned)ip_len(ip) * 8);
}

struct ip_range nat_make_any_range(void)
{
    return ip_range_of_prefix(ip_of_v4(0), 0);
}

static bool is_v4(const struct pieces *pieces)
{
    for (uint16_t i = 0; i < pieces->count; i++)
        if (pieces->list[i].first.family != IP_V4)
            return false;
    return true;
}

static bool pieces_of_name(struct making *m, struct pieces *pieces, struct bytes name)
{
    const char *why;
    const struct ip_range *ranges = compile_ranges(m->c, name, &pieces->count, &why);

    if (why != NULL)
        return nat_make_leave_out(m, why);
    memcpy(pieces->list, ranges, pieces->count * sizeof *ranges);
    return true;
}

bool nat_make_pieces_of_interface(struct making *m, struct pieces *pieces)
{
    uint16_t to = m->draft->rule.to;

    m->draft->rule.is_interface = true;
    pieces->count = 1;
    pieces->list[0] = nat_make_range_of_ip(ip_of_v4(0));
    if (to == NAT_NO_INTERFACE)
        return true;
    if (to == NAT_ANY_INTERFACE || !ip_is_set(m->c->conf->interfaces[to].ip))
        return nat_make_leave_out(m, "the mapped interface has no address that is known");
    pieces->list[0] = nat_make_range_of_ip(m->c->conf->interfaces[to].ip);
    return true;
}

uint64_t nat_make_size_of(struct ip_range range)
{
    return (uint64_t)ip_to_v4(range.last) - ip_to_v4(range.first) + 1;
}

struct ip_range nat_make_part_of(struct ip_range range, uint64_t from, uint64_t count)
{
    uint32_t first = ip_to_v4(range.first) + (uint32_t)from;

    return (struct ip_range){ip_of_v4(first), ip_of_v4(first + (uint32_t)(count - 1))};
}

/* Both lists are cut so that each piece has one of the same size beside it. False: one is longer than the other. */
static bool pair_pieces(struct pieces *a, struct pieces *b)
{
    struct pieces cut_a = {.count = 0}, cut_b = {.count = 0};
    uint64_t at_a = 0, at_b = 0;
    uint16_t i = 0, k = 0;

    while (i < a->count && k < b->count) {
        uint64_t left_a = nat_make_size_of(a->list[i]) - at_a, left_b = nat_make_size_of(b->list[k]) - at_b;
        uint64_t size = left_a < left_b ? left_a : left_b;

        if (cut_a.count == PIECES_MAX)
            return false;
        cut_a.list[cut_a.count++] = nat_make_part_of(a->list[i], at_a, size);
        cut_b.list[cut_b.count++] = nat_make_part_of(b->list[k], at_b, size);
        at_a = size == left_a ? 0 : at_a + size;
        at_b = size == left_b ? 0 : at_b + size;
        i += size == left_a;
        k += size == left_b;
    }
    if (i < a->count || k < b->count)
        return false;
    *a = cut_a;
    *b = cut_b;
    return true;
}

static bool is_same_pieces(const struct pieces *a, const struct pieces *b)
{
    for (uint16_t i = 0; a->count == b->count && i < a->count; i++)
        if (!ip_range_equal(a->list[i], b->list[i]))
            return false;
    return a->count == b->count;
}

/* ---- rows ---- */

bool nat_make_add_row(struct making *m, struct nat_row row)
{
    struct compiler *c = m->c;

    if (c->nat_row_total == ROWS_IN_ALL_MAX)
        return nat_make_leave_out(m, "the objects of all translations make too many networks");
    if (m->draft->rule.row_count == 0)
        m->draft->rule.rows = &c->nat_rows[c->nat_row_total];
    if (row.protocol == 0)
        row.real_port = row.mapped_port = (struct port_range){0, UINT16_MAX};
    c->nat_rows[c->nat_row_total++] = row;
    m->draft->rule.row_count++;
    return true;
}

/* Every pair of the source with every pair of the destination. */
bool nat_make_add_rows(struct making *m, const struct pieces *real, const struct pieces *mapped,
                       const struct pieces *mapped_peer, const struct pieces *real_peer)
{
    for (uint16_t i = 0; i < real->count; i++)
        for (uint16_t k = 0; k < mapped_peer->count; k++)
            if (!nat_make_add_row(m,
                                  (struct nat_row){.real = real->list[i],
                                                   .mapped = mapped->list[m->draft->rule.kind == NAT_DYNAMIC ? 0 : i],
                                                   .mapped_peer = mapped_peer->list[k],
                                                   .real_peer = real_peer->list[k]}))
                return false;
    return true;
}

/* Sets the kind by what became of the source. */
bool nat_make_pair_sources(struct making *m, bool is_dynamic, struct pieces *real, struct pieces *mapped)
{
    if (!is_v4(real) || !is_v4(mapped))
        return nat_make_leave_out(m, "ikewise translates IPv4 only");
    m->draft->rule.kind = is_dynamic ? NAT_DYNAMIC : is_same_pieces(real, mapped) ? NAT_IDENTITY : NAT_STATIC;
    if (m->draft->rule.kind == NAT_STATIC && !pair_pieces(real, mapped))
        return nat_make_leave_out(m, "real and mapped addresses of a static translation must be as many");
    for (uint16_t i = 0; m->draft->rule.kind == NAT_STATIC && i < real->count; i++) {
        struct nat_block blocks[NAT_BLOCKS_MAX];
        uint16_t count;

        if (!nat_blocks(real->list[i], mapped->list[i], blocks, &count))
            return nat_make_leave_out(m, "its ranges of addresses do not begin and end where networks do");
    }
    return true;
}

/* ---- drafts ---- */

bool nat_make_begin(struct making *m, const struct statement *s, enum rank rank)
{
    char space[TEXT_SIZE];
    struct text t = text_of(space, sizeof space);

    m->s = s;
    if (m->count == RULES_MAX)
        return nat_make_leave_out(m, "there are too many of them");
    if (s->parent != STATEMENT_NONE)
        text_add(&t, "object network %s\n ", name_of(m->c, first_argument(&m->c->statements->list[s->parent])));
    text_add(&t, "%s", name_of(m->c, s->text));
    m->draft = &m->drafts[m->count];
    *m->draft = (struct draft){.rank = rank};
    m->draft->rule.section = sections[rank];
    m->draft->rule.line = s->line;
    m->draft->rule.config = text_in_arena(m->c, "%s", space);
    m->draft->rule.text = "";
    return true;
}

void nat_make_finish(struct making *m, const char *text)
{
    m->draft->rule.text = text;
    m->count++;
}

/* ---- from 8.3 on: nat (inside,outside) source ... ---- */

/* What stands behind `word` up to the next blank; empty: it is not there. */
static struct bytes word_after(const struct statement *s, const char *word, unsigned nth)
{
    for (uint16_t i = 0; i < s->word_count; i++)
        if (item_is_word(s->words[i].item, word) && i + nth < s->word_count) {
            const struct grammar_word *found = &s->words[i + nth];

            return found->item.at[0] == '<' ? found->text : bytes_of(found->item.at, found->item.len);
        }
    return bytes_of(NULL, 0);
}

static bool mapped_pieces(struct making *m, struct pieces *mapped, struct bytes word, struct bytes pool)
{
    if (bytes_equal(word, bytes_of_text("interface")))
        return nat_make_pieces_of_interface(m, mapped);
    return pieces_of_name(m, mapped, bytes_equal(word, bytes_of_text("pat-pool")) ? pool : word);
}

static const char *twice_text(struct making *m, const struct statement *s, bool is_dynamic, const char *real,
                              const char *mapped)
{
    bool has_peer = statement_has(s, "destination");
    char space[TEXT_SIZE];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "source %s %s %s", is_dynamic ? "dynamic" : "static", real, mapped);
    if (has_peer)
        text_add(&t, "   destination static %s %s", name_of(m->c, word_after(s, "destination", 2)),
                 name_of(m->c, word_after(s, "destination", 3)));
    text_add(&t, "%s%s%s", statement_has(s, "unidirectional") ? " unidirectional" : "",
             statement_has(s, "no-proxy-arp") ? " no-proxy-arp" : "",
             statement_has(s, "route-lookup") ? " route-lookup" : "");
    return text_in_arena(m->c, "%s", space);
}

static bool peers_of(struct making *m, const struct statement *s, struct pieces *mapped, struct pieces *real)
{
    mapped->count = real->count = 1;
    mapped->list[0] = real->list[0] = nat_make_any_range();
    if (!statement_has(s, "destination"))
        return true;
    struct bytes mapped_name = word_after(s, "destination", 2);
    if (bytes_equal(mapped_name, bytes_of_text("interface")))
        return nat_make_leave_out(m,
                                  "ikewise does not translate from the address of an interface to another destination");
    if (!pieces_of_name(m, mapped, mapped_name) || !pieces_of_name(m, real, word_after(s, "destination", 3)))
        return false;
    if (!is_v4(mapped) || !is_v4(real))
        return nat_make_leave_out(m, "ikewise translates IPv4 only");
    return is_same_pieces(mapped, real) || pair_pieces(mapped, real) ||
           nat_make_leave_out(m, "real and mapped addresses of the destination must be as many");
}

static void compile_twice(struct making *m, const struct statement *s)
{
    bool is_dynamic = statement_has(s, "dynamic");
    struct bytes real_name = word_after(s, "source", 2), mapped_name = word_after(s, "source", 3);
    struct pieces real, mapped, mapped_peer, real_peer;

    if (statement_has(s, "inactive") ||
        !nat_make_begin(m, s, statement_has(s, "after-auto") ? RANK_AFTER_AUTO : RANK_MANUAL))
        return;
    nat_make_read_pair(m, statement_argument(s, "nat-interfaces", 0));
    if (statement_has(s, "service")) {
        nat_make_leave_out(m, "ikewise does not translate ports by service objects");
        return;
    }
    if (!pieces_of_name(m, &real, real_name) || !mapped_pieces(m, &mapped, mapped_name, word_after(s, "pat-pool", 1)) ||
        !peers_of(m, s, &mapped_peer, &real_peer) || !nat_make_pair_sources(m, is_dynamic, &real, &mapped) ||
        !nat_make_add_rows(m, &real, &mapped, &mapped_peer, &real_peer))
        return;
    m->draft->rule.is_outgoing = statement_has(s, "unidirectional");
    m->draft->rule.has_proxy_arp = m->draft->rule.kind != NAT_IDENTITY && !statement_has(s, "no-proxy-arp");
    m->draft->within = statement_number(s, "nat-line") != 0 ? statement_number(s, "nat-line") : UINT32_MAX;
    nat_make_finish(m, twice_text(m, s, is_dynamic, name_of(m->c, real_name), name_of(m->c, mapped_name)));
}

/* ---- from 8.3 on: below an object ---- */

/* An address in the place of an object: as many as the object has. */
static bool object_mapped(struct making *m, const struct statement *s, const struct pieces *real, bool is_dynamic,
                          struct pieces *mapped)
{
    struct bytes word = word_after(s, is_dynamic ? "dynamic" : "static", 1);
    struct ip ip;

    if (!resolve_host(m->c, word, &ip))
        return mapped_pieces(m, mapped, word, word_after(s, "pat-pool", 1));
    if (ip.family != IP_V4 || !is_v4(real))
        return nat_make_leave_out(m, "ikewise translates IPv4 only");
    mapped->count = 1;
    mapped->list[0] = is_dynamic ? nat_make_range_of_ip(ip)
                                 : nat_make_part_of(nat_make_range_of_ip(ip), 0, nat_make_size_of(real->list[0]));
    return true;
}

static bool limit_to_port(struct making *m, const struct statement *s)
{
    struct nat_row *row = &m->c->nat_rows[m->c->nat_row_total - 1];
    uint16_t real, mapped;

    if (!statement_has(s, "service"))
        return true;
    if (m->draft->rule.row_count != 1)
        return nat_make_leave_out(m, "a port can be that of one host or network only");
    if (!service_port(statement_argument(s, "port", 0), &real) ||
        !service_port(statement_argument(s, "port", 1), &mapped))
        return nat_make_leave_out(m, "its ports are not understood");
    row->protocol = statement_has(s, "udp") ? PROTOCOL_UDP : PROTOCOL_TCP;
    row->real_port = (struct port_range){real, real};
    row->mapped_port = (struct port_range){mapped, mapped};
    return true;
}

static void compile_object(struct making *m, const struct statement *object, const struct statement *s)
{
    bool is_dynamic = statement_has(s, "dynamic");
    struct pieces real, mapped, any = {.count = 1, .list = {nat_make_any_range()}};

    if (!nat_make_begin(m, s, is_dynamic ? RANK_OBJECT_DYNAMIC : RANK_OBJECT_STATIC))
        return;
    nat_make_read_pair(m, statement_argument(s, "nat-interfaces", 0));
    if (!pieces_of_name(m, &real, first_argument(object)) || !object_mapped(m, s, &real, is_dynamic, &mapped) ||
        !nat_make_pair_sources(m, is_dynamic, &real, &mapped) || !nat_make_add_rows(m, &real, &mapped, &any, &any) ||
        !limit_to_port(m, s))
        return;
    m->draft->rule.has_proxy_arp = m->draft->rule.kind != NAT_IDENTITY && !statement_has(s, "no-proxy-arp");
    /* The smallest object first, then the lowest address. */
    m->draft->within = nat_make_size_of(real.list[0]) << 32 >> 1 | ip_to_v4(real.list[0].first) >> 1;
    nat_make_finish(m, text_in_arena(m->c, "source %s %s %s%s", is_dynamic ? "dynamic" : "static",
                                     name_of(m->c, first_argument(object)),
                                     name_of(m->c, word_after(s, is_dynamic ? "dynamic" : "static", 1)),
                                     statement_has(s, "no-proxy-arp") ? " no-proxy-arp" : ""));
}

/* ---- all of them ---- */

static bool is_before(const struct draft *a, const struct draft *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    return a->within < b->within;
}

/* Those of one rank and place keep the order of the file. */
static void put_in_order(struct draft *drafts, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct draft one = drafts[i];
        uint32_t at = i;

        for (; at > 0 && is_before(&one, &drafts[at - 1]); at--)
            drafts[at] = drafts[at - 1];
        drafts[at] = one;
    }
}

static void compile_all(struct making *m)
{
    const struct statements *st = m->c->statements;

    nat_make_old(m);
    for (const struct statement *s = NULL; (s = statements_next(st, s, STATEMENT_nat_twice)) != NULL;)
        compile_twice(m, s);
    for (const struct statement *o = NULL; (o = statements_next(st, o, STATEMENT_object_network)) != NULL;)
        for (const struct statement *s = NULL; (s = next_child(m->c, o, s)) != NULL;)
            if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_object_nat)
                compile_object(m, o, s);
}

void compile_nat(struct compiler *c)
{
    struct making m = {.c = c};
    struct policy *p = &c->conf->policy;

    p->is_arp_permitted = statements_next(c->statements, NULL, STATEMENT_arp_permit) != NULL;
    m.drafts = arena_take(c->arena, RULES_MAX * sizeof *m.drafts);
    c->nat_rows = arena_take(c->arena, ROWS_IN_ALL_MAX * sizeof *c->nat_rows);
    if (c->arena->is_full)
        return;
    compile_all(&m);
    put_in_order(m.drafts, m.count);

    struct nat_rule *rules = arena_take(c->arena, m.count * sizeof *rules);

    for (uint32_t i = 0; rules != NULL && i < m.count; i++)
        rules[i] = m.drafts[i].rule;
    p->nat_rules = rules;
    p->nat_rule_count = rules == NULL ? 0 : (uint16_t)m.count;
}
