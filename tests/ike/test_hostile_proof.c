/* Messages 5 and 6 by a peer that has the keys of phase 1 and lies, by the rows of the attack list: whatever is wrong
 * with the proof, nothing is answered, nothing changes, and the honest message is still taken. */
#include "asa_words.h"

#include "crypto/cipher.h"

/* What west, which waits for message 6, would have sent for that identity. */
static size_t proof_of(const struct ike *ike, const struct exchange *exchange, struct bytes id, uint8_t digest[])
{
    struct blobs *blobs = (struct blobs *)(uintptr_t)&ike->blobs;
    struct draft draft = {.exchange = *exchange, .sa = *sa_of(ike, exchange->sa)};
    struct step_work work = {.ike = ike, .blobs = blobs, .draft = &draft};

    draft.exchange.blobs[BLOB_ID_I] = blob_make(blobs, id);
    struct bytes hash = hash_phase1(&work, INITIATOR, digest);
    blob_drop(blobs, draft.exchange.blobs[BLOB_ID_I]);
    return hash.len;
}

static struct bytes close_message5(const struct isakmp_sa *sa, const struct exchange *exchange, size_t len)
{
    cbc_encrypt(sa->cipher, bytes_of(sa->cipher_key, cipher_info(sa->cipher)->key_len),
                bytes_of(exchange->first_iv, cipher_info(sa->cipher)->block_len), lie_space + HEADER_LEN,
                len - HEADER_LEN);
    return bytes_of(lie_space, len);
}

/* Padded up to a multiple of so many blocks. */
static struct bytes message5_of(const struct isakmp_sa *sa, const struct exchange *exchange, const struct lie *parts,
                                size_t count, uint8_t blocks)
{
    struct header header = {.exchange = XCHG_MAIN};
    struct writer w = writer_of(lie_space, sizeof lie_space);

    memcpy(header.cookies, sa->cookies, sizeof header.cookies);
    struct message_writer m = message_begin(&w, &header);
    for (size_t i = 0; i < count; i++)
        message_add(&m, parts[i].type, parts[i].body);
    message_seal(&m, (size_t)blocks * cipher_info(sa->cipher)->block_len);
    return close_message5(sa, exchange, message_end(&m).len);
}

/* What does not fit the step is as likely the wrong key: DOES_NOT_OPEN. */
#define ID_GOOD "01 11 01f4 c0000201"

