#include "diag/join.h"

#include "diag/ladder.h"
#include "diag/note.h"

/* ---- what both ends write down ---- */

/* Small numbers are no random ones: 0 is phase 1, below 256 no SPI is given out (RFC 4303 section 2.1). */
static void keep_sign(struct view *v, uint64_t number)
{
    enum { RANDOM_MIN = 0x10000 };
    uint32_t sign = (uint32_t)number;

    if (number > UINT32_MAX || sign < RANDOM_MIN)
        return;
    for (size_t i = 0; i < v->sign_count && i < SIGNS_MAX; i++)
        if (v->signs[i] == sign)
            return;
    if (!v->signs && !(v->signs = arena_take(v->all->arena, SIGNS_MAX * sizeof *v->signs)))
        return;
    v->signs[v->sign_count % SIGNS_MAX] = sign;
    v->sign_count = v->sign_count + 1 < 2 * SIGNS_MAX ? v->sign_count + 1 : SIGNS_MAX;
}

void view_take_signs(struct view *v, struct witness *w)
{
    static const enum event_field_id fields[] = {FIELD_MESSAGE_ID, FIELD_SPI_IN, FIELD_SPI_OUT};

    for (size_t i = 0; i < COUNT_OF(fields); i++)
        keep_sign(v, event_number(witness_event(w), fields[i]));
}

void view_add_signs(struct view *v, const struct view *from)
{
    for (size_t i = 0; i < from->sign_count && i < SIGNS_MAX; i++)
        keep_sign(v, from->signs[i]);
}

/* ---- two views ---- */

static bool is_wire(const struct view *v)
{
    return v->vantage == VANTAGE_WIRE;
}

/* A journal has a log and a capture of the same negotiations. */
static bool is_of_one_file(const struct view *a, const struct view *b)
{
    return a->source == b->source && is_wire(a) == is_wire(b);
}

static bool is_compatible(struct ip a, struct ip b)
{
    return !ip_is_set(a) || !ip_is_set(b) || ip_equal(a, b);
}

static bool has_equal_ends(const struct view *a, const struct view *b)
{
    bool is_straight = is_compatible(a->local, b->local) && is_compatible(a->peer, b->peer);
    bool is_crossed = is_compatible(a->local, b->peer) && is_compatible(a->peer, b->local);
    bool is_told = ip_is_set(a->peer) && ip_is_set(b->peer);

    return is_told && (is_straight || is_crossed);
}

/* Each names another peer, and neither itself: nothing tells that they are about one another. */
static bool has_no_end_in_common(const struct view *a, const struct view *b)
{
    return !ip_is_set(a->local) && !ip_is_set(b->local) && !ip_equal(a->peer, b->peer);
}

static bool has_all_ends(const struct view *a, const struct view *b)
{
    return ip_is_set(a->local) && ip_is_set(b->local) && has_equal_ends(a, b);
}

/* The responder's address is the same on both sides of a NAT in front of the initiator. */
static bool has_equal_responder(const struct view *a, const struct view *b)
{
    const struct view *initiator = a->role == ROLE_INITIATOR ? a : b, *responder = initiator == a ? b : a;

    if (initiator->role != ROLE_INITIATOR || !ip_is_set(initiator->peer))
        return false;
    return (responder->role == ROLE_RESPONDER && ip_equal(initiator->peer, responder->local)) ||
           (responder->role == ROLE_INITIATOR && (is_wire(a) || is_wire(b)) &&
            ip_equal(initiator->peer, responder->peer));
}

static bool tells_of_nat(const struct view *v)
{
    return view_has(v, FACT_NAT_FOUND) || view_has(v, FACT_ON_4500);
}

static bool is_same_cookie(const struct view *a, const struct view *b)
{
    return a->cookie != 0 && a->cookie == b->cookie;
}

static bool has_same_number(const struct view *a, const struct view *b)
{
    for (size_t i = 0; i < a->sign_count && i < SIGNS_MAX; i++)
        for (size_t k = 0; k < b->sign_count && k < SIGNS_MAX; k++)
            if (a->signs[i] == b->signs[k])
                return true;
    return false;
}

/* ---- order and times ---- */

enum {
    COMMON_STEPS_MIN = 3,
    SPREAD_MAX_MS = 2000,            /* a log that writes whole seconds, a slow path */
    CLOCKS_APART_MAX_MS = 300 * 1000 /* of two devices that are set by whatever sets clocks */
};

