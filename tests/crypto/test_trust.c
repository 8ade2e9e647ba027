/* Whom a trustpoint believes, and whom not. Attack list C05 to C11. */
#include "crypto/hash.h"
#include "crypto/trust.h"

#include "shown.h"

#include <dirent.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint8_t digest[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

/* The CRL from a file, or one that was fetched: the same comes of it. */
static struct trust *root_trust_with(const char *crl, bool is_fetched)
{
    struct trust *trust = trust_make();

    CHECK(trust != NULL && trust_add_anchor(trust, file_der(0, "root.pem")));
    if (crl != NULL && is_fetched)
        CHECK(trust_set_fetched_crl(trust, 0, file_der(1, crl)));
    else if (crl != NULL)
        CHECK(trust_add_crl(trust, file_der(1, crl)));
    return trust;
}

static struct trust *root_trust(const char *crl)
{
    return root_trust_with(crl, false);
}

#define DN_EAST "DN:east-rsa"

static void what_a_peer_shows_is_believed_or_refused_for_its_reason(void **state)
{
    static const struct {
        const char *own, *also;
        enum signature_kind kind;
        enum subject_kind subject_kind;
        const char *subject; /* of an address "IP", of a name DN_EAST: the subject of that certificate */
        enum identity_check check;
        enum revocation revocation;
        const char *crl;
        bool are_weak_allowed;
        enum trust_fault fault;
        const char *why;
    } cases[] = {
        /* clang-format off */
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_OK, "an RSA certificate by its subject"},
        {"east-rsa4096", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_OK, "a larger key"},
        {"east-ecdsa-256", NULL, SIGNATURE_ECDSA_256, SUBJECT_FQDN, "east.example.net", 0, 0, NULL, false, TRUST_OK, "P-256"},
        {"east-ecdsa-384", NULL, SIGNATURE_ECDSA_384, SUBJECT_FQDN, "east.example.net", 0, 0, NULL, false, TRUST_OK, "P-384"},
        {"east-ecdsa-521", NULL, SIGNATURE_ECDSA_521, SUBJECT_FQDN, "east.example.net", 0, 0, NULL, false, TRUST_OK, "P-521"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "EAST.example.NET", 0, 0, NULL, false, TRUST_OK, "names have no case"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_USER_FQDN, "east@example.net", 0, 0, NULL, false, TRUST_OK, "by mail address"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_ADDRESS, "IP", 0, 0, NULL, false, TRUST_OK, "by address"},
        {"east-issued", "issuing", SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_OK, "with an authority between"},
        {"east-issued", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_UNTRUSTED, "the one between is missing"},
        {"east-stranger", "stranger", SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_UNTRUSTED, "C08 its own authority, of the same name, in the chain"},
        {"east-self", "east-rsa", SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_INVALID, "C08 signed by a certificate that is no authority"},
        {"east-expired", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_EXPIRED, "over"},
        {"east-early", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_NOT_YET_VALID, "not begun"},
        {"east-revoked", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL, "root.crl", false, TRUST_REVOKED, "in the CRL"},
        {"east-revoked", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL_IF_ANY, "root.crl", false, TRUST_REVOKED, "there is a CRL, and it is in it"},
        {"east-revoked", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_NONE, "root.crl", false, TRUST_OK, "nobody asked"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL, "root.crl", false, TRUST_OK, "not in the CRL"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL, NULL, false, TRUST_NOT_CHECKED, "no CRL"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL, "root-old.crl", false, TRUST_NOT_CHECKED, "an old CRL says nothing"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL_IF_ANY, NULL, false, TRUST_OK, "no CRL, and that is fine"},
        {"east-expired", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL_IF_ANY, NULL, false, TRUST_EXPIRED, "no CRL, and over all the same"},
        {"east-code", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_WRONG_USE, "for code"},
        {"east-cipher", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_WRONG_USE, "keyUsage without signatures"},
        {"east-short", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_WEAK, "C06 1024 bits"},
        {"east-short", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, true, TRUST_OK, "1024 bits where weak ones are allowed"},
        {"east-three", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, true, TRUST_WEAK, "C05 e = 3, never"},
        {"east-sha1", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_WEAK, "signed with SHA-1"},
        {"east-ecdsa-256", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_WRONG_KEY, "an EC key where RSA was agreed"},
        {"east-ecdsa-384", NULL, SIGNATURE_ECDSA_256, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_WRONG_KEY, "RFC 4754: a method is bound to its curve"},
        {"east-other", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "C11 a good certificate of another"},
        {"east-other", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "east.example.net", 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "C11 the same by name"},
        {"east-other", NULL, SIGNATURE_RSA, SUBJECT_ADDRESS, "IP", 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "C11 the same by address"},
        {"east-other", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "east.example.net", IDENTITY_UNCHECKED, 0, NULL, false, TRUST_OK, "nocheck"},
        {"east-other", NULL, SIGNATURE_RSA, SUBJECT_USER_FQDN, "east@example.net", IDENTITY_IF_ANY, 0, NULL, false, TRUST_OK, "cert: it has no mail address to compare"},
        {"east-other", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "east.example.net", IDENTITY_IF_ANY, 0, NULL, false, TRUST_OTHER_IDENTITY, "cert: it has a name, and another one"},
        {"east-nul", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "east.example.net", 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "C11 a zero byte after the name"},
        {"east-wild", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "east.example.net", 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "C11 a wildcard is no name"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "east.example.ne", 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "the beginning of its name"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_FQDN, "", 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "no name"},
        {"east-rsa", NULL, SIGNATURE_RSA, SUBJECT_OTHER, "east", 0, 0, NULL, false, TRUST_OTHER_IDENTITY, "a key id is in no certificate"},
        {"east-url", NULL, SIGNATURE_RSA, SUBJECT_NAME, DN_EAST, 0, REVOCATION_CRL, NULL, false, TRUST_NOT_CHECKED, "C09 where it says its CRL is, nobody looks"},
        /* clang-format on */
    };

    (void)state;
    for (size_t n = 0; n < 2 * COUNT_OF(cases); n++) {
        size_t i = n / 2;
        struct trust *trust = root_trust_with(cases[i].crl, n % 2 == 1);
        static const uint8_t address[] = {203, 0, 113, 2};
        uint8_t signature[SIGNATURE_MAX];
        struct certificate east;
        char file[64];

        snprintf(file, sizeof file, "%s.pem", cases[i].own);
        struct trust_question q = {
            .certificates = {file_der(3, file)},
            .certificate_count = 1,
            .now_s = NOW_S,
            .kind = cases[i].kind,
            .digest = BYTES_OF(digest),
            .subject_kind = cases[i].subject_kind,
            .subject = bytes_of_text(cases[i].subject),
            .identity_check = cases[i].check,
            .revocation = cases[i].revocation,
            .are_weak_allowed = cases[i].are_weak_allowed,
        };
        if (cases[i].also != NULL) {
            snprintf(file, sizeof file, "%s.pem", cases[i].also);
            q.certificates[q.certificate_count++] = file_der(4, file);
        }
        CHECK(certificate_read(&east, file_der(5, "east-rsa.pem")));
        if (cases[i].subject_kind == SUBJECT_NAME)
            q.subject = bytes_of(east.subject, east.subject_len);
        if (cases[i].subject_kind == SUBJECT_ADDRESS)
            q.subject = BYTES_OF(address);
        q.signature = bytes_of(signature, sign_with(cases[i].own, cases[i].kind, q.digest, signature));
        enum trust_fault fault = trust_check(trust, &q, NULL);
        if (fault != cases[i].fault)
            fail_msg("%s: %s", cases[i].why, trust_fault_name(fault));
        trust_free(trust);
    }
}

