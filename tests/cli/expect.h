/* What tests of screens share: records as the daemon sends them, and the screen that they make. */
#ifndef TESTS_CLI_EXPECT_H
#define TESTS_CLI_EXPECT_H

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

static inline void expect_screen(const char *records, struct control_request request, enum dialect dialect,
                                 const char *expected)
{
    struct reply reply = reply_of(records);
    struct screen_view view = {dialect, request.is_detail};
    char *screen = NULL;
    size_t len;
    FILE *out = open_memstream(&screen, &len);

    CHECK(out);
    screen_write(out, &reply, &request, &view);
    CHECK(fclose(out) == 0);
    assert_string_equal(screen, expected);
    free(screen);
    reply_free(&reply);
}

#endif
