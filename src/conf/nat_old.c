/* Address translation in the spelling before 8.3. */
#include "base/service.h"
#include "conf/nat_parts.h"

#include "base/protocol.h"

#include <string.h>

static bool starts(struct bytes text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.data, word, strlen(word)) == 0;
}

static struct bytes in_brackets(struct bytes text)
{
    return text.len < 2 ? text : bytes_of(text.data + 1, text.len - 2);
}

static bool host_or_zero(struct making *m, struct bytes text, struct ip *ip)
{
    if (bytes_equal(text, bytes_of_text("0"))) {
        *ip = ip_of_v4(0);
        return true;
    }
    return (resolve_host(m->c, text, ip) && ip->family == IP_V4) ||
           nat_make_leave_out(m, "its addresses are not understood");
}

static bool network_of(struct making *m, struct bytes network, struct bytes mask_text, struct ip_range *range)
{
    struct ip ip, mask;

    if (!host_or_zero(m, network, &ip))
        return false;
    if (mask_text.len == 0) {
        *range = nat_make_range_of_ip(ip);
        return true;
    }
    if (!host_or_zero(m, mask_text, &mask))
        return false;
    if (ip_mask_len(mask) < 0)
        return nat_make_leave_out(m, "its mask is no network mask");
    *range = ip_range_of_prefix(ip, (unsigned)ip_mask_len(mask));
    return true;
}

/* The lines of an access-list, each with the addresses that its source becomes. */
static bool rows_of_list(struct making *m, struct bytes name, struct ip mapped)
{
    const char *why;
    uint16_t count;
    const struct crypto_ace *aces = compile_acl(m->c, name, &count, &why);

    if (why != NULL)
        return nat_make_leave_out(m, text_in_arena(m->c, "access-list %s: %s", name_of(m->c, name), why));
    for (uint16_t i = 0; i < count; i++) {
        const struct selector *s = &aces[i].selector;
        struct nat_row row = {.real = s->local,
                              .mapped = s->local,
                              .mapped_peer = s->remote,
                              .real_peer = s->remote,
                              .is_deny = !aces[i].is_permit};

        if (s->local.first.family != IP_V4)
            continue;
        if (s->protocol != 0)
            return nat_make_leave_out(m, "ikewise does not tell protocols apart in the access-list of a translation");
        if (ip_is_set(mapped))
            row.mapped = m->draft->rule.kind == NAT_DYNAMIC
                             ? nat_make_range_of_ip(mapped)
                             : nat_make_part_of(nat_make_range_of_ip(mapped), 0, nat_make_size_of(s->local));
        if (!nat_make_add_row(m, row))
            return false;
    }
    return true;
}

static void compile_exemption(struct making *m, const struct statement *s)
{
    struct bytes acl = statement_argument(s, "acl", 0);

    if (!nat_make_begin(m, s, RANK_EXEMPTION))
        return;
    m->draft->rule.from = nat_make_interface_named(m, in_brackets(statement_argument(s, "nat-interface", 0)));
    m->draft->rule.to = NAT_ANY_INTERFACE;
    m->draft->rule.kind = NAT_IDENTITY;
    if (rows_of_list(m, acl, (struct ip){0}))
        nat_make_finish(m, text_in_arena(m->c, "exempt access-list %s", name_of(m->c, acl)));
}

static bool global_range(struct making *m, const struct statement *global, struct ip_range *range)
{
    struct bytes pool = statement_argument(global, "nat-pool", 0);
    size_t dash = 0;

    if (pool.len == 0) {
        struct pieces pieces;

        if (!nat_make_pieces_of_interface(m, &pieces))
            return false;
        *range = pieces.list[0];
        return true;
    }
    while (dash < pool.len && pool.data[dash] != '-')
        dash++;
    if (!host_or_zero(m, bytes_of(pool.data, dash), &range->first))
        return false;
    range->last = range->first;
    return dash == pool.len || host_or_zero(m, bytes_after(pool, dash + 1), &range->last);
}

/* One nat statement with one global of the same number. */
static void compile_dynamic(struct making *m, const struct statement *s, const struct statement *global)
{
    bool is_of_list = statement_has(s, "access-list");
    struct bytes acl = statement_argument(s, "acl", 0);
    struct ip_range network = nat_make_any_range(), mapped;

    if (!nat_make_begin(m, s, is_of_list ? RANK_OLD_POLICY : RANK_OLD_DYNAMIC))
        return;
    m->draft->rule.kind = global == NULL ? NAT_IDENTITY : NAT_DYNAMIC;
    m->draft->rule.from = nat_make_interface_named(m, in_brackets(statement_argument(s, "nat-interface", 0)));
    m->draft->rule.to = global == NULL
                            ? NAT_ANY_INTERFACE
                            : nat_make_interface_named(m, in_brackets(statement_argument(global, "nat-interface", 0)));
    if (!is_of_list &&
        !network_of(m, statement_argument(s, "host", 0), statement_argument(s, "route-mask", 0), &network))
        return;
    mapped = network;
    if (global != NULL && !global_range(m, global, &mapped))
        return;
    if (is_of_list) {
        if (!rows_of_list(m, acl, mapped.first))
            return;
    } else if (!nat_make_add_row(m, (struct nat_row){.real = network,
                                                     .mapped = mapped,
                                                     .mapped_peer = nat_make_any_range(),
                                                     .real_peer = nat_make_any_range()})) {
        return;
    }
    m->draft->rule.has_proxy_arp = global != NULL;
    m->draft->within = is_of_list ? 0 : (uint64_t)(32 - ip_range_prefix_len(network));
    nat_make_finish(m, text_in_arena(m->c, "source dynamic %u", statement_number(s, "nat-id")));
}

