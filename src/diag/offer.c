#include "diag/offer.h"

#include "event/look.h"

#include <string.h>

enum { WORD_SIZE = 48, OF_DIFFERENCES = UINT16_MAX };

static const struct {
    const char *word;
    uint8_t len, algorithm; /* enum algorithm */
} spellings[] = {
#define ALGORITHM(...)
#define SPELLED(word, id) {word, sizeof word - 1, ALGORITHM_##id},
#include "diag/algorithms.def"
#undef ALGORITHM
#undef SPELLED
};

algorithm_set algorithms_of(enum attribute attribute)
{
    static const enum attribute attributes[] = {
#define ALGORITHM(attribute, id, ...) ATTRIBUTE_##attribute,
#define SPELLED(...)
#include "diag/algorithms.def"
#undef ALGORITHM
#undef SPELLED
    };
    algorithm_set set = 0;

    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        if (attributes[i] == attribute)
            set |= (algorithm_set)1 << i;
    return set;
}

/* "AES_CBC (128)", "HMAC_SHA2_256_128", "Group 5"; `bits` is a key length that stands elsewhere, 0 without. */
static void add_word(struct offer *o, struct bytes said, uint64_t bits)
{
    char space[WORD_SIZE];
    struct text word = text_of(space, sizeof space);

    for (size_t i = 0; i < said.len && word.len + 1 < sizeof space; i++) {
        uint8_t c = said.data[i];

        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            space[word.len++] = (char)c;
    }
    space[word.len] = '\0';
    if (bits)
        text_add_decimal(&word, bits);
    for (size_t i = 0; i < COUNT_OF(spellings); i++)
        if (spellings[i].len == word.len && memcmp(spellings[i].word, space, word.len) == 0)
            o->holds |= (algorithm_set)1 << spellings[i].algorithm;
}

static void add_numbered(struct offer *o, const char *name, uint64_t number)
{
    char space[WORD_SIZE];
    struct text word = text_of(space, sizeof space);

    text_add_plain(&word, bytes_of_text(name));
    text_add_decimal(&word, number);
    add_word(o, bytes_of(space, word.len), 0);
}

/* ---- the list ---- */

static struct offer *offer_of(struct offers *o, enum whose whose, unsigned phase, uint64_t number)
{
    for (size_t i = 0; i < o->count; i++)
        if (o->list[i].whose == whose && o->list[i].phase == phase && o->list[i].number == number) {
            o->open = (uint8_t)(i + 1);
            return &o->list[i];
        }
    if (o->count == OFFERS_MAX) {
        o->open = 0;
        return NULL;
    }
    o->list[o->count] = (struct offer){.whose = (uint8_t)whose, .phase = (uint8_t)phase, .number = (uint16_t)number};
    o->open = ++o->count;
    return &o->list[o->count - 1];
}

static void add_fields(struct offer *o, const struct event *e)
{
    static const enum event_field_id fields[] = {FIELD_HASH, FIELD_AUTHENTICATION};
    const char *encryption = event_text(e, FIELD_ENCRYPTION);

    if (*encryption)
        add_word(o, bytes_of_text(encryption),
                 strncmp(encryption, "3DES", 4) == 0 ? 0 : event_number(e, FIELD_KEY_LENGTH));
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        add_word(o, bytes_of_text(event_text(e, fields[i])), 0);
    if (event_has(e, FIELD_DH_GROUP))
        add_numbered(o, "group", event_number(e, FIELD_DH_GROUP));
}

/* Who asks for no group in quick mode wants none. */
static void close_offer(struct offer *o)
{
    if (o->phase == 2 && !(o->holds & algorithms_of(ATTRIBUTE_GROUP)))
        add_numbered(o, "group", 0);
}

