/* Trustpoints: what is pasted, what files hold, and what is said of those that cannot be used. */
#include "conf/reading.h"

#include "crypto/certificates.h"
#include "policy/choose.h"
#include "wire/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char head[] = "ASA Version 9.12(4)\n"
                           "hostname west\n"
                           "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n"
                           "access-list VPN extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0\n"
                           "crypto ipsec ikev1 transform-set TS esp-aes-256 esp-sha256-hmac\n"
                           "crypto map M 10 match address VPN\n"
                           "crypto map M 10 set peer 203.0.113.2\n"
                           "crypto map M 10 set ikev1 transform-set TS\n"
                           "crypto map M interface outside\n"
                           "crypto ikev1 enable outside\n"
                           "crypto ikev1 policy 10\n authentication rsa-sig\n encryption aes-256\n hash sha256\n"
                           " group 14\n";
static const char group[] = "tunnel-group 203.0.113.2 type ipsec-l2l\n"
                            "tunnel-group 203.0.113.2 ipsec-attributes\n"
                            " ikev1 trust-point LAB\n chain\n peer-id-validate cert\n"
                            " peer-identity O = ikewise tests, CN = east\n";

static char text[65536];

static void put(const char *more)
{
    CHECK(strlen(text) + strlen(more) < sizeof text);
    strcat(text, more);
}

/* As an ASA shows it. */
static void put_hexadecimal(struct bytes der)
{
    char byte[16];

    for (size_t i = 0; i < der.len; i++) {
        snprintf(byte, sizeof byte, "%s%02x", i % 32 == 0 ? "\n    " : i % 4 == 0 ? " " : "", der.data[i]);
        put(byte);
    }
    put("\n  quit\n");
}

static struct conf_file files[8];
static uint32_t file_count;
static uint8_t contents[8][16384];

static void read_wanted(struct reading *r)
{
    struct conf_file wanted;

    for (file_count = 0; conf_file_wanted(&r->conf, file_count, &wanted); file_count++) {
        char path[512];

        CHECK(file_count < COUNT_OF(files));
        files[file_count] = wanted;
        snprintf(path, sizeof path, "%s/certificates/%.*s", TESTS_DIR, (int)wanted.path.len,
                 (const char *)wanted.path.data);
        FILE *file = fopen(path, "rb");
        if (file == NULL) {
            files[file_count].why = "it is not there";
            continue;
        }
        size_t len = fread(contents[file_count], 1, sizeof contents[0], file);
        fclose(file);
        files[file_count].content = bytes_of(contents[file_count], len);
    }
    CHECK(conf_read_files(&r->conf, files, file_count, &r->arena));
}

static void read_text(struct reading *r, const char *trustpoint)
{
    text[0] = '\0';
    put(head);
    put(trustpoint);
    put(group);
    reading_of(r, text);
    CHECK(r->is_ok);
    read_wanted(r);
}

static bool says(const struct conf *conf, const char *words)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (strstr(conf->findings[i].sentence, words) != NULL)
            return true;
    return false;
}

static void C01_aggressive_mode_by_certificates_exposes_no_key(void **state)
{
    static const char trustpoint[] =
        "crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file key west-rsa.key\n file ca root.pem\n"
        "crypto map M 10 set ikev1 phase1-mode aggressive\nno crypto ikev1 am-disable\n";
    struct reading r;

    (void)state;
    read_text(&r, trustpoint);
    CHECK(r.conf.running_count == 1 && r.conf.policy.tunnels[0].is_aggressive && r.conf.policy.is_aggressive_answered);
    CHECK(says(&r.conf, "whoever asks is shown our certificate"));
    CHECK(!says(&r.conf, "its key can be tried out") && !says(&r.conf, "with a pre-shared key"));
    reading_end(&r);
}

#define OF_FILES "crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file key west-rsa.key\n file ca root.pem\n"

