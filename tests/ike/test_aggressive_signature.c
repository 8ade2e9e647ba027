/* Aggressive mode by signatures: message 2 at the initiator and message 3 at the responder, from somebody who lies.
 * Attack list C01, C07, C08, C11, C15, C17, C18, P23, P26, S01. Whatever is refused changes nothing: the true message
 * that comes after it is taken. */
#include "event/phrases.h"
#include "ike/two_sites.h"
#include "sim/credentials.h"

static struct snapshot before;

static struct sim *world_of(const char *west_name, const char *east_name)
{
    struct sim_site w = west, e = east;

    w.credential = credential(west_name);
    w.is_aggressive = true;
    e.credential = credential(east_name);
    e.is_aggressive_answered = true;
    return world(3, &w, &e);
}

static const struct exchange *phase1_at(struct sim *sim, uint32_t site)
{
    return exchange_of(sim_ike(sim, site), sa_at(sim, site)->phase1);
}

/* The body of a payload in place of the true one. `type` 0: nothing is changed; `as` 0: it is left out. */
struct change {
    uint8_t type, as;
    struct bytes body;
};

static struct bytes changed(struct bytes datagram, struct change change)
{
    struct lie parts[HOLDS_MAX + 8];
    struct message m;
    size_t count = 0;

    CHECK(wire_message_read(&m, datagram) == WIRE_OK);
    for (size_t i = 0; i < m.payload_count; i++) {
        bool is_it = m.payloads[i].type == change.type;

        if (is_it && change.as == 0)
            continue;
        parts[count++] =
            is_it ? (struct lie){change.as, change.body} : (struct lie){m.payloads[i].type, m.payloads[i].body};
    }
    return message_of((const uint8_t *)m.header.cookies, XCHG_AGGRESSIVE, 0, parts, count);
}

static struct bytes cert_of(const char *who, struct body *space)
{
    struct writer w = writer_of(space->bytes, sizeof space->bytes);

    cert_write(&w,
               &(struct cert){.encoding = CERT_X509_SIGNATURE, .data = credential(who)->trustpoint.certificates[0]});
    return writer_bytes(&w);
}

static struct bytes name_of(const char *who, struct body *space)
{
    struct writer w = writer_of(space->bytes, sizeof space->bytes);

    id_write(&w, &(struct id){.type = ID_DER_ASN1_DN, .data = credential(who)->trustpoint.subject});
    return writer_bytes(&w);
}

static struct bytes signed_by(const char *who, struct bytes digest, uint8_t signature[static SIGNATURE_MAX])
{
    return bytes_of(signature, signature_make(trust_key(credential(who)->trust), SIGNATURE_RSA, digest, signature));
}

