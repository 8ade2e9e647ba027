#include "diag/tunnel.h"

#include "base/check.h"

#include <string.h>

/* ---- which views are of one negotiation ---- */

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

/* Behind NAT the initiator has another address at the responder; the responder's address is the same. */
static bool is_same_through_nat(const struct view *a, const struct view *b)
{
    const struct view *initiator = a->role == ROLE_INITIATOR ? a : b, *responder = initiator == a ? b : a;
    bool is_nat = view_has(a, FACT_NAT_FOUND) || view_has(b, FACT_NAT_FOUND) || view_has(a, FACT_ON_4500) ||
                  view_has(b, FACT_ON_4500);

    if (!is_nat || !ip_is_set(initiator->peer))
        return false;
    return (responder->role == ROLE_RESPONDER && ip_equal(initiator->peer, responder->local)) ||
           (responder->role == ROLE_INITIATOR && (a->vantage == VANTAGE_WIRE || b->vantage == VANTAGE_WIRE) &&
            ip_equal(initiator->peer, responder->peer));
}

static bool is_same_cookie(const struct view *a, const struct view *b)
{
    return a->cookie != 0 && a->cookie == b->cookie;
}

bool tunnel_fits(const struct tunnel *t, const struct view *v)
{
    bool fits = false;

    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *other = t->views[i];

        if (other->source == v->source && (other->vantage == VANTAGE_WIRE) == (v->vantage == VANTAGE_WIRE))
            return false; /* a journal has both */
        if (is_same_cookie(other, v))
            return true;
        if (other->cookie != 0 && v->cookie != 0 && other->vantage == v->vantage)
            return false;
        fits |= !ip_is_set(v->peer) && !ip_is_set(v->local); /* a log that names no address */
        fits |= has_equal_ends(other, v) || is_same_through_nat(other, v);
    }
    return fits && t->view_count < TUNNEL_VIEWS_MAX;
}

/* ---- what the conditions of TOLD ask ---- */

uint32_t tunnel_count(const struct tunnel *t, enum fact fact)
{
    uint32_t most = 0;

    for (size_t i = 0; i < t->view_count; i++)
        if (view_has(t->views[i], fact) && view_fact(t->views[i], fact)->count > most)
            most = view_fact(t->views[i], fact)->count;
    return most;
}

const char *tunnel_detail(const struct tunnel *t, enum detail detail)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (*view_detail(t->views[i], detail))
            return view_detail(t->views[i], detail);
    return "";
}

enum product tunnel_product(const struct tunnel *t, enum role role)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (t->views[i]->vantage != VANTAGE_WIRE && t->views[i]->role == role)
            return (enum product)t->views[i]->product;
    return PRODUCT_UNKNOWN;
}

static bool is_log_of(const struct view *v, enum role role)
{
    return v->vantage != VANTAGE_WIRE && v->role == role;
}

/* The messages of a journal whose log is of that end. */
static bool is_journal_of(const struct tunnel *t, const struct view *v, enum role role)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (v->vantage == VANTAGE_WIRE && t->views[i]->source == v->source && is_log_of(t->views[i], role))
            return true;
    return false;
}

/* A log of that end has it, or captures of both ends have it. */
static bool is_seen_at(const struct tunnel *t, enum fact fact, enum role role)
{
    size_t captures = 0;

    for (size_t i = 0; i < t->view_count; i++) {
        if ((is_log_of(t->views[i], role) || is_journal_of(t, t->views[i], role)) && view_has(t->views[i], fact))
            return true;
        captures += t->views[i]->vantage == VANTAGE_WIRE && view_has(t->views[i], fact);
    }
    /* one capture alone: an answer in it has most likely come to who asked, for captures are mostly made there */
    return captures > 1 || (captures == 1 && role == ROLE_INITIATOR) || (captures == 1 && fact == FACT_MSG_3);
}

/* Both directions of UDP 4500 are known to carry: phase 2 was answered, or the initiator's own log has message 6. */
static bool is_both_ways(const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (view_has(t->views[i], FACT_QM_2) ||
            (is_log_of(t->views[i], ROLE_INITIATOR) && view_has(t->views[i], FACT_MSG_6)))
            return true;
    return false;
}

static bool logs_messages(const struct view *v)
{
    const char *exchange;
    unsigned number;

    for (enum fact f = 0; f < FACT_COUNT; f++)
        if (view_has(v, f) && fact_is_step(f, &exchange, &number))
            return true;
    return false;
}

bool tunnel_has_messages(const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (logs_messages(t->views[i]))
            return true;
    return false;
}

static bool is_only_screen(const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (!t->views[i]->is_screen_only)
            return false;
    return true;
}

