#include "daemon/plane.h"

#include "base/check.h"
#include "crypto/random.h"
#include "daemon/plane_parts.h"
#include "daemon/plane_socket.h"
#include "esp/mtu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t plane_now_ms(const struct plane *plane)
{
    return uv_now(plane->loop);
}

struct plane_local *plane_local_of(const struct plane *plane, struct ip ip)
{
    for (size_t i = 0; i < PLANE_LOCALS_MAX; i++)
        if (plane->locals[i] != NULL && ip_equal(plane->locals[i]->ip, ip))
            return plane->locals[i];
    return NULL;
}

/* `sysopt connection tcpmss`, and never more than the pair carries whole: 40 or 60 bytes of IP and TCP header around
 * it. */
void plane_clamp_mss(const struct plane *plane, const struct plane_pair *pair, uint8_t *packet,
                     const struct inner *inner)
{
    uint16_t wanted = plane->policy == NULL ? MSS_AS_AN_ASA : plane->policy->tcp_mss;
    uint32_t most = wanted == MSS_AS_AN_ASA ? ESP_TCP_MSS : wanted;
    uint32_t headers = inner->family == IP_V6 ? 60 : 40;
    uint32_t fits = pair->inner_mtu > headers ? pair->inner_mtu - headers : 0;

    esp_clamp_mss(packet, inner, (uint16_t)(fits < most ? fits : most));
}

static void count_drop_out(struct plane *plane, struct plane_pair *pair, enum esp_drop drop)
{
    if (pair == NULL) {
        esp_tally_drop(&plane->totals.tally, drop);
        return;
    }
    esp_tally_drop(&pair->tally, drop);
    plane_notice_drop(plane, pair, drop, NULL);
}

void plane_drop_out(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, struct bytes packet)
{
    count_drop_out(plane, pair, drop);
    plane_notice_dropped(plane, &(struct plane_drop){.drop = drop, .packet = packet, .len = packet.len});
}

void plane_drop_sealed(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, struct bytes packet)
{
    count_drop_out(plane, pair, drop);
    plane_notice_dropped(plane, &(struct plane_drop){.drop = drop,
                                                     .is_outside = true,
                                                     .is_udp = pair->is_udp,
                                                     .from = pair->local,
                                                     .to = pair->remote,
                                                     .packet = packet,
                                                     .len = packet.len});
}

static bool seed(struct plane *plane)
{
    uint8_t entropy[DRBG_SEED_LEN];

    if (!random_fill(entropy, sizeof entropy))
        return false;
    drbg_seed(&plane->drbg, BYTES_OF(entropy));
    bytes_wipe(entropy, sizeof entropy);
    return true;
}

static void on_second(uv_timer_t *timer)
{
    struct plane *plane = timer->data;

    if (drbg_wants_seed(&plane->drbg))
        CHECK(seed(plane)); /* no unpredictable IVs: nothing may leave */
    plane->too_big_left = PLANE_TOO_BIG_PER_S;
    plane->autopsies_left = PLANE_AUTOPSIES_PER_S;
    plane->asides_left = PLANE_ASIDES_PER_S;
    plane_hold_second(plane);
    plane_pairs_second(plane);
    if (plane->are_guests_gone && plane->hooks.on_guests_gone != NULL)
        plane->hooks.on_guests_gone(plane->hooks.context);
    plane->are_guests_gone = false;
    if (plane->stranger_count > 0)
        plane_notice_soon(plane);
}

static void on_tun(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status == 0)
        plane_out_turn(poll->data);
}

static void free_memory(struct plane *plane)
{
    free(plane->pairs);
    free(plane->spi_chains);
    free(plane->ace_chains);
    free(plane->noticed);
    free(plane->filter_hits);
    plane_lines_free(&plane->lines);
    usage_close(plane->usage);
    bytes_wipe(&plane->drbg, sizeof plane->drbg);
    free(plane);
}

static bool take_memory(struct plane *plane, uint32_t pair_limit)
{
    uint32_t chains = 16;

    while (chains < pair_limit)
        chains *= 2;
    plane->pair_limit = pair_limit;
    plane->chain_mask = chains - 1;
    plane->pairs = calloc(pair_limit, sizeof *plane->pairs);
    plane->noticed = calloc(pair_limit, sizeof *plane->noticed);
    plane->spi_chains = calloc(chains, sizeof *plane->spi_chains);
    plane->ace_chains = calloc(chains, sizeof *plane->ace_chains);
    plane->usage = usage_open();
    return plane->usage != NULL && plane->pairs != NULL && plane->noticed != NULL && plane->spi_chains != NULL &&
           plane->ace_chains != NULL;
}

