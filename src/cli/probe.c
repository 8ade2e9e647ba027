#include "cli/probe.h"

#include "base/check.h"
#include "cli/probe_message.h"
#include "crypto/random.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PACE_MS = 250,
    WAIT_MS = 1000,
    TRIES = 2,
    SILENT_MAX = 3,
    WATCH_S = 11,
    LARGE = 1800,
    BUDGET = 32,
    REPEATS_MAX = 8
};

struct probe {
    struct reply *reply;
    int socket;
    struct endpoint remote, local;
    uint64_t sent_ms; /* the last message; 0: none */
    unsigned sent_count;
    uint8_t datagram[65536];
    int error; /* what an ICMP error said */

    uint8_t watched[COOKIE_LEN]; /* an exchange that is not gone on with: its repeats are counted */
    uint64_t watched_ms;         /* when its message 2 came; 0: none is watched */
    uint64_t repeats_ms[REPEATS_MAX];
    size_t repeat_count;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void add(struct probe *p, const char *question, const char *answer, const char *meaning)
{
    struct control_record r = control_record_of(RECORD_probe);

    record_set_text(&r, COL_probe_question, question);
    record_set_text(&r, COL_probe_answer, answer);
    if (meaning[0] != '\0')
        record_set_text(&r, COL_probe_meaning, meaning);
    reply_add(p->reply, &r);
}

/* ---- the socket */

static socklen_t address_of(struct endpoint endpoint, struct sockaddr_storage *address)
{
    memset(address, 0, sizeof *address);
    if (endpoint.ip.family == IP_V4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)address;

        *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(endpoint.port)};
        memcpy(&v4->sin_addr, endpoint.ip.octets, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(endpoint.port)};
    memcpy(&v6->sin6_addr, endpoint.ip.octets, 16);
    return sizeof *v6;
}

