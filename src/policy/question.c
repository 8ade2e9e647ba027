#include "policy/question.h"

#include "base/check.h"

#include <string.h>

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

static const struct {
    const char *name, *words;
} verdicts[] = {
#define VERDICT(name, words) [PASSWORD_##name] = {#name, words},
#include "policy/password.def"
#undef VERDICT
};

const char *password_verdict_name(enum password_verdict verdict)
{
    CHECK((unsigned)verdict < PASSWORD_VERDICT_COUNT);
    return verdicts[verdict].name;
}

const char *password_verdict_words(enum password_verdict verdict)
{
    CHECK((unsigned)verdict < PASSWORD_VERDICT_COUNT);
    return verdicts[verdict].words;
}

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

static size_t view_keep(struct bytes *view, uint8_t *space)
{
    if (view->len == 0)
        return 0; /* no address of ours in what holds nothing: questions are compared as they stand */
    memcpy(space, view->data, view->len);
    view->data = space;
    return view->len;
}

size_t question_views_len(const struct question *question)
{
    size_t len = question->covered.len + question->covered_peer.len + question->signature.len + question->subject.len +
                 question->user.len + question->password.len + question->pam_service.len;

    for (uint8_t i = 0; i < question->certificate_count; i++)
        len += question->certificates[i].len;
    return len;
}

void question_keep(struct question *question, uint8_t *space)
{
    space += view_keep(&question->covered, space);
    space += view_keep(&question->covered_peer, space);
    space += view_keep(&question->signature, space);
    space += view_keep(&question->subject, space);
    space += view_keep(&question->user, space);
    space += view_keep(&question->password, space);
    space += view_keep(&question->pam_service, space);
    for (uint8_t i = 0; i < question->certificate_count; i++)
        space += view_keep(&question->certificates[i], space);
}

void answer_wipe(struct answer *answer)
{
    bytes_wipe(answer, sizeof *answer);
}
