/* What the payloads of an ISAKMP message on the wire hold: proposals, identities, NAT-D, deletes. */
#include "source/parts.h"

#include "base/check.h"
#include "crypto/hash.h"
#include "event/look.h"
#include "wire/message.h"
#include "wire/natt.h"
#include "wire/payloads.h"
#include "wire/proposal.h"

#include <string.h>

enum { TRANSFORMS_SAID_MAX = 16, DELETES_SAID_MAX = 4 };

static void add_name(struct event *e, enum event_field_id id, enum number_space space, uint32_t number)
{
    const char *name = number_name(space, number);
    char digits[24];
    struct text t = text_of(digits, sizeof digits);

    if (!name)
        text_add_decimal(&t, number);
    event_add_text(e, id, name ? name : digits);
}

/* ---- Proposals ---- */

static void add_phase1(struct event *e, const struct sa_transform *t)
{
    if (t->encryption)
        add_name(e, FIELD_ENCRYPTION, SPACE_OAKLEY_ENC, t->encryption);
    if (t->hash)
        add_name(e, FIELD_HASH, SPACE_OAKLEY_HASH, t->hash);
    if (t->auth)
        add_name(e, FIELD_AUTHENTICATION, SPACE_OAKLEY_AUTH, t->auth);
}

static void add_phase2(struct event *e, const struct sa_proposal *p, const struct sa_transform *t)
{
    if (p->protocol == PROTO_ESP)
        add_name(e, FIELD_ENCRYPTION, SPACE_ESP_TRANSFORM, t->id);
    if (t->auth)
        add_name(e, FIELD_HASH, SPACE_IPSEC_AUTH, t->auth);
    if (t->encapsulation)
        add_name(e, FIELD_DETAIL, SPACE_IPSEC_ENCAP, t->encapsulation);
    add_name(e, FIELD_IPSEC_PROTOCOL, SPACE_PROTO, p->protocol);
}

/* One transform, without what the packet tells. */
static struct event transform_said(const struct sa_proposal *p, const struct sa_transform *t)
{
    struct event e = event_of(EV_PROPOSAL_SEEN);
    bool is_phase1 = p->protocol == PROTO_ISAKMP;

    event_add_number(&e, FIELD_PHASE, is_phase1 ? 1 : 2);
    event_add_number(&e, FIELD_PROPOSAL, p->number);
    event_add_number(&e, FIELD_TRANSFORM, t->number);
    if (is_phase1)
        add_phase1(&e, t);
    else
        add_phase2(&e, p, t);
    if (t->key_len)
        event_add_number(&e, FIELD_KEY_LENGTH, t->key_len);
    if (t->group)
        event_add_number(&e, FIELD_DH_GROUP, t->group);
    if (t->has_seconds)
        event_add_number(&e, FIELD_SECONDS, t->life_seconds);
    if (t->has_kilobytes)
        event_add_number(&e, FIELD_KILOBYTES, t->life_kilobytes);
    if (p->spi.len == 4)
        event_add_number(&e, FIELD_SPI,
                         (uint32_t)p->spi.data[0] << 24 | (uint32_t)p->spi.data[1] << 16 |
                             (uint32_t)p->spi.data[2] << 8 | p->spi.data[3]);
    return e;
}

/* The transforms of an SA payload are counted through; NULL: it has no more. */
static const struct sa_proposal *proposal_of(const struct sa_payload *sa, size_t *transform, size_t *index)
{
    for (*index = 0; *index < sa->proposal_count; *transform -= sa->proposals[(*index)++].transform_count)
        if (*transform < sa->proposals[*index].transform_count)
            return &sa->proposals[*index];
    return NULL;
}

void proposal_tell(struct queued *q)
{
    struct event *e = &q->seen.event;
    struct sa_payload sa;
    size_t transform = q->transform, index;

    packet_place(e, EV_PROPOSAL_SEEN, q->packet);
    CHECK(!sa_read(&sa, q->of)); /* it was read before */
    const struct sa_proposal *p = proposal_of(&sa, &transform, &index);
    CHECK(p);
    struct event said = transform_said(p, sa_transform_of(&sa, index, transform));
    event_add_all(e, &said);
}

/* What is sealed has an SPI in it, and looks like nothing else. */
static void say_proposals(struct source *s, const struct message *m, const struct packet_seen *packet, uint64_t look)
{
    struct bytes body = message_body(m, PL_SA);
    const struct known_sa *sa = body.len > 0 ? known_sa_of(&s->packets, body) : NULL;

    for (size_t i = 0; sa && i < sa->count && i < TRANSFORMS_SAID_MAX && !source_is_full(s); i++) {
        size_t index = s->queue_count;
        struct queued *q = source_enqueue(s, EV_PROPOSAL_SEEN);
        struct sight *at = &s->sights[index];

        q->tell = TELL_PROPOSAL;
        q->packet = packet;
        q->of = body;
        q->transform = (uint8_t)i;
        at->cookie = packet_cookie(packet);
        if (!packet->is_sealed) {
            at->one = packet->source;
            at->other = packet->destination;
            at->look = look_mix(look, sa->look + 2 * i);
        }
        if (!source_has(s, body))
            source_told(s, index);
    }
}

