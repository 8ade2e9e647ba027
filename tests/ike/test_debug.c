/* Phase 2 in the words of a router's debug: what an engineer reads first, line by line and in the device's order. */
#include "event/phrases.h"
#include "ike/two_sites.h"

static struct {
    char text[1 << 17];
    struct text lines;
    uint32_t site;
    enum dialect dialect;
} console;

static void listen_to(void *context, uint32_t site, uint64_t at_ms, const struct event *event)
{
    (void)context, (void)at_ms;
    for (unsigned i = 0; site == console.site; i++) {
        char space[PHRASE_LINE_SIZE];
        struct text line = text_of(space, sizeof space);
        struct phrase_head head;

        if (!phrase_write(console.dialect, event, i, &head, &line))
            break;
        text_add(&console.lines, "%s\n", space);
    }
}

/* West begins. */
static void negotiate(uint32_t site, enum dialect dialect, const struct sim_site *w, const struct sim_site *e)
{
    struct sim *sim = world(7, w, e);

    console.lines = text_of(console.text, sizeof console.text);
    console.site = site;
    console.dialect = dialect;
    sim_listen(sim, listen_to, NULL);
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 2000);
    CHECK(!console.lines.is_cut);
}

static void expect_in_order(const char *const *lines)
{
    const char *at = console.text;

    for (; *lines != NULL; lines++) {
        const char *found = strstr(at, *lines);

        if (found == NULL)
            fail_msg("not there, or not in its place:\n%s\nin\n%s", *lines, console.text);
        at = found + strlen(*lines);
    }
}

static struct sim_site with_volume(const struct sim_site *site)
{
    struct sim_site other = *site;

    other.esp_lifetime_kb = 4608000;
    return other;
}

#define TRANSFORM                                                                                                      \
    "ISAKMP: transform 1, ESP_AES\n"                                                                                   \
    "ISAKMP:   attributes in transform:\n"                                                                             \
    "ISAKMP:      encaps is 1 (Tunnel)\n"                                                                              \
    "ISAKMP:      SA life type in seconds\n"                                                                           \
    "ISAKMP:      SA life duration (VPI) of  0x0 0x0 0x70 0x80 \n"                                                     \
    "ISAKMP:      SA life type in kilobytes\n"                                                                         \
    "ISAKMP:      SA life duration (VPI) of  0x0 0x46 0x50 0x0 \n"                                                     \
    "ISAKMP:      authenticator is HMAC-SHA\n"                                                                         \
    "ISAKMP:      key length is 128\n"
#define PROXIES                                                                                                        \
    "    local_proxy= 10.2.0.0/255.255.255.0/0/0 (type=4),\n"                                                          \
    "    remote_proxy= 10.1.0.0/255.255.255.0/0/0 (type=4),\n"
#define OUR_PROXIES                                                                                                    \
    "    local_proxy= 10.1.0.0/255.255.255.0/0/0 (type=4),\n"                                                          \
    "    remote_proxy= 10.2.0.0/255.255.255.0/0/0 (type=4),\n"

static void an_old_router_that_answers_shows_each_attribute_and_each_SA(void **state)
{
    static const char *const lines[] = {
        "ISAKMP (0:1): ID payload\n        next-payload : 8\n        type         : 1 \n"
        "        address      : 192.0.2.1 \n",
        "ISAKMP (0:1): SA authentication status:\n        authenticated\n"
        "ISAKMP (0:1): SA has been authenticated with 192.0.2.1\n",
        "ISAKMP (0:1): processing SA payload. message ID = ",
        "ISAKMP (0:1): Checking IPSec proposal 1\n" TRANSFORM "ISAKMP (0:1): atts are acceptable.\n",
        "IPSEC(validate_proposal_request): proposal part #1,\n"
        "  (key eng. msg.) INBOUND local= 198.51.100.2, remote= 192.0.2.1,\n" PROXIES
        "    protocol= ESP, transform= esp-aes esp-sha-hmac (Tunnel),\n",
        "ISAKMP (0:1): Creating IPSec SAs\n",
        "        inbound SA from 192.0.2.1 to 198.51.100.2 (f/i)  0/ 0\n        (proxy 10.1.0.0 to 10.2.0.0)\n"
        "        has spi 0x",
        " and conn_id 2 and flags 2\n        lifetime of 28800 seconds\n        lifetime of 4608000 kilobytes\n",
        "        outbound SA from 198.51.100.2 to 192.0.2.1 (f/i)  0/ 0\n        (proxy 10.2.0.0 to 10.1.0.0)\n",
        "IPSEC(initialize_sas): ,\n  (key eng. msg.) INBOUND local= 198.51.100.2, remote= 192.0.2.1,\n" PROXIES,
        "    lifedur= 28800s and 4608000kb,\n",
        "conn_id= 2, keysize= 128, flags= 0x13\n",
        "IPSEC(initialize_sas): ,\n  (key eng. msg.) OUTBOUND local= 198.51.100.2, remote= 192.0.2.1,\n",
        "IPSEC(create_sa): sa created,\n  (sa) sa_dest= 198.51.100.2, sa_prot= 50,\n",
        "    sa_trans= esp-aes esp-sha-hmac , sa_conn_id= 2\n",
        "IPSEC(create_sa): sa created,\n  (sa) sa_dest= 192.0.2.1, sa_prot= 50,\n",
        NULL};
    struct sim_site w = with_volume(&west), e = with_volume(&east);

    (void)state;
    negotiate(EAST, DIALECT_IOS_OLD, &w, &e);
    expect_in_order(lines);
}

