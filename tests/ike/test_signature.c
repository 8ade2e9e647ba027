/* Message 5 of main mode by signatures, from a peer that has the keys of the exchange and lies about the rest. Attack
 * list C05, C07, C11, C15, P23, P26. Whatever is refused changes nothing: the true message that comes after it is
 * taken. */
#include "asa_words.h"
#include "sim/credentials.h"

static struct sim_site west_signed(void)
{
    struct sim_site site = west;

    site.credential = credential("west-rsa");
    return site;
}

/* West's message 5 is lost and nothing more comes from it: what east gets from here on is ours. */
static struct sim *world_at_message_5_with(const char *peer_identity, enum identity_check check)
{
    struct sim_site w = west_signed(), e = east;

    e.credential = credential("east-rsa");
    e.peer_identity = peer_identity;
    e.identity_check = check;
    struct sim *sim = world(1, &w, &e);
    sim_network(sim)->lose_nth[WEST] = 3;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 500);
    sim_network(sim)->is_cut[WEST] = true;
    CHECK(sa_at(sim, WEST)->has_keys && sa_at(sim, EAST)->state == SA_NEGOTIATING);
    return sim;
}

static struct sim *world_at_message_5(void)
{
    return world_at_message_5_with(NULL, IDENTITY_REQUIRED);
}

static const struct exchange *phase1_at(struct sim *sim, uint32_t site)
{
    return exchange_of(sim_ike(sim, site), sa_at(sim, site)->phase1);
}

enum { PARTS_MAX = 64 };

struct fifth {
    struct lie parts[PARTS_MAX];
    size_t count;
};

static void add(struct fifth *m, uint8_t type, struct bytes body)
{
    CHECK(m->count < PARTS_MAX);
    m->parts[m->count++] = (struct lie){type, body};
}

/* HASH_I, or HASH_R, over that identity in place of west's. */
static struct bytes hash_over(struct sim *sim, struct bytes id, enum side side, uint8_t digest[static DIGEST_MAX])
{
    static struct draft draft;
    struct ike *ike = (struct ike *)(uintptr_t)sim_ike(sim, WEST);
    struct step_work work = {.ike = ike, .blobs = &ike->blobs, .draft = &draft};

    draft = (struct draft){.exchange = *phase1_at(sim, WEST), .sa = *sa_at(sim, WEST)};
    draft.exchange.blobs[BLOB_ID_I] = blob_make(&ike->blobs, id);
    struct bytes made = hash_phase1(&work, side, digest);
    blob_drop(&ike->blobs, draft.exchange.blobs[BLOB_ID_I]);
    return made;
}

static struct bytes signature_over(const char *who, struct bytes digest, uint8_t signature[static SIGNATURE_MAX])
{
    size_t len = signature_make(trust_key(credential(who)->trust), SIGNATURE_RSA, digest, signature);

    CHECK(len > 0);
    return bytes_of(signature, len);
}

static struct bytes id_of(uint8_t type, struct bytes data, struct body *space)
{
    struct writer w = writer_of(space->bytes, sizeof space->bytes);

    id_write(&w, &(struct id){.type = type, .data = data});
    return writer_bytes(&w);
}

static struct bytes cert_of(uint8_t encoding, struct bytes data, struct body *space)
{
    struct writer w = writer_of(space->bytes, sizeof space->bytes);

    cert_write(&w, &(struct cert){.encoding = encoding, .data = data});
    CHECK(writer_is_ok(&w));
    return writer_bytes(&w);
}

static void send(struct sim *sim, const struct fifth *m)
{
    const struct isakmp_sa *sa = sa_at(sim, WEST);
    struct exchange exchange = *phase1_at(sim, WEST);
    struct header header = {.exchange = XCHG_MAIN};
    struct writer w = writer_of(lie_space, sizeof lie_space);

    memcpy(header.cookies, sa->cookies, sizeof header.cookies);
    memcpy(exchange.iv, exchange.first_iv, sizeof exchange.iv);
    struct message_writer message = message_begin(&w, &header);
    for (size_t i = 0; i < m->count; i++)
        message_add(&message, m->parts[i].type, m->parts[i].body);
    message_seal(&message, cipher_info(sa->cipher)->block_len);
    struct bytes datagram = message_end(&message);
    CHECK(datagram.len > 0);
    message_close(sa, &exchange, &message);
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), datagram);
    sim_run(sim, 300);
}