/* ---- Identities ---- */

static void add_identity(struct event *e, enum event_field_id field, const struct id *id)
{
    char space[200];
    struct text t = text_of(space, sizeof space);

    text_add_id(&t, id);
    if (id->protocol || id->port)
        text_add(&t, "/%u/%u", id->protocol, id->port);
    event_add_text(e, field, space);
}

static void say_identities(struct source *s, const struct message *m, const struct packet_seen *packet)
{
    const struct payload *first = message_nth(m, PL_ID, 0), *second = message_nth(m, PL_ID, 1);
    struct id id, other;
    struct event e;

    if (!first || id_read(&id, first->body))
        return;
    packet_place(&e, EV_ID_SEEN, packet);
    if (m->header.exchange == XCHG_QUICK) {
        if (!second || id_read(&other, second->body))
            return;
        event_add_number(&e, FIELD_PHASE, 2);
        add_identity(&e, FIELD_LOCAL_PROXY, &id);
        add_identity(&e, FIELD_REMOTE_PROXY, &other);
    } else {
        const char *type = number_name(SPACE_ID, id.type);

        event_add_number(&e, FIELD_PHASE, 1);
        event_add_text(&e, FIELD_ID_TYPE, type ? type : "UNKNOWN");
        add_identity(&e, FIELD_ID, &id);
    }
    source_say(s, &e);
}

/* ---- NAT-D ---- */

static bool is_hash_of(enum hash_id hash, const struct message *m, struct ip ip, uint64_t port, struct bytes body)
{
    uint8_t space[NAT_D_INPUT_MAX], digest[DIGEST_MAX];
    struct bytes input = nat_d_input(space, m->header.cookies, (struct endpoint){ip, (uint16_t)port});

    return bytes_equal(hash_of(hash, &input, 1, digest), body);
}

/* The first hash is of the address that the sender sends to, the others are of its own. RFC 3947 section 3.2. */
static void say_nat_d(struct source *s, const struct message *m, const struct packet_seen *packet, enum hash_id hash)
{
    const struct natt *natt = NULL;
    const struct payload *p;
    struct event e;
    bool is_own = false;

    if (hash == HASH_NONE)
        return;
    for (enum natt_variant v = NATT_NONE + 1; v < NATT_COUNT && (!natt || !message_payload(m, natt->nat_d)); v++)
        natt = natt_of(v);
    if (!natt || message_count(m, natt->nat_d) < 2 || message_body(m, natt->nat_d).len != hash_info(hash)->digest_len)
        return;
    packet_place(&e, EV_NAT_D_SEEN, packet);
    for (size_t i = 1; (p = message_nth(m, natt->nat_d, i)) != NULL; i++)
        is_own |= is_hash_of(hash, m, packet->source, packet->from, p->body);
    event_add_number(&e, FIELD_SOURCE_REWRITTEN, !is_own);
    event_add_number(&e, FIELD_DESTINATION_REWRITTEN,
                     !is_hash_of(hash, m, packet->destination, packet->to, message_body(m, natt->nat_d)));
    source_say(s, &e);
}

/* ---- Deletes ---- */

static void say_deletes(struct source *s, const struct message *m, const struct packet_seen *packet)
{
    const struct payload *p;
    struct event e;
    struct delete d;

    for (size_t i = 0; i < DELETES_SAID_MAX && (p = message_nth(m, PL_DELETE, i)) != NULL; i++) {
        packet_place(&e, EV_DELETE_SEEN, packet);
        if (delete_read(&d, p->body))
            continue;
        event_add_number(&e, FIELD_PROTOCOL, d.protocol);
        if (d.spi_len == 4) {
            struct bytes spi = delete_spi(&d, 0);

            event_add_number(&e, FIELD_SPI,
                             (uint32_t)spi.data[0] << 24 | (uint32_t)spi.data[1] << 16 | (uint32_t)spi.data[2] << 8 |
                                 spi.data[3]);
        }
        source_say(s, &e);
    }
}

void contents_say(struct source *s, const struct message *m, const struct packet_seen *packet, uint64_t look,
                  enum hash_id hash)
{
    uint64_t types = 0; /* a bit for each that is there, of those that have a number below 64 */

    for (size_t i = 0; i < m->payload_count; i++)
        types |= m->payloads[i].type < 64 ? (uint64_t)1 << m->payloads[i].type : 0;
    if (types >> PL_SA & 1)
        say_proposals(s, m, packet, look);
    if (types >> PL_ID & 1)
        say_identities(s, m, packet);
    if (m->payload_count > 1)
        say_nat_d(s, m, packet, hash);
    if (types >> PL_DELETE & 1)
        say_deletes(s, m, packet);
}
