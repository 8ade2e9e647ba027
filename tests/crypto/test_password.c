/* Passwords against hashes of crypt(5). */
#include "crypto/password.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_password_fits_its_own_hash_only(void **state)
{
    static const struct {
        const char *password, *hash;
        bool fits;
        const char *why;
    } cases[] = {
        {"wonderland",
         "$6$rounds=1000$salt$sbltqYmP0ZYgntj4VB9hagrFEGEoyfhasb6oFFq/zkf0cdDtIP839YvBERBFfKC4QASINRwjLkmItCdnbM4sW0",
         true, "SHA-512"},
        {"Wonderland",
         "$6$rounds=1000$salt$sbltqYmP0ZYgntj4VB9hagrFEGEoyfhasb6oFFq/zkf0cdDtIP839YvBERBFfKC4QASINRwjLkmItCdnbM4sW0",
         false, "another letter"},
        {"",
         "$6$rounds=1000$salt$sbltqYmP0ZYgntj4VB9hagrFEGEoyfhasb6oFFq/zkf0cdDtIP839YvBERBFfKC4QASINRwjLkmItCdnbM4sW0",
         false, "nothing"},
        {"wonderland", "$y$j9T$abcdefghijklmnopqrst./$GiGAK2ogIdDnf8r8h9yWU/9oeVZphopsdqGumd29rd9", true, "yescrypt"},
        {"wonderlan", "$y$j9T$abcdefghijklmnopqrst./$GiGAK2ogIdDnf8r8h9yWU/9oeVZphopsdqGumd29rd9", false, "shorter"},
        {"wonderland", "wonderland", false, "what is no hash fits nothing"},
        {"wonderland", "$1$salt$abcdefgh", false, "MD5 is not good enough"},
        {"wonderland", "$6$", false, "a method alone"},
        {"wonderland", "", false, "no hash"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK(password_fits(bytes_of_text(cases[i].password), bytes_of_text(cases[i].hash)) == cases[i].fits);
}

static void a_zero_byte_does_not_end_a_password(void **state)
{
    (void)state;
    CHECK(!password_fits(bytes_of("wonderland\0x", 12),
                         bytes_of_text("$6$rounds=1000$salt$sbltqYmP0ZYgntj4VB9hagrFEGEoyfhasb6oFFq/"
                                       "zkf0cdDtIP839YvBERBFfKC4QASINRwjLkmItCdnbM4sW0")));
}

static void a_hash_that_is_made_fits_and_has_the_salt_in_it(void **state)
{
    static const uint8_t salts[2][PASSWORD_SALT_LEN] = {{1}, {2}};
    uint8_t spaces[2][PASSWORD_HASH_MAX];
    struct bytes hashes[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        hashes[i] = password_hash_make(bytes_of_text("wonderland"), BYTES_OF(salts[i]), spaces[i]);
        CHECK(password_hash_is_good(hashes[i]) && password_fits(bytes_of_text("wonderland"), hashes[i]));
        CHECK(!password_fits(bytes_of_text("looking-glass"), hashes[i]));
    }
    CHECK(!bytes_equal(hashes[0], hashes[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_fits_its_own_hash_only),
        cmocka_unit_test(a_zero_byte_does_not_end_a_password),
        cmocka_unit_test(a_hash_that_is_made_fits_and_has_the_salt_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