enum lie_kind {
    HONEST,
    NO_SIGNATURE,
    EMPTY_SIGNATURE,
    ONE_BYTE,
    ZEROS,
    LARGE,
    TWO_SIGNATURES,
    A_HASH,
    HASH_AND_SIGNATURE,
    NO_CERTIFICATE,
    EMPTY_CERTIFICATE,
    ENCODING_ALONE,
    OTHER_ENCODING,
    CRL_BESIDE,
    NINE_CERTIFICATES,
    ELEVEN_CERTIFICATES,
    TWENTY_REQUESTS,
    FORTY_REQUESTS,
    EMPTY_REQUEST,
    SIGNATURE_OVER_HASH_R,
    SIGNATURE_OVER_OTHER_HASH,
    OTHERS_CERTIFICATE,
    OTHERS_KEY,
    ID_OF_EAST,
    ID_OF_NOBODY,
    ID_WITH_ZERO,
    ID_UNSIGNED,
    ID_OF_A_KEY,
};

static const struct {
    enum lie_kind kind;
    const char *reason, *why;
} lies[] = {
    {NO_SIGNATURE, "MISSING_PAYLOAD", "C07 a certificate and no signature"},
    {EMPTY_SIGNATURE, "BAD_SIGNATURE", "P26 no byte of signature"},
    {ONE_BYTE, "BAD_SIGNATURE", "P26 one byte"},
    {ZEROS, "BAD_SIGNATURE", "C06 all zeros, as long as the modulus"},
    {LARGE, "BAD_SIGNATURE", "P26 two thousand bytes"},
    {TWO_SIGNATURES, "UNEXPECTED_PAYLOAD", "one signature too many"},
    {A_HASH, "UNEXPECTED_PAYLOAD", "C18 HASH_I in place of a signature: the method is the agreed one"},
    {HASH_AND_SIGNATURE, "UNEXPECTED_PAYLOAD", "both"},
    {NO_CERTIFICATE, "CERT_MISSING", "nothing to hold the signature against"},
    {EMPTY_CERTIFICATE, "CERT_MALFORMED", "P23 no byte of a certificate payload"},
    {ENCODING_ALONE, "CERT_MALFORMED", "P23 one byte of a certificate payload"},
    {OTHER_ENCODING, "CERT_MISSING", "P23 another encoding is passed over"},
    {NINE_CERTIFICATES, "CERT_MALFORMED", "C10 a chain of nine"},
    {ELEVEN_CERTIFICATES, "UNEXPECTED_PAYLOAD", "C10 more payloads than a message may have"},
    {FORTY_REQUESTS, "DOES_NOT_OPEN", "P23 forty certificate requests: more payloads than a message has"},
    {SIGNATURE_OVER_HASH_R, "BAD_SIGNATURE", "C15 the signature that the other role would make"},
    {SIGNATURE_OVER_OTHER_HASH, "BAD_SIGNATURE", "a signature of another exchange"},
    {OTHERS_CERTIFICATE, "BAD_SIGNATURE", "C07 another's certificate, our own signature"},
    {OTHERS_KEY, "BAD_SIGNATURE", "C07 our certificate, another's signature"},
    {ID_OF_EAST, "CERT_ID_DIFFERS", "C11 a good certificate, the identity of another"},
    {ID_OF_NOBODY, "CERT_ID_DIFFERS", "C11 a name that is not in the certificate"},
    {ID_OF_A_KEY, "CERT_ID_DIFFERS", "C11 an identity that no certificate has"},
    {ID_WITH_ZERO, "BAD_ID", "C11 a name with a zero byte"},
    {ID_UNSIGNED, "BAD_SIGNATURE", "the identity was changed after it was signed"},
};

