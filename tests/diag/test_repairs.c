/* What to type: the lines of a repair hold the values that both ends' files tell. */
#include "diag/diag.h"
#include "diag/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 8, FIELDS_MAX = 6, VIEWS = 64, SPACE = 8 * 1024 * 1024 };

struct field {
    enum event_field_id id;
    const char *value; /* a number in digits */
};

struct told {
    enum event_kind kind;
    bool is_of_device; /* without the peer's address */
    struct field fields[FIELDS_MAX];
};

#define F(id, value)                                                                                                   \
    {                                                                                                                  \
        FIELD_##id, value                                                                                              \
    }
/* clang-format off */
#define MESSAGE_1 {EV_MESSAGE_RECEIVED, false, {F(EXCHANGE, "MM"), F(MESSAGE_NUMBER, "1"), F(ROLE, "responder")}}
#define MESSAGE_1_SENT {EV_MESSAGE_SENT, false, {F(EXCHANGE, "MM"), F(MESSAGE_NUMBER, "1"), F(ROLE, "initiator")}}
#define MESSAGE_5_SENT {EV_MESSAGE_SENT, false, {F(EXCHANGE, "MM"), F(MESSAGE_NUMBER, "5"), F(ROLE, "initiator")}}
#define PHASE_1 {EV_PHASE1_COMPLETED, false, {F(ROLE, "responder")}}
#define REFUSED {EV_PROPOSAL_REFUSED, false, {F(PHASE, "1")}}
#define REFUSED_2 {EV_TRANSFORM_REFUSED, false, {F(PHASE, "2")}}
#define OFFERED(phase, peers, own) {EV_PROPOSAL_CHECKED, false, {F(PHASE, phase), F(OFFERED, peers), F(WANTED, own)}}
#define POLICY(number, encryption, bits, hash, group) {EV_CONFIGURED, true, {F(STATEMENT, "policy"), F(PRIORITY, number), F(ENCRYPTION, encryption), F(KEY_LENGTH, bits), F(HASH, hash), F(DH_GROUP, group)}}
#define SET(encryption, bits, hash) {EV_CONFIGURED, true, {F(STATEMENT, "transform"), F(ENCRYPTION, encryption), F(KEY_LENGTH, bits), F(HASH, hash)}}
#define ENTRY {EV_CONFIGURED, false, {F(STATEMENT, "crypto-map-entry"), F(MAP, "OUTSIDE"), F(SEQUENCE, "20"), F(GROUP, "TO-PARIS")}}
#define ENTRY_WITH_PFS {EV_CONFIGURED, false, {F(STATEMENT, "crypto-map-entry"), F(MAP, "OUTSIDE"), F(SEQUENCE, "20"), F(DH_GROUP, "2")}}

