/* The chains and the heap by which the engine finds its objects and what is due. */
#include "base/check.h"
#include "ike/due.h"
#include "ike/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PLACES = 300, STEPS = 20000 };

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

/* Vectors of the authors' reference implementation: key 00 01 .. 0f, message 00 01 .. of that length. */
static void D06_the_hash_is_siphash_2_4(void **state)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {{0, 0x726fdb47dd0e0e31u},
                   {1, 0x74f839c593dc67fdu},
                   {7, 0xab0200f58b01d137u},
                   {8, 0x93f5f5799a932462u},
                   {15, 0xa129ca6149be45e5u}};
    const struct index_secret secret = {{0x0706050403020100u, 0x0f0e0d0c0b0a0908u}};
    uint8_t message[16];

    (void)state;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    for (size_t i = 0; i < COUNT_OF(vectors); i++)
        CHECK(index_hash(&secret, bytes_of(message, vectors[i].len)) == vectors[i].hash);
}

static bool is_in_chain(const struct index *index, uint64_t hash, uint32_t place)
{
    for (uint32_t at = index_first(index, hash); at != 0; at = index_next(index, at))
        if (at == place + 1)
            return true;
    return false;
}

static void a_place_is_found_by_its_last_key_until_it_is_dropped(void **state)
{
    void *space = malloc(index_space(PLACES));
    struct index index = index_of(space, PLACES);
    uint64_t hashes[PLACES] = {0};
    bool is_there[PLACES] = {false};

    (void)state;
    for (int step = 0; step < STEPS; step++) {
        uint32_t place = random_below(PLACES);

        is_there[place] = random_below(3) != 0;
        hashes[place] = random_below(40); /* few, so that chains are long */
        if (is_there[place])
            index_put(&index, place, hashes[place]);
        else
            index_drop(&index, place);
        for (uint32_t i = 0; i < PLACES; i += 7)
            CHECK(is_in_chain(&index, hashes[i], i) == is_there[i]);
    }
    free(space);
}

static void what_is_due_first_comes_first_whatever_was_moved(void **state)
{
    void *space = malloc(due_space(PLACES));
    struct due due = due_of(space, PLACES);
    uint64_t times[PLACES];

    (void)state;
    for (size_t i = 0; i < PLACES; i++)
        times[i] = UINT64_MAX;
    CHECK(due_ms(&due) == UINT64_MAX);
    for (int step = 0; step < STEPS; step++) {
        uint32_t place = random_below(PLACES);
        uint64_t earliest = UINT64_MAX;

        times[place] = random_below(4) == 0 ? UINT64_MAX : random_below(1000);
        due_put(&due, place, times[place]);
        for (size_t i = 0; i < PLACES; i++)
            earliest = times[i] < earliest ? times[i] : earliest;
        CHECK(due_ms(&due) == earliest);
        CHECK(earliest == UINT64_MAX || times[due_place(&due)] == earliest);
    }
    free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D06_the_hash_is_siphash_2_4),
        cmocka_unit_test(a_place_is_found_by_its_last_key_until_it_is_dropped),
        cmocka_unit_test(what_is_due_first_comes_first_whatever_was_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
