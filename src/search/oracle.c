/* What must hold in every state, whatever the network does. */
#include "base/check.h"
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "search/world.h"
#include "wire/payloads.h"

#include <string.h>

void oracle_before(struct stage *stage, uint8_t site)
{
    const struct ike *ike = stage->ikes[site];
    struct before *before = &stage->before;

    before->exchange_count = before->sa_count = 0;
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h))
        memcpy(&before->exchanges[before->exchange_count++], exchange_of(ike, h), sizeof before->exchanges[0]);
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        memcpy(&before->sas[before->sa_count++], sa_of(ike, h), sizeof before->sas[0]);
}

static const struct exchange *exchange_before(const struct stage *stage, struct handle h)
{
    for (uint32_t i = 0; i < stage->before.exchange_count; i++)
        if (handle_equal(stage->before.exchanges[i].self, h))
            return &stage->before.exchanges[i];
    return NULL;
}

static const struct isakmp_sa *sa_before(const struct stage *stage, struct handle h)
{
    for (uint32_t i = 0; i < stage->before.sa_count; i++)
        if (handle_equal(stage->before.sas[i].self, h))
            return &stage->before.sas[i];
    return NULL;
}

/* ---- which rows were taken */

static void row_taken(struct stage *stage, const struct step *step)
{
    for (size_t i = 0; i < ROWS_MAX && step_row(i) != NULL; i++)
        if (step_row(i) == step)
            stage->rows_taken[i] = true;
}

static enum step_input input_of(const struct ike_input *in, const struct step *step)
{
    switch (in->kind) {
    case IKE_IN_DATAGRAM: return INPUT_MESSAGE;
    case IKE_IN_TIMER: return INPUT_DUE;
    case IKE_IN_PLANE: return INPUT_INSTALLED;
    default: return step->input; /* an answer finishes a step that any input began */
    }
}

/* The step that was taken last is still in the engine's working space; those before it in the same feed show in what
 * changed. */
static void note_rows(struct stage *stage, const struct ike *ike, const struct ike_input *in)
{
    if (ike->draft.step != NULL && !handle_is_set(ike->draft.exchange.parked))
        row_taken(stage, ike->draft.step);
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        const struct exchange *now = exchange_of(ike, h), *was = exchange_before(stage, h);

        if (was == NULL || was->state == now->state)
            continue;
        for (size_t i = 0; i < ROWS_MAX && step_row(i) != NULL; i++)
            if (step_row(i)->from == was->state && step_row(i)->to == now->state && step_row(i)->side == now->side &&
                step_row(i)->input == input_of(in, step_row(i)))
                stage->rows_taken[i] = true;
    }
}

/* ---- parked */

/* What a repeat, the schedule and a refusal may change. */
static struct exchange committed_part(const struct exchange *exchange)
{
    struct exchange copy;

    memcpy(&copy, exchange, sizeof copy);
    copy.parked = (struct handle){0, 0};
    copy.ask_number = 0;
    copy.last_reason = REASON_OK;
    copy.told = 0;
    copy.resend_count = 0;
    copy.resend_ms = 0;
    return copy;
}

static struct isakmp_sa committed_sa(const struct isakmp_sa *sa)
{
    struct isakmp_sa copy;

    memcpy(&copy, sa, sizeof copy);
    copy.doomed = REASON_OK;
    return copy;
}

static void check_parked(struct stage *stage, const struct ike *ike, const struct exchange *exchange)
{
    const struct exchange *was = exchange_before(stage, exchange->self);
    const struct isakmp_sa *sa = sa_of(ike, exchange->sa), *sa_was = sa_before(stage, exchange->sa);

    if (was == NULL) {
        if (state_info(exchange->state)->waits != WAITS_NOTHING || exchange->has_heard)
            stage_violate(stage, "an exchange that waits for its first answer has begun");
        return;
    }
    struct exchange a = committed_part(was), b = committed_part(exchange);
    if (memcmp(&a, &b, sizeof a) != 0)
        stage_violate(stage, "an exchange has changed while its step is parked");
    if (exchange_info(exchange->kind)->phase != 1 || sa == NULL || sa_was == NULL)
        return;
    struct isakmp_sa c = committed_sa(sa_was), d = committed_sa(sa);
    if (memcmp(&c, &d, sizeof c) != 0)
        stage_violate(stage, "an ISAKMP SA has changed while its step is parked");
}

/* ---- keys */

