/* Aggressive mode sends its first proof in clear: a pre-shared key that is given can be held against HASH_R. Main mode
 * cannot be tested so, for its proofs are sealed under the Diffie-Hellman secret. RFC 2409 section 5. */
#include "source/parts.h"

#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "wire/message.h"

#include <string.h>

static void keep(uint8_t *to, uint16_t *len, size_t size, struct bytes from)
{
    *len = from.len <= size ? (uint16_t)from.len : 0;
    if (*len > 0)
        memcpy(to, from.data, *len);
}

static struct psk_offer *offer_of(struct packets *p, const struct seen_sa *sa, bool is_new)
{
    struct psk_offer *oldest = p->psk_offers;

    for (struct psk_offer *o = p->psk_offers; o < p->psk_offers + PSK_OFFERS_MAX; o++) {
        if (o->share_len > 0 && memcmp(o->cookie, sa->cookie, sizeof o->cookie) == 0)
            return o;
        if (o->last < oldest->last)
            oldest = o;
    }
    return is_new ? oldest : NULL;
}

static void keep_offer(struct packets *p, const struct seen_sa *sa, const struct message *m)
{
    struct psk_offer *o = offer_of(p, sa, true);

    memcpy(o->cookie, sa->cookie, sizeof o->cookie);
    o->last = sa->last;
    keep(o->share, &o->share_len, sizeof o->share, message_body(m, PL_KE));
    keep(o->nonce, &o->nonce_len, sizeof o->nonce, message_body(m, PL_NONCE));
    keep(o->sa, &o->sa_len, sizeof o->sa, message_body(m, PL_SA));
}

/* HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b) */
static bool fits(const struct psk *psk, enum hash_id prf, const struct psk_offer *o, const struct message *m)
{
    uint8_t space[DIGEST_MAX], digest[DIGEST_MAX];
    struct bytes parts[] = {
        message_body(m, PL_KE),         bytes_of(o->share, o->share_len), BYTES_OF(m->header.cookies[1]),
        BYTES_OF(m->header.cookies[0]), bytes_of(o->sa, o->sa_len),       message_body(m, PL_ID),
    };
    struct bytes skeyid = skeyid_psk(prf, bytes_of(psk->key, psk->len), bytes_of(o->nonce, o->nonce_len),
                                     message_body(m, PL_NONCE), space);
    bool is_it = bytes_equal(hmac_of(prf, skeyid, parts, COUNT_OF(parts), digest), message_body(m, PL_HASH));

    bytes_wipe(space, sizeof space);
    return is_it;
}

void psk_test(struct source *s, const struct seen_sa *sa, const struct message *m, const struct packet_seen *packet)
{
    struct packets *p = &s->packets;
    struct event e;
    char space[4 * COOKIE_LEN + 1];
    struct text cookies = text_of(space, sizeof space);
    bool is_any = false;

    if (p->psk_count == 0 || m->header.exchange != XCHG_AGGRESSIVE || !message_payload(m, PL_SA))
        return;
    if (bytes_are_zero(BYTES_OF(m->header.cookies[1]))) {
        keep_offer(p, sa, m);
        return;
    }
    const struct psk_offer *o = offer_of(p, sa, false);
    if (!o || o->sa_len == 0 || sa->hash == HASH_NONE || message_body(m, PL_HASH).len == 0)
        return;
    for (size_t i = 0; i < p->psk_count; i++)
        is_any |= fits(&p->psks[i], (enum hash_id)sa->hash, o, m);
    event_begin(&e, EV_KEY_TESTED);
    event_add_ip(&e, FIELD_SOURCE, packet->source);
    event_add_ip(&e, FIELD_DESTINATION, packet->destination);
    text_add_hex(&cookies, BYTES_OF(packet->cookies));
    event_add_text(&e, FIELD_COOKIES, cookies.data);
    event_add_text(&e, FIELD_RESULT, is_any ? "fits" : "differs");
    source_say(s, &e);
}
