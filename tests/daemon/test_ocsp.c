/* Responders: what becomes of an answer of the vault that waits for one, on the loopback. */
#include "daemon/ocsp.h"

#include "crypto/responder.h"
#include "crypto/trust.h"
#include "daemon/clock.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct ocsp *ocsp;
static struct log *log_of_test;
static char last_line[1000];

static struct {
    unsigned count;
    uint32_t ask_number;
    struct answer answer;
} answered;

static void on_answer(void *context, struct handle exchange, uint32_t ask_number, const struct answer *a)
{
    (void)context;
    CHECK(exchange.index == 7);
    answered.count++;
    answered.ask_number = ask_number;
    answered.answer = *a;
}

static bool on_line(void *context, const struct event *event, struct logging_weight weight,
                    const struct logging_words *line)
{
    (void)context, (void)weight;
    if (line != NULL && event != NULL && (event->kind == EV_STATUS_TAKEN || event->kind == EV_STATUS_MISSING))
        snprintf(last_line, sizeof last_line, "%s", line->debug);
    return true;
}

static void begin(uint64_t patience_ms)
{
    CHECK(uv_loop_init(&loop) == 0);
    server_begin();
    memset(&answered, 0, sizeof answered);
    log_of_test = log_open(false, false, false);
    log_watch(log_of_test, on_line, NULL);
    ocsp = ocsp_create(&loop, log_of_test, patience_ms, NULL, on_answer);
    CHECK(ocsp != NULL);
}

static void end(void)
{
    ocsp_close(ocsp);
    server_end();
    uv_run(&loop, UV_RUN_DEFAULT);
    log_close(log_of_test);
    CHECK(uv_loop_close(&loop) == 0);
}

/* `also`: one between; NULL: none. */
static struct status *status_of(const char *own, const char *also, enum revocation revocation)
{
    static const uint8_t digest[32] = {1};
    uint8_t signature[SIGNATURE_MAX];
    struct trust *trust = trust_make();
    struct status *open = NULL;
    char file[64];

    CHECK(trust != NULL && trust_add_anchor(trust, file_der(0, "root.pem")));
    CHECK(trust_set_responder(trust, "LAB", url_of(""), false));
    snprintf(file, sizeof file, "%s.key", own);
    struct signing_key *key = signing_key_read(file_der(1, file));
    size_t signature_len = signature_make(key, SIGNATURE_RSA, BYTES_OF(digest), signature);
    snprintf(file, sizeof file, "%s.pem", own);
    struct trust_question q = {.certificates = {file_der(2, file)},
                               .certificate_count = 1,
                               .now_s = (int64_t)(clock_wall_ms() / 1000),
                               .kind = SIGNATURE_RSA,
                               .digest = BYTES_OF(digest),
                               .signature = bytes_of(signature, signature_len),
                               .identity_check = IDENTITY_UNCHECKED,
                               .revocation = revocation};
    if (also != NULL)
        q.certificates[q.certificate_count++] = file_der(3, also);
    CHECK(trust_check(trust, &q, &open) == TRUST_OK && open != NULL);
    signing_key_free(key);
    trust_free(trust);
    return open;
}

static void ask(uint32_t ask_number, struct status *status)
{
    /* As the vault leaves it: whole, and a refusal. */
    static const struct answer whole = {.fault = QUESTION_FAULT_CERTIFICATE,
                                        .trust = TRUST_NO_STATUS,
                                        .signature = {1, 2, 3},
                                        .signature_len = 3,
                                        .skeyid_len = 20};

    ocsp_ask(ocsp, (struct handle){7, 1}, ask_number, &whole, status);
}

static struct reply replies[2];

/* The second certificate's when it has gone on. */
static struct bytes make_reply(struct bytes asked)
{
    static uint8_t space[REPLY_MAX];

    return reply_to(asked, &replies[server.asked], (int64_t)(clock_wall_ms() / 1000), space);
}