/* Attack list C09: what the configuration does not name is never asked. */
static void C09_CRLs_come_from_the_URLs_of_the_configuration(void **state)
{
    static const struct {
        const char *lines, *first, *second, *said;
        uint16_t minutes;
    } cases[] = {
        {" revocation-check crl\n crl configure\n  policy static\n  url 1 http://crl.example.net/root.crl\n",
         "http://crl.example.net/root.crl", NULL, NULL, 60},
        {" revocation-check crl none\n url 3 https://b.example.net/x\n url 2 http://a.example.net/x\n cache-time 5\n",
         "http://a.example.net/x", "https://b.example.net/x", NULL, 5},
        {" revocation-check crl\n url 1 http://a.example.net/x\n url 1 http://b.example.net/x\n",
         "http://b.example.net/x", NULL, NULL, 60},
        {" revocation-check crl\n url 1 http://a.example.net/x\n no url 1\n", NULL, NULL, "is refused: it has no CRL",
         60},
        {" revocation-check crl\n", NULL, NULL, "every peer of trustpoint LAB is refused: it has no CRL", 60},
        {" revocation-check crl none\n", NULL, NULL, NULL, 60},
        {" revocation-check crl none\n url 1 ldap://a.example.net/x\n", NULL, NULL, "does not begin with http://", 60},
        {" revocation-check crl none\n url 1 http://\n", NULL, NULL, "does not begin with http://", 60},
        {" revocation-check crl none\n url 1 file:///etc/shadow\n", NULL, NULL, "does not begin with http://", 60},
        {" revocation-check crl none\n policy cdp\n", NULL, NULL, "no URL that a certificate names is ever asked", 60},
        {" revocation-check crl none\n policy both\n url 1 http://a.example.net/x\n", "http://a.example.net/x", NULL,
         "no URL that a certificate names is ever asked", 60},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char trustpoint[1000];
        struct reading r;

        snprintf(trustpoint, sizeof trustpoint, "%s%s", OF_FILES, cases[i].lines);
        read_text(&r, trustpoint);
        const struct trustpoint *t = &r.conf.policy.trustpoints[0];
        const char *const urls[] = {cases[i].first, cases[i].second};
        bool is_said =
            cases[i].said != NULL ? says(&r.conf, cases[i].said) : !says(&r.conf, "CRL") && !says(&r.conf, "URL");
        if (!is_said)
            print_findings(&r.conf);
        CHECK(is_said && t->crl_minutes == cases[i].minutes);
        for (size_t k = 0; k < COUNT_OF(urls); k++)
            CHECK((t->crl_urls[k] == NULL) == (urls[k] == NULL) &&
                  (urls[k] == NULL || strcmp(t->crl_urls[k], urls[k]) == 0));
        reading_end(&r);
    }
}