static void a_false_message_2_is_refused_and_the_true_one_taken_after_it(void **state)
{
    static struct body certificate, identity, share;
    static const uint8_t zeros[256], nonce[32] = {7};
    const struct {
        struct change change;
        const char *reason, *why;
    } rows[] = {
        {{PL_SIG, 0, {0}}, "MISSING_PAYLOAD", "C07 a certificate and no signature"},
        {{PL_SIG, PL_SIG, {0}}, "BAD_SIGNATURE", "P26 no byte of signature"},
        {{PL_SIG, PL_SIG, BYTES_OF(zeros)}, "BAD_SIGNATURE", "C07 zeros"},
        {{PL_SIG, PL_HASH, bytes_of(zeros, 32)}, "UNEXPECTED_PAYLOAD", "C18 a hash: the method is the offered one"},
        {{PL_CERT, 0, {0}}, "CERT_MISSING", "nothing to hold the signature against"},
        {{PL_CERT, PL_CERT, bytes_of(zeros, 1)}, "CERT_MALFORMED", "P23 no certificate in it"},
        {{PL_CERT, PL_CERT, cert_of("east-other", &certificate)}, "BAD_SIGNATURE", "C07 another's certificate"},
        {{PL_ID, PL_ID, name_of("east-other", &identity)}, "BAD_SIGNATURE", "C11 another's identity"},
        {{PL_NONCE, PL_NONCE, BYTES_OF(nonce)}, "BAD_SIGNATURE", "C15 a nonce that was not signed"},
        {{PL_KE, PL_KE, hex(&share, "00")}, "BAD_SHARE_LENGTH", "a share of one byte"},
        {{PL_SA, PL_SA, hex(&share, "00")}, "MALFORMED", "C17 no choice at all"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_of("west-rsa", "east-rsa");

        sim_network(sim)->lose_nth[EAST] = 1;
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 100);
        struct bytes false_one = changed(sim_datagram(sim, 1)->data, rows[i].change);
        snapshot_take(&before, sim_ike(sim, WEST));
        uint32_t asks = sim_ike(sim, WEST)->last_ask_number;
        sim_inject(sim, WEST, end_of(EAST), end_of(WEST), false_one);
        sim_run(sim, 100);
        if (strcmp(last_reason(sim, WEST, EV_MESSAGE_REFUSED), rows[i].reason) != 0)
            fail_msg("%s: %s", rows[i].why, last_reason(sim, WEST, EV_MESSAGE_REFUSED));
        if (sim_ike(sim, WEST)->last_ask_number == asks && snapshot_differs(&before, sim_ike(sim, WEST)) != NULL)
            fail_msg("%s: %s", rows[i].why, snapshot_differs(&before, sim_ike(sim, WEST)));
        if (strcmp(rows[i].reason, "MISSING_PAYLOAD") == 0) {
            char space[PHRASE_LINE_SIZE];
            struct text line = text_of(space, sizeof space);
            struct phrase_head head;

            CHECK(phrase_write(DIALECT_ASA_SYSLOG, sim_last_event(sim, WEST, EV_MESSAGE_REFUSED), 0, &head, &line));
            CHECK(head.number == 713179 && strstr(space, "from its peer without a SIG payload"));
        }
        CHECK(phase1_at(sim, WEST)->state == STATE_AM_WAIT_MSG2);
        sim_run(sim, 5000);
        if (sim_pairs_up(sim, WEST) != 1 || !sim_pairs_agree(sim, WEST, EAST) || sim_fault(sim) != NULL)
            fail_msg("after %s: %s", rows[i].why, last_reason(sim, WEST, EV_MESSAGE_REFUSED));
    }
}

/* HASH_I or HASH_R as the responder makes it. */
static struct bytes hash_at_east(struct sim *sim, enum side side, uint8_t digest[static DIGEST_MAX])
{
    static struct draft draft;
    struct ike *ike = (struct ike *)(uintptr_t)sim_ike(sim, EAST);
    struct step_work work = {.ike = ike, .blobs = &ike->blobs, .draft = &draft};

    draft = (struct draft){.exchange = *phase1_at(sim, EAST), .sa = *sa_at(sim, EAST)};
    return hash_phase1(&work, side, digest);
}

