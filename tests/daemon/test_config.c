#include "daemon/config.h"

#include "base/check.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WITHOUT_KEY "hostname west\n"
#define WITH_KEY                                                                                                       \
    "tunnel-group 192.0.2.2 type ipsec-l2l\n"                                                                          \
    "tunnel-group 192.0.2.2 ipsec-attributes\n"                                                                        \
    " ikev1 pre-shared-key a-key-of-this-test\n"
#define WITH_MASKED_KEY                                                                                                \
    "tunnel-group 192.0.2.2 type ipsec-l2l\n"                                                                          \
    "tunnel-group 192.0.2.2 ipsec-attributes\n"                                                                        \
    " ikev1 pre-shared-key *****\n"
#define SECRET "pre-shared-key 192.0.2.2 a-key-of-this-test\n"

static char folder[] = "/tmp/ikewise-test-XXXXXX", path[64], secrets_path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/gateway.conf", folder);
    snprintf(secrets_path, sizeof secrets_path, "%s/gateway.secrets", folder);
    return 0;
}

static int empty_folder(void **state)
{
    (void)state;
    unlink(path);
    rmdir(path);
    unlink(secrets_path);
    return 0;
}

static int remove_folder(void **state)
{
    empty_folder(state);
    return rmdir(folder);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
    close(fd);
}

static const struct {
    const char *text;
    mode_t mode;
    const char *secrets;
    mode_t secrets_mode;
    const char *refusal; /* part of the sentence; NULL: it is used */
    unsigned key_count;
    const char *why;
} cases[] = {
    {WITHOUT_KEY, 0644, NULL, 0, NULL, 0, "nothing in it is secret"},
    {WITH_KEY, 0600, NULL, 0, NULL, 1, "only its owner may read it"},
    {WITH_KEY, 0400, NULL, 0, NULL, 1, "only its owner may read it, nobody may write it"},
    {WITH_KEY, 0640, NULL, 0, "gateway.conf has keys in it and others than its owner may read", 0,
     "the group may read a key"},
    {WITH_KEY, 0604, NULL, 0, "chmod 600", 0, "everybody may read a key"},
    {WITH_KEY, 0620, NULL, 0, "chmod 600", 0, "the group may change a key"},
    {WITH_MASKED_KEY, 0644, NULL, 0, NULL, 0, "a masked key is no secret"},
    {WITH_MASKED_KEY, 0644, SECRET, 0600, NULL, 1, "the key stands in the file beside it"},
    {WITH_MASKED_KEY, 0644, SECRET, 0644, "gateway.secrets has keys in it", 0, "that file is readable for everybody"},
};

static void T10_a_file_with_keys_is_for_its_owner_alone(void **state)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[1000];
        struct text why = text_of(space, sizeof space);

        empty_folder(state);
        write_file(path, cases[i].text, cases[i].mode);
        if (cases[i].secrets != NULL)
            write_file(secrets_path, cases[i].secrets, cases[i].secrets_mode);
        struct config *config = config_load(path, &why);
        if ((config == NULL) != (cases[i].refusal != NULL))
            fail_msg("%s: %s", cases[i].why, space);
        if (config == NULL) {
            if (strstr(space, cases[i].refusal) == NULL || strstr(space, "a-key-of") != NULL)
                fail_msg("%s: %s", cases[i].why, space);
            continue;
        }
        if (config->conf.key_count != cases[i].key_count)
            fail_msg("%s: %u keys", cases[i].why, config->conf.key_count);
        config_free(config);
    }
}

static void expect_refusal(const char *sentence)
{
    char space[1000];
    struct text why = text_of(space, sizeof space);

    CHECK(config_load(path, &why) == NULL);
    if (strstr(space, sentence) == NULL)
        fail_msg("%s", space);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    expect_refusal("No such file or directory");
    CHECK(mkdir(path, 0700) == 0);
    expect_refusal("is not a regular file");
    empty_folder(state);
    CHECK(mkfifo(path, 0600) == 0);
    expect_refusal("is not a regular file");
}

static void T10_a_file_that_is_too_long_is_refused_unread(void **state)
{
    (void)state;
    write_file(path, "", 0600);
    CHECK(truncate(path, (off_t)CONF_FILE_MAX + 1) == 0);
    expect_refusal("a configuration may have 8 MB at most");
}

