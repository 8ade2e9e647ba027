/* Of two ISAKMP SAs or pairs that both ends began at once the smaller one loses (ike/rekey.c): smaller in what is
 * random. So of what is random this much counts: which of those that may still cross are smaller. */
#include "base/check.h"
#include "search/world.h"

#include <string.h>

static struct rival *rival_of(struct rivals *rivals, bool is_pair, uint64_t name)
{
    struct rival *rival = rivals->at;

    while (rival < rivals->at + rivals->count && (rival->is_pair != is_pair || rival->name != name))
        rival++;
    if (rival == rivals->at + rivals->count) {
        CHECK(rivals->count < RIVALS_MAX);
        rivals->count++;
        *rival = (struct rival){.is_pair = is_pair, .name = name, .value = name};
    }
    return rival;
}

static uint64_t name_of_cookie(const uint8_t cookie[COOKIE_LEN])
{
    uint64_t name = 0;

    for (int i = 0; i < COOKIE_LEN; i++)
        name = name << 8 | cookie[i];
    return name;
}

/* Of the SPIs the initiator's is the first that is known. */
static uint64_t name_of_pair(enum side side, uint32_t spi_in, uint32_t spi_out)
{
    return side == INITIATOR ? spi_in : spi_out;
}

/* What is drawn while a step waits for the vault stands in its draft. */
static const uint8_t *cookie_of_sa(const struct ike *ike, const struct isakmp_sa *sa)
{
    const struct exchange *phase1 = exchange_of(ike, sa->phase1);
    const struct draft *draft = phase1 == NULL ? NULL : pool_find(&ike->drafts, phase1->parked);

    return draft == NULL ? sa->cookies[INITIATOR] : draft->sa.cookies[INITIATOR];
}

static const struct quick *quick_of(const struct ike *ike, const struct exchange *exchange)
{
    const struct draft *draft = pool_find(&ike->drafts, exchange->parked);

    return draft == NULL ? &exchange->quick : &draft->exchange.quick;
}

static void add_pair(struct rivals *rivals, uint8_t site, enum side side, uint32_t spi_in, uint32_t spi_out,
                     struct rival_at at)
{
    uint64_t name = name_of_pair(side, spi_in, spi_out);

    if (name == 0)
        return;
    struct rival *rival = rival_of(rivals, true, name);
    uint32_t others = side == INITIATOR ? spi_out : spi_in;
    rival->is_whole |= others != 0;
    if (others != 0 && others < rival->value)
        rival->value = others;
    rival->at[site] = at;
}

static void add_sas(struct rivals *rivals, const struct stage *stage)
{
    for (int i = 0; i < stage->world->talk_count; i++)
        if (stage->world->talks[i].message_id == 0 &&
            !bytes_are_zero(BYTES_OF(stage->world->talks[i].cookies[INITIATOR])))
            rival_of(rivals, false, name_of_cookie(stage->world->talks[i].cookies[INITIATOR]));
    for (uint8_t site = 0; site < SITES; site++) {
        const struct ike *ike = stage->ikes[site];

        for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h)) {
            const struct isakmp_sa *sa = sa_of(ike, h);

            if (sa->state != SA_DEAD)
                rival_of(rivals, false, name_of_cookie(cookie_of_sa(ike, sa)))->at[site] =
                    (struct rival_at){true, sa->state == SA_UP, sa->begun_ms, sa->up_ms};
        }
    }
}

static void add_pairs(struct rivals *rivals, const struct stage *stage)
{
    for (uint8_t site = 0; site < SITES; site++) {
        const struct ike *ike = stage->ikes[site];

        for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
            const struct exchange *exchange = exchange_of(ike, h);

            if (exchange->kind == EXCHANGE_QM && exchange->state != STATE_QM_ACTIVE)
                add_pair(rivals, site, exchange->side, quick_of(ike, exchange)->spi_in,
                         quick_of(ike, exchange)->spi_out, (struct rival_at){true, false, exchange->begun_ms, 0});
        }
        for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h)) {
            const struct pair *pair = pair_of(ike, h);

            add_pair(rivals, site, pair->side, pair->spi_in, pair->spi_out,
                     (struct rival_at){true, pair->is_up, pair->begun_ms, pair->up_ms});
        }
    }
}