static struct ring *ring_of(struct world *world, const uint8_t cookies[2][COOKIE_LEN], bool do_make)
{
    struct ring *ring = NULL;

    for (int i = 0; i < KEYS_MAX; i++) {
        if (world->rings[i].is_used && memcmp(world->rings[i].cookies, cookies, 2 * COOKIE_LEN) == 0)
            return &world->rings[i];
        if (!world->rings[i].is_used && ring == NULL)
            ring = &world->rings[i];
    }
    if (!do_make)
        return NULL;
    if (ring == NULL) { /* the oldest gives way */
        memmove(world->rings, world->rings + 1, sizeof world->rings - sizeof world->rings[0]);
        ring = &world->rings[KEYS_MAX - 1];
    }
    *ring = (struct ring){.is_used = true};
    memcpy(ring->cookies, cookies, 2 * COOKIE_LEN);
    return ring;
}

static void keep_keys(struct world *world, const struct ike *ike)
{
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
        const struct isakmp_sa *sa = sa_of(ike, h);
        const struct exchange *phase1 = exchange_of(ike, sa->phase1);

        if (!sa->has_keys)
            continue;
        struct ring *ring = ring_of(world, sa->cookies, true);
        ring->cipher = sa->cipher;
        ring->hash = sa->hash;
        memcpy(ring->key, sa->cipher_key, sizeof ring->key);
        if (phase1 != NULL)
            memcpy(ring->first_iv, phase1->first_iv, sizeof ring->first_iv);
        if (sa->state == SA_UP) {
            ring->has_last_block = true;
            memcpy(ring->last_block, sa->last_block, sizeof ring->last_block);
        }
    }
}

void oracle_after(struct stage *stage, uint8_t site, const struct ike_input *in)
{
    const struct ike *ike = stage->ikes[site];

    note_rows(stage, ike, in);
    keep_keys(stage->world, ike);
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        const struct exchange *exchange = exchange_of(ike, h);

        if (handle_is_set(exchange->parked))
            check_parked(stage, ike, exchange);
        if (exchange->deadline_ms == 0 || ike_deadline_ms(ike) > exchange->deadline_ms)
            stage_violate(stage, "an exchange has no deadline");
    }
    if (stage->out.lost_event_count > 0)
        stage_violate(stage, "events were lost");
}

/* ---- IVs. RFC 2409 appendix B: each message of an exchange begins with the last block of the one before, the first
 * one with a hash over phase 1's last block and the message id, message 5 with one over the shares. */

/* What is sealed, with every block but the first opened; that one is the IV xor what stands there. */
struct opened {
    struct message m;
    uint8_t plain[SENT_LEN_MAX], first[CIPHER_BLOCK_MAX];
    size_t len, block_len;
};

static bool fits_iv(struct opened *o, const uint8_t *iv)
{
    for (size_t i = 0; i < o->block_len; i++)
        o->plain[i] = o->first[i] ^ iv[i];
    return wire_payloads_read(&o->m, o->m.header.first_payload, bytes_of(o->plain, o->len),
                              (struct allowance){.padding_max = o->block_len}) == WIRE_OK &&
           o->m.payload_count > 0;
}

static const uint8_t *iv_of(const struct stage *stage, const struct ring *ring, const struct sent *sent,
                            struct opened *o, uint8_t first_iv[static CIPHER_BLOCK_MAX])
{
    memcpy(first_iv, ring->first_iv, CIPHER_BLOCK_MAX);
    if (sent->message_id != 0)
        phase2_iv(ring->hash, bytes_of(ring->last_block, o->block_len), sent->message_id, ring->cipher, first_iv);
    if (fits_iv(o, first_iv))
        return first_iv;
    for (int i = 0; i < SENT_MAX; i++) {
        const struct sent *other = &stage->world->sent[i];

        if (other != sent && other->is_used && other->is_sealed && other->message_id == sent->message_id &&
            memcmp(other->cookies, sent->cookies, 2 * COOKIE_LEN) == 0 && fits_iv(o, other->last_block))
            return other->last_block;
    }
    return NULL;
}

