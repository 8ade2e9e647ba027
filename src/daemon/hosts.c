#include "daemon/hosts.h"

#include "base/check.h"
#include "daemon/clock.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 4096, TICK_MS = 500, NOBODY = 65534 };

struct host {
    char name[HOSTS_NAME_SIZE];
    struct ip ip;
    uint64_t due_ms;
    bool is_failure_told;
};

struct hosts {
    uv_loop_t *loop;
    struct log *log;
    void *context;
    void (*on_change)(void *context);
    struct host list[CONF_HOSTS_MAX];
    uint32_t count;
    uv_timer_t timer;
    /* One lookup at a time. */
    bool is_looking, is_closing;
    char looked_up[HOSTS_NAME_SIZE];
    uint64_t begun_ms;
    uv_process_t process;
    uv_pipe_t pipe;
    char answer[ANSWER_MAX];
    size_t answer_len;
    int open_handles; /* of the lookup, and the timer; freed with the last one when closing */
};

static struct host *host_named(struct hosts *hosts, const char *name)
{
    for (uint32_t i = 0; i < hosts->count; i++)
        if (strcmp(hosts->list[i].name, name) == 0)
            return &hosts->list[i];
    return NULL;
}

static struct ip ip_of_sockaddr(const struct sockaddr *address)
{
    if (address == NULL || address->sa_family != AF_INET)
        return (struct ip){0};
    return ip_of_v4(ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
}

/* The present one when the device still has it, else its first of IPv4; not set: it has none. */
static struct ip address_of_device(const char *device, struct ip present)
{
    struct ifaddrs *all = NULL;
    struct ip first = {0};

    if (getifaddrs(&all) != 0)
        return present;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        struct ip ip = strcmp(one->ifa_name, device) == 0 ? ip_of_sockaddr(one->ifa_addr) : (struct ip){0};

        if (!ip_is_set(ip))
            continue;
        if (!ip_is_set(first) || ip_equal(ip, present))
            first = ip;
    }
    freeifaddrs(all);
    return first;
}

/* False: it is the name of a peer. */
static bool look_at_device(struct hosts *hosts, struct host *host)
{
    size_t prefix_len = strlen(CONF_DEVICE);
    char text[IP_TEXT_SIZE];

    if (strncmp(host->name, CONF_DEVICE, prefix_len) != 0)
        return false;
    host->due_ms = clock_now_ms() + HOSTS_DEVICE_MS;

    struct ip ip = address_of_device(host->name + prefix_len, host->ip);

    if (ip_equal(ip, host->ip))
        return true;
    host->ip = ip;
    log_note(hosts->log, LOG_NOTICE, "device %s has %s", host->name + prefix_len,
             ip_is_set(ip) ? ip_text(ip, text) : "no address any more");
    hosts->on_change(hosts->context);
    return true;
}

/* The present address when the answer has it, else the answer's first; not set: it has none. */
static struct ip address_in(struct bytes answer, struct ip present)
{
    struct ip first = {0};

    while (answer.len > 0) {
        size_t word = 0, line = 0;
        struct ip ip;

        while (word < answer.len && answer.data[word] != ' ' && answer.data[word] != '\n')
            word++;
        if (ip_parse(&ip, bytes_of(answer.data, word))) {
            if (ip_equal(ip, present))
                return present;
            first = ip_is_set(first) ? first : ip;
        }
        while (line < answer.len && answer.data[line] != '\n')
            line++;
        answer = bytes_after(answer, line < answer.len ? line + 1 : line);
    }
    return first;
}

static void tell(struct hosts *hosts, enum event_kind kind, const struct host *host)
{
    struct event e = event_of(kind);

    event_add_text(&e, FIELD_CONNECTION, host->name);
    log_event(hosts->log, &e);
}

static void take_answer(struct hosts *hosts)
{
    struct host *host = host_named(hosts, hosts->looked_up);
    char before[IP_TEXT_SIZE], after[IP_TEXT_SIZE];

    if (host == NULL || hosts->is_closing)
        return;
    struct ip ip = address_in(bytes_of(hosts->answer, hosts->answer_len), host->ip);
    host->due_ms = clock_now_ms() + (ip_is_set(ip) ? HOSTS_AGAIN_MS : HOSTS_RETRY_MS);
    if (!ip_is_set(ip)) {
        if (!host->is_failure_told)
            tell(hosts, EV_HOST_UNKNOWN, host);
        if (!host->is_failure_told)
            log_note(hosts->log, LOG_WARNING, "peer %s has no address in DNS; %s%s", host->name,
                     ip_is_set(host->ip) ? "it keeps " : "it is asked again",
                     ip_is_set(host->ip) ? ip_text(host->ip, before) : "");
        host->is_failure_told = true;
        return;
    }
    if (host->is_failure_told)
        tell(hosts, EV_HOST_FOUND, host);
    host->is_failure_told = false;
    if (ip_equal(ip, host->ip))
        return;
    log_note(hosts->log, LOG_NOTICE, "peer %s is at %s%s%s", host->name, ip_text(ip, after),
             ip_is_set(host->ip) ? ", no longer at " : "", ip_is_set(host->ip) ? ip_text(host->ip, before) : "");
    host->ip = ip;
    hosts->on_change(hosts->context);
}

