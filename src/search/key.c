/* Which states are one: two states with the same key have the same futures, but for random values.
 *
 * The objects of both engines go into the key as bytes, so that whatever is added to them counts by itself. Left out is
 * what is random, what names a place, and what is only told. Times are known by their value (WORLD_BEGINS_MS): those to
 * come count as how far off they are, to the millisecond, those that have passed and those beyond FAR_MS by their
 * order, so that a tunnel that does nothing but DPD and rekeying comes round to where it was. Of what is random the
 * order of those counts that may still cross (rivals.c). */
#include "base/check.h"
#include "crypto/hash.h"
#include "search/world.h"

#include <string.h>

enum { FAR_MS = 100000 };

static void put(struct keying *k, const void *data, size_t len)
{
    if (k->is_first_pass)
        return;
    CHECK(len <= KEY_LEN_MAX - k->len);
    memcpy(k->bytes + k->len, data, len);
    k->len += len;
}

static void put_number(struct keying *k, uint64_t number)
{
    put(k, &number, sizeof number);
}

static bool is_time(uint64_t word)
{
    return word >= WORLD_BEGINS_MS && word < WORLD_BEGINS_MS + (UINT64_C(1) << 40);
}

static bool counts_by_order(const struct keying *k, uint64_t at_ms)
{
    return at_ms <= k->world->now_ms || at_ms > k->world->now_ms + FAR_MS;
}

static void note_time(struct keying *k, uint64_t at_ms)
{
    size_t i = 0;

    if (!counts_by_order(k, at_ms))
        return;
    while (i < k->ordered_count && k->ordered[i] < at_ms)
        i++;
    if (i < k->ordered_count && k->ordered[i] == at_ms)
        return;
    CHECK(k->ordered_count < ORDERED_MAX);
    memmove(k->ordered + i + 1, k->ordered + i, (k->ordered_count - i) * sizeof k->ordered[0]);
    k->ordered[i] = at_ms;
    k->ordered_count++;
}

static uint64_t time_word(const struct keying *k, uint64_t at_ms)
{
    uint64_t rank = 0;

    if (!counts_by_order(k, at_ms))
        return (UINT64_C(2) << 62) + (at_ms - k->world->now_ms);
    while (rank < k->ordered_count && k->ordered[rank] < at_ms)
        rank++;
    return (at_ms > k->world->now_ms ? UINT64_C(3) << 62 : UINT64_C(1) << 62) + rank;
}

static void put_time(struct keying *k, uint64_t at_ms)
{
    if (k->is_first_pass && is_time(at_ms))
        note_time(k, at_ms);
    put_number(k, is_time(at_ms) ? time_word(k, at_ms) : at_ms);
}

/* `object`: aligned for 64 bits, as objects with times in them are. */
static void put_object(struct keying *k, const void *object, size_t len)
{
    for (size_t at = 0; at + 8 <= len; at += 8) {
        uint64_t word;

        memcpy(&word, (const uint8_t *)object + at, 8);
        put_time(k, word);
    }
    put(k, (const uint8_t *)object + len / 8 * 8, len % 8);
}

/* Far timers count by their order, and so does what comes to be set by a lifetime: before or after which of them? */
static void put_far(struct keying *k)
{
    const struct search_scenario *scenario = k->stage->scenario;
    const struct schedule_info *schedule = schedule_info(k->stage->policies[0].policy.schedule);
    const uint32_t lifetimes_s[] = {scenario->lifetime_s, scenario->esp_lifetime_s};

    for (int phase = 0; phase < 2; phase++)
        for (int part = 0; part < 3; part++) {
            uint64_t percent = part < 2 ? schedule->rekey_percent[phase][part] : 100;
            uint64_t span_ms = lifetimes_s[phase] * 10 * percent;

            for (size_t i = 0; i < k->ordered_count; i++) {
                uint32_t later = 0;

                if (k->ordered[i] < k->world->now_ms)
                    continue;
                for (size_t n = i; n < k->ordered_count; n++)
                    later += k->ordered[n] > k->ordered[i] + span_ms;
                put_number(k, later);
            }
        }
}

