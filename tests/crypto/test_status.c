/* What responders say about certificates (OCSP), and what of it is believed. */
#include "crypto/status.h"

#include "responder.h"
#include "shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { HOUR_S = 3600 };

static const uint8_t digest[32] = {1, 2, 3}, nonce[STATUS_NONCE_LEN] = {4, 5, 6};

static struct trust *root_trust(const char *url, bool is_nonce_left_out)
{
    struct trust *trust = trust_make();

    CHECK(trust != NULL && trust_add_anchor(trust, file_der(0, "root.pem")));
    CHECK(url == NULL || trust_set_responder(trust, "LAB", url, is_nonce_left_out));
    return trust;
}

#define RESPONDER "http://ocsp.example.net/"

/* `also`: one between; NULL: none. */
static enum trust_fault check(const struct trust *trust, const char *own, const char *also, enum revocation revocation,
                              bool are_weak_allowed, struct status **open)
{
    uint8_t signature[SIGNATURE_MAX];
    struct trust_question q = question_of(own, BYTES_OF(digest), signature);

    q.revocation = revocation;
    q.are_weak_allowed = are_weak_allowed;
    if (also != NULL)
        q.certificates[q.certificate_count++] = file_der(4, also);
    return trust_check(trust, &q, open);
}

static void an_answer_is_believed_or_not_for_its_reason(void **state)
{
    enum { GOOD = V_OCSP_CERTSTATUS_GOOD, REVOKED = V_OCSP_CERTSTATUS_REVOKED, UNKNOWN = V_OCSP_CERTSTATUS_UNKNOWN };
    static const struct {
        struct reply reply;
        bool is_nonce_left_out, are_weak_allowed;
        enum status_answer answer;
        const char *why;
    } cases[] = {
        /* clang-format off */
        {{.status = GOOD}, false, false, STATUS_GOOD, "the authority itself"},
        {{.status = GOOD, .is_signer_left_out = true}, false, false, STATUS_GOOD, "without its certificate, which is known"},
        {{.status = GOOD, .signer = "responder"}, false, false, STATUS_GOOD, "whom it has charged"},
        {{.status = GOOD, .signer = "responder", .is_signer_left_out = true}, false, false, STATUS_WRONG_SIGNER, "the same, and nobody says who that is"},
        {{.status = REVOKED, .signer = "responder"}, false, false, STATUS_REVOKED, "revoked"},
        {{.status = UNKNOWN, .signer = "responder"}, false, false, STATUS_UNKNOWN, "not known there: that is not good"},
        {{.status = GOOD, .from_s = -HOUR_S, .to_s = HOUR_S}, false, false, STATUS_GOOD, "between its updates"},
        {{.status = GOOD, .from_s = -2 * HOUR_S, .to_s = -HOUR_S}, false, false, STATUS_STALE, "its next update is over"},
        {{.status = REVOKED, .from_s = -2 * HOUR_S, .to_s = -HOUR_S}, false, false, STATUS_STALE, "revoked, once"},
        {{.status = GOOD, .from_s = -2 * HOUR_S, .to_s = -STATUS_CLOCK_S}, false, false, STATUS_GOOD, "clocks differ"},
        {{.status = GOOD, .from_s = HOUR_S, .to_s = 2 * HOUR_S}, false, false, STATUS_STALE, "of the future"},
        {{.status = GOOD, .from_s = -STATUS_AGE_MAX_S - STATUS_CLOCK_S - 1}, false, false, STATUS_STALE, "old, and without a next update"},
        {{.status = GOOD, .from_s = HOUR_S, .to_s = -HOUR_S}, false, false, STATUS_STALE, "ends before it begins"},
        {{.status = GOOD, .nonce = NONCE_MISSING}, false, false, STATUS_NO_NONCE, "not made for us"},
        {{.status = GOOD, .nonce = NONCE_OTHER}, false, false, STATUS_OTHER_NONCE, "made for another"},
        {{.status = GOOD, .nonce = NONCE_MISSING, .to_s = HOUR_S}, true, false, STATUS_GOOD, "made before, which the configuration takes"},
        {{.status = GOOD, .nonce = NONCE_OTHER, .to_s = HOUR_S}, true, false, STATUS_GOOD, "nobody asked for a nonce"},
        {{.status = GOOD, .signer = "east-rsa"}, false, false, STATUS_WRONG_SIGNER, "a certificate of the authority that is not charged with it"},
        {{.status = GOOD, .signer = "responder-stranger"}, false, false, STATUS_WRONG_SIGNER, "charged by another authority of the same name"},
        {{.status = GOOD, .signer = "stranger"}, false, false, STATUS_WRONG_SIGNER, "another authority of the same name"},
        {{.status = GOOD, .signer = "responder-expired"}, false, false, STATUS_WRONG_SIGNER, "charged, and its time is over"},
        {{.status = GOOD, .signer = "issuing"}, false, false, STATUS_WRONG_SIGNER, "an authority below, which has not issued it"},
        {{.status = GOOD, .is_sha1 = true}, false, false, STATUS_WEAK, "signed with SHA-1"},
        {{.status = GOOD, .is_sha1 = true}, false, true, STATUS_GOOD, "the same where weak ones are allowed"},
        {{.status = GOOD, .certificate = "west-rsa"}, false, false, STATUS_OTHER_CERTIFICATE, "of another certificate"},
        {{.status = GOOD, .is_flipped = true}, false, false, STATUS_WRONG_SIGNER, "one bit is another"},
        {{.status = GOOD, .is_cut = true}, false, false, STATUS_UNREADABLE, "its end is missing"},
        {{.status = GOOD, .is_followed = true}, false, false, STATUS_UNREADABLE, "something follows"},
        {{.refusal = OCSP_RESPONSE_STATUS_TRYLATER}, false, false, STATUS_TRY_LATER, "busy"},
        {{.refusal = OCSP_RESPONSE_STATUS_UNAUTHORIZED}, false, false, STATUS_UNAUTHORIZED, "not for us"},
        {{.refusal = OCSP_RESPONSE_STATUS_MALFORMEDREQUEST}, false, false, STATUS_UNABLE, "it does not understand"},
        {{.refusal = OCSP_RESPONSE_STATUS_INTERNALERROR}, false, false, STATUS_UNABLE, "it is ill"},
        {{.refusal = OCSP_RESPONSE_STATUS_SIGREQUIRED}, false, false, STATUS_UNABLE, "it wants signatures"},
        {{.refusal = 9}, false, false, STATUS_UNREADABLE, "no such refusal"},
        /* clang-format on */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct trust *trust = root_trust(RESPONDER, cases[i].is_nonce_left_out);
        struct status *open = NULL;
        uint8_t request[STATUS_REQUEST_MAX], response[REPLY_MAX];

        CHECK(check(trust, "east-rsa", NULL, REVOCATION_OCSP, cases[i].are_weak_allowed, &open) == TRUST_OK);
        trust_free(trust); /* a configuration that is read meanwhile changes nothing */
        CHECK(open != NULL);
        struct bytes asked = status_request(open, BYTES_OF(nonce), request);
        enum status_answer answer = status_read(open, reply_to(asked, &cases[i].reply, NOW_S, response), NOW_S);
        if (answer != cases[i].answer)
            fail_msg("%s: %s", cases[i].why, status_meaning(answer));
        status_free(open);
    }
}

