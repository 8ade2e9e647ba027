/* Screens that are put together from several records: sessions, contexts, drops, maps. */
#include "cli/screen.h"

#include <string.h>

static bool is_live_sa(const struct control_record *r)
{
    return r->kind == RECORD_isakmp_sa && !record_flag(r, COL_isakmp_sa_dead);
}

static bool is_pair_of(const struct control_record *r, const char *peer)
{
    return r->kind == RECORD_ipsec_pair && strcmp(record_text(r, COL_ipsec_pair_peer), peer) == 0;
}

/* ---- show vpn-sessiondb ---- */

static void sum_session(const struct reply *reply, const char *peer, struct screen_item *item)
{
    item->pair = NULL;
    item->pair_count = 0;
    item->bytes_out = item->bytes_in = 0;
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (!is_pair_of(r, peer))
            continue;
        item->pair = r;
        item->pair_count++;
        item->bytes_out += record_number(r, COL_ipsec_pair_bytes_out);
        item->bytes_in += record_number(r, COL_ipsec_pair_bytes_in);
    }
}

static void write_session(FILE *out, const struct reply *reply, const struct control_record *sa,
                          struct screen_item item)
{
    const char *peer = record_text(sa, COL_isakmp_sa_peer);

    item.record = item.sa = sa;
    sum_session(reply, peer, &item);
    screen_block(out, BLOCK_SESSION, &item);
    item.tunnel_number = 1;
    for (size_t i = 0; i < reply->count; i++) {
        if (!is_pair_of(&reply->records[i], peer))
            continue;
        item.record = &reply->records[i];
        item.tunnel_number++;
        screen_block(out, BLOCK_SESSION_IPSEC, &item);
    }
    screen_block(out, BLOCK_SESSION_END, &item);
}

/* While an ISAKMP SA is replaced there are two; the session is one. */
static bool is_session(const struct control_record *r)
{
    return is_live_sa(r) && !record_flag(r, COL_isakmp_sa_rekey) && record_has(r, COL_isakmp_sa_encryption);
}

void screen_sessiondb(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};
    unsigned count = 0;

    for (size_t i = 0; i < reply->count; i++) {
        if (!is_session(&reply->records[i]))
            continue;
        if (count++ == 0)
            screen_block(out, BLOCK_SESSION_HEAD, &item);
        write_session(out, reply, &reply->records[i], item);
    }
    if (count == 0)
        screen_block(out, BLOCK_SESSION_NONE, &item);
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

void screen_drops(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    screen_block(out, BLOCK_DROPS_FRAME, &item);
    write_drops(out, reply, false);
    screen_block(out, BLOCK_DROPS_END, &item);
    screen_block(out, BLOCK_DROPS_FLOW, &item);
    write_drops(out, reply, true);
    screen_block(out, BLOCK_DROPS_END, &item);
}

/* ---- show crypto session ---- */

static const char *peer_of(const struct control_record *r)
{
    if (is_live_sa(r))
        return record_text(r, COL_isakmp_sa_peer);
    return r->kind == RECORD_ipsec_pair ? record_text(r, COL_ipsec_pair_peer) : "";
}

static bool is_first_of_peer(const struct reply *reply, size_t index)
{
    const char *peer = peer_of(&reply->records[index]);

    for (size_t i = 0; i < index; i++) {
        if (strcmp(peer_of(&reply->records[i]), peer) == 0)
            return false;
    }
    return *peer != '\0';
}

static void write_peer(FILE *out, const struct reply *reply, const char *peer, struct screen_item item)
{
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (strcmp(peer_of(r), peer) == 0 && r->kind == RECORD_isakmp_sa)
            item.sa = r;
        if (is_pair_of(r, peer))
            item.pair = r;
    }
    item.record = item.sa ? item.sa : item.pair;
    screen_block(out, BLOCK_PEER, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (is_live_sa(item.record) && strcmp(peer_of(item.record), peer) == 0)
            screen_block(out, BLOCK_PEER_SA, &item);
    }
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (is_pair_of(item.record, peer))
            screen_block(out, BLOCK_PEER_FLOW, &item);
    }
    screen_block(out, BLOCK_PEER_END, &item);
}

void screen_crypto_session(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    screen_block(out, BLOCK_PEER_HEAD, &item);
    for (size_t i = 0; i < reply->count; i++) {
        if (is_first_of_peer(reply, i))
            write_peer(out, reply, peer_of(&reply->records[i]), item);
    }
}

void screen_connections(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    screen_block(out, BLOCK_CONNECTIONS_HEAD, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (is_live_sa(item.record) && record_has(item.record, COL_isakmp_sa_encryption))
            screen_block(out, BLOCK_CONNECTION_SA, &item);
    }
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind != RECORD_ipsec_pair)
            continue;
        item.tunnel_number++;
        for (int outbound = 0; outbound <= 1; outbound++) {
            item.is_outbound = outbound;
            screen_block(out, BLOCK_CONNECTION, &item);
        }
    }
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

/* A block for each part of a list. */
static void write_parts(FILE *out, enum screen_block block, const char *list, const char *between,
                        struct screen_item item)
{
    while (*list) {
        size_t len = strcspn(list, between);

        item.part = bytes_of(list, len);
        screen_block(out, block, &item);
        list += len + (list[len] != '\0');
    }
}

void screen_maps(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    if (!reply_find(reply, RECORD_map_entry))
        screen_block(out, BLOCK_MAP_NONE, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind != RECORD_map_entry)
            continue;
        screen_block(out, BLOCK_MAP_ENTRY, &item);
        write_parts(out, BLOCK_MAP_ACL, record_text(item.record, COL_map_entry_lines), "|", item);
        screen_block(out, BLOCK_MAP_ENTRY_REST, &item);
        write_parts(out, BLOCK_MAP_SET, record_text(item.record, COL_map_entry_transform_sets), " ", item);
        screen_block(out, BLOCK_MAP_ENTRY_END, &item);
    }
}
