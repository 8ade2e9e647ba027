/* Screens of what the gateway is told and keeps that are put together from several records: the packet filter,
 * contexts, drops, policies, maps, routes. */
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>

static struct bytes next_part(const char **list, const char *between)
{
    struct bytes part = bytes_of(*list, strcspn(*list, between));

    *list += part.len + ((*list)[part.len] != '\0');
    return part;
}

void screen_parts(FILE *out, enum screen_block block, const char *list, const char *between, struct screen_item item)
{
    while (*list) {
        item.part = next_part(&list, between);
        screen_block(out, block, &item);
    }
}

/* ---- the packet filter ---- */

void screen_nat(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    static const enum screen_block sections[] = {BLOCK_NAT_0, BLOCK_NAT_1, BLOCK_NAT_2, BLOCK_NAT_3};
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = item.record = &reply->records[i];

        if (r->kind != RECORD_nat_rule)
            continue;
        if (record_number(r, COL_nat_rule_number) == 1)
            screen_block(out, sections[record_number(r, COL_nat_rule_section) % COUNT_OF(sections)], &item);
        screen_block(out, BLOCK_NAT_RULE, &item);
    }
}

void screen_access_lists(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = item.record = &reply->records[i];

        if (r->kind == RECORD_acl)
            screen_block(out, BLOCK_ACL, &item);
        if (r->kind == RECORD_acl_line)
            screen_block(out, record_flag(r, COL_acl_line_element) ? BLOCK_ACL_ELEMENT : BLOCK_ACL_LINE, &item);
    }
}

/* ---- packet-tracer ---- */

void screen_trace(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = item.record = &reply->records[i];

        if (r->kind == RECORD_trace_phase) {
            screen_block(out, BLOCK_TRACE_PHASE, &item);
            screen_parts(out, BLOCK_TRACE_LINE, record_text(r, COL_trace_phase_config), "|", item);
            screen_block(out, BLOCK_TRACE_INFORMATION, &item);
            screen_parts(out, BLOCK_TRACE_LINE, record_text(r, COL_trace_phase_information), "|", item);
            if (record_has(r, COL_trace_phase_way))
                screen_block(out, BLOCK_TRACE_RULE, &item);
            screen_block(out, BLOCK_TRACE_END, &item);
        } else if (r->kind == RECORD_trace) {
            screen_block(out, BLOCK_TRACE, &item);
            if (record_flag(r, COL_trace_asked))
                screen_block(out, BLOCK_TRACE_ASKED, &item);
        } else if (r->kind == RECORD_trace_repair) {
            screen_block(out, BLOCK_TRACE_REPAIR, &item);
        }
    }
}

/* ---- show xlate ---- */

static bool is_same_text(const struct control_record *a, const struct control_record *b, enum control_column column)
{
    return strcmp(record_text(a, column), record_text(b, column)) == 0;
}

/* What one address is to another, for all of its connections, is one translation. */
static bool is_shown_before(const struct reply *reply, size_t nth, enum control_column real, enum control_column mapped)
{
    const struct control_record *r = &reply->records[nth];

    for (size_t i = 0; i < nth; i++)
        if (reply->records[i].kind == RECORD_connection && is_same_text(&reply->records[i], r, real) &&
            is_same_text(&reply->records[i], r, mapped))
            return true;
    return false;
}

/* Counts, and with `out` prints. */
static size_t each_xlate(FILE *out, const struct reply *reply, struct screen_item item)
{
    size_t count = 0;

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = item.record = &reply->records[i];
        bool has_source = r->kind == RECORD_connection && record_has(r, COL_connection_source_as) &&
                          !(record_flag(r, COL_connection_static) &&
                            is_shown_before(reply, i, COL_connection_source, COL_connection_source_as));
        bool has_destination = r->kind == RECORD_connection && record_has(r, COL_connection_destination_as) &&
                               !is_shown_before(reply, i, COL_connection_destination_as, COL_connection_destination);

        count += (size_t)has_source + (size_t)has_destination;
        if (out != NULL && has_source)
            screen_block(out, BLOCK_XLATE_SOURCE, &item);
        if (out != NULL && has_destination)
            screen_block(out, BLOCK_XLATE_DESTINATION, &item);
    }
    return count;
}

void screen_xlates(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};
    char count[24];

    snprintf(count, sizeof count, "%zu", each_xlate(NULL, reply, item));
    item.part = bytes_of_text(count);
    screen_block(out, BLOCK_XLATE_HEAD, &item);
    each_xlate(out, reply, item);
}

/* ---- show asp table classify ---- */

static void write_rules(FILE *out, const struct reply *reply, char way, struct screen_item item)
{
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_trace_phase && record_text(item.record, COL_trace_phase_way)[0] == way)
            screen_block(out, BLOCK_CLASSIFY_RULE, &item);
    }
}

