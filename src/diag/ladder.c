#include "diag/ladder.h"

#include "base/check.h"
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000, EXCLUDED_SIZE = 300, LISTED_SIZE = 128 };

static struct evidence *line_of(const struct view *v, enum fact fact)
{
    return view_has(v, fact) && view_fact(v, fact)->evidence ? view_line(v, view_fact(v, fact)->evidence) : NULL;
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
                                     FACT_ESP_THERE,           FACT_ESP_BACK,
                                     FACT_PROBE_TAKEN,         FACT_PROBE_TAKES_WEAK,
                                     FACT_PROBE_NAT_T};

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
    struct evidence *line = line_of(v, fact);
    const char *exchange;
    unsigned number = 0;

    if (!line || n->step_count == REPORT_STEPS_MAX || (!fact_is_step(fact, &exchange, &number) && !is_shown(fact)))
        return;
    add_step(n, &(struct report_step){.name = step_name(fact),
                                      .sentence = fact_sentence(fact),
                                      .fate = fate_of(t, v, fact),
                                      .text = {v, line},
                                      .is_from_initiator = number % 2 == 1,
                                      .source = v->source,
                                      .line = line->line,
                                      .last_line = view_fact(v, fact)->last_line,
                                      .count = view_fact(v, fact)->count,
                                      .has_time = line->has_time,
                                      .time_ms = line->time_ms});
}

/* Those of a view that `main`, unless it is NULL, does not show. */
static void add_fact_steps(struct report_negotiation *n, const struct tunnel *t, const struct view *v,
                           const struct view *main)
{
    for (unsigned word = 0; word < FACT_WORDS; word++)
        for (uint64_t rest = v->has[word]; rest != 0; rest &= rest - 1) {
            enum fact fact = 64 * word + (unsigned)__builtin_ctzll(rest);

            if (!main || !line_of(main, fact))
                add_fact_step(n, t, v, fact);
        }
}

/* The file that shows most, and of the others what it does not show. */
void ladder_add_steps(struct report_negotiation *n, const struct tunnel *t)
{
    const struct view *main = fullest(t);

    add_fact_steps(n, t, main, NULL);
    for (size_t i = 0; i < t->view_count; i++)
        if (t->views[i] != main)
            add_fact_steps(n, t, t->views[i], main);
}

/* ---- proven, open, excluded ---- */

static void add_line(const char **lines, size_t *count, size_t max, const char *line)
{
    if (line && *count < max)
        lines[(*count)++] = line;
}

static size_t rule_count(void)
{
    size_t count = 0;

    while (judge_rule(count))
        count++;
    return count;
}

size_t ladder_texts_space(void)
{
    return rule_count() * (sizeof(const char *) + EXCLUDED_SIZE + 16) +
           (size_t)(2 * STATE_ROWS) * REPORT_LINES_MAX * (LISTED_SIZE + 16) + 16;
}

bool ladder_texts_begin(struct ladder_texts *texts, struct arena *arena)
{
    *texts =
        (struct ladder_texts){.arena = arena, .excluded = arena_take(arena, rule_count() * sizeof *texts->excluded)};
    return texts->excluded;
}

/* "a, b, c" as three. */
static void add_list(const char **lines, size_t *count, const char *list, struct ladder_texts *texts)
{
    size_t at = 0;

    while (at < texts->list_count && texts->lists[at].list != list)
        at++;
    CHECK(at < COUNT_OF(texts->lists));
    if (at == texts->list_count) {
        texts->lists[at].list = list;
        texts->list_count++;
        for (const char *rest = list; *rest; rest += strspn(rest, ", ")) {
            size_t len = strcspn(rest, ",");

            add_line(texts->lists[at].lines, &texts->lists[at].count, REPORT_LINES_MAX,
                     arena_copy_text(texts->arena, bytes_of(rest, len)));
            rest += len;
        }
    }
    for (size_t i = 0; i < texts->lists[at].count; i++)
        add_line(lines, count, REPORT_LINES_MAX, texts->lists[at].lines[i]);
}

static const char *excluded_by(size_t index, struct ladder_texts *texts)
{
    const struct rule *rule = judge_rule(index);
    char space[EXCLUDED_SIZE];
    struct text line = text_of(space, sizeof space);

    if (!texts->excluded[index]) {
        text_add(&line, "%s: %s", cause_id(rule->cause), fact_sentence(rule->fact));
        texts->excluded[index] = arena_copy_text(texts->arena, bytes_of(space, line.len));
    }
    return texts->excluded[index];
}

/* What the state of one end leaves open, and what of either end's files has settled it all the same. */
static bool is_settled(const char *question, const struct tunnel *t)
{
    static const struct {
        const char *question;
        enum fact fact;
    } rows[] = {
        {"whether the keys are equal", FACT_ANY_PHASE1_UP},
        {"whether the keys are equal", FACT_KEYS_DIFFER},
        {"whether the peer accepts our identity", FACT_ANY_PHASE1_UP},
        {"UDP 4500 where there is NAT", FACT_ANY_PHASE1_UP},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].question, question) == 0 && tunnel_has(t, rows[i].fact))
            return true;
    return false;
}

