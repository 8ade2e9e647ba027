#include "cli/tool.h"

#include "base/check.h"
#include "cli/ends.h"
#include "cli/explain.h"

#include <string.h>

static const struct {
    enum control_request_id id;
    int (*main)(FILE *out, int argc, char **argv, bool is_json);
    bool (*is_meant)(int argc, char **argv); /* NULL: always */
} tools[] = {
    {CONTROL_EXPLAIN, explain_main, NULL},
    {CONTROL_REPLAY, ends_replay_main, NULL},
    {CONTROL_CHECK, ends_check_main, ends_are_meant},
};

static bool run(FILE *out, enum control_request_id id, int argc, char **argv, bool is_json, int *status)
{
    for (size_t i = 0; i < COUNT_OF(tools); i++)
        if (tools[i].id == id && (!tools[i].is_meant || tools[i].is_meant(argc, argv))) {
            *status = tools[i].main(out, argc, argv, is_json);
            return true;
        }
    return false;
}

/* Which command it is, its first word says. */
bool tool_run_argv(FILE *out, int argc, char **argv, bool is_json, int *status)
{
    struct control_request request;
    struct control_parse parse;

    if (argc == 0)
        return false;
    const struct bytes words[] = {bytes_of_text(argv[0]), bytes_of_text("FILE")};

    return control_request_parse(&request, words, COUNT_OF(words), &parse) &&
           run(out, request.id, argc, argv, is_json, status);
}

bool tool_run_words(FILE *out, enum control_request_id id, const struct bytes *words, size_t word_count, bool is_json,
                    int *status)
{
    char space[CONTROL_WORDS_MAX][CONTROL_WORD_SIZE], *argv[CONTROL_WORDS_MAX + 1] = {0};

    CHECK(word_count <= CONTROL_WORDS_MAX);
    for (size_t i = 0; i < word_count; i++) {
        struct text t = text_of(space[i], sizeof space[i]);

        text_add(&t, "%.*s", (int)words[i].len, (const char *)words[i].data);
        argv[i] = space[i];
    }
    return run(out, id, (int)word_count, argv, is_json, status);
}
