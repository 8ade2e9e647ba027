/* Any file: it ends, in the memory of one source, whatever the pieces are that it comes in; and what comes out is
 * printable. The first byte says how long the pieces are. */
#include "base/check.h"
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys[] = "0102030405060708,000102030405060708090a0b0c0d0e0f\n16cc7114,00\nrubbish\n"
                           "0102030405060708,000102030405060708090a0b0c0d0e0f1011121314151617";

static void check_text(const char *text)
{
    for (; *text; text++)
        CHECK(*text >= ' ' && *text < 0x7f);
}

static void take_all(struct source *s)
{
    struct observation o;

    while (source_next(s, &o)) {
        check_text(source_text(s));
        for (enum event_field_id id = FIELD_NONE + 1; id < FIELD_IDS; id++)
            if (event_has(&o.event, id) && event_field_type(id) == FIELD_TYPE_TEXT)
                check_text(event_text(&o.event, id));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *space;
    uint32_t line;
    const char *text;

    if (size == 0)
        return 0;
    space = space ? space : malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    size_t step = (size_t)data[0] * 4 + 1;

    source_add_keys(s, bytes_of_text(keys));
    for (size_t at = 1; at < size; at += step) {
        source_feed(s, bytes_of(data + at, size - at < step ? size - at : step));
        take_all(s);
    }
    source_end(s);
    take_all(s);
    struct source_summary sum = source_summary(s);
    CHECK(sum.bytes == size - 1 && (size_t)sum.lines <= size);
    for (size_t i = 0; (text = source_unread(s, i, &line)) != NULL; i++)
        check_text(text);
    return 0;
}
