/* Any bytes as a configuration: reading ends within its memory, and what is written of it (with its keys) reads as the
 * same configuration: it is written the same again, and the same tunnels run. */
#include "base/check.h"
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { WRITTEN_SIZE = 1 << 20, ARENA_SIZE = 64 << 20, INPUT_MAX = 1 << 16 };

static char first_text[WRITTEN_SIZE], second_text[WRITTEN_SIZE];
static uint8_t *first_space, *second_space;

static void check_policy(const struct policy *p)
{
    for (uint16_t i = 0; i < p->tunnel_count; i++) {
        const struct tunnel *t = &p->tunnels[i];

        /* a dynamic entry has no peer, nor has one whose peer is a name that is not known yet */
        CHECK(t->parked != NULL || (t->transform_set_count > 0 && t->ace_count > 0));
        CHECK(t->parked != NULL || t->interface < p->interface_count);
        for (uint8_t j = 0; j < t->transform_set_count; j++)
            CHECK(t->transform_sets[j] < p->transform_set_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct conf first, second;

    if (len > INPUT_MAX)
        return 0;
    if (first_space == NULL) {
        first_space = malloc(ARENA_SIZE);
        second_space = malloc(ARENA_SIZE);
    }

    CHECK(conf_space(len) <= ARENA_SIZE);
    struct arena first_arena = arena_of(first_space, conf_space(len));
    struct arena second_arena = arena_of(second_space, ARENA_SIZE), whole = second_arena;

    if (!conf_read(&first, bytes_of(data, len), "fuzz", &first_arena)) {
        CHECK(!conf_read(&second, bytes_of(data, len), "fuzz", &whole)); /* not for want of memory */
        return 0;
    }
    check_policy(&first.policy);

    struct text a = text_of(first_text, WRITTEN_SIZE), b = text_of(second_text, WRITTEN_SIZE);

    conf_write(&first, CONF_KEYS_SHOWN, &a);
    CHECK(!a.is_cut);
    CHECK(conf_read(&second, bytes_of(a.data, a.len), "fuzz", &second_arena));
    conf_write(&second, CONF_KEYS_SHOWN, &b);
    CHECK(strcmp(a.data, b.data) == 0);
    CHECK(first.running_count == second.running_count && first.parked_count == second.parked_count);
    CHECK(first.key_count == second.key_count && first.unused_count == second.unused_count);
    for (uint16_t i = 0; i < first.policy.tunnel_count; i++)
        CHECK((first.policy.tunnels[i].parked == NULL) ==
              (policy_same_tunnel(&first.policy, i, &second.policy) != NO_INDEX));
    conf_wipe(&first);
    conf_write(&first, CONF_KEYS_SHOWN, &a);
    return 0;
}