static const struct proof_lie {
    const char *why, *reason, *id; /* NULL: none */
    uint8_t id_count, hash_count;
    int hash_len_less; /* than the hash has; 99: all of it */
    uint8_t extra, extra_count;
    const char *extra_body;
    enum { REFUSED, TAKEN, ENDED } comes; /* ENDED: it is the peer's, and is no use */
    uint8_t blocks;                       /* 0: padded as it should be */
} proof_lies[] = {
    {"the honest one", "none", ID_GOOD, 1, 1, 0, 0, 0, "", TAKEN, 0},
    {"P28 the honest one, but padded by more than a block", "DOES_NOT_OPEN", ID_GOOD, 1, 1, 0, 0, 0, "", REFUSED, 8},
    {"P19 two identities", "DOES_NOT_OPEN", ID_GOOD, 2, 1, 0, 0, 0, "", REFUSED, 0},
    {"P19 no identity", "DOES_NOT_OPEN", NULL, 0, 1, 0, 0, 0, "", REFUSED, 0},
    {"P19 P26 two hashes", "DOES_NOT_OPEN", ID_GOOD, 1, 2, 0, 0, 0, "", REFUSED, 0},
    {"P26 no hash", "DOES_NOT_OPEN", ID_GOOD, 1, 0, 0, 0, 0, "", REFUSED, 0},
    {"P26 an empty hash", "BAD_HASH", ID_GOOD, 1, 1, 99, 0, 0, "", REFUSED, 0},
    {"P26 a hash of one byte", "BAD_HASH", ID_GOOD, 1, 1, 31, 0, 0, "", REFUSED, 0},
    {"P26 one byte short", "BAD_HASH", ID_GOOD, 1, 1, 1, 0, 0, "", REFUSED, 0},
    {"P26 one byte long", "BAD_HASH", ID_GOOD, 1, 1, -1, 0, 0, "", REFUSED, 0},
    {"P26 a signature beside the hash", "DOES_NOT_OPEN", ID_GOOD, 1, 1, 0, PL_SIG, 1, "00", REFUSED, 0},
    {"P22 an address of 3 bytes", "BAD_ID", "01 11 01f4 c00002", 1, 1, 0, 0, 0, "", ENDED, 0},
    {"P22 an address of 5 bytes", "BAD_ID", "01 11 01f4 c000020101", 1, 1, 0, 0, 0, "", ENDED, 0},
    {"P22 an address of no bytes", "BAD_ID", "01 11 01f4", 1, 1, 0, 0, 0, "", ENDED, 0},
    {"P22 a subnet with a hole in its mask", "BAD_ID", "04 11 01f4 c0000200 ff00ff00", 1, 1, 0, 0, 0, "", ENDED, 0},
    {"P22 C11 a name with a zero byte", "BAD_ID", "02 11 01f4 610062", 1, 1, 0, 0, 0, "", ENDED, 0},
    {"P22 half an identity", "BAD_ID", "01 11", 1, 1, 0, 0, 0, "", ENDED, 0},
    {"P22 an identity of another port", "BAD_ID", "01 11 0050 c0000201", 1, 1, 0, 0, 0, "", ENDED, 0},
    {"P23 an empty certificate is overlooked", "none", ID_GOOD, 1, 1, 0, PL_CERT, 1, "", TAKEN, 0},
    {"P23 a certificate of an unknown encoding is overlooked", "none", ID_GOOD, 1, 1, 0, PL_CERT, 1, "ff 00", TAKEN, 0},
    {"P23 an empty request is overlooked", "none", ID_GOOD, 1, 1, 0, PL_CR, 1, "", TAKEN, 0},
    {"P23 as many requests as we look at", "none", ID_GOOD, 1, 1, 0, PL_CR, 10, "04", TAKEN, 0},
    {"P23 forty requests", "DOES_NOT_OPEN", ID_GOOD, 1, 1, 0, PL_CR, 40, "04", REFUSED, 0},
    {"P23 one request too many", "DOES_NOT_OPEN", ID_GOOD, 1, 1, 0, PL_CR, 11, "04", REFUSED, 0},
    {"P24 a delete beside the proof", "DOES_NOT_OPEN", ID_GOOD, 1, 1, 0, PL_DELETE, 1, "00000001 01 10 0000", REFUSED,
     0},
    {"P25 a notify that is cut short is overlooked", "none", ID_GOOD, 1, 1, 0, PL_NOTIFY, 1, "00000001", TAKEN, 0},
};

static struct sim *world_at_message5(const struct exchange **exchange)
{
    struct sim *sim = world(25, &west, &east);

    sim_acquire(sim, WEST, 0);
    run_to(sim, WEST, STATE_MM_WAIT_MSG6);
    CHECK(state_of(sim, EAST) == STATE_MM_WAIT_MSG5);
    *exchange = exchange_of(sim_ike(sim, WEST), sa_at(sim, WEST)->phase1);
    snapshot_take(&before_at[EAST], sim_ike(sim, EAST));
    return sim;
}

static void the_honest_one_is_still_taken(struct sim *sim)
{
    sim_run(sim, 5000);
    CHECK(sim_pairs_up(sim, EAST) == 1 && sim_pairs_agree(sim, WEST, EAST) && sim_fault(sim) == NULL);
}

