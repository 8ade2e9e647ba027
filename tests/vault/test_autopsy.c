#include "base/check.h"
#include "base/writer.h"
#include "crypto/cipher.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "vault/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 4, SECRETS = 4, OURS = 1, OTHER = 3 };
enum { COVERED_LEN = 100, MESSAGE_ID = 0x01020304 };

#define GROUP GROUP_ECP256
#define PRF HASH_SHA256
#define CIPHER_USED CIPHER_AES256_CBC

#define OTHER_KEY "the key of another site"
#define EARLIER_KEY "the key of last year"

/* What a peer's message is sealed with. */
struct peer {
    uint8_t skeyid[DIGEST_MAX], d[DIGEST_MAX], a[DIGEST_MAX], e[DIGEST_MAX], cipher[CIPHER_KEY_MAX];
    size_t len;
};

/* A vault that has answered for the keys, and the question about a message that does not open with them. */
struct bench {
    struct vault *vault;
    struct question question;
    uint8_t shared[GROUP_SECRET_MAX];
};

static struct bytes g_xy(const struct bench *b)
{
    return bytes_of(b->shared, group_info(GROUP)->secret_len);
}

static struct bench bench_of(const char *ours)
{
    struct bench b = {.vault = vault_make(malloc(vault_space(KEYS, SECRETS)), KEYS, SECRETS)};
    uint8_t randomness[VAULT_RANDOM_LEN], private_value[GROUP_PRIVATE_MAX];
    struct answer answer;

    memset(randomness, 0x5a, sizeof randomness);
    CHECK(vault_set_key(b.vault, OURS, bytes_of_text(EARLIER_KEY)) &&
          vault_set_key(b.vault, OURS, bytes_of_text(ours)));
    CHECK(vault_set_key(b.vault, OTHER, bytes_of_text(OTHER_KEY)));
    b.question = (struct question){
        .kind = QUESTION_SHARE_AND_SKEYID, .group = GROUP, .key_index = OURS, .prf = PRF, .cipher = CIPHER_USED};
    memset(b.question.cookies, 0xc0, sizeof b.question.cookies);
    b.question.nonce_i_len = b.question.nonce_r_len = 20;
    memset(b.question.nonce_i, 0x11, 20);
    memset(b.question.nonce_r, 0x22, 20);
    group_private(GROUP, randomness, private_value);
    group_public(GROUP, private_value, b.question.peer_public);
    b.question.peer_public_len = (uint16_t)group_info(GROUP)->public_len;
    randomness[5] ^= 1;
    vault_answer(b.vault, &b.question, BYTES_OF(randomness), &answer);
    CHECK(answer.fault == QUESTION_FAULT_NONE && handle_is_set(answer.secret));
    CHECK(group_shared(GROUP, private_value, bytes_of(answer.public_value, answer.public_len), b.shared) == GROUP_OK);
    b.question.kind = QUESTION_AUTOPSY;
    b.question.secret = answer.secret;
    return b;
}

static struct peer peer_of(const struct bench *b, struct bytes key)
{
    struct peer p;
    const struct question *q = &b->question;
    struct bytes cookies = BYTES_OF(q->cookies);

    struct bytes skeyid = skeyid_psk(PRF, key, bytes_of(q->nonce_i, 20), bytes_of(q->nonce_r, 20), p.skeyid);
    struct bytes d = skeyid_d(PRF, skeyid, g_xy(b), cookies, p.d);
    struct bytes a = skeyid_a(PRF, skeyid, d, g_xy(b), cookies, p.a);
    isakmp_key(PRF, skeyid_e(PRF, skeyid, a, g_xy(b), cookies, p.e), CIPHER_USED, p.cipher);
    p.len = skeyid.len;
    return p;
}

static void put_payload(struct writer *w, uint8_t next, struct bytes body)
{
    write_u8(w, next);
    write_u8(w, 0);
    write_u16(w, (uint16_t)(body.len + 4));
    write_bytes(w, body);
}

static void seal(struct bench *b, const struct peer *p, struct bytes iv, const struct writer *w)
{
    struct evidence *e = &b->question.evidence;

    memset(e->ivs, 0x33, sizeof e->ivs);
    e->sealed_len = (uint16_t)((w->len + 15) / 16 * 16);
    cbc_encrypt(CIPHER_USED, bytes_of(p->cipher, cipher_info(CIPHER_USED)->key_len), iv, e->bytes + e->covered_len,
                e->sealed_len);
}

