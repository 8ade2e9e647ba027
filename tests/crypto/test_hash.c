#include "counted_heap.h"

#include "crypto/drbg.h"
#include "crypto/hash.h"
#include "crypto/named.h"
#include "crypto/random.h"
#include "vectors/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void hashes_are_those_of_their_standards(void **state)
{
    /* "abc": RFC 1321 appendix A.5, FIPS 180-4 examples. */
    static const struct {
        enum hash_id id;
        uint8_t first[8];
    } cases[] = {
        {HASH_MD5, {0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0}},
        {HASH_SHA1, {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a}},
        {HASH_SHA256, {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea}},
        {HASH_SHA384, {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b}},
        {HASH_SHA512, {0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba}},
    };
    const struct bytes parts[] = {bytes_of_text("a"), bytes_of(NULL, 0), bytes_of_text("bc")};
    uint8_t digest[DIGEST_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes result = hash_of(cases[i].id, parts, COUNT_OF(parts), digest);

        CHECK(result.len == hash_info(cases[i].id)->digest_len);
        CHECK(bytes_begin_with(result, BYTES_OF(cases[i].first)));
    }
}

static void hmac_is_that_of_its_vectors(void **state)
{
    struct vectors v = vectors_open("hmac.txt");
    uint8_t digest[DIGEST_MAX];

    (void)state;
    while (vectors_next(&v)) {
        struct bytes data = vectors_bytes(&v, "data"), mac = vectors_bytes(&v, "mac");
        struct bytes halves[] = {bytes_of(data.data, data.len / 3), bytes_after(data, data.len / 3)};
        enum hash_id id = hash_named(vectors_text(&v, "hash"));

        struct bytes result = hmac_of(id, vectors_bytes(&v, "key"), &data, 1, digest);
        CHECK(mac.len >= 10 && bytes_begin_with(result, mac) && result.len == hash_info(id)->digest_len);
        result = hmac_of(id, vectors_bytes(&v, "key"), halves, 2, digest);
        CHECK(bytes_begin_with(result, mac));
    }
    CHECK(vectors_close(&v) == 192);
}

static void a_ready_key_serves_many_messages(void **state)
{
    uint8_t once[DIGEST_MAX], again[DIGEST_MAX];
    struct bytes message = bytes_of_text("Hi There");
    struct hmac_key ready;

    (void)state;
    hmac_key_set(&ready, HASH_SHA384, bytes_of_text("a key"));
    struct bytes first = hmac_with(&ready, &message, 1, once);
    struct hmac_key copy = ready;
    bytes_wipe(&ready, sizeof ready);
    CHECK(bytes_equal(first, hmac_with(&copy, &message, 1, again)));
    CHECK(bytes_equal(first, hmac_of(HASH_SHA384, bytes_of_text("a key"), &message, 1, again)));
}

static void an_empty_key_and_no_message_have_an_hmac(void **state)
{
    /* HMAC-SHA-1 of nothing under nothing. */
    static const uint8_t expected[] = {0xfb, 0xdb, 0x1d, 0x1b, 0x18, 0xaa, 0x6c, 0x08, 0x32, 0x4b,
                                       0x7d, 0x64, 0xb7, 0x1f, 0xb7, 0x63, 0x70, 0x69, 0x0e, 0x1d};
    uint8_t digest[DIGEST_MAX];

    (void)state;
    CHECK(bytes_equal(hmac_of(HASH_SHA1, bytes_of(NULL, 0), NULL, 0, digest), BYTES_OF(expected)));
}

static void hashing_allocates_nothing(void **state)
{
    uint8_t digest[DIGEST_MAX];
    struct bytes message = bytes_of_text("Hi There");

    (void)state;
    size_t before = allocation_count;
    for (unsigned id = HASH_NONE + 1; id < HASH_COUNT; id++)
        hmac_of(id, message, &message, 1, digest);
    CHECK(allocation_count == before);
}

static void the_generator_is_hmac_drbg(void **state)
{
    struct vectors v = vectors_open("drbg.txt");

    (void)state;
    while (vectors_next(&v)) {
        struct bytes out = vectors_bytes(&v, "out"), reseed = vectors_bytes(&v, "reseed");
        uint8_t space[128];
        struct drbg drbg;

        CHECK(out.len == sizeof space);
        drbg_seed(&drbg, vectors_bytes(&v, "seed"));
        if (reseed.len > 0)
            drbg_reseed(&drbg, reseed);
        drbg_fill(&drbg, space, sizeof space);
        drbg_fill(&drbg, space, sizeof space);
        CHECK(bytes_equal(BYTES_OF(space), out));
    }
    CHECK(vectors_close(&v) == 240);
}

static void a_copied_generator_goes_on_alike_and_asks_for_a_seed_in_time(void **state)
{
    uint8_t seed[DRBG_SEED_LEN] = {7}, a[33], b[33];
    struct drbg drbg;

    (void)state;
    drbg_seed(&drbg, BYTES_OF(seed));
    struct drbg copy = drbg;
    drbg_fill(&drbg, a, sizeof a);
    drbg_fill(&copy, b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) == 0);
    drbg_fill(&copy, b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);

    CHECK(!drbg_wants_seed(&drbg) && drbg.request_count == 1);
    drbg.request_count = 1 << 20;
    CHECK(drbg_wants_seed(&drbg));
    drbg_reseed(&drbg, BYTES_OF(seed));
    CHECK(!drbg_wants_seed(&drbg));
}

static void the_system_gives_randomness(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0};

    (void)state;
    CHECK(random_fill(a, sizeof a) && random_fill(b, sizeof b));
    CHECK(memcmp(a, b, sizeof a) != 0 && !bytes_are_zero(BYTES_OF(a)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_their_standards),
        cmocka_unit_test(hmac_is_that_of_its_vectors),
        cmocka_unit_test(a_ready_key_serves_many_messages),
        cmocka_unit_test(an_empty_key_and_no_message_have_an_hmac),
        cmocka_unit_test(hashing_allocates_nothing),
        cmocka_unit_test(the_generator_is_hmac_drbg),
        cmocka_unit_test(a_copied_generator_goes_on_alike_and_asks_for_a_seed_in_time),
        cmocka_unit_test(the_system_gives_randomness),
    };

    count_allocations();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