static void an_interface_is_found_by_its_address(void **state)
{
    char space[1000];
    struct text why = text_of(space, sizeof space);
    struct log *log = log_open(false, false, false);

    (void)state;
    write_file(path,
               "interface GigabitEthernet0/0\n nameif outside\n ip address 127.0.0.1 255.0.0.0\n"
               "interface GigabitEthernet0/1\n nameif inside\n ip address 203.0.113.77 255.255.255.0\n",
               0600);
    struct config *config = config_load(path, &why);
    CHECK(config != NULL);
    CHECK(config_match_interfaces(config, log) == 1);
    CHECK(strcmp(config->conf.policy.interfaces[0].linux_name, "lo") == 0);
    CHECK(config->conf.policy.interfaces[1].linux_name[0] == '\0');
    CHECK(config_match_interfaces(config, log) == 0);
    config_free(config);
    log_close(log);
}

static char lines_told[4096];

static bool hear_line(void *context, const struct event *event, struct logging_weight weight,
                      const struct logging_words *line)
{
    struct text t = {lines_told, strlen(lines_told), sizeof lines_told, false};

    (void)context, (void)weight;
    if (line != NULL && (event->kind == EV_TUNNEL_PARKED || event->kind == EV_KEY_KIND_UNSUPPORTED))
        text_add(&t, "%s\n", line->debug);
    return true;
}

/* An ASA has words for that alone among what an entry may lack. */
static void an_entry_that_is_not_run_is_told_in_the_words_of_an_asa(void **state)
{
    char space[1000];
    struct text why = text_of(space, sizeof space);
    struct log *log = log_open(false, false, false);

    (void)state;
    write_file(path,
               "interface GigabitEthernet0/0\n nameif outside\n ip address 127.0.0.1 255.0.0.0\n"
               "access-list VPN extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0\n"
               "crypto map M 10 match address VPN\ncrypto map M 10 set peer 203.0.113.2\n"
               "crypto map M interface outside\ncrypto ikev1 enable outside\n"
               "crypto ikev1 policy 10\n authentication pre-share\n encryption aes\n hash sha\n group 14\n"
               "tunnel-group 203.0.113.2 type ipsec-l2l\n"
               "tunnel-group 203.0.113.2 ipsec-attributes\n ikev1 pre-shared-key a-key-of-both-ends\n",
               0600);
    struct config *config = config_load(path, &why);
    CHECK(config != NULL);
    log_watch(log, hear_line, NULL);
    config_log(config, log);
    CHECK(strstr(lines_told, "%ASA-4-752011: IKEv1 Doesn't have a transform set specified\n") != NULL);
    config_free(config);
    log_close(log);
}

static void a_key_of_another_kind_is_told_in_the_words_of_an_asa(void **state)
{
    char space[1000], key[96], text[256];
    struct text why = text_of(space, sizeof space);
    struct log *log = log_open(false, false, false);

    (void)state;
    snprintf(key, sizeof key, "%s/other.key", folder);
    write_file(key,
               "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEjsz2Y8hF9NDjbiRA/ZhLfsxdgefL7SH54sRzZZCqOX\n"
               "-----END PRIVATE KEY-----\n",
               0600);
    snprintf(text, sizeof text, "crypto ca trustpoint ODD\n file key %s\n", key);
    write_file(path, text, 0600);
    struct config *config = config_load(path, &why);
    CHECK(config != NULL);
    lines_told[0] = '\0';
    log_watch(log, hear_line, NULL);
    config_log(config, log);
    CHECK(strstr(lines_told, ": IKEv1 Unsupported certificate keytype ED25519 found at trustpoint ODD\n") != NULL);
    config_free(config);
    log_close(log);
    CHECK(unlink(key) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(T10_a_file_with_keys_is_for_its_owner_alone, empty_folder),
        cmocka_unit_test_teardown(what_is_no_file_is_refused_at_once, empty_folder),
        cmocka_unit_test_teardown(T10_a_file_that_is_too_long_is_refused_unread, empty_folder),
        cmocka_unit_test_teardown(an_interface_is_found_by_its_address, empty_folder),
        cmocka_unit_test_teardown(an_entry_that_is_not_run_is_told_in_the_words_of_an_asa, empty_folder),
        cmocka_unit_test_teardown(a_key_of_another_kind_is_told_in_the_words_of_an_asa, empty_folder),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