/* ---- conversations */

static int talk_of(const struct world *world, const uint8_t cookies[2][COOKIE_LEN], uint32_t message_id)
{
    for (int i = 0; i < world->talk_count; i++)
        if (world->talks[i].message_id == message_id && memcmp(world->talks[i].cookies, cookies, 2 * COOKIE_LEN) == 0)
            return i;
    return -1;
}

static void talk_add(struct stage *stage, const uint8_t cookies[2][COOKIE_LEN], uint32_t message_id, uint8_t begun_by)
{
    struct world *world = stage->world;

    if (talk_of(world, cookies, message_id) >= 0)
        return;
    if (world->talk_count == TALKS_MAX) {
        stage_violate(stage, "more exchanges than this world holds");
        return;
    }
    struct talk *talk = &world->talks[world->talk_count++];
    *talk = (struct talk){.begun_by = begun_by, .message_id = message_id};
    memcpy(talk->cookies, cookies, 2 * COOKIE_LEN);
}

static const struct isakmp_sa *sa_of_talk(const struct ike *ike, const struct talk *talk)
{
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        if (sa_of(ike, h)->state != SA_DEAD && memcmp(sa_of(ike, h)->cookies, talk->cookies, 2 * COOKIE_LEN) == 0)
            return sa_of(ike, h);
    return NULL;
}

static bool is_live(const struct stage *stage, const struct talk *talk)
{
    for (int i = 0; i < SENT_MAX; i++) {
        const struct sent *sent = &stage->world->sent[i];

        if (sent->is_used && sent->len > 0 && memcmp(sent->cookies, talk->cookies, 2 * COOKIE_LEN) == 0 &&
            (talk->message_id == 0 || talk->message_id == sent->message_id))
            return true;
    }
    for (int site = 0; site < SITES; site++) {
        const struct isakmp_sa *sa = sa_of_talk(stage->ikes[site], talk);

        if (sa != NULL &&
            (talk->message_id == 0 || exchange_of_message(stage->ikes[site], sa->self, talk->message_id) != NULL))
            return true;
    }
    return false;
}

bool is_talk_live(const struct stage *stage, const uint8_t cookies[2][COOKIE_LEN], uint32_t message_id)
{
    struct talk talk = {.message_id = message_id};

    memcpy(talk.cookies, cookies, sizeof talk.cookies);
    return is_live(stage, &talk);
}

void talks_update(struct stage *stage)
{
    struct world *world = stage->world;
    uint8_t kept = 0;

    for (uint8_t i = 0; i < world->talk_count; i++)
        if (is_live(stage, &world->talks[i]))
            world->talks[kept++] = world->talks[i];
    memset(&world->talks[kept], 0, (size_t)(TALKS_MAX - kept) * sizeof world->talks[0]);
    world->talk_count = kept;
    for (uint8_t site = 0; site < SITES; site++) {
        const struct ike *ike = stage->ikes[site];

        for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
            const struct isakmp_sa *sa = sa_of(ike, h);

            if (sa->state != SA_DEAD)
                talk_add(stage, sa->cookies, 0, sa->side == INITIATOR ? site : !site);
        }
        for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
            const struct exchange *exchange = exchange_of(ike, h);
            const struct isakmp_sa *sa = sa_of(ike, exchange->sa);

            talk_add(stage, sa->cookies, exchange->message_id, exchange->side == INITIATOR ? site : !site);
        }
    }
    for (int i = 0; i < SENT_MAX; i++)
        if (world->sent[i].is_used && world->sent[i].len > 0) {
            talk_add(stage, world->sent[i].cookies, 0, world->sent[i].site);
            talk_add(stage, world->sent[i].cookies, world->sent[i].message_id, world->sent[i].site);
        }
}

/* ---- objects, without what is random or only told */

