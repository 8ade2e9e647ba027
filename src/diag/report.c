#include "base/check.h"
#include "diag/collect.h"
#include "diag/judge.h"
#include "diag/repair.h"
#include "diag/states.h"

#include <string.h>

#define SCORE_OF_A_GUESS 0.2

/* One negotiation on its way into the report. */
struct work {
    struct diag *d;
    struct arena *arena;
    struct report *report;
    size_t max;
};

size_t diag_report_space(const struct diag *d)
{
    size_t one = sizeof(struct report_negotiation) + REPORT_CAUSES_MAX * sizeof(struct report_cause) +
                 REPORT_STEPS_MAX * sizeof(struct report_step) + 4096 + sizeof(struct tunnel) + 64;

    return sizeof(struct report) + (d->view_count + SOURCES_MAX) * one + 4096;
}

/* ---- tunnels of views ---- */

static size_t likeness(const struct tunnel *t, const struct view *v)
{
    size_t common = 0;
    const char *exchange;
    unsigned number;

    for (enum fact f = 0; f < FACT_COUNT; f++)
        if (fact_is_step(f, &exchange, &number))
            common += view_has(t->views[0], f) == view_has(v, f);
    return common;
}

/* With one file each view is a negotiation; with several, the one that is most alike. */
static struct tunnel *tunnel_for(struct tunnel *tunnels, size_t count, const struct view *v, bool is_one_file)
{
    struct tunnel *best = NULL;
    size_t most = 0;

    for (size_t i = 0; i < count && !is_one_file; i++)
        if (tunnel_fits(&tunnels[i], v) && likeness(&tunnels[i], v) + 1 > most) {
            most = likeness(&tunnels[i], v) + 1;
            best = &tunnels[i];
        }
    return best;
}

static void add_common(struct tunnel *t, const struct diag *d)
{
    bool is_in[SOURCES_MAX] = {false};

    for (size_t i = 0; i < t->view_count; i++)
        is_in[t->views[i]->source] = true;
    for (size_t i = 0; i < SOURCES_MAX; i++) {
        if (is_in[i] && d->sources[i].common.is_used && t->common_count < TUNNEL_VIEWS_MAX)
            t->common[t->common_count++] = &d->sources[i].common;
        if (is_in[i] || !d->sources[i].is_given)
            continue;
        t->has_silent_capture |= d->sources[i].vantage == VANTAGE_WIRE;
        t->has_silent_log |= d->sources[i].vantage == VANTAGE_DEVICE && d->sources[i].common.is_used &&
                             view_has(&d->sources[i].common, FACT_DAEMON_UP);
    }
}

/* ---- evidence ---- */

static void add_view_evidence(struct report_evidence *out, size_t *count, size_t max, const struct view *v,
                              enum fact fact, const char *sentence)
{
    if (!view_has(v, fact) || *count == max)
        return;
    const struct fact_seen *seen = &v->facts[fact];
    const struct evidence *line = seen->evidence ? &v->evidence[seen->evidence - 1] : NULL;

    out[(*count)++] = (struct report_evidence){.sentence = sentence,
                                               .text = line ? line->text : "",
                                               .source = v->source,
                                               .line = line ? line->line : seen->last_line,
                                               .last_line = seen->last_line,
                                               .count = seen->count};
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
        out[(*count)++] = (struct report_evidence){
            .sentence = fact_sentence(fact), .text = "", .source = t->view_count ? t->views[0]->source : 0};
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
    const struct rule *rule;

    for (size_t i = 0; (rule = judge_rule(i)); i++) {
        if (rule->cause != cause || !tunnel_has(t, rule->fact))
            continue;
        if (rule->kind == RULE_AGAINST && !has_sentence(out->against, out->against_count, fact_sentence(rule->fact)))
            add_evidence(out->against, &out->against_count, REPORT_EVIDENCE_MAX, t, rule->fact);
        if ((rule->kind == RULE_FOR || rule->kind == RULE_PROOF) &&
            !has_sentence(out->evidence, out->evidence_count, fact_sentence(rule->fact)))
            add_evidence(out->evidence, &out->evidence_count, REPORT_EVIDENCE_MAX, t, rule->fact);
    }
}