static void add_open(struct report_negotiation *n, const char *list, const struct tunnel *t, struct ladder_texts *texts)
{
    const char *questions[REPORT_LINES_MAX];
    size_t count = 0;

    add_list(questions, &count, list, texts);
    for (size_t i = 0; i < count; i++)
        if (!is_settled(questions[i], t))
            add_line(n->open, &n->open_count, REPORT_LINES_MAX, questions[i]);
}

static const struct state_row *state_of(const struct report_negotiation *n, const struct tunnel *t)
{
    bool is_unanswered = strcmp(n->stage.asa, "MM_ACTIVE") == 0 && !tunnel_has(t, FACT_ANY_PHASE1_UP);

    return states_find(is_unanswered ? "MM_ACTIVE, unanswered" : n->stage.asa);
}

/* What the state of either end proves: that of the end which is further says most. */
void ladder_add_proofs(struct report_negotiation *n, const struct judgement *j, const struct tunnel *t,
                       struct ladder_texts *texts)
{
    const struct state_row *row = state_of(n, t);

    n->story = row ? row->story : "";
    if (row && strcmp(row->proven, "nothing") != 0)
        add_list(n->proven, &n->proven_count, row->proven, texts);
    if (row && n->outcome != OUTCOME_UP && strcmp(row->open, "nothing") != 0)
        add_open(n, row->open, t, texts);
    if (tunnel_has(t, FACT_PROBED_ALONE))
        add_list(n->proven, &n->proven_count,
                 "a route there and back, UDP 500, a common policy with what was asked for", texts);
    if (tunnel_has(t, FACT_TUNNEL_UP))
        add_line(n->proven, &n->proven_count, REPORT_LINES_MAX, "phase 2");
    for (size_t i = 0; i < j->exclusion_count && n->excluded_count < REPORT_EXCLUDED_MAX; i++)
        add_line(n->excluded, &n->excluded_count, REPORT_EXCLUDED_MAX, excluded_by(j->exclusions[i], texts));
}

void ladder_add_herrings(struct report_negotiation *n, const struct tunnel *t)
{
    enum fact fact;
    const char *why;

    for (size_t i = 0; (why = judge_herring(i, &fact)); i++)
        if (tunnel_has(t, fact))
            add_line(n->herrings, &n->herring_count, REPORT_LINES_MAX, why);
}

/* ---- clocks ---- */

/* Half the difference of the way there and the way back is the way; the rest is the clocks. */
/* Where one clock tells no day, of the time of day. */
static int64_t clock_difference(uint64_t two_ms, uint64_t one_ms)
{
    bool is_of_day = (two_ms < DAY_MS) != (one_ms < DAY_MS);
    int64_t difference =
        is_of_day ? (int64_t)(two_ms % DAY_MS) - (int64_t)(one_ms % DAY_MS) : (int64_t)(two_ms - one_ms);

    if (is_of_day && difference > DAY_MS / 2)
        difference -= DAY_MS;
    if (is_of_day && difference < -DAY_MS / 2)
        difference += DAY_MS;
    return difference;
}

struct clock_difference ladder_clocks(const struct view *a, const struct view *b)
{
    struct clock_difference d = {0};
    const char *exchange;
    unsigned number;

    for (enum fact f = 0; f < FACT_COUNT; f++) {
        const struct evidence *one = line_of(a, f), *two = line_of(b, f);

        if (!fact_is_step(f, &exchange, &number) || number == 0 || !one || !two || !one->has_time || !two->has_time)
            continue;
        int64_t difference = clock_difference(two->time_ms, one->time_ms);
        bool is_first = d.there_count + d.back_count == 0;

        d.least_ms = is_first || difference < d.least_ms ? difference : d.least_ms;
        d.most_ms = is_first || difference > d.most_ms ? difference : d.most_ms;
        d.there_ms += number % 2 == 1 ? difference : 0;
        d.there_count += number % 2 == 1;
        d.back_ms += number % 2 == 0 ? difference : 0;
        d.back_count += number % 2 == 0;
    }
    return d;
}

void ladder_add_clock(struct report_negotiation *n, const struct view *a, const struct view *b)
{
    struct clock_difference d = ladder_clocks(a, b);

    if (d.there_count == 0 || d.back_count == 0 || n->clock_count == REPORT_SOURCES_MAX)
        return;
    n->clocks[n->clock_count++] = (struct report_clock){
        b->source, a->source, (d.there_ms / (int64_t)d.there_count + d.back_ms / (int64_t)d.back_count) / 2};
}