/* Of several that are up the one with the highest number is used. */
static uint64_t place_of_sa(const struct ike *ike, const struct isakmp_sa *wanted)
{
    uint64_t place = 1;

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        place += sa_of(ike, h)->state != SA_DEAD && sa_of(ike, h)->conn_id < wanted->conn_id;
    return place;
}

static void put_sa(struct keying *k, uint8_t site, const struct isakmp_sa *sa)
{
    const struct tunnel_group *group = &k->stage->policies[site].group;
    struct isakmp_sa copy;

    memcpy(&copy, sa, sizeof copy);
    copy.self = copy.peer = (struct handle){0, 0};
    copy.phase1 = (struct handle){0, exchange_of(k->stage->ikes[site], sa->phase1) != NULL};
    memset(copy.cookies, 0, sizeof copy.cookies);
    copy.cookies[RESPONDER][0] = !bytes_are_zero(BYTES_OF(sa->cookies[RESPONDER]));
    copy.conn_id = copy.dpd_sequence = copy.dpd_heard_sequence = 0;
    memset(copy.skeyid, 0, sizeof copy.skeyid);
    memset(copy.skeyid_d, 0, sizeof copy.skeyid_d);
    memset(copy.skeyid_a, 0, sizeof copy.skeyid_a);
    memset(copy.cipher_key, 0, sizeof copy.cipher_key);
    memset(copy.last_block, 0, sizeof copy.last_block);
    copy.keepalive_ms = copy.died_ms = 0;
    put_number(k, copy.local.port | (uint64_t)copy.remote.port << 16);
    memset(&copy.local, 0, sizeof copy.local); /* the addresses are always the same, and have gaps */
    memset(&copy.remote, 0, sizeof copy.remote);
    /* When DPD begins depends on how long ago the peer was heard. */
    bool may_ask = sa->state == SA_UP && sa->peer_does_dpd && sa->dpd_due_ms == 0;
    copy.heard_ms = may_ask && sa_is_unheard(sa) ? sa->up_ms + UNHEARD_MS
                    : may_ask && group->has_dpd  ? sa->heard_ms + (uint64_t)group->dpd_threshold_s * 1000
                                                 : 0;
    put_number(k, sa_is_unheard(sa));
    put_number(k, place_of_sa(k->stage->ikes[site], sa));
    put_number(k, rank_of_sa(&k->rivals, k->stage->ikes[site], sa));
    put_object(k, &copy, sizeof copy);
}

/* The place of a pair among those of its site, from 1; 0: it is gone. */
static uint64_t pair_place(const struct ike *ike, const struct pair *wanted)
{
    uint64_t place = wanted != NULL;

    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h) && wanted != NULL; h = pool_next(&ike->pairs, h))
        place += pair_of(ike, h)->conn_id < wanted->conn_id;
    return place;
}

static void put_exchange(struct keying *k, uint8_t site, const struct exchange *exchange)
{
    const struct ike *ike = k->stage->ikes[site];
    const struct draft *draft = pool_find(&ike->drafts, exchange->parked);
    const struct pair *pair = pair_of(ike, exchange->quick.pair);
    struct exchange copy;

    memcpy(&copy, exchange, sizeof copy);
    copy.self = copy.sa = (struct handle){0, 0};
    for (int i = 0; i < BLOB_COUNT; i++)
        copy.blobs[i] = (struct handle){0, handle_is_set(exchange->blobs[i])};
    copy.secret = (struct handle){0, handle_is_set(exchange->secret)};
    memset(copy.iv, 0, sizeof copy.iv);
    memset(copy.first_iv, 0, sizeof copy.first_iv);
    memset(copy.heard_digest, 0, sizeof copy.heard_digest);
    copy.message_id = copy.ask_number = 0;
    copy.state_ms = 0;
    copy.told = 0;                                                          /* for the log alone */
    copy.begun_ms = exchange->kind == EXCHANGE_QM ? exchange->begun_ms : 0; /* whether it crosses: see rivals.c */
    copy.parked = (struct handle){0, 0};
    copy.quick.spi_in = exchange->quick.spi_in != 0;
    copy.quick.spi_out = exchange->quick.spi_out != 0;
    /* the same in every run, with gaps that hold what the stack had */
    memset(&copy.quick.selector, 0, sizeof copy.quick.selector);
    memset(&copy.quick.choice, 0, sizeof copy.quick.choice);
    copy.quick.pair = (struct handle){0, pair != NULL};
    put_object(k, &copy, sizeof copy);
    put_number(k, pair_place(ike, pair));
    if (exchange->kind == EXCHANGE_QM)
        put_number(k, rank_of_quick(&k->rivals, ike, exchange));
    for (size_t i = 0; draft != NULL && step_row(i) != NULL; i++)
        if (step_row(i) == draft->step)
            put_number(k, i + 1);
}

