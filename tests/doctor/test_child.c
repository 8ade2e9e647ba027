#include "doctor/child.h"

#include "base/check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char space[200];

static int run(const char *path, char *const argv[], struct bytes input)
{
    struct text printed = text_of(space, sizeof space);

    return child_run(path, argv, input, &printed);
}

static void what_is_given_comes_back_escaped(void **state)
{
    (void)state;
    CHECK(run("/bin/cat", (char *[]){"cat", NULL}, bytes_of("a\x1b", 2)) == 0);
    CHECK(strcmp(space, "a\\x1b") == 0);
}

static void a_text_larger_than_any_pipe_gets_through(void **state)
{
    size_t len = 4 * 1024 * 1024;
    char *large = calloc(1, len);

    (void)state;
    CHECK(run("/usr/bin/wc", (char *[]){"wc", "-c", NULL}, bytes_of(large, len)) == 0);
    CHECK(strncmp(space, "4194304", 7) == 0);
    CHECK(run("/bin/cat", (char *[]){"cat", NULL}, bytes_of(large, len)) == 0);
    free(large);
}

static void a_child_that_does_not_listen_is_no_harm(void **state)
{
    static const uint8_t input[1024 * 1024];

    (void)state;
    CHECK(run("/bin/false", (char *[]){"false", NULL}, BYTES_OF(input)) == 1);
}

static void a_child_gets_no_environment(void **state)
{
    (void)state;
    CHECK(setenv("SECRET_OF_THE_PARENT", "1", 1) == 0);
    CHECK(run("/usr/bin/env", (char *[]){"env", NULL}, bytes_of(NULL, 0)) == 0);
    CHECK(strstr(space, "SECRET_OF_THE_PARENT") == NULL);
}

static void a_program_that_is_not_there_is_an_errno(void **state)
{
    (void)state;
    CHECK(run("/nowhere/nft", (char *[]){"nft", NULL}, bytes_of(NULL, 0)) == -1 && errno == ENOENT);
}

static char *read_of(const char *path, char *const argv[], size_t max)
{
    return child_read(path, argv, max, 500);
}

static void what_is_said_comes_back_whole(void **state)
{
    char *said = read_of("/usr/bin/seq", (char *[]){"seq", "100000", NULL}, 1 << 20);

    (void)state;
    CHECK(said != NULL && strlen(said) == 588895 && strcmp(said + strlen(said) - 8, "\n100000\n") == 0);
    free(said);
    said = read_of("/bin/true", (char *[]){"true", NULL}, 10);
    CHECK(said != NULL && said[0] == '\0');
    free(said);
}

static void what_says_too_much_fails_or_takes_too_long_has_said_nothing(void **state)
{
    static const struct {
        const char *path, *why;
        char *argv[4];
        size_t max;
    } cases[] = {
        {"/usr/bin/seq", "more than may be", {"seq", "100000", NULL}, 588894},
        {"/bin/false", "it fails", {"false", NULL}, 100},
        {"/bin/sleep", "it takes too long", {"sleep", "20", NULL}, 100},
        {"/usr/bin/yes", "there is no end to it", {"yes", NULL}, 100000},
        {"/nowhere/nft", "it is not there", {"nft", NULL}, 100},
        {"/bin/ls", "errors are no output, and it has failed", {"ls", "/nowhere", NULL}, 1000},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *said = read_of(cases[i].path, cases[i].argv, cases[i].max);

        if (said != NULL)
            fail_msg("%s: %s", cases[i].path, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_comes_back_escaped),
        cmocka_unit_test(a_text_larger_than_any_pipe_gets_through),
        cmocka_unit_test(a_child_that_does_not_listen_is_no_harm),
        cmocka_unit_test(a_child_gets_no_environment),
        cmocka_unit_test(a_program_that_is_not_there_is_an_errno),
        cmocka_unit_test(what_is_said_comes_back_whole),
        cmocka_unit_test(what_says_too_much_fails_or_takes_too_long_has_said_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