static void add_cause(struct report_negotiation *n, const struct verdict *v, enum cause second, const struct tunnel *t,
                      struct arena *arena)
{
    struct report_cause *out = &n->causes[n->cause_count++];

    out->id = cause_id(v->cause);
    out->family = cause_family(v->cause);
    out->sentence = cause_sentence(v->cause);
    out->missing = v->strength == STRENGTH_PROVEN ? "" : cause_missing(v->cause);
    out->strength = v->strength;
    out->score = v->score;
    out->next_test = repair_fill(cause_next(v->cause, second), n->local, n->peer, t, arena);
    add_reasons(out, v->cause, t);
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

/* ---- the ladder ---- */

static const struct evidence *line_of(const struct view *v, enum fact fact)
{
    return view_has(v, fact) && v->facts[fact].evidence ? &v->evidence[v->facts[fact].evidence - 1] : NULL;
}

/* Facts that are no messages, and belong between them. */
static bool is_shown(enum fact fact)
{
    static const uint16_t shown[] = {FACT_CLEAR_NO_PROPOSAL,   FACT_CLEAR_INVALID_COOKIE,
                                     FACT_CLEAR_INVALID_KEY,   FACT_CLEAR_AUTH_FAILED,
                                     FACT_NAT_FOUND,           FACT_POLICY_AGREED,
                                     FACT_NO_KEY_HERE,         FACT_PEER_UNKNOWN_HERE,
                                     FACT_P1_REFUSED_HERE,     FACT_FIVE_UNREADABLE,
                                     FACT_NOTIFY_UNREADABLE,   FACT_SEALED_NOTIFY_AT_5,
                                     FACT_TOLD_AUTH_FAILED,    FACT_TOLD_INVALID_ID_1,
                                     FACT_ID_DIFFERS_HERE,     FACT_CERT_REFUSED_HERE,
                                     FACT_PHASE1_UP,           FACT_PHASE2_UP,
                                     FACT_P2_REFUSED_HERE,     FACT_P2_TOLD_NO_PROPOSAL,
                                     FACT_P2_TOLD_INVALID_ID,  FACT_PROXY_REFUSED_HERE,
                                     FACT_SEALED_NOTIFY_AT_QM, FACT_USER_REFUSED_HERE,
                                     FACT_SEND_REFUSED,        FACT_ICMP_NO_PORT,
                                     FACT_ICMP_NO_HOST,        FACT_ICMP_FILTERED,
                                     FACT_HASH_WRONG,          FACT_INITIATOR_ENDS_AT_6,
                                     FACT_PEER_LOST,           FACT_SPI_UNKNOWN,
                                     FACT_COOKIE_LOST_WHEN_UP, FACT_INSTALL_FAILED,
                                     FACT_ESP_THERE,           FACT_ESP_BACK};

    for (size_t i = 0; i < COUNT_OF(shown); i++)
        if (shown[i] == fact)
            return true;
    return false;
}

static const char *step_name(enum fact fact)
{
    static const struct {
        enum fact fact;
        const char *name;
    } names[] = {{FACT_MSG_1, "1"},   {FACT_MSG_2, "2"},   {FACT_MSG_3, "3"},   {FACT_MSG_4, "4"},
                 {FACT_MSG_5, "5"},   {FACT_MSG_6, "6"},   {FACT_AM_1, "AM 1"}, {FACT_AM_2, "AM 2"},
                 {FACT_AM_3, "AM 3"}, {FACT_QM_1, "QM 1"}, {FACT_QM_2, "QM 2"}, {FACT_QM_3, "QM 3"},
                 {FACT_TM_ANY, "TM"}};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].fact == fact)
            return names[i].name;
    return "";
}

