#include "base/check.h"
#include "wire/fault.h"
#include "wire/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Where two numbers of a space are printed alike on purpose: the drafts' NAT payloads. */
static bool is_second_of_two(enum number_space space, uint32_t number)
{
    return space == SPACE_PL && (number == PL_NAT_D_DRAFT || number == PL_NAT_OA_DRAFT);
}

static void every_number_is_found_by_its_name_and_every_name_by_its_number(void **state)
{
    (void)state;
    for (enum number_space space = 0; space < SPACE_COUNT; space++) {
        uint32_t number, found;
        const char *name;
        size_t count = 0;

        for (; (name = number_row(space, count, &number)) != NULL; count++) {
            assert_string_equal(number_name(space, number), name);
            CHECK(number_of_name(space, bytes_of_text(name), &found));
            CHECK(found == number || is_second_of_two(space, number));
        }
        CHECK(count > 0);
        CHECK(strlen(number_space_name(space)) > 0);
    }
}

static void no_two_rows_of_a_space_have_one_number(void **state)
{
    (void)state;
    for (enum number_space space = 0; space < SPACE_COUNT; space++) {
        uint32_t a, b;

        for (size_t i = 0; number_row(space, i, &a) != NULL; i++)
            for (size_t k = i + 1; number_row(space, k, &b) != NULL; k++)
                CHECK(a != b);
    }
}

static void a_number_without_a_row_has_no_name(void **state)
{
    uint32_t number = 77;
    char space[40];
    struct text t = text_of(space, sizeof space);

    (void)state;
    CHECK(number_name(SPACE_PL, 77) == NULL);
    CHECK(!number_of_name(SPACE_PL, bytes_of_text("nothing"), &number) && number == 77);
    text_add_number(&t, SPACE_PL, 77);
    text_add(&t, " ");
    text_add_number(&t, SPACE_PL, PL_NAT_D_DRAFT);
    assert_string_equal(space, "UNKNOWN (77) NAT-D (130)");
}

static void the_numbers_are_those_of_the_documents(void **state)
{
    static const struct {
        int ours, documented;
        const char *where;
    } cases[] = {
        {XCHG_QUICK, 32, "RFC 2409 appendix A"},
        {PL_NONCE, 10, "RFC 2408 section 3.1"},
        {PL_VID, 13, "RFC 2408 section 3.1"},
        {PL_NAT_D, 20, "RFC 3947 section 3.2"},
        {PL_NAT_OA, 21, "RFC 3947 section 5.2"},
        {NOTIFY_NO_PROPOSAL_CHOSEN, 14, "RFC 2408 section 3.14.1"},
        {NOTIFY_INVALID_ID_INFORMATION, 18, "RFC 2408 section 3.14.1"},
        {NOTIFY_INITIAL_CONTACT, 24578, "RFC 2407 section 4.6.3"},
        {NOTIFY_R_U_THERE, 36136, "RFC 3706 section 5.2"},
        {ESP_TRANSFORM_AES, 12, "RFC 3602"},
        {ESP_TRANSFORM_AES_GCM_8, 18, "RFC 4106 section 8"},
        {ESP_TRANSFORM_AES_GCM_12, 19, "RFC 4106 section 8"},
        {ESP_TRANSFORM_AES_GCM_16, 20, "RFC 4106 section 8"},
        {ESP_TRANSFORM_AES_GMAC, 23, "RFC 4543 section 9"},
        {ESP_TRANSFORM_NULL, 11, "RFC 2410 section 4"},
        {IPSEC_AUTH_HMAC_SHA2_256, 5, "RFC 4868 section 4"},
        {IPSEC_ENCAP_UDP_TUNNEL, 3, "RFC 3947 section 5.1"},
        {IPSEC_ESN_YES, 1, "RFC 4304 section 2"},
        {OAKLEY_ENC_AES_CBC, 7, "RFC 3602"},
        {OAKLEY_HASH_SHA512, 6, "IANA ipsec-registry"},
        {OAKLEY_AUTH_XAUTH_INIT_PSK, 65001, "draft-beaulieu-ike-xauth-02 section 7.2"},
        {CFG_ATTR_XAUTH_STATUS, 16527, "draft-beaulieu-ike-xauth-02 section 6.2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (cases[i].ours != cases[i].documented)
            fail_msg("%d is not %d: %s", cases[i].ours, cases[i].documented, cases[i].where);
}

static void every_fault_has_a_name_and_a_sentence_of_its_own(void **state)
{
    (void)state;
    CHECK(WIRE_OK == 0);
    for (enum wire_fault a = 0; a < WIRE_FAULT_COUNT; a++)
        for (enum wire_fault b = 0; b < a; b++)
            CHECK(strcmp(wire_fault_name(a), wire_fault_name(b)) != 0 &&
                  strcmp(wire_fault_meaning(a), wire_fault_meaning(b)) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_found_by_its_name_and_every_name_by_its_number),
        cmocka_unit_test(no_two_rows_of_a_space_have_one_number),
        cmocka_unit_test(a_number_without_a_row_has_no_name),
        cmocka_unit_test(the_numbers_are_those_of_the_documents),
        cmocka_unit_test(every_fault_has_a_name_and_a_sentence_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