static enum trust_fault fault_of_east(const struct trust *trust, const char *name, enum revocation revocation)
{
    uint8_t signature[SIGNATURE_MAX];
    struct trust_question q = question_of(name, BYTES_OF(digest), signature);

    q.revocation = revocation;
    return trust_check(trust, &q, NULL);
}

/* Each fetched CRL takes the place of the one before; what is no CRL takes no place. */
static void a_fetched_CRL_gives_way_to_the_next_one(void **state)
{
    struct trust *trust = root_trust(NULL);
    struct bytes crl = file_der(1, "root.crl"), old = file_der(5, "root-old.crl");

    (void)state;
    CHECK(fault_of_east(trust, "east-rsa", REVOCATION_CRL) == TRUST_NOT_CHECKED);
    CHECK(trust_set_fetched_crl(trust, 0, old));
    CHECK(fault_of_east(trust, "east-rsa", REVOCATION_CRL) == TRUST_NOT_CHECKED);
    CHECK(fault_of_east(trust, "east-revoked", REVOCATION_CRL_IF_ANY) == TRUST_OK);
    CHECK(trust_set_fetched_crl(trust, 0, crl));
    CHECK(fault_of_east(trust, "east-rsa", REVOCATION_CRL) == TRUST_OK);
    CHECK(fault_of_east(trust, "east-revoked", REVOCATION_CRL_IF_ANY) == TRUST_REVOKED);
    CHECK(!trust_set_fetched_crl(trust, 0, bytes_of_text("<html>")));
    CHECK(fault_of_east(trust, "east-revoked", REVOCATION_CRL) == TRUST_REVOKED);
    CHECK(trust_set_fetched_crl(trust, TRUST_FETCHED_MAX - 1, old)); /* another place: the better one is found */
    CHECK(fault_of_east(trust, "east-revoked", REVOCATION_CRL) == TRUST_REVOKED);
    CHECK(trust_set_fetched_crl(trust, 0, bytes_of(NULL, 0)));
    CHECK(fault_of_east(trust, "east-rsa", REVOCATION_CRL) == TRUST_NOT_CHECKED);
    trust_free(trust);
}