void screen_classify(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view, .pair = reply_find(reply, RECORD_cleared)};

    screen_block(out, BLOCK_CLASSIFY_IN, &item);
    write_rules(out, reply, 'i', item);
    screen_block(out, BLOCK_CLASSIFY_OUT, &item);
    write_rules(out, reply, 'o', item);
    screen_block(out, BLOCK_CLASSIFY_END, &item);
}

/* ---- show crypto debug-condition ---- */

/* Those of each kind under their heading. */
void screen_conditions(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    static const struct {
        enum control_column column;
        enum screen_block heading;
    } kinds[] = {{COL_condition_peer, BLOCK_CONDITION_PEERS},
                 {COL_condition_group, BLOCK_CONDITION_GROUPS},
                 {COL_condition_user, BLOCK_CONDITION_USERS},
                 {COL_condition_spi, BLOCK_CONDITION_SPIS}};
    struct screen_item item = {.view = view, .record = reply_find(reply, RECORD_condition_flags)};
    bool is_on = reply_find(reply, RECORD_condition) != NULL && item.record != NULL;

    screen_block(out, is_on ? BLOCK_CONDITIONS_ON : BLOCK_CONDITIONS_OFF, &item);
    for (size_t kind = 0; is_on && kind < COUNT_OF(kinds); kind++) {
        bool has_heading = false;

        for (size_t i = 0; i < reply->count; i++) {
            item.record = &reply->records[i];
            if (item.record->kind != RECORD_condition || !record_has(item.record, kinds[kind].column))
                continue;
            if (!has_heading)
                screen_block(out, kinds[kind].heading, &item);
            has_heading = true;
            screen_block(out, BLOCK_CONDITION, &item);
        }
    }
}

/* ---- show asp table vpn-context ---- */

void screen_contexts(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        for (int outbound = 1; item.record->kind == RECORD_ipsec_pair && outbound >= 0; outbound--) {
            item.is_outbound = outbound;
            screen_block(out, BLOCK_CONTEXT, &item);
        }
    }
}

/* ---- show asp drop ---- */

enum { DROP_WIDTH = 80 };

static void write_drops(FILE *out, const struct reply *reply, bool is_flow)
{
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];
        char space[512];
        struct text t = text_of(space, sizeof space);

        if (r->kind != RECORD_drop || record_flag(r, COL_drop_is_flow) != is_flow)
            continue;
        text_add(&t, "  %s (%s) ", record_text(r, COL_drop_text), record_text(r, COL_drop_name));
        fprintf(out, "%s%*llu\n", space, t.len < DROP_WIDTH ? DROP_WIDTH - (int)t.len : 0,
                (unsigned long long)record_number(r, COL_drop_count));
    }
}

static void write_section(FILE *out, const struct reply *reply, bool is_flow, struct screen_item item)
{
    screen_block(out, is_flow ? BLOCK_DROPS_FLOW : BLOCK_DROPS_FRAME, &item);
    write_drops(out, reply, is_flow);
    screen_block(out, BLOCK_DROPS_END, &item);
}

void screen_drops(FILE *out, const struct reply *reply, enum control_request_id id, const struct screen_view *view)
{
    struct screen_item item = {.view = view, .pair = reply_find(reply, RECORD_cleared)};

    screen_block(out, BLOCK_DROPS_HEAD, &item);
    if (id != CONTROL_SHOW_DROPS_FLOW)
        write_section(out, reply, false, item);
    if (id != CONTROL_SHOW_DROPS_FRAME)
        write_section(out, reply, true, item);
}

/* ---- show crypto isakmp policy, show crypto map ---- */

void screen_policies(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    screen_block(out, BLOCK_POLICIES_HEAD, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_isakmp_policy)
            screen_block(out, BLOCK_ISAKMP_POLICY, &item);
    }
}

/* Names and what is in them, side by side. */
static void write_sets(FILE *out, struct screen_item item)
{
    const char *names = record_text(item.record, COL_map_entry_transform_sets);
    const char *transforms = record_text(item.record, COL_map_entry_transforms);

    while (*names) {
        item.part = next_part(&names, " ");
        item.transform = next_part(&transforms, "|");
        screen_block(out, BLOCK_MAP_SET, &item);
    }
}

/* The entries of a dynamic map. */
static void write_template(FILE *out, struct screen_item item)
{
    screen_block(out, BLOCK_TEMPLATE, &item);
    screen_parts(out, BLOCK_MAP_ACL, record_text(item.record, COL_map_entry_lines), "|", item);
    screen_block(out, BLOCK_TEMPLATE_REST, &item);
    write_sets(out, item);
    screen_block(out, BLOCK_TEMPLATE_END, &item);
}

void screen_transforms(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = item.record = &reply->records[i];
        char space[128];
        struct text t = text_of(space, sizeof space);

        if (r->kind != RECORD_transform_set)
            continue;
        text_add(&t, "%s %s", record_text(r, COL_transform_set_encryption),
                 record_text(r, COL_transform_set_integrity));
        item.transform = bytes_of(t.data, t.len);
        screen_block(out, BLOCK_TRANSFORM, &item);
    }
}