/* "AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048, IKE:3DES_CBC/...", "AES_CBC (128), HMAC_SHA2_256, MODP2048" */
static void add_list(struct offers *o, enum whose whose, unsigned phase, const char *text)
{
    unsigned number = 0;
    struct offer *offer = NULL;

    for (size_t len; *text; text += len + (text[len] != '\0')) {
        len = strcspn(text, "/,");
        while (*text == ' ' && len > 0) {
            text++;
            len--;
        }
        bool is_new = len > 4 && (strncmp(text, "IKE:", 4) == 0 || strncmp(text, "ESP:", 4) == 0);

        if (is_new || !offer) {
            if (offer)
                close_offer(offer);
            offer = offer_of(o, whose, phase, ++number);
            if (!offer)
                return;
        }
        add_word(offer, is_new ? bytes_of(text + 4, len - 4) : bytes_of(text, len), 0);
    }
    if (offer)
        close_offer(offer);
}

/* ---- the events ---- */

/* IOS names an attribute a line, after the line that begins the transform; charon lists all. */
static void take_checked(struct offers *o, const struct event *e)
{
    unsigned phase = event_number(e, FIELD_PHASE) == 2 ? 2 : 1;
    struct offer *open;

    if (*event_text(e, FIELD_OFFERED))
        add_list(o, WHOSE_PEERS, phase, event_text(e, FIELD_OFFERED));
    if (*event_text(e, FIELD_WANTED))
        add_list(o, WHOSE_OWN, phase, event_text(e, FIELD_WANTED));
    if (event_has(e, FIELD_TRANSFORM)) {
        if (event_has(e, FIELD_PRIORITY))
            offer_of(o, WHOSE_OWN, 1, event_number(e, FIELD_PRIORITY));
        offer_of(o, WHOSE_PEERS, 1, event_number(e, FIELD_TRANSFORM));
    }
    if (o->open == 0)
        return;
    open = &o->list[o->open - 1];
    if (event_has(e, FIELD_KEY_LENGTH) && !event_has(e, FIELD_ENCRYPTION)) /* of AES, which was named before */
        add_numbered(open, "aes", event_number(e, FIELD_KEY_LENGTH));
    add_fields(open, e);
}

static void take_difference(struct offers *o, const struct event *e)
{
    unsigned phase = event_number(e, FIELD_PHASE) == 2 ? 2 : 1;
    struct offer *offer;

    if (*event_text(e, FIELD_OFFERED) && (offer = offer_of(o, WHOSE_PEERS, phase, OF_DIFFERENCES)))
        add_word(offer, bytes_of_text(event_text(e, FIELD_OFFERED)), 0);
    if (*event_text(e, FIELD_WANTED) && (offer = offer_of(o, WHOSE_OWN, phase, OF_DIFFERENCES)))
        add_word(offer, bytes_of_text(event_text(e, FIELD_WANTED)), 0);
}

/* As add_fields, with a look at what was looked up before. */
static void add_known(struct offer *o, const struct event *e, struct offers_known *known)
{
    const char *encryption = event_text(e, FIELD_ENCRYPTION), *hash = event_text(e, FIELD_HASH);
    const char *method = event_text(e, FIELD_AUTHENTICATION);
    uint64_t key_len = event_number(e, FIELD_KEY_LENGTH), group = event_number(e, FIELD_DH_GROUP);
    struct offer_known *k =
        &known->transforms[(key_len / 64 + 3 * group + (uint8_t)*encryption + 5u * (uint8_t)*hash) % OFFERS_KNOWN];
    struct offer fresh = {0};

    if (k->holds == 0 || k->key_len != key_len || k->group != group || strcmp(k->encryption, encryption) != 0 ||
        strcmp(k->hash, hash) != 0 || strcmp(k->method, method) != 0) {
        add_fields(&fresh, e);
        o->holds |= fresh.holds;
        if (strlen(encryption) >= OFFER_WORD_SIZE || strlen(hash) >= OFFER_WORD_SIZE ||
            strlen(method) >= OFFER_WORD_SIZE || (group == 0 && event_has(e, FIELD_DH_GROUP)))
            return;
        strcpy(k->encryption, encryption);
        strcpy(k->hash, hash);
        strcpy(k->method, method);
        k->key_len = key_len;
        k->group = group;
        k->holds = fresh.holds;
    }
    o->holds |= k->holds;
}

static void take_seen(struct offers *o, const struct event *e, enum whose sender, struct offers_known *known)
{
    struct offer *offer = offer_of(o, sender, event_number(e, FIELD_PHASE) == 2 ? 2 : 1,
                                   event_number(e, FIELD_PROPOSAL) * 256 + event_number(e, FIELD_TRANSFORM));

    if (!offer)
        return;
    add_known(offer, e, known);
    close_offer(offer);
}

