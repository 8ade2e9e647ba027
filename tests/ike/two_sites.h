/* Two gateways in a simulated world for the tests of the engine, a look into their memory, and a peer that knows the
 * keys and lies. */
#ifndef TESTS_IKE_TWO_SITES_H
#define TESTS_IKE_TWO_SITES_H

#include "base/check.h"
#include "ike/engine.h"
#include "sim/sim.h"
#include "wire/attribute.h"
#include "wire/payloads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WEST, EAST };
enum { WEST_IP = 0xc0000201, EAST_IP = 0xc6336402, WEST_NET = 0x0a010000, EAST_NET = 0x0a020000, NAT_IP = 0xcb007105 };

static const struct sim_site west = {
    .address = WEST_IP,
    .cipher = CIPHER_AES256_CBC,
    .hash = HASH_SHA256,
    .group = GROUP_ECP256,
    .esp_cipher = CIPHER_AES128_CBC,
    .esp_integrity = HASH_SHA1,
    .lifetime_s = 86400,
    .esp_lifetime_s = 28800,
    .peers = {{.address = EAST_IP, .key = "correct horse", .local_net = WEST_NET, .remote_net = EAST_NET}},
};

static const struct sim_site east = {
    .address = EAST_IP,
    .cipher = CIPHER_AES256_CBC,
    .hash = HASH_SHA256,
    .group = GROUP_ECP256,
    .esp_cipher = CIPHER_AES128_CBC,
    .esp_integrity = HASH_SHA1,
    .lifetime_s = 86400,
    .esp_lifetime_s = 28800,
    .peers = {{.address = WEST_IP, .key = "correct horse", .local_net = EAST_NET, .remote_net = WEST_NET}},
};

enum { SITES_OF_TESTS = 3 };

static void *world_space;

static struct sim *world(uint64_t seed, const struct sim_site *w, const struct sim_site *e)
{
    if (world_space == NULL)
        world_space = malloc(sim_space(SITES_OF_TESTS));
    struct sim *sim = sim_make(world_space, 2, seed);

    sim_site(sim, WEST, w);
    sim_site(sim, EAST, e);
    return sim;
}

static int world_end(void **state)
{
    (void)state;
    free(world_space);
    world_space = NULL;
    return 0;
}

static inline struct endpoint end_of(uint32_t site)
{
    return (struct endpoint){ip_of_v4(site == WEST ? WEST_IP : EAST_IP), 500};
}

static inline struct sim *world_up(uint64_t seed)
{
    struct sim *sim = world(seed, &west, &east);

    sim_acquire(sim, WEST, 0);
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, WEST) == 1 && sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST));
    return sim;
}

static inline const struct isakmp_sa *sa_at(struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);

    return pool_find(&ike->sas, pool_first(&ike->sas));
}

static inline const char *last_reason(struct sim *sim, uint32_t site, enum event_kind kind)
{
    const struct event *e = sim_last_event(sim, site, kind);

    return e == NULL ? "none" : event_text(e, FIELD_REASON);
}

static inline bool uses_equal(struct ike_use a, struct ike_use b)
{
    return a.peers == b.peers && a.sas == b.sas && a.exchanges == b.exchanges && a.pairs == b.pairs &&
           a.drafts == b.drafts && a.blobs == b.blobs;
}

/* ---- what an engine knows, without what is only told */
enum { SNAP_SAS = 64, SNAP_EXCHANGES = 128, SNAP_PAIRS = 64 };

struct snapshot {
    uint32_t sa_count, exchange_count, pair_count;
    struct isakmp_sa sas[SNAP_SAS];
    struct exchange exchanges[SNAP_EXCHANGES];
    struct pair pairs[SNAP_PAIRS];
};

static inline struct exchange without_diagnosis(const struct exchange *exchange)
{
    struct exchange copy;

    memcpy(&copy, exchange, sizeof copy);
    copy.last_reason = REASON_OK;
    copy.told = 0;
    copy.answer_count = 0;
    copy.autopsy_number = copy.autopsy_count = 0; /* questions aside from the exchange */
    return copy;
}

static inline void snapshot_take(struct snapshot *s, const struct ike *ike)
{
    s->sa_count = s->exchange_count = s->pair_count = 0;
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        memcpy(&s->sas[s->sa_count++], pool_find(&ike->sas, h), sizeof s->sas[0]);
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h))
        s->exchanges[s->exchange_count++] = without_diagnosis(pool_find(&ike->exchanges, h));
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        memcpy(&s->pairs[s->pair_count++], pool_find(&ike->pairs, h), sizeof s->pairs[0]);
}