void screen_maps(FILE *out, const struct reply *reply, bool are_templates, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    if (!reply_find(reply, RECORD_map_entry))
        screen_block(out, BLOCK_MAP_NONE, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind != RECORD_map_entry)
            continue;
        if (are_templates) {
            write_template(out, item);
            continue;
        }
        screen_block(out, BLOCK_MAP_ENTRY, &item);
        screen_parts(out, BLOCK_MAP_ACL, record_text(item.record, COL_map_entry_lines), "|", item);
        screen_block(out, BLOCK_MAP_ENTRY_REST, &item);
        write_sets(out, item);
        screen_block(out, BLOCK_MAP_ENTRY_END, &item);
    }
}

/* ---- show route ---- */

static uint32_t address_of(const struct control_record *r)
{
    struct ip ip = {0};

    ip_parse(&ip, bytes_of_text(record_text(r, COL_route_network)));
    return ip_to_v4(ip);
}

/* The network that an address belongs to before there were masks. */
static unsigned class_len(uint32_t address)
{
    return address < 0x80000000 ? 8 : address < 0xC0000000 ? 16 : 24;
}

static uint32_t class_network(uint32_t address)
{
    return address & ~(0xffffffffU >> class_len(address));
}

static bool is_in_group(const struct control_record *r, uint32_t network)
{
    return r->kind == RECORD_route && record_number(r, COL_route_prefix_len) > class_len(network) &&
           record_number(r, COL_route_prefix_len) <= 32 && class_network(address_of(r)) == network;
}

static bool is_static_route(const struct control_record *r)
{
    return record_has(r, COL_route_gateway) || record_flag(r, COL_route_vpn);
}

static void write_ios_route(FILE *out, const struct control_record *r, bool is_in_a_group, bool has_len)
{
    char prefix[16] = "";

    if (has_len || !is_in_a_group)
        snprintf(prefix, sizeof prefix, "/%u", (unsigned)record_number(r, COL_route_prefix_len));
    fprintf(out, "%s%s%s ",
            is_in_a_group                                 ? is_static_route(r) ? "S       " : "C       "
            : record_number(r, COL_route_prefix_len) == 0 ? "S*   "
            : is_static_route(r)                          ? "S    "
                                                          : "C    ",
            record_text(r, COL_route_network), prefix);
    if (record_has(r, COL_route_gateway))
        fprintf(out, "[1/%llu] via %s\n", (unsigned long long)record_number(r, COL_route_metric),
                record_text(r, COL_route_gateway));
    else
        fprintf(out, "is directly connected, %s\n", record_text(r, COL_route_interface));
}

/* IOS shows subnets under the network that they are of. */
static void write_ios_group(FILE *out, const struct reply *reply, size_t first, uint32_t network)
{
    uint64_t len = record_number(&reply->records[first], COL_route_prefix_len), masks = 0;
    unsigned count = 0;
    char space[IP_TEXT_SIZE];

    for (size_t i = first; i < reply->count; i++) {
        if (!is_in_group(&reply->records[i], network))
            continue;
        count++;
        masks |= 1ULL << record_number(&reply->records[i], COL_route_prefix_len);
    }
    if (masks == 1ULL << len)
        fprintf(out, "     %s/%u is subnetted, %u subnets\n", ip_text(ip_of_v4(network), space), (unsigned)len, count);
    else
        fprintf(out, "     %s/%u is variably subnetted, %u subnets, %u masks\n", ip_text(ip_of_v4(network), space),
                class_len(network), count, (unsigned)__builtin_popcountll(masks));
    for (size_t i = first; i < reply->count; i++) {
        if (is_in_group(&reply->records[i], network))
            write_ios_route(out, &reply->records[i], true, masks != 1ULL << len);
    }
}

static void write_ios_routes(FILE *out, const struct reply *reply)
{
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];
        uint32_t network = r->kind == RECORD_route ? class_network(address_of(r)) : 0;
        bool is_first = true;

        if (r->kind != RECORD_route)
            continue;
        for (size_t k = 0; k < i; k++)
            is_first &= !is_in_group(&reply->records[k], network);
        if (!is_in_group(r, network))
            write_ios_route(out, r, false, true);
        else if (is_first)
            write_ios_group(out, reply, i, network);
    }
}

void screen_routes(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (r->kind == RECORD_route && record_number(r, COL_route_prefix_len) == 0)
            item.pair = r;
    }
    screen_block(out, BLOCK_ROUTES_HEAD, &item);
    if (view->dialect & DIALECT_ANY_IOS) {
        write_ios_routes(out, reply);
        return;
    }
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_route)
            screen_block(out, BLOCK_ROUTE, &item);
    }
}