static size_t proof_parts(struct sim *sim, const struct exchange *exchange, const struct proof_lie *lie,
                          struct lie parts[static 64])
{
    static struct body id, extra;
    static uint8_t digest[DIGEST_MAX + 1];
    size_t count = 0;

    struct bytes id_body = hex(&id, lie->id == NULL ? "" : lie->id);
    size_t hash_len = proof_of(sim_ike(sim, WEST), exchange, id_body, digest);
    hash_len = lie->hash_len_less == 99 ? 0 : (size_t)((int)hash_len - lie->hash_len_less);
    for (int i = 0; i < lie->id_count; i++)
        parts[count++] = (struct lie){PL_ID, id_body};
    for (int i = 0; i < lie->hash_count; i++)
        parts[count++] = (struct lie){PL_HASH, bytes_of(digest, hash_len)};
    for (int i = 0; i < lie->extra_count; i++)
        parts[count++] = (struct lie){lie->extra, hex(&extra, lie->extra_body)};
    return count;
}

static void a_lying_proof_ends_nothing(void **state)
{
    const struct proof_lie *lie = *state;
    const struct exchange *exchange;
    struct sim *sim = world_at_message5(&exchange);
    struct lie parts[64];
    size_t count = proof_parts(sim, exchange, lie, parts);
    uint32_t sent = sim_sent(sim, EAST);
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST),
               message5_of(sa_at(sim, WEST), exchange, parts, count, lie->blocks == 0 ? 1 : lie->blocks));
    assert_string_equal(last_reason(sim, EAST, lie->comes == ENDED ? EV_EXCHANGE_FAILED : EV_MESSAGE_REFUSED),
                        lie->reason);
    CHECK((sa_at(sim, EAST)->state == SA_UP) == (lie->comes == TAKEN));
    if (lie->comes == TAKEN)
        CHECK(sim_sent(sim, EAST) == sent + 1);
    if (lie->comes != REFUSED)
        return;
    CHECK(sim_sent(sim, EAST) == sent);
    CHECK(snapshot_differs(&before_at[EAST], sim_ike(sim, EAST)) == NULL);
    the_honest_one_is_still_taken(sim);
}

/* What an ASA says of it, in its own words. */
static char long_name[2 * 2100 + 1];

static const struct {
    const char *says;
    struct proof_lie lie;
} asa_words[] = {
    {"713084: Received invalid phase 1 port value (80) in ID payload",
     {"another port", "BAD_ID", "01 11 0050 c0000201", 1, 1, 0, 0, 0, "", ENDED, 0}},
    {"713085: Received invalid phase 1 protocol (6) in ID payload",
     {"another protocol", "BAD_ID", "01 06 01f4 c0000201", 1, 1, 0, 0, 0, "", ENDED, 0}},
    {"713105: Zero length data in ID payload received during phase 1 or 2 processing",
     {"nothing", "BAD_ID", "01 11 01f4", 1, 1, 0, 0, 0, "", ENDED, 0}},
    {"713102: Phase 1 ID Data length 2096 too long - reject tunnel!",
     {"a name of 2 K", "BAD_ID", long_name, 1, 1, 0, 0, 0, "", ENDED, 0}},
    {"713086: Received unexpected Certificate payload Possible invalid Auth Method (pre-share (1))",
     {"a certificate, though the keys are shared", "none", ID_GOOD, 1, 1, 0, PL_CERT, 1, "04 00", TAKEN, 0}},
};

static void what_is_wrong_with_a_proof_is_said_in_the_words_of_an_ASA(void **state)
{
    (void)state;
    memset(long_name, '6', sizeof long_name - 1);
    memcpy(long_name, "021101f4", 8);
    for (size_t i = 0; i < COUNT_OF(asa_words); i++) {
        const struct exchange *exchange;
        struct sim *sim = world_at_message5(&exchange);
        struct lie parts[64];
        size_t count = proof_parts(sim, exchange, &asa_words[i].lie, parts);

        listen_to_asa(sim);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), message5_of(sa_at(sim, WEST), exchange, parts, count, 1));
        expect_said(asa_words[i].says);
    }
}

