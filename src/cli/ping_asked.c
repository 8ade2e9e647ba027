#include "cli/ping_asked.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_SIZE = 128 };

/* When a question is put: always, on a router only, or behind `Extended commands`. */
enum asked_when { ASKED, ASKED_ON_IOS, ASKED_MORE };

/* `word`: what stands before the answer in the command; with `is_yes` it stands alone, for yes. */
static const struct {
    const char *question, *otherwise, *word;
    enum asked_when when;
    bool is_yes, opens_more;
} questions[] = {
    {"Protocol", "ip", NULL, ASKED_ON_IOS, false, false},
    {"Target IP address", "", "", ASKED, false, false},
    {"Repeat count", "5", "repeat", ASKED, false, false},
    {"Datagram size", "100", "size", ASKED, false, false},
    {"Timeout in seconds", "2", "timeout", ASKED, false, false},
    {"Extended commands", "n", NULL, ASKED, false, true},
    {"Source address or interface", "", "source", ASKED_MORE, false, false},
    {"Type of service", "0", NULL, ASKED_MORE, false, false},
    {"Set DF bit in IP header?", "no", "df-bit", ASKED_MORE, true, false},
    {"Validate reply data?", "no", "validate", ASKED_MORE, true, false},
    {"Data pattern", "0xABCD", "data", ASKED_MORE, false, false},
    {"Sweep range of sizes", "n", NULL, ASKED, false, false},
};

static bool read_answer(FILE *in, char answer[static ANSWER_SIZE])
{
    if (fgets(answer, ANSWER_SIZE, in) == NULL)
        return false;
    answer[strcspn(answer, "\r\n")] = '\0';
    return true;
}

static void ask(FILE *out, const char *question, const char *otherwise)
{
    fprintf(out, *otherwise ? "%s [%s]: " : "%s: ", question, otherwise);
    fflush(out);
}

/* 0xABCD is spelled without its beginning in the command. */
static const char *plain(const char *answer)
{
    return strncmp(answer, "0x", 2) == 0 ? answer + 2 : answer;
}

bool ping_asked(FILE *in, FILE *out, bool is_ios, char line[static PING_ASKED_LINE])
{
    struct text t = text_of(line, PING_ASKED_LINE);
    char answer[ANSWER_SIZE];
    bool has_more = false;

    text_add(&t, "ping");
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        if ((questions[i].when == ASKED_ON_IOS && !is_ios) || (questions[i].when == ASKED_MORE && !has_more))
            continue;
        ask(out, questions[i].question, questions[i].otherwise);
        if (!read_answer(in, answer))
            return false;

        bool is_yes = answer[0] == 'y' || answer[0] == 'Y';

        if (*answer == '\0' && questions[i].word != NULL && *questions[i].word == '\0')
            return false;
        has_more |= questions[i].opens_more && is_yes;
        if (*answer == '\0' || questions[i].word == NULL || (questions[i].is_yes && !is_yes))
            continue;
        text_add(&t, "%s%s", *questions[i].word ? " " : "", questions[i].word);
        if (!questions[i].is_yes)
            text_add(&t, " %s", plain(answer));
    }
    return !t.is_cut;
}
