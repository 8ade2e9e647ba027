/* Screens of sessions, each put together from several records. */
#include "base/check.h"
#include "cli/screen.h"
#include "cli/sessions.h"
#include "crypto/algorithm.h"

#include <stdlib.h>
#include <string.h>

static bool is_pair_of(const struct control_record *r, const char *peer)
{
    return r->kind == RECORD_ipsec_pair && strcmp(record_text(r, COL_ipsec_pair_peer), peer) == 0;
}

/* ---- show vpn-sessiondb ---- */

static void sum_session(const struct reply *reply, const struct control_record *sa, struct screen_item *item)
{
    item->pair = NULL;
    item->pair_count = 0;
    item->bytes_out = item->bytes_in = 0;
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (!session_has_pair(sa, r))
            continue;
        item->pair = r;
        item->pair_count++;
        item->bytes_out += record_number(r, COL_ipsec_pair_bytes_out);
        item->bytes_in += record_number(r, COL_ipsec_pair_bytes_in);
    }
}

enum { LABEL_WIDTH = 13, RIGHT_AT = 38 }; /* of the lines of a session, behind what they are indented by */

static bool is_labelled(const char *line, size_t at)
{
    return strlen(line) > at + LABEL_WIDTH && line[at + LABEL_WIDTH] == ':';
}

/* "Index        : 1" as "Index: 1"; what has no label as it is. */
static void write_value(FILE *out, const char *part, size_t len, bool is_first)
{
    bool has_label = len > LABEL_WIDTH && part[LABEL_WIDTH] == ':';
    size_t label_len = has_label ? LABEL_WIDTH : 0;

    while (len > 0 && part[len - 1] == ' ')
        len--;
    while (label_len > 0 && part[label_len - 1] == ' ')
        label_len--;
    fprintf(out, "%s%.*s", is_first ? "" : " | ", (int)label_len, part);
    if (has_label)
        fprintf(out, "%.*s", (int)(len - LABEL_WIDTH), part + LABEL_WIDTH);
    else
        fprintf(out, "%.*s", (int)len, part);
}

/* The lines of a screen as one. */
static void write_streamed(FILE *out, char *screen)
{
    bool is_first = true;

    for (char *line = strtok(screen, "\n"); line; line = strtok(NULL, "\n")) {
        size_t indent = strspn(line, " "), len = strlen(line + indent);
        bool has_right = is_labelled(line + indent, RIGHT_AT);

        write_value(out, line + indent, has_right ? RIGHT_AT : len, is_first);
        if (has_right)
            write_value(out, line + indent + RIGHT_AT, len - RIGHT_AT, false);
        is_first = false;
    }
    fputs(" ||\n", out);
}

static void write_session(FILE *out, const struct reply *reply, const struct control_record *sa,
                          struct screen_item item)
{
    item.record = item.sa = sa;
    sum_session(reply, sa, &item);
    screen_block(out, session_is_user(sa) ? BLOCK_USER : BLOCK_SESSION, &item);
    screen_block(out, BLOCK_SESSION_DETAIL, &item);
    item.tunnel_number = 1;
    for (size_t i = 0; i < reply->count; i++) {
        if (!session_has_pair(sa, &reply->records[i]))
            continue;
        item.record = &reply->records[i];
        item.tunnel_number++;
        screen_block(out, BLOCK_SESSION_IPSEC, &item);
    }
    screen_block(out, BLOCK_SESSION_END, &item);
}

static void write_full_session(FILE *out, const struct reply *reply, const struct control_record *sa,
                               struct screen_item item)
{
    char *space = NULL;
    size_t size = 0;
    FILE *screen = open_memstream(&space, &size);

    CHECK(screen);
    screen_block(screen, session_is_user(sa) ? BLOCK_USERS_HEAD : BLOCK_SESSION_HEAD, &item);
    write_session(screen, reply, sa, item);
    fclose(screen);
    write_streamed(out, space);
    free(space);
}

static size_t write_sessions(FILE *out, const struct reply *reply, bool is_remote_access, struct screen_item item)
{
    size_t count = 0;

    for (size_t i = 0; i < reply->count; i++) {
        if (!session_is(&reply->records[i]) || session_is_user(&reply->records[i]) != is_remote_access)
            continue;
        count++;
        if (item.view->is_full) {
            write_full_session(out, reply, &reply->records[i], item);
            continue;
        }
        if (count == 1)
            screen_block(out, is_remote_access ? BLOCK_USERS_HEAD : BLOCK_SESSION_HEAD, &item);
        write_session(out, reply, &reply->records[i], item);
    }
    return count;
}

void screen_sessiondb(FILE *out, const struct reply *reply, enum control_session_type type,
                      const struct screen_view *view)
{
    struct screen_item item = {.view = view};
    size_t count = 0;

    if (type != CONTROL_SESSION_USER)
        count += write_sessions(out, reply, false, item);
    if (type != CONTROL_SESSION_L2L)
        count += write_sessions(out, reply, true, item);
    if (count == 0)
        screen_block(out, BLOCK_SESSION_NONE, &item);
}