/* An informational's contents, for the key and the ladder. */
static void note_contents(struct sent *sent, const struct message *m)
{
    struct notify notify;
    struct delete delete;
    struct reader r;

    if (sent->exchange != XCHG_INFORMATIONAL)
        return;
    if (message_payload(m, PL_NOTIFY) != NULL && notify_read(&notify, message_body(m, PL_NOTIFY)) == WIRE_OK)
        sent->about = notify.type;
    if (message_payload(m, PL_DELETE) == NULL || delete_read(&delete, message_body(m, PL_DELETE)) != WIRE_OK)
        return;
    sent->about = delete.protocol;
    if (delete.spi_len == 4) {
        r = reader_of(delete_spi(&delete, 0));
        sent->about_spi = read_u32(&r);
    }
}

static void check_iv(struct stage *stage, struct sent *sent)
{
    const struct ring *ring = ring_of(stage->world, sent->cookies, false);
    uint8_t zero[CIPHER_BLOCK_MAX] = {0}, first_iv[CIPHER_BLOCK_MAX], key_and_iv[CIPHER_KEY_MAX + CIPHER_BLOCK_MAX];
    struct opened o;

    if (ring == NULL) {
        stage_violate(stage, "a message is sealed with a key that nobody has");
        return;
    }
    const struct cipher_info *cipher = cipher_info(ring->cipher);
    CHECK(wire_header_read(&o.m, bytes_of(sent->data, sent->len)) == WIRE_OK);
    o.len = o.m.sealed.len;
    o.block_len = cipher->block_len;
    memcpy(o.plain, o.m.sealed.data, o.len);
    cbc_decrypt(ring->cipher, bytes_of(ring->key, cipher->key_len), bytes_of(zero, o.block_len), o.plain, o.len);
    memcpy(o.first, o.plain, o.block_len);
    const uint8_t *iv = iv_of(stage, ring, sent, &o, first_iv);
    if (iv == NULL) {
        stage_violate(stage, "a message is sealed under an IV that is not its exchange's");
        return;
    }
    memcpy(key_and_iv, ring->key, cipher->key_len);
    memcpy(key_and_iv + cipher->key_len, iv, o.block_len);
    sent->iv_tag = tag_of(bytes_of(key_and_iv, cipher->key_len + o.block_len));
    note_contents(sent, &o.m);
    for (int i = 0; i < SENT_MAX; i++)
        if (&stage->world->sent[i] != sent && stage->world->sent[i].is_used && stage->world->sent[i].is_sealed &&
            stage->world->sent[i].iv_tag == sent->iv_tag)
            stage_violate(stage, "two messages are sealed under one key and IV");
}

/* ---- repeats */

static void check_answered_again(struct stage *stage, struct sent *sent, const struct ike_input *in)
{
    uint8_t digest[DIGEST_MAX];

    hash_of(HASH_SHA256, &in->datagram.data, 1, digest);
    for (uint32_t i = 0; i < stage->before.exchange_count; i++) {
        const struct exchange *exchange = &stage->before.exchanges[i];
        const struct isakmp_sa *sa = sa_before(stage, exchange->sa);

        if (sa == NULL || exchange->message_id != sent->message_id ||
            memcmp(sa->cookies, sent->cookies, 2 * COOKIE_LEN) != 0)
            continue;
        if (exchange->state == STATE_AM_WAIT_MSG3) /* whatever names our cookie asks for message 3 */
            continue;
        if (!exchange->has_heard || memcmp(exchange->heard_digest, digest, sizeof exchange->heard_digest) != 0)
            stage_violate(stage, "a message is answered again that is not the one that was taken last");
        if (++sent->answers > RESENDS_OF_ANSWER_MAX)
            stage_violate(stage, "a message is answered again more than three times");
    }
}

void oracle_sent(struct stage *stage, struct sent *sent, bool is_new, const struct ike_input *in)
{
    if (is_new && sent->is_sealed)
        check_iv(stage, sent);
    if (!is_new && in->kind == IKE_IN_DATAGRAM)
        check_answered_again(stage, sent, in);
}

/* ---- both up, both down, or one alone for a while */

static bool is_sa_up_at(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN])
{
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        if (sa_of(ike, h)->state == SA_UP && memcmp(sa_of(ike, h)->cookies, cookies, 2 * COOKIE_LEN) == 0)
            return true;
    return false;
}

static bool has_lone_sa(const struct stage *stage, uint8_t site)
{
    const struct ike *ike = stage->ikes[site];

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        if (sa_of(ike, h)->state == SA_UP && !is_sa_up_at(stage->ikes[!site], sa_of(ike, h)->cookies))
            return true;
    return false;
}