static void a_router_that_begins_shows_the_request_and_what_the_peer_has_chosen(void **state)
{
    static const char *const lines[] = {
        "IPSEC(sa_request): ,\n  (key eng. msg.) OUTBOUND local= 192.0.2.1:500, remote= 198.51.100.2:500,\n" OUR_PROXIES
        "    protocol= ESP, transform= esp-aes esp-sha-hmac  (Tunnel),\n"
        "    lifedur= 28800s and 4608000kb,\n    spi= 0x0(0), conn_id= 0, keysize= 128, flags= 0x0\n",
        "ISAKMP: Looking for a matching key for 198.51.100.2 in default : success\n"
        "ISAKMP:(0): local preshared key found\n",
        "ISAKMP:(1001):beginning Quick Mode exchange, M-ID of ",
        "ISAKMP:(1001):QM Initiator gets spi\n",
        "ISAKMP:(1001): Checking IPSec proposal 1\n" TRANSFORM "ISAKMP:(1001): atts are acceptable.\n",
        "IPSEC(validate_proposal_request): proposal part #1,\n"
        "  (key eng. msg.) INBOUND local= 192.0.2.1:0, remote= 198.51.100.2:0,\n" OUR_PROXIES,
        "ISAKMP:(1001): Creating IPSec SAs\n",
        "IPSEC(create_sa): sa created,\n  (sa) sa_dest= 192.0.2.1, sa_proto= 50,\n",
        "    sa_lifetime(k/sec)= (4608000/28800)\n",
        NULL};
    struct sim_site w = with_volume(&west), e = with_volume(&east);

    (void)state;
    negotiate(WEST, DIALECT_IOS_MIDDLE, &w, &e);
    expect_in_order(lines);
}

static void a_new_router_says_what_waited_and_what_it_has_installed(void **state)
{
    static const char *const lines[] = {
        "ISAKMP: (1001):SA has outstanding requests  (local 192.0.2.1 port 500, remote 198.51.100.2 port 500)\n"
        "ISAKMP: (1001):sitting IDLE. Starting QM immediately (QM_IDLE      )\n",
        "ISAKMP: (1001):QM Initiator gets spi\n",
        "ISAKMP: (1001):Received IPSec Install callback... proceeding with the negotiation\n"
        "ISAKMP: (1001):Successfully installed IPSEC SA (SPI:0x",
        ") on outside\n",
        "ISAKMP: (1001):Successfully installed IPSEC SA (SPI:0x",
        NULL};

    (void)state;
    negotiate(WEST, DIALECT_IOS_NEW, &west, &east);
    expect_in_order(lines);
}

static void a_set_that_nobody_has_and_a_group_that_is_missing_are_told_by_their_numbers(void **state)
{
    static const char *const set[] = {
        "ISAKMP: (1001):atts are acceptable.\n",
        "IPSEC(ipsec_process_proposal): transform proposal not supported for identity: \n"
        "    {esp-aes 256 esp-md5-hmac }\n"
        "ISAKMP-ERROR: (1001):IPSec policy invalidated proposal with error 256\n"
        "ISAKMP-ERROR: (1001):phase 2 SA policy not acceptable! (local 198.51.100.2 remote 192.0.2.1)\n",
        NULL};
    static const char *const group[] = {
        "ISAKMP:(1001): IPSec policy invalidated proposal with error 64\n"
        "ISAKMP:(1001): phase 2 SA policy not acceptable! (local 198.51.100.2 remote 192.0.2.1)\n",
        NULL};
    struct sim_site other = west, strict = east;

    (void)state;
    other.esp_cipher = CIPHER_AES256_CBC;
    other.esp_integrity = HASH_MD5;
    negotiate(EAST, DIALECT_IOS_NEW, &other, &east);
    expect_in_order(set);
    strict.peers[0].pfs = GROUP_ECP256;
    negotiate(EAST, DIALECT_IOS_MIDDLE, &west, &strict);
    expect_in_order(group);
}

static void networks_that_nobody_has_are_told_behind_the_transform(void **state)
{
    static const char *const lines[] = {
        "ISAKMP (0:1): Checking IPSec proposal 1\n", "ISAKMP (0:1): atts are acceptable.\n",
        "map_db_find_best did not find matching map\n"
        "IPSEC(ipsec_process_proposal): proxy identities not supported\n"
        "ISAKMP (0:1): IPSec policy invalidated proposal with error 32\n"
        "ISAKMP (0:1): phase 2 SA policy not acceptable! (local 198.51.100.2 remote 192.0.2.1)\n",
        NULL};
    struct sim_site other = west;

    (void)state;
    other.peers[0].local_net = 0x0a090000;
    negotiate(EAST, DIALECT_IOS_OLD, &other, &east);
    expect_in_order(lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_router_that_answers_shows_each_attribute_and_each_SA),
        cmocka_unit_test(a_router_that_begins_shows_the_request_and_what_the_peer_has_chosen),
        cmocka_unit_test(a_new_router_says_what_waited_and_what_it_has_installed),
        cmocka_unit_test(a_set_that_nobody_has_and_a_group_that_is_missing_are_told_by_their_numbers),
        cmocka_unit_test(networks_that_nobody_has_are_told_behind_the_transform),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
