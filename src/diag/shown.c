#include "diag/shown.h"

#include "diag/known.h"
#include "diag/network.h"

#include "wire/numbers.h"

#include <string.h>

/* A payload by its name in "HDR + KE (4) + NONCE (10) + NONE (0)". */
bool shown_holds(const struct event *e, const char *payload)
{
    const char *at = event_text(e, FIELD_PAYLOADS);
    size_t len = strlen(payload);

    for (; (at = strstr(at, payload)); at += len)
        if (at > event_text(e, FIELD_PAYLOADS) && at[-1] == ' ' && at[len] == ' ')
            return true;
    return false;
}

static bool tells(const struct event *e, uint32_t notify)
{
    uint32_t named;

    if (event_has(e, FIELD_NOTIFY_NUMBER))
        return event_number(e, FIELD_NOTIFY_NUMBER) == notify;
    return event_has(e, FIELD_NOTIFY) &&
           number_of_name(SPACE_NOTIFY, bytes_of_text(event_text(e, FIELD_NOTIFY)), &named) && named == notify;
}

static bool has_no_responder_cookie(const struct event *e)
{
    const char *cookies = event_text(e, FIELD_COOKIES);

    return strlen(cookies) == 32 && strcmp(cookies + 16, "0000000000000000") == 0;
}

/* Which end of a capture's negotiation sent the packet. */
static enum role sender(const struct view *v, const struct event *e)
{
    if (v->vantage != VANTAGE_WIRE || !event_has(e, FIELD_SOURCE))
        return ROLE_UNKNOWN;
    if (ip_equal(event_ip(e, FIELD_SOURCE), v->local))
        return v->role;
    return v->role == ROLE_INITIATOR ? ROLE_RESPONDER : ROLE_UNKNOWN;
}

/* Milliseconds since that fact was last seen; a long time when one of the two has no time. */
static uint64_t since(const struct view *v, enum fact fact)
{
    known_forget(v->all->known); /* another time may be another answer */
    uint64_t at_ms = v->first_ms + view_fact(v, fact)->since_ms;

    return v->has_time && view_has(v, fact) && v->last_ms >= at_ms ? v->last_ms - at_ms : UINT64_MAX;
}

/* charon lists its proposals and those of the peer: both have parts that begin with `prefix`, and none of
 * these stands in both. */
static bool have_nothing_in_common(const struct view *v, const char *prefix)
{
    const char *offered = strstr(view_detail(v, DETAIL_PROPOSALS), prefix), *wanted = view_detail(v, DETAIL_CONFIGURED);
    char word[32];
    bool differ = offered && strstr(wanted, prefix);

    for (; differ && offered; offered = strstr(offered + 1, prefix)) {
        struct text t = text_of(word, sizeof word);

        text_add(&t, "%.*s", (int)strcspn(offered, "/, "), offered);
        differ = !strstr(wanted, word);
    }
    return differ;
}

/* Of that attribute both lists are known, and no algorithm stands in both. */
static bool offers_differ(const struct offers *o, unsigned phase, enum attribute attribute)
{
    algorithm_set own = 0, peers = 0;

    for (size_t i = 0; i < o->count; i++)
        if (o->list[i].phase == phase)
            *(o->list[i].whose == WHOSE_OWN ? &own : &peers) |= o->list[i].holds & algorithms_of(attribute);
    return own != 0 && peers != 0 && (own & peers) == 0;
}

/* "AES-CBC 128" against "AES-CBC 256" */
static bool is_key_length_alone(const struct event *e)
{
    const char *one = event_text(e, FIELD_OFFERED), *other = event_text(e, FIELD_WANTED);
    size_t len = strcspn(one, "0123456789");

    return one[len] != '\0' && strncmp(one, "AES", 3) == 0 && strcspn(other, "0123456789") == len &&
           strncmp(one, other, len) == 0 && strcmp(one, other) != 0;
}

/* The end whose ESP it is, in a capture. */
static enum role esp_side(const struct view *v, const struct event *e)
{
    return sender(v, e);
}

/* What is translated on its way to a private network was meant for a tunnel: nobody else leads there. */
static bool is_translated_for_tunnel(const struct event *e)
{
    struct ip from = event_ip(e, FIELD_INNER_SOURCE), to = event_ip(e, FIELD_INNER_DESTINATION);

    return network_is_private(from) && network_is_private(to) && !network_is_private(event_ip(e, FIELD_LOCAL));
}

struct reading {
    enum fact fact;
    enum event_kind kind;
    bool (*holds)(const struct view *v, const struct event *e);
};