/* None of these can fail on a descriptor that is open and pollable. */
static void start_handles(struct plane *plane)
{
    CHECK(uv_poll_init(plane->loop, &plane->tun_poll, plane->tun_fd) == 0);
    CHECK(uv_timer_init(plane->loop, &plane->notice_timer) == 0);
    CHECK(uv_timer_init(plane->loop, &plane->second_timer) == 0);
    plane->open_handles = 3;
    plane->tun_poll.data = plane->notice_timer.data = plane->second_timer.data = plane;
    CHECK(uv_poll_start(&plane->tun_poll, UV_READABLE, on_tun) == 0);
    CHECK(uv_timer_start(&plane->second_timer, on_second, 1000, 1000) == 0);
}

int plane_create(struct plane **plane, const struct plane_config *config)
{
    struct plane *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ENOMEM;
    made->loop = config->loop;
    made->hooks = config->hooks;
    made->too_big_left = PLANE_TOO_BIG_PER_S;
    made->autopsies_left = PLANE_AUTOPSIES_PER_S;
    made->asides_left = PLANE_ASIDES_PER_S;
    struct text name = text_of(made->tun_name, sizeof made->tun_name);
    text_add(&name, "%s", config->tun_name);
    int error = name.is_cut ? ENAMETOOLONG : !take_memory(made, config->pair_limit) ? ENOMEM : !seed(made) ? EIO : 0;
    if (error == 0)
        error = plane_tun_open(made->tun_name, PLANE_TUN_MTU, &made->tun_fd);
    if (error != 0) {
        free_memory(made);
        return error;
    }
    start_handles(made);
    *plane = made;
    return 0;
}

static void on_local_closed(uv_handle_t *handle)
{
    struct plane_local *local = handle->data;

    if (--local->open_handles == 0)
        free(local);
}

static void close_local(struct plane_local *local)
{
    uv_close((uv_handle_t *)&local->udp_poll, on_local_closed);
    uv_close((uv_handle_t *)&local->esp_poll, on_local_closed);
    close(local->udp_fd);
    close(local->esp_fd);
}

static void on_closed(uv_handle_t *handle)
{
    struct plane *plane = handle->data;

    if (--plane->open_handles == 0)
        free_memory(plane);
}

void plane_free(struct plane *plane)
{
    plane->is_ending = true;
    plane_hold_drop_all(plane);
    plane_pairs_free(plane);
    for (size_t i = 0; i < PLANE_LOCALS_MAX; i++)
        if (plane->locals[i] != NULL)
            close_local(plane->locals[i]);
    uv_close((uv_handle_t *)&plane->tun_poll, on_closed);
    uv_close((uv_handle_t *)&plane->notice_timer, on_closed);
    uv_close((uv_handle_t *)&plane->second_timer, on_closed);
    close(plane->tun_fd);
}

static void on_udp(uv_poll_t *poll, int status, int events)
{
    (void)events;
    if (status == 0)
        plane_in_turn(poll->data, true);
}

static void on_esp(uv_poll_t *poll, int status, int events);

/* UV_PRIORITIZED together with SO_SELECT_ERR_QUEUE: the error queue wakes us like any input. */
static void watch_esp(struct plane_local *local)
{
    int events = local->ip.family == IP_V6 ? UV_READABLE | UV_PRIORITIZED : UV_READABLE;

    CHECK(uv_poll_start(&local->esp_poll, events, on_esp) == 0);
}

static void on_esp(uv_poll_t *poll, int status, int events)
{
    struct plane_local *local = poll->data;

    (void)events;
    if (local->ip.family == IP_V6)
        plane_socket_drain_errors(local->esp_fd);
    if (status == 0)
        plane_in_turn(local, false);
    else if (local->ip.family == IP_V6) /* libuv stops watching what reports an error; ours have been read */
        watch_esp(local);
}

static void start_local(struct plane *plane, struct plane_local *local)
{
    CHECK(uv_poll_init(plane->loop, &local->udp_poll, local->udp_fd) == 0);
    CHECK(uv_poll_init(plane->loop, &local->esp_poll, local->esp_fd) == 0);
    local->open_handles = 2;
    local->udp_poll.data = local->esp_poll.data = local;
    CHECK(uv_poll_start(&local->udp_poll, UV_READABLE, on_udp) == 0);
    watch_esp(local);
}

