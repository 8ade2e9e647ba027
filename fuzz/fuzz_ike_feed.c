/* A script of datagrams, timers, acquires and answers against one engine whose peer never proves anything. Whatever
 * comes: the engine keeps within its limits, gives an unproved address no more bytes than it sent, asks for no pair,
 * has no SA up, and comes to rest.
 *
 * The script is a row of steps: kind (1), argument (1), length (2), and so many bytes. A datagram may have its cookies
 * and its length set right, so that it gets past the first checks. The vault answers with whatever public value the
 * script has: nothing here can be authenticated. */
#include "base/check.h"
#include "ike/ike.h"
#include "ike/view.h"
#include "wire/fragment.h"
#include "wire/message.h"
#include "wire/numbers.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { US = 0xc6336402, THEM = 0xc0000201, ASKS_MAX = 16 };

static const struct ike_limits limits = {.peers = 4, .sas = 8, .exchanges = 8, .pairs = 4, .blobs = 32, .half_open = 4};

struct ask {
    bool is_open;
    struct handle exchange;
    uint32_t number;
    enum question_kind kind;
    enum group_id group;
};

struct world {
    struct ike *ike;
    uint64_t now_ms;
    uint8_t cookies[16]; /* of the last datagram that the engine sent */
    bool is_asked;       /* a datagram is being fed, ... */
    size_t answered_len; /* ... and so many bytes have gone back to a stranger */
    struct ask asks[ASKS_MAX];
};

static struct ike_outputs out;

static struct policy *the_policy(void)
{
    static struct policy_interface interface = {.name = "outside",
                                                .hardware = "",
                                                .linux_name = "",
                                                .prefix_len = 24,
                                                .is_ikev1_enabled = true,
                                                .map_name = "m"};
    static struct isakmp_policy isakmp[] = {{10, OAKLEY_AUTH_PSK, CIPHER_AES256_CBC, HASH_SHA256, GROUP_ECP256, 86400},
                                            {20, OAKLEY_AUTH_PSK, CIPHER_3DES_CBC, HASH_SHA1, GROUP_MODP1024, 0}};
    static struct transform_set set = {"set", CIPHER_AES128_CBC, HASH_SHA1, false, false};
    static struct crypto_ace ace = {.is_permit = true};
    static struct tunnel tunnel = {.map_name = "m",
                                   .sequence = 1,
                                   .acl_name = "a",
                                   .aces = &ace,
                                   .ace_count = 1,
                                   .peer_count = 1,
                                   .transform_set_count = 1};
    static struct tunnel_group group = {
        .name = "192.0.2.1", .has_key = true, .has_dpd = true, .dpd_threshold_s = 10, .dpd_retry_s = 2};
    static struct policy policy = {.hostname = "fuzz",
                                   .interfaces = &interface,
                                   .interface_count = 1,
                                   .isakmp_policies = isakmp,
                                   .isakmp_policy_count = 2,
                                   .transform_sets = &set,
                                   .transform_set_count = 1,
                                   .tunnel_groups = &group,
                                   .tunnel_group_count = 1,
                                   .tunnels = &tunnel,
                                   .tunnel_count = 1,
                                   .key_id = "",
                                   .is_nat_t_on = true,
                                   .nat_keepalive_s = 20,
                                   .fragment_len = 160,
                                   .replay_window = 64};

    interface.ip = ip_of_v4(US);
    group.peer = tunnel.peers[0] = ip_of_v4(THEM);
    ace.selector = (struct selector){.local = ip_range_of_prefix(ip_of_v4(0x0a020000), 24),
                                     .remote = ip_range_of_prefix(ip_of_v4(0x0a010000), 24),
                                     .local_ports = {0, 65535},
                                     .remote_ports = {0, 65535}};
    return &policy;
}

static void look_at(struct world *w, const struct ike_output *item)
{
    switch (item->kind) {
    case IKE_OUT_DATAGRAM:
        if (w->is_asked && !ip_equal(item->datagram.remote.ip, ip_of_v4(THEM)))
            w->answered_len += item->datagram.data.len;
        if (item->datagram.data.len >= 28)
            memcpy(w->cookies, item->datagram.data.data, sizeof w->cookies);
        return;
    case IKE_OUT_ASK:
        for (size_t i = 0; i < ASKS_MAX && handle_is_set(item->ask.exchange); i++)
            if (!w->asks[i].is_open) {
                w->asks[i] = (struct ask){true, item->ask.exchange, item->ask.ask_number, item->ask.question->kind,
                                          item->ask.question->group};
                return;
            }
        return;
    case IKE_OUT_INSTALL: CHECK(!"a pair for nobody"); return;
    case IKE_OUT_EVENT: CHECK(item->event->kind != EV_PHASE1_COMPLETED); return;
    case IKE_OUT_REMOVE:
    case IKE_OUT_MOVE:
    case IKE_OUT_CLIENT: return;
    }
}

static void feed(struct world *w, const struct ike_input *in)
{
    ike_feed(w->ike, w->now_ms, in, &out);
    for (size_t i = 0; i < out.count; i++)
        look_at(w, &out.items[i]);
    struct ike_use use = ike_view_use(w->ike);
    CHECK(use.peers <= limits.peers && use.sas <= limits.sas && use.exchanges <= limits.exchanges && use.pairs == 0);
    CHECK(use.assemblies <= use.sas);
    CHECK(use.drafts <= use.exchanges && (use.exchanges == 0 || ike_deadline_ms(w->ike) != UINT64_MAX));
    ike_outputs_wipe(&out);
}