static const struct {
    const char *why;
    enum product product;
    struct told told[EVENTS_MAX];
    const char *first;      /* the cause */
    const char *here, *there; /* lines between newlines; the product there is not known: ASA words, but for IOS */
} rows[] = {
    {"the responder lists what it was offered and what it has: each end gets what the other has", PRODUCT_STRONGSWAN,
     {MESSAGE_1, OFFERED("1", "AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1536", "AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1536"), {EV_PROPOSAL_DIFFERS, false, {F(ATTRIBUTE, "encryption")}}, REFUSED},
     "p1_keylen_mismatch", "proposals = aes256-sha1-modp1536", "crypto ikev1 policy 10\n encryption aes\n hash sha\n group 5"},
    {"of several offers the one that lies nearest is taken", PRODUCT_STRONGSWAN,
     {MESSAGE_1, OFFERED("1", "3DES_CBC/HMAC_MD5_96/MODP_1024, IKE:AES_CBC_128/HMAC_SHA1_96/MODP_1536", "AES_CBC_128/HMAC_SHA1_96/MODP_2048"), {EV_PROPOSAL_DIFFERS, false, {F(ATTRIBUTE, "group")}}, REFUSED},
     "p1_dh_mismatch", "proposals = aes128-sha1-modp1536", "crypto ikev1 policy 10\n encryption aes\n hash sha\n group 14"},
    {"one end numbers packets with 64 bits: no algorithm is at fault", PRODUCT_STRONGSWAN,
     {MESSAGE_1, PHASE_1, OFFERED("2", "ESP:AES_CBC_256/HMAC_SHA1_96/EXT_SEQ", "ESP:AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ"), REFUSED_2},
     "p2_esn_mismatch", "esp_proposals = <the proposal as it is>-noesn (or with -esn at both ends)", NULL},
    {"a policy is added under a number that is free, and the policies of other tunnels stay", PRODUCT_IOS,
     {MESSAGE_1, {EV_PROPOSAL_CHECKED, false, {F(TRANSFORM, "1"), F(PRIORITY, "10")}}, {EV_PROPOSAL_CHECKED, false, {F(ENCRYPTION, "AES-CBC")}}, {EV_PROPOSAL_CHECKED, false, {F(KEY_LENGTH, "256")}}, {EV_PROPOSAL_CHECKED, false, {F(HASH, "SHA"), F(DH_GROUP, "5"), F(AUTHENTICATION, "pre-share")}}, {EV_PROPOSAL_DIFFERS, false, {F(ATTRIBUTE, "group")}}, REFUSED},
     "p1_dh_mismatch", "crypto isakmp policy 20\n authentication pre-share\n encr aes 256\n hash sha\n group 5", NULL},
    {"a log that names one attribute gives that one", PRODUCT_ASA,
     {MESSAGE_1, {EV_PROPOSAL_DIFFERS, false, {F(PHASE, "1"), F(ATTRIBUTE, "group"), F(OFFERED, "Group 5"), F(WANTED, "Group 2")}}, REFUSED},
     "p1_dh_mismatch", "crypto ikev1 policy 10\n group 5", "crypto ikev1 policy 10\n group 2"},
    {"what an ASA does not have in IKEv1 is said", PRODUCT_ASA,
     {MESSAGE_1, OFFERED("1", "AES_CBC_256/HMAC_SHA2_256_128/MODP_2048", "AES_CBC_256/HMAC_SHA1_96/MODP_2048"), {EV_PROPOSAL_DIFFERS, false, {F(ATTRIBUTE, "hash")}}, REFUSED},
     "p1_hash_mismatch", "! an ASA has no sha256 in IKEv1: change the other end", "crypto ikev1 policy 10\n encryption aes-256\n hash sha\n group 14"},
    {"a key length that is not told is not guessed", PRODUCT_ASA,
     {MESSAGE_1, {EV_PROPOSAL_DIFFERS, false, {F(PHASE, "1"), F(ATTRIBUTE, "encryption"), F(OFFERED, "AES-CBC"), F(WANTED, "3DES-CBC")}}, REFUSED},
     "p1_encr_mismatch", "crypto ikev1 policy 10\n encryption <as at the other end>", "crypto ikev1 policy 10\n encryption 3des"},
    {"ESP algorithms: a transform set and its place in the crypto map", PRODUCT_IKEWISE,
     {ENTRY, PHASE_1, OFFERED("2", "AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ", "3DES_CBC/HMAC_SHA1_96/NO_EXT_SEQ"), {EV_PROPOSAL_DIFFERS, false, {F(PHASE, "2"), F(ATTRIBUTE, "encryption")}}, REFUSED_2},
     "p2_encr_mismatch", "crypto ipsec ikev1 transform-set SET-AES256-SHA1 esp-aes-256 esp-sha-hmac\ncrypto map OUTSIDE 20 set ikev1 transform-set SET-AES256-SHA1", NULL},
    {"forward secrecy that only the peer wants changes one line", PRODUCT_IKEWISE,
     {ENTRY, PHASE_1, OFFERED("2", "AES_CBC_256/HMAC_SHA1_96/MODP_2048", "AES_CBC_256/HMAC_SHA1_96"), {EV_PROPOSAL_DIFFERS, false, {F(PHASE, "2"), F(ATTRIBUTE, "group")}}, REFUSED_2},
     "p2_pfs_mismatch", "crypto map OUTSIDE 20 set pfs group14", NULL},
    {"forward secrecy that only this end wants is taken away", PRODUCT_IKEWISE,
     {ENTRY_WITH_PFS, SET("AES-CBC", "256", "SHA"), PHASE_1, OFFERED("2", "AES_CBC_256/HMAC_SHA1_96", ""), {EV_PROPOSAL_DIFFERS, false, {F(PHASE, "2"), F(ATTRIBUTE, "group")}}, REFUSED_2},
     "p2_pfs_mismatch", "no crypto map OUTSIDE 20 set pfs", NULL},
    {"a configuration beside the log: nothing that is there is typed again", PRODUCT_ASA,
     {POLICY("10", "AES-CBC", "256", "SHA", "2"), POLICY("20", "3DES-CBC", "0", "MD5", "2"), ENTRY, MESSAGE_1, OFFERED("1", "AES_CBC_256/HMAC_SHA1_96/MODP_2048", ""), {EV_PROPOSAL_DIFFERS, false, {F(ATTRIBUTE, "group")}}, REFUSED},
     "p1_dh_mismatch", "crypto ikev1 policy 30\n encryption aes-256\n hash sha\n group 14", "crypto ikev1 policy 10\n encryption aes-256\n hash sha\n group 2"},
    {"networks: the line that the peer's wish lacks", PRODUCT_ASA,
     {ENTRY, PHASE_1, {EV_MAP_MISSING, false, {F(LOCAL_PROXY, "10.1.0.0/255.255.0.0/0/0"), F(REMOTE_PROXY, "10.9.0.0/255.255.0.0/0/0")}}},
     "p2_selector_mismatch", "access-list TO-PARIS extended permit ip 10.1.0.0 255.255.0.0 10.9.0.0 255.255.0.0", NULL},
    {"libreswan has words of its own", PRODUCT_LIBRESWAN,
     {MESSAGE_1, OFFERED("1", "AES_CBC_256/HMAC_SHA2_256_128/MODP_2048", "AES_CBC_128/HMAC_SHA2_256_128/MODP_2048"), {EV_PROPOSAL_DIFFERS, false, {F(ATTRIBUTE, "encryption")}}, REFUSED},
     "p1_keylen_mismatch", "ike=aes256-sha2_256-modp2048\nipsec auto --replace <connection>", NULL},
    {"and says forward secrecy beside its algorithms", PRODUCT_LIBRESWAN,
     {PHASE_1, OFFERED("2", "AES_CBC_256/HMAC_SHA1_96/MODP_2048", "AES_CBC_256/HMAC_SHA1_96"), {EV_PROPOSAL_DIFFERS, false, {F(PHASE, "2"), F(ATTRIBUTE, "group")}}, REFUSED_2},
     "p2_pfs_mismatch", "pfs=yes\nesp=aes256-sha1-modp2048\nipsec auto --replace <connection>", NULL},
    {"its networks have prefixes", PRODUCT_LIBRESWAN,
     {PHASE_1, {EV_MAP_MISSING, false, {F(LOCAL_PROXY, "10.1.0.0/255.255.0.0/0/0"), F(REMOTE_PROXY, "10.9.0.0/255.255.0.0/0/0")}}},
     "p2_selector_mismatch", "leftsubnet=10.1.0.0/16\nrightsubnet=10.9.0.0/16\nipsec auto --replace <connection>", NULL},
    {"a name is an identity only behind an @", PRODUCT_LIBRESWAN,
     {MESSAGE_1, {EV_ID_DIFFERS, false, {F(OFFERED, "gw.example.net"), F(WANTED, "192.0.2.2")}}},
     "id_mismatch", "rightid=@gw.example.net\nipsec auto --replace <connection>", NULL},
    {"an identity that the initiator does not take: it may take it, or the other end may say what is expected", PRODUCT_STRONGSWAN,
     {MESSAGE_1_SENT, {EV_ID_DIFFERS, false, {F(OFFERED, "203.0.113.2"), F(WANTED, "gw.example.net")}}},
     "id_mismatch", "remote-1 { id = 203.0.113.2 }", "hostname gw\ndomain-name example.net\ncrypto isakmp identity hostname"},
    {"one that the responder does not take", PRODUCT_STRONGSWAN,
     {MESSAGE_1, {EV_ID_DIFFERS, false, {F(OFFERED, "gw.example.net"), F(WANTED, "192.0.2.2")}}},
     "id_mismatch", "remote-1 { id = gw.example.net }", "crypto isakmp identity address"},
    {"one of which the sender only hears that it is refused", PRODUCT_IOS,
     {MESSAGE_1_SENT, MESSAGE_5_SENT, {EV_NOTIFY_RECEIVED, false, {F(NOTIFY, "INVALID_ID_INFORMATION"), F(PROTECTED, "1")}}},
     "id_mismatch", "crypto isakmp identity address", "crypto isakmp profile <name>\n match identity address <the identity that is sent>"},
    {"a user who is refused: his gateway gives him another password, his own end is told the one of the gateway", PRODUCT_IKEWISE,
     {PHASE_1, {EV_USER_REFUSED, false, {F(USERNAME, "alice"), F(CAUSE, "Invalid password")}}},
     "xauth_failure", "username alice password <a new one>", "vpnclient username alice password <the one that the gateway has>"},
    {"and from his own end's log", PRODUCT_IKEWISE,
     {{EV_PHASE1_COMPLETED, false, {F(ROLE, "initiator")}}, {EV_USER_REFUSED, false, {F(ROLE, "initiator"), F(USERNAME, "alice")}}},
     "xauth_failure", "vpnclient username alice password <the one that the gateway has>", "username alice password <a new one>"},
};
/* clang-format on */

