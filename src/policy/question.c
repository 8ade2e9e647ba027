#include "policy/question.h"

#include "base/check.h"

static const char *const questions[] = {
    [QUESTION_NONE] = "NONE",
#define QUESTION(name, ...) [QUESTION_##name] = #name,
#define FAULT(...)
#include "policy/question.def"
#undef QUESTION
#undef FAULT
};

static const struct {
    const char *name, *meaning;
} faults[] = {
#define QUESTION(...)
#define FAULT(name, meaning) [QUESTION_FAULT_##name] = {#name, meaning},
#include "policy/question.def"
#undef QUESTION
#undef FAULT
};

static const struct {
    const char *name, *meaning;
} hypotheses[] = {
    [HYPOTHESIS_NONE] = {"NONE", "none of the usual accidents explains it: the peer's key is another one altogether, "
                                 "or its message was damaged"},
#define HYPOTHESIS(name, edit, text, meaning) [HYPOTHESIS_##name] = {#name, meaning},
#include "policy/hypothesis.def"
#undef HYPOTHESIS
};

const char *hypothesis_name(enum hypothesis hypothesis)
{
    CHECK((unsigned)hypothesis < HYPOTHESIS_COUNT);
    return hypotheses[hypothesis].name;
}

const char *hypothesis_meaning(enum hypothesis hypothesis)
{
    CHECK((unsigned)hypothesis < HYPOTHESIS_COUNT);
    return hypotheses[hypothesis].meaning;
}

const char *question_name(enum question_kind kind)
{
    CHECK((unsigned)kind < QUESTION_COUNT);
    return questions[kind];
}

const char *question_fault_name(enum question_fault fault)
{
    CHECK((unsigned)fault < QUESTION_FAULT_COUNT);
    return faults[fault].name;
}

const char *question_fault_meaning(enum question_fault fault)
{
    CHECK((unsigned)fault < QUESTION_FAULT_COUNT);
    return faults[fault].meaning;
}

void answer_wipe(struct answer *answer)
{
    bytes_wipe(answer, sizeof *answer);
}