static struct endpoint own_end(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return (struct endpoint){0};
    if (address.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
        return (struct endpoint){ip_of_bytes(bytes_of((const uint8_t *)&v4->sin_addr, 4)), ntohs(v4->sin_port)};
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
    return (struct endpoint){ip_of_bytes(bytes_of((const uint8_t *)&v6->sin6_addr, 16)), ntohs(v6->sin6_port)};
}

/* UDP 500 when nobody here has it, for some gateways answer no other; connected, so that nothing goes anywhere else and
 * errors come back. */
static bool open_socket(struct probe *p, struct text *why)
{
    struct sockaddr_storage address;
    struct endpoint any = {p->remote.ip, IKE_PORT};
    int family = p->remote.ip.family == IP_V4 ? AF_INET : AF_INET6;

    p->socket = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (p->socket >= 0) {
        memset(any.ip.octets, 0, sizeof any.ip.octets);
        socklen_t len = address_of(any, &address);
        (void)bind(p->socket, (struct sockaddr *)&address, len); /* else the system chooses one */
        len = address_of(p->remote, &address);
        if (connect(p->socket, (struct sockaddr *)&address, len) == 0) {
            p->local = own_end(p->socket);
            return true;
        }
    }
    text_add(why, "no way to ");
    text_add_ip(why, p->remote.ip);
    text_add(why, ": %s", strerror(errno));
    return false;
}

static void wait_for_pace(const struct probe *p)
{
    uint64_t now = now_ms();

    if (p->sent_ms != 0 && now < p->sent_ms + PACE_MS)
        (void)poll(NULL, 0, (int)(p->sent_ms + PACE_MS - now));
}

static void send_it(struct probe *p, struct bytes message)
{
    CHECK(p->sent_count < BUDGET);
    wait_for_pace(p);
    p->sent_ms = now_ms();
    p->sent_count++;
    if (send(p->socket, message.data, message.len, 0) < 0)
        p->error = errno;
}

/* A repeat of message 2 in the exchange that is watched. */
static bool is_watched(struct probe *p, struct bytes datagram)
{
    if (p->watched_ms == 0 || memcmp(datagram.data, p->watched, COOKIE_LEN) != 0)
        return false;
    if (p->repeat_count < REPEATS_MAX)
        p->repeats_ms[p->repeat_count++] = now_ms();
    return true;
}

/* One datagram until then, with that initiator's cookie (NULL: with none); NOTHING: it did not come. */
static struct probe_answer receive(struct probe *p, uint64_t until_ms, const uint8_t *cookie)
{
    for (uint64_t now = now_ms(); now < until_ms; now = now_ms()) {
        struct pollfd wait = {.fd = p->socket, .events = POLLIN};

        if (poll(&wait, 1, (int)(until_ms - now)) <= 0)
            continue;
        ssize_t len = recv(p->socket, p->datagram, sizeof p->datagram, 0);
        if (len < 0)
            p->error = errno;
        struct bytes datagram = bytes_of(p->datagram, len < 0 ? 0 : (size_t)len);
        if (datagram.len < HEADER_LEN || is_watched(p, datagram) || cookie == NULL ||
            memcmp(datagram.data, cookie, COOKIE_LEN) != 0)
            continue;
        return probe_answer_of(datagram);
    }
    return (struct probe_answer){.kind = PROBE_NOTHING};
}

static struct probe_answer ask(struct probe *p, struct bytes message)
{
    struct probe_answer answer = {.kind = PROBE_NOTHING};

    for (int i = 0; i < TRIES && answer.kind == PROBE_NOTHING; i++) {
        send_it(p, message);
        answer = receive(p, now_ms() + WAIT_MS, message.data);
    }
    return answer;
}

static bool new_cookies(uint8_t cookies[2][COOKIE_LEN])
{
    memset(cookies[1], 0, COOKIE_LEN);
    return random_fill(cookies[0], COOKIE_LEN);
}

/* ---- what is asked */

static const char *words_of(struct probe *p, const struct probe_answer *answer, char *space, size_t size)
{
    struct text t = text_of(space, size);
    const char *name = number_name(SPACE_NOTIFY, answer->notify);

    switch (answer->kind) {
    case PROBE_NOTHING: text_add(&t, "%s", p->error != 0 ? strerror(p->error) : "no answer"); break;
    case PROBE_ACCEPTS: text_add(&t, "accepted"); break;
    case PROBE_GOES_ON: text_add(&t, "goes on"); break;
    case PROBE_NOTIFIES: text_add(&t, "%s (%u)", name == NULL ? "a notify" : name, answer->notify); break;
    case PROBE_OTHER: text_add(&t, "something else than IKEv1 answers so"); break;
    }
    return space;
}

static void watch(struct probe *p, const struct probe_answer *answer)
{
    memcpy(p->watched, answer->message.header.cookies[0], COOKIE_LEN);
    p->watched_ms = now_ms();
}

static void tell_vendors(struct probe *p, const struct message *m)
{
    for (size_t i = 0; i < message_count(m, PL_VID); i++) {
        struct bytes body = message_nth(m, PL_VID, i)->body;
        char name[160];
        struct text t = text_of(name, sizeof name);
        struct vendor vendor = vendor_of(body);

        if (vendor.id != VENDOR_NONE)
            text_add(&t, "%s", vendor.meaning);
        else
            for (size_t k = 0; k < body.len && k < 20; k++)
                text_add(&t, "%02x", body.data[k]);
        add(p, "vendor ID", name, vendor.id == VENDOR_NONE ? "nobody's that we know" : "");
    }
}

/* The policies, one message each. The first that is accepted goes to `accepted`. */
static bool ask_policies(struct probe *p, const struct probe_offer **accepted)
{
    unsigned silent_count = 0;
    bool is_answered = false;
    uint8_t cookies[2][COOKIE_LEN], space[PROBE_MESSAGE_MAX];

    for (size_t i = 0; probe_offer(i) != NULL && (is_answered || silent_count < SILENT_MAX); i++) {
        const struct probe_offer *offer = probe_offer(i);
        char words[128];

        if (!new_cookies(cookies))
            return false;
        struct probe_answer answer = ask(p, probe_first(space, cookies, offer, 0));
        is_answered |= answer.kind != PROBE_NOTHING;
        silent_count += answer.kind == PROBE_NOTHING;
        add(p, offer->name, words_of(p, &answer, words, sizeof words), "");
        if (answer.kind != PROBE_ACCEPTS || *accepted != NULL)
            continue;
        *accepted = offer;
        watch(p, &answer);
        tell_vendors(p, &answer.message);
    }
    return is_answered;
}

static void ask_for_nat(struct probe *p, const struct probe_offer *offer)
{
    uint8_t cookies[2][COOKIE_LEN], space[PROBE_MESSAGE_MAX];
    bool at_ours, at_theirs;
    char words[128];
    struct bytes third;

    if (!new_cookies(cookies))
        return;
    struct probe_answer answer = ask(p, probe_first(space, cookies, offer, 0));
    if (answer.kind != PROBE_ACCEPTS)
        return;
    memcpy(cookies, answer.message.header.cookies, sizeof cookies);
    enum natt_variant natt = probe_natt_of(&answer.message);
    if (!probe_third(space, cookies, offer, natt, p->remote, p->local, &third))
        return;
    answer = ask(p, third);
    if (answer.kind != PROBE_GOES_ON) {
        add(p, "message 3", words_of(p, &answer, words, sizeof words),
            "it has no tunnel-group or key for the address that we come from, or larger messages are lost");
        return;
    }
    add(p, "message 3", words_of(p, &answer, words, sizeof words),
        "it has a tunnel-group for the address that we come from");
    if (!probe_nat_of(&answer.message, natt, offer, p->remote, p->local, &at_ours, &at_theirs))
        add(p, "translation of addresses", "it does not say", natt == NATT_NONE ? "it announces no NAT-T" : "");
    else
        add(p, "translation of addresses",
            at_ours && at_theirs ? "at both ends"
            : at_ours            ? "at our end"
            : at_theirs          ? "at its end"
                                 : "none on the way",
            "");
}

static void ask_for_size(struct probe *p, const struct probe_offer *offer)
{
    uint8_t cookies[2][COOKIE_LEN], space[PROBE_MESSAGE_MAX];
    char question[64], words[128];
    struct text t = text_of(question, sizeof question);

    if (!new_cookies(cookies))
        return;
    struct bytes message = probe_first(space, cookies, offer, LARGE);
    text_add(&t, "a message of %zu bytes", message.len);
    struct probe_answer answer = ask(p, message);
    add(p, question, words_of(p, &answer, words, sizeof words),
        answer.kind == PROBE_NOTHING ? "fragments of IP are lost on the way: certificates will not get through"
                                     : "fragments of IP get through to it");
}

static void ask_for_aggressive(struct probe *p, const struct probe_offer *offer)
{
    uint8_t cookies[2][COOKIE_LEN], space[PROBE_MESSAGE_MAX];
    char words[128];
    struct bytes message;

    if (!new_cookies(cookies) || !probe_first_aggressive(space, cookies, offer, p->local.ip, &message))
        return;
    struct probe_answer answer = ask(p, message);
    add(p, "aggressive mode", words_of(p, &answer, words, sizeof words),
        answer.kind == PROBE_ACCEPTS ? "whoever asks gets a hash on which its key can be tried out" : "");
}

static void watch_repeats(struct probe *p, unsigned watch_s)
{
    char words[160];
    struct text t = text_of(words, sizeof words);
    unsigned tenths[2] = {0, 0};

    if (p->watched_ms == 0)
        return;
    (void)receive(p, p->watched_ms + watch_s * 1000ull, NULL);
    for (size_t i = 0; i < p->repeat_count; i++) {
        unsigned after = (unsigned)((p->repeats_ms[i] - p->watched_ms + 50) / 100);

        text_add(&t, "%s%u.%u s", i == 0 ? "after " : ", ", after / 10, after % 10);
        if (i < COUNT_OF(tenths))
            tenths[i] = after;
    }
    if (p->repeat_count == 0)
        text_add(&t, "none in %u s", watch_s);
    const char *who = p->repeat_count == 0 ? NULL : probe_who_repeats(tenths[0], tenths[1]);
    add(p, "repeats of message 2", words, who != NULL ? who : "");
}

static void say_first(const struct probe *p, FILE *told)
{
    char address[IP_TEXT_SIZE];

    fprintf(told,
            "Sends at most %d messages of IKE to %s, UDP 500, from port %u, four a second: one offer each, then a "
            "third message, a "
            "large one and one of aggressive mode. No tunnel is made.\n",
            BUDGET, ip_text(p->remote.ip, address), p->local.port);
    fflush(told);
}

enum probe_verdict probe_run(struct reply *reply, FILE *told, struct ip peer, unsigned watch_s, struct text *why)
{
    static struct probe probe;
    struct probe *p = &probe;
    const struct probe_offer *accepted = NULL;

    *p = (struct probe){.reply = reply, .socket = -1, .remote = {peer, IKE_PORT}};
    if (!open_socket(p, why)) {
        if (p->socket >= 0)
            close(p->socket);
        return PROBE_NOT_RUN;
    }
    say_first(p, told);
    bool is_answered = ask_policies(p, &accepted);
    if (accepted != NULL) {
        ask_for_nat(p, accepted);
        ask_for_size(p, accepted);
        ask_for_aggressive(p, accepted);
        watch_repeats(p, watch_s == 0 ? WATCH_S : watch_s);
    }
    close(p->socket);
    return is_answered ? PROBE_ANSWERED : PROBE_SILENT;
}