static void a_false_message_3_is_refused_and_the_true_one_taken_after_it(void **state)
{
    static const struct {
        const char *certificate, *signer;
        enum side side;
        uint8_t proof; /* the type of the payload with the signature in it; 0: there is none */
        const char *reason, *why;
    } rows[] = {
        {"west-rsa", "west-rsa", INITIATOR, 0, "MISSING_PAYLOAD", "C07 a certificate and no signature"},
        {"west-rsa", "east-other", INITIATOR, PL_SIG, "BAD_SIGNATURE", "C07 another's signature"},
        {"west-rsa", "west-rsa", RESPONDER, PL_SIG, "BAD_SIGNATURE", "C15 the signature of the other role"},
        {"east-other", "east-other", INITIATOR, PL_SIG, "CERT_ID_DIFFERS", "C11 not who message 1 was from"},
        {"east-stranger", "east-stranger", INITIATOR, PL_SIG, "CERT_UNTRUSTED",
         "C08 of an authority of its own making"},
        {"west-rsa", "west-rsa", INITIATOR, PL_HASH, "UNEXPECTED_PAYLOAD", "C18 a hash in place of a signature"},
        {NULL, "west-rsa", INITIATOR, PL_SIG, "CERT_MISSING", "nothing to hold the signature against"},
        {"west-rsa", "west-rsa", INITIATOR, PL_SIG, NULL, "the true one"},
    };
    static struct body certificate;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sim *sim = world_of("west-rsa", "east-rsa");
        uint8_t digest[DIGEST_MAX], signature[SIGNATURE_MAX];
        struct lie parts[2];
        size_t count = 0;

        sim_acquire(sim, WEST, 0);
        while (sa_at(sim, EAST) == NULL || phase1_at(sim, EAST)->state != STATE_AM_WAIT_MSG3)
            sim_run(sim, 1);
        sim_network(sim)->is_cut[WEST] = true;
        if (rows[i].certificate != NULL)
            parts[count++] = (struct lie){PL_CERT, cert_of(rows[i].certificate, &certificate)};
        if (rows[i].proof != 0)
            parts[count++] = (struct lie){
                rows[i].proof, signed_by(rows[i].signer, hash_at_east(sim, rows[i].side, digest), signature)};
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
                   message_of((const uint8_t *)sa_at(sim, EAST)->cookies, XCHG_AGGRESSIVE, 0, parts, count));
        sim_run(sim, 100);
        CHECK((sa_at(sim, EAST)->state == SA_UP) == (rows[i].reason == NULL));
        if (rows[i].reason == NULL)
            continue;
        if (strcmp(last_reason(sim, EAST, EV_MESSAGE_REFUSED), rows[i].reason) != 0)
            fail_msg("%s: %s", rows[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        CHECK(phase1_at(sim, EAST)->state == STATE_AM_WAIT_MSG3 && !handle_is_set(phase1_at(sim, EAST)->parked));
        sim_network(sim)->is_cut[WEST] = false;
        sim_run(sim, 8000);
        if (sim_pairs_up(sim, EAST) != 1 || !sim_pairs_agree(sim, WEST, EAST) || sim_fault(sim) != NULL)
            fail_msg("after %s: %s", rows[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
    }
}

/* With a key for the peer beside the trustpoint the first policy decides, and what is sent is of that method alone. */
static void C01_with_signatures_no_key_is_exposed(void **state)
{
    struct sim *sim = world_of("west-rsa", "east-rsa");
    struct message m;

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    CHECK(sim_pairs_up(sim, WEST) == 1);
    CHECK(sim_event_count(sim, WEST, EV_KEY_EXPOSED) == 0 && sim_event_count(sim, EAST, EV_KEY_EXPOSED) == 0);
    for (uint32_t i = 0; i < 2; i++) {
        CHECK(wire_message_read(&m, sim_datagram(sim, i)->data) == WIRE_OK);
        CHECK(message_payload(&m, PL_HASH) == NULL && message_payload(&m, PL_CR) != NULL);
        CHECK((message_payload(&m, PL_SIG) != NULL) == (i == 1));
    }
}

/* What is kept while the signature is judged may be anybody's: it costs the place, and nothing else. */
static void S01_a_false_message_behind_message_3_delays_the_true_one_at_most(void **state)
{
    static const uint8_t noise[64] = {1, 2, 3};

    (void)state;
    for (int is_forged = 0; is_forged < 2; is_forged++) {
        struct sim *sim = world_of("west-rsa", "east-rsa");
        struct header header = {.exchange = XCHG_QUICK, .message_id = 7};
        struct writer w = writer_of(lie_space, sizeof lie_space);

        sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 200;
        sim_acquire(sim, WEST, 0);
        while (sa_at(sim, EAST) == NULL || phase1_at(sim, EAST)->state != STATE_AM_WAIT_MSG3 ||
               !handle_is_set(phase1_at(sim, EAST)->parked))
            sim_run(sim, 1);
        memcpy(header.cookies, sa_at(sim, EAST)->cookies, sizeof header.cookies);
        struct message_writer m = message_begin(&w, &header);
        message_add(&m, PL_HASH, BYTES_OF(noise));
        message_seal(&m, 16);
        if (is_forged)
            sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message_end(&m));
        sim_run(sim, 700);
        CHECK(is_forged || sim_pairs_up(sim, EAST) == 1); /* sooner than a repeat could come */
        sim_run(sim, 5000);
        CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
    }
}

static void whoever_has_no_trustpoint_of_that_kind_refuses_the_first_message(void **state)
{
    struct sim *sim = world_of("west-rsa", "east-ecdsa-256");

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 3000);
    CHECK(sim_pairs_up(sim, WEST) == 0);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_POLICY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_false_message_2_is_refused_and_the_true_one_taken_after_it),
        cmocka_unit_test(a_false_message_3_is_refused_and_the_true_one_taken_after_it),
        cmocka_unit_test(C01_with_signatures_no_key_is_exposed),
        cmocka_unit_test(S01_a_false_message_behind_message_3_delays_the_true_one_at_most),
        cmocka_unit_test(whoever_has_no_trustpoint_of_that_kind_refuses_the_first_message),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
