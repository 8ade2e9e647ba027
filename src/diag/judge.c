#include "diag/judge.h"

#include "base/check.h"

#include <string.h>

static const struct {
    const char *id, *family, *sentence, *missing, *next;
} causes[] = {
#define CAUSE(id, family, sentence, missing, next) {#id, #family, sentence, missing, next},
#define SPLIT(...)
#define GUESS(...)
#include "diag/causes.def"
#undef CAUSE
#undef SPLIT
#undef GUESS
};

static const struct {
    enum cause first, second;
    const char *test;
} splits[] = {
#define CAUSE(...)
#define GUESS(...)
#define SPLIT(first, second, test) {CAUSE_##first, CAUSE_##second, test},
#include "diag/causes.def"
#undef CAUSE
#undef SPLIT
#undef GUESS
};

static const struct guess guesses[] = {
#define CAUSE(...)
#define SPLIT(...)
#define GUESS(outcome, sentence, next) [OUTCOME_##outcome] = {sentence, next},
#include "diag/causes.def"
#undef CAUSE
#undef SPLIT
#undef GUESS
};

static const struct rule rules[] = {
#define FOR(cause, fact, points) {RULE_FOR, CAUSE_##cause, FACT_##fact, points},
#define AGAINST(cause, fact, points) {RULE_AGAINST, CAUSE_##cause, FACT_##fact, points},
#define PROOF(cause, fact, points) {RULE_PROOF, CAUSE_##cause, FACT_##fact, points},
#define NEVER(cause, fact) {RULE_NEVER, CAUSE_##cause, FACT_##fact, 0},
#define HERRING(...)
#include "diag/rules.def"
#undef FOR
#undef AGAINST
#undef PROOF
#undef NEVER
#undef HERRING
};

static const struct {
    enum fact fact;
    const char *why;
} herrings[] = {
#define FOR(...)
#define AGAINST(...)
#define PROOF(...)
#define NEVER(...)
#define HERRING(fact, why) {FACT_##fact, why},
#include "diag/rules.def"
#undef FOR
#undef AGAINST
#undef PROOF
#undef NEVER
#undef HERRING
};

const struct rule *judge_rules(size_t *count)
{
    *count = COUNT_OF(rules);
    return rules;
}

const struct rule *judge_rule(size_t index)
{
    return index < COUNT_OF(rules) ? &rules[index] : NULL;
}

const char *judge_herring(size_t index, enum fact *fact)
{
    if (index >= COUNT_OF(herrings))
        return NULL;
    *fact = herrings[index].fact;
    return herrings[index].why;
}

const char *cause_id(enum cause cause)
{
    CHECK(cause < CAUSE_COUNT);
    return causes[cause].id;
}

const char *cause_family(enum cause cause)
{
    CHECK(cause < CAUSE_COUNT);
    return causes[cause].family;
}

const char *cause_sentence(enum cause cause)
{
    CHECK(cause < CAUSE_COUNT);
    return causes[cause].sentence;
}

const char *cause_missing(enum cause cause)
{
    CHECK(cause < CAUSE_COUNT);
    return causes[cause].missing;
}

const struct guess *guess_of(enum outcome outcome)
{
    CHECK(outcome < COUNT_OF(guesses) && guesses[outcome].sentence);
    return &guesses[outcome];
}

bool cause_is_fault(enum cause cause)
{
    return strcmp(cause_family(cause), "none") != 0;
}

const char *cause_next(enum cause first, enum cause second)
{
    for (size_t i = 0; i < COUNT_OF(splits); i++)
        if (splits[i].first == first && splits[i].second == second)
            return splits[i].test;
    return causes[first].next;
}

/* Of what is not in the table: some other cause. */
enum { POINTS_OF_THE_UNKNOWN = 2, POINTS_MAX = 60 };

/* 10 to the power of points / 10; pow without libm. */
static double weight_of(int points)
{
    static const double tenths[] = {1.0, 1.2589, 1.5849, 1.9953, 2.5119, 3.1623, 3.9811, 5.0119, 6.3096, 7.9433};
    double weight = 1.0;

    for (; points >= 10; points -= 10)
        weight *= 10.0;
    for (; points < 0; points += 10)
        weight /= 10.0;
    return weight * tenths[points];
}

static void rank(struct judgement *j, const struct verdict *v)
{
    size_t at = j->count++;

    for (; at > 0 && j->verdicts[at - 1].points < v->points; at--)
        j->verdicts[at] = j->verdicts[at - 1];
    j->verdicts[at] = *v;
}

void judge(struct judgement *j, const struct tunnel *t)
{
    int points[CAUSE_COUNT] = {0};
    bool is_named[CAUSE_COUNT] = {false}, is_proven[CAUSE_COUNT] = {false};
    double sum = weight_of(POINTS_OF_THE_UNKNOWN);

    *j = (struct judgement){0};
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const struct rule *rule = &rules[i];

        if (!tunnel_has(t, rule->fact))
            continue;
        if (rule->kind == RULE_NEVER && !j->is_excluded[rule->cause]) {
            j->is_excluded[rule->cause] = true;
            j->exclusions[j->exclusion_count++] = (uint16_t)i;
        }
        is_named[rule->cause] |= rule->kind == RULE_FOR || rule->kind == RULE_PROOF;
        is_proven[rule->cause] |= rule->kind == RULE_PROOF;
        points[rule->cause] += rule->kind == RULE_AGAINST ? -rule->points : rule->points;
    }
    for (enum cause c = 0; c < CAUSE_COUNT; c++)
        if (is_named[c] && !j->is_excluded[c]) {
            int p = points[c] < POINTS_MAX ? points[c] : POINTS_MAX;

            sum += weight_of(p);
            rank(j, &(struct verdict){
                        .cause = c, .points = p, .strength = is_proven[c] ? STRENGTH_PROVEN : STRENGTH_POSSIBLE});
        }
    for (size_t i = 0; i < j->count; i++) {
        struct verdict *v = &j->verdicts[i];

        v->score = weight_of(v->points) / sum;
        if (v->strength != STRENGTH_PROVEN && v->score >= 0.6)
            v->strength = STRENGTH_LIKELY;
        if (v->strength == STRENGTH_PROVEN && v->score < 0.6) /* two proofs that contradict each other prove nothing */
            v->strength = STRENGTH_LIKELY;
    }
}
