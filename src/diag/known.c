#include "diag/known.h"

enum { SITUATIONS_MAX = 4096, MOVES_MAX = 16384, NO_SITUATION = 0 };

enum look { LOOKED_AT_OTHERWISE, NEVER, WHETHER, VALUE, END, COOKIES };

struct situation {
    uint64_t has[FACT_WORDS], offers; /* these as a digest */
    uint8_t role, mode, vantage, product, is_ended, is_screen_only, unused[2];
};

struct known {
    struct situation situations[SITUATIONS_MAX]; /* from 1 */
    uint32_t situation_count;
    uint16_t situation_slots[2 * SITUATIONS_MAX];
    struct move moves[MOVES_MAX]; /* from 1 */
    uint32_t move_count;
    uint16_t move_slots[2 * MOVES_MAX]; /* by hash: which of these; 0: free */
    uint8_t looks[EV_COUNT][FIELD_IDS]; /* enum look */
    bool keeps[EV_COUNT];
    bool is_stopped;
    struct {
        bool is_on, is_lost;
        uint32_t from;
        uint8_t count, facts[MOVE_FACTS_MAX];
    } watch;
};

size_t known_space(void)
{
    return sizeof(struct known) + 16;
}

/* Kinds that a view keeps something of: details, what offers_take takes, the ends. */
static const uint16_t kept[] = {
    EV_PROPOSAL_CHECKED, EV_PROPOSAL_DIFFERS, EV_PROPOSAL_FAILED, EV_PROPOSAL_SEEN, EV_CONFIGURED, EV_SCREEN_SA,
#define DETAIL(...)
#define DETAIL_OF(name, event) EV_##event,
#include "diag/details.def"
#undef DETAIL
#undef DETAIL_OF
};

struct known *known_new(struct arena *arena)
{
    struct known *known = arena_take(arena, sizeof *known);

    for (size_t kind = 0; known && kind < EV_COUNT; kind++) {
#define LOOK(field, look) known->looks[kind][FIELD_##field] = look;
#define LOOK_AT(...)
#include "diag/looks.def"
#undef LOOK
#undef LOOK_AT
    }
#define LOOK(...)
#define LOOK_AT(kind, field, look)                                                                                     \
    if (known)                                                                                                         \
        known->looks[EV_##kind][FIELD_##field] = look;
#include "diag/looks.def"
#undef LOOK
#undef LOOK_AT
    for (size_t i = 0; known && i < COUNT_OF(kept); i++)
        known->keeps[kept[i]] = true;
    return known;
}

bool known_keeps(const struct known *known, unsigned kind)
{
    return known->keeps[kind];
}

/* ---- What an observation looks like ---- */

static uint64_t mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * 0x9e3779b97f4a7c15u;
    return digest ^ digest >> 29;
}

static uint64_t mix_bytes(uint64_t digest, const void *data, size_t len)
{
    const uint8_t *at = data;
    uint64_t word;

    for (; len >= sizeof word; at += sizeof word, len -= sizeof word) {
        memcpy(&word, at, sizeof word);
        digest = mix(digest, word);
    }
    word = 0;
    memcpy(&word, at, len);
    return mix(digest, word ^ (uint64_t)len << 56);
}

static uint64_t value_of(const struct event *e, const struct event_field *field)
{
    switch (event_field_type((enum event_field_id)field->id)) {
    case FIELD_TYPE_NUMBER: return field->number;
    case FIELD_TYPE_IP: return mix_bytes(0, &field->ip, sizeof field->ip);
    case FIELD_TYPE_TEXT: return mix_bytes(0, e->text + field->text.at, field->text.len);
    }
    return 0;
}

static bool is_something(const struct event_field *field)
{
    switch (event_field_type((enum event_field_id)field->id)) {
    case FIELD_TYPE_NUMBER: return field->number != 0;
    case FIELD_TYPE_IP: return ip_is_set(field->ip);
    case FIELD_TYPE_TEXT: return field->text.len != 0;
    }
    return false;
}

static bool has_responder_cookie(const struct event *e)
{
    const char *cookies = event_text(e, FIELD_COOKIES);

    return strlen(cookies) != 32 || strcmp(cookies + 16, "0000000000000000") != 0;
}

uint64_t known_happening(const struct known *known, const struct view *v, const struct observation *seen)
{
    const struct event *e = &seen->event;
    const uint8_t *looks = known->looks[e->kind];
    uint64_t digest = mix(0x51ed270b7a1c9d35u, (uint64_t)e->kind << 8 | seen->product);

    for (size_t i = 0; i < e->field_count; i++) {
        const struct event_field *field = &e->fields[i];

        switch ((enum look)looks[field->id]) {
        case LOOKED_AT_OTHERWISE: return 0;
        case NEVER: break;
        case WHETHER: digest = mix(digest, (uint64_t)field->id << 8 | is_something(field)); break;
        case VALUE: digest = mix(mix(digest, field->id), value_of(e, field)); break;
        case END:
            digest = mix(digest, (uint64_t)field->id << 8 | (memcmp(&field->ip, &v->local, sizeof v->local) == 0));
            break;
        case COOKIES: digest = mix(digest, (uint64_t)field->id << 8 | has_responder_cookie(e)); break;
        }
    }
    return digest | 1;
}

