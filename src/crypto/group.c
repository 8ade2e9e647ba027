/* What is known of speed here was measured: a peer's value is checked by its range (trap 1: libcrypto's own validation
 * of a safe-prime value is a second, full-length exponentiation), exponents are short (trap 2), and Montgomery's
 * constants are made once a group. */
#include "crypto/group.h"

#include "base/check.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <string.h>

/* Made once, by whichever thread comes first; read by all after. */
struct domain {
    BIGNUM *prime; /* the field's */
    BN_MONT_CTX *mont;
    EC_GROUP *curve;
    BIGNUM *order_less_one; /* ECP */
};

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static struct domain domains[GROUP_COUNT];

static BIGNUM *modp_prime(enum group_id id)
{
    switch (id) {
    case GROUP_MODP768: return BN_get_rfc2409_prime_768(NULL);
    case GROUP_MODP1024: return BN_get_rfc2409_prime_1024(NULL);
    case GROUP_MODP1536: return BN_get_rfc3526_prime_1536(NULL);
    case GROUP_MODP2048: return BN_get_rfc3526_prime_2048(NULL);
    case GROUP_MODP3072: return BN_get_rfc3526_prime_3072(NULL);
    case GROUP_MODP4096: return BN_get_rfc3526_prime_4096(NULL);
    case GROUP_MODP6144: return BN_get_rfc3526_prime_6144(NULL);
    case GROUP_MODP8192: return BN_get_rfc3526_prime_8192(NULL);
    case GROUP_ECP256:
    case GROUP_ECP384:
    case GROUP_ECP521:
    case GROUP_NONE:
    case GROUP_COUNT: break;
    }
    return NULL;
}

static int curve_nid(enum group_id id)
{
    switch (id) {
    case GROUP_ECP256: return NID_X9_62_prime256v1;
    case GROUP_ECP384: return NID_secp384r1;
    case GROUP_ECP521: return NID_secp521r1;
    case GROUP_MODP768:
    case GROUP_MODP1024:
    case GROUP_MODP1536:
    case GROUP_MODP2048:
    case GROUP_MODP3072:
    case GROUP_MODP4096:
    case GROUP_MODP6144:
    case GROUP_MODP8192:
    case GROUP_NONE:
    case GROUP_COUNT: break;
    }
    return NID_undef;
}

static void make_modp(enum group_id id, BN_CTX *scratch)
{
    struct domain *domain = &domains[id];

    domain->prime = modp_prime(id);
    domain->mont = BN_MONT_CTX_new();
    CHECK(domain->prime != NULL && domain->mont != NULL);
    CHECK(BN_MONT_CTX_set(domain->mont, domain->prime, scratch) == 1);
}

static void make_ecp(enum group_id id, BN_CTX *scratch)
{
    struct domain *domain = &domains[id];

    domain->curve = EC_GROUP_new_by_curve_name(curve_nid(id));
    domain->prime = BN_new();
    CHECK(domain->curve != NULL && domain->prime != NULL);
    CHECK(EC_GROUP_get_curve(domain->curve, domain->prime, NULL, NULL, scratch) == 1);
    domain->order_less_one = BN_dup(EC_GROUP_get0_order(domain->curve));
    CHECK(domain->order_less_one != NULL && BN_sub_word(domain->order_less_one, 1) == 1);
}

static void make_domains(void)
{
    BN_CTX *scratch = BN_CTX_new();

    CHECK(scratch != NULL);
    for (unsigned id = GROUP_NONE + 1; id < GROUP_COUNT; id++)
        if (group_info(id)->kind == GROUP_KIND_MODP)
            make_modp(id, scratch);
        else
            make_ecp(id, scratch);
    BN_CTX_free(scratch);
}

static const struct domain *domain_of(enum group_id id)
{
    CHECK(id != GROUP_NONE && (unsigned)id < GROUP_COUNT);
    CHECK(CRYPTO_THREAD_run_once(&once, make_domains));
    return &domains[id];
}

