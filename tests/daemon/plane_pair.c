/* One plane with one pair of static keys: two of them, in two namespaces, carry packets without an engine.
 *
 *     plane_pair a 192.0.2.1 192.0.2.2 10.1.0.0/16 10.2.0.0/16 udp AES256_CBC SHA256
 *
 * The pair is installed 200 ms after the first packet has asked for it (role a) or at once (role b), so that the first
 * packet is held. Ends with SIGTERM or SIGINT and prints its counters then, and on SIGUSR1. The keys are test data. */
#include "base/check.h"
#include "daemon/plane.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_GENERATION = 1, DELAY_MS = 200 };

static struct {
    uv_loop_t *loop;
    struct plane *plane;
    struct ike_install install;
    struct crypto_ace ace;
    struct tunnel tunnel;
    struct policy_interface interface;
    struct policy policy;
    uv_timer_t timer;
    uv_signal_t term, interrupt, user;
    bool is_asked;
} test;

static struct bytes text(const char *t)
{
    return bytes_of(t, strlen(t));
}

static struct ip_range range_of(const char *prefix)
{
    const char *slash = strchr(prefix, '/');
    struct ip ip;

    CHECK(slash != NULL && ip_parse(&ip, bytes_of(prefix, (size_t)(slash - prefix))));
    return ip_range_of_prefix(ip, (unsigned)atoi(slash + 1));
}

static void print_counters(void)
{
    struct plane_pair_view view;
    struct plane_totals totals;

    if (plane_view_pair(test.plane, test.install.pair, &view)) {
        for (size_t i = 0; i < ESP_COUNTER_COUNT; i++)
            printf("%s: %lu\n", esp_counter_asa_name((enum esp_counter)i), (unsigned long)view.tally.counters[i]);
        for (size_t i = 1; i < ESP_DROP_COUNT; i++)
            if (view.tally.drops[i] != 0)
                printf("dropped %s: %lu\n", esp_drop_name((enum esp_drop)i), (unsigned long)view.tally.drops[i]);
        printf("path mtu %u, inner mtu %u, overhead %u, media mtu %u, sequence %lu/%lu\n", view.path_mtu,
               view.inner_mtu, view.overhead, view.media_mtu, (unsigned long)view.sequence_in, view.sequence_out);
    }
    plane_view_totals(test.plane, &totals);
    for (size_t i = 1; i < ESP_DROP_COUNT; i++)
        if (totals.tally.drops[i] != 0)
            printf("without pair %s: %lu\n", esp_drop_name((enum esp_drop)i), (unsigned long)totals.tally.drops[i]);
    printf("from tun %lu, to tun %lu, keepalives %lu, held %u\n", (unsigned long)totals.tun_in_packets,
           (unsigned long)totals.tun_out_packets, (unsigned long)totals.keepalives, totals.held_count);
    fflush(stdout);
}

static void install(void)
{
    int error = plane_install(test.plane, &test.install);

    printf("install: %s\n", error == 0 ? "done" : strerror(error));
    fflush(stdout);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    install();
}

static void on_acquire(void *context, uint16_t tunnel, uint16_t ace, const struct flow *flow)
{
    char local[IP_TEXT_SIZE], remote[IP_TEXT_SIZE];

    (void)context;
    printf("acquire: tunnel %u, ace %u, %s -> %s\n", tunnel, ace, ip_text(flow->local, local),
           ip_text(flow->remote, remote));
    fflush(stdout);
    if (!test.is_asked)
        uv_timer_start(&test.timer, on_timer, DELAY_MS, 0);
    test.is_asked = true;
}

static void on_input(void *context, const struct ike_plane_input *input)
{
    char from[ENDPOINT_TEXT_SIZE];

    (void)context;
    if (input->kind != IKE_PLANE_USED)
        printf("input: kind %d, pair %u, spi 0x%x, %s\n", input->kind, input->pair.index, input->spi,
               endpoint_text(input->remote, from));
    if (input->kind == IKE_PLANE_NEW_ENDPOINT)
        plane_move(test.plane, input->pair, &input->remote);
    fflush(stdout);
}

static void on_event(void *context, const struct event *event)
{
    (void)context;
    printf("event: %s %s: %s %s\n", event_name((enum event_kind)event->kind), event_text(event, FIELD_REASON),
           event_text(event, FIELD_DETAIL), event_text(event, FIELD_REMOTE_PROXY));
    fflush(stdout);
}

static void on_signal(uv_signal_t *signal, int number)
{
    print_counters();
    if (number == SIGUSR1)
        return;
    plane_free(test.plane);
    uv_close((uv_handle_t *)&test.timer, NULL);
    uv_close((uv_handle_t *)&test.term, NULL);
    uv_close((uv_handle_t *)&test.interrupt, NULL);
    uv_close((uv_handle_t *)&test.user, NULL);
    (void)signal;
}

