#include "crypto/group.h"
#include "crypto/named.h"
#include "vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { UNTOUCHED = 0xa5 };

/* Public and shared values of one record are ours; the shared one has nothing written behind it. */
static void check_record(const struct vectors *v)
{
    enum group_id id = group_named(vectors_text(v, "group"));
    const struct group_info *info = group_info(id);
    struct bytes private_value = vectors_bytes(v, "private"), peer = vectors_bytes(v, "peer");
    struct bytes public_value = vectors_bytes(v, "public"), shared = vectors_bytes(v, "shared");
    uint8_t out[GROUP_PUBLIC_MAX + 1];

    CHECK(private_value.len == info->private_len && public_value.len == info->public_len &&
          peer.len == info->public_len && shared.len == info->secret_len);
    memset(out, UNTOUCHED, sizeof out);
    group_public(id, private_value.data, out);
    CHECK(bytes_equal(bytes_of(out, info->public_len), public_value) && out[info->public_len] == UNTOUCHED);

    memset(out, UNTOUCHED, sizeof out);
    CHECK(group_check(id, peer) == GROUP_OK && group_check(id, public_value) == GROUP_OK);
    CHECK(group_shared(id, private_value.data, peer, out) == GROUP_OK);
    CHECK(bytes_equal(bytes_of(out, info->secret_len), shared) && out[info->secret_len] == UNTOUCHED);
}

static void C14_modp_is_what_python_computes(void **state)
{
    struct vectors v = vectors_open("modp.txt");
    unsigned leading_count = 0;

    (void)state;
    while (vectors_next(&v)) {
        if (vectors_text(&v, "prime") != NULL)
            continue;
        check_record(&v);
        leading_count += vectors_bytes(&v, "shared").data[0] == 0 || vectors_bytes(&v, "public").data[0] == 0;
    }
    CHECK(leading_count == 14);
    CHECK(vectors_close(&v) == 8 + 38);
}

static void C14_ecp_is_that_of_rfc_5903_and_nist(void **state)
{
    struct vectors v = vectors_open("ecdh.txt");

    (void)state;
    while (vectors_next(&v))
        check_record(&v);
    CHECK(vectors_close(&v) == 6 + 75 + 6);
}

/* out = p + value, as long as p. */
static void number_near(struct bytes prime, int value, uint8_t *out)
{
    int carry = value;

    memcpy(out, prime.data, prime.len);
    for (size_t i = prime.len; i-- > 0 && carry != 0;) {
        int sum = out[i] + carry;

        out[i] = (uint8_t)sum;
        carry = sum < 0 ? -1 : sum > 255 ? 1 : 0;
    }
}

static enum group_fault shared_fault(enum group_id id, struct bytes peer)
{
    static const uint8_t private_value[GROUP_PRIVATE_MAX] = {0x80, 1, 2, 3};
    uint8_t out[GROUP_SECRET_MAX];

    memset(out, UNTOUCHED, sizeof out);
    enum group_fault fault = group_shared(id, private_value, peer, out);
    CHECK(group_check(id, peer) == fault);
    for (size_t i = 0; fault != GROUP_OK && i < sizeof out; i++)
        CHECK(out[i] == UNTOUCHED);
    return fault;
}

static void C12_values_outside_1_to_p_minus_1_are_refused(void **state)
{
    static const struct {
        bool is_from_prime;
        int value;
        enum group_fault fault;
        const char *why;
    } cases[] = {
        {false, 0, GROUP_FAULT_RANGE, "0"},
        {false, 1, GROUP_FAULT_RANGE, "1: the secret would be 1"},
        {false, 2, GROUP_OK, "2, the smallest"},
        {true, -2, GROUP_OK, "p-2, the greatest"},
        {true, -1, GROUP_FAULT_RANGE, "p-1: the secret would be 1 or p-1"},
        {true, 0, GROUP_FAULT_RANGE, "p"},
        {true, 1, GROUP_FAULT_RANGE, "p+1"},
    };
    struct vectors v = vectors_open("modp.txt");
    unsigned group_count = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct bytes prime = vectors_bytes(&v, "prime");
        enum group_id id = group_named(vectors_text(&v, "group"));
        uint8_t y[GROUP_PUBLIC_MAX + 1] = {0};

        if (prime.len == 0)
            continue;
        group_count++;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            memset(y, 0, sizeof y);
            y[prime.len - 1] = (uint8_t)cases[i].value;
            if (cases[i].is_from_prime)
                number_near(prime, cases[i].value, y);
            if (shared_fault(id, bytes_of(y, prime.len)) != cases[i].fault)
                fail_msg("%s in %s", cases[i].why, group_info(id)->name);
        }
        memset(y, 0xff, sizeof y);
        CHECK(shared_fault(id, bytes_of(y, prime.len)) == GROUP_FAULT_RANGE);
        memset(y, 0x02, sizeof y);
        CHECK(shared_fault(id, bytes_of(y, prime.len - 1)) == GROUP_FAULT_LENGTH);
        CHECK(shared_fault(id, bytes_of(y, prime.len + 1)) == GROUP_FAULT_LENGTH);
        CHECK(shared_fault(id, bytes_of(y, 0)) == GROUP_FAULT_LENGTH);
    }
    CHECK(group_count == 8);
    vectors_close(&v);
}

/* The field primes of groups 19 to 21, FIPS 186-4 D.1.2. */
static size_t field_prime(enum group_id id, uint8_t *out)
{
    size_t len = group_info(id)->secret_len;

    memset(out, 0xff, len);
    if (id == GROUP_ECP256) {
        memset(out + 4, 0, 16); /* 2^256 - 2^224 + 2^192 + 2^96 - 1 */
        out[7] = 1;
        return len;
    }
    if (id == GROUP_ECP384) {
        out[31] = 0xfe; /* 2^384 - 2^128 - 2^96 + 2^32 - 1 */
        memset(out + 36, 0, 8);
        return len;
    }
    out[0] = 0x01;
    return len;
}

