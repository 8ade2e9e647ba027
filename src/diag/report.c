#include "base/check.h"
#include "diag/collect.h"
#include "diag/draft.h"
#include "diag/join.h"
#include "diag/judge.h"
#include "diag/ladder.h"
#include "diag/repair.h"
#include "diag/states.h"
#include "diag/views.h"

#include <string.h>

#define SCORE_OF_A_GUESS 0.2

/* One negotiation on its way into the report. */
struct work {
    struct diag *d;
    struct arena *arena;
    struct report *report;
    size_t max;
    struct ladder_texts texts;
    struct draft draft;
    uint64_t facts[TUNNEL_WORDS]; /* of the tunnel that was judged last, and how: of thousands most are alike */
    struct judgement judgement;
    bool is_guess;            /* as in report_negotiation */
    struct tunnel *tunnels;   /* NULL: each view is one */
    uint32_t *buckets, *next; /* the negotiations by their addresses, the latest first; from 1, 0 is the end */
};

size_t diag_report_space(const struct diag *d)
{
    size_t one =
        sizeof(struct report_negotiation) + DRAFT_KEPT_MAX + 4096 + sizeof(struct tunnel) + 2 * sizeof(uint32_t) + 64;

    return sizeof(struct report) + (d->view_count + SOURCES_MAX) * one + ladder_texts_space() + 4096;
}

static void add_common(struct tunnel *t, const struct diag *d)
{
    bool is_in[SOURCES_MAX] = {false};

    for (size_t i = 0; i < t->view_count; i++) {
        is_in[t->views[i]->source] = true;
        t->listed[i] = d->sources[t->views[i]->source].listed;
        t->is_of_many |= d->sources[t->views[i]->source].has_several_peers;
    }
    for (size_t i = 0; i < SOURCES_MAX; i++) {
        if (is_in[i] && d->sources[i].common && t->common_count < TUNNEL_VIEWS_MAX)
            t->common[t->common_count++] = d->sources[i].common;
        if (is_in[i] || !d->sources[i].is_given)
            continue;
        t->has_silent_capture |= d->sources[i].vantage == VANTAGE_WIRE;
        t->has_silent_log |= d->sources[i].vantage == VANTAGE_DEVICE && d->sources[i].common &&
                             view_has(d->sources[i].common, FACT_DAEMON_UP);
    }
}

static void count_peers(struct diag *d)
{
    const struct view *first[SOURCES_MAX] = {NULL};

    for (size_t i = 0; i < d->view_count; i++) {
        const struct view *v = view_at(d, i);

        if (!v->is_used || !ip_is_set(v->peer))
            continue;
        if (!first[v->source])
            first[v->source] = v;
        d->sources[v->source].has_several_peers |= !ip_equal(v->peer, first[v->source]->peer);
    }
}

/* Longer than anybody waits for an answer: strongSwan 165 s, IOS and libreswan 60, an ASA 32. */
enum { LEFT_OFF_MS = 180 * 1000 };

static bool is_left_off(const struct tunnel *t, struct diag *d)
{
    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *v = t->views[i];

        if (is_followed(d, v) || (v->has_time && d->sources[v->source].last_ms > v->last_ms + LEFT_OFF_MS))
            return true;
    }
    return false;
}

/* ---- evidence ---- */

const char *report_text(struct report_line line)
{
    return line.evidence ? view_words(line.view, line.evidence) : "";
}

/* Of a view that the tunnel has by two ways. */
static bool is_told(const struct report_evidence *list, size_t count, const struct report_evidence *evidence)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].sentence, evidence->sentence) == 0 && list[i].source == evidence->source &&
            list[i].line == evidence->line && list[i].last_line == evidence->last_line)
            return true;
    return false;
}

static void add_view_evidence(struct report_evidence *out, size_t *count, size_t max, const struct view *v,
                              enum fact fact, const char *sentence)
{
    if (!view_has(v, fact) || *count == max)
        return;
    const struct fact_seen *seen = view_fact(v, fact);
    struct evidence *line = seen->evidence ? view_line(v, seen->evidence) : NULL;
    const struct report_evidence evidence = {.sentence = sentence,
                                             .text = {v, line},
                                             .source = v->source,
                                             .line = line ? line->line : seen->last_line,
                                             .last_line = seen->last_line,
                                             .count = seen->count};

    if (!is_told(out, *count, &evidence))
        out[(*count)++] = evidence;
}

