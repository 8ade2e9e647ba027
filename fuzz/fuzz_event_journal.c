/* A line of a journal: what is read of it and written again reads the same. */
#include "base/check.h"
#include "event/journal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_line first, second;
    static uint8_t message[UINT16_MAX], again[UINT16_MAX];
    char space[JOURNAL_LINE_SIZE];
    struct text t = text_of(space, sizeof space);

    if (!journal_line_read(&first, bytes_of(data, size)) || first.kind > JOURNAL_OUT)
        return 0;
    CHECK(first.at < first.len && first.len <= UINT16_MAX);
    size_t len = journal_piece(first.rest, message + first.at, first.len - first.at);
    if (len == 0 || len > JOURNAL_PIECE_LEN)
        return 0;
    journal_add_message(&t, first.kind, first.from, first.to, bytes_of(message, first.at + len), first.at);
    CHECK(!t.is_cut && journal_line_read(&second, bytes_of_text(space)));
    CHECK(second.kind == first.kind && second.at == first.at);
    CHECK(endpoint_equal(first.from, second.from) && endpoint_equal(first.to, second.to));
    CHECK(journal_piece(second.rest, again, sizeof again) == len && memcmp(again, message + first.at, len) == 0);
    return 0;
}