#define IS(field, words) (strcmp(event_text(e, FIELD_##field), words) == 0)
#define MENTIONS(field, words) (strstr(event_text(e, FIELD_##field), words) != NULL)
#define NUM(field) event_number(e, FIELD_##field)
#define HAS(fact) view_has(v, FACT_##fact)
#define TELLS(notify) tells(e, NOTIFY_##notify)
#define HOLDS(payload) shown_holds(e, payload)
#define FROM(side) (sender(v, e) == ROLE_##side)
#define SINCE(fact) since(v, FACT_##fact)
/* charon says "received X error notify" of notifies that were sealed and of those in clear */
#define SAYS_SEALED_AS_CLEAR (v->product == PRODUCT_STRONGSWAN && !event_has(e, FIELD_PROTECTED))
/* pluto says "informational payload" of both, but takes none in clear once phase 1 is up */
#define SEALED_BY_PHASE_1 ((HAS(QM_1) && SAYS_SEALED_AS_CLEAR) || (HAS(PHASE1_UP) && v->product == PRODUCT_LIBRESWAN))
/* Of a crypto map entry the transform set; strongSwan's version, libreswan's keyexchange or ikev2: */
#define SAYS_IKEV1                                                                                                     \
    (IS(STATEMENT, "isakmp-enable") || (IS(STATEMENT, "crypto-map-entry") && event_has(e, FIELD_DETAIL)) ||            \
     IS(VERSION, "1") || IS(VERSION, "ikev1") || IS(VERSION, "no") || IS(VERSION, "never"))
#define SAYS_IKEV2                                                                                                     \
    (IS(STATEMENT, "ikev2") || IS(VERSION, "2") || IS(VERSION, "ikev2") || IS(VERSION, "insist") || IS(VERSION, "yes"))
/* A pair that stands has an SPI in each direction; a screen may be cut above them, and only IOS shows entries of a
 * crypto map that have none. */
#define SHOWS_A_PAIR                                                                                                   \
    (NUM(SPI_OUT) || NUM(SPI_IN) || (!event_has(e, FIELD_SPI_OUT) && !NUM(SEND_ERRORS) && v->product != PRODUCT_IOS))
#define OF_PHASE(type, subtype) (IS(DETAIL, type) && IS(ATTRIBUTE, subtype))
#define COUNTS(screen, name) (IS(STATEMENT, screen) && IS(CAUSE, name))
#define NAMES_IPSEC (NUM(PROTOCOL) == PROTO_AH || NUM(PROTOCOL) == PROTO_ESP)
/* charon's words, of proposals as it lists them */
#define HAS_ESN(field) MENTIONS(field, "/EXT_SEQ")
#define HAS_NO_ESN(field) MENTIONS(field, "/NO_EXT_SEQ")
#define OFFERS_DIFFER(phase, attribute) offers_differ(view_offers(v), phase, ATTRIBUTE_##attribute)
#define IN_PHASE_1 (NUM(PHASE) != 2 && !HAS(QM_1))
#define IN_PHASE_2 (NUM(PHASE) == 2 || HAS(QM_1))
#define STEP(...)
#define REPEAT(...)
#define TOLD(...)

/* A function for each row, named by its line in the table. */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define SEEN(name, event_kind, condition, sentence) ALSO(name, event_kind, condition)
#define ALSO(name, event_kind, condition)                                                                              \
    static bool JOIN(condition_, __LINE__)(const struct view *v, const struct event *e)                                \
    {                                                                                                                  \
        (void)v;                                                                                                       \
        (void)e;                                                                                                       \
        return condition;                                                                                              \
    }
#include "diag/facts.def"
#undef ALSO
#define ALSO(name, event_kind, condition) {FACT_##name, EV_##event_kind, JOIN(condition_, __LINE__)},
static const struct reading readings[] = {
#include "diag/facts.def"
};
#undef ALSO
#undef SEEN
#undef STEP
#undef REPEAT
#undef TOLD

/* The rows of each event, as a list. */
struct shown_index {
    uint16_t first[EV_COUNT], next[COUNT_OF(readings)]; /* from 1; 0: no more */
};

struct shown_index *shown_index_new(struct arena *arena)
{
    struct shown_index *index = arena_take(arena, sizeof *index);

    for (size_t i = COUNT_OF(readings); index && i > 0; i--) {
        index->next[i - 1] = index->first[readings[i - 1].kind];
        index->first[readings[i - 1].kind] = (uint16_t)i;
    }
    return index;
}

size_t shown_index_space(void)
{
    return sizeof(struct shown_index) + 16;
}

size_t shown_by(const struct view *v, const struct event *e, enum fact shown[static SHOWN_MAX])
{
    size_t count = 0;

    for (size_t i = v->all->shown->first[e->kind]; i > 0 && count < SHOWN_MAX; i = v->all->shown->next[i - 1])
        if (readings[i - 1].holds(v, e))
            shown[count++] = readings[i - 1].fact;
    return count;
}