/* ---- Situations ---- */

/* What waits for the next line, and what is known by names that no row of looks.def tells, makes a view its own. */
static bool is_of_its_own(const struct view *v)
{
    return v->pending != 0 || v->conn_id != 0 ||
           (v->has_details &&
            (*view_detail(v, DETAIL_PROPOSALS) != '\0' || *view_detail(v, DETAIL_CONFIGURED) != '\0'));
}

static uint32_t situation_of(struct known *known, const struct view *v)
{
    struct situation s = {.role = (uint8_t)v->role,
                          .mode = (uint8_t)v->mode,
                          .vantage = v->vantage,
                          .product = v->product,
                          .is_ended = v->is_ended,
                          .is_screen_only = v->is_screen_only};

    if (is_of_its_own(v))
        return NO_SITUATION;
    memcpy(s.has, v->has, sizeof s.has);
    if (v->has_offers && v->offers.count > 0)
        s.offers = mix_bytes(1, &v->offers, sizeof v->offers);
    uint64_t digest = mix_bytes(0, &s, sizeof s);

    for (size_t slot = (size_t)(digest >> 20);; slot++) {
        uint16_t *place = &known->situation_slots[slot % COUNT_OF(known->situation_slots)];

        if (*place != NO_SITUATION) {
            if (memcmp(&known->situations[*place], &s, sizeof s) == 0)
                return *place;
            continue;
        }
        if (known->situation_count + 1 == SITUATIONS_MAX)
            return NO_SITUATION;
        known->situations[ *place = (uint16_t)++known->situation_count] = s;
        return *place;
    }
}

/* ---- Moves ---- */

/* The slot that has the move, or that is free for it. */
static uint16_t *slot_of(struct known *known, uint32_t from, uint64_t happening)
{
    for (size_t i = (size_t)(mix(happening, from) >> 32);; i++) {
        uint16_t *slot = &known->move_slots[i % COUNT_OF(known->move_slots)];
        const struct move *m = &known->moves[*slot];

        if (*slot == 0 || (m->happening == happening && m->from == from))
            return slot;
    }
}

const struct move *known_move(struct known *known, struct view *v, uint64_t happening)
{
    if (v->situation == NO_SITUATION)
        v->situation = situation_of(known, v);
    if (v->situation == NO_SITUATION)
        return NULL;
    uint16_t slot = *slot_of(known, v->situation, happening);

    return slot > 0 ? &known->moves[slot] : NULL;
}

void known_arrive(const struct known *known, struct view *v, const struct move *m)
{
    const struct situation *s = &known->situations[m->to];

    v->situation = m->to;
    v->role = (enum role)s->role;
    v->mode = (enum mode)s->mode;
    v->product = s->product;
    v->is_ended = s->is_ended;
    v->is_screen_only = s->is_screen_only;
}

void known_watch(struct known *known, struct view *v)
{
    if (v->situation == NO_SITUATION)
        v->situation = situation_of(known, v);
    known->watch.is_on = true;
    known->watch.is_lost = false;
    known->watch.from = v->situation;
    known->watch.count = 0;
}

void known_note(struct known *known, enum fact fact)
{
    if (!known->watch.is_on)
        return;
    if (known->watch.count == MOVE_FACTS_MAX)
        known->watch.is_lost = true;
    else
        known->watch.facts[known->watch.count++] = (uint8_t)fact;
}

void known_forget(struct known *known)
{
    known->watch.is_lost = true;
}

static struct move *new_move(struct known *known, uint32_t from, uint64_t happening)
{
    uint16_t *slot = slot_of(known, from, happening);

    if (from == NO_SITUATION || happening == 0 || known->is_stopped || known->move_count + 1 == MOVES_MAX)
        return NULL;
    if (*slot == 0)
        *slot = (uint16_t)++known->move_count;
    known->moves[*slot] = (struct move){.happening = happening, .from = from};
    return &known->moves[*slot];
}

void known_learn(struct known *known, struct view *v, uint64_t happening)
{
    bool is_lost = known->watch.is_lost;
    struct move *m;

    known->watch.is_on = false;
    v->situation = situation_of(known, v);
    if (is_lost || v->situation == NO_SITUATION || (m = new_move(known, known->watch.from, happening)) == NULL)
        return;
    m->to = v->situation;
    m->fact_count = known->watch.count;
    memcpy(m->facts, known->watch.facts, sizeof m->facts);
}

void known_learn_other(struct known *known, struct view *v, uint64_t happening)
{
    if (v->situation == NO_SITUATION)
        v->situation = situation_of(known, v);
    struct move *m = new_move(known, v->situation, happening);

    if (m)
        m->is_other = true;
}

void known_stop(struct known *known)
{
    known->is_stopped = true;
}