/* All that was there is there, unchanged; a first message may have added something. NULL, or what has changed. */
static inline const char *snapshot_differs(const struct snapshot *s, const struct ike *ike)
{
    for (uint32_t i = 0; i < s->sa_count; i++) {
        const void *sa = pool_find(&ike->sas, s->sas[i].self);

        if (sa == NULL || memcmp(sa, &s->sas[i], sizeof s->sas[i]) != 0)
            return "an ISAKMP SA";
    }
    for (uint32_t i = 0; i < s->exchange_count; i++) {
        const struct exchange *exchange = pool_find(&ike->exchanges, s->exchanges[i].self);

        if (exchange == NULL)
            return "an exchange is gone";
        struct exchange copy = without_diagnosis(exchange);
        if (memcmp(&copy, &s->exchanges[i], sizeof copy) != 0)
            return "an exchange";
    }
    for (uint32_t i = 0; i < s->pair_count; i++) {
        const void *pair = pool_find(&ike->pairs, s->pairs[i].self);

        if (pair == NULL || memcmp(pair, &s->pairs[i], sizeof s->pairs[i]) != 0)
            return "a pair";
    }
    return NULL;
}

/* ---- messages of a peer that may lie */
struct lie {
    uint8_t type;
    struct bytes body;
};

enum hash_lie { HASH_RIGHT, HASH_WRONG, HASH_EMPTY, HASH_SHORT, HASH_LONG, HASH_MISSING };

static uint8_t lie_space[16384];

struct body {
    uint8_t bytes[4096];
    size_t len;
};

static inline struct bytes hex(struct body *b, const char *text)
{
    b->len = 0;
    for (; *text != '\0'; text++) {
        unsigned byte;

        if (*text == ' ')
            continue;
        CHECK(sscanf(text, "%2x", &byte) == 1 && b->len < sizeof b->bytes);
        b->bytes[b->len++] = (uint8_t)byte;
        text++;
    }
    return bytes_of(b->bytes, b->len);
}

/* The proposal that this world's policies want: AES-CBC 256, SHA-256, PSK, ECP256, 86400 s. */
#define SA_HEAD "00000001 00000001"
#define GOOD_TRANSFORM "80010007 800e0100 80020004 80030001 80040013 800b0001 000c0004 00015180"
#define GOOD_SA SA_HEAD "00 00 0030 01 01 00 01  00 00 0028 01 01 0000" GOOD_TRANSFORM

/* A message in clear. */
static inline struct bytes message_of(const uint8_t cookies[16], uint8_t exchange, uint32_t message_id,
                                      const struct lie *parts, size_t count)
{
    struct header header = {.exchange = exchange, .message_id = message_id};
    struct writer w = writer_of(lie_space, sizeof lie_space);

    memcpy(header.cookies, cookies, sizeof header.cookies);
    struct message_writer m = message_begin(&w, &header);
    for (size_t i = 0; i < count; i++)
        message_add(&m, parts[i].type, parts[i].body);
    return message_end(&m);
}

/* A message of quick mode or informational under an SA that stands: by whoever has its keys. */
static inline struct bytes sealed_of(const struct isakmp_sa *sa, uint8_t kind, uint32_t message_id,
                                     const struct lie *parts, size_t count, enum hash_lie lie)
{
    struct header header = {.exchange = kind, .message_id = message_id};
    struct exchange exchange = {.message_id = message_id};
    struct writer w = writer_of(lie_space, sizeof lie_space);
    uint8_t digest[DIGEST_MAX + 1] = {0}, id[4];
    struct writer id_w = writer_of(id, sizeof id);
    size_t len = hash_info(sa->hash)->digest_len, hash_at = 0;

    write_u32(&id_w, message_id);
    memcpy(header.cookies, sa->cookies, sizeof header.cookies);
    struct message_writer m = message_begin(&w, &header);
    if (lie == HASH_EMPTY)
        len = 0;
    if (lie == HASH_SHORT)
        len--;
    if (lie == HASH_LONG)
        len++;
    if (lie != HASH_MISSING)
        hash_at = message_add_gap(&m, PL_HASH, len);
    size_t mark = message_mark(&m);
    for (size_t i = 0; i < count; i++)
        message_add(&m, parts[i].type, parts[i].body);
    const struct bytes covered[] = {BYTES_OF(id), message_since(&m, mark)};
    hash_phase2(sa, covered, COUNT_OF(covered), digest);
    digest[0] ^= lie == HASH_WRONG;
    if (lie != HASH_MISSING)
        message_fill(&m, hash_at, bytes_of(digest, len));
    message_seal(&m, cipher_info(sa->cipher)->block_len);
    struct bytes datagram = message_end(&m);
    iv_begin(sa, &exchange);
    message_close(sa, &exchange, &m);
    return datagram;
}

#endif