static void what_is_no_response_is_none_however_it_is_cut_or_flipped(void **state)
{
    static const struct reply reply = {.signer = "responder"};
    struct trust *trust = root_trust(RESPONDER, false);
    struct status *open = NULL;
    uint8_t request[STATUS_REQUEST_MAX], space[REPLY_MAX];

    (void)state;
    CHECK(check(trust, "east-rsa", NULL, REVOCATION_OCSP, false, &open) == TRUST_OK && open != NULL);
    struct bytes response = reply_to(status_request(open, BYTES_OF(nonce), request), &reply, NOW_S, space);
    CHECK(status_read(open, response, NOW_S) == STATUS_GOOD);
    CHECK(status_read(open, bytes_of(NULL, 0), NOW_S) == STATUS_UNREADABLE);
    CHECK(status_read(open, bytes_of_text("<html>Welcome to the hotel</html>"), NOW_S) == STATUS_UNREADABLE);
    for (size_t i = 0; i < response.len; i++) {
        CHECK(status_read(open, bytes_of(space, i), NOW_S) == STATUS_UNREADABLE);
        space[i] ^= 0x20;
        enum status_answer answer = status_read(open, response, NOW_S);
        space[i] ^= 0x20;
        /* What stands in the certificates beside the signer's signature, or as long as what it was, is not all covered;
         * nothing that is covered can be another. */
        if (answer == STATUS_REVOKED)
            fail_msg("byte %zu", i);
    }
    status_free(open);
    trust_free(trust);
}