const char *group_fault_name(enum group_fault fault)
{
    switch (fault) {
    case GROUP_OK: return "OK";
    case GROUP_FAULT_LENGTH: return "LENGTH";
    case GROUP_FAULT_RANGE: return "RANGE";
    case GROUP_FAULT_NOT_ON_CURVE: return "NOT_ON_CURVE";
    case GROUP_FAULT_IDENTITY: return "IDENTITY";
    }
    return "unknown";
}

/* The numbers of one computation. All of them are wiped, for most are secret. */
struct work {
    BN_CTX *scratch;
    BIGNUM *private_value, *x, *y;
};

static struct work work_begin(void)
{
    struct work work = {BN_CTX_new(), BN_new(), BN_new(), BN_new()};

    CHECK(work.scratch != NULL && work.private_value != NULL && work.x != NULL && work.y != NULL);
    BN_set_flags(work.private_value, BN_FLG_CONSTTIME);
    return work;
}

static void work_end(struct work *work)
{
    BN_clear_free(work->private_value);
    BN_clear_free(work->x);
    BN_clear_free(work->y);
    BN_CTX_free(work->scratch); /* wipes its numbers */
}

static void number_read(BIGNUM *number, const uint8_t *data, size_t len)
{
    CHECK(BN_bin2bn(data, (int)len, number) != NULL);
}

static void number_write(const BIGNUM *number, uint8_t *out, size_t len)
{
    CHECK(BN_bn2binpad(number, out, (int)len) == (int)len);
}

size_t group_random_len(enum group_id id)
{
    const struct group_info *info = group_info(id);

    return info->kind == GROUP_KIND_ECP ? info->private_len + 8 : info->private_len;
}

void group_private(enum group_id id, const uint8_t *random, uint8_t private_value[static GROUP_PRIVATE_MAX])
{
    const struct group_info *info = group_info(id);
    const struct domain *domain = domain_of(id);

    if (info->kind == GROUP_KIND_MODP) {
        memcpy(private_value, random, info->private_len);
        private_value[0] |= 0x80;
        return;
    }
    struct work work = work_begin();
    BN_set_flags(work.x, BN_FLG_CONSTTIME);
    number_read(work.x, random, group_random_len(id));
    CHECK(BN_mod(work.private_value, work.x, domain->order_less_one, work.scratch) == 1);
    CHECK(BN_add_word(work.private_value, 1) == 1);
    number_write(work.private_value, private_value, info->private_len);
    work_end(&work);
}

/* x = base ^ private value. The base is in x. */
static void modp_power(const struct domain *domain, struct work *work)
{
    CHECK(BN_mod_exp_mont_consttime(work->y, work->x, work->private_value, domain->prime, work->scratch,
                                    domain->mont) == 1);
    BN_swap(work->x, work->y);
}

/* (x, y) = private value times the point, or times the generator when there is none. False: infinity. */
static bool ecp_multiply(const struct domain *domain, struct work *work, const EC_POINT *point)
{
    EC_POINT *product = EC_POINT_new(domain->curve);
    const BIGNUM *generator_times = point == NULL ? work->private_value : NULL;
    const BIGNUM *point_times = point == NULL ? NULL : work->private_value;

    CHECK(product != NULL);
    CHECK(EC_POINT_mul(domain->curve, product, generator_times, point, point_times, work->scratch) == 1);
    bool is_finite = EC_POINT_is_at_infinity(domain->curve, product) == 0;
    if (is_finite)
        CHECK(EC_POINT_get_affine_coordinates(domain->curve, product, work->x, work->y, work->scratch) == 1);
    EC_POINT_clear_free(product);
    return is_finite;
}

void group_public(enum group_id id, const uint8_t *private_value, uint8_t public_value[static GROUP_PUBLIC_MAX])
{
    const struct group_info *info = group_info(id);
    const struct domain *domain = domain_of(id);
    struct work work = work_begin();

    number_read(work.private_value, private_value, info->private_len);
    if (info->kind == GROUP_KIND_MODP) {
        CHECK(BN_set_word(work.x, 2) == 1); /* the generator of all of them */
        modp_power(domain, &work);
        number_write(work.x, public_value, info->public_len);
    } else {
        CHECK(ecp_multiply(domain, &work, NULL));
        number_write(work.x, public_value, info->public_len / 2);
        number_write(work.y, public_value + info->public_len / 2, info->public_len / 2);
    }
    work_end(&work);
}