static void send_lie(struct sim *sim, enum lie_kind kind)
{
    static struct body spaces[4];
    static uint8_t large[2000], crl[1] = {7};
    const struct trustpoint *own = &credential("west-rsa")->trustpoint;
    uint8_t digest[DIGEST_MAX], signature[SIGNATURE_MAX];
    struct fifth m = {0};
    struct bytes id = id_of(ID_DER_ASN1_DN, own->subject, &spaces[0]), signed_id;
    const char *signer = kind == OTHERS_KEY ? "east-other" : "west-rsa";

    if (kind == ID_OF_EAST)
        id = id_of(ID_DER_ASN1_DN, credential("east-rsa")->trustpoint.subject, &spaces[0]);
    if (kind == ID_OF_NOBODY)
        id = id_of(ID_FQDN, bytes_of_text("east.example.net"), &spaces[0]);
    if (kind == ID_OF_A_KEY)
        id = id_of(ID_KEY_ID, bytes_of_text("west"), &spaces[0]);
    if (kind == ID_WITH_ZERO)
        id = id_of(ID_FQDN, bytes_of("west.example.net\0.evil", 22), &spaces[0]);
    signed_id = kind == ID_UNSIGNED ? id_of(ID_FQDN, bytes_of_text("west.example.net"), &spaces[1]) : id;
    struct bytes hash = hash_over(sim, signed_id, kind == SIGNATURE_OVER_HASH_R ? RESPONDER : INITIATOR, digest);
    digest[0] ^= kind == SIGNATURE_OVER_OTHER_HASH;
    struct bytes sig = signature_over(signer, hash, signature);
    struct bytes cert =
        kind == OTHERS_CERTIFICATE
            ? cert_of(CERT_X509_SIGNATURE, credential("east-other")->trustpoint.certificates[0], &spaces[2])
            : cert_of(kind == OTHER_ENCODING ? CERT_PGP : CERT_X509_SIGNATURE, own->certificates[0], &spaces[2]);
    size_t certs = kind == NO_CERTIFICATE ? 0 : kind == NINE_CERTIFICATES ? 9 : kind == ELEVEN_CERTIFICATES ? 11 : 1;
    size_t requests = kind == TWENTY_REQUESTS ? 20 : kind == FORTY_REQUESTS ? 40 : 0;

    if (kind == NINE_CERTIFICATES || kind == ELEVEN_CERTIFICATES)
        cert.len = 400; /* so that the message stays within our buffers: its number counts before its bytes do */
    add(&m, PL_ID, id);
    if (kind == EMPTY_CERTIFICATE || kind == ENCODING_ALONE)
        cert.len = kind == ENCODING_ALONE;
    for (size_t i = 0; i < certs; i++)
        add(&m, PL_CERT, cert);
    if (kind == CRL_BESIDE)
        add(&m, PL_CERT, cert_of(CERT_CRL, BYTES_OF(crl), &spaces[3]));
    for (size_t i = 0; i < requests; i++)
        add(&m, PL_CR, bytes_of("\x04\x30\x00", 3));
    if (kind == EMPTY_REQUEST)
        add(&m, PL_CR, bytes_of(NULL, 0));
    if (kind == EMPTY_SIGNATURE || kind == ONE_BYTE)
        sig.len = kind == ONE_BYTE;
    if (kind == ZEROS || kind == LARGE)
        sig = bytes_of(large, kind == ZEROS ? 256 : sizeof large);
    if (kind == A_HASH || kind == HASH_AND_SIGNATURE)
        add(&m, PL_HASH, hash);
    if (kind != NO_SIGNATURE && kind != A_HASH)
        add(&m, PL_SIG, sig);
    if (kind == TWO_SIGNATURES)
        add(&m, PL_SIG, sig);
    send(sim, &m);
}

static void what_lies_is_refused_and_the_true_message_is_taken_after_it(void **state)
{
    static struct snapshot before;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        struct sim *sim = world_at_message_5();

        snapshot_take(&before, sim_ike(sim, EAST));
        uint32_t asks = sim_ike(sim, EAST)->last_ask_number;
        send_lie(sim, lies[i].kind);
        if (strcmp(last_reason(sim, EAST, EV_MESSAGE_REFUSED), lies[i].reason) != 0)
            fail_msg("%s: %s", lies[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        if (sim_ike(sim, EAST)->last_ask_number == asks) /* refused without the vault: not a bit may differ */
            if (snapshot_differs(&before, sim_ike(sim, EAST)) != NULL)
                fail_msg("%s: %s", lies[i].why, snapshot_differs(&before, sim_ike(sim, EAST)));
        CHECK(sa_at(sim, EAST)->state == SA_NEGOTIATING);
        CHECK(phase1_at(sim, EAST)->state == STATE_MM_WAIT_MSG5 && !handle_is_set(phase1_at(sim, EAST)->parked));
        send_lie(sim, HONEST);
        if (sa_at(sim, EAST)->state != SA_UP)
            fail_msg("after %s: %s", lies[i].why, last_reason(sim, EAST, EV_MESSAGE_REFUSED));
        CHECK(sim_fault(sim) == NULL);
    }
}

static void what_may_stand_beside_is_taken(void **state)
{
    static const enum lie_kind kinds[] = {HONEST, CRL_BESIDE, TWENTY_REQUESTS, EMPTY_REQUEST};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct sim *sim = world_at_message_5();

        send_lie(sim, kinds[i]);
        CHECK(sa_at(sim, EAST)->state == SA_UP);
    }
}

