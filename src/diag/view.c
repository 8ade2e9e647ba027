#include "diag/view.h"

#include "base/check.h"
#include "diag/known.h"
#include "diag/note.h"
#include "diag/states.h"
#include "wire/numbers.h"

#include <string.h>

static const struct {
    const char *name;
    const char *exchange; /* of a step */
    unsigned number;
    enum fact of; /* of a repeat: its step */
    const char *sentence;
} facts[] = {
#define STEP(name, exchange, number, sentence) [FACT_##name] = {#name, #exchange, number, FACT_COUNT, sentence},
#define REPEAT(name, step, sentence) [FACT_##name] = {#name, NULL, 0, FACT_##step, sentence},
#define SEEN(name, event, condition, sentence) [FACT_##name] = {#name, NULL, 0, FACT_COUNT, sentence},
#define ALSO(...)
#define TOLD(name, condition, lines, sentence) [FACT_##name] = {#name, NULL, 0, FACT_COUNT, sentence},
#include "diag/facts.def"
#undef STEP
#undef REPEAT
#undef SEEN
#undef ALSO
#undef TOLD
};

const char *fact_name(enum fact fact)
{
    CHECK(fact < FACT_COUNT);
    return facts[fact].name;
}

const char *fact_sentence(enum fact fact)
{
    CHECK(fact < FACT_COUNT);
    return facts[fact].sentence;
}

bool fact_is_step(enum fact fact, const char **exchange, unsigned *number)
{
    CHECK(fact < FACT_COUNT);
    if (!facts[fact].exchange)
        return false;
    *exchange = facts[fact].exchange;
    *number = facts[fact].number;
    return true;
}

_Static_assert(FACTS_SEEN < UINT8_MAX, "a fact, and one more than it, has a byte in struct view");

static struct fact_seen *fact_at(const struct view *v, unsigned place)
{
    const struct fact_block *block = &v->facts;

    for (; place >= FACT_BLOCK; place -= FACT_BLOCK)
        block = block->next;
    return (struct fact_seen *)&block->facts[place];
}

/* Room for one more; NULL: there is no memory. */
static struct fact_seen *next_fact(struct view *v, enum fact fact)
{
    struct fact_block *block = &v->facts;

    for (unsigned i = 0; i < v->fact_count / FACT_BLOCK; i++, block = block->next)
        if (!block->next && !(block->next = arena_take(v->all->arena, sizeof *block)))
            return NULL;
    if (v->fact_count < WIDE_LEN)
        v->first_facts[v->fact_count] = (uint8_t)(fact + 1);
    return &block->facts[v->fact_count++ % FACT_BLOCK];
}

/* Where it stands decides no branch: nothing tells that beforehand. */
static struct fact_seen *find_fact(const struct view *v, enum fact fact)
{
    uint32_t first = wide_bits((wide)(wide_at(v->first_facts) == (uint8_t)(fact + 1)));

    if (first != 0)
        return fact_at(v, (unsigned)__builtin_ctz(first));
    for (unsigned place = WIDE_LEN; place < v->fact_count; place++)
        if (fact_at(v, place)->fact == fact)
            return fact_at(v, place);
    return NULL;
}

const struct fact_seen *view_fact(const struct view *v, enum fact fact)
{
    static const struct fact_seen none = {0};

    return view_has(v, fact) ? find_fact(v, fact) : &none;
}

struct fact_seen *view_take_fact(struct view *v, enum fact fact)
{
    /* one that was not seen has no place yet, but for that of a message which waits for the next line */
    struct fact_seen *seen = view_has(v, fact) || v->pending != 0 ? find_fact(v, fact) : NULL;

    CHECK(fact < FACTS_SEEN);
    if (!seen && (seen = next_fact(v, fact)) != NULL)
        *seen = (struct fact_seen){.fact = (uint8_t)fact};
    return seen;
}

const struct offers *view_offers(const struct view *v)
{
    static const struct offers none;

    return v->offers ? v->offers : &none;
}