/* A message cut up, with the cookies right: what the fragments make gets as far as any message. */
static void in_fragments(struct world *w, uint8_t argument, struct bytes bytes)
{
    enum { PART_LEN = 64 };
    uint8_t space[256];

    for (size_t at = 0, number = 1; at < bytes.len && number <= UINT8_MAX; at += PART_LEN, number++) {
        struct header header = {.exchange = XCHG_MAIN};
        struct writer out_w = writer_of(space, sizeof space);
        size_t len = bytes.len - at < PART_LEN ? bytes.len - at : PART_LEN;
        struct fragment f = {argument & 7, (uint8_t)number, at + len == bytes.len ? FRAGMENT_LAST : 0,
                             bytes_of(bytes.data + at, len)};

        memcpy(header.cookies, w->cookies, sizeof header.cookies);
        struct message_writer m = message_begin(&out_w, &header);
        fragment_write(payload_begin(&m, PL_FRAGMENT), &f);
        payload_end(&m);
        feed(w, &(struct ike_input){.kind = IKE_IN_DATAGRAM,
                                    .datagram = {{ip_of_v4(US), 500}, {ip_of_v4(THEM), 500}, message_end(&m)}});
    }
}

/* Whoever names our cookie hears us: the address is his. */
static bool is_later_message(struct bytes datagram)
{
    return datagram.len >= 16 && !bytes_are_zero(bytes_of(datagram.data + 8, 8));
}

static void datagram(struct world *w, uint8_t argument, struct bytes bytes)
{
    static uint8_t space[4096];
    struct ike_input in = {.kind = IKE_IN_DATAGRAM,
                           .datagram = {{ip_of_v4(US), argument & 8 ? 4500 : 500},
                                        {ip_of_v4(argument & 16 ? 0x0b000001 : THEM), argument & 8 ? 4500 : 500},
                                        {0}}};

    if (bytes.len > sizeof space)
        bytes.len = sizeof space;
    memcpy(space, bytes.data, bytes.len);
    if (bytes.len >= 28) {
        if (argument & 1)
            memcpy(space, w->cookies, 8);
        if (argument & 2)
            memcpy(space + 8, w->cookies + 8, 8);
        if (argument & 4) {
            space[24] = space[25] = 0;
            space[26] = (uint8_t)(bytes.len >> 8);
            space[27] = (uint8_t)bytes.len;
        }
    }
    in.datagram.data = bytes_of(space, bytes.len);
    if (argument & 32) {
        in_fragments(w, argument, in.datagram.data);
        return;
    }
    w->is_asked = true;
    w->answered_len = 0;
    feed(w, &in);
    w->is_asked = false;
    CHECK(w->answered_len <= bytes.len || is_later_message(in.datagram.data));
}

static void answer(struct world *w, uint8_t argument, struct bytes bytes)
{
    struct ask *ask = &w->asks[argument % ASKS_MAX];
    static struct answer a;

    if (!ask->is_open)
        return;
    ask->is_open = false;
    a = (struct answer){.fault = argument & 0x80 ? QUESTION_FAULT_BAD_VALUE : QUESTION_FAULT_NONE, .secret = {1, 1}};
    a.public_len = (uint16_t)group_info(ask->group)->public_len;
    for (size_t i = 0; i < a.public_len; i++)
        a.public_value[i] = i < bytes.len ? bytes.data[i] : (uint8_t)(i * 7 + argument);
    a.skeyid_len = 32;
    for (size_t i = 0; i < 32; i++) /* nobody outside knows these */
        a.skeyid[i] = a.skeyid_a[i] = a.skeyid_d[i] = a.skeyid_e[i] = (uint8_t)(0x5c ^ (i * 37 + ask->number));
    struct ike_input in = {.kind = IKE_IN_ANSWER, .answer = {ask->exchange, ask->number, &a}};
    feed(w, &in);
}

static void step(struct world *w, uint8_t kind, uint8_t argument, struct bytes bytes)
{
    switch (kind % 6) {
    case 0:
    case 1: datagram(w, argument, bytes); return;
    case 2: answer(w, argument, bytes); return;
    case 3:
        w->now_ms += (uint64_t)argument * 40;
        feed(w, &(struct ike_input){.kind = IKE_IN_TIMER});
        return;
    case 4: feed(w, &(struct ike_input){.kind = IKE_IN_ACQUIRE}); return;
    case 5:
        feed(w, &(struct ike_input){
                    .kind = IKE_IN_COMMAND,
                    .command = {.kind = argument & 1 ? IKE_CLEAR_ISAKMP : IKE_UP, .tunnel = argument & 2}});
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t seed[48] = {1, 2, 3};
    void *space = malloc(ike_space(&limits));
    struct world w = {.ike = ike_make(space, &limits, BYTES_OF(seed)), .now_ms = 1000000};

    feed(&w, &(struct ike_input){.kind = IKE_IN_POLICY, .policy = the_policy()});
    for (int steps = 0; len >= 4 && steps < 64; steps++) {
        size_t part = ((size_t)data[2] << 8 | data[3]) % 2048;

        part = part > len - 4 ? len - 4 : part;
        step(&w, data[0], data[1], bytes_of(data + 4, part));
        data += 4 + part;
        len -= 4 + part;
    }
    /* It comes to rest, whatever was begun. */
    for (int i = 0; i < 400; i++) {
        w.now_ms += 1000;
        feed(&w, &(struct ike_input){.kind = IKE_IN_TIMER});
    }
    struct ike_use use = ike_view_use(w.ike);
    CHECK(use.sas == 0 && use.exchanges == 0 && use.drafts == 0 && use.blobs == 0 && use.assemblies == 0);
    free(space);
    return 0;
}