/* "Sent here, never seen there": some file of another end has not what this one has. */
static const char *fate_of(const struct tunnel *t, const struct view *v, enum fact fact)
{
    static const struct {
        enum fact step, lost;
    } rows[] = {{FACT_MSG_1, FACT_FIRST_LOST},       {FACT_AM_1, FACT_FIRST_LOST},
                {FACT_MSG_2, FACT_SECOND_LOST},      {FACT_AM_2, FACT_SECOND_LOST},
                {FACT_MSG_3, FACT_THIRD_LOST},       {FACT_MSG_4, FACT_FOURTH_LOST},
                {FACT_MSG_5, FACT_FIFTH_LOST},       {FACT_MSG_6, FACT_SIXTH_LOST},
                {FACT_ESP_BACK, FACT_ESP_LOST_BACK}, {FACT_ESP_THERE, FACT_ESP_LOST_THERE}};

    (void)v;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].step == fact && tunnel_has(t, rows[i].lost))
            return "sent, and never seen at the other end";
    return "";
}

static bool is_before(const struct report_step *a, const struct report_step *b)
{
    if (a->source == b->source)
        return a->line < b->line;
    return false; /* other files have other clocks: messages keep their order */
}

static void add_step(struct report_negotiation *n, const struct report_step *step)
{
    size_t at = n->step_count++;

    for (; at > 0 && is_before(step, &n->steps[at - 1]); at--)
        n->steps[at] = n->steps[at - 1];
    n->steps[at] = *step;
}

static const struct view *fullest(const struct tunnel *t)
{
    const struct view *best = t->views[0];

    for (size_t i = 1; i < t->view_count; i++)
        if (t->views[i]->evidence_count > best->evidence_count)
            best = t->views[i];
    return best;
}

static void add_fact_step(struct report_negotiation *n, const struct tunnel *t, const struct view *v, enum fact fact)
{
    const struct evidence *line = line_of(v, fact);
    const char *exchange;
    unsigned number;
    bool is_message = fact_is_step(fact, &exchange, &number);

    if (!line || n->step_count == REPORT_STEPS_MAX || (!is_message && !is_shown(fact)))
        return;
    add_step(n, &(struct report_step){.name = step_name(fact),
                                      .sentence = fact_sentence(fact),
                                      .fate = fate_of(t, v, fact),
                                      .is_from_initiator = number % 2 == 1,
                                      .source = v->source,
                                      .line = line->line,
                                      .last_line = v->facts[fact].last_line,
                                      .count = v->facts[fact].count,
                                      .has_time = line->has_time,
                                      .time_ms = line->time_ms});
}

/* The file that shows most, and of the others what it does not show. */
static void add_ladder(struct report_negotiation *n, const struct tunnel *t)
{
    const struct view *main = fullest(t);

    for (enum fact f = 0; f < FACT_COUNT; f++)
        add_fact_step(n, t, main, f);
    for (size_t i = 0; i < t->view_count; i++)
        for (enum fact f = 0; f < FACT_COUNT && t->views[i] != main; f++)
            if (!line_of(main, f))
                add_fact_step(n, t, t->views[i], f);
}

/* ---- proven, open, excluded ---- */

static void add_line(const char **lines, size_t *count, size_t max, const char *line)
{
    if (line && *count < max)
        lines[(*count)++] = line;
}

/* "a, b, c" as three. */
static void add_list(const char **lines, size_t *count, const char *list, struct arena *arena)
{
    while (*list) {
        size_t len = strcspn(list, ",");

        add_line(lines, count, REPORT_LINES_MAX, arena_copy_text(arena, bytes_of(list, len)));
        list += len;
        list += strspn(list, ", ");
    }
}

/* What the state of either end proves: that of the end which is further says most. */
static void add_proofs(struct report_negotiation *n, const struct judgement *j, const struct tunnel *t,
                       struct arena *arena)
{
    const struct state_row *row = states_find(n->stage.asa);
    const struct rule *rule;
    bool is_said[CAUSE_COUNT] = {false};