/* What came from the peer, it has sent; as far as both write messages down. */
static bool has_only_what_was_sent(const struct view *receiver, const struct view *sender, unsigned number)
{
    return !view_has(receiver, view_step_of("MM", number)) || view_has(sender, view_step_of("MM", number));
}

/* One heard what the other never said. */
static bool has_what_was_not_sent(const struct view *a, const struct view *b)
{
    const struct view *initiator = a->role == ROLE_INITIATOR ? a : b, *responder = initiator == a ? b : a;

    for (unsigned number = 1; number <= 6; number++)
        if (!has_only_what_was_sent(number % 2 == 1 ? responder : initiator, number % 2 == 1 ? initiator : responder,
                                    number))
            return true;
    return false;
}

/* The messages of both, as their clocks have them, may be the same ones. */
static bool is_in_step(const struct view *a, const struct view *b)
{
    struct clock_difference d = ladder_clocks(a, b);

    return !has_what_was_not_sent(a, b) && d.there_count + d.back_count >= COMMON_STEPS_MIN && d.back_count > 0 &&
           d.most_ms - d.least_ms <= SPREAD_MAX_MS && d.least_ms >= -CLOCKS_APART_MAX_MS &&
           d.most_ms <= CLOCKS_APART_MAX_MS;
}

/* A clock without a day, or without a year beside one that has it, tells nothing. */
static bool are_of_other_times(const struct view *a, const struct view *b)
{
    const uint64_t day_ms = 24 * 3600 * 1000, year_ms = 366 * day_ms;
    bool has_day = a->has_time && b->has_time && a->first_ms >= day_ms && b->first_ms >= day_ms;

    if (!has_day || (a->first_ms < year_ms) != (b->first_ms < year_ms))
        return false;
    return a->first_ms > b->last_ms + CLOCKS_APART_MAX_MS || b->first_ms > a->last_ms + CLOCKS_APART_MAX_MS;
}

static bool writes_messages_down(const struct view *v)
{
    for (unsigned number = 1; number <= 6; number++)
        if (view_has(v, view_step_of("MM", number)))
            return true;
    return false;
}

static bool are_strangers(const struct view *a, const struct view *b)
{
    bool tell_messages = writes_messages_down(a) && writes_messages_down(b);

    return (a->role == b->role && a->role != ROLE_UNKNOWN) || are_of_other_times(a, b) ||
           (tell_messages && has_what_was_not_sent(a, b));
}

static bool is_nameless(const struct view *v)
{
    return !ip_is_set(v->peer) && !ip_is_set(v->local);
}

static enum joined joined_by(const struct view *a, const struct view *b)
{
    if (is_same_cookie(a, b))
        return JOINED_BY_COOKIES;
    if (has_same_number(a, b))
        return JOINED_BY_NUMBERS;
    if (a->cookie != 0 && b->cookie != 0 && a->vantage == b->vantage)
        return JOINED_NEVER;
    if (has_all_ends(a, b))
        return JOINED_BY_ENDS;
    if (is_nameless(a) || is_nameless(b))
        return JOINED_BY_PEER;
    if (has_no_end_in_common(a, b))
        return are_strangers(a, b) ? JOINED_NOT : JOINED_AS_ONLY;
    if (has_equal_ends(a, b))
        return JOINED_BY_PEER;
    if (!has_equal_responder(a, b))
        return JOINED_NOT;
    if (tells_of_nat(a) || tells_of_nat(b))
        return JOINED_BY_NAT;
    return is_in_step(a, b) ? JOINED_BY_ORDER : JOINED_NOT;
}

/* ---- tunnels of views ---- */

/* How the two would be one. */
static enum joined joins(const struct tunnel *t, const struct tunnel *with)
{
    enum joined best = JOINED_NOT;
    bool is_never = t->view_count + with->view_count > TUNNEL_VIEWS_MAX;

    for (size_t i = 0; i < t->view_count; i++)
        for (size_t k = 0; k < with->view_count; k++) {
            const struct view *a = t->views[i], *b = with->views[k];

            if (is_of_one_file(a, b))
                return JOINED_NOT;
            enum joined by = joined_by(a, b);

            is_never |= by == JOINED_NEVER;
            best = by < best ? by : best;
        }
    return is_never && best > JOINED_BY_NUMBERS ? JOINED_NOT : best;
}

