/* What tests of screens share: records as the daemon sends them, and the screen that they make. */
#ifndef TESTS_CLI_EXPECT_H
#define TESTS_CLI_EXPECT_H

#include "source/source.h"

/* `records`: lines of JSON, as on the control socket. */
static inline struct reply reply_of(const char *records)
{
    static struct control_record r;
    struct reply reply = {0};

    while (*records) {
        size_t len = strcspn(records, "\n");

        if (!reply_read_line(&r, bytes_of(records, len)))
            fail_msg("not a record: %.*s", (int)len, records);
        reply_add(&reply, &r);
        records += len + (records[len] == '\n');
    }
    return reply;
}

/* What explain makes of a screen of ours: nothing of it is strange to the reader. */
static inline void expect_read_back(const char *screen)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct observation seen;
    uint32_t line;

    CHECK(s);
    source_feed(s, bytes_of_text(screen));
    while (source_next(s, &seen))
        ;
    source_end(s);
    while (source_next(s, &seen))
        ;
    if (source_summary(s).unread > 0)
        fail_msg("is not read: %s", source_unread(s, 0, &line));
    free(space);
}

static inline void expect_screen(const char *records, struct control_request request, enum dialect dialect,
                                 const char *expected)
{
    struct reply reply = reply_of(records);
    struct screen_view view = {dialect, request.is_detail, request.is_full};
    char *screen = NULL;
    size_t len;
    FILE *out = open_memstream(&screen, &len);

    CHECK(out);
    screen_write(out, &reply, &request, &view);
    CHECK(fclose(out) == 0);
    assert_string_equal(screen, expected);
    expect_read_back(screen);
    free(screen);
    reply_free(&reply);
}

#endif