static void what_is_wrong_with_a_certificate_is_said_in_the_words_of_an_ASA(void **state)
{
    static const struct {
        enum lie_kind kind;
        const char *says;
    } cases[] = {
        {OTHER_ENCODING, "713081: Unsupported certificate encoding type 2"},
        {EMPTY_CERTIFICATE, "713109: Unable to process the received peer certificate"},
        {ID_OF_A_KEY, "713018: Unknown ID type during find of group name for certs, Type 11"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sim *sim = world_at_message_5();

        listen_to_asa(sim);
        send_lie(sim, cases[i].kind);
        expect_said(cases[i].says);
    }
}

/* With a tunnel-group that names its peer, any other certificate of the authority is refused without a question. */
static void C11_the_identity_that_the_tunnel_group_names_is_the_only_one(void **state)
{
    struct sim_site w = west_signed(), e = east;

    (void)state;
    for (int is_named = 0; is_named < 2; is_named++) {
        e.credential = credential("east-rsa");
        w.peer_identity = is_named ? "O = ikewise tests, CN = east" : "O = ikewise tests, CN = eas";
        struct sim *sim = world(1, &w, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 2000);
        CHECK(sim_pairs_up(sim, WEST) == (uint32_t)is_named);
        if (!is_named)
            assert_string_equal(last_reason(sim, WEST, EV_MESSAGE_REFUSED), "CERT_ID_DIFFERS");
    }
}

static void C11_a_named_identity_must_be_in_the_certificate_though_no_check_is_asked_for(void **state)
{
    struct sim *sim = world_at_message_5_with(NULL, IDENTITY_UNCHECKED);

    (void)state;
    send_lie(sim, ID_OF_EAST);
    CHECK(sa_at(sim, EAST)->state == SA_UP); /* that is what nocheck means */
    sim = world_at_message_5_with("O = ikewise tests, CN = east", IDENTITY_UNCHECKED);
    send_lie(sim, ID_OF_EAST);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "CERT_ID_DIFFERS");
    CHECK(sa_at(sim, EAST)->state == SA_NEGOTIATING);
}

/* West has it sent all the same: its peer may know better than it asks. */
static void a_request_for_another_authority_is_told_and_the_certificate_sent(void **state)
{
    struct sim_site w = west_signed(), e = east;
    struct sim_credential asking = *credential("east-rsa");

    (void)state;
    for (int is_ours = 0; is_ours < 2; is_ours++) {
        struct bytes other = credential("east-issued")->trustpoint.subject, none = bytes_of(NULL, 0);
        struct bytes names[] = {other, is_ours ? none : other};

        asking.trustpoint.anchor_names = names;
        asking.trustpoint.anchor_count = 2;
        e.credential = &asking;
        struct sim *sim = world(1, &w, &e);
        sim_acquire(sim, WEST, 0);
        sim_run(sim, 2000);
        CHECK(sim_pairs_up(sim, WEST) == 1);
        CHECK(sim_event_count(sim, WEST, EV_CERTIFICATE_REFUSED) == (is_ours ? 0 : 1));
    }
}

static void nobody_learns_from_a_policy_by_a_method_that_the_tunnel_group_has_no_means_for(void **state)
{
    struct sim_site w = west_signed(), e = east;

    (void)state;
    e.credential = credential("east-ecdsa-256");
    struct sim *sim = world(1, &w, &e);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 2000);
    CHECK(sim_pairs_up(sim, WEST) == 0);
    assert_string_equal(last_reason(sim, EAST, EV_MESSAGE_REFUSED), "NO_POLICY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_is_refused_and_the_true_message_is_taken_after_it),
        cmocka_unit_test(what_may_stand_beside_is_taken),
        cmocka_unit_test(what_is_wrong_with_a_certificate_is_said_in_the_words_of_an_ASA),
        cmocka_unit_test(C11_the_identity_that_the_tunnel_group_names_is_the_only_one),
        cmocka_unit_test(C11_a_named_identity_must_be_in_the_certificate_though_no_check_is_asked_for),
        cmocka_unit_test(a_request_for_another_authority_is_told_and_the_certificate_sent),
        cmocka_unit_test(nobody_learns_from_a_policy_by_a_method_that_the_tunnel_group_has_no_means_for),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