/* What decrypts, but not to a message. */
static const struct text_lie {
    const char *why;
    uint8_t first_payload;
    const char *text;
} text_lies[] = {
    {"P28 garbage", PL_ID, "a5c3f00912345678a5c3f00912345678"},
    {"P28 no payload, and yet a block", PL_NONE, "00000000000000000000000000000000"},
    {"P28 padding longer than a block", PL_ID, "0000000c011101f4c0000201 00000000 00000000000000000000000000000000"},
    {"P28 a payload that ends behind the text", PL_ID, "00000018011101f4c000020100000000"},
};

static void a_text_that_is_no_message_is_dropped_in_silence(void **state)
{
    const struct text_lie *lie = *state;
    const struct exchange *exchange;
    struct sim *sim = world_at_message5(&exchange);
    struct body text;
    struct bytes clear = hex(&text, lie->text);
    size_t len = HEADER_LEN + clear.len;
    uint32_t sent = sim_sent(sim, EAST);

    message_of((const uint8_t *)sa_at(sim, WEST)->cookies, XCHG_MAIN, 0, NULL, 0);
    lie_space[16] = lie->first_payload;
    lie_space[19] = FLAG_ENCRYPTION;
    lie_space[27] = (uint8_t)len;
    memcpy(lie_space + HEADER_LEN, clear.data, clear.len);
    sim_inject(sim, EAST, end_of(WEST), end_of(EAST), close_message5(sa_at(sim, WEST), exchange, len));
    CHECK(sim_sent(sim, EAST) == sent && sim_event_count(sim, EAST, EV_MESSAGE_REFUSED) == 1);
    CHECK(snapshot_differs(&before_at[EAST], sim_ike(sim, EAST)) == NULL); /* the IV among it */
    the_honest_one_is_still_taken(sim);
}

/* Whoever can forge messages that do not open makes the vault work no more than so, and learns nothing. */
static void a_negotiation_has_three_autopsies_and_sends_nothing_for_them(void **state)
{
    struct sim_site w = west;

    (void)state;
    w.peers[0].key = "nothing like the other";
    struct sim *sim = world(25, &w, &east);
    sim_acquire(sim, WEST, 0);
    run_to(sim, EAST, STATE_MM_WAIT_MSG5);
    uint32_t sent = sim_sent(sim, EAST);
    for (uint8_t i = 1; i <= 10; i++) {
        message_of((const uint8_t *)sa_at(sim, WEST)->cookies, XCHG_MAIN, 0, NULL, 0);
        lie_space[16] = PL_ID;
        lie_space[19] = FLAG_ENCRYPTION;
        lie_space[27] = HEADER_LEN + 64;
        memset(lie_space + HEADER_LEN, i, 64);
        sim_inject(sim, EAST, end_of(WEST), end_of(EAST), bytes_of(lie_space, HEADER_LEN + 64));
        sim_run(sim, 50); /* the answer comes */
    }
    CHECK(sim_event_count(sim, EAST, EV_AUTHENTICATION_FAILED) >= 10);
    CHECK(sim_event_count(sim, EAST, EV_KEY_AUTOPSY) == 3 && sim_sent(sim, EAST) == sent);
}

int main(void)
{
    struct row_tests list = {.count = 0};

    ADD_ROWS(&list, a_lying_proof_ends_nothing, proof_lies);
    ADD_ROWS(&list, a_text_that_is_no_message_is_dropped_in_silence, text_lies);
    ADD_TEST(&list, what_is_wrong_with_a_proof_is_said_in_the_words_of_an_ASA);
    ADD_TEST(&list, a_negotiation_has_three_autopsies_and_sends_nothing_for_them);
    return run_listed("messages 5 and 6", &list);
}