static void on_closed(uv_handle_t *handle)
{
    struct hosts *hosts = handle->data;

    hosts->open_handles--;
    if (hosts->is_looking && hosts->open_handles == !hosts->is_closing) {
        hosts->is_looking = false;
        take_answer(hosts);
    }
    if (hosts->is_closing && hosts->open_handles == 0)
        free(hosts);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void on_exit_of_lookup(uv_process_t *process, int64_t status, int term_signal)
{
    (void)status;
    (void)term_signal;
    close_handle((uv_handle_t *)process);
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct hosts *hosts = handle->data;

    (void)suggested;
    *room = uv_buf_init(hosts->answer + hosts->answer_len, (unsigned)(ANSWER_MAX - hosts->answer_len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *room)
{
    struct hosts *hosts = stream->data;

    (void)room;
    if (len > 0)
        hosts->answer_len += (size_t)len;
    if (len < 0 || hosts->answer_len == ANSWER_MAX)
        close_handle((uv_handle_t *)stream);
}

static void look_up(struct hosts *hosts, struct host *host)
{
    char *argv[] = {"getent", "ahosts", host->name, NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&hosts->pipe},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_lookup,
        .file = "/usr/bin/getent",
        .args = argv,
        .stdio_count = COUNT_OF(stdio),
        .stdio = stdio,
        .flags = UV_PROCESS_SETUID | UV_PROCESS_SETGID,
        .uid = NOBODY,
        .gid = NOBODY,
    };

    memcpy(hosts->looked_up, host->name, sizeof hosts->looked_up);
    hosts->answer_len = 0;
    hosts->begun_ms = clock_now_ms();
    hosts->is_looking = true;
    host->due_ms = hosts->begun_ms + HOSTS_AGAIN_MS;
    CHECK(uv_pipe_init(hosts->loop, &hosts->pipe, 0) == 0);
    hosts->pipe.data = hosts->process.data = hosts;
    int error = uv_spawn(hosts->loop, &hosts->process, &options);
    hosts->open_handles += 2; /* a process that was not begun has a handle all the same */
    if (error != 0) {
        log_note(hosts->log, LOG_ERR, "/usr/bin/getent, which looks up the names of peers: %s", uv_strerror(error));
        close_handle((uv_handle_t *)&hosts->process);
        close_handle((uv_handle_t *)&hosts->pipe);
        return;
    }
    if (uv_read_start((uv_stream_t *)&hosts->pipe, give_room, on_read) != 0)
        close_handle((uv_handle_t *)&hosts->pipe);
}

static void on_tick(uv_timer_t *timer)
{
    struct hosts *hosts = timer->data;
    uint64_t now_ms = clock_now_ms();

    if (hosts->is_looking) {
        if (now_ms - hosts->begun_ms > HOSTS_PATIENCE_MS && !uv_is_closing((uv_handle_t *)&hosts->process))
            (void)uv_process_kill(&hosts->process, SIGKILL);
        return;
    }
    for (uint32_t i = 0; i < hosts->count; i++)
        if (hosts->list[i].due_ms <= now_ms) {
            if (!look_at_device(hosts, &hosts->list[i]))
                look_up(hosts, &hosts->list[i]);
            return;
        }
}

struct hosts *hosts_create(uv_loop_t *loop, struct log *log, void *context, void (*on_change)(void *context))
{
    struct hosts *hosts = calloc(1, sizeof *hosts);

    if (hosts == NULL)
        return NULL;
    hosts->loop = loop;
    hosts->log = log;
    hosts->context = context;
    hosts->on_change = on_change;
    CHECK(uv_timer_init(loop, &hosts->timer) == 0);
    hosts->timer.data = hosts;
    hosts->open_handles = 1;
    return hosts;
}

void hosts_want(struct hosts *hosts, const struct conf *conf)
{
    struct host before[CONF_HOSTS_MAX];
    uint32_t count_before = hosts->count;

    memcpy(before, hosts->list, sizeof before);
    hosts->count = 0;
    for (uint32_t i = 0; i < conf->wanted_host_count; i++) {
        struct bytes name = conf->wanted_hosts[i];
        struct host *host = &hosts->list[hosts->count];

        if (name.len >= HOSTS_NAME_SIZE)
            continue;
        *host = (struct host){0};
        memcpy(host->name, name.data, name.len);
        for (uint32_t k = 0; k < count_before; k++)
            if (strcmp(before[k].name, host->name) == 0)
                *host = before[k];
        hosts->count++;
    }
    if (hosts->count == 0)
        uv_timer_stop(&hosts->timer);
    else if (!uv_is_active((uv_handle_t *)&hosts->timer))
        CHECK(uv_timer_start(&hosts->timer, on_tick, 0, TICK_MS) == 0);
}

void hosts_again(struct hosts *hosts)
{
    for (uint32_t i = 0; i < hosts->count; i++)
        hosts->list[i].due_ms = 0;
}

uint32_t hosts_list(const struct hosts *hosts, struct conf_host *list)
{
    for (uint32_t i = 0; i < hosts->count; i++)
        list[i] = (struct conf_host){bytes_of_text(hosts->list[i].name), hosts->list[i].ip};
    return hosts->count;
}

void hosts_close(struct hosts *hosts)
{
    hosts->is_closing = true;
    if (hosts->is_looking && !uv_is_closing((uv_handle_t *)&hosts->process))
        (void)uv_process_kill(&hosts->process, SIGKILL);
    if (hosts->is_looking)
        close_handle((uv_handle_t *)&hosts->pipe);
    if (hosts->is_looking)
        close_handle((uv_handle_t *)&hosts->process);
    close_handle((uv_handle_t *)&hosts->timer);
}