static bool are_in_step(const struct tunnel *one, const struct tunnel *other)
{
    for (size_t i = 0; i < one->view_count; i++)
        for (size_t k = 0; k < other->view_count; k++)
            if (is_in_step(one->views[i], other->views[k]))
                return true;
    return false;
}

static size_t likeness(const struct tunnel *one, const struct tunnel *other)
{
    size_t common = 0;
    const char *exchange;
    unsigned number;

    for (enum fact f = 0; f < FACT_COUNT; f++)
        if (fact_is_step(f, &exchange, &number))
            common += view_has(one->views[0], f) == view_has(other->views[0], f);
    return common;
}

/* Other attempts between the same ends. */
static bool is_same_pair(const struct tunnel *a, const struct tunnel *b)
{
    return ip_equal(a->views[0]->peer, b->views[0]->peer) && ip_equal(a->views[0]->local, b->views[0]->local);
}

/* A third one, between other ends, in the file of `one`, which may be `other` just as well. */
static bool has_rival(const struct tunnel *tunnels, size_t count, const struct tunnel *one, const struct tunnel *other,
                      bool is_of_clocks)
{
    for (const struct tunnel *t = tunnels; t < tunnels + count; t++)
        if (t != one && t->view_count > 0 && t->views[0]->source == one->views[0]->source && !is_same_pair(t, one) &&
            joins(t, other) != JOINED_NOT && (!is_of_clocks || are_in_step(t, other)))
            return true;
    return false;
}

/* Addresses that are not all told, or not equal, are no proof where several have them: then the clocks must tell. */
static bool is_the_only_one(const struct tunnel *tunnels, size_t count, const struct tunnel *one,
                            const struct tunnel *other)
{
    for (int is_of_clocks = 0; is_of_clocks < 2; is_of_clocks++)
        if ((!is_of_clocks || are_in_step(one, other)) && !has_rival(tunnels, count, one, other, is_of_clocks) &&
            !has_rival(tunnels, count, other, one, is_of_clocks))
            return true;
    return false;
}

/* Of those before `at` the one that it is most like. NULL: it stands alone. */
static struct tunnel *best_for(struct tunnel *tunnels, size_t count, size_t at, enum joined *by)
{
    struct tunnel *best = NULL;
    size_t most = 0;

    for (size_t i = 0; i < at; i++) {
        enum joined how = tunnels[i].view_count > 0 ? joins(&tunnels[i], &tunnels[at]) : JOINED_NOT;

        if (how == JOINED_NOT || likeness(&tunnels[i], &tunnels[at]) + 1 <= most)
            continue;
        if (how > JOINED_BY_ENDS && !is_the_only_one(tunnels, count, &tunnels[i], &tunnels[at]))
            continue;
        most = likeness(&tunnels[i], &tunnels[at]) + 1;
        best = &tunnels[i];
        *by = how;
    }
    return best;
}

static void merge_tunnels(struct tunnel *into, struct tunnel *from, enum joined by)
{
    for (size_t i = 0; i < from->view_count; i++)
        into->views[into->view_count++] = from->views[i];
    into->joined_by = (uint8_t)(by > into->joined_by ? by : into->joined_by);
    into->signs |= from->signs;
    from->view_count = 0;
}

/* ---- all of them ---- */

static uint64_t bit_of(uint64_t sign)
{
    return (uint64_t)1 << (sign * 0x9e3779b97f4a7c15u >> 58);
}

/* A bit for each cookie and number: two that have none in common have no bit in common, mostly. */
static uint64_t signs_of(const struct view *v)
{
    uint64_t signs = v->cookie != 0 ? bit_of(v->cookie) : 0;

    for (size_t i = 0; i < v->sign_count && i < SIGNS_MAX; i++)
        signs |= bit_of(v->signs[i]);
    return signs;
}

struct view *join_next(const struct diag *d, size_t *at)
{
    while (*at < 2 * d->view_count) {
        struct view *v = view_at(d, *at % d->view_count);
        bool is_its_turn = is_nameless(v) == (*at >= d->view_count);

        ++*at;
        if (v->is_used && is_its_turn) {
            view_close(v);
            return v;
        }
    }
    return NULL;
}