static void take_entry(struct offers *o, const struct event *e)
{
    struct text acl = text_of(o->acl, sizeof o->acl);

    struct offer pfs = {.phase = 2};

    if (event_has(e, FIELD_DH_GROUP))
        add_numbered(&pfs, "group", event_number(e, FIELD_DH_GROUP));
    close_offer(&pfs);
    o->pfs = pfs.holds;
    o->sequence = (uint32_t)event_number(e, FIELD_SEQUENCE);
    text_add(&acl, "%s", event_text(e, FIELD_GROUP));
}

static void take_configured(struct offers *o, const struct event *e)
{
    const char *statement = event_text(e, FIELD_STATEMENT);
    bool is_policy = strcmp(statement, "policy") == 0;
    struct offer *offer;

    if (strcmp(statement, "crypto-map-entry") == 0)
        take_entry(o, e);
    if (!is_policy && strcmp(statement, "transform") != 0)
        return;
    offer = offer_of(o, WHOSE_OWN, is_policy ? 1 : 2,
                     event_has(e, FIELD_PRIORITY)   ? event_number(e, FIELD_PRIORITY)
                     : event_has(e, FIELD_PROPOSAL) ? event_number(e, FIELD_PROPOSAL)
                                                    : (uint64_t)o->count + 1);
    if (!offer)
        return;
    add_fields(offer, e);
    if (event_has(e, FIELD_PROPOSAL)) /* a transform set has its group at the crypto map entry */
        close_offer(offer);
}

void offers_take(struct offers *o, const struct event *e, enum whose sender, struct offers_known *known)
{
    switch (e->kind) {
    case EV_PROPOSAL_CHECKED: take_checked(o, e); return;
    case EV_PROPOSAL_DIFFERS: take_difference(o, e); return;
    case EV_PROPOSAL_FAILED:
        if (*event_text(e, FIELD_OFFERED))
            add_list(o, WHOSE_PEERS, 1, event_text(e, FIELD_OFFERED));
        return;
    case EV_PROPOSAL_SEEN: take_seen(o, e, sender, known); return;
    case EV_CONFIGURED: take_configured(o, e); return;
    default: return;
    }
}

/* ---- what many have ---- */

const struct offers *offers_share(const struct offers *o, struct offers_known *known)
{
    for (size_t i = (size_t)(look_mix_bytes(0, o, sizeof *o) >> 32);; i++) {
        uint8_t *slot = &known->slots[i % COUNT_OF(known->slots)];

        if (*slot == 0 && known->shared_count == OFFERS_SHARED)
            return NULL;
        if (*slot == 0)
            known->shared[(*slot = ++known->shared_count) - 1] = *o;
        if (memcmp(&known->shared[*slot - 1], o, sizeof *o) == 0)
            return &known->shared[*slot - 1];
    }
}

static bool is_shared(const struct offers *o, const struct offers_known *known)
{
    return !o || (o >= known->shared && o < known->shared + OFFERS_SHARED);
}

static size_t turn_place(const struct offers *from, uint64_t look, enum whose sender, const struct offers_known *known)
{
    return (size_t)(look + (from ? (uint64_t)(from - known->shared + 1) * 5 : 0) + (uint64_t)sender * 17) %
           OFFERS_TURNS;
}

const struct offers *offers_recall(const struct offers *from, uint64_t look, enum whose sender,
                                   const struct offers_known *known)
{
    if (!is_shared(from, known))
        return NULL;
    const struct offers_turn *turn = &known->turns[turn_place(from, look, sender, known)];

    return turn->look == look && turn->from == from && turn->sender == sender ? turn->to : NULL;
}

void offers_remember(const struct offers *from, uint64_t look, enum whose sender, const struct offers *to,
                     struct offers_known *known)
{
    if (is_shared(from, known) && is_shared(to, known))
        known->turns[turn_place(from, look, sender, known)] = (struct offers_turn){from, to, look, (uint8_t)sender};
}
