#include "daemon/options.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 6 };

static const struct {
    const char *arguments[ARGUMENTS_MAX];
    const char *file, *socket; /* file NULL: refused */
    bool is_debug, is_test, is_cleanup;
    const char *why;
} cases[] = {
    {{NULL}, CONF_FILE_DEFAULT, CONTROL_SOCKET_DEFAULT, false, false, false, "everything has a default"},
    {{"-f", "a.conf"}, "a.conf", CONTROL_SOCKET_DEFAULT, false, false, false, "a letter with its argument"},
    {{"--file", "a.conf", "--socket", "s"}, "a.conf", "s", false, false, false, "the same in words"},
    {{"-d", "-t"}, CONF_FILE_DEFAULT, CONTROL_SOCKET_DEFAULT, true, true, false, "letters without an argument"},
    {{"--cleanup"}, CONF_FILE_DEFAULT, CONTROL_SOCKET_DEFAULT, false, false, true, "what a crash has left"},
    {{"-f"}, NULL, NULL, false, false, false, "the argument is missing"},
    {{"-f", ""}, NULL, NULL, false, false, false, "the argument is empty"},
    {{"-x"}, NULL, NULL, false, false, false, "no such letter"},
    {{"-dt"}, NULL, NULL, false, false, false, "letters are not joined"},
    {{"a.conf"}, NULL, NULL, false, false, false, "nothing stands without an option"},
};

static void options_are_read_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *argv[ARGUMENTS_MAX + 1] = {"ikewised"};
        char space[200];
        struct text why = text_of(space, sizeof space);
        struct options options = {.file = "untouched"};
        int argc = 1;

        for (; argc <= ARGUMENTS_MAX && cases[i].arguments[argc - 1] != NULL; argc++)
            argv[argc] = (char *)cases[i].arguments[argc - 1];
        bool ok = options_read(&options, argc, argv, &why);
        if (cases[i].file == NULL) {
            assert_false(ok);
            assert_true(why.len > 0);
            assert_string_equal(options.file, "untouched");
            continue;
        }
        assert_true(ok);
        assert_string_equal(options.file, cases[i].file);
        assert_string_equal(options.socket, cases[i].socket);
        assert_int_equal(options.is_debug, cases[i].is_debug);
        assert_int_equal(options.is_test, cases[i].is_test);
        assert_int_equal(options.is_cleanup, cases[i].is_cleanup);
    }
}

static void a_wrong_option_is_shown_escaped(void **state)
{
    char *argv[] = {"ikewised", "-\x1b[31m"};
    char space[200];
    struct text why = text_of(space, sizeof space);
    struct options options;

    (void)state;
    CHECK(!options_read(&options, 2, argv, &why));
    CHECK(strchr(space, '\x1b') == NULL && strstr(space, "\\x1b") != NULL);
}

static void the_help_names_every_option(void **state)
{
    char space[4096];
    struct text help = text_of(space, sizeof space);

    (void)state;
    options_help(&help);
    CHECK(!help.is_cut);
#define OPTION(letter, word, argument, meaning)                                                                        \
    CHECK(strstr(space, "--" word) != NULL && strstr(space, meaning) != NULL);
#include "daemon/options.def"
#undef OPTION
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read_as_the_table_says),
        cmocka_unit_test(a_wrong_option_is_shown_escaped),
        cmocka_unit_test(the_help_names_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