static const struct pair *pair_of_spis(const struct ike *ike, uint32_t spi_in, uint32_t spi_out)
{
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        if ((spi_in == 0 || pair_of(ike, h)->spi_in == spi_in) && pair_of(ike, h)->spi_out == spi_out)
            return pair_of(ike, h);
    return NULL;
}

static void put_pair(struct keying *k, uint8_t site, const struct pair *pair)
{
    const struct ike *other = k->stage->ikes[!site];
    struct pair copy;

    memcpy(&copy, pair, sizeof copy);
    copy.self = copy.peer = (struct handle){0, 0};
    copy.spi_in = copy.spi_out = copy.conn_id = 0;
    copy.carried_ms = 0; /* no entry here has an idle-time */
    memset(&copy.selector, 0, sizeof copy.selector);
    memset(&copy.local, 0, sizeof copy.local);
    memset(&copy.remote, 0, sizeof copy.remote);
    put_object(k, &copy, sizeof copy);
    put_number(k, pair_place(other, pair_of_spis(other, pair->spi_out, pair->spi_in)));
    put_number(k, rank_of_pair(&k->rivals, pair));
    for (size_t i = 0; i < WORLD_PAIRS_MAX; i++) {
        const struct planted_pair *planted = &k->world->pairs[site][i];

        if (planted->is_used && handle_equal(planted->pair, pair->self))
            put_number(k, 1u + planted->is_inbound + 2u * planted->is_outbound + 4u * planted->is_leaving);
    }
    for (size_t i = 0; i < INSTALLS_MAX; i++) {
        const struct installing *installing = &k->world->installs[i];

        if (installing->is_used && installing->site == site && handle_equal(installing->pair, pair->self))
            put_number(k, 16u + installing->is_inbound + 2u * installing->is_outbound + 4u * installing->is_held);
    }
}

/* A datagram under way: whose, which, and what the receiver thinks of it already. */
static void put_sent(struct keying *k, const struct sent *sent)
{
    const struct ike *ike = k->stage->ikes[!sent->site];
    struct talk of = {.message_id = sent->message_id};
    uint8_t digest[DIGEST_MAX];
    uint64_t opinion = 0;

    memcpy(of.cookies, sent->cookies, 2 * COOKIE_LEN);
    const struct isakmp_sa *sa = sa_of_talk(ike, &of);
    if (sa == NULL &&
        bytes_are_zero(BYTES_OF(sent->cookies[RESPONDER]))) /* message 1: the responder's own cookie is not in it */
        sa = sa_of_first_message(ike, sent->cookies[INITIATOR],
                                 (struct endpoint){k->stage->policies[sent->site].interface.ip, 500});
    const struct exchange *exchange = sa == NULL ? NULL : exchange_of_message(ike, sa->self, sent->message_id);
    if (sa != NULL && sent->message_id != 0)
        opinion = 1u + message_id_was_heard(ike, sa, sent->exchange == XCHG_QUICK ? EXCHANGE_QM : EXCHANGE_INFO,
                                            sent->message_id);
    if (exchange != NULL && !k->is_first_pass) {
        struct bytes data = bytes_of(sent->data, sent->len);
        const struct draft *draft = pool_find(&ike->drafts, exchange->parked);

        hash_of(HASH_SHA256, &data, 1, digest);
        opinion +=
            4u * (exchange->has_heard && memcmp(exchange->heard_digest, digest, sizeof exchange->heard_digest) == 0);
        opinion +=
            8u * (draft != NULL && memcmp(draft->exchange.heard_digest, digest, sizeof exchange->heard_digest) == 0);
    }
    put_number(k, (uint64_t)sent->site | (uint64_t)sent->exchange << 8 | (uint64_t)sent->number << 16 |
                      (uint64_t)sent->under_way << 24 | (uint64_t)sent->held << 32 | opinion << 40);
    put_number(k, sent->about | pair_place(ike, pair_of_spis(ike, 0, sent->about_spi)) << 32);
}

