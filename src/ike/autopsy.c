/* Key autopsy: what the peer's pre-shared key is, when its message does not open with ours. Only the vault can tell,
 * for it has the keys; it is asked aside from the exchange, which goes on as if nobody had asked. The answer is an
 * event, and what is kept of how the ISAKMP SA ended. */
#include "base/check.h"
#include "base/writer.h"
#include "ike/engine.h"
#include "wire/numbers.h"

#include <string.h>

/* Anybody on the path can make messages that do not open: so many questions in a row, then one in so long. A
 * negotiation has some of its own, for a false message may come before the true one. */
enum { AUTOPSY_BURST = 8, AUTOPSY_EACH_MS = 1000, AUTOPSIES_PER_EXCHANGE = 3 };

static bool may_ask(struct ike *ike, uint64_t now_ms)
{
    uint64_t floor_ms =
        now_ms > AUTOPSY_BURST * AUTOPSY_EACH_MS ? now_ms - (uint64_t)AUTOPSY_BURST * AUTOPSY_EACH_MS : 0;

    if (ike->autopsy_tokens_ms < floor_ms)
        ike->autopsy_tokens_ms = floor_ms;
    if (ike->autopsy_tokens_ms > now_ms)
        return false;
    ike->autopsy_tokens_ms += AUTOPSY_EACH_MS;
    return true;
}

static struct bytes blob_of(const struct ike *ike, const struct exchange *exchange, enum blob_id id)
{
    return blob_bytes(&ike->blobs, exchange->blobs[id]);
}

/* HASH of the peer: its share, ours, its cookie, ours, SAi_b; the identity stands in the message. RFC 2409 section 5.
 * False: there is no room for it, or it is no whole number of blocks. */
static bool gather(const struct ike *ike, const struct isakmp_sa *sa, const struct exchange *phase1,
                   const struct message *m, struct evidence *evidence)
{
    struct writer w = writer_of(evidence->bytes, sizeof evidence->bytes);
    enum side peer_side = !sa->side;

    write_bytes(&w, blob_of(ike, phase1, BLOB_SHARE_PEER));
    write_bytes(&w, blob_of(ike, phase1, BLOB_SHARE_MINE));
    write_bytes(&w, BYTES_OF(sa->cookies[peer_side]));
    write_bytes(&w, BYTES_OF(sa->cookies[!peer_side]));
    write_bytes(&w, blob_of(ike, phase1, BLOB_SA_I));
    evidence->covered_len = (uint16_t)w.len;
    write_bytes(&w, m->sealed);
    evidence->sealed_len = (uint16_t)m->sealed.len;
    evidence->message_id = m->header.message_id;
    evidence->first_payload = m->header.first_payload;
    memcpy(evidence->ivs[0], phase1->iv, sizeof evidence->ivs[0]);
    memcpy(evidence->ivs[1], phase1->first_iv, sizeof evidence->ivs[1]);
    return writer_is_ok(&w) && m->sealed.len > 0 && m->sealed.len % cipher_info(sa->cipher)->block_len == 0;
}

static void fill(const struct ike *ike, const struct isakmp_sa *sa, const struct exchange *phase1, struct question *q)
{
    struct bytes nonce_i = blob_of(ike, phase1, BLOB_NONCE_I), nonce_r = blob_of(ike, phase1, BLOB_NONCE_R);

    CHECK(nonce_i.len <= NONCE_MAX && nonce_r.len <= NONCE_MAX);
    *q = (struct question){
        .kind = QUESTION_AUTOPSY,
        .is_strangers = true,
        .group = sa->group,
        .secret = phase1->secret,
        .key_index = sa->tunnel_group,
        .prf = sa->hash,
        .cipher = sa->cipher,
        .nonce_i_len = (uint16_t)nonce_i.len,
        .nonce_r_len = (uint16_t)nonce_r.len,
    };
    memcpy(q->cookies, sa->cookies, sizeof q->cookies);
    memcpy(q->nonce_i, nonce_i.data, nonce_i.len);
    memcpy(q->nonce_r, nonce_r.data, nonce_r.len);
}

void autopsy_ask(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, struct exchange *phase1,
                 const struct message *m, struct ike_outputs *out)
{
    bool has_key = sa->auth == OAKLEY_AUTH_PSK && sa->tunnel_group != NO_INDEX && handle_is_set(phase1->secret);

    if (!has_key || sa->hypothesis != HYPOTHESIS_NONE || phase1->autopsy_number != 0 ||
        phase1->autopsy_count >= AUTOPSIES_PER_EXCHANGE || !outputs_have_room(out) || !may_ask(ike, now_ms))
        return;
    struct question *q = &out->questions[out->question_count];
    fill(ike, sa, phase1, q);
    if (!gather(ike, sa, phase1, m, &q->evidence))
        return;
    phase1->autopsy_count++;
    phase1->autopsy_number = ++ike->last_ask_number;
    out->question_count++;
    out->items[out->count++] = (struct ike_output){
        .kind = IKE_OUT_ASK,
        .ask = {phase1->self, phase1->autopsy_number, q},
    };
}

bool autopsy_answer(struct ike *ike, struct handle exchange_h, uint32_t ask_number, const struct answer *answer,
                    struct ike_outputs *out)
{
    struct exchange *phase1 = exchange_of(ike, exchange_h);

    if (phase1 == NULL || phase1->autopsy_number == 0 || phase1->autopsy_number != ask_number)
        return false;
    phase1->autopsy_number = 0;
    struct isakmp_sa *sa = sa_of(ike, phase1->sa);
    if (answer->fault != QUESTION_FAULT_NONE || sa->state != SA_NEGOTIATING)
        return true;
    sa->hypothesis = answer->hypothesis;
    struct event *e = tell_exchange(ike, out, EV_KEY_AUTOPSY, sa, phase1);
    event_add_text(e, FIELD_CAUSE, hypothesis_name(answer->hypothesis));
    event_add_text(e, FIELD_DETAIL, hypothesis_meaning(answer->hypothesis));
    if (answer->hypothesis == HYPOTHESIS_OTHER_GROUP && answer->key_index < ike->policy->tunnel_group_count)
        event_add_text(e, FIELD_WANTED, ike->policy->tunnel_groups[answer->key_index].name);
    return true;
}