static void the_answer_waits_for_the_responder_and_is_what_it_says(void **state)
{
    static uint8_t endless[OCSP_RESPONSE_MAX + 1];
    static const struct {
        const char *own, *also;
        enum revocation revocation;
        enum served served;
        bool is_made;
        struct reply replies[2];
        enum trust_fault fault;
        unsigned asked;
        const char *line;
    } cases[] = {
        /* clang-format off */
        {"east-rsa", NULL, REVOCATION_OCSP, SERVES_BODY, true, {{.signer = "responder"}}, TRUST_OK, 1, "says that the certificate is not revoked"},
        {"east-rsa", NULL, REVOCATION_OCSP, SERVES_BODY, true, {{.status = V_OCSP_CERTSTATUS_REVOKED}}, TRUST_REVOKED, 1, "says that the certificate is revoked"},
        {"east-rsa", NULL, REVOCATION_OCSP_IF_ANY, SERVES_BODY, true, {{.status = V_OCSP_CERTSTATUS_REVOKED}}, TRUST_REVOKED, 1, "says that the certificate is revoked"},
        {"east-rsa", NULL, REVOCATION_OCSP, SERVES_BODY, true, {{.status = V_OCSP_CERTSTATUS_UNKNOWN}}, TRUST_NO_STATUS, 1, "does not know the certificate"},
        {"east-rsa", NULL, REVOCATION_OCSP_IF_ANY, SERVES_BODY, true, {{.status = V_OCSP_CERTSTATUS_UNKNOWN}}, TRUST_OK, 1, "does not know the certificate"},
        {"east-rsa", NULL, REVOCATION_OCSP, SERVES_BODY, true, {{.signer = "east-rsa"}}, TRUST_NO_STATUS, 1, "signs with a key that is not the authority's"},
        {"east-rsa", NULL, REVOCATION_OCSP_CRL, SERVES_NOT_FOUND, false, {{0}}, TRUST_NOT_CHECKED, 1, "the server has no such file, or refuses it"},
        {"east-rsa", NULL, REVOCATION_OCSP_IF_ANY, SERVES_NOT_FOUND, false, {{0}}, TRUST_OK, 1, "the server has no such file, or refuses it"},
        {"east-rsa", NULL, REVOCATION_OCSP, SERVES_BODY, false, {{0}}, TRUST_NO_STATUS, 1, "it is too long"},
        {"east-rsa", NULL, REVOCATION_OCSP, SERVES_WITHOUT_END, false, {{0}}, TRUST_NO_STATUS, 1, "it is too long"},
        {"east-rsa", NULL, REVOCATION_OCSP, SERVES_REDIRECT, false, {{0}}, TRUST_NO_STATUS, 1, "it is empty"},
        {"east-issued", "issuing.pem", REVOCATION_OCSP, SERVES_BODY, true, {{.signer = "issuing"}, {.signer = "responder"}}, TRUST_OK, 2, "about O = ikewise tests, CN = Test Issuing"},
        {"east-issued", "issuing.pem", REVOCATION_OCSP, SERVES_BODY, true, {{.signer = "issuing"}, {.status = V_OCSP_CERTSTATUS_REVOKED}}, TRUST_REVOKED, 2, "about O = ikewise tests, CN = Test Issuing"},
        {"east-issued", "issuing.pem", REVOCATION_OCSP, SERVES_BODY, true, {{.signer = "issuing", .status = V_OCSP_CERTSTATUS_REVOKED}}, TRUST_REVOKED, 1, "about O = ikewise tests, CN = east"},
        /* clang-format on */
    };

    (void)state;
    begin(OCSP_PATIENCE_MS);
    for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
        server.served = cases[i].served;
        server.make = cases[i].is_made ? make_reply : NULL;
        server.body = BYTES_OF(endless);
        server.asked = 0;
        memcpy(replies, cases[i].replies, sizeof replies);
        ask(i, status_of(cases[i].own, cases[i].also, cases[i].revocation));
        CHECK(answered.count == i);
        while (answered.count == i)
            uv_run(&loop, UV_RUN_ONCE);
        const struct answer *a = &answered.answer;
        bool is_good = cases[i].fault == TRUST_OK;
        if (a->trust != cases[i].fault || strstr(last_line, cases[i].line) == NULL)
            fail_msg("%u: %s: %s", i, trust_fault_name(a->trust), last_line);
        CHECK(answered.ask_number == i && server.asked == cases[i].asked);
        CHECK(a->fault == (is_good ? QUESTION_FAULT_NONE : QUESTION_FAULT_CERTIFICATE));
        CHECK(a->signature_len == (is_good ? 3 : 0) && a->skeyid_len == (is_good ? 20 : 0)); /* nothing of it is left */
    }
    uint16_t port = server.port;
    server_end();
    uv_run(&loop, UV_RUN_NOWAIT);
    server.port = port;
    ask(99, status_of("east-rsa", NULL, REVOCATION_OCSP));
    while (answered.ask_number != 99)
        uv_run(&loop, UV_RUN_ONCE);
    CHECK(answered.answer.trust == TRUST_NO_STATUS && strstr(last_line, "nobody answers there") != NULL);
    end();
}

static void who_does_not_answer_holds_nobody_for_longer_than_agreed(void **state)
{
    enum { COUNT = OCSP_AT_A_TIME + 2 };

    (void)state;
    begin(300);
    server.served = SERVES_NOTHING;
    for (uint32_t i = 0; i < COUNT; i++)
        ask(i, status_of("east-rsa", NULL, REVOCATION_OCSP));
    CHECK(answered.count == 0);
    while (answered.count < COUNT)
        uv_run(&loop, UV_RUN_ONCE);
    CHECK(answered.answer.trust == TRUST_NO_STATUS && strstr(last_line, "in time") != NULL);
    end();
}

static void so_many_wait_and_the_next_is_as_if_no_responder_answered(void **state)
{
    enum { MORE = 3 };

    (void)state;
    begin(OCSP_PATIENCE_MS);
    server.served = SERVES_NOTHING;
    for (uint32_t i = 0; i < OCSP_WAITING_MAX + MORE; i++)
        ask(i, status_of("east-rsa", NULL, i % 2 == 0 ? REVOCATION_OCSP : REVOCATION_OCSP_IF_ANY));
    CHECK(answered.count == MORE && strstr(last_line, "too many wait") != NULL);
    CHECK(answered.answer.trust == (answered.ask_number % 2 == 0 ? TRUST_NO_STATUS : TRUST_OK));
    end(); /* with all that wait: nobody is answered any more */
    CHECK(answered.count == MORE && server.asked <= OCSP_AT_A_TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_waits_for_the_responder_and_is_what_it_says),
        cmocka_unit_test(who_does_not_answer_holds_nobody_for_longer_than_agreed),
        cmocka_unit_test(so_many_wait_and_the_next_is_as_if_no_responder_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