/* Message 5: ID and HASH_I. */
static void seal_message_5(struct bench *b, struct bytes key)
{
    static const uint8_t id[] = {1, 17, 1, 0xf4, 203, 0, 113, 1}, iv[16] = {[0 ... 15] = 0x33};
    struct evidence *e = &b->question.evidence;
    struct peer p = peer_of(b, key);
    uint8_t hash[DIGEST_MAX];

    memset(e->bytes, 0, sizeof e->bytes);
    memset(e->bytes, 0x77, COVERED_LEN);
    e->covered_len = COVERED_LEN;
    e->first_payload = 5;
    e->message_id = 0;
    struct writer w = writer_of(e->bytes + COVERED_LEN, 200);
    put_payload(&w, 8, BYTES_OF(id));
    put_payload(&w, 0,
                hmac_of(PRF, bytes_of(p.skeyid, p.len),
                        (const struct bytes[]){bytes_of(e->bytes, COVERED_LEN), BYTES_OF(id)}, 2, hash));
    seal(b, &p, BYTES_OF(iv), &w);
}

/* An encrypted notify, HASH(1) before it. */
static void seal_notify(struct bench *b, struct bytes key)
{
    static const uint8_t body[] = {0, 0, 0, 1, 1, 0, 0, 16}, id[] = {1, 2, 3, 4}, last[16] = {[0 ... 15] = 0x33};
    struct evidence *e = &b->question.evidence;
    struct peer p = peer_of(b, key);
    uint8_t hash[DIGEST_MAX], notify_space[16], iv[CIPHER_BLOCK_MAX];
    struct writer notify = writer_of(notify_space, sizeof notify_space);

    put_payload(&notify, 0, BYTES_OF(body));
    memset(e->bytes, 0, sizeof e->bytes);
    e->covered_len = 0;
    e->first_payload = 8;
    e->message_id = MESSAGE_ID;
    struct writer w = writer_of(e->bytes, 200);
    put_payload(
        &w, 11,
        hmac_of(PRF, bytes_of(p.a, p.len), (const struct bytes[]){BYTES_OF(id), writer_bytes(&notify)}, 2, hash));
    write_bytes(&w, writer_bytes(&notify));
    seal(b, &p, phase2_iv(PRF, BYTES_OF(last), MESSAGE_ID, CIPHER_USED, iv), &w);
}

static struct answer ask(const struct bench *b)
{
    uint8_t randomness[VAULT_RANDOM_LEN] = {1};
    struct answer answer;

    vault_answer(b->vault, &b->question, BYTES_OF(randomness), &answer);
    return answer;
}

#define KEY(text)                                                                                                      \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }

