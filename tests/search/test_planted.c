/* The search finds what is wrong on purpose. The faults are planted at link time (-Wl,--wrap in CMakeLists.txt), around
 * functions of the engine that its files call from one another. */
#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "ike/engine.h"
#include "scenarios.h"

enum planted { NOTHING_PLANTED, ANSWERS_OLD_MESSAGES, COMMITS_WHILE_PARKED, REUSES_IV_ON_REPEAT };

static enum planted planted;

/* ---- an engine that answers any old message, not only the one that it took last */

void __real_datagram_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out);
void __wrap_datagram_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out);

static bool was_just_heard(const struct exchange *exchange, struct bytes datagram)
{
    uint8_t digest[DIGEST_MAX];

    hash_of(HASH_SHA256, &datagram, 1, digest);
    return memcmp(exchange->heard_digest, digest, sizeof exchange->heard_digest) == 0;
}

void __wrap_datagram_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out)
{
    struct message m;
    struct isakmp_sa *sa =
        wire_header_read(&m, in->datagram.data) == WIRE_OK ? sa_of_cookies(ike, m.header.cookies) : NULL;
    struct exchange *exchange = sa == NULL ? NULL : exchange_of_message(ike, sa->self, m.header.message_id);
    bool is_old = exchange != NULL && exchange->has_heard && !was_just_heard(exchange, in->datagram.data);
    struct handle h = exchange == NULL ? (struct handle){0, 0} : exchange->self;

    __real_datagram_take(ike, now_ms, in, out);
    exchange = exchange_of(ike, h);
    if (planted == ANSWERS_OLD_MESSAGES && is_old && exchange != NULL && !handle_is_set(exchange->parked) &&
        !was_just_heard(exchange, in->datagram.data) && handle_is_set(exchange->blobs[BLOB_SENT]))
        message_send(ike, sa, exchange, true, out);
}

/* ---- an engine that commits when it asks, and not when it is answered */

enum reason __real_step_run(struct ike *ike, uint64_t now_ms, const struct step *step, struct exchange *exchange,
                            struct isakmp_sa *sa, const struct message *in, struct endpoint to, struct endpoint from,
                            struct ike_outputs *out);
enum reason __wrap_step_run(struct ike *ike, uint64_t now_ms, const struct step *step, struct exchange *exchange,
                            struct isakmp_sa *sa, const struct message *in, struct endpoint to, struct endpoint from,
                            struct ike_outputs *out);

enum reason __wrap_step_run(struct ike *ike, uint64_t now_ms, const struct step *step, struct exchange *exchange,
                            struct isakmp_sa *sa, const struct message *in, struct endpoint to, struct endpoint from,
                            struct ike_outputs *out)
{
    struct handle h = exchange->self;
    enum reason reason = __real_step_run(ike, now_ms, step, exchange, sa, in, to, from, out);
    struct exchange *committed = exchange_of(ike, h);
    const struct draft *draft = committed == NULL ? NULL : pool_find(&ike->drafts, committed->parked);

    if (planted == COMMITS_WHILE_PARKED && draft != NULL) {
        struct exchange early = draft->exchange;

        early.parked = committed->parked;
        early.ask_number = committed->ask_number;
        early.state = draft->step->to;
        *committed = early;
    }
    return reason;
}

/* ---- an engine that seals a repeat anew, with other padding and under the IV that the message had */

void __real_message_send(struct ike *ike, const struct isakmp_sa *sa, const struct exchange *exchange, bool is_again,
                         struct ike_outputs *out);
void __wrap_message_send(struct ike *ike, const struct isakmp_sa *sa, const struct exchange *exchange, bool is_again,
                         struct ike_outputs *out);

static void seal_anew(const struct isakmp_sa *sa, uint8_t *datagram, size_t len, const uint8_t *iv)
{
    const struct cipher_info *cipher = cipher_info(sa->cipher);
    struct bytes key = bytes_of(sa->cipher_key, cipher->key_len), iv_bytes = bytes_of(iv, cipher->block_len);
    struct message m;

    CHECK(wire_header_read(&m, bytes_of(datagram, len)) == WIRE_OK);
    uint8_t *sealed = datagram + (len - m.sealed.len);
    cbc_decrypt(sa->cipher, key, iv_bytes, sealed, m.sealed.len);
    sealed[m.sealed.len - 1] ^= 1;
    cbc_encrypt(sa->cipher, key, iv_bytes, sealed, m.sealed.len);
}

void __wrap_message_send(struct ike *ike, const struct isakmp_sa *sa, const struct exchange *exchange, bool is_again,
                         struct ike_outputs *out)
{
    size_t before = out->count;
    struct exchange begun = *exchange;

    __real_message_send(ike, sa, exchange, is_again, out);
    if (planted != REUSES_IV_ON_REPEAT || !is_again)
        return;
    if (exchange->kind == EXCHANGE_QM)
        iv_begin(sa, &begun);
    else
        memcpy(begun.iv, exchange->first_iv, sizeof begun.iv);
    /* the first sealed message of its exchange: 5 of main mode, 1 of quick mode */
    if (exchange->state == STATE_MM_WAIT_MSG6 || exchange->state == STATE_QM_WAIT_MSG2)
        for (size_t i = before; i < out->count; i++)
            if (out->items[i].kind == IKE_OUT_DATAGRAM)
                seal_anew(sa, (uint8_t *)out->items[i].datagram.data.data, out->items[i].datagram.data.len, begun.iv);
}

/* ---- */

static const struct search_scenario scenario = {.name = "one side begins, a message is lost and one repeated",
                                                .has_pfs = true,
                                                .lifetime_s = 86400,
                                                .esp_lifetime_s = 86400,
                                                .comes_up = true,
                                                .alone_max_s = 45,
                                                .bounds = {UP_TO(1, LOSSES), UP_TO(1, REPEATS)},
                                                .commands = {WANTS(WEST)}};

static void expect(enum planted plant, const char *expected)
{
    planted = plant;
    const char *fault = search_run(search, &scenario);
    if (fault == NULL || expected == NULL ? fault != expected : strcmp(fault, expected) != 0)
        print_error("found: %s\n%s", fault == NULL ? "nothing" : fault, explain());
    CHECK(fault == NULL || expected == NULL ? fault == expected : strcmp(fault, expected) == 0);
    if (fault != NULL)
        CHECK(strstr(explain(), fault) != NULL);
    planted = NOTHING_PLANTED;
}

static void nothing_is_found_where_nothing_is_planted(void **state)
{
    (void)state;
    expect(NOTHING_PLANTED, NULL);
}

static void an_engine_that_answers_any_old_message_is_found(void **state)
{
    (void)state;
    expect(ANSWERS_OLD_MESSAGES, "a message is answered again that is not the one that was taken last");
}

static void an_engine_that_commits_while_it_is_parked_is_found(void **state)
{
    (void)state;
    expect(COMMITS_WHILE_PARKED, "an exchange has changed while its step is parked");
}

static void an_engine_that_reuses_an_iv_on_a_repeat_is_found(void **state)
{
    (void)state;
    expect(REUSES_IV_ON_REPEAT, "two messages are sealed under one key and IV");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_nothing_is_planted),
        cmocka_unit_test(an_engine_that_answers_any_old_message_is_found),
        cmocka_unit_test(an_engine_that_commits_while_it_is_parked_is_found),
        cmocka_unit_test(an_engine_that_reuses_an_iv_on_a_repeat_is_found),
    };

    return cmocka_run_group_tests(tests, begin_search, end_search);
}
