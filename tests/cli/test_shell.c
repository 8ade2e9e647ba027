/* What the shell does by itself: secrets, options, its manual page. */
#include "base/check.h"
#include "cli/file.h"
#include "cli/options.h"
#include "cli/secret.h"

#include <getopt.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64], secrets[128];

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/ikewise-test-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(secrets, sizeof secrets, "%s/ikewise.secrets", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(secrets);
    return rmdir(directory);
}

static bool store(const char *peer, const char *key)
{
    char space[512];
    struct text why = text_of(space, sizeof space);
    struct ip ip;

    CHECK(ip_parse(&ip, bytes_of_text(peer)));

    bool is_stored = secret_store(ip, secrets, bytes_of_text(key), &why);

    CHECK(is_stored == (why.len == 0));
    CHECK(is_stored || *key == '\0' || !strstr(space, key));
    return is_stored;
}

static void expect_file(const char *contents)
{
    struct file file;
    struct stat status;

    CHECK(file_read(&file, secrets, 65536) == 0 && stat(secrets, &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    assert_int_equal(file.len, strlen(contents));
    assert_memory_equal(file.data, contents, file.len);
    file_free(&file);
}

static void a_key_takes_the_place_of_the_peers_old_one(void **state)
{
    (void)state;
    CHECK(store("192.0.2.1", "first key"));
    expect_file("pre-shared-key 192.0.2.1 first key\n");
    CHECK(store("192.0.2.10", "other"));
    CHECK(store("192.0.2.1", "second"));
    expect_file("pre-shared-key 192.0.2.10 other\npre-shared-key 192.0.2.1 second\n");
}

static void a_file_that_others_may_read_is_closed_to_them(void **state)
{
    (void)state;
    CHECK(store("192.0.2.1", "key"));
    CHECK(chmod(secrets, 0644) == 0);
    CHECK(store("192.0.2.2", "key"));
    expect_file("pre-shared-key 192.0.2.1 key\npre-shared-key 192.0.2.2 key\n");
}

static void keys_that_cannot_be_stored_change_nothing(void **state)
{
    static const struct {
        const char *key, *why;
    } cases[] = {{"", "no key"},
                 {" xyzzy", "a blank before it"},
                 {"xyzzy ", "a blank behind it"},
                 {"xyzzy\nb", "two lines"},
                 {"xyzz\xc3\xa4", "not ASCII"},
                 {"xyzzy\tb", "a tab"}};

    (void)state;
    CHECK(store("192.0.2.1", "key"));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (store("192.0.2.1", cases[i].key))
            fail_msg("%s", cases[i].why);
    }
    expect_file("pre-shared-key 192.0.2.1 key\n");
}

static bool echoes(int terminal)
{
    struct termios now;

    CHECK(tcgetattr(terminal, &now) == 0);
    return now.c_lflag & ECHO;
}

/* At a terminal: typed twice, and seen nowhere. */
static void a_key_is_asked_for_twice_and_without_echo(void **state)
{
    static const struct {
        const char *first, *second;
        bool is_stored;
    } cases[] = {{"two-in-the-morning", "two-in-the-morning", true}, {"two-in-the-morning", "three", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *typed[] = {cases[i].first, cases[i].second};
        char conf[160], seen[2000] = "";
        int terminal, status;
        size_t len = 0;

        snprintf(conf, sizeof conf, "%s/ikewise.conf", directory);
        pid_t child = forkpty(&terminal, NULL, NULL, NULL);
        CHECK(child >= 0);
        if (child == 0) {
            char space[512];
            struct text why = text_of(space, sizeof space);
            struct ip peer;

            CHECK(ip_parse(&peer, bytes_of_text("192.0.2.1")));
            _exit(secret_ask_and_store(peer, conf, &why) ? 0 : 1);
        }
        for (size_t k = 0; k < 2; k++) {
            const char *prompt = k == 0 ? "Pre-shared key: " : "Again: ";

            while (len < sizeof seen - 1 && strstr(seen, prompt) == NULL) {
                ssize_t got = read(terminal, seen + len, sizeof seen - 1 - len);
                CHECK(got > 0);
                len += (size_t)got;
                seen[len] = '\0';
            }
            for (int wait = 0; wait < 1000 && echoes(terminal); wait++)
                usleep(1000);
            CHECK(!echoes(terminal) && dprintf(terminal, "%s\n", typed[k]) > 0);
        }
        for (ssize_t got; len < sizeof seen - 1 && (got = read(terminal, seen + len, sizeof seen - 1 - len)) > 0;)
            len += (size_t)got;
        seen[len] = '\0';
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
        CHECK((WEXITSTATUS(status) == 0) == cases[i].is_stored && (access(secrets, F_OK) == 0) == cases[i].is_stored);
        CHECK(strstr(seen, "morning") == NULL && strstr(seen, "three") == NULL);
        if (cases[i].is_stored)
            expect_file("pre-shared-key 192.0.2.1 two-in-the-morning\n");
        unlink(secrets);
        close(terminal);
    }
}

static void the_secrets_file_stands_beside_the_configuration(void **state)
{
    static const struct {
        const char *path, *expected;
    } cases[] = {{"/etc/ikewise/ikewise.conf", "/etc/ikewise/ikewise.secrets"},
                 {"asa.txt", "asa.txt.secrets"},
                 {".conf", ".conf.secrets"}};
    char space[FILE_PATH_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(file_name_secrets(space, cases[i].path));
        assert_string_equal(space, cases[i].expected);
    }
}

static void options_end_where_the_command_begins(void **state)
{
    static const struct {
        const char *arguments[6];
        bool is_good;
        size_t word_count;
        const char *why;
    } cases[] = {
        {{"ikewise", "show", "version"}, true, 2, "words alone"},
        {{"ikewise", "--json", "-s", "/s", "show"}, true, 1, "options before them"},
        {{"ikewise", "show", "--json"}, true, 2, "an option behind a word is a word"},
        {{"ikewise", "-c", "sh cry isa sa"}, true, 4, "the command as one argument"},
        {{"ikewise", "-c", "show", "version"}, false, 0, "the command as one argument, and more"},
        {{"ikewise", "--dialect", "vms"}, false, 0, "no such dialect"},
        {{"ikewise", "--nonsense"}, false, 0, "no such option"},
        {{"ikewise", "-s"}, false, 0, "an option without its argument"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[512], *arguments[6];
        struct text why = text_of(space, sizeof space);
        struct options options;
        int count = 0;

        for (; count < 6 && cases[i].arguments[count]; count++)
            arguments[count] = (char *)(uintptr_t)cases[i].arguments[count];
        optind = 0; /* getopt begins anew */
        if (options_read(&options, count, arguments, &why) != cases[i].is_good)
            fail_msg("%s", cases[i].why);
        CHECK(cases[i].is_good == (why.len == 0));
        CHECK(!cases[i].is_good || options.word_count == cases[i].word_count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_takes_the_place_of_the_peers_old_one, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(a_file_that_others_may_read_is_closed_to_them, make_directory,
                                        remove_directory),
        cmocka_unit_test_setup_teardown(keys_that_cannot_be_stored_change_nothing, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(a_key_is_asked_for_twice_and_without_echo, make_directory, remove_directory),
        cmocka_unit_test(options_end_where_the_command_begins),
        cmocka_unit_test(the_secrets_file_stands_beside_the_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
