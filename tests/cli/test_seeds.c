/* The seeds played again: ikewise is their device in a simulated world, and shows what they show. */
#include "cli/seeds.h"

#include "cli/ping.h"
#include "event/phrases.h"
#include "ike/engine.h"

/* ---- seed 5: a router whose answers do not arrive ---- */

static const char rt2[] = "version 12.2\n"
                          "hostname RT2\n"
                          "crypto isakmp weak-algorithms\n"
                          "crypto isakmp retransmit ios\n"
                          "crypto isakmp policy 1\n"
                          " encr 3des\n"
                          " authentication pre-share\n"
                          " group 2\n"
                          "crypto isakmp key of-both-routers address 10.10.10.2\n"
                          "crypto ipsec transform-set 3DES-SHA esp-3des esp-sha-hmac\n"
                          "crypto map VPN 10 ipsec-isakmp\n"
                          " set peer 10.10.10.2\n"
                          " set transform-set 3DES-SHA\n"
                          " match address VPN\n"
                          "interface FastEthernet1/0\n"
                          " ip address 11.11.11.2 255.255.255.0\n"
                          " crypto map VPN\n"
                          "interface FastEthernet0/0\n"
                          " ip address 172.16.2.1 255.255.255.0\n"
                          "ip access-list extended VPN\n"
                          " permit ip 172.16.2.0 0.0.0.255 172.16.1.0 0.0.0.255\n";

#define RT1(key)                                                                                                       \
    "version 12.2\n"                                                                                                   \
    "hostname RT1\n"                                                                                                   \
    "crypto isakmp weak-algorithms\n"                                                                                  \
    "crypto isakmp retransmit ios\n"                                                                                   \
    "crypto isakmp policy 1\n"                                                                                         \
    " encr 3des\n"                                                                                                     \
    " authentication pre-share\n"                                                                                      \
    " group 2\n"                                                                                                       \
    "crypto isakmp key " key " address 11.11.11.2\n"                                                                   \
    "crypto ipsec transform-set 3DES-SHA esp-3des esp-sha-hmac\n"                                                      \
    "crypto map VPN 10 ipsec-isakmp\n"                                                                                 \
    " set peer 11.11.11.2\n"                                                                                           \
    " set transform-set 3DES-SHA\n"                                                                                    \
    " match address VPN\n"                                                                                             \
    "interface FastEthernet1/0\n"                                                                                      \
    " ip address 10.10.10.2 255.255.255.0\n"                                                                           \
    " crypto map VPN\n"                                                                                                \
    "ip access-list extended VPN\n"                                                                                    \
    " permit ip 172.16.1.0 0.0.0.255 172.16.2.0 0.0.0.255\n"

static const char rt1[] = RT1("of-both-routers"), rt1_with_another_key[] = RT1("of-this-one-alone");

enum { TRANSCRIPT_MAX = 32 * 1024, BEGUN_S = 61 };

/* What the console has shown so far; the debug lines that belong there are written as time goes on. */
static struct {
    char shown[TRANSCRIPT_MAX];
    struct text text;
    unsigned told; /* events that are shown */
} console;

static void show(const char *text)
{
    text_add(&console.text, "%s", text);
}

/* Vendor IDs are left out: we do not claim to be the device. An address of the device's memory is as in the seed. */
static void show_line(char *line, uint64_t second)
{
    static const struct {
        const char *ours, *theirs;
    } handles[] = {{"(0:1): purging SA.,", " sa=623CF540, delme=623CF540"},
                   {"(0:2): purging SA.,", " sa=61FEBB84, delme=61FEBB84"}};

    if (strstr(line, "vendor") || strstr(line, "NAT-T"))
        return;
    for (size_t i = 0; i < COUNT_OF(handles); i++) {
        char *found = strstr(line, handles[i].ours);

        if (found)
            strcpy(found + strlen(handles[i].ours), handles[i].theirs);
    }
    for (size_t len = strlen(line); len > 0 && line[len - 1] == ' ';)
        line[--len] = '\0';
    phrase_add_uptime(&console.text, BEGUN_S + second);
    text_add(&console.text, "%s\n", line);
}

