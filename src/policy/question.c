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
