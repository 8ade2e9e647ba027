/* Key pairs of our own, and the requests for certificates of them, read again by libcrypto. */
#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/keypair.h"
#include "crypto/signature.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { RSA_BITS = 2048 };

static void each_kind_of_key_is_made_and_signs(void **state)
{
    static const struct {
        enum signature_kind kind;
        uint16_t bits;
    } kinds[] = {
        {SIGNATURE_RSA, RSA_BITS}, {SIGNATURE_ECDSA_256, 256}, {SIGNATURE_ECDSA_384, 384}, {SIGNATURE_ECDSA_521, 521}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        uint8_t first[KEYPAIR_MAX], second[KEYPAIR_MAX];
        size_t first_len = keypair_make(kinds[i].kind, RSA_BITS, first),
               second_len = keypair_make(kinds[i].kind, RSA_BITS, second);
        struct keypair_view view;
        struct signing_key *key = signing_key_read(bytes_of(first, first_len));

        CHECK(first_len > 0 && second_len > 0 && key != NULL && signing_key_kind(key) == kinds[i].kind);
        CHECK(first_len != second_len || memcmp(first, second, first_len) != 0);
        CHECK(keypair_look(bytes_of(first, first_len), &view) && view.kind == kinds[i].kind &&
              view.bits == kinds[i].bits && view.public_len > 0);
        CHECK(!keypair_look(bytes_of(view.public_key, view.public_len), &view));
        CHECK(!keypair_look(bytes_of(first, first_len / 2), &view));
        signing_key_free(key);
    }
}

/* "CN = west | west.example.net": the subject and the name for DNS, of a request that is signed by its own key. */
static void describe(struct bytes der, struct text *t)
{
    const unsigned char *at = der.data;
    X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.len);
    uint8_t name[NAME_DER_MAX], *to = name;

    CHECK(request != NULL && at == der.data + der.len && X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1);
    text_add_name(t, bytes_of(name, (size_t)i2d_X509_NAME(X509_REQ_get_subject_name(request), &to)));

    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    GENERAL_NAMES *names = extensions == NULL ? NULL : X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

        CHECK(one->type == GEN_DNS);
        text_add(t, " | %.*s", ASN1_STRING_length(one->d.dNSName), (const char *)ASN1_STRING_get0_data(one->d.dNSName));
    }
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    X509_REQ_free(request);
}

static void a_request_has_the_names_that_the_trustpoint_says(void **state)
{
    static const struct {
        const char *subject, *fqdn, *described; /* NULL: refused, */
        const char *why;                        /* with this */
    } cases[] = {
        {"CN=west", "", "CN = west", NULL},
        {"CN=west,O=Example", "west.example.net", "CN = west, O = Example | west.example.net", NULL},
        {" cn = west , O=\"Example, Inc\" ,C=DE", "", "CN = west, O = \"Example, Inc\", C = DE", NULL},
        {"OU=gateways,EA=noc@example.net,ST=Bavaria", "", "OU = gateways, emailAddress = noc@example.net, ST = Bavaria",
         NULL},
        {"", "west.example.net", "CN = west.example.net | west.example.net", NULL},
        {"", "", NULL, "neither a subject-name nor a name by `fqdn`"},
        {"west", "", NULL, "\"west\" of its subject-name"},
        {"CN=", "", NULL, "\"CN=\" of its subject-name"},
        {"CN=west,,O=Example", "", NULL, "\"\" of its subject-name"},
        {"FOO=west", "", NULL, "\"FOO=west\" of its subject-name"},
        {"C=Germany", "", NULL, "\"C=Germany\" of its subject-name"},
    };
    uint8_t key[KEYPAIR_MAX], request[CERTIFICATE_REQUEST_MAX];
    size_t key_len = keypair_make(SIGNATURE_ECDSA_384, 0, key);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char said[256], described[512];
        struct text why = text_of(said, sizeof said), t = text_of(described, sizeof described);
        size_t len = certificate_request_make(bytes_of(key, key_len), bytes_of_text(cases[i].subject),
                                              bytes_of_text(cases[i].fqdn), request, &why);

        if ((len > 0) != (cases[i].described != NULL) || (len == 0 && strstr(said, cases[i].why) == NULL))
            fail_msg("%s: %s", cases[i].subject, said);
        if (len == 0)
            continue;
        describe(bytes_of(request, len), &t);
        assert_string_equal(described, cases[i].described);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_key_is_made_and_signs),
        cmocka_unit_test(a_request_has_the_names_that_the_trustpoint_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