/* By what both ends write down; what names no address comes last, to what is left. */
static size_t join_sure(const struct diag *d, struct tunnel *tunnels)
{
    size_t count = 0;
    struct view *v;

    for (size_t at = 0; (v = join_next(d, &at)) != NULL;) {
        struct tunnel *own = &tunnels[count];
        size_t k = 0;
        enum joined by = JOINED_NOT;

        *own = (struct tunnel){.views = {v}, .view_count = 1, .signs = signs_of(v)};
        for (; k < count; k++)
            if ((tunnels[k].signs & own->signs) != 0 && (by = joins(&tunnels[k], own)) <= JOINED_BY_NUMBERS)
                break;
        if (by <= JOINED_BY_NUMBERS)
            merge_tunnels(&tunnels[k], own, by);
        else
            count++;
    }
    return count;
}

static size_t without_empty(struct tunnel *tunnels, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++)
        if (tunnels[i].view_count > 0)
            tunnels[left++] = tunnels[i];
    return left;
}

/* A journal has a log and a capture of the same negotiations. */
static bool has_journal(const struct diag *d)
{
    bool is_told[SOURCES_MAX] = {false}, is_seen[SOURCES_MAX] = {false};

    for (size_t i = 0; i < d->view_count; i++)
        if (view_at(d, i)->is_used)
            (is_wire(view_at(d, i)) ? is_seen : is_told)[view_at(d, i)->source] = true;
    for (size_t i = 0; i < SOURCES_MAX; i++)
        if (is_told[i] && is_seen[i])
            return true;
    return false;
}

/* Those that could still be one with another, and nothing tells with which. */
static uint32_t count_doubtful(const struct tunnel *tunnels, size_t count)
{
    uint32_t doubtful = 0;

    for (size_t at = 0; at < count; at++)
        for (size_t i = 0; i < at; i++)
            if (joins(&tunnels[i], &tunnels[at]) != JOINED_NOT) {
                doubtful++;
                break;
            }
    return doubtful;
}

bool join_is_needed(const struct diag *d)
{
    size_t files = 0;

    for (size_t i = 0; i < SOURCES_MAX; i++)
        files += d->sources[i].is_given;
    return files > 1 || has_journal(d);
}

size_t join_views(const struct diag *d, struct tunnel *tunnels, uint32_t *doubtful)
{
    size_t count = join_sure(d, tunnels);

    for (size_t at = 1; at < count; at++) {
        enum joined by = JOINED_NOT;
        struct tunnel *best = best_for(tunnels, count, at, &by);

        if (best)
            merge_tunnels(best, &tunnels[at], by);
    }
    count = without_empty(tunnels, count);
    *doubtful = count_doubtful(tunnels, count);
    return count;
}

/* ---- NAT between the files ---- */

/* The initiator's address as that file has it; IP_NONE: it does not tell. */
static struct ip initiator_in(const struct view *v)
{
    if (v->role == ROLE_UNKNOWN)
        return (struct ip){0};
    return is_wire(v) || v->role == ROLE_INITIATOR ? v->local : v->peer;
}

/* The file of the initiator's own side: its log, or of two captures the first. */
static const struct view *initiators(const struct tunnel *t)
{
    const struct view *found = NULL;

    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *v = t->views[i];

        if (!ip_is_set(initiator_in(v)) || (!is_wire(v) && v->role == ROLE_RESPONDER))
            continue;
        if (!found || (is_wire(found) && !is_wire(v)))
            found = v;
    }
    return found;
}

bool join_find_translation(const struct tunnel *t, struct translation *found)
{
    const struct view *own = initiators(t);

    for (size_t i = 0; own && i < t->view_count; i++) {
        struct ip there = initiator_in(t->views[i]);

        if (!ip_is_set(there) || ip_equal(there, initiator_in(own)))
            continue;
        *found = (struct translation){initiator_in(own), there, own->source, t->views[i]->source};
        return true;
    }
    return false;
}

const char *join_sentence(const struct tunnel *t)
{
    static const char *const sentences[] = {
        [JOINED_BY_COOKIES] = "the cookies are the same",
        [JOINED_BY_NUMBERS] = "message IDs or SPIs are the same",
        [JOINED_BY_ENDS] = "the addresses of both ends are the same",
        [JOINED_BY_PEER] = "the address of one end is the same",
        [JOINED_BY_NAT] = "the responder is the same, and a file tells of NAT",
        [JOINED_BY_ORDER] =
            ("the responder is the same, the messages come in the same order at the same intervals, and "
             "there is no other negotiation that it can be"),
        [JOINED_AS_ONLY] = ("no address is in both: one asks and one answers, at the same time, and there is no other "
                            "negotiation that it can be"),
    };

    return t->joined_by < COUNT_OF(sentences) ? sentences[t->joined_by] : "";
}