/* A message that one end sent, and that the other end's file has not. */
static bool is_lost(const struct tunnel *t, enum fact step)
{
    const char *exchange;
    unsigned number;
    bool is_step = fact_is_step(step, &exchange, &number);
    enum role receiver = is_step && number % 2 == 0 ? ROLE_INITIATOR : ROLE_RESPONDER;
    size_t captures = 0, lacking_captures = t->has_silent_capture;
    bool is_sent = false, is_missed = t->has_silent_log && number == 1;

    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *v = t->views[i];
        bool has = view_has(v, step);

        captures += v->vantage == VANTAGE_WIRE && has;
        lacking_captures += v->vantage == VANTAGE_WIRE && !has;
        is_sent |= has && !is_log_of(v, receiver);
        is_missed |= is_log_of(v, receiver) && !has && logs_messages(v);
    }
    if (!is_sent || captures > 1 || is_seen_at(t, step, receiver))
        return false;
    return is_missed || (captures == 1 && lacking_captures > 0);
}

/* ESP that one capture has and the other has hardly. */
static bool is_lost_often(const struct tunnel *t, enum fact esp)
{
    uint32_t most = 0, least = UINT32_MAX;
    size_t captures = 0;

    for (size_t i = 0; i < t->view_count; i++)
        if (t->views[i]->vantage == VANTAGE_WIRE) {
            uint32_t count = view_fact(t->views[i], esp)->count;

            most = count > most ? count : most;
            least = count < least ? count : least;
            captures++;
        }
    return captures > 1 && most >= 2 && least * 2 < most;
}

/* One end has the first and another one the second. */
static bool is_split(const struct tunnel *t, enum fact first, enum fact second)
{
    bool is_here = false, is_there = false;

    for (size_t i = 0; i < t->view_count; i++) {
        is_here |= view_has(t->views[i], first) && !view_has(t->views[i], second);
        is_there |= view_has(t->views[i], second) && !view_has(t->views[i], first);
    }
    return is_here && is_there;
}

/* Two captures of one negotiation have the initiator under two addresses: there is NAT between them. */
static bool is_translated(const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++)
        for (size_t k = 0; k < i; k++)
            if (t->views[i]->vantage == VANTAGE_WIRE && t->views[k]->vantage == VANTAGE_WIRE &&
                is_same_cookie(t->views[i], t->views[k]) && !ip_equal(t->views[i]->local, t->views[k]->local))
                return true;
    return false;
}

static const char *detail_of(const struct tunnel *t, enum detail detail)
{
    return tunnel_detail(t, detail);
}

static bool is_address_text(const char *text)
{
    struct ip ip;

    return ip_parse(&ip, bytes_of_text(text));
}

static bool is_private_text(const char *text)
{
    struct ip ip;
    uint32_t v4 = ip_parse(&ip, bytes_of_text(text)) ? ip_to_v4(ip) : 0;

    return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8;
}

/* ---- TOLD ---- */

#define HAS(fact) tunnel_has(t, FACT_##fact)
#define COUNT(fact) tunnel_count(t, FACT_##fact)
#define LOST(fact) is_lost(t, FACT_##fact)
#define LOST_MANY(fact) is_lost_often(t, FACT_##fact)
#define STEP(...)
#define REPEAT(...)
#define SEEN(...)
#define ALSO(...)
#define TOLD(name, condition, lines, sentence)                                                                         \
    static bool told_##name(const struct tunnel *t)                                                                    \
    {                                                                                                                  \
        return condition;                                                                                              \
    }
#include "diag/facts.def"
#undef TOLD
#define TOLD(name, condition, lines, sentence) {FACT_##name, FACT_##lines, told_##name},
static const struct {
    enum fact fact, lines;
    bool (*holds)(const struct tunnel *t);
} told[] = {
#include "diag/facts.def"
};
#undef TOLD
#undef STEP
#undef REPEAT
#undef SEEN
#undef ALSO

void tunnel_conclude(struct tunnel *t)
{
    memset(t->facts, 0, sizeof t->facts);
    for (size_t word = 0; word < FACT_WORDS; word++) {
        for (size_t i = 0; i < t->view_count; i++)
            t->facts[word] |= t->views[i]->has[word];
        for (size_t i = 0; i < t->common_count; i++)
            t->facts[word] |= t->common[i]->has[word];
    }
    for (size_t i = 0; i < COUNT_OF(told); i++)
        if (told[i].holds(t))
            t->facts[told[i].fact / 64] |= (uint64_t)1 << told[i].fact % 64;
}

enum fact tunnel_lines_of(enum fact fact)
{
    for (size_t i = 0; i < COUNT_OF(told); i++)
        if (told[i].fact == fact)
            return told[i].lines;
    return fact;
}
