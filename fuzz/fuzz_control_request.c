/* A command line, as the shell types it or the socket sends it. What is refused leaves the request alone, names a word
 * that is there (or the end), and is explained without a byte that is not printable. */
#include "base/check.h"
#include "control/request.h"

#include <stdint.h>
#include <string.h>

static void check_explained(const struct control_parse *parse, const struct bytes *words, size_t count)
{
    static char space[64 * 1024];
    struct text t = text_of(space, sizeof space);

    control_parse_explain(parse, words, count, &t);
    CHECK(t.len > 0 && parse->word <= count && parse->expected_count <= CONTROL_EXPECTED_MAX);
    for (size_t i = 0; i < t.len; i++)
        CHECK(space[i] == '\n' || (space[i] >= ' ' && space[i] <= '~'));
}

static void check_taken(const struct control_request *request)
{
    const struct control_request_info *info = control_request_info(request->id);

    CHECK((unsigned)request->id < CONTROL_REQUEST_COUNT && info != NULL && info->words != NULL);
    CHECK(memchr(request->file, '\0', sizeof request->file) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct control_request request, untouched;
    struct control_parse parse;
    struct bytes words[CONTROL_WORDS_MAX];
    size_t count;

    if (!control_split(bytes_of(data, len), words, &count))
        return 0;
    memset(&request, 0x5a, sizeof request);
    untouched = request;
    if (control_request_parse(&request, words, count, &parse)) {
        CHECK(parse.result == CONTROL_PARSED);
        check_taken(&request);
    } else {
        CHECK(parse.result != CONTROL_PARSED && memcmp(&request, &untouched, sizeof request) == 0);
        check_explained(&parse, words, count);
    }
    return 0;
}