/* ---- facts and their lines ---- */

void view_keep_text(char *space, size_t size, struct bytes text)
{
    struct text t = {space, 0, size, false};

    text_add_plain(&t, text);
}

struct evidence *view_line(const struct view *v, unsigned place)
{
    return &v->evidence[(place - 1) / EVIDENCE_BLOCK][(place - 1) % EVIDENCE_BLOCK];
}

/* 0: there is no such list, and no room for one more. */
static uint8_t list_place(struct payload_lists *all, const struct packet_seen *p)
{
    for (uint8_t i = 0; i < all->count; i++)
        if (all->lists[i].count == p->payload_count && all->lists[i].types[0] == p->payloads[0] &&
            memcmp(all->lists[i].types, p->payloads, p->payload_count) == 0)
            return (uint8_t)(i + 1);
    if (all->count == PAYLOAD_LISTS_MAX)
        return 0;
    all->lists[all->count].count = p->payload_count;
    memcpy(all->lists[all->count].types, p->payloads, p->payload_count);
    return ++all->count;
}

/* The ends of a view may change places, and its lines are about the same two: in whatever order, but always the same.
 */
static bool is_lower(const struct ip *one, const struct ip *other)
{
    uint64_t a[2], b[2];

    memcpy(a, one, sizeof a);
    memcpy(b, other, sizeof b);
    return a[0] != b[0] ? a[0] < b[0] : a[1] != b[1] ? a[1] < b[1] : one->octets[15] <= other->octets[15];
}

/* False: it is kept as a text. */
static bool keep_packet(const struct view *v, struct evidence *e, const struct packet_seen *p)
{
    uint8_t place = p->payload_count > 0 ? list_place(v->all->payloads, p) : 0;

    if (place == 0 && p->payload_count > 0)
        return false;
    e->packet = (struct packet_line){.length = p->length,
                                     .from = p->from,
                                     .to = p->to,
                                     .count = p->count,
                                     .notify = p->notify,
                                     .payloads = place,
                                     .exchange = p->exchange,
                                     .number = p->number,
                                     .is_sealed = p->is_sealed,
                                     .has_notify = p->has_notify,
                                     .is_from_lower = is_lower(&p->source, &p->destination)};
    return true;
}

static struct packet_seen packet_of(const struct view *v, const struct packet_line *line)
{
    bool is_from_local = line->is_from_lower == is_lower(&v->local, &v->peer);
    struct packet_seen p = {.source = is_from_local ? v->local : v->peer,
                            .destination = is_from_local ? v->peer : v->local,
                            .from = line->from,
                            .to = line->to,
                            .length = line->length,
                            .count = line->count,
                            .notify = line->notify,
                            .exchange = line->exchange,
                            .number = line->number,
                            .is_sealed = line->is_sealed,
                            .has_notify = line->has_notify};

    if (line->payloads > 0) {
        p.payload_count = v->all->payloads->lists[line->payloads - 1].count;
        memcpy(p.payloads, v->all->payloads->lists[line->payloads - 1].types, p.payload_count);
    }
    return p;
}

static void keep_words(const struct view *v, struct evidence *e, struct bytes words)
{
    if (!e->text)
        e->text = arena_take(v->all->arena, EVIDENCE_TEXT_SIZE);
    if (e->text)
        view_keep_text(e->text, EVIDENCE_TEXT_SIZE, words);
}

const char *view_words(const struct view *v, struct evidence *line)
{
    char words[EVIDENCE_TEXT_SIZE];
    struct text t = text_of(words, sizeof words);

    if (line->is_packet) {
        struct packet_seen packet = packet_of(v, &line->packet);

        packet_add_text(&t, &packet);
        keep_words(v, line, bytes_of(t.data, t.len));
        line->is_packet = false;
    }
    return line->text ? line->text : "";
}

/* Lines of a log have texts, which stand behind them. */
static char *text_place(const struct view *v, struct evidence *block, unsigned place)
{
    return v->vantage == VANTAGE_WIRE ? NULL : (char *)(block + EVIDENCE_BLOCK) + (size_t)place * EVIDENCE_TEXT_SIZE;
}