static const struct {
    enum hypothesis found;
    const char *ours;
    struct bytes peers;
    const char *why;
} cases[] = {
    {HYPOTHESIS_NONE, "Secret-1", KEY("something else"), "nothing like it"},
    {HYPOTHESIS_BLANK_AT_END, "Secret-1", KEY("Secret-1 "), "pasted with a blank behind it"},
    {HYPOTHESIS_BLANK_AT_START, "Secret-1", KEY(" Secret-1"), "or before it"},
    {HYPOTHESIS_BLANKS_AROUND, "Secret-1", KEY(" Secret-1 "), "or both"},
    {HYPOTHESIS_TAB_AT_END, "Secret-1", KEY("Secret-1\t"), "out of a table"},
    {HYPOTHESIS_CR_AT_END, "Secret-1", KEY("Secret-1\r"), "a file with DOS line ends, read line by line"},
    {HYPOTHESIS_LF_AT_END, "Secret-1", KEY("Secret-1\n"), "echo without -n"},
    {HYPOTHESIS_CRLF_AT_END, "Secret-1", KEY("Secret-1\r\n"), "a whole line of such a file"},
    {HYPOTHESIS_NUL_AT_END, "Secret-1", KEY("Secret-1\0"), "a string of C with its end"},
    {HYPOTHESIS_HARD_BLANK_AT_END, "Secret-1", KEY("Secret-1\xc2\xa0"), "out of a mail"},
    {HYPOTHESIS_ZERO_WIDTH_AT_END, "Secret-1", KEY("Secret-1\xe2\x80\x8b"), "out of a wiki"},
    {HYPOTHESIS_BYTE_ORDER_MARK, "Secret-1", KEY("\xef\xbb\xbfSecret-1"), "out of Notepad"},
    {HYPOTHESIS_TYPE_0_KEPT, "Secret-1", KEY("0 Secret-1"), "crypto isakmp key 0 ..."},
    {HYPOTHESIS_QUOTES_KEPT, "Secret-1", KEY("\"Secret-1\""), "quotes where none belong"},
    {HYPOTHESIS_APOSTROPHES_KEPT, "Secret-1", KEY("'Secret-1'"), "or single ones"},
    {HYPOTHESIS_QUOTE_AT_END, "Secret-1", KEY("Secret-1\""), "only the last was copied"},
    {HYPOTHESIS_SEMICOLON_AT_END, "Secret-1", KEY("Secret-1;"), "out of a configuration with ends of statements"},
    {HYPOTHESIS_FULL_STOP_AT_END, "Secret-1", KEY("Secret-1."), "the end of a sentence in a mail"},
    {HYPOTHESIS_OURS_HAS_BLANKS, " Secret-1 ", KEY("Secret-1"), "the blanks are ours"},
    {HYPOTHESIS_OURS_HAS_HARD_BLANK, "Secret-1\xc2\xa0", KEY("Secret-1"), "the mail was ours"},
    {HYPOTHESIS_OURS_HAS_QUOTES, "\"Secret-1\"", KEY("Secret-1"), "the quotes are ours"},
    {HYPOTHESIS_NO_BLANKS_WITHIN, "Se cret 1", KEY("Secret1"), "a pass phrase written together"},
    {HYPOTHESIS_CUT_AT_BLANK, "Secret 1", KEY("Secret"), "a parser that ends a word at a blank"},
    {HYPOTHESIS_CUT_AT_COMMENT, "Secret#1", KEY("Secret"), "a parser that sees a comment"},
    {HYPOTHESIS_CUT_AT_QUOTE, "Sec\"ret", KEY("Sec"), "a parser that sees the end of a string"},
    {HYPOTHESIS_NO_QUESTION_MARK, "Secret?1", KEY("Secret1"), "typed at a Cisco, which showed its help"},
    {HYPOTHESIS_NO_BACKSLASH, "Sec\\ret", KEY("Secret"), "a shell took it"},
    {HYPOTHESIS_DASH_FOR_HYPHEN, "Secret-1",
     KEY("Secret\xe2\x80\x93"
         "1"),
     "a text program's correction"},
    {HYPOTHESIS_CURLY_APOSTROPHE, "Se'cret",
     KEY("Se\xe2\x80\x99"
         "cret"),
     "another one"},
    {HYPOTHESIS_UPPER_CASE, "Secret-1", KEY("SECRET-1"), "read out over the telephone"},
    {HYPOTHESIS_LOWER_CASE, "Secret-1", KEY("secret-1"), "the same"},
    {HYPOTHESIS_CASE_SWAPPED, "Secret-1", KEY("sECRET-1"), "Caps Lock"},
    {HYPOTHESIS_FIRST_CAPITAL, "secret-1B", KEY("Secret-1B"), "a telephone's keyboard"},
    {HYPOTHESIS_FIRST_SMALL, "Secret-1B", KEY("secret-1B"), "ours came from a telephone"},
    {HYPOTHESIS_LAST_MISSING, "Secret-1", KEY("Secret-"), "the mouse let go too early"},
    {HYPOTHESIS_FIRST_MISSING, "Secret-1", KEY("ecret-1"), "or began too late"},
    {HYPOTHESIS_TWICE, "Secret-1", KEY("Secret-1Secret-1"), "pasted again as it was not shown"},
    {HYPOTHESIS_HEX_AS_BYTES, "0x4142434a", KEY("ABCJ"), "strongSwan's 0x"},
    {HYPOTHESIS_BYTES_AS_HEX, "ABCJ", KEY("4142434a"), "the other way round"},
    {HYPOTHESIS_LATIN_1, "Schl\xc3\xbcssel", KEY("Schl\xfcssel"), "an old terminal there"},
    {HYPOTHESIS_UTF_8, "Schl\xfcssel", KEY("Schl\xc3\xbcssel"), "an old terminal here"},
    {HYPOTHESIS_MASK_OF_5, "Secret-1", KEY("*****"), "show running-config, pasted back"},
    {HYPOTHESIS_MASK_OF_1, "Secret-1", KEY("*"), "an old PIX"},
    {HYPOTHESIS_MASK_OF_8, "Secret-1", KEY("********"), "a web page"},
    {HYPOTHESIS_MASK_REMOVED, "Secret-1", KEY("<removed>"), "show tech-support"},
    {HYPOTHESIS_EMPTY, "Secret-1", KEY(""), "a tool that let it be so"},
    {HYPOTHESIS_OTHER_GROUP, "Secret-1", KEY(OTHER_KEY), "the sites have been mixed up"},
    {HYPOTHESIS_EARLIER, "Secret-1", KEY(EARLIER_KEY), "only we have changed it"},
};

