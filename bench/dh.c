/* How much the missing validation is worth: group_shared against EVP_PKEY_derive as most programs call it, which
 * validates the peer's value by an exponentiation of full length. Both take turns in the same run, so that their ratio
 * means something on a machine whose speed drifts.
 *
 *     bench_dh [seconds a group, default 2] */
#include "base/check.h"
#include "crypto/group.h"
#include "crypto/random.h"

#include <openssl/dh.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct side {
    uint8_t private_value[GROUP_PRIVATE_MAX], public_value[GROUP_PUBLIC_MAX];
    EVP_PKEY *key;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static EVP_PKEY *evp_key(const char *name)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    EVP_PKEY *key = NULL;

    CHECK(context != NULL && EVP_PKEY_keygen_init(context) == 1);
    CHECK(EVP_PKEY_CTX_set_dh_nid(context, OBJ_sn2nid(name)) == 1);
    CHECK(EVP_PKEY_generate(context, &key) == 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void make_side(struct side *side, enum group_id id, const char *name)
{
    uint8_t random[GROUP_RANDOM_MAX];

    CHECK(random_fill(random, group_random_len(id)));
    group_private(id, random, side->private_value);
    group_public(id, side->private_value, side->public_value);
    side->key = evp_key(name);
}

static void derive_ours(enum group_id id, const struct side *a, const struct side *b)
{
    uint8_t shared[GROUP_SECRET_MAX];

    CHECK(group_shared(id, a->private_value, bytes_of(b->public_value, group_info(id)->public_len), shared) ==
          GROUP_OK);
}

static void derive_evp(const struct side *a, const struct side *b)
{
    uint8_t shared[GROUP_SECRET_MAX];
    size_t len = sizeof shared;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(a->key, NULL);

    CHECK(context != NULL && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, b->key) == 1);
    CHECK(EVP_PKEY_derive(context, shared, &len) == 1);
    EVP_PKEY_CTX_free(context);
}

static void measure(enum group_id id, const char *name, double seconds)
{
    struct side a, b;
    double spent_ours = 0, spent_evp = 0;
    unsigned count = 0;

    make_side(&a, id, name);
    make_side(&b, id, name);
    derive_ours(id, &a, &b);
    derive_evp(&a, &b);
    while (spent_ours + spent_evp < seconds) {
        double start = now_s();
        derive_ours(id, &a, &b);
        double between = now_s();
        derive_evp(&a, &b);
        spent_ours += between - start;
        spent_evp += now_s() - between;
        count++;
    }
    printf("group %2u  group_shared %8.0f /s  EVP_PKEY_derive, validated %8.0f /s  ratio %.2f\n",
           group_info(id)->number, count / spent_ours, count / spent_evp, spent_evp / spent_ours);
    EVP_PKEY_free(a.key);
    EVP_PKEY_free(b.key);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 2;

    measure(GROUP_MODP1536, "modp_1536", seconds);
    measure(GROUP_MODP2048, "modp_2048", seconds);
    measure(GROUP_MODP3072, "modp_3072", seconds);
    return 0;
}