/* The own certificate of the authority between, then that one of the root. */
static void each_certificate_of_the_chain_is_asked_about_by_its_own_authority(void **state)
{
    static const struct {
        const char *signer, *subject;
        enum status_answer answer;
    } steps[] = {{"root", "O = ikewise tests, CN = east", STATUS_WRONG_SIGNER},
                 {"issuing", "O = ikewise tests, CN = east", STATUS_GOOD},
                 {"issuing", "O = ikewise tests, CN = Test Issuing", STATUS_WRONG_SIGNER},
                 {"root", "O = ikewise tests, CN = Test Issuing", STATUS_GOOD}};
    struct trust *trust = root_trust(RESPONDER, false);
    struct status *open = NULL;

    (void)state;
    CHECK(check(trust, "east-issued", "issuing.pem", REVOCATION_OCSP, false, &open) == TRUST_OK && open != NULL);
    CHECK(strcmp(status_url(open), RESPONDER) == 0 && strcmp(status_trustpoint(open), "LAB") == 0);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct reply reply = {.signer = steps[i].signer};
        uint8_t request[STATUS_REQUEST_MAX], response[REPLY_MAX];
        char name[200];
        struct text subject = text_of(name, sizeof name);

        status_add_subject(&subject, open);
        assert_string_equal(name, steps[i].subject);
        struct bytes asked = status_request(open, BYTES_OF(nonce), request);
        enum status_answer answer = status_read(open, reply_to(asked, &reply, NOW_S, response), NOW_S);
        if (answer != steps[i].answer)
            fail_msg("%zu: %s", i, status_meaning(answer));
        if (answer == STATUS_GOOD)
            CHECK(status_next(open) == (i == 1));
    }
    status_free(open);
    trust_free(trust);
}

