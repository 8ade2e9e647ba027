/* Whose password it is that somebody has typed, from one configuration to the next. */
#include "daemon/login.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct conf_credential user_of(const char *name, uint32_t gateway, const char *password)
{
    return (struct conf_credential){.tunnel_group = 3,
                                    .user = bytes_of_text(name),
                                    .password = bytes_of_text(password),
                                    .gateway = ip_of_v4(gateway)};
}

static void what_was_typed_stays_with_its_user_and_his_gateway(void **state)
{
    static const struct {
        const char *name;
        uint32_t gateway;
        const char *password, *has, *why;
    } cases[] = {
        {"alice", 0xcb007102, "", "typed", "the same user at the same gateway"},
        {"bob", 0xcb007102, "", "", "another user"},
        {"alice", 0xcb007103, "", "", "another gateway is not told it"},
        {"alice", 0xcb007102, "of the file", "of the file", "the configuration has one now"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct login login = {0};
        struct conf_credential first = user_of("alice", 0xcb007102, ""),
                               next = user_of(cases[i].name, cases[i].gateway, cases[i].password);

        login_fill(&login, &first, 1);
        CHECK(login.is_wanted && first.password.len == 0 && login_give(&login, bytes_of_text("typed")));
        struct conf_credential given = login_credential(&login);
        CHECK(given.tunnel_group == 3 && bytes_equal(given.user, bytes_of_text("alice")) &&
              bytes_equal(given.password, bytes_of_text("typed")));
        login_fill(&login, &next, 1);
        if (!bytes_equal(next.password, bytes_of_text(cases[i].has)))
            fail_msg("%s", cases[i].why);
        CHECK(login.password_len == (strcmp(cases[i].has, "typed") == 0 ? 5 : 0));
    }
}

static void nothing_is_taken_that_nobody_wants_or_that_is_none(void **state)
{
    static const uint8_t long_one[USER_PASSWORD_MAX + 1];
    struct conf_credential with = user_of("alice", 1, "of the file"), without = user_of("alice", 1, "");
    struct login login = {0};

    (void)state;
    CHECK(!login_give(&login, bytes_of_text("typed")));
    login_fill(&login, &with, 1);
    CHECK(!login_give(&login, bytes_of_text("typed")));
    login_fill(&login, &without, 1);
    CHECK(!login_give(&login, bytes_of_text("")) && !login_give(&login, BYTES_OF(long_one)));
    CHECK(login_give(&login, bytes_of(long_one, USER_PASSWORD_MAX)));
    login_fill(&login, NULL, 0);
    CHECK(!login.is_wanted && login.password_len == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_typed_stays_with_its_user_and_his_gateway),
        cmocka_unit_test(nothing_is_taken_that_nobody_wants_or_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