/* A block of our own under east's key, signed without any padding. */
static size_t sign_block(const uint8_t *block, size_t len, uint8_t *signature)
{
    const struct bytes der = file_der(2, "east-rsa.key");
    const unsigned char *at = der.data;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)der.len);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t made = SIGNATURE_MAX;

    CHECK(EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1);
    CHECK(EVP_PKEY_sign(context, signature, &made, block, len) == 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return made;
}

/* A key that signs and decrypts could be made to sign by whoever may have it decrypt. The only door to libcrypto has no
 * call that decrypts with a private key, nor one that agrees on a secret with one that signs. */
static void C04_a_key_that_signs_does_nothing_else(void **state)
{
    static const char *const calls[] = {"EVP_PKEY_decrypt", "EVP_PKEY_decapsulate", "RSA_private_",
                                        "EVP_OpenInit",     "CMS_decrypt",          "PKCS7_decrypt"};
    static char source[1 << 20];
    size_t file_count = 0;
    DIR *folder = opendir(SOURCE_DIR "/crypto");

    (void)state;
    CHECK(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[1024];

        if (strstr(entry->d_name, ".c") == NULL)
            continue;
        snprintf(path, sizeof path, "%s/crypto/%s", SOURCE_DIR, entry->d_name);
        FILE *file = fopen(path, "rb");
        CHECK(file != NULL);
        source[fread(source, 1, sizeof source - 1, file)] = '\0';
        fclose(file);
        for (size_t i = 0; i < COUNT_OF(calls); i++)
            if (strstr(source, calls[i]) != NULL)
                fail_msg("%s: %s", entry->d_name, calls[i]);
        if (strcmp(entry->d_name, "signature.c") == 0)
            CHECK(strstr(source, "EVP_PKEY_sign") != NULL && strstr(source, "EVP_PKEY_derive") == NULL);
        file_count++;
    }
    closedir(folder);
    CHECK(file_count > 10);
}