static void who_is_asked_first_and_what_holds_without_an_answer_is_as_the_statement_says(void **state)
{
    static const struct {
        const char *own, *crl; /* NULL: there is no CRL */
        enum revocation revocation;
        bool has_responder, is_open;
        enum trust_fault fault; /* of what is open: when no responder answers */
        const char *why;
    } cases[] = {
        /* clang-format off */
        {"east-rsa", NULL, REVOCATION_NONE, true, false, TRUST_OK, "nobody is asked"},
        {"east-rsa", NULL, REVOCATION_OCSP, true, true, TRUST_NO_STATUS, "the responder or nobody"},
        {"east-rsa", NULL, REVOCATION_OCSP_IF_ANY, true, true, TRUST_OK, "the responder if there is one"},
        {"east-rsa", NULL, REVOCATION_OCSP, false, false, TRUST_NO_STATUS, "no responder is named"},
        {"east-rsa", NULL, REVOCATION_OCSP_IF_ANY, false, false, TRUST_OK, "none is named, and that is fine"},
        {"east-rsa", "root.crl", REVOCATION_CRL_OCSP, true, false, TRUST_OK, "the CRL knows"},
        {"east-revoked", "root.crl", REVOCATION_CRL_OCSP_IF_ANY, true, false, TRUST_REVOKED, "the CRL knows, and that is the end"},
        {"east-rsa", NULL, REVOCATION_CRL_OCSP, true, true, TRUST_NO_STATUS, "no CRL: the responder"},
        {"east-rsa", "root-old.crl", REVOCATION_CRL_OCSP, true, true, TRUST_NO_STATUS, "an old CRL: the responder"},
        {"east-rsa", NULL, REVOCATION_CRL_OCSP_IF_ANY, true, true, TRUST_OK, "no CRL: the responder, if there is one"},
        {"east-rsa", "root.crl", REVOCATION_OCSP_CRL, true, true, TRUST_OK, "the responder, then the CRL"},
        {"east-revoked", "root.crl", REVOCATION_OCSP_CRL_IF_ANY, true, true, TRUST_REVOKED, "the responder, then the CRL: it is on it"},
        {"east-rsa", NULL, REVOCATION_OCSP_CRL, true, true, TRUST_NOT_CHECKED, "the responder, and there is no CRL"},
        {"east-rsa", NULL, REVOCATION_OCSP_CRL_IF_ANY, true, true, TRUST_OK, "the responder, and no CRL is fine"},
        {"east-rsa", "root.crl", REVOCATION_CRL, true, false, TRUST_OK, "a responder that nobody asks"},
        {"east-expired", NULL, REVOCATION_OCSP_IF_ANY, true, false, TRUST_EXPIRED, "no responder can help there"},
        {"east-stranger", NULL, REVOCATION_OCSP_IF_ANY, true, false, TRUST_UNTRUSTED, "nobody of ours is asked about a stranger"},
        {"east-code", NULL, REVOCATION_OCSP_IF_ANY, true, false, TRUST_WRONG_USE, "what it is for is known before"},
        /* clang-format on */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct trust *trust = root_trust(cases[i].has_responder ? RESPONDER : NULL, false);
        struct status *open = NULL;

        if (cases[i].crl != NULL)
            CHECK(trust_add_crl(trust, file_der(1, cases[i].crl)));
        enum trust_fault fault = check(trust, cases[i].own, NULL, cases[i].revocation, false, &open);
        if ((open != NULL) != cases[i].is_open || (open != NULL && fault != TRUST_OK))
            fail_msg("%s: %s, and %s", cases[i].why, trust_fault_name(fault), open != NULL ? "open" : "not open");
        if (open != NULL)
            fault = status_fault_without(open);
        if (fault != cases[i].fault)
            fail_msg("%s: %s", cases[i].why, trust_fault_name(fault));
        status_free(open);
        /* Whoever cannot ask gets the same without an answer. */
        CHECK(check(trust, cases[i].own, NULL, cases[i].revocation, false, NULL) == cases[i].fault);
        trust_free(trust);
    }
}

static void C09_no_responder_that_a_certificate_names_is_asked(void **state)
{
    struct trust *trust = root_trust(NULL, false);
    struct status *open = NULL;

    (void)state;
    CHECK(check(trust, "east-url", NULL, REVOCATION_OCSP, false, &open) == TRUST_NO_STATUS && open == NULL);
    CHECK(trust_set_responder(trust, "LAB", RESPONDER, false));
    CHECK(check(trust, "east-url", NULL, REVOCATION_OCSP, false, &open) == TRUST_OK && open != NULL);
    assert_string_equal(status_url(open), RESPONDER);
    status_free(open);
    trust_free(trust);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_believed_or_not_for_its_reason),
        cmocka_unit_test(what_is_no_response_is_none_however_it_is_cut_or_flipped),
        cmocka_unit_test(each_certificate_of_the_chain_is_asked_about_by_its_own_authority),
        cmocka_unit_test(who_is_asked_first_and_what_holds_without_an_answer_is_as_the_statement_says),
        cmocka_unit_test(C09_no_responder_that_a_certificate_names_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