static enum cipher_id cipher_named(const char *name)
{
    for (int i = 1; i < CIPHER_COUNT; i++)
        if (strcmp(cipher_info((enum cipher_id)i)->name, name) == 0)
            return (enum cipher_id)i;
    CHECK(!"the name of a cipher");
}

static enum hash_id hash_named(const char *name)
{
    for (int i = 0; i < HASH_COUNT; i++)
        if (strcmp(hash_info((enum hash_id)i)->name, name) == 0)
            return (enum hash_id)i;
    CHECK(!"the name of a hash, or none");
}

static void set_keys(bool is_a)
{
    struct ike_install *in = &test.install;
    uint8_t mine = is_a ? 0x11 : 0x77, theirs = is_a ? 0x77 : 0x11;

    in->spi_out = 0x01010100u * mine + 5;
    in->spi_in = 0x01010100u * theirs + 5;
    in->key_len = (uint8_t)(cipher_info(in->cipher)->key_len + cipher_salt_len(in->cipher));
    in->integrity_key_len = (uint8_t)hash_info(in->integrity)->digest_len;
    for (size_t i = 0; i < sizeof in->key_in; i++) {
        in->key_out[i] = (uint8_t)(mine + i * 3);
        in->key_in[i] = (uint8_t)(theirs + i * 3);
    }
    memset(in->integrity_key_out, mine, sizeof in->integrity_key_out);
    memset(in->integrity_key_in, theirs, sizeof in->integrity_key_in);
}

static void set_policy(void)
{
    test.interface = (struct policy_interface){.name = "outside", .ip = test.install.local.ip};
    test.ace = (struct crypto_ace){.selector = test.install.selector, .is_permit = true};
    test.tunnel = (struct tunnel){.map_name = "test",
                                  .sequence = 10,
                                  .acl_name = "test",
                                  .aces = &test.ace,
                                  .ace_count = 1,
                                  .peers = {test.install.remote.ip},
                                  .peer_count = 1};
    test.policy = (struct policy){
        .interfaces = &test.interface, .interface_count = 1, .tunnels = &test.tunnel, .tunnel_count = 1};
}

int main(int argc, char **argv)
{
    int gate_fd = -1;
    struct ike_install *in = &test.install;

    CHECK(argc >= 9);
    bool is_a = strcmp(argv[1], "a") == 0;
    CHECK(ip_parse(&in->local.ip, text(argv[2])) && ip_parse(&in->remote.ip, text(argv[3])));
    in->local.port = in->remote.port = 4500;
    in->selector = (struct selector){
        .local = range_of(argv[4]), .remote = range_of(argv[5]), .local_ports = {0, 65535}, .remote_ports = {0, 65535}};
    in->is_udp = strcmp(argv[6], "udp") == 0;
    in->cipher = cipher_named(argv[7]);
    in->integrity = hash_named(argv[8]);
    in->is_split_sealed = argc > 9 && strcmp(argv[9], "after") == 0;
    in->df = argc > 9 && strcmp(argv[9], "clear") == 0 ? DF_CLEAR : DF_COPY;
    in->pair = (struct handle){3, PAIR_GENERATION};
    in->is_inbound = in->is_outbound = true;
    in->replay_window = 64;
    set_keys(is_a);
    set_policy();

    test.loop = uv_default_loop();
    uv_timer_init(test.loop, &test.timer);
    uv_signal_init(test.loop, &test.term);
    uv_signal_init(test.loop, &test.interrupt);
    uv_signal_init(test.loop, &test.user);
    uv_signal_start(&test.term, on_signal, SIGTERM);
    uv_signal_start(&test.interrupt, on_signal, SIGINT);
    uv_signal_start(&test.user, on_signal, SIGUSR1);
    int error = plane_create(
        &test.plane,
        &(struct plane_config){.loop = test.loop,
                               .tun_name = "ikewise0",
                               .pair_limit = 16,
                               .hooks = {.on_acquire = on_acquire, .on_input = on_input, .on_event = on_event}});
    if (error == 0)
        error = plane_open_local(test.plane, in->local.ip, &gate_fd);
    if (error != 0) {
        fprintf(stderr, "plane: %s\n", strerror(error));
        return 1;
    }
    plane_set_policy(test.plane, &test.policy);
    if (!is_a)
        install();
    printf("ready\n");
    fflush(stdout);
    uv_run(test.loop, UV_RUN_DEFAULT);
    return 0;
}