/* Reads y into work->x; in a group of a safe prime 1 < y < p-1 is all there is to check (RFC 6989 section 2.1). */
static enum group_fault modp_read(const struct domain *domain, struct work *work, struct bytes peer_public)
{
    number_read(work->x, peer_public.data, peer_public.len);
    CHECK(BN_copy(work->y, domain->prime) != NULL && BN_sub_word(work->y, 1) == 1);
    if (BN_is_zero(work->x) || BN_is_one(work->x) || BN_cmp(work->x, work->y) >= 0)
        return GROUP_FAULT_RANGE;
    return GROUP_OK;
}

/* RFC 6989 section 2.3. The cofactor of these curves is 1, so a point on the curve is in the group. */
static enum group_fault ecp_read(const struct domain *domain, struct work *work, struct bytes peer_public,
                                 EC_POINT *point)
{
    size_t len = peer_public.len / 2;

    number_read(work->x, peer_public.data, len);
    number_read(work->y, peer_public.data + len, len);
    if (BN_cmp(work->x, domain->prime) >= 0 || BN_cmp(work->y, domain->prime) >= 0)
        return GROUP_FAULT_RANGE;
    ERR_set_mark();
    bool is_on_curve = EC_POINT_set_affine_coordinates(domain->curve, point, work->x, work->y, work->scratch) == 1;
    ERR_pop_to_mark(); /* a peer's mistake is no news to libcrypto's next user */
    return is_on_curve ? GROUP_OK : GROUP_FAULT_NOT_ON_CURVE;
}

/* Checks the peer's value and, where there is a private value, leaves g^xy in work->x. */
static enum group_fault modp_agree(const struct domain *domain, struct work *work, struct bytes peer_public,
                                   bool is_check)
{
    enum group_fault fault = modp_read(domain, work, peer_public);

    if (fault != GROUP_OK || is_check)
        return fault;
    modp_power(domain, work);
    return BN_is_zero(work->x) || BN_is_one(work->x) ? GROUP_FAULT_IDENTITY : GROUP_OK;
}

static enum group_fault ecp_agree(const struct domain *domain, struct work *work, struct bytes peer_public,
                                  bool is_check)
{
    EC_POINT *point = EC_POINT_new(domain->curve);

    CHECK(point != NULL);
    enum group_fault fault = ecp_read(domain, work, peer_public, point);
    if (fault == GROUP_OK && !is_check && !ecp_multiply(domain, work, point))
        fault = GROUP_FAULT_IDENTITY;
    EC_POINT_free(point);
    return fault;
}

static enum group_fault agree(enum group_id id, struct work *work, struct bytes peer_public, bool is_check)
{
    const struct domain *domain = domain_of(id);

    if (peer_public.len != group_info(id)->public_len)
        return GROUP_FAULT_LENGTH;
    if (group_info(id)->kind == GROUP_KIND_MODP)
        return modp_agree(domain, work, peer_public, is_check);
    return ecp_agree(domain, work, peer_public, is_check);
}

enum group_fault group_check(enum group_id id, struct bytes peer_public)
{
    struct work work = work_begin();
    enum group_fault fault = agree(id, &work, peer_public, true);

    work_end(&work);
    return fault;
}

enum group_fault group_shared(enum group_id id, const uint8_t *private_value, struct bytes peer_public,
                              uint8_t shared[static GROUP_SECRET_MAX])
{
    struct work work = work_begin();

    number_read(work.private_value, private_value, group_info(id)->private_len);
    enum group_fault fault = agree(id, &work, peer_public, false);
    if (fault == GROUP_OK)
        number_write(work.x, shared, group_info(id)->secret_len);
    work_end(&work);
    return fault;
}