static void C05_a_signature_is_the_whole_block_and_nothing_else(void **state)
{
    enum { LEN = 256, HASH_AT = LEN - sizeof digest };
    static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const struct {
        const char *why;
        bool is_good;
    } cases[] = {{"as it should be", true},
                 {"garbage after the hash, short padding", false},
                 {"the padding one byte shorter, a zero before the hash", false},
                 {"another byte in the padding", false},
                 {"type 2", false},
                 {"with DigestInfo: RFC 2409 section 5.1 has none", false},
                 {"a shorter hash", false},
                 {"no zero before the hash", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t block[LEN], signature[SIGNATURE_MAX];

        memset(block, 0xff, sizeof block);
        block[0] = 0;
        block[1] = 1;
        block[HASH_AT - 1] = 0;
        memcpy(block + HASH_AT, digest, sizeof digest);
        switch (i) {
        case 1:
            block[10] = 0;
            memcpy(block + 11, digest, sizeof digest);
            memset(block + 11 + sizeof digest, 0x55, LEN - 11 - sizeof digest);
            break;
        case 2: block[HASH_AT - 2] = 0; break;
        case 3: block[20] = 0xfe; break;
        case 4: block[1] = 2; break;
        case 5:
            memcpy(block + HASH_AT - sizeof info, info, sizeof info);
            block[HASH_AT - sizeof info - 1] = 0;
            break;
        case 6:
            memset(block + HASH_AT - 1, 0xff, 5);
            block[HASH_AT + 4] = 0;
            break;
        case 7: block[HASH_AT - 1] = 0xff; break;
        }
        size_t len = sign_block(block, sizeof block, signature);
        enum trust_fault fault = signature_check(file_der(3, "east-rsa.pem"), SIGNATURE_RSA, false, BYTES_OF(digest),
                                                 bytes_of(signature, len));
        if (fault != (cases[i].is_good ? TRUST_OK : TRUST_BAD_SIGNATURE))
            fail_msg("%s: %s", cases[i].why, trust_fault_name(fault));
    }
}

static void C06_the_modulus_zero_and_other_lengths_are_no_signatures(void **state)
{
    struct bytes der = file_der(3, "east-rsa.pem");
    const unsigned char *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    BIGNUM *modulus = NULL;
    uint8_t signature[SIGNATURE_MAX + 1] = {0};

    (void)state;
    CHECK(EVP_PKEY_get_bn_param(X509_get0_pubkey(x), "n", &modulus) == 1);
    for (size_t len = 0; len <= sizeof signature; len += len < 250 || len > 260 ? 5 : 1)
        CHECK(signature_check(der, SIGNATURE_RSA, false, BYTES_OF(digest), bytes_of(signature, len)) ==
              TRUST_BAD_SIGNATURE);
    CHECK(BN_bn2bin(modulus, signature) == 256);
    CHECK(signature_check(der, SIGNATURE_RSA, false, BYTES_OF(digest), bytes_of(signature, 256)) ==
          TRUST_BAD_SIGNATURE);
    BN_free(modulus);
    X509_free(x);

    struct bytes curve = file_der(4, "east-ecdsa-256.pem");
    memset(signature, 0, sizeof signature);
    CHECK(signature_check(curve, SIGNATURE_ECDSA_256, false, BYTES_OF(digest), bytes_of(signature, 64)) ==
          TRUST_BAD_SIGNATURE);
    CHECK(sign_with("east-ecdsa-256", SIGNATURE_ECDSA_256, BYTES_OF(digest), signature) == 64);
    CHECK(signature_check(curve, SIGNATURE_ECDSA_256, false, BYTES_OF(digest), bytes_of(signature, 64)) == TRUST_OK);
    CHECK(signature_check(curve, SIGNATURE_ECDSA_256, false, BYTES_OF(digest), bytes_of(signature, 65)) ==
          TRUST_BAD_SIGNATURE);
    CHECK(signature_check(curve, SIGNATURE_ECDSA_256, false, BYTES_OF(digest), bytes_of(signature, 63)) ==
          TRUST_BAD_SIGNATURE);
}

static void C07_a_good_certificate_without_its_signature_proves_nothing(void **state)
{
    struct trust *trust = root_trust(NULL);
    uint8_t signature[SIGNATURE_MAX];
    struct trust_question q = {.certificates = {file_der(3, "east-rsa.pem")},
                               .certificate_count = 1,
                               .now_s = NOW_S,
                               .kind = SIGNATURE_RSA,
                               .digest = BYTES_OF(digest),
                               .identity_check = IDENTITY_UNCHECKED};

    (void)state;
    CHECK(trust_check(trust, &q, NULL) == TRUST_BAD_SIGNATURE);
    q.signature = bytes_of(signature, sign_with("west-rsa", SIGNATURE_RSA, q.digest, signature));
    CHECK(trust_check(trust, &q, NULL) == TRUST_BAD_SIGNATURE);
    q.signature = bytes_of(signature, sign_with("east-rsa", SIGNATURE_RSA, bytes_of("another hash", 12), signature));
    CHECK(trust_check(trust, &q, NULL) == TRUST_BAD_SIGNATURE);
    q.signature = bytes_of(signature, sign_with("east-rsa", SIGNATURE_RSA, q.digest, signature));
    CHECK(trust_check(trust, &q, NULL) == TRUST_OK);
    q.certificate_count = 0;
    CHECK(trust_check(trust, &q, NULL) == TRUST_NO_CERTIFICATE);
    trust_free(trust);
}

static void C10_chains_have_limits_and_loops_end(void **state)
{
    static uint8_t large[CERTIFICATE_MAX + 1];
    struct trust *trust = root_trust(NULL);
    uint8_t signature[SIGNATURE_MAX];
    struct trust_question q = {.certificate_count = CHAIN_MAX,
                               .now_s = NOW_S,
                               .kind = SIGNATURE_RSA,
                               .digest = BYTES_OF(digest),
                               .identity_check = IDENTITY_UNCHECKED};

    (void)state;
    for (int i = 0; i < CHAIN_MAX; i++)
        q.certificates[i] = file_der(3, "east-rsa.pem");
    q.signature = bytes_of(signature, sign_with("east-rsa", SIGNATURE_RSA, q.digest, signature));
    CHECK(trust_check(trust, &q, NULL) == TRUST_OK); /* the same one eight times */
    q.certificates[1] = BYTES_OF(large);
    CHECK(trust_check(trust, &q, NULL) == TRUST_MALFORMED);
    for (int i = 1; i < CHAIN_MAX; i++)
        q.certificates[i] = BYTES_OF(large);
    CHECK(trust_check(trust, &q, NULL) == TRUST_TOO_MANY);
    q.certificate_count = CHAIN_MAX + 1;
    CHECK(trust_check(trust, &q, NULL) == TRUST_TOO_MANY);
    trust_free(trust);
}

static void damaged_certificates_are_refused_wherever_they_are_cut_or_flipped(void **state)
{
    struct trust *trust = root_trust(NULL);
    struct bytes der = file_der(3, "east-rsa.pem");
    uint8_t copy[4096], signature[SIGNATURE_MAX];
    struct trust_question q = {.certificate_count = 1,
                               .now_s = NOW_S,
                               .kind = SIGNATURE_RSA,
                               .digest = BYTES_OF(digest),
                               .identity_check = IDENTITY_UNCHECKED};

    (void)state;
    q.signature = bytes_of(signature, sign_with("east-rsa", SIGNATURE_RSA, q.digest, signature));
    for (size_t i = 0; i < der.len; i++) {
        memcpy(copy, der.data, der.len);
        q.certificates[0] = bytes_of(copy, i);
        CHECK(trust_check(trust, &q, NULL) != TRUST_OK);
        copy[i] ^= 0x20;
        q.certificates[0] = bytes_of(copy, der.len);
        CHECK(trust_check(trust, &q, NULL) != TRUST_OK);
    }
    memcpy(copy, der.data, der.len);
    copy[der.len] = 0;
    q.certificates[0] = bytes_of(copy, der.len + 1);
    CHECK(trust_check(trust, &q, NULL) == TRUST_MALFORMED);
    trust_free(trust);
}

/* RFC 4754 section 8.1: the public key, and the signature of the SHA-256 of "abc". */
static void the_vector_of_rfc_4754_verifies(void **state)
{
    static const uint8_t point[] = "\x04\x24\x42\xA5\xCC\x0E\xCD\x01\x5F\xA3\xCA\x31\xDC\x8E\x2B\xBC\x70\xBF\x42\xD6"
                                   "\x0C\xBC\xA2\x00\x85\xE0\x82\x2C"
                                   "\xB0\x42\x35\xE9\x70\x6F\xC9\x8B\xD7\xE5\x02\x11\xA4\xA2\x71\x02\xFA\x35\x49\xDF"
                                   "\x79\xEB\xCB\x4B\xF2\x46\xB8\x09"
                                   "\x45\xCD\xDF\xE7\xD5\x09\xBB\xFD\x7D";
    static const uint8_t signature[] = "\xCB\x28\xE0\x99\x9B\x9C\x77\x15\xFD\x0A\x80\xD8\xE4\x7A\x77\x07\x97\x16\xCB"
                                       "\xBF\x91\x7D\xD7\x2E\x97\x56\x6E\xA1"
                                       "\xC0\x66\x95\x7C\x86\xFA\x3B\xB4\xE2\x6C\xAD\x5B\xF9\x0B\x7F\x81\x89\x92\x56"
                                       "\xCE\x75\x94\xBB\x1E\xA0\xC8\x92\x12"
                                       "\x74\x8B\xFF\x3B\x3D\x5B\x03\x15";
    struct bytes der = file_der(3, "east-ecdsa-256.pem"), abc = bytes_of_text("abc");
    const unsigned char *at = der.data;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "prime256v1");
    uint8_t hash[DIGEST_MAX], made[4096], *end = made;

    (void)state;
    CHECK(EVP_PKEY_set1_encoded_public_key(key, point, 65) == 1 && X509_set_pubkey(x, key) == 1);
    CHECK(i2d_re_X509_tbs(x, NULL) > 0);
    int len = i2d_X509(x, &end); /* its own signature is of no matter here */
    CHECK(len > 0 && len < (int)sizeof made);
    struct bytes digest_of_abc = hash_of(HASH_SHA256, &abc, 1, hash);
    CHECK(signature_check(bytes_of(made, (size_t)len), SIGNATURE_ECDSA_256, false, digest_of_abc,
                          bytes_of(signature, 64)) == TRUST_OK);
    hash[0] ^= 1;
    CHECK(signature_check(bytes_of(made, (size_t)len), SIGNATURE_ECDSA_256, false, digest_of_abc,
                          bytes_of(signature, 64)) == TRUST_BAD_SIGNATURE);
    EVP_PKEY_free(key);
    X509_free(x);
}