static bool has_mirror(struct stage *stage, uint8_t site, const struct pair *pair)
{
    const struct planted_pair *mine = NULL;

    for (size_t k = 0; k < WORLD_PAIRS_MAX; k++)
        if (stage->world->pairs[site][k].is_used && handle_equal(stage->world->pairs[site][k].pair, pair->self))
            mine = &stage->world->pairs[site][k];
    if (mine == NULL || !mine->is_inbound || (!mine->is_outbound && !mine->is_leaving)) {
        stage_violate(stage, "a pair is up that the plane does not have");
        return true;
    }
    if (mine->is_leaving)
        return true; /* nothing is sent into the void */
    for (size_t k = 0; k < WORLD_PAIRS_MAX; k++) {
        const struct planted_pair *other = &stage->world->pairs[!site][k];

        if (!other->is_used || other->spi_in != mine->spi_out || other->spi_out != mine->spi_in)
            continue;
        if (other->key_in != mine->key_out || other->key_out != mine->key_in)
            stage_violate(stage, "the two ends of a pair have different keys");
        const struct pair *theirs = pair_of(stage->ikes[!site], other->pair);
        return theirs != NULL && theirs->is_up;
    }
    return false;
}

static bool has_lone_pair(struct stage *stage, uint8_t site)
{
    const struct ike *ike = stage->ikes[site];
    bool is_alone = false;

    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        if (pair_of(ike, h)->is_up && !has_mirror(stage, site, pair_of(ike, h)))
            is_alone = true;
    return is_alone;
}

static void check_alone(struct stage *stage, uint8_t site)
{
    struct world *world = stage->world;
    const bool is_alone[ALONE_PHASES] = {has_lone_sa(stage, site), has_lone_pair(stage, site)};
    static const char *const faults[ALONE_PHASES] = {
        "one side's ISAKMP SA is up alone for longer than its deadline",
        "one side's pair is up alone for longer than its deadline",
    };

    for (int phase = 0; phase < ALONE_PHASES; phase++) {
        uint64_t *since_ms = &world->alone_since_ms[site][phase];

        if (!is_alone[phase])
            *since_ms = 0;
        else if (*since_ms == 0)
            *since_ms = world->now_ms;
        else if (world->now_ms - *since_ms > (uint64_t)stage->scenario->alone_max_s * 1000)
            stage_violate(stage, faults[phase]);
    }
}

/* ---- rest */

static bool are_at_work(const struct ike *ike)
{
    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h))
        if (state_info(exchange_of(ike, h)->state)->waits != WAITS_REST)
            return true;
    return false;
}

static bool is_up(const struct ike *ike)
{
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        if (pair_of(ike, h)->is_up)
            return true;
    return false;
}

void oracle_rest(struct stage *stage)
{
    const struct world *world = stage->world;
    bool has_held = false;

    if (!stage_is_quiet(stage) || are_at_work(stage->ikes[0]) || are_at_work(stage->ikes[1]))
        return;
    for (int i = 0; i < ASKS_MAX; i++)
        has_held = has_held || world->asks[i].is_used;
    for (int i = 0; i < INSTALLS_MAX; i++)
        has_held = has_held || world->installs[i].is_used;
    for (int site = 0; site < SITES; site++) {
        struct ike_use use = ike_view_use(stage->ikes[site]);

        if (use.exchanges == 0 && (use.drafts > 0 || use.blobs > 0))
            stage_violate(stage, "blobs or drafts are left over");
        if (use.exchanges == 0 && !has_held && vault_secret_count(stage->vaults[site]) > 0)
            stage_violate(stage, "a secret is left in the vault");
    }
    if (stage->scenario->comes_up && !world->was_disturbed && world->commands_left == 0 &&
        world->now_ms - WORLD_BEGINS_MS < 3600000 && !(is_up(stage->ikes[0]) && is_up(stage->ikes[1])))
        stage_violate(stage, "the tunnel does not come up");
}

static void check_unproved(struct stage *stage, const struct ike *ike)
{
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        if (sa_of(ike, h)->state == SA_UP)
            stage_violate(stage, "an ISAKMP SA is up with a peer that does not know the key");
    if (ike->pairs.taken_count > 0)
        stage_violate(stage, "there is a pair with a peer that does not know the key");
}

void oracle_state(struct stage *stage)
{
    for (uint8_t site = 0; site < SITES; site++) {
        check_alone(stage, site);
        if (stage->scenario->do_keys_differ)
            check_unproved(stage, stage->ikes[site]);
    }
}
