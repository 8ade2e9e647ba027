/* The devices' lines at their moments: what the engine tells in the situations of the seeds, in the words of the
 * device, beside what the device wrote there. Vendor IDs are left out: we do not claim to be the device. */
#include "event/phrases.h"
#include "ike/two_sites.h"
#include "vault/vault.h"

enum { LINES_MAX = 400, LINE_SIZE = 700, MAIL_MAX = 16 };

static struct {
    struct ike *ike;
    struct vault *vault;
    void *ike_space, *vault_space;
    bool is_mute; /* what it sends goes nowhere */
} ends[2];

static struct {
    int to;
    struct endpoint from, at;
    size_t len;
    uint8_t data[2048];
} mail[MAIL_MAX];

static unsigned mail_count;
static uint64_t now_ms;
static enum dialect dialect;

static char told[LINES_MAX][LINE_SIZE], seen[LINES_MAX][LINE_SIZE];
static unsigned told_count, seen_count;

static const struct {
    const char *words, *why;
} left_out[] = {
    {"VID", "vendor IDs: we say what we are"},
    {"Vendor ID", "the same"},
    {"vid payload", "the same"},
    {"vendor", "the same, of IOS"},
    {"fragmentation capability", "the same"},
    {"IKE Receiver: Packet received on", "of a later release than the seed's"},
    {"IKE MM ", "the history of states, which the seed's log does not hold"},
};

/* "8 text": seconds since the first line. */
static void keep(char lines[][LINE_SIZE], unsigned *count, uint64_t second, const char *text)
{
    char *line = lines[*count], *length, *handle;
    int at = snprintf(line, LINE_SIZE, "%u ", (unsigned)second);

    CHECK(*count < LINES_MAX);
    for (; *text != '\0' && at < LINE_SIZE - 1; text++) {
        while (strncmp(text, "VENDOR (13) + ", 14) == 0)
            text += 14;
        line[at++] = *text == '\n' ? ' ' : *text;
    }
    while (at > 0 && line[at - 1] == ' ')
        at--;
    line[at] = '\0';
    if ((length = strstr(line, "total length :")) != NULL)
        length[14] = '\0';
    for (size_t i = 0; i < COUNT_OF(left_out); i++)
        if (strstr(line, left_out[i].words) != NULL)
            return;
    if ((handle = strstr(line, "purging SA.,")) != NULL)
        handle[12] = '\0';
    /* The ASA shows a notify in clear twice, and drops it once. */
    if (*count > 0 && strstr(line, "HDR + NOTIFY") != NULL && strcmp(line, lines[*count - 1]) == 0)
        return;
    ++*count;
}

static void tell_lines(const struct event *e)
{
    char space[PHRASE_LINE_SIZE], line[2 * PHRASE_LINE_SIZE];
    struct phrase_head head;

    for (unsigned i = 0;; i++) {
        struct text words = text_of(space, sizeof space), t = text_of(line, sizeof line);

        if (!phrase_write(dialect, e, i, &head, &words))
            return;
        phrase_add_tag(&t, head);
        text_add(&t, "%s", space);
        keep(told, &told_count, now_ms / 1000, line);
    }
}

static void feed(int who, const struct ike_input *in)
{
    static const uint8_t randomness[VAULT_RANDOM_LEN] = {3};
    struct ike_outputs *out = malloc(sizeof *out);

    CHECK(out != NULL);
    ike_feed(ends[who].ike, now_ms + 1000, in, out);
    for (size_t i = 0; i < out->count; i++) {
        const struct ike_output *o = &out->items[i];

        if (o->kind == IKE_OUT_EVENT && who == 0)
            tell_lines(o->event);
        if (o->kind == IKE_OUT_DATAGRAM && !ends[who].is_mute) {
            CHECK(mail_count < MAIL_MAX && o->datagram.data.len <= sizeof mail[0].data);
            mail[mail_count].to = !who;
            mail[mail_count].from = o->datagram.local;
            mail[mail_count].at = o->datagram.remote;
            mail[mail_count].len = o->datagram.data.len;
            memcpy(mail[mail_count++].data, o->datagram.data.data, o->datagram.data.len);
        }
        if (o->kind == IKE_OUT_ASK && handle_is_set(o->ask.exchange)) {
            struct answer answer;

            vault_answer(ends[who].vault, o->ask.question, BYTES_OF(randomness), &answer);
            feed(who,
                 &(struct ike_input){.kind = IKE_IN_ANSWER, .answer = {o->ask.exchange, o->ask.ask_number, &answer}});
        }
        if (o->kind == IKE_OUT_INSTALL)
            feed(who, &(struct ike_input){.kind = IKE_IN_PLANE,
                                          .plane = {.kind = IKE_PLANE_INSTALLED, .pair = o->install->pair}});
    }
    free(out);
}

