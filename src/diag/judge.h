/* Causes held against the facts of a negotiation: causes.def, rules.def. */
#ifndef DIAG_JUDGE_H
#define DIAG_JUDGE_H

#include "diag/tunnel.h"

enum cause {
#define CAUSE(id, ...) CAUSE_##id,
#define SPLIT(...)
#define GUESS(...)
#include "diag/causes.def"
#undef CAUSE
#undef SPLIT
#undef GUESS
    CAUSE_COUNT
};

enum rule_kind { RULE_FOR, RULE_AGAINST, RULE_PROOF, RULE_NEVER };

struct rule {
    enum rule_kind kind;
    enum cause cause;
    enum fact fact;
    int points;
};

/* Index 0, 1, ... until NULL. */
const struct rule *judge_rule(size_t index);
const struct rule *judge_rules(size_t *count); /* all of them */

struct verdict {
    enum cause cause;
    enum strength strength;
    double score;
    int points;
};

struct judgement {
    struct verdict verdicts[CAUSE_COUNT]; /* best first */
    size_t count;                         /* 0: nothing speaks for any cause */
    bool is_excluded[CAUSE_COUNT];
    uint16_t exclusions[CAUSE_COUNT]; /* the first rule that excludes each of these, index of judge_rule */
    size_t exclusion_count;
};

void judge(struct judgement *j, const struct tunnel *t);

const char *cause_id(enum cause cause);
const char *cause_family(enum cause cause);
const char *cause_sentence(enum cause cause);
const char *cause_missing(enum cause cause);
bool cause_is_fault(enum cause cause); /* not of the family "none" */

/* What is said where nothing speaks for any cause: of OUTCOME_UNKNOWN and OUTCOME_IN_PROGRESS. */
struct guess {
    const char *sentence, *next;
};
const struct guess *guess_of(enum outcome outcome);

/* What would split the two, or make sure of the first; with {PEER} and {LOCAL} in it. `second` may be CAUSE_COUNT. */
const char *cause_next(enum cause first, enum cause second);

/* Names of harmless lines: index 0, 1, ... until NULL. */
const char *judge_herring(size_t index, enum fact *fact);

#endif