static void add(struct event *e, const struct field *f)
{
    if (!f->value || !*f->value)
        return;
    if (event_field_type(f->id) == FIELD_TYPE_NUMBER)
        event_add_number(e, f->id, strtoull(f->value, NULL, 10));
    else
        event_add_text(e, f->id, f->value);
}

static void tell(struct diag *d, const struct told *told, enum product product)
{
    diag_add_file(d, 0, VANTAGE_DEVICE);
    for (size_t i = 0; i < EVENTS_MAX && told[i].kind != EV_NONE; i++) {
        struct observation seen = {.event = event_of(told[i].kind),
                                   .line = (uint32_t)i + 1,
                                   .record = (uint32_t)i + 1,
                                   .vantage = VANTAGE_DEVICE,
                                   .product = (uint8_t)product};

        if (!told[i].is_of_device)
            event_add_ip(&seen.event, FIELD_PEER, ip_of_v4(0xc0000202));
        for (size_t k = 0; k < FIELDS_MAX; k++)
            add(&seen.event, &told[i].fields[k]);
        diag_add(d, &seen, "a line");
    }
}

static void check(const char *why, const char *end, const char *const *lines, size_t count, const char *wanted)
{
    char all[1000];
    struct text t = text_of(all, sizeof all);

    for (size_t i = 0; i < count; i++)
        text_add(&t, "%s%s", i ? "\n" : "", lines[i]);
    if (wanted && strcmp(all, wanted) != 0)
        fail_msg("%s: %s:\n%s\nwanted\n%s", why, end, all, wanted);
}