static struct evidence *take_block(const struct view *v)
{
    size_t texts = v->vantage == VANTAGE_WIRE ? 0 : EVIDENCE_BLOCK * EVIDENCE_TEXT_SIZE;
    struct evidence *block = arena_take(v->all->arena, EVIDENCE_BLOCK * sizeof *block + texts);

    for (unsigned i = 0; block && i < EVIDENCE_BLOCK; i++)
        block[i].text = text_place(v, block, i);
    return block;
}

uint8_t view_keep_line(struct view *v, const struct witness *w)
{
    struct evidence **block = &v->evidence[v->evidence_count / EVIDENCE_BLOCK], *e;

    if (v->evidence_count > 0 && v->evidence_at == w->at->line)
        return v->evidence_count;
    if (v->evidence_count == EVIDENCE_MAX)
        return 0;
    if (!*block)
        *block = take_block(v);
    if (!*block)
        return 0;
    e = &(*block)[v->evidence_count % EVIDENCE_BLOCK];
    e->source = w->at->source;
    e->has_time = w->at->has_time;
    e->line = v->evidence_at = w->at->line;
    e->time_ms = w->at->time_ms;
    e->is_packet = w->at->packet != NULL && keep_packet(v, e, w->at->packet);
    if (!e->is_packet)
        keep_words(v, e, w->say(w->of));
    return ++v->evidence_count;
}

void view_expect(const struct view *v)
{
    enum { CACHE_LINE = 64 };
    unsigned place = v->evidence_count % EVIDENCE_MAX;
    struct evidence *block = v->evidence[place / EVIDENCE_BLOCK];
    const char *text = block ? text_place(v, block, place % EVIDENCE_BLOCK) : NULL;

    if (block) {
        __builtin_prefetch(block + place % EVIDENCE_BLOCK, 1);
        __builtin_prefetch(&block[place % EVIDENCE_BLOCK].text, 1); /* it may be in the next line of the cache */
    }
    for (size_t at = 0; text && at < EVIDENCE_TEXT_SIZE; at += CACHE_LINE)
        __builtin_prefetch(text + at, 1);
}

void view_note(struct view *v, enum fact fact, const struct witness *w)
{
    struct fact_seen *seen = view_take_fact(v, fact);

    if (v->all->known->watch.is_on)
        known_note(v->all->known, fact);
    if (!seen)
        return;
    v->has[fact / 64] |= (uint64_t)1 << fact % 64;
    seen->count++;
    seen->last_line = w->at->line;
    if (v->has_time && w->at->has_time && w->at->time_ms >= v->first_ms && w->at->time_ms - v->first_ms < UINT32_MAX)
        seen->since_ms = (uint32_t)(w->at->time_ms - v->first_ms);
    if (!seen->evidence)
        seen->evidence = view_keep_line(v, w);
}

static const enum fact steps[] = {
#define STEP(name, ...) FACT_##name,
#define REPEAT(...)
#define SEEN(...)
#define ALSO(...)
#define TOLD(...)
#include "diag/facts.def"
#undef STEP
#undef REPEAT
#undef SEEN
#undef ALSO
#undef TOLD
};

enum fact view_step_of(const char *exchange, unsigned number)
{
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (facts[steps[i]].number == number && strcmp(facts[steps[i]].exchange, exchange) == 0)
            return steps[i];
    return FACT_COUNT;
}

/* Of a step: the fact that it is repeated; 0 where there is none. */
static const enum fact repeats[FACTS_SEEN] = {
#define STEP(...)
#define REPEAT(name, step, ...) [FACT_##step] = FACT_##name,
#define SEEN(...)
#define ALSO(...)
#define TOLD(...)
#include "diag/facts.def"
#undef STEP
#undef REPEAT
#undef SEEN
#undef ALSO
#undef TOLD
};