/* ---- show crypto session ---- */

static const char *peer_of(const struct control_record *r)
{
    if (session_is_live_sa(r))
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

static void find_peer(const struct reply *reply, const char *peer, struct screen_item *item)
{
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (strcmp(peer_of(r), peer) == 0 && r->kind == RECORD_isakmp_sa)
            item->sa = r;
        if (is_pair_of(r, peer))
            item->pair = r;
    }
    item->record = item->sa ? item->sa : item->pair;
}

static void write_peer(FILE *out, const struct reply *reply, const char *peer, struct screen_item item)
{
    find_peer(reply, peer, &item);
    screen_block(out, BLOCK_PEER, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (session_is_live_sa(item.record) && strcmp(peer_of(item.record), peer) == 0)
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

void screen_crypto_session_brief(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    screen_block(out, BLOCK_PEER_BRIEF_HEAD, &item);
    for (size_t i = 0; i < reply->count; i++) {
        struct screen_item peer = item;

        if (!is_first_of_peer(reply, i))
            continue;
        find_peer(reply, peer_of(&reply->records[i]), &peer);
        screen_block(out, BLOCK_PEER_BRIEF, &peer);
    }
}

void screen_peers(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (session_is_live_sa(item.record) && is_first_of_peer(reply, i))
            screen_block(out, BLOCK_SA_PEER, &item);
    }
}

/* ---- show vpn-sessiondb ratio ---- */

struct ratio {
    char name[24];
    unsigned count;
};

static void write_ratio(FILE *out, const struct ratio *ratios, size_t count, const char *heading,
                        struct screen_item item)
{
    item.part = bytes_of_text(heading);
    screen_block(out, BLOCK_RATIO_HEAD, &item);
    for (size_t i = 0; i < count; i++)
        item.ratio_of += ratios[i].count;
    for (size_t i = 0; i < count; i++) {
        item.part = bytes_of_text(ratios[i].name);
        item.ratio_count = ratios[i].count;
        screen_block(out, BLOCK_RATIO, &item);
    }
}

/* A session has the cipher of its newest pair; CIPHER_NONE: it has no pair. */
static enum cipher_id cipher_of_session(const struct reply *reply, const struct control_record *sa)
{
    struct screen_item item = {0};
    enum cipher_id cipher = CIPHER_NONE;

    sum_session(reply, sa, &item);
    while (item.pair != NULL && ++cipher < CIPHER_COUNT &&
           strcmp(cipher_info(cipher)->asa_name, record_text(item.pair, COL_ipsec_pair_encryption)) != 0)
        ;
    return cipher == CIPHER_COUNT ? CIPHER_NONE : cipher;
}

/* The old ones are always listed, the others where there are some. */
static void write_ciphers(FILE *out, const struct reply *reply, struct screen_item item)
{
    unsigned counts[CIPHER_COUNT] = {0};
    struct ratio ratios[CIPHER_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < reply->count; i++)
        if (session_is(&reply->records[i]))
            counts[cipher_of_session(reply, &reply->records[i])]++;
    for (enum cipher_id cipher = CIPHER_NONE; cipher < CIPHER_COUNT; cipher++) {
        struct text name = text_of(ratios[count].name, sizeof ratios[count].name);

        if (cipher > CIPHER_AES256_CBC && counts[cipher] == 0)
            continue;
        if (cipher == CIPHER_NONE)
            text_add(&name, "none");
        else
            text_add_cipher(&name, cipher_info(cipher)->asa_name);
        ratios[count++].count = counts[cipher];
    }
    write_ratio(out, ratios, count, "Encryption", item);
}

static void write_protocols(FILE *out, const struct reply *reply, struct screen_item item)
{
    struct ratio ratios[] = {{"IKEv1", 0}, {"IPsec", 0}, {"IPsecOverNatT", 0}};

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        ratios[0].count += session_is(r);
        if (r->kind == RECORD_ipsec_pair)
            ratios[record_flag(r, COL_ipsec_pair_nat_t) ? 2 : 1].count++;
    }
    write_ratio(out, ratios, COUNT_OF(ratios), "Protocol", item);
}

void screen_ratio(FILE *out, const struct reply *reply, bool is_of_protocols, const struct screen_view *view)
{
    struct screen_item item = {.view = view, .record = reply_find(reply, RECORD_session_summary)};

    if (item.record != NULL)
        (is_of_protocols ? write_protocols : write_ciphers)(out, reply, item);
}

void screen_connections(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    screen_block(out, BLOCK_CONNECTIONS_HEAD, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (session_is_live_sa(item.record) && record_has(item.record, COL_isakmp_sa_encryption))
            screen_block(out, BLOCK_CONNECTION_SA, &item);
    }
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind != RECORD_ipsec_pair)
            continue;
        for (int way = 0; way <= 1; way++) {
            item.is_outbound = (way == 0) == !(view->dialect & (DIALECT_IOS12 | DIALECT_IOS124));
            screen_block(out, BLOCK_CONNECTION, &item);
        }
    }
}