/* What the fact rests on, in every file; a fact that rests on the absence of something has its sentence alone. */
static void add_evidence(struct report_evidence *out, size_t *count, size_t max, const struct tunnel *t, enum fact fact)
{
    enum fact lines = tunnel_lines_of(fact);
    size_t before = *count;

    for (size_t i = 0; i < t->view_count; i++)
        add_view_evidence(out, count, max, t->views[i], lines, fact_sentence(fact));
    for (size_t i = 0; i < t->common_count; i++)
        add_view_evidence(out, count, max, t->common[i], lines, fact_sentence(fact));
    if (*count == before && *count < max)
        out[(*count)++] = (struct report_evidence){.sentence = fact_sentence(fact),
                                                   .source = t->view_count ? t->views[0]->source : 0};
}

static bool has_sentence(const struct report_evidence *list, size_t count, const char *sentence)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].sentence, sentence) == 0)
            return true;
    return false;
}

static void add_reasons(struct report_cause *out, enum cause cause, const struct tunnel *t)
{
    size_t count;
    const struct rule *rules = judge_rules(&count);

    for (const struct rule *rule = rules; rule < rules + count; rule++) {
        if (rule->cause != cause || !tunnel_has(t, rule->fact))
            continue;
        if (rule->kind == RULE_AGAINST && !has_sentence(out->against, out->against_count, fact_sentence(rule->fact)))
            add_evidence(out->against, &out->against_count, REPORT_EVIDENCE_MAX, t, rule->fact);
        if ((rule->kind == RULE_FOR || rule->kind == RULE_PROOF) &&
            !has_sentence(out->evidence, out->evidence_count, fact_sentence(rule->fact)))
            add_evidence(out->evidence, &out->evidence_count, REPORT_EVIDENCE_MAX, t, rule->fact);
    }
}

static void add_cause(struct draft *d, const struct verdict *v, enum cause second, const struct tunnel *t,
                      struct arena *arena)
{
    const struct report_negotiation *n = &d->n;
    struct report_cause *out = draft_add_cause(d);

    out->id = cause_id(v->cause);
    out->family = cause_family(v->cause);
    out->sentence = cause_sentence(v->cause);
    out->missing = v->strength == STRENGTH_PROVEN ? "" : cause_missing(v->cause);
    out->strength = v->strength;
    out->score = v->score;
    out->next_test = repair_fill(cause_next(v->cause, second), n->local, n->peer, t, arena);
    if (n->is_guess) {
        out->sentence = guess_of(n->outcome)->sentence;
        out->next_test = guess_of(n->outcome)->next;
    }
    add_reasons(out, v->cause, t);
    if (cause_is_fault(v->cause))
        repair_add(out, v->cause, t, n, arena);
}

/* ---- ends, times ---- */

static void add_end(struct report_negotiation *n, enum role role, const struct tunnel *t)
{
    struct report_end *end = &n->ends[n->end_count];
    const struct view *shown = NULL;

    *end = (struct report_end){.role = role};
    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *v = t->views[i];

        if (v->vantage == VANTAGE_WIRE || v->role != role)
            continue;
        if (!shown || view_reached(v) > view_reached(shown) || view_is_up(v))
            shown = v;
        if (end->source_count < REPORT_SOURCES_MAX)
            end->sources[end->source_count++] = v->source;
    }
    if (!shown)
        return;
    end->local = shown->local;
    end->peer = shown->peer;
    end->stage = view_stage(shown, role);
    n->end_count++;
}

/* Captures belong to the end whose log has the same addresses; without logs to the initiator's, the second one to the
 * responder's. */
static void add_captures(struct report_negotiation *n, const struct tunnel *t)
{
    size_t captures = 0;

    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *v = t->views[i];

        if (v->vantage != VANTAGE_WIRE)
            continue;
        enum role role = captures++ == 0 ? ROLE_INITIATOR : ROLE_RESPONDER;
        struct report_end *end = NULL;

        for (size_t k = 0; k < n->end_count; k++)
            if (n->ends[k].role == role)
                end = &n->ends[k];
        if (!end && n->end_count == REPORT_ENDS_MAX)
            continue;
        if (!end) {
            end = &n->ends[n->end_count++];
            *end = (struct report_end){.role = role, .stage = view_stage(v, role)};
            end->local = role == ROLE_INITIATOR ? v->local : v->peer;
            end->peer = role == ROLE_INITIATOR ? v->peer : v->local;
        }
        if (end->source_count < REPORT_SOURCES_MAX)
            end->sources[end->source_count++] = v->source;
    }
}

/* Screens without a role. */
static void add_roleless(struct report_negotiation *n, const struct tunnel *t)
{
    const struct view *v = t->views[0];

    if (n->end_count > 0)
        return;
    n->ends[n->end_count++] = (struct report_end){.role = v->role,
                                                  .local = v->local,
                                                  .peer = v->peer,
                                                  .stage = view_stage(v, v->role),
                                                  .sources = {v->source},
                                                  .source_count = 1};
}

