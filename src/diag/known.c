#include "diag/known.h"

size_t known_space(void)
{
    return sizeof(struct known) + 16;
}

static const struct {
    enum event_kind kind;
    enum keeping what;
} kept[] = {
    {EV_PROPOSAL_SEEN, KEEPS_OFFERS},     {EV_PROPOSAL_CHECKED, KEEPS_OFFERS}, {EV_PROPOSAL_DIFFERS, KEEPS_OFFERS},
    {EV_PROPOSAL_FAILED, KEEPS_OFFERS},   {EV_CONFIGURED, KEEPS_OFFERS},       {EV_PROPOSAL_CHECKED, KEEPS_DETAILS},
    {EV_PROPOSAL_DIFFERS, KEEPS_DETAILS}, {EV_PROPOSAL_FAILED, KEEPS_DETAILS}, {EV_CONFIGURED, KEEPS_DETAILS},
    {EV_SCREEN_SA, KEEPS_DETAILS},
#define DETAIL(...)
#define DETAIL_OF(name, event) {EV_##event, KEEPS_DETAILS},
#include "diag/details.def"
#undef DETAIL
#undef DETAIL_OF
};

struct known *known_new(struct arena *arena)
{
    struct known *known = arena_take(arena, sizeof *known);

    if (!known)
        return NULL;
    known->slot_count = SLOTS_MIN;
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        known->keeps[kept[i].kind] |= kept[i].what;
    return known;
}

uint64_t known_happening(const struct view *v, struct witness *w)
{
    const struct sight *at = w->at;

    if (at->look == 0) {
        uint64_t look = event_look(witness_event(w), &v->local);

        return look != 0 ? look_mix(look, at->product) | 1 : 0;
    }
    return known_happening_at(v, at);
}

bool known_covers(const struct event *e)
{
    static const struct ip nowhere;

    return event_look(e, &nowhere) != 0;
}

/* ---- Situations ---- */

/* What waits for the next line, and what is known by names that no row of looks.def tells, makes a view its own. */
static bool is_of_its_own(const struct view *v)
{
    return v->pending != 0 || v->conn_id != 0 || *view_detail(v, DETAIL_PROPOSALS) != '\0' ||
           *view_detail(v, DETAIL_CONFIGURED) != '\0';
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
    if (view_offers(v)->count > 0)
        s.offers = look_mix_bytes(1, view_offers(v), sizeof *v->offers);
    uint64_t digest = look_mix_bytes(0, &s, sizeof s);

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

void known_begin(struct known *known, struct view *v)
{
    bool is_like_last =
        known->begun.role == v->role && known->begun.vantage == v->vantage && known->begun.product == v->product;

    if (known->begun.situation == NO_SITUATION || !is_like_last) {
        known->begun.situation = situation_of(known, v);
        known->begun.role = v->role;
        known->begun.vantage = v->vantage;
        known->begun.product = v->product;
    }
    v->situation = known->begun.situation;
}

/* ---- Moves ---- */

uint32_t known_situation(struct known *known, struct view *v)
{
    if (v->situation == NO_SITUATION)
        v->situation = situation_of(known, v);
    return v->situation;
}

void known_watch(struct known *known, struct view *v)
{
    known->watch.is_on = true;
    known->watch.is_lost = false;
    known->watch.from = known_situation(known, v);
    known->watch.count = 0;
}

void known_note(struct known *known, enum fact fact)
{
    if (known->watch.count == MOVE_FACTS_MAX)
        known->watch.is_lost = true;
    else
        known->watch.facts[known->watch.count++] = (uint8_t)fact;
}

void known_forget(struct known *known)
{
    known->watch.is_lost = true;
}

/* Few moves share a slot's place with others, so that the first one looked at is mostly the one. */
static void make_room(struct known *known)
{
    enum { MOVES_TO_SLOTS = 4 };

    if (known->move_count * MOVES_TO_SLOTS < known->slot_count || known->slot_count == SLOTS_MAX)
        return;
    memset(known->move_slots, 0, known->slot_count * sizeof *known->move_slots);
    known->slot_count *= 2;
    for (uint32_t i = 1; i <= known->move_count; i++)
        *known_slot(known, known->moves[i].from, known->moves[i].happening) = (uint16_t)i;
}

static struct move *new_move(struct known *known, uint32_t from, uint64_t happening)
{
    if (from == NO_SITUATION || happening == 0 || known->is_stopped || known->move_count + 1 == MOVES_MAX)
        return NULL;
    make_room(known);
    uint16_t *slot = known_slot(known, from, happening);

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
    m->role = v->role;
    m->mode = v->mode;
    m->product = v->product;
    m->is_ended = v->is_ended;
    m->is_screen_only = v->is_screen_only;
    m->fact_count = known->watch.count;
    memcpy(m->facts, known->watch.facts, sizeof m->facts);
}

void known_learn_other(struct known *known, struct view *v, uint64_t happening)
{
    struct move *m = new_move(known, known_situation(known, v), happening);

    if (m)
        m->is_other = true;
}

void known_stop(struct known *known)
{
    known->is_stopped = true;
}