static void names_are_printed_as_the_devices_do_and_escaped(void **state)
{
    struct certificate certificate;
    char space[256];
    struct text text = text_of(space, sizeof space);

    (void)state;
    CHECK(certificate_read(&certificate, file_der(3, "east-rsa.pem")));
    CHECK(!certificate.is_ca && certificate.key == SIGNATURE_RSA && certificate.not_before_s == 1577836800);
    CHECK(certificate.serial_len == 2 && certificate.key_bits == 2048);
    CHECK(strcmp(certificate.key_name, "rsaEncryption") == 0);
    CHECK(strcmp(certificate.signature_name, "sha256WithRSAEncryption") == 0);
    text_add_name(&text, bytes_of(certificate.subject, certificate.subject_len));
    CHECK(strcmp(space, "O = ikewise tests, CN = east") == 0);
    text = text_of(space, sizeof space);
    text_add_name(&text, bytes_of("\x30\x03\x01", 3));
    CHECK(strcmp(space, "300301") == 0);
    CHECK(!name_equal(bytes_of("\x30\x00", 2), bytes_of("\x30\x00", 2))); /* an empty name is nobody's */
}

static void files_are_taken_apart_whatever_they_are(void **state)
{
    const struct pieces *p12 = file_pieces(3, "west-rsa.p12", "opensesame");
    static struct pieces none;
    const char *why = "";

    (void)state;
    CHECK(p12->count == 3 && p12->list[0].kind == PIECE_CERTIFICATE && p12->list[1].kind == PIECE_PRIVATE_KEY &&
          p12->list[2].kind == PIECE_CERTIFICATE);
    CHECK(!pieces_read(&none, bytes_of_text("no file of that kind"), bytes_of_text(""), &why));
    CHECK(strcmp(why, "it holds no certificate, CRL or private key") == 0);
    CHECK(!pieces_read(&none, bytes_of_text(""), bytes_of_text(""), &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fetched_CRL_gives_way_to_the_next_one),
        cmocka_unit_test(what_a_peer_shows_is_believed_or_refused_for_its_reason),
        cmocka_unit_test(C04_a_key_that_signs_does_nothing_else),
        cmocka_unit_test(C05_a_signature_is_the_whole_block_and_nothing_else),
        cmocka_unit_test(C06_the_modulus_zero_and_other_lengths_are_no_signatures),
        cmocka_unit_test(C07_a_good_certificate_without_its_signature_proves_nothing),
        cmocka_unit_test(C10_chains_have_limits_and_loops_end),
        cmocka_unit_test(damaged_certificates_are_refused_wherever_they_are_cut_or_flipped),
        cmocka_unit_test(the_vector_of_rfc_4754_verifies),
        cmocka_unit_test(names_are_printed_as_the_devices_do_and_escaped),
        cmocka_unit_test(files_are_taken_apart_whatever_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