static void show_debug(void)
{
    for (; console.told < seed.past_count; console.told++) {
        char line[2 * PHRASE_LINE_SIZE];
        struct phrase_head head;

        for (unsigned i = 0;; i++) {
            struct text t = text_of(line, sizeof line);

            if (!phrase_write(DIALECT_IOS_OLD, &seed.past[console.told], i, &head, &t))
                break;
            show_line(line, seed.past_ms[console.told] / 1000);
        }
    }
}

/* The router of the seed has a peer without DPD. */
static void forget_dpd(void)
{
    const struct ike *ike = sim_ike(seed.sim, DEVICE);

    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        ((struct isakmp_sa *)pool_find(&ike->sas, h))->peer_does_dpd = false;
}

/* The host behind RT1 pings all the while, an echo every two seconds; RT1 brings up the tunnel for it. */
static struct pinging pinging;
static unsigned echo_count;

static void play_to(uint64_t second)
{
    enum { ECHO_MS = 2001 };
    const struct flow echo = {.local = ip_of_v4(0xac100102), .remote = ip_of_v4(0xac100202), .protocol = 1};

    while (echo_count < pinging.count && echo_count * ECHO_MS <= second * 1000) {
        uint64_t delivered = sim_packets(seed.sim).delivered;

        seed_run_to(echo_count * ECHO_MS);
        sim_packet_of(seed.sim, PEER, &echo, 100);
        forget_dpd();
        if (sim_packets(seed.sim).delivered > delivered)
            ping_answered(&pinging, echo_count, 1);
        echo_count++;
    }
    seed_run_to(second * 1000 + 500);
    forget_dpd();
}

static void show_command(const char *line, const char *end)
{
    char *screen = seed_screen(line);

    text_add(&console.text, "RT2#%s\n%s%s", line, screen, end);
    free(screen);
}