static void add_ends(struct report_negotiation *n, const struct tunnel *t)
{
    add_end(n, ROLE_INITIATOR, t);
    add_end(n, ROLE_RESPONDER, t);
    add_captures(n, t);
    add_roleless(n, t);

    const struct report_end *first = &n->ends[0];
    for (size_t i = 0; i < n->end_count; i++)
        if (n->ends[i].role == ROLE_INITIATOR)
            first = &n->ends[i];
    n->local = first->local;
    n->peer = first->peer;
    n->role = first->role;
    n->stage = first->stage;
}

static void add_times(struct report_negotiation *n, const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *v = t->views[i];

        n->attempts = v->attempts > n->attempts ? v->attempts : n->attempts;
        n->mode = n->mode == MODE_UNKNOWN ? v->mode : n->mode;
        if (!v->has_time || i > 0)
            continue; /* other files have other clocks */
        n->has_time = true;
        n->first_ms = v->first_ms;
        n->last_ms = v->last_ms;
    }
}

/* ---- putting it together ---- */

static enum outcome outcome_of(const struct tunnel *t, const struct judgement *j, bool is_guess)
{
    if (cause_is_fault(j->verdicts[0].cause))
        return OUTCOME_FAILED;
    if (is_guess)
        return tunnel_has(t, FACT_LEFT_OFF) ? OUTCOME_UNKNOWN : OUTCOME_IN_PROGRESS;
    return tunnel_has(t, FACT_TUNNEL_UP) || tunnel_has(t, FACT_ANY_PHASE1_UP) ? OUTCOME_UP : OUTCOME_IN_PROGRESS;
}

static uint32_t *bucket_of(const struct work *w, const struct report_negotiation *n)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < sizeof n->local.octets; i++)
        hash = ((hash ^ n->local.octets[i]) * 16777619u ^ n->peer.octets[i]) * 16777619u;
    return &w->buckets[hash % w->max];
}

/* Attempts between the same ends with the same first cause are one; and one that is under way where others stopped goes
 * with these. */
static struct report_negotiation *find_same(const struct work *w, const struct report_negotiation *n, enum cause first)
{
    for (size_t i = *bucket_of(w, n); i > 0; i = w->next[i - 1]) {
        struct report_negotiation *old = &w->report->negotiations[i - 1];

        bool is_alike = old->causes[0].id == cause_id(first) || (n->is_guess && n->outcome == OUTCOME_IN_PROGRESS);

        if (is_alike && ip_equal(old->local, n->local) && ip_equal(old->peer, n->peer) && old->role == n->role &&
            old->phase == n->phase && old->stage.asa == n->stage.asa)
            return old;
    }
    return NULL;
}

static void merge(struct report_negotiation *old, const struct report_negotiation *n)
{
    old->attempts += n->attempts;
    if (n->has_time && n->last_ms > old->last_ms)
        old->last_ms = n->last_ms;
}

/* Of a line that is quoted somewhere nothing follows. */
static bool tells_something(const struct tunnel *t)
{
    for (size_t i = 0; i < t->view_count; i++)
        if (t->views[i]->fact_count > 0)
            return true;
    return false;
}

/* The facts are all that is asked. Where there are none, as at first, nothing speaks for any cause. */
static const struct judgement *judge_once(struct work *w, const struct tunnel *t)
{
    struct judgement *j = &w->judgement;

    if (memcmp(w->facts, t->facts, sizeof w->facts) == 0 && j->count > 0)
        return j;
    judge(j, t);
    memcpy(w->facts, t->facts, sizeof w->facts);
    w->is_guess = j->count == 0;
    if (w->is_guess) /* it is under way, or nothing that we know fits */
        j->verdicts[j->count++] = (struct verdict){CAUSE_none, STRENGTH_POSSIBLE, SCORE_OF_A_GUESS, 0};
    return j;
}

static void add_causes(struct work *w, const struct judgement *j, const struct tunnel *t)
{
    size_t causes = cause_is_fault(j->verdicts[0].cause) ? j->count : 1;

    for (size_t i = 0; i < causes && i < REPORT_CAUSES_MAX; i++)
        if (i == 0 || j->verdicts[i].score >= 0.01)
            add_cause(&w->draft, &j->verdicts[i], i + 1 < j->count ? j->verdicts[i + 1].cause : CAUSE_COUNT, t,
                      w->arena);
}

/* What is drafted goes into the report. */
static void keep(struct work *w)
{
    struct report *report = w->report;
    size_t count = report->negotiation_count;
    struct report_negotiation *kept = &report->negotiations[count];

    if (count == w->max || !draft_keep(&w->draft, count > 0 ? kept - 1 : NULL, kept, w->arena)) {
        report->dropped++;
        return;
    }
    w->next[count] = *bucket_of(w, kept);
    *bucket_of(w, kept) = (uint32_t)++report->negotiation_count;
}