static void receive(int who, struct endpoint from, struct endpoint at, struct bytes data)
{
    feed(who, &(struct ike_input){.kind = IKE_IN_DATAGRAM, .datagram = {at, from, data}});
}

static void deliver(void)
{
    while (mail_count > 0) {
        uint8_t data[sizeof mail[0].data];
        struct endpoint from = mail[0].from, at = mail[0].at;
        size_t len = mail[0].len;
        int to = mail[0].to;

        memcpy(data, mail[0].data, len);
        memmove(mail, mail + 1, --mail_count * sizeof mail[0]);
        receive(to, from, at, bytes_of(data, len));
    }
}

/* Until that second, whatever is due in it included. */
static void run_to_second(uint64_t second)
{
    for (;;) {
        uint64_t next = UINT64_MAX;

        deliver();
        for (int i = 0; i < 2; i++)
            if (ike_deadline_ms(ends[i].ike) < next)
                next = ike_deadline_ms(ends[i].ike);
        if (next == UINT64_MAX || next - 1000 > second * 1000)
            break;
        now_ms = next - 1000 > now_ms ? next - 1000 : now_ms;
        /* The peer first, and what it sends: the way is short. */
        for (int i = 1; i >= 0; i--, deliver())
            if (ike_deadline_ms(ends[i].ike) <= now_ms + 1000)
                feed(i, &(struct ike_input){.kind = IKE_IN_TIMER});
    }
    now_ms = second * 1000;
}

/* `first` tells; both have the policies of those sites. */
static void begin(struct sim *sim, const struct sim_site *first, const struct sim_site *second)
{
    const struct sim_site *sites[] = {first, second};

    now_ms = 0;
    told_count = seen_count = mail_count = 0;
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t seed[48] = {7, (uint8_t)i};

        ends[i].ike_space = malloc(ike_space(&sim_limits));
        ends[i].vault_space = malloc(vault_space(4, 16));
        ends[i].ike = ike_make(ends[i].ike_space, &sim_limits, BYTES_OF(seed));
        ends[i].vault = vault_make(ends[i].vault_space, 4, 16);
        ends[i].is_mute = false;
        CHECK(vault_set_key(ends[i].vault, 0, bytes_of_text(sites[i]->peers[0].key)));
        feed((int)i, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = sim_ike(sim, i)->policy});
    }
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        free(ends[i].ike_space);
        free(ends[i].vault_space);
    }
}

static void replace(char line[static LINE_SIZE], const char *from, const char *to)
{
    for (char *found; (found = strstr(line, from)) != NULL;) {
        char rest[LINE_SIZE];

        snprintf(rest, sizeof rest, "%s", found + strlen(from));
        snprintf(found, LINE_SIZE - (size_t)(found - line), "%s%s", to, rest);
    }
}

/* The lines of the device up to `until` seconds; `from` in a line is shown as `to`. */
static void read_seed(const char *name, uint64_t until, const char *from, const char *to)
{
    char path[400], line[LINE_SIZE];
    unsigned hour, minute, second;
    uint64_t begun = 0;
    int text;

    snprintf(path, sizeof path, "%s/event/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        replace(line, from, to);
        replace(line, "\xc2\xa0", " ");
        if (strncmp(line, "Jun 10 17", 9) == 0) /* one of its lines as the console has it */
            continue;
        const char *clock = line[0] == 'J' ? line + strcspn(line, ":") - 2 : line;
        if (sscanf(clock, "%u:%u:%u: %n", &hour, &minute, &second, &text) < 3) {
            size_t len = seen_count == 0 ? 0 : strlen(seen[seen_count - 1]);

            if (line[0] != '\0' && len > 0) /* the second half of a message */
                snprintf(seen[seen_count - 1] + len, LINE_SIZE - len, " %s", line);
            continue;
        }
        uint64_t now = hour * 3600u + minute * 60u + second;
        begun = begun == 0 ? now : begun;
        if (now - begun > until)
            break;
        keep(seen, &seen_count, now - begun, clock + text);
    }
    fclose(file);
}