static void a_repair_holds_the_values_that_the_files_tell(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t size = diag_space(VIEWS) + SPACE;
        void *memory = calloc(1, size);
        struct arena arena = arena_of(memory, size);
        struct diag *d = diag_new(&arena, VIEWS);
        struct report *report;

        assert_non_null(d);
        tell(d, rows[i].told, rows[i].product);
        report = diag_report(d, &arena);
        assert_non_null(report);
        if (report->negotiation_count != 1)
            fail_msg("%s: %zu negotiations", rows[i].why, report->negotiation_count);
        const struct report_cause *c = &report->negotiations[0].causes[0];

        if (strcmp(c->id, rows[i].first) != 0)
            fail_msg("%s: %s", rows[i].why, c->id);
        check(rows[i].why, "here", c->this_end, c->this_end_count, rows[i].here);
        check(rows[i].why, "there", c->that_end, c->that_end_count, rows[i].there);
        free(memory);
    }
}

/* Both are found at the far end, and neither understands the other's words. */
static void what_has_words_of_strongswan_has_words_of_libreswan(void **state)
{
    static const struct {
        const char *cause;
        enum words words;
    } said[] = {
#define REPAIR(cause, ends, words, line) {#cause, WORDS_##words},
#define IDENTITY(cause, ends, words, identities, line) {#cause, WORDS_##words},
#define WHERE(...)
#include "diag/repairs.def"
#undef WHERE
#undef IDENTITY
#undef REPAIR
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        bool is_said = said[i].words != WORDS_STRONGSWAN;

        for (size_t k = 0; k < COUNT_OF(said); k++)
            is_said |= said[k].words == WORDS_LIBRESWAN && strcmp(said[k].cause, said[i].cause) == 0;
        if (!is_said)
            fail_msg("%s has no words of libreswan", said[i].cause);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repair_holds_the_values_that_the_files_tell),
        cmocka_unit_test(what_has_words_of_strongswan_has_words_of_libreswan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