void view_note_step(struct view *v, const char *exchange, unsigned number, bool is_repeat, const struct witness *w)
{
    enum fact step = view_step_of(exchange, number);

    if (step == FACT_COUNT)
        return;
    if ((is_repeat || view_has(v, step)) && repeats[step] != 0)
        view_note(v, repeats[step], w);
    view_note(v, step, w);
    if (strcmp(exchange, "MM") == 0)
        v->mode = MODE_MAIN;
    if (strcmp(exchange, "AM") == 0)
        v->mode = MODE_AGGRESSIVE;
}

/* ---- stage ---- */

unsigned view_reached(const struct view *v)
{
    const char *exchange = v->mode == MODE_AGGRESSIVE ? "AM" : "MM";
    unsigned reached = 0;

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (view_has(v, steps[i]) && facts[steps[i]].number > reached &&
            strcmp(facts[steps[i]].exchange, exchange) == 0)
            reached = facts[steps[i]].number;
    return reached;
}

bool view_is_up(const struct view *v)
{
    return view_has(v, FACT_PHASE1_UP) || view_has(v, FACT_QM_1) || view_has(v, FACT_PHASE2_UP) ||
           view_has(v, FACT_SCREEN_UP) || (v->mode == MODE_AGGRESSIVE && view_has(v, FACT_TM_ANY));
}

/* The responder keeps no SA of a message that it refused. */
static bool has_no_sa(const struct view *v, enum role role, unsigned reached)
{
    return role == ROLE_RESPONDER && reached % 2 == 1 &&
           (reached == 1 || view_has(v, FACT_P1_REFUSED_HERE) || view_has(v, FACT_NO_KEY_HERE) ||
            view_has(v, FACT_PEER_UNKNOWN_HERE) || view_has(v, FACT_CLEAR_NO_PROPOSAL) ||
            view_has(v, FACT_CLEAR_INVALID_KEY));
}

struct stage view_stage(const struct view *v, enum role role)
{
    unsigned reached = view_reached(v);
    bool is_in_transaction = view_has(v, FACT_TM_ANY) && !view_has(v, FACT_QM_1) && !view_has(v, FACT_PHASE2_UP);

    if (has_no_sa(v, role, reached))
        return (struct stage){"none", "none"};
    return states_of(v->mode, role, reached, view_is_up(v), is_in_transaction);
}

/* ---- attempts of which the same was seen ---- */

uint32_t view_shape(const struct view *v)
{
    uint32_t shape = 2166136261u; /* FNV-1a */

    for (unsigned word = 0; word < FACT_WORDS; word++)
        for (uint64_t rest = v->has[word]; rest != 0; rest &= rest - 1)
            shape = (shape ^ (64 * word + (uint32_t)__builtin_ctzll(rest))) * 16777619u;
    return (shape ^ (uint32_t)(v->role * 16 + v->mode)) * 16777619u;
}

void view_fold(struct view *v, const struct view *from)
{
    for (unsigned i = 0; i < from->fact_count; i++) {
        const struct fact_seen *seen = fact_at(from, i);
        bool is_in_order = i < v->fact_count && fact_at(v, i)->fact == seen->fact;
        struct fact_seen *fact = !view_has(from, seen->fact) ? NULL
                                 : is_in_order               ? fact_at(v, i)
                                                             : view_take_fact(v, seen->fact);

        if (!fact)
            continue;
        fact->count += seen->count;
        fact->last_line = seen->last_line;
    }
    view_add_signs(v, from);
    v->attempts += from->attempts;
    v->last_ms = from->last_ms > v->last_ms ? from->last_ms : v->last_ms;
}

void view_begin(struct view *v, const struct sight *at, const struct views *all)
{
    if (v->has_words)
        *v->state = *v->ios_state = '\0';
    memset(v, 0, offsetof(struct view, facts));
    v->is_used = true;
    v->source = at->source;
    v->vantage = at->vantage;
    v->product = at->product;
    v->attempts = 1;
    v->is_screen_only = true;
    v->all = all;
}