static bool is_before(const struct rival_at *a, const struct rival_at *b, uint64_t now_ms)
{
    return a->is_there && a->is_up && a->up_ms < (b->is_there ? b->begun_ms : now_ms);
}

/* Whoever is up at one site has been at the other before. */
static bool has_gone(const struct rival *rival, int site)
{
    return !rival->at[site].is_there && rival->at[!site].is_there && rival->at[!site].is_up;
}

/* Whether some site may still have to judge between them: it does when the second one comes up. */
static bool may_cross(const struct rival *a, const struct rival *b, uint64_t now_ms)
{
    bool may = false;

    if (a == b || a->is_pair != b->is_pair)
        return false;
    for (int site = 0; site < SITES; site++) {
        const struct rival_at *at_a = &a->at[site], *at_b = &b->at[site];
        bool is_judged = at_a->is_there && at_a->is_up && at_b->is_there && at_b->is_up;

        may |= !has_gone(a, site) && !has_gone(b, site) && !is_judged && !is_before(at_a, at_b, now_ms) &&
               !is_before(at_b, at_a, now_ms);
    }
    return may;
}

void rivals_update(struct rivals *rivals, const struct stage *stage)
{
    rivals->count = 0;
    rivals->now_ms = stage->world->now_ms;
    add_sas(rivals, stage);
    add_pairs(rivals, stage);
    for (size_t i = 0; i < rivals->count; i++)
        for (size_t k = 0; k < rivals->count; k++)
            if (may_cross(&rivals->at[i], &rivals->at[k], stage->world->now_ms)) {
                rivals->at[i].crossing++;
                rivals->at[i].rank += rivals->at[k].value < rivals->at[i].value;
            }
}

static const struct rival *rival_find(const struct rivals *rivals, bool is_pair, uint64_t name)
{
    for (size_t i = 0; i < rivals->count; i++)
        if (rivals->at[i].is_pair == is_pair && rivals->at[i].name == name)
            return &rivals->at[i];
    return NULL;
}

static uint32_t rank_of(const struct rivals *rivals, bool is_pair, uint64_t name)
{
    const struct rival *rival = rival_find(rivals, is_pair, name);

    return rival == NULL ? 0 : rival->rank;
}

uint32_t rank_of_cookies(const struct rivals *rivals, const uint8_t cookies[2][COOKIE_LEN])
{
    return rank_of(rivals, false, name_of_cookie(cookies[INITIATOR]));
}

uint32_t rank_of_sa(const struct rivals *rivals, const struct ike *ike, const struct isakmp_sa *sa)
{
    return rank_of(rivals, false, name_of_cookie(cookie_of_sa(ike, sa)));
}

uint32_t rank_of_quick(const struct rivals *rivals, const struct ike *ike, const struct exchange *exchange)
{
    const struct quick *quick = quick_of(ike, exchange);

    return rank_of(rivals, true, name_of_pair(exchange->side, quick->spi_in, quick->spi_out));
}

uint32_t rank_of_pair(const struct rivals *rivals, const struct pair *pair)
{
    return rank_of(rivals, true, name_of_pair(pair->side, pair->spi_in, pair->spi_out));
}

/* A pair is drawn twice, by either end. The first draw is tried in all ways; so the second need not change any more
 * what it has decided, and there is no way that is found only so: but in one way it has to leave it as it is. */
struct fall rivals_fall(const struct rivals *before, const struct rivals *after)
{
    struct fall fall = {.ways = 1};

    for (size_t i = 0; i < after->count; i++) {
        const struct rival *is = &after->at[i], *was = rival_find(before, is->is_pair, is->name);

        if (was == NULL) {
            fall.which += fall.ways * is->rank;
            fall.ways *= is->crossing + 1;
        } else if (is->is_whole && !was->is_whole)
            for (size_t k = 0; k < after->count; k++) {
                const struct rival *other = &after->at[k];

                fall.has_turned |= other->is_pair && may_cross(is, other, after->now_ms) && is->value < other->value &&
                                   was->value > other->value;
            }
    }
    return fall;
}