static void tell(struct work *w, struct tunnel *t)
{
    struct report_negotiation *n = &w->draft.n;

    if (!tells_something(t))
        return;
    add_common(t, w->d);
    t->is_left = is_left_off(t, w->d);
    tunnel_conclude(t);
    const struct judgement *j = judge_once(w, t);
    if (w->is_guess && !tunnel_has_messages(t))
        return;
    draft_begin(&w->draft);
    n->outcome = outcome_of(t, j, w->is_guess);
    n->is_guess = w->is_guess;
    n->phase = tunnel_has(t, FACT_ANY_PHASE1_UP) && !tunnel_has(t, FACT_REFUSED_AT_6) ? 2 : 1;
    add_ends(n, t);
    add_times(n, t);

    struct report_negotiation *same = find_same(w, n, j->verdicts[0].cause);
    if (same) {
        merge(same, n);
        return;
    }
    add_causes(w, j, t);
    ladder_add_steps(n, t);
    ladder_add_proofs(n, j, t, &w->texts);
    ladder_add_herrings(n, t);
    for (size_t i = 1; i < t->view_count; i++)
        ladder_add_clock(n, t->views[0], t->views[i]);
    if (join_find_translation(t, &n->translation))
        n->joined = join_sentence(t);
    keep(w);
}

/* What a file says of no negotiation is still worth a word. */
static void add_notes(struct report *report, const struct diag *d)
{
    static const struct {
        enum fact fact, unless;
        const char *note;
    } rows[] = {
#define NOTE(fact, note) {FACT_##fact, FACT_COUNT, note},
#define NOTE_UNLESS(fact, other, note) {FACT_##fact, FACT_##other, note},
#include "diag/notes.def"
#undef NOTE
#undef NOTE_UNLESS
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t s = 0; s < SOURCES_MAX; s++)
            if (d->sources[s].common && view_has(d->sources[s].common, rows[i].fact) &&
                !view_has(d->sources[s].common, rows[i].unless)) {
                if (report->note_count < REPORT_LINES_MAX)
                    report->notes[report->note_count++] = rows[i].note;
                break;
            }
}

/* True: there is any. */
static bool tell_all(struct work *w)
{
    struct view *v;
    size_t count = 0;

    if (w->tunnels) {
        count = join_views(w->d, w->tunnels, &w->report->doubtful);
        for (size_t i = 0; i < count; i++)
            tell(w, &w->tunnels[i]);
    } else {
        for (size_t at = 0; (v = join_next(w->d, &at)) != NULL; count++)
            tell(w, &(struct tunnel){.views = {v}, .view_count = 1});
    }
    return count > 0;
}

struct report *diag_report(struct diag *d, struct arena *arena)
{
    struct report *report = arena_take(arena, sizeof *report);
    struct work w = {.d = d, .arena = arena, .report = report, .max = d->view_count + SOURCES_MAX};

    if (!report)
        return NULL;
    report->negotiations = arena_take(arena, w.max * sizeof *report->negotiations);
    w.buckets = arena_take(arena, w.max * sizeof *w.buckets);
    w.next = arena_take(arena, w.max * sizeof *w.next);
    if (!report->negotiations || !w.buckets || !w.next || !ladder_texts_begin(&w.texts, arena))
        return NULL;
    if (join_is_needed(d) && !(w.tunnels = arena_take(arena, w.max * sizeof *w.tunnels)))
        return NULL;
    count_peers(d);
    bool is_any = tell_all(&w);
    for (size_t s = 0; s < SOURCES_MAX && !is_any; s++) /* nothing but what is said of the device */
        if (d->sources[s].common)
            tell(&w, &(struct tunnel){.views = {d->sources[s].common}, .view_count = 1});
    report->dropped += d->dropped;
    report->ikev2 = d->ikev2;
    add_notes(report, d);
    return report;
}

/* ---- names ---- */

const char *strength_name(enum strength strength)
{
    static const char *const names[] = {"possible", "likely", "proven"};

    return names[strength];
}

const char *role_name(enum role role)
{
    static const char *const names[] = {"unknown", "initiator", "responder"};

    return names[role];
}

const char *mode_name(enum mode mode)
{
    static const char *const names[] = {"unknown", "main", "aggressive"};

    return names[mode];
}

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {"unknown", "up", "failed", "in_progress"};

    return names[outcome];
}

const char *diag_cause_name(size_t index)
{
    return index < CAUSE_COUNT ? cause_id((enum cause)index) : NULL;
}

const char *diag_cause_family(const char *id)
{
    for (enum cause c = 0; c < CAUSE_COUNT; c++)
        if (strcmp(cause_id(c), id) == 0)
            return cause_family(c);
    return NULL;
}