static void compile_old(struct making *m, const struct statement *s)
{
    uint32_t id = statement_number(s, "nat-id");
    struct bytes more = statement_argument(s, "text", 0);

    m->s = s;
    if (starts(more, "outside")) {
        nat_make_leave_out(m, "ikewise does not translate what comes from outside dynamically");
        return;
    }
    if (id == 0 && statement_has(s, "access-list")) {
        compile_exemption(m, s);
        return;
    }
    if (id == 0)
        compile_dynamic(m, s, NULL);
    for (const struct statement *g = NULL;
         id != 0 && (g = statements_next(m->c->statements, g, STATEMENT_global)) != NULL;)
        if (statement_number(g, "nat-id") == id)
            compile_dynamic(m, s, g);
}

static bool static_rows(struct making *m, const struct statement *s, struct ip mapped)
{
    struct bytes acl = statement_argument(s, "acl", 0), mask = statement_argument(s, "mask", 0);
    struct bytes real = statement_argument(s, "host", statement_has(s, "interface") ? 0 : 1);
    struct ip_range range;
    struct pieces a = {.count = 1}, b = {.count = 1}, any = {.count = 1, .list = {nat_make_any_range()}};

    m->draft->rule.kind = NAT_STATIC;
    if (acl.len > 0)
        return rows_of_list(m, acl, mapped);
    if (!network_of(m, real, mask, &range))
        return false;
    a.list[0] = range;
    b.list[0] = nat_make_part_of(nat_make_range_of_ip(ip_first(mapped, (unsigned)ip_range_prefix_len(range))), 0,
                                 nat_make_size_of(range));
    return nat_make_pair_sources(m, false, &a, &b) && nat_make_add_rows(m, &a, &b, &any, &any);
}

static void compile_static(struct making *m, const struct statement *s)
{
    bool has_port = s->row->kind == STATEMENT_static_port, is_of_list = statement_has(s, "access-list");
    struct pieces mapped;
    struct ip ip;
    uint16_t ports[2] = {0, 0};

    if (!nat_make_begin(m, s, RANK_OLD_STATIC))
        return;
    nat_make_read_pair(m, statement_argument(s, "nat-interfaces", 0));
    if (statement_has(s, "interface")) {
        if (!nat_make_pieces_of_interface(m, &mapped))
            return;
        ip = mapped.list[0].first;
    } else if (!host_or_zero(m, statement_argument(s, "host", 0), &ip)) {
        return;
    }
    if (has_port && is_of_list) {
        nat_make_leave_out(m, "ikewise does not translate single ports by an access-list");
        return;
    }
    if (!static_rows(m, s, ip))
        return;
    if (has_port) {
        struct nat_row *row = &m->c->nat_rows[m->c->nat_row_total - 1];

        service_port(statement_argument(s, "port", 0), &ports[1]);
        service_port(statement_argument(s, "port", 1), &ports[0]);
        row->protocol = statement_has(s, "udp") ? PROTOCOL_UDP : PROTOCOL_TCP;
        row->real_port = (struct port_range){ports[0], ports[0]};
        row->mapped_port = (struct port_range){ports[1], ports[1]};
        m->draft->rule.kind = NAT_STATIC;
    }
    m->draft->rule.has_proxy_arp = m->draft->rule.kind != NAT_IDENTITY;
    char space[IP_TEXT_SIZE];
    nat_make_finish(
        m,
        text_in_arena(m->c, "source static %s %s",
                      name_of(m->c, is_of_list ? statement_argument(s, "acl", 0)
                                               : statement_argument(s, "host", statement_has(s, "interface") ? 0 : 1)),
                      ip_text(ip, space)));
}

void nat_make_old(struct making *m)
{
    const struct statements *st = m->c->statements;

    for (const struct statement *s = NULL; (s = statements_next(st, s, STATEMENT_nat_old)) != NULL;)
        compile_old(m, s);
    for (const struct statement *s = NULL; (s = statements_next(st, s, STATEMENT_static)) != NULL;)
        compile_static(m, s);
    for (const struct statement *s = NULL; (s = statements_next(st, s, STATEMENT_static_port)) != NULL;)
        compile_static(m, s);
}