static void expect_same(void)
{
    unsigned i = 0;

    while (i < told_count && i < seen_count && strcmp(told[i], seen[i]) == 0)
        i++;
    if (i < told_count || i < seen_count) {
        for (unsigned k = 0; k < told_count || k < seen_count; k++)
            print_error("%c ours   %s\n  theirs %s\n", k == i ? '>' : ' ', k < told_count ? told[k] : "",
                        k < seen_count ? seen[k] : "");
        fail_msg("line %u differs", i + 1);
    }
}

static void an_ASA_without_a_tunnel_group_at_its_peer_seed_3(void **state)
{
    struct sim_site w = west, e = east;
    uint8_t cookies[16];

    (void)state;
    w.schedule = SCHEDULE_ASA;
    e.peers[0].key = "";
    e.is_nat_t_off = true;
    struct sim *sim = world(1, &w, &e);
    struct policy *policy = (struct policy *)sim_ike(sim, WEST)->policy;
    ((struct policy_interface *)policy->interfaces)->name = "Inside_Network";
    ((struct tunnel *)policy->tunnels)->map_name = "MAP-VPN";
    struct selector *selector = (struct selector *)&policy->tunnels[0].aces[0].selector;
    selector->local = (struct ip_range){ip_of_v4(0xc0a8f578), ip_of_v4(0xc0a8f578)};
    selector->remote = (struct ip_range){ip_of_v4(0x0a030a7a), ip_of_v4(0x0a030a7a)};
    begin(sim, &w, &e);
    dialect = DIALECT_ASA_SYSLOG;
    feed(0, &(struct ike_input){.kind = IKE_IN_ACQUIRE});
    run_to_second(5);
    feed(0, &(struct ike_input){.kind = IKE_IN_ACQUIRE});
    run_to_second(8);
    /* The concentrator has forgotten the negotiation. */
    uint8_t body[] = {0, 0, 0, 1, 1, 0, 0, NOTIFY_INVALID_COOKIE};
    struct lie part = {PL_NOTIFY, BYTES_OF(body)};
    memcpy(cookies, ((struct isakmp_sa *)pool_find(&ends[0].ike->sas, pool_first(&ends[0].ike->sas)))->cookies, 16);
    receive(0, end_of(EAST), end_of(WEST), message_of(cookies, XCHG_INFORMATIONAL, 0, &part, 1));
    read_seed("seed3.txt", 8, "233.22.22.233", "198.51.100.2");
    expect_same();
    end();
}

/* The router of the seed has a peer without DPD. */
static void forget_dpd(void)
{
    for (struct handle h = pool_first(&ends[0].ike->sas); handle_is_set(h); h = pool_next(&ends[0].ike->sas, h))
        ((struct isakmp_sa *)pool_find(&ends[0].ike->sas, h))->peer_does_dpd = false;
}

static void an_IOS_router_whose_answers_do_not_arrive_seed_5(void **state)
{
    struct sim_site first = west, second = east;

    (void)state;
    first.schedule = second.schedule = SCHEDULE_IOS;
    first.cipher = second.cipher = CIPHER_3DES_CBC;
    first.hash = second.hash = HASH_SHA1;
    first.group = second.group = GROUP_MODP1024;
    struct sim *sim = world(2, &first, &second);
    ((struct isakmp_policy *)sim_ike(sim, WEST)->policy->isakmp_policies)->priority = 1;
    begin(sim, &first, &second);
    dialect = DIALECT_IOS_OLD;
    ends[0].is_mute = true;
    feed(1, &(struct ike_input){.kind = IKE_IN_ACQUIRE});
    run_to_second(5);
    forget_dpd();
    run_to_second(60);
    now_ms += 100; /* the host behind the peer goes on pinging */
    feed(1, &(struct ike_input){.kind = IKE_IN_ACQUIRE});
    deliver();
    forget_dpd();
    run_to_second(182);
    read_seed("seed5.txt", 181, "10.10.10.2", "198.51.100.2");
    expect_same();
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ASA_without_a_tunnel_group_at_its_peer_seed_3),
        cmocka_unit_test(an_IOS_router_whose_answers_do_not_arrive_seed_5),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