static struct plane_local **free_local_place(struct plane *plane)
{
    for (size_t i = 0; i < PLANE_LOCALS_MAX; i++)
        if (plane->locals[i] == NULL)
            return &plane->locals[i];
    return NULL;
}

int plane_open_local(struct plane *plane, struct ip ip, int *gate_fd)
{
    struct plane_local **place = free_local_place(plane);
    int gate = -1, error = 0;

    if (plane_local_of(plane, ip) != NULL)
        return EEXIST;
    struct plane_local *local = place == NULL ? NULL : calloc(1, sizeof *local);
    if (local == NULL)
        return place == NULL ? ENOSPC : ENOMEM;
    local->plane = plane;
    local->ip = ip;
    local->udp_df = local->esp_df = -1;
    error = plane_socket_media_mtu(ip, &local->media_mtu);
    if (error == 0)
        error = plane_socket_esp(ip, &local->esp_fd);
    if (error != 0) {
        free(local);
        return error;
    }
    error = plane_socket_pair(ip, &gate, &local->udp_fd);
    if (error != 0) {
        close(local->esp_fd);
        free(local);
        return error;
    }
    start_local(plane, local);
    *place = local;
    *gate_fd = gate;
    return 0;
}

void plane_close_local(struct plane *plane, struct ip ip)
{
    for (size_t i = 0; i < PLANE_LOCALS_MAX; i++) {
        if (plane->locals[i] == NULL || !ip_equal(plane->locals[i]->ip, ip))
            continue;
        close_local(plane->locals[i]);
        plane->locals[i] = NULL;
    }
}

void plane_set_policy(struct plane *plane, const struct policy *policy)
{
    plane_pairs_repolicy(plane, plane->policy, policy);
    plane_hold_repolicy(plane, plane->policy, policy);
    plane_filter_repolicy(plane, plane->policy, policy);
    plane_lines_repolicy(plane, plane->policy, policy);
    plane->policy = policy;
}

static uint64_t kb_left(bool stands, const struct esp_sa *sa)
{
    if (!stands || sa->limits.hard_bytes == UINT64_MAX)
        return UINT64_MAX;
    return sa->bytes >= sa->limits.hard_bytes ? 0 : (sa->limits.hard_bytes - sa->bytes) / 1024;
}

bool plane_view_pair(const struct plane *plane, struct handle handle, struct plane_pair_view *view)
{
    const struct plane_pair *pair = plane_pair_find(plane, handle);

    if (pair == NULL)
        return false;
    const struct plane_local *local = plane_local_of(plane, pair->local.ip);
    const struct esp_shape *shape = pair->has_out ? &pair->out.shape : &pair->in.shape;
    *view = (struct plane_pair_view){.pair = pair->handle,
                                     .is_inbound = pair->has_in,
                                     .is_outbound = pair->has_out,
                                     .is_stopped = pair->is_stopped,
                                     .tally = pair->tally,
                                     .path_mtu = pair->path_mtu,
                                     .media_mtu = local == NULL ? 0 : local->media_mtu,
                                     .overhead = (uint32_t)esp_overhead(shape, pair->local.ip.family),
                                     .inner_mtu = pair->inner_mtu,
                                     .bytes_in = pair->in.bytes,
                                     .bytes_out = pair->out.bytes,
                                     .kb_left_in = kb_left(pair->has_in, &pair->in),
                                     .kb_left_out = kb_left(pair->has_out, &pair->out),
                                     .sequence_in = pair->in.replay.top,
                                     .sequence_out = pair->out.sequence,
                                     .replay_window = pair->in.replay.size,
                                     .replay_bitmap = replay_bitmap(&pair->in.replay),
                                     .variant = pair->variant,
                                     .iv_len = shape->iv_len,
                                     .local = pair->local,
                                     .remote = pair->remote,
                                     .df = pair->df,
                                     .filter = pair->filter == NULL ? NULL : pair->filter->name};
    return true;
}

void plane_view_totals(const struct plane *plane, struct plane_totals *totals)
{
    *totals = plane->totals;
    totals->pair_count = plane->pair_count;
}

void plane_clear_counters(struct plane *plane)
{
    for (uint32_t i = 0; i < plane->pair_limit; i++) {
        if (!handle_is_set(plane->pairs[i].handle))
            continue;
        esp_tally_add(&plane->totals.ended, &plane->pairs[i].tally);
        plane->pairs[i].tally = (struct esp_tally){0};
    }
}

const char *plane_tun_name(const struct plane *plane)
{
    return plane->tun_name;
}
