/* What is pasted and copied out: base64 and PEM. */
#include "base/base64.h"
#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void digits_are_read_as_RFC_4648_has_them_and_nothing_else_is(void **state)
{
    static const struct {
        const char *text, *bytes; /* NULL: refused */
        const char *why;
    } cases[] = {
        {"", "", "nothing"},
        {"Zg==", "f", "two of padding"},
        {"Zm8=", "fo", "one"},
        {"Zm9v", "foo", "none"},
        {"Zm9vYg==", "foob", "a second word"},
        {"Zm9v\r\n  YmFy\n", "foobar", "lines"},
        {"Zm9", NULL, "cut off"},
        {"Zm9vYg=", NULL, "padding that is cut off"},
        {"Zg==Zg==", NULL, "something behind the padding"},
        {"Z===", NULL, "too much of it"},
        {"Zm9-", NULL, "a digit of another alphabet"},
        {"Zm9v quits", NULL, "a word that is no multiple of four digits"},
        {"Zm9vYmFyZm9v", NULL, "longer than there is room for"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t out[8];
        size_t len = 99;
        bool is_read = base64_read(bytes_of_text(cases[i].text), out, sizeof out, &len);

        if (is_read != (cases[i].bytes != NULL) ||
            (is_read && !bytes_equal(bytes_of(out, len), bytes_of_text(cases[i].bytes))))
            fail_msg("%s", cases[i].why);
        CHECK(is_read || len == 99);
    }
}

static void what_is_written_reads_the_same(void **state)
{
    uint8_t bytes[200], out[200];
    char space[1024];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct text t = text_of(space, sizeof space);
        size_t begin = strlen("-----BEGIN X-----\n"), end = strlen("-----END X-----\n"), read = 0;

        text_add_pem(&t, "X", bytes_of(bytes, len));
        CHECK(!t.is_cut && strncmp(space, "-----BEGIN X-----\n", begin) == 0 &&
              strcmp(space + t.len - end, "-----END X-----\n") == 0);
        CHECK(base64_read(bytes_of(space + begin, t.len - begin - end), out, sizeof out, &read) && read == len &&
              memcmp(out, bytes, len) == 0);
        for (const char *line = space, *next; (next = strchr(line, '\n')) != NULL; line = next + 1)
            CHECK(next - line <= 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_read_as_RFC_4648_has_them_and_nothing_else_is),
        cmocka_unit_test(what_is_written_reads_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