/* Attack list C09, too: of responders as of CRLs. */
static void C09_who_says_what_is_revoked_and_in_which_order(void **state)
{
    static const struct {
        const char *lines;
        enum revocation revocation;
        const char *url;
        bool is_nonce_left_out;
        const char *said; /* NULL: nothing about it */
    } cases[] = {
        {"", REVOCATION_NONE, NULL, false, NULL},
        {" revocation-check none\n", REVOCATION_NONE, NULL, false, NULL},
        {" revocation-check ocsp\n ocsp url http://o.example.net:8081/x\n", REVOCATION_OCSP,
         "http://o.example.net:8081/x", false, NULL},
        {" revocation-check ocsp none\n ocsp url https://o.example.net/\n ocsp disable-nonce\n", REVOCATION_OCSP_IF_ANY,
         "https://o.example.net/", true, NULL},
        {" ocsp url http://a.example.net/\n ocsp url http://b.example.net/\n revocation-check ocsp\n", REVOCATION_OCSP,
         "http://b.example.net/", false, NULL},
        {" revocation-check crl ocsp\n ocsp url http://o.example.net/\n", REVOCATION_CRL_OCSP, "http://o.example.net/",
         false, NULL},
        {" revocation-check ocsp crl none\n ocsp url http://o.example.net/\n", REVOCATION_OCSP_CRL_IF_ANY,
         "http://o.example.net/", false, NULL},
        {" revocation-check ocsp none\n ocsp url http://o.example.net/\n no ocsp url\n", REVOCATION_OCSP_IF_ANY, NULL,
         false, "no responder of trustpoint LAB is asked"},
        {" revocation-check ocsp\n", REVOCATION_OCSP, NULL, false,
         "every peer of trustpoint LAB is refused: it has no responder (`ocsp url`)"},
        {" revocation-check ocsp crl\n", REVOCATION_OCSP_CRL, NULL, false,
         "it has no CRL (`url`, `file crl`) and no responder (`ocsp url`)"},
        {" revocation-check crl ocsp\n url 1 http://a.example.net/x\n", REVOCATION_CRL_OCSP, NULL, false,
         "there is no `ocsp url`, and what a certificate names is never asked"},
        {" revocation-check ocsp none\n ocsp url file:///etc/shadow\n", REVOCATION_OCSP_IF_ANY, NULL, false,
         "no responder is asked there: the URL does not begin with http://"},
        {" revocation-check none crl\n", REVOCATION_CRL_OCSP, NULL, false, "there is no such order"},
        {" revocation-check crl crl\n", REVOCATION_CRL_OCSP, NULL, false, "there is no such order"},
        {" match certificate M override ocsp 10 url http://o.example.net/\n", REVOCATION_NONE, NULL, false,
         "there are no exceptions for single certificates"},
        {" match certificate M skip revocation-check\n", REVOCATION_NONE, NULL, false,
         "there are no exceptions for single certificates"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char trustpoint[1000];
        struct reading r;

        snprintf(trustpoint, sizeof trustpoint, "%s%s", OF_FILES, cases[i].lines);
        read_text(&r, trustpoint);
        const struct trustpoint *t = &r.conf.policy.trustpoints[0];
        bool is_said = cases[i].said != NULL ? says(&r.conf, cases[i].said) : !says(&r.conf, "trustpoint LAB");
        if (!is_said || t->revocation != cases[i].revocation) {
            print_findings(&r.conf);
            fail_msg("%s: %s", cases[i].lines, revocation_info(t->revocation)->words);
        }
        CHECK((t->ocsp_url == NULL) == (cases[i].url == NULL) && t->is_nonce_left_out == cases[i].is_nonce_left_out);
        CHECK(t->ocsp_url == NULL || strcmp(t->ocsp_url, cases[i].url) == 0);
        reading_end(&r);
    }
}

static const struct tunnel_group *group_named(const struct conf *conf, const char *name)
{
    for (uint16_t i = 0; i < conf->policy.tunnel_group_count; i++)
        if (strcmp(conf->policy.tunnel_groups[i].name, name) == 0)
            return &conf->policy.tunnel_groups[i];
    return NULL;
}

#define MAP "crypto ca certificate map PARTNERS 10\n subject-name attr cn eq east\n issuer-name co Test Root\n"
#define EAST_GROUP "tunnel-group EAST type ipsec-l2l\ntunnel-group EAST ipsec-attributes\n ikev1 trust-point LAB\n"
#define ENABLE_RULES "tunnel-group-map enable rules\n"

static void a_certificate_map_leads_to_a_group(void **state)
{
    static const struct {
        const char *lines;
        uint16_t rules, conditions; /* of the first */
        const char *group;          /* of the first rule, or for all others */
        const char *said;
    } cases[] = {
        {MAP EAST_GROUP ENABLE_RULES "tunnel-group-map PARTNERS 10 EAST\n", 1, 2, "EAST", NULL},
        {MAP "crypto ca certificate map PARTNERS 5\n subject-name ne CN = west\n" EAST_GROUP ENABLE_RULES
             "tunnel-group-map PARTNERS 10 EAST\ntunnel-group-map PARTNERS 5 203.0.113.2\n",
         2, 1, "203.0.113.2", NULL},
        {MAP EAST_GROUP "tunnel-group-map PARTNERS 10 EAST\n", 0, 0, NULL,
         "there is no `tunnel-group-map enable rules`"},
        {MAP EAST_GROUP ENABLE_RULES "no tunnel-group-map enable rules\ntunnel-group-map PARTNERS 10 EAST\n", 0, 0,
         NULL, "there is no `tunnel-group-map enable rules`"},
        {MAP ENABLE_RULES "tunnel-group-map PARTNERS 10 NORTH\n", 0, 0, NULL,
         "no certificate is mapped to tunnel-group NORTH"},
        {MAP EAST_GROUP ENABLE_RULES "tunnel-group-map PARTNERS 20 EAST\n", 0, 0, NULL,
         "certificate map PARTNERS 20 is not used: there is none"},
        {"crypto ca certificate map PARTNERS 10\n" EAST_GROUP ENABLE_RULES "tunnel-group-map PARTNERS 10 EAST\n", 0, 0,
         NULL, "it is empty, and every certificate would fit it"},
        {MAP " subject-name attr zz eq east\n" EAST_GROUP ENABLE_RULES "tunnel-group-map PARTNERS 10 EAST\n", 0, 0,
         NULL, "it has a part of a name that is not known here"},
        {MAP " alt-subject-name co east\n" EAST_GROUP ENABLE_RULES "tunnel-group-map PARTNERS 10 EAST\n", 0, 0, NULL,
         "one of its lines is not understood"},
        {EAST_GROUP "tunnel-group-map default-group EAST\n", 0, 0, "EAST", NULL},
        {EAST_GROUP "tunnel-group-map enable ou\ntunnel-group-map enable ike-id\ntunnel-group-map enable peer-ip\n", 0,
         0, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char trustpoint[2000];
        struct reading r;

        snprintf(trustpoint, sizeof trustpoint, "%s%s", OF_FILES, cases[i].lines);
        read_text(&r, trustpoint);
        const struct policy *p = &r.conf.policy;
        bool is_said = cases[i].said != NULL ? says(&r.conf, cases[i].said) : r.conf.error_count == 0;
        if (!is_said || p->certificate_rule_count != cases[i].rules)
            print_findings(&r.conf);
        CHECK(is_said && p->certificate_rule_count == cases[i].rules && r.conf.running_count == 1);
        uint16_t index =
            p->certificate_rule_count > 0 ? p->certificate_rules[0].tunnel_group : p->certificate_group - 1;
        if (cases[i].group != NULL)
            assert_string_equal(p->tunnel_groups[index].name, cases[i].group);
        if (cases[i].rules > 0)
            CHECK(p->certificate_rules[0].condition_count == cases[i].conditions);
        CHECK(p->is_group_of_ou == (strstr(cases[i].lines, "enable ou") != NULL) &&
              p->is_group_of_identity == (strstr(cases[i].lines, "enable ike-id") != NULL));
        reading_end(&r);
    }
}

static void a_gateway_for_hybrid_needs_a_certificate_and_no_key(void **state)
{
    static const char users[] = "ip local pool P 10.60.200.10-10.60.200.20\nno crypto ikev1 am-disable\n"
                                "tunnel-group STAFF type remote-access\n"
                                "tunnel-group STAFF general-attributes\n address-pool P\n"
                                "tunnel-group STAFF ipsec-attributes\n";
    static const struct {
        const char *trustpoint, *lines, *said;
        bool can_prove;
    } cases[] = {
        {"crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file key west-rsa.key\n file ca root.pem\n",
         " ikev1 trust-point LAB\n ikev1 user-authentication hybrid\n", NULL, true},
        {"crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file key west-rsa.key\n file ca root.pem\n",
         " trust-point LAB\n isakmp ikev1-user-authentication hybrid\n", NULL, true},
        {"crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file key west-rsa.key\n file ca root.pem\n",
         " pre-shared-key xK9-2mQ7_vB4-pL8w\n trust-point LAB\n isakmp ikev1-user-authentication hybrid\n",
         "the key of tunnel-group STAFF is not used", true},
        {"crypto ca trustpoint LAB\n file ca root.pem\n", " ikev1 trust-point LAB\n ikev1 user-authentication hybrid\n",
         "hybrid authentication needs a trust-point with an RSA key", false},
        {"crypto ca trustpoint LAB\n file certificate west-ecdsa-256.pem\n file key west-ecdsa-256.key\n",
         " ikev1 trust-point LAB\n ikev1 user-authentication hybrid\n",
         "hybrid authentication needs a trust-point with an RSA key", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        text[0] = '\0';
        put(head);
        put(cases[i].trustpoint);
        put(users);
        put(cases[i].lines);
        reading_of(&r, text);
        CHECK(r.is_ok);
        read_wanted(&r);
        const struct tunnel_group *g = group_named(&r.conf, "STAFF");
        CHECK(g != NULL && g->user_auth == USER_AUTH_HYBRID && !g->has_key && r.conf.key_count == 0);
        bool is_said = cases[i].said != NULL ? says(&r.conf, cases[i].said) : !says(&r.conf, "hybrid");
        if (!is_said)
            print_findings(&r.conf);
        CHECK(is_said && !says(&r.conf, "takes every certificate"));
        CHECK(policy_can_authenticate(&r.conf.policy, (uint16_t)(g - r.conf.policy.tunnel_groups),
                                      OAKLEY_AUTH_RSA_SIG) == cases[i].can_prove);
        reading_end(&r);
    }
}

static void a_crypto_map_entry_lends_its_trustpoint_to_a_group_that_has_none(void **state)
{
    static const struct {
        const char *lines, *of_group;
        bool has_trustpoint, sends_chain, runs;
        const char *said; /* NULL: nothing */
    } cases[] = {
        {"crypto map M 10 set trustpoint LAB chain\n", " peer-identity O = ikewise tests, CN = east\n", true, true,
         true, NULL},
        {"crypto map M 10 set trustpoint LAB\n", " isakmp keepalive threshold 10 retry 2\n", true, false, true,
         "takes every certificate of trustpoint LAB"},
        {"crypto map M 10 set trustpoint LAB chain\n", " ikev1 trust-point LAB\n", true, true, true, NULL},
        {"crypto map M 10 set trustpoint LAB\nno crypto map M 10 set trustpoint LAB\n",
         " isakmp keepalive threshold 10 retry 2\n", false, false, false, NULL},
        {"crypto map M 20 set trustpoint LAB\n", " isakmp keepalive threshold 10 retry 2\n", false, false, false, NULL},
        {"crypto map M 10 set trustpoint OTHER\n", " ikev1 trust-point LAB\n", true, false, true,
         "there is no trustpoint OTHER"},
        {"crypto ca trustpoint OTHER\ncrypto map M 10 set trustpoint OTHER chain\n", " ikev1 trust-point LAB\n", true,
         false, true, "tunnel-group 203.0.113.2 has another trust-point"},
        {"crypto map M 10 set trustpoint LAB\n", " ikev1 pre-shared-key xK9-2mQ7_vB4-pL8w\n", false, false, true,
         "tunnel-group 203.0.113.2 has a key and no trust-point"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        text[0] = '\0';
        put(head);
        put("crypto ikev1 policy 20\n authentication pre-share\n encryption aes-256\n hash sha256\n group 14\n");
        put(OF_FILES);
        put("tunnel-group 203.0.113.2 type ipsec-l2l\ntunnel-group 203.0.113.2 ipsec-attributes\n");
        put(cases[i].of_group);
        put(cases[i].lines);
        reading_of(&r, text);
        CHECK(r.is_ok);
        read_wanted(&r);
        const struct tunnel_group *g = group_named(&r.conf, "203.0.113.2");
        bool is_said = cases[i].said == NULL
                           ? !says(&r.conf, "trustpoint LAB") && !says(&r.conf, "this line is not used")
                           : says(&r.conf, cases[i].said);
        if (!is_said || g == NULL || (g->trustpoint != 0) != cases[i].has_trustpoint ||
            (r.conf.running_count > 0) != cases[i].runs) {
            print_findings(&r.conf);
            fail_msg("case %zu", i);
        }
        CHECK(g->sends_chain == cases[i].sends_chain);
        reading_end(&r);
    }
}

static void a_client_in_hybrid_needs_to_know_the_authority_and_the_name(void **state)
{
    static const char client[] = "crypto ca trustpoint GATEWAYS\n file ca root.pem\n"
                                 "vpnclient server 203.0.113.2\nvpnclient username alice password Top-Secret-1\n"
                                 "vpnclient enable\n";
    static const struct {
        const char *lines, *said;
        bool runs, is_aggressive;
    } cases[] = {
        {"vpnclient vpngroup STAFF\nvpnclient hybrid GATEWAYS\nvpnclient peer-identity CN = east\n", NULL, true, true},
        {"vpnclient vpngroup STAFF\nvpnclient hybrid GATEWAYS\nvpnclient peer-identity CN = east\n"
         "vpnclient phase1-mode main\n",
         NULL, true, false},
        {"vpnclient vpngroup STAFF password *****\nvpnclient hybrid GATEWAYS\nvpnclient peer-identity CN = east\n",
         NULL, true, true},
        {"vpnclient vpngroup STAFF\nvpnclient hybrid GATEWAYS\n",
         "whoever has a certificate of trustpoint GATEWAYS could stand in for the gateway", true, true},
        {"vpnclient vpngroup STAFF\nvpnclient hybrid OTHERS\n", "there is no trustpoint of the name", false, false},
        {"vpnclient vpngroup STAFF\n", "has no password, and there is no `vpnclient hybrid`", false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        text[0] = '\0';
        put(head);
        put(client);
        put(cases[i].lines);
        reading_of(&r, text);
        CHECK(r.is_ok);
        read_wanted(&r);
        const struct tunnel_group *g = group_named(&r.conf, "STAFF");
        if (cases[i].said != NULL && !says(&r.conf, cases[i].said))
            print_findings(&r.conf);
        CHECK(cases[i].said == NULL ? !says(&r.conf, "vpnclient") : says(&r.conf, cases[i].said));
        CHECK((g != NULL) == cases[i].runs && (r.conf.credential_count == 1) == cases[i].runs);
        if (g != NULL) {
            CHECK(g->is_client && g->user_auth == USER_AUTH_HYBRID && !g->has_key && g->trustpoint == 1);
            CHECK(policy_can_authenticate(&r.conf.policy, (uint16_t)(g - r.conf.policy.tunnel_groups),
                                          OAKLEY_AUTH_RSA_SIG));
            CHECK(r.conf.policy.tunnels[r.conf.policy.tunnel_count - 1].is_aggressive == cases[i].is_aggressive);
        }
        reading_end(&r);
    }
}

static void files_make_a_trustpoint_that_runs(void **state)
{
    static const struct {
        const char *trustpoint;
        enum signature_kind kind;
        uint16_t certificates, anchors, crls;
        enum revocation revocation;
        const char *why;
    } cases[] = {
        {"crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file key west-rsa.key\n file ca root.pem\n",
         SIGNATURE_RSA, 1, 1, 0, REVOCATION_NONE, "three files"},
        {"crypto ca trustpoint LAB\n file pkcs12 west-rsa.p12\n pkcs12-passphrase opensesame\n", SIGNATURE_RSA, 1, 1, 0,
         REVOCATION_NONE, "one PKCS #12"},
        {"crypto ca trustpoint LAB\n revocation-check crl\n file certificate west-ecdsa-256.pem\n"
         " file key west-ecdsa-256.key\n file ca root.pem\n file crl root.crl\n",
         SIGNATURE_ECDSA_256, 1, 1, 1, REVOCATION_CRL, "ECDSA, with a CRL"},
        {"crypto ca trustpoint LAB\n revocation-check crl none\n file certificate issuing.pem\n"
         " file certificate east-issued.pem\n file key east-issued.key\n file ca root.pem\n",
         SIGNATURE_RSA, 2, 1, 0, REVOCATION_CRL_IF_ANY, "a chain in the wrong order: our own comes first"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_text(&r, cases[i].trustpoint);
        const struct trustpoint *t = &r.conf.policy.trustpoints[0];
        const struct tunnel_group *g = &r.conf.policy.tunnel_groups[0];
        if (r.conf.running_count != 1)
            fail_msg("%s: %s", cases[i].why, r.conf.policy.tunnels[0].parked);
        CHECK(r.conf.error_count == 0 && t->kind == cases[i].kind && t->certificate_count == cases[i].certificates);
        CHECK(t->anchor_count == cases[i].anchors && t->crl_count == cases[i].crls);
        CHECK(t->revocation == cases[i].revocation && r.conf.private_key_count == 1);
        CHECK(g->trustpoint == 1 && g->sends_chain && g->identity_check == IDENTITY_IF_ANY);
        CHECK(strcmp(g->peer_identity, "O = ikewise tests, CN = east") == 0);
        conf_wipe(&r.conf);
        CHECK(r.conf.private_key_count == 0);
        reading_end(&r);
    }
}

static void what_cannot_be_used_parks_the_tunnel_and_says_why(void **state)
{
    static const struct {
        const char *trustpoint, *says;
    } cases[] = {
        {"", "there is no trustpoint LAB"},
        {"crypto ca trustpoint LAB\n", "has no certificate with a private key"},
        {"crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file ca root.pem\n",
         "has no certificate with a private key"},
        {"crypto ca trustpoint LAB\n file certificate west-rsa.pem\n file key east-rsa.key\n file ca root.pem\n",
         "no certificate that belongs to its private key"},
        {"crypto ca trustpoint LAB\n file certificate missing.pem\n", "it is not there"},
        {"crypto ca trustpoint LAB\n file certificate make.sh\n", "it holds no certificate, CRL or private key"},
        {"crypto ca trustpoint LAB\n file ca west-rsa.pem\n", "not that of an authority"},
        {"crypto ca trustpoint LAB\n file pkcs12 west-rsa.p12\n pkcs12-passphrase wrong\n", "it does not open"},
        {"crypto ca trustpoint LAB\ncrypto ca certificate chain LAB\n certificate ca 01\n  3003 0201\n  quit\n",
         "these lines of hexadecimal are no certificate"},
        {"crypto ca trustpoint LAB\n revocation-check ocsp\n", "is refused: it has no responder (`ocsp url`)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reading r;

        read_text(&r, cases[i].trustpoint);
        bool is_said = says(&r.conf, cases[i].says) || (r.conf.policy.tunnels[0].parked != NULL &&
                                                        strstr(r.conf.policy.tunnels[0].parked, cases[i].says) != NULL);
        if (!is_said || r.conf.parked_count != 1)
            fail_msg("%s is not said, or the tunnel runs", cases[i].says);
        for (uint32_t k = 0; k < r.conf.finding_count; k++)
            CHECK(strstr(r.conf.findings[k].sentence, "opensesame") == NULL);
        reading_end(&r);
    }
}

static void a_pasted_chain_is_read_and_written_as_an_asa_does(void **state)
{
    static char written[65536], again[65536];
    struct reading r, second;
    struct bytes root = file_der(0, "root.pem"), own = file_der(1, "west-rsa.pem");

    (void)state;
    text[0] = '\0';
    put(head);
    put("crypto ca trustpoint LAB\n enrollment terminal\n keypair LAB\n file key west-rsa.key\n"
        "crypto ca certificate chain LAB\n certificate 1003");
    put_hexadecimal(own);
    put(" certificate ca 1000");
    put_hexadecimal(root);
    put(group);
    reading_of(&r, text);
    CHECK(r.is_ok);
    read_wanted(&r);
    CHECK(r.conf.error_count == 0 && r.conf.running_count == 1);
    const struct trustpoint *t = &r.conf.policy.trustpoints[0];
    CHECK(t->certificate_count == 1 && bytes_equal(t->certificates[0], own));
    CHECK(t->anchor_count == 1 && bytes_equal(t->anchors[0], root));

    struct text w = text_of(written, sizeof written), v = text_of(again, sizeof again);
    conf_write(&r.conf, CONF_KEYS_MASKED, &w);
    CHECK(!w.is_cut && strstr(written, " certificate ca 1000\n    3082") != NULL &&
          strstr(written, "\n  quit\n") != NULL);
    CHECK(strstr(written, " file key west-rsa.key\n") != NULL);
    reading_of(&second, written);
    CHECK(second.is_ok);
    conf_write(&second.conf, CONF_KEYS_MASKED, &v);
    CHECK(strcmp(written, again) == 0);
    CHECK(second.conf.policy.trustpoints[0].anchor_count == 1);
    reading_end(&r);
    reading_end(&second);
}

static void a_passphrase_is_shown_to_nobody_and_makes_the_file_a_secret(void **state)
{
    static char written[65536];
    struct reading r;
    struct text w = text_of(written, sizeof written);

    (void)state;
    read_text(&r, "crypto ca trustpoint LAB\n file pkcs12 west-rsa.p12\n pkcs12-passphrase opensesame\n");
    CHECK(r.conf.has_passphrase);
    conf_write(&r.conf, CONF_KEYS_MASKED, &w);
    CHECK(strstr(written, "opensesame") == NULL && strstr(written, " pkcs12-passphrase *****\n") != NULL);
    conf_wipe(&r.conf);
    w = text_of(written, sizeof written);
    conf_write(&r.conf, CONF_KEYS_SHOWN, &w);
    CHECK(strstr(written, "opensesame") == NULL);
    for (size_t i = 0; i + 10 < r.arena.len; i++)
        CHECK(memcmp(r.arena.data + i, "opensesame", 10) != 0);
    reading_end(&r);
}

static void both_spellings_name_the_trustpoint(void **state)
{
    struct reading r;

    (void)state;
    text[0] = '\0';
    put("crypto ca trustpoint LAB\ntunnel-group 203.0.113.2 type ipsec-l2l\n"
        "tunnel-group 203.0.113.2 ipsec-attributes\n trust-point LAB\n peer-id-validate nocheck\n");
    reading_of(&r, text);
    CHECK(r.is_ok && r.conf.policy.tunnel_groups[0].trustpoint == 1);
    CHECK(r.conf.policy.tunnel_groups[0].identity_check == IDENTITY_UNCHECKED);
    CHECK(says(&r.conf, "takes every certificate of its trustpoint"));
    reading_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C09_CRLs_come_from_the_URLs_of_the_configuration),
        cmocka_unit_test(C09_who_says_what_is_revoked_and_in_which_order),
        cmocka_unit_test(a_certificate_map_leads_to_a_group),
        cmocka_unit_test(a_gateway_for_hybrid_needs_a_certificate_and_no_key),
        cmocka_unit_test(a_crypto_map_entry_lends_its_trustpoint_to_a_group_that_has_none),
        cmocka_unit_test(a_client_in_hybrid_needs_to_know_the_authority_and_the_name),
        cmocka_unit_test(files_make_a_trustpoint_that_runs),
        cmocka_unit_test(C01_aggressive_mode_by_certificates_exposes_no_key),
        cmocka_unit_test(what_cannot_be_used_parks_the_tunnel_and_says_why),
        cmocka_unit_test(a_pasted_chain_is_read_and_written_as_an_asa_does),
        cmocka_unit_test(a_passphrase_is_shown_to_nobody_and_makes_the_file_a_secret),
        cmocka_unit_test(both_spellings_name_the_trustpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