static void C12_points_off_the_curve_are_refused(void **state)
{
    struct vectors v = vectors_open("ecdh.txt");
    bool is_done[GROUP_COUNT] = {false};

    (void)state;
    while (vectors_next(&v)) {
        enum group_id id = group_named(vectors_text(&v, "group"));
        struct bytes peer = vectors_bytes(&v, "peer");
        size_t half = peer.len / 2;
        uint8_t point[GROUP_PUBLIC_MAX + 1], prime[GROUP_PRIVATE_MAX];

        if (is_done[id])
            continue;
        is_done[id] = true;
        memset(point, 0, sizeof point);
        CHECK(shared_fault(id, bytes_of(point, peer.len)) == GROUP_FAULT_NOT_ON_CURVE); /* (0, 0) */
        CHECK(shared_fault(id, bytes_of(point, 1)) == GROUP_FAULT_LENGTH); /* infinity, as SEC 1 writes it */

        memcpy(point, peer.data, peer.len);
        CHECK(shared_fault(id, bytes_of(point, peer.len)) == GROUP_OK);
        CHECK(shared_fault(id, bytes_of(point, peer.len - 1)) == GROUP_FAULT_LENGTH);
        CHECK(shared_fault(id, bytes_of(point, peer.len + 1)) == GROUP_FAULT_LENGTH);
        CHECK(shared_fault(id, bytes_of(point, half)) == GROUP_FAULT_LENGTH);
        point[peer.len - 1] ^= 1;
        CHECK(shared_fault(id, bytes_of(point, peer.len)) == GROUP_FAULT_NOT_ON_CURVE);
        point[peer.len - 1] ^= 1;
        point[half - 1] ^= 1;
        CHECK(shared_fault(id, bytes_of(point, peer.len)) == GROUP_FAULT_NOT_ON_CURVE);

        CHECK(field_prime(id, prime) == half);
        memcpy(point, peer.data, peer.len);
        memcpy(point, prime, half);
        CHECK(shared_fault(id, bytes_of(point, peer.len)) == GROUP_FAULT_RANGE);
        point[half - 1] ^= 1; /* x = p-1: a coordinate like any other */
        CHECK(shared_fault(id, bytes_of(point, peer.len)) == GROUP_FAULT_NOT_ON_CURVE);
        memcpy(point, peer.data, half);
        memcpy(point + half, prime, half);
        CHECK(shared_fault(id, bytes_of(point, peer.len)) == GROUP_FAULT_RANGE);
    }
    CHECK(is_done[GROUP_ECP256] && is_done[GROUP_ECP384] && is_done[GROUP_ECP521]);
    vectors_close(&v);
}

static void both_sides_of_every_group_agree(void **state)
{
    (void)state;
    for (unsigned id = GROUP_NONE + 1; id < GROUP_COUNT; id++) {
        const struct group_info *info = group_info(id);
        uint8_t random[2][GROUP_RANDOM_MAX], private_value[2][GROUP_PRIVATE_MAX];
        uint8_t public_value[2][GROUP_PUBLIC_MAX], shared[2][GROUP_SECRET_MAX];

        CHECK(group_random_len(id) <= GROUP_RANDOM_MAX && group_of_number(info->number) == id);
        for (unsigned side = 0; side < 2; side++) {
            memset(random[side], 0x35 + (int)side, sizeof random[side]);
            group_private(id, random[side], private_value[side]);
            group_public(id, private_value[side], public_value[side]);
        }
        CHECK(memcmp(public_value[0], public_value[1], info->public_len) != 0);
        for (unsigned side = 0; side < 2; side++)
            CHECK(group_shared(id, private_value[side], bytes_of(public_value[1 - side], info->public_len),
                               shared[side]) == GROUP_OK);
        CHECK(memcmp(shared[0], shared[1], info->secret_len) == 0);
    }
    CHECK(group_of_number(22) == GROUP_NONE && group_of_number(0) == GROUP_NONE);
}

static void private_values_have_their_length_and_are_never_zero(void **state)
{
    (void)state;
    for (unsigned id = GROUP_NONE + 1; id < GROUP_COUNT; id++) {
        const struct group_info *info = group_info(id);
        uint8_t random[GROUP_RANDOM_MAX] = {0}, private_value[GROUP_PRIVATE_MAX], public_value[GROUP_PUBLIC_MAX];

        group_private(id, random, private_value);
        if (info->kind == GROUP_KIND_MODP) {
            CHECK(private_value[0] == 0x80);
        } else {
            CHECK(private_value[info->private_len - 1] == 1);
            memset(random, 0xff, sizeof random); /* far above n */
            group_private(id, random, private_value);
        }
        group_public(id, private_value, public_value);
        CHECK(group_check(id, bytes_of(public_value, info->public_len)) == GROUP_OK);
    }
}

static void faults_have_names(void **state)
{
    (void)state;
    assert_string_equal(group_fault_name(GROUP_OK), "OK");
    assert_string_equal(group_fault_name(GROUP_FAULT_IDENTITY), "IDENTITY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C14_modp_is_what_python_computes),
        cmocka_unit_test(C14_ecp_is_that_of_rfc_5903_and_nist),
        cmocka_unit_test(C12_values_outside_1_to_p_minus_1_are_refused),
        cmocka_unit_test(C12_points_off_the_curve_are_refused),
        cmocka_unit_test(both_sides_of_every_group_agree),
        cmocka_unit_test(private_values_have_their_length_and_are_never_zero),
        cmocka_unit_test(faults_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