/* How often the Delete of an ISAKMP SA that is gone may be said again. */
static uint32_t farewells_left(const struct ike *ike, const struct talk *talk)
{
    const struct isakmp_sa *sa = sa_dead_of_cookies(ike, talk->cookies);

    return sa == NULL || sa->last_delete_len == 0 ? 0 : FAREWELL_REPEATS - sa->last_delete_repeats;
}

static void put_talk(struct keying *k, int index)
{
    const struct world *world = k->world;
    const struct talk *talk = &world->talks[index];

    put_number(k, talk->begun_by + 2u * (talk->message_id == 0));
    if (talk->message_id == 0)
        put_number(k, rank_of_cookies(&k->rivals, talk->cookies));
    for (uint8_t site = 0; site < SITES; site++) {
        const struct ike *ike = k->stage->ikes[site];
        const struct isakmp_sa *sa = sa_of_talk(ike, talk);
        const struct exchange *exchange = sa == NULL ? NULL : exchange_of_message(ike, sa->self, talk->message_id);

        put_number(k, (sa != NULL) + 2u * (exchange != NULL) + 4u * farewells_left(ike, talk));
        if (sa != NULL && talk->message_id == 0)
            put_sa(k, site, sa);
        if (exchange != NULL)
            put_exchange(k, site, exchange);
        for (int i = 0; i < ASKS_MAX; i++) {
            const struct asked *asked = &world->asks[i];

            if (asked->is_used && asked->site == site && exchange != NULL &&
                handle_equal(asked->exchange, exchange->self))
                put_number(k, 16u + asked->is_held + 2u * (asked->ask_number == exchange->ask_number) +
                                  4u * asked->question.kind);
        }
    }
    for (int i = 0; i < SENT_MAX; i++) {
        const struct sent *sent = &world->sent[i];

        if (sent->is_used && sent->message_id == talk->message_id &&
            memcmp(sent->cookies, talk->cookies, 2 * COOKIE_LEN) == 0) {
            if (sent->len > 0)
                put_sent(k, sent);
            else if (sent->answers > 0)
                put_number(k, sent->answers);
        }
    }
}

/* They have a timer still: when they are forgotten. In which places they stand is the same to all. */
static void put_dead(struct keying *k, const struct ike *ike)
{
    uint64_t told_ms = 0, next_ms;

    do {
        next_ms = UINT64_MAX;
        for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
            const struct isakmp_sa *sa = sa_of(ike, h);

            if (sa->state == SA_DEAD && sa->died_ms == told_ms)
                put_number(k, k->world->now_ms - told_ms);
            else if (sa->state == SA_DEAD && sa->died_ms > told_ms && sa->died_ms < next_ms)
                next_ms = sa->died_ms;
        }
        told_ms = next_ms;
    } while (told_ms != UINT64_MAX);
}

