/* What the payloads of an ISAKMP message on the wire hold: proposals, identities, NAT-D, deletes. */
#include "source/parts.h"

#include "crypto/hash.h"
#include "wire/message.h"
#include "wire/natt.h"
#include "wire/payloads.h"
#include "wire/proposal.h"

#include <string.h>

enum { TRANSFORMS_SAID_MAX = 16, DELETES_SAID_MAX = 4 };

/* Which packet it stood in. */
static void begin(struct event *e, enum event_kind kind, const struct event *packet)
{
    event_begin(e, kind);
    event_add_ip(e, FIELD_SOURCE, event_ip(packet, FIELD_SOURCE));
    event_add_ip(e, FIELD_DESTINATION, event_ip(packet, FIELD_DESTINATION));
    event_add_text(e, FIELD_COOKIES, event_text(packet, FIELD_COOKIES));
    event_add_text(e, FIELD_EXCHANGE, event_text(packet, FIELD_EXCHANGE));
    event_add_number(e, FIELD_MESSAGE_ID, event_number(packet, FIELD_MESSAGE_ID));
    if (event_has(packet, FIELD_MESSAGE_NUMBER))
        event_add_number(e, FIELD_MESSAGE_NUMBER, event_number(packet, FIELD_MESSAGE_NUMBER));
}

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

static void say_transform(struct source *s, const struct event *packet, const struct event *said)
{
    struct event e;

    begin(&e, EV_PROPOSAL_SEEN, packet);
    event_add_all(&e, said);
    source_say(s, &e);
}

static struct known_sa *known_sa_of(struct packets *p, struct bytes body)
{
    uint64_t place = body.len;

    for (size_t i = 0; i < body.len; i++)
        place = place * 31 + body.data[i];
    return &p->known_sas[(place >> 8 ^ place) % KNOWN_SAS];
}

static void read_proposals(struct source *s, struct bytes body, const struct event *packet, struct known_sa *known)
{
    struct sa_payload sa;
    size_t said = 0;

    known->len = 0;
    if (sa_read(&sa, body))
        return;
    for (size_t i = 0; i < sa.proposal_count; i++)
        for (size_t k = 0; k < sa.proposals[i].transform_count && said < TRANSFORMS_SAID_MAX; k++, said++) {
            struct event e = transform_said(&sa.proposals[i], sa_transform_of(&sa, i, k));

            say_transform(s, packet, &e);
            if (said < KNOWN_SA_PROPOSALS)
                event_copy(&known->proposals[said], &e);
        }
    if (said > KNOWN_SA_PROPOSALS || body.len > KNOWN_SA_LEN)
        return;
    known->len = (uint16_t)body.len;
    known->count = (uint8_t)said;
    memcpy(known->body, body.data, body.len);
}

static void say_proposals(struct source *s, const struct message *m, const struct event *packet)
{
    struct bytes body = message_body(m, PL_SA);

    if (body.len == 0)
        return;
    struct known_sa *known = known_sa_of(&s->packets, body);
    if (!bytes_equal(body, bytes_of(known->body, known->len))) {
        read_proposals(s, body, packet, known);
        return;
    }
    for (size_t i = 0; i < known->count; i++)
        say_transform(s, packet, &known->proposals[i]);
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

static void say_identities(struct source *s, const struct message *m, const struct event *packet)
{
    const struct payload *first = message_nth(m, PL_ID, 0), *second = message_nth(m, PL_ID, 1);
    struct id id, other;
    struct event e;

    if (!first || id_read(&id, first->body))
        return;
    begin(&e, EV_ID_SEEN, packet);
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
static void say_nat_d(struct source *s, const struct message *m, const struct event *packet, enum hash_id hash)
{
    const struct natt *natt = NULL;
    const struct payload *p;
    struct event e;
    bool is_own = false;

    for (enum natt_variant v = NATT_NONE + 1; v < NATT_COUNT && (!natt || !message_payload(m, natt->nat_d)); v++)
        natt = natt_of(v);
    if (!natt || hash == HASH_NONE || message_count(m, natt->nat_d) < 2 ||
        message_body(m, natt->nat_d).len != hash_info(hash)->digest_len)
        return;
    begin(&e, EV_NAT_D_SEEN, packet);
    for (size_t i = 1; (p = message_nth(m, natt->nat_d, i)) != NULL; i++)
        is_own |= is_hash_of(hash, m, event_ip(packet, FIELD_SOURCE), event_number(packet, FIELD_PORT), p->body);
    event_add_number(&e, FIELD_SOURCE_REWRITTEN, !is_own);
    event_add_number(&e, FIELD_DESTINATION_REWRITTEN,
                     !is_hash_of(hash, m, event_ip(packet, FIELD_DESTINATION), event_number(packet, FIELD_LOCAL_PORT),
                                 message_body(m, natt->nat_d)));
    source_say(s, &e);
}

/* ---- Deletes ---- */

static void say_deletes(struct source *s, const struct message *m, const struct event *packet)
{
    const struct payload *p;
    struct event e;
    struct delete d;

    for (size_t i = 0; i < DELETES_SAID_MAX && (p = message_nth(m, PL_DELETE, i)) != NULL; i++) {
        begin(&e, EV_DELETE_SEEN, packet);
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

void contents_say(struct source *s, const struct message *m, const struct event *packet, enum hash_id hash)
{
    say_proposals(s, m, packet);
    say_identities(s, m, packet);
    say_nat_d(s, m, packet, hash);
    say_deletes(s, m, packet);
}