static void read_seed(const char *name, char text[static TRANSCRIPT_MAX])
{
    char path[400];

    snprintf(path, sizeof path, "%s/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    CHECK(file);
    size_t len = fread(text, 1, TRANSCRIPT_MAX - 1, file);
    text[len] = '\0';
    fclose(file);
}

static void expect_same_lines(const char *ours, const char *theirs)
{
    for (unsigned line = 1; *ours || *theirs; line++) {
        size_t our_len = strcspn(ours, "\n"), their_len = strcspn(theirs, "\n");

        if (our_len != their_len || strncmp(ours, theirs, our_len) != 0)
            fail_msg("line %u\nours   %.*s\ntheirs %.*s", line, (int)our_len, ours, (int)their_len, theirs);
        ours += our_len + (ours[our_len] == '\n');
        theirs += their_len + (theirs[their_len] == '\n');
    }
}

/* From "RT2#sh crypto isakmp sa" before the first packet to the one after the last, each as the seed has it. */
static void an_IOS_router_without_a_way_back_shows_all_of_seed_5(void **state)
{
    static const unsigned looks_s[] = {0, 11, 21, 31, 41, 51, 61, 71, 81, 91, 101, 111, 121, 181};
    static char theirs[TRANSCRIPT_MAX];
    char *ping = NULL;
    size_t ping_len;

    (void)state;
    seed.dialect = "ios12";
    seed_world();
    seed_configure(DEVICE, "11.11.11.2", rt2);
    seed_configure(PEER, "10.10.10.2", rt1);
    sim_network(seed.sim)->is_cut[DEVICE] = true;
    console.text = text_of(console.shown, sizeof console.shown);
    console.told = echo_count = 0;
    FILE *out = open_memstream(&ping, &ping_len);
    struct ip target = ip_of_v4(0xac100202);
    pinging = ping_begin(out, target, &(struct ping_options){.count = 50});
    show_command("sh crypto isakmp sa", "RT2#\n");
    for (size_t i = 0; i < COUNT_OF(looks_s); i++) {
        play_to(looks_s[i]);
        show_debug();
        show("RT2#\n");
        show_command("sh crypto isakmp sa", "RT2#\n");
    }
    ping_end(&pinging);
    CHECK(fclose(out) == 0);
    read_seed("source/seeds/5-console.txt", theirs);
    char *from = strstr(theirs, "RT2#sh crypto isakmp sa"), *to = strstr(theirs, "\n\nRoot Cause:");
    CHECK(from && to);
    to[1] = '\0';
    expect_same_lines(console.shown, from);
    assert_string_equal(ping, "Type escape sequence to abort.\n"
                              "Sending 50, 100-byte ICMP Echos to 172.16.2.2, timeout is 2 seconds:\n"
                              "..................................................\n"
                              "Success rate is 0 percent (0/50)\n");
    free(ping);
}

/* ---- the log of such a router ---- */

/* The router of seed 5, whose peer now has another key for it, with `logging buffered LEVEL`. */
static char *screen_of_log(const char *level)
{
    char text[sizeof rt2 + 64];

    snprintf(text, sizeof text, "%slogging buffered %s\n", rt2, level);
    seed.dialect = "ios12";
    seed_world();
    seed_configure(DEVICE, "11.11.11.2", text);
    seed_configure(PEER, "10.10.10.2", rt1_with_another_key);
    echo_count = 0;
    sim_packet_of(seed.sim, DEVICE,
                  &(struct flow){.local = ip_of_v4(0xac100202), .remote = ip_of_v4(0xac100102), .protocol = 1}, 100);
    seed_run_to(100000);
    return seed_screen("show logging");
}

static void expect_lines(char *screen, const char *const *lines, const char *const *others)
{
    for (; *lines != NULL; lines++)
        if (strstr(screen, *lines) == NULL)
            fail_msg("missing: %s", *lines);
    for (; *others != NULL; others++)
        if (strstr(screen, *others) != NULL)
            fail_msg("there: %s", strstr(screen, *others));
    free(screen);
}

/* What IOS has words for, in these; of the rest what is no debugging, under a tag that is neither its nor an ASA's. */
static void the_log_of_a_router_is_in_its_words(void **state)
{
    static const char failed[] =
        "\nJun 10 12:01:01.006: %IKEWISE-4-713903: Group = 10.10.10.2, IP = 10.10.10.2, Negotiation "
        "failed in MM_WAIT_MSG6: NO_ANSWER (psk_mismatch): the peer did not answer\n";
    static const char *const all[] = {"\nJun 10 12:00:00.000: IPSEC(sa_request): ,\n  (key eng. msg.) OUTBOUND local= ",
                                      "\nJun 10 12:00:00.000: ISAKMP (0:1): beginning Main Mode exchange\n", failed,
                                      NULL};
    static const char *const not_all[] = {"%ASA-", "%IKEWISE-7", NULL};
    static const char *const some[] = {failed, NULL};
    static const char *const not_some[] = {"%ASA-", "ISAKMP", "IPSEC(", NULL};

    (void)state;
    expect_lines(screen_of_log("debugging"), all, not_all);
    expect_lines(screen_of_log("informational"), some, not_some);
}

/* ---- seed 3: an ASA whose peer has no tunnel-group for it ---- */

static const char pitcher[] = "ASA Version 8.0(4)\n"
                              "hostname Pitcher\n"
                              "crypto ikev1 retransmit asa\n"
                              "interface Ethernet0/0\n"
                              " nameif Inside_Network\n"
                              " ip address 198.51.100.2 255.255.255.0\n"
                              "access-list VPN extended permit ip host 192.168.245.120 host 10.3.10.122\n"
                              "crypto ipsec ikev1 transform-set AES esp-aes-256 esp-sha-hmac\n"
                              "crypto map MAP-VPN 10 match address VPN\n"
                              "crypto map MAP-VPN 10 set peer 198.22.22.233\n"
                              "crypto map MAP-VPN 10 set ikev1 transform-set AES\n"
                              "crypto map MAP-VPN interface Inside_Network\n"
                              "crypto ikev1 enable Inside_Network\n"
                              "crypto ikev1 policy 10\n"
                              " authentication pre-share\n"
                              " encryption aes-256\n"
                              " hash sha\n"
                              " group 14\n"
                              " lifetime 86400\n"
                              "tunnel-group 198.22.22.233 type ipsec-l2l\n"
                              "tunnel-group 198.22.22.233 ipsec-attributes\n"
                              " ikev1 pre-shared-key of-both-ends\n";

/* The concentrator has a crypto map entry for this address, and its tunnel-group for another. */
static const struct sim_site catcher = {
    .address = 0xc61616e9,
    SEED_ALGORITHMS,
    .is_nat_t_off = true,
    .fragment_len = 576,
    .peers = {{.address = 0xc6336402, .key = "", .local_net = 0x0a030a00, .remote_net = 0xc0a8f500}},
};

static const struct {
    const char *words, *why;
} left_out[] = {
    {"VID", "vendor IDs: we say what we are"},
    {"Vendor ID", "the same"},
    {"dpd vid", "the same"},
    {"IKE Peer included IKE fragmentation capability", "the same"},
    {"IKE Receiver: Packet received on", "of a later release than the seed's"},
};

static void replace(char *line, const char *from, const char *to)
{
    size_t from_len = strlen(from), to_len = strlen(to);

    CHECK(to_len <= from_len);
    for (char *found = line; (found = strstr(found, from)) != NULL; found += to_len) {
        memcpy(found, to, to_len);
        memmove(found + to_len, found + from_len, strlen(found + from_len) + 1);
    }
}

/* "8 text": the second since the first line, and the line without what vendor IDs and their lengths give. */
static void add_log_line(struct text *t, unsigned second, const char *line)
{
    char whole[2 * PHRASE_LINE_SIZE], *length;

    for (size_t i = 0; i < COUNT_OF(left_out); i++)
        if (strstr(line, left_out[i].words))
            return;
    snprintf(whole, sizeof whole, "%u %s\n", second, line);
    replace(whole, "VENDOR (13) + ", "");
    replace(whole, "\xc2\xa0", " ");
    if ((length = strstr(whole, " total length :")) != NULL)
        strcpy(length, "\n");
    size_t len = strlen(whole);
    /* The ASA shows a notify in clear twice, and drops it once. */
    if (strstr(whole, "HDR + NOTIFY") && t->len >= len && strcmp(t->data + t->len - len, whole) == 0)
        return;
    text_add(t, "%s", whole);
}

static void add_our_log(struct text *t)
{
    for (unsigned k = 0; k < seed.past_count; k++) {
        char line[PHRASE_LINE_SIZE], tagged[2 * PHRASE_LINE_SIZE];
        struct phrase_head head;

        for (unsigned i = 0;; i++) {
            struct text words = text_of(line, sizeof line), whole = text_of(tagged, sizeof tagged);

            if (!phrase_write(DIALECT_ASA_SYSLOG, &seed.past[k], i, &head, &words))
                break;
            phrase_add_tag(&whole, head);
            text_add(&whole, "%s", line);
            add_log_line(t, (unsigned)(seed.past_ms[k] / 1000), tagged);
        }
    }
}

/* "Jun 10 2010 17:36:05: %ASA-7-715077: ..." The peer of the seed has been given an address of a multicast group. */
static void add_their_log(struct text *t, char *log)
{
    unsigned hour, minute, second, begun = 0;
    char *next;

    replace(log, "233.22.22.233", "198.22.22.233");
    for (char *line = log; *line; line = next) {
        int at = 0;

        next = line + strcspn(line, "\n");
        next += *next == '\n' ? (*next = '\0', 1) : 0;
        if (sscanf(line, "Jun 10 2010 %u:%u:%u: %n", &hour, &minute, &second, &at) != 3 || at == 0)
            continue; /* a line of its log again, as the console has it */
        second += minute * 60 + hour * 3600;
        begun = begun ? begun : second;
        add_log_line(t, second - begun, line + at);
    }
}

/* The concentrator has forgotten the negotiation. */
static void send_invalid_cookie(void)
{
    const struct ike *ike = sim_ike(seed.sim, DEVICE);
    const struct isakmp_sa *sa = pool_find(&ike->sas, pool_first(&ike->sas));
    uint8_t message[40] = {0};
    static const uint8_t rest[] = {11, 0x10, 5, 0,  0, 0, 0, 0, 0, 0, 0, 40,
                                   0,  0,    0, 12, 0, 0, 0, 1, 1, 0, 0, NOTIFY_INVALID_COOKIE};

    memcpy(message, sa->cookies, 16);
    memcpy(message + 16, rest, sizeof rest);
    sim_inject(seed.sim, DEVICE, sa->remote, sa->local, BYTES_OF(message));
}

static void an_ASA_whose_peer_has_no_key_for_it_logs_seed_3_and_waits_for_message_4(void **state)
{
    static char theirs[TRANSCRIPT_MAX], ours_space[TRANSCRIPT_MAX], theirs_space[TRANSCRIPT_MAX];
    struct text ours = text_of(ours_space, sizeof ours_space), kept = text_of(theirs_space, sizeof theirs_space);

    (void)state;
    seed.dialect = "asa";
    seed_world();
    seed_configure(DEVICE, "198.51.100.2", pitcher);
    sim_site(seed.sim, PEER, &catcher);
    sim_acquire(seed.sim, DEVICE, 0);
    seed_run_to(5000);
    sim_acquire(seed.sim, DEVICE, 0);
    seed_run_to(8100);
    send_invalid_cookie();
    seed_run_to(8200);
    read_seed("event/seed3.txt", theirs);
    add_their_log(&kept, theirs);
    add_our_log(&ours);
    expect_same_lines(ours_space, theirs_space);
    char *past = seed_screen("show crypto ikev1 debug-log peer 198.22.22.233");
    assert_non_null(
        strstr(past, "Jun 10 2010 12:00:08: %ASA-7-713236: IP = 198.22.22.233, IKE_DECODE RESENDING Message"));
    free(past);
    past = seed_screen("show crypto ikev1 debug-log peer 198.22.22.2");
    assert_string_equal(past, "");
    free(past);
    seed_expect("show crypto isakmp sa", "\n"
                                         "IKEv1 SAs:\n"
                                         "\n"
                                         "   Active SA: 1\n"
                                         "    Rekey SA: 0 (A tunnel will report 1 Active and 1 Rekey SA during rekey)\n"
                                         "Total IKE SA: 1\n"
                                         "\n"
                                         "1   IKE Peer: 198.22.22.233\n"
                                         "    Type    : L2L             Role    : initiator \n"
                                         "    Rekey   : no              State   : MM_WAIT_MSG4 \n"
                                         "\n"
                                         "There are no IKEv2 SAs\n");
}

int main(void)
{
#define WITH_SOCKET(test) cmocka_unit_test_setup_teardown(test, seed_start, seed_end)
    const struct CMUnitTest tests[] = {
        WITH_SOCKET(an_IOS_router_without_a_way_back_shows_all_of_seed_5),
        WITH_SOCKET(the_log_of_a_router_is_in_its_words),
        WITH_SOCKET(an_ASA_whose_peer_has_no_key_for_it_logs_seed_3_and_waits_for_message_4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