    n->story = row ? row->story : "";
    if (row && strcmp(row->proven, "nothing") != 0)
        add_list(n->proven, &n->proven_count, row->proven, arena);
    if (row && n->outcome != OUTCOME_UP && strcmp(row->open, "nothing") != 0)
        add_list(n->open, &n->open_count, row->open, arena);
    if (tunnel_has(t, FACT_TUNNEL_UP))
        add_line(n->proven, &n->proven_count, REPORT_LINES_MAX, "phase 2");
    for (size_t i = 0; (rule = judge_rule(i)); i++)
        if (rule->kind == RULE_NEVER && j->is_excluded[rule->cause] && tunnel_has(t, rule->fact) &&
            !is_said[rule->cause]) {
            char space[300];
            struct text line = text_of(space, sizeof space);

            is_said[rule->cause] = true;
            text_add(&line, "%s: %s", cause_id(rule->cause), fact_sentence(rule->fact));
            add_line(n->excluded, &n->excluded_count, REPORT_EXCLUDED_MAX,
                     arena_copy_text(arena, bytes_of(space, line.len)));
        }
}

static void add_herrings(struct report_negotiation *n, const struct tunnel *t)
{
    enum fact fact;
    const char *why;

    for (size_t i = 0; (why = judge_herring(i, &fact)); i++)
        if (tunnel_has(t, fact))
            add_line(n->herrings, &n->herring_count, REPORT_LINES_MAX, why);
}

/* ---- clocks ---- */

/* Half the difference of the way there and the way back is the way; the rest is the clocks. */
static void add_clock(struct report_negotiation *n, const struct view *a, const struct view *b)
{
    int64_t there = 0, back = 0;
    size_t there_count = 0, back_count = 0;
    const char *exchange;
    unsigned number;

    for (enum fact f = 0; f < FACT_COUNT; f++) {
        const struct evidence *one = line_of(a, f), *two = line_of(b, f);

        if (!fact_is_step(f, &exchange, &number) || number == 0 || !one || !two || !one->has_time || !two->has_time)
            continue;
        int64_t difference = (int64_t)(two->time_ms - one->time_ms);

        there += number % 2 == 1 ? difference : 0;
        there_count += number % 2 == 1;
        back += number % 2 == 0 ? difference : 0;
        back_count += number % 2 == 0;
    }
    if (there_count == 0 || back_count == 0 || n->clock_count == REPORT_SOURCES_MAX)
        return;
    n->clocks[n->clock_count++] =
        (struct report_clock){b->source, a->source, (there / (int64_t)there_count + back / (int64_t)back_count) / 2};
}

/* ---- putting it together ---- */

static enum outcome outcome_of(const struct tunnel *t, const struct judgement *j)
{
    bool is_fault = j->count > 0 && cause_is_fault(j->verdicts[0].cause);

    if (is_fault)
        return OUTCOME_FAILED;
    if (j->verdicts[0].points == 0)
        return OUTCOME_IN_PROGRESS;
    if (tunnel_has(t, FACT_TUNNEL_UP) || tunnel_has(t, FACT_ANY_PHASE1_UP))
        return OUTCOME_UP;
    return j->count > 0 ? OUTCOME_IN_PROGRESS : OUTCOME_UNKNOWN;
}

