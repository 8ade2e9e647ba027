/* Conditions of certificate maps held against names. Attack list C11. */
#include "crypto/name_match.h"

#include "certificates.h"

#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* DER of a name out of pairs; the caller frees it. */
static struct bytes name_of(const char *const parts[][2], size_t count)
{
    X509_NAME *name = X509_NAME_new();
    unsigned char *der = NULL;

    for (size_t i = 0; i < count; i++)
        CHECK(X509_NAME_add_entry_by_txt(name, parts[i][0], MBSTRING_UTF8, (const unsigned char *)parts[i][1], -1, -1,
                                         0));
    int len = i2d_X509_NAME(name, &der);
    CHECK(len > 0);
    X509_NAME_free(name);
    return bytes_of(der, (size_t)len);
}

static void a_name_fits_a_condition_or_does_not(void **state)
{
    static const char *const parts[][2] = {
        {"C", "DE"}, {"O", "Example AG"}, {"OU", "gateways"}, {"OU", "lab"}, {"CN", "east.example.net"}};
    static const struct {
        const char *tag;
        enum name_match match;
        const char *value;
        bool fits;
        const char *why;
    } cases[] = {
        {"cn", NAME_EQUAL, "east.example.net", true, "the same"},
        {"CN", NAME_EQUAL, "EAST.example.NET", true, "capitals do not count, of the tag neither"},
        {"cn", NAME_EQUAL, "east", false, "a part of it is not it"},
        {"cn", NAME_EQUAL, "*.example.net", false, "a star is a character"},
        {"cn", NAME_CONTAINS, "example", true, "in the middle"},
        {"cn", NAME_CONTAINS, "west", false, "not there"},
        {"cn", NAME_DIFFERS, "west.example.net", true, "another one"},
        {"cn", NAME_DIFFERS, "east.example.net", false, "the very one"},
        {"cn", NAME_LACKS, "west", true, "not in it"},
        {"cn", NAME_LACKS, "east", false, "in it"},
        {"ou", NAME_EQUAL, "lab", true, "the second of two"},
        {"ou", NAME_EQUAL, "gateways", true, "the first"},
        {"ou", NAME_DIFFERS, "lab", false, "one of two is"},
        {"ou", NAME_LACKS, "way", false, "one of two has it"},
        {"l", NAME_EQUAL, "Bonn", false, "no such part"},
        {"l", NAME_DIFFERS, "Bonn", true, "what is not there is not Bonn"},
        {"zz", NAME_EQUAL, "x", false, "no part that anybody knows"},
        {"", NAME_CONTAINS, "ou=gateways,ou=lab", true, "the whole, blanks aside"},
        {"", NAME_EQUAL, "C=DE, O=Example AG, OU=gateways, OU=lab, CN=east.example.net", true, "all of it"},
        {"", NAME_EQUAL, "CN=east.example.net", false, "not all of it"},
        {"", NAME_LACKS, "cn=west", true, "the whole lacks it"},
    };
    struct bytes der = name_of(parts, COUNT_OF(parts));

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (name_matches(der, cases[i].tag, cases[i].match, cases[i].value) != cases[i].fits)
            fail_msg("%s", cases[i].why);
    OPENSSL_free((void *)(uintptr_t)der.data);
}

static void C11_what_cannot_be_read_fits_nothing(void **state)
{
    X509_NAME *name = X509_NAME_new();
    static const unsigned char hidden[] = "east\0.evil.example";
    unsigned char *der = NULL;
    char space[64];

    (void)state;
    CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, hidden, sizeof hidden - 1, -1, 0));
    int len = i2d_X509_NAME(name, &der);
    const struct bytes bad[] = {bytes_of(der, (size_t)len), bytes_of_text("no name"), bytes_of(NULL, 0)};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        for (enum name_match match = NAME_EQUAL; match <= NAME_LACKS; match++)
            CHECK(!name_matches(bad[i], "cn", match, "east"));
    CHECK(!name_part(bad[0], "cn", 0, space, sizeof space));
    OPENSSL_free(der);
    X509_NAME_free(name);
}

static void the_parts_of_a_name_are_had_one_by_one(void **state)
{
    static const char *const parts[][2] = {{"OU", "gateways"}, {"CN", "east"}, {"OU", "lab"}};
    struct bytes der = name_of(parts, COUNT_OF(parts));
    char space[9];

    (void)state;
    CHECK(name_part(der, "ou", 0, space, sizeof space) && strcmp(space, "gateways") == 0);
    CHECK(name_part(der, "ou", 1, space, sizeof space) && strcmp(space, "lab") == 0);
    CHECK(!name_part(der, "ou", 2, space, sizeof space) && !name_part(der, "o", 0, space, sizeof space));
    CHECK(!name_part(der, "ou", 0, space, 8)); /* no room for it and the zero behind it */
    CHECK(name_tag_is_known(bytes_of_text("ea")) && !name_tag_is_known(bytes_of_text("email")));
    OPENSSL_free((void *)(uintptr_t)der.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_fits_a_condition_or_does_not),
        cmocka_unit_test(C11_what_cannot_be_read_fits_nothing),
        cmocka_unit_test(the_parts_of_a_name_are_had_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
