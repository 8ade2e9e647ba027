#include "diag/tunnel.h"

#include "base/check.h"
#include "diag/join.h"
#include "diag/network.h"

#include <string.h>

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
    enum product product = PRODUCT_UNKNOWN;

    for (size_t i = 0; i < t->view_count; i++) {
        if (t->views[i]->vantage == VANTAGE_WIRE || t->views[i]->role != role)
            continue;
        product = (enum product)t->views[i]->product;
        if (product != PRODUCT_IKE_SCAN) /* who asks in passing is no end: is there one? */
            break;
    }
    return product;
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

static bool is_asa(const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (t->views[i]->product == PRODUCT_ASA)
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

/* racoon tells that it has begun, and no message after that. */
static bool tells_each_message(const struct view *v)
{
    return v->product != PRODUCT_RACOON;
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
        is_missed |= is_log_of(v, receiver) && !has && logs_messages(v) && (number == 1 || tells_each_message(v));
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

/* ---- what the devices list ---- */

static bool has_hits(const struct tunnel *t, enum hits hits)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (listed_hits(t->listed[i], t->views[i]->peer) == hits)
            return true;
    return false;
}

static bool has_way(const struct tunnel *t, enum way way, enum way (*to)(const struct listed *, struct ip))
{
    for (size_t i = 0; i < t->view_count; i++)
        if (t->views[i]->vantage != VANTAGE_WIRE && to(t->listed[i], t->views[i]->peer) == way)
            return true;
    return false;
}

static bool leads_elsewhere(const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (listed_leads_elsewhere(t->listed[i], t->views[i]->peer))
            return true;
    return false;
}

static bool is_translated(const struct tunnel *t)
{
    struct translation found;

    return join_find_translation(t, &found);
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

    return ip_parse(&ip, bytes_of_text(text)) && network_is_private(ip);
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