/* Attempts between the same ends with the same first cause are one. */
static struct report_negotiation *find_same(const struct report *report, const struct report_negotiation *n,
                                            enum cause first)
{
    for (size_t i = report->negotiation_count; i > 0; i--) {
        struct report_negotiation *old = &report->negotiations[i - 1];

        if (old->causes[0].id == cause_id(first) && ip_equal(old->local, n->local) && ip_equal(old->peer, n->peer) &&
            old->role == n->role && old->phase == n->phase && old->stage.asa == n->stage.asa &&
            strcmp(old->causes[0].family, cause_family(first)) == 0)
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
        for (enum fact f = 0; f < FACT_COUNT; f++)
            if (view_has(t->views[i], f))
                return true;
    return false;
}

static void tell(struct work *w, struct tunnel *t)
{
    struct judgement j;
    struct report_negotiation n = {0};

    if (!tells_something(t))
        return;
    add_common(t, w->d);
    tunnel_conclude(t);
    judge(&j, t);
    if (j.count == 0 && !tunnel_has_messages(t))
        return;
    if (j.count == 0) /* it is under way, or nothing that we know fits */
        j.verdicts[j.count++] = (struct verdict){CAUSE_none, STRENGTH_POSSIBLE, SCORE_OF_A_GUESS, 0};
    n.outcome = outcome_of(t, &j);
    n.phase = tunnel_has(t, FACT_ANY_PHASE1_UP) && !tunnel_has(t, FACT_REFUSED_AT_6) ? 2 : 1;
    add_ends(&n, t);
    add_times(&n, t);

    struct report_negotiation *same = find_same(w->report, &n, j.verdicts[0].cause);
    if (same) {
        merge(same, &n);
        return;
    }
    size_t causes = cause_is_fault(j.verdicts[0].cause) ? j.count : 1;

    causes = causes < REPORT_CAUSES_MAX ? causes : REPORT_CAUSES_MAX;
    n.causes = arena_take(w->arena, causes * sizeof *n.causes);
    if (!n.causes || w->report->negotiation_count == w->max) {
        w->report->dropped++;
        return;
    }
    for (size_t i = 0; i < causes; i++)
        if (i == 0 || j.verdicts[i].score >= 0.01)
            add_cause(&n, &j.verdicts[i], i + 1 < j.count ? j.verdicts[i + 1].cause : CAUSE_COUNT, t, w->arena);
    struct report_step steps[REPORT_STEPS_MAX];

    n.steps = steps;
    add_ladder(&n, t);
    n.steps = arena_take(w->arena, (n.step_count + 1) * sizeof *n.steps);
    if (!n.steps) {
        w->report->dropped++;
        return;
    }
    memcpy(n.steps, steps, n.step_count * sizeof *steps);
    add_proofs(&n, &j, t, w->arena);
    add_herrings(&n, t);
    for (size_t i = 1; i < t->view_count; i++)
        add_clock(&n, t->views[0], t->views[i]);
    w->report->negotiations[w->report->negotiation_count++] = n;
}

/* What a file says of no negotiation is still worth a word. */
static void add_notes(struct report *report, const struct diag *d)
{
    static const struct {
        enum fact fact;
        const char *note;
    } rows[] = {
#define NOTE(fact, note) {FACT_##fact, note},
#include "diag/notes.def"
#undef NOTE
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t s = 0; s < SOURCES_MAX; s++)
            if (d->sources[s].common.is_used && view_has(&d->sources[s].common, rows[i].fact)) {
                add_line(report->notes, &report->note_count, REPORT_LINES_MAX, rows[i].note);
                break;
            }
}

struct report *diag_report(struct diag *d, struct arena *arena)
{
    struct report *report = arena_take(arena, sizeof *report);
    struct tunnel *tunnels = arena_take(arena, (d->view_count + SOURCES_MAX) * sizeof *tunnels);
    size_t tunnel_count = 0, files = 0;
    struct work w = {d, arena, report, d->view_count + SOURCES_MAX};

    if (!report || !tunnels)
        return NULL;
    report->negotiations = arena_take(arena, w.max * sizeof *report->negotiations);
    if (!report->negotiations)
        return NULL;
    for (size_t i = 0; i < SOURCES_MAX; i++)
        files += d->sources[i].is_given;
    for (size_t i = 0; i < d->view_count; i++) {
        struct view *v = view_at(d, i);

        if (!v->is_used)
            continue;
        view_close(v);
        struct tunnel *t = tunnel_for(tunnels, tunnel_count, v, files < 2);
        if (!t)
            t = &tunnels[tunnel_count++];
        t->views[t->view_count++] = v;
    }
    for (size_t s = 0; s < SOURCES_MAX && tunnel_count == 0; s++) /* nothing but what is said of the device */
        if (d->sources[s].common.is_used)
            tunnels[tunnel_count++] = (struct tunnel){.views = {&d->sources[s].common}, .view_count = 1};
    for (size_t i = 0; i < tunnel_count; i++)
        tell(&w, &tunnels[i]);
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