static bool holds(const void *space, size_t len, struct bytes wanted)
{
    return wanted.len >= 4 && memmem(space, len, wanted.data, wanted.len) != NULL;
}

static void the_peers_key_is_found_by_what_has_happened_to_it(void **state)
{
    static void (*const messages[])(struct bench *, struct bytes) = {seal_message_5, seal_notify};
    bool is_tried[HYPOTHESIS_COUNT] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t m = 0; m < COUNT_OF(messages); m++) {
            struct bench b = bench_of(cases[i].ours);

            messages[m](&b, cases[i].peers);
            struct answer answer = ask(&b);
            if (answer.fault != QUESTION_FAULT_NONE || answer.hypothesis != cases[i].found)
                fail_msg("%s: %s in message %zu", cases[i].why, hypothesis_name(answer.hypothesis), m);
            if (answer.hypothesis == HYPOTHESIS_OTHER_GROUP)
                CHECK(answer.key_index == OTHER);
            CHECK(!holds(&answer, sizeof answer, cases[i].peers));
            CHECK(!holds(&answer, sizeof answer, bytes_of_text(cases[i].ours)));
            CHECK(!holds(&answer, sizeof answer, g_xy(&b)));
            is_tried[cases[i].found] = true;
            vault_wipe(b.vault);
            free(b.vault);
        }
    for (size_t h = 0; h < COUNT_OF(is_tried); h++)
        if (!is_tried[h])
            fail_msg("no case for %s", hypothesis_name(h));
}

/* Chance cannot open a message: the hash in it is the peer's. */
static void a_message_that_was_changed_is_no_finding(void **state)
{
    struct bench b = bench_of("Secret-1");

    (void)state;
    for (size_t at = 0; at < COVERED_LEN + 40; at += 7) {
        seal_message_5(&b, bytes_of_text("Secret-1 "));
        b.question.evidence.bytes[at] ^= 1;
        CHECK(ask(&b).hypothesis == HYPOTHESIS_NONE);
    }
    free(b.vault);
}

static void what_was_forgotten_cannot_be_examined(void **state)
{
    struct bench b = bench_of("Secret-1");
    size_t len = vault_space(KEYS, SECRETS);
    struct question forget = {.kind = QUESTION_FORGET, .secret = b.question.secret};
    uint8_t randomness[VAULT_RANDOM_LEN] = {1};
    struct answer answer;

    (void)state;
    seal_message_5(&b, bytes_of_text("Secret-1 "));
    CHECK(holds(b.vault, len, g_xy(&b)));
    vault_answer(b.vault, &forget, BYTES_OF(randomness), &answer);
    CHECK(!holds(b.vault, len, g_xy(&b)) && vault_secret_count(b.vault) == 0);
    answer = ask(&b);
    CHECK(answer.fault == QUESTION_FAULT_NO_SECRET && answer.hypothesis == HYPOTHESIS_NONE);
    free(b.vault);
}

static void keys_that_wait_for_an_autopsy_leave_half_of_the_room(void **state)
{
    struct bench b = bench_of("Secret-1");
    uint8_t randomness[VAULT_RANDOM_LEN] = {1};
    struct answer answer;

    (void)state;
    b.question.kind = QUESTION_SHARE_AND_SKEYID;
    for (size_t i = 0; i < 2 * SECRETS; i++) {
        vault_answer(b.vault, &b.question, BYTES_OF(randomness), &answer);
        CHECK(answer.fault == QUESTION_FAULT_NONE && answer.skeyid_len > 0);
    }
    CHECK(!handle_is_set(answer.secret) && vault_secret_count(b.vault) == SECRETS / 2);
    free(b.vault);
}

static void hypotheses_are_sentences(void **state)
{
    (void)state;
    assert_string_equal(hypothesis_name(HYPOTHESIS_NONE), "NONE");
    for (unsigned h = 0; h < HYPOTHESIS_COUNT; h++)
        CHECK(strlen(hypothesis_name(h)) > 0 && strlen(hypothesis_meaning(h)) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_peers_key_is_found_by_what_has_happened_to_it),
        cmocka_unit_test(a_message_that_was_changed_is_no_finding),
        cmocka_unit_test(what_was_forgotten_cannot_be_examined),
        cmocka_unit_test(keys_that_wait_for_an_autopsy_leave_half_of_the_room),
        cmocka_unit_test(hypotheses_are_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