static void put_site(struct keying *k, uint8_t site)
{
    const struct ike *ike = k->stage->ikes[site];
    const struct peer *peer = pool_find(&ike->peers, pool_first(&ike->peers));

    put_number(k, peer == NULL ? 0 : 1u + peer->waiting_count);
    put_number(k, vault_secret_count(k->stage->vaults[site]));
    for (int i = 0; peer != NULL && i < FAREWELLS_MAX; i++)
        if (peer->farewells[i].at_ms != 0) {
            put_time(k, peer->farewells[i].at_ms);
            put_number(
                k, peer->farewells[i].repeats |
                       pair_place(k->stage->ikes[!site], pair_of_spis(k->stage->ikes[!site], 0, peer->farewells[i].spi))
                           << 8);
        }
    for (uint64_t place = 1; place <= ike->pairs.taken_count; place++)
        for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
            if (pair_place(ike, pair_of(ike, h)) == place)
                put_pair(k, site, pair_of(ike, h));
    put_dead(k, ike);
    for (int i = 0; i < ASKS_MAX; i++) { /* answers that nobody waits for any more */
        const struct asked *asked = &k->world->asks[i];

        if (asked->is_used && asked->site == site && exchange_of(ike, asked->exchange) == NULL)
            put_number(k, 32u + asked->is_held + 2u * asked->question.kind);
    }
    for (int i = 0; i < INSTALLS_MAX; i++) {
        const struct installing *installing = &k->world->installs[i];

        if (installing->is_used && installing->site == site && pair_of(ike, installing->pair) == NULL)
            put_number(k, 64u + installing->is_held);
    }
}

/* Conversations by who began them, then by age: which of two that were begun at once came first makes no difference.
 * SAs before their exchanges. */
static void put_all(struct keying *k)
{
    const struct world *world = k->world;

    put_time(k, world->now_ms); /* what is noted next is noted now: after what has passed, or with it */
    put(k, world->bounds, sizeof world->bounds);
    put_number(k, (uint64_t)world->commands_left | (uint64_t)world->is_cut[0] << 8 | (uint64_t)world->is_cut[1] << 9 |
                      (uint64_t)world->was_disturbed << 10 | (uint64_t)world->burst << 16);
    put_far(k);
    for (uint8_t site = 0; site < SITES; site++) {
        for (int phase = 0; phase < ALONE_PHASES; phase++)
            put_number(k, world->alone_since_ms[site][phase] == 0
                              ? 0
                              : world->now_ms - world->alone_since_ms[site][phase] + 1);
        put_site(k, site);
    }
    for (int begun_by = 0; begun_by < SITES; begun_by++)
        for (int i = 0; i < world->talk_count; i++) {
            if (world->talks[i].begun_by != begun_by || world->talks[i].message_id != 0)
                continue;
            put_talk(k, i);
            for (int by = 0; by < SITES; by++)
                for (int n = 0; n < world->talk_count; n++)
                    if (world->talks[n].begun_by == by && world->talks[n].message_id != 0 &&
                        memcmp(world->talks[n].cookies, world->talks[i].cookies, 2 * COOKIE_LEN) == 0)
                        put_talk(k, n);
        }
}

static uint64_t mix(const struct keying *k, uint64_t seed, uint64_t prime)
{
    uint64_t hash = seed;

    for (size_t at = 0; at < k->len; at += 8) {
        uint64_t word = 0;

        memcpy(&word, k->bytes + at, k->len - at < 8 ? k->len - at : 8);
        hash = (hash ^ word) * prime;
        hash ^= hash >> 29;
    }
    return hash ^ hash >> 32;
}

struct key key_of(struct stage *stage)
{
    struct keying *k = &stage->keying;

    k->stage = stage;
    k->world = stage->world;
    k->ordered_count = k->len = 0;
    rivals_update(&k->rivals, stage);
    k->is_first_pass = true;
    put_all(k);
    k->is_first_pass = false;
    put_all(k);
    return (struct key){mix(k, 0x9e3779b97f4a7c15u, 0xff51afd7ed558ccdu),
                        mix(k, 0xc4ceb9fe1a85ec53u, 0x9fb21c651e98df25u)};
}
