#include "daemon/log_remote.h"

#include "base/check.h"
#include "base/text.h"
#include "daemon/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAITING_MAX = 64 * 1024, AGAIN_MS = 10 * 1000, LINE_SIZE = 2048, HOSTNAME_SIZE = 64 };

enum connection { CLOSED, CONNECTING, OPEN, CLOSING };

struct host {
    struct log_remote *remote;
    struct logging_host as;
    struct log_remote_tally tally;
    int udp;
    uv_tcp_t tcp;
    uv_connect_t connect;
    enum connection connection;
    uint64_t tried_ms;
};

struct log_remote {
    uv_loop_t *loop;
    struct logging logging;
    char hostname[HOSTNAME_SIZE], device_id[HOSTNAME_SIZE];
    struct host hosts[LOGGING_HOSTS_MAX];
    bool is_ending;
};

struct sending {
    uv_write_t write;
    char line[];
};

struct log_remote *log_remote_create(uv_loop_t *loop)
{
    struct log_remote *remote = calloc(1, sizeof *remote);

    if (remote == NULL)
        return NULL;
    remote->loop = loop;
    for (size_t i = 0; i < LOGGING_HOSTS_MAX; i++)
        remote->hosts[i] = (struct host){.remote = remote, .udp = -1};
    return remote;
}

static void free_when_closed(struct log_remote *remote)
{
    for (size_t i = 0; i < LOGGING_HOSTS_MAX; i++)
        if (remote->hosts[i].connection != CLOSED)
            return;
    if (remote->is_ending)
        free(remote);
}

static void on_closed(uv_handle_t *handle)
{
    struct host *host = handle->data;

    host->connection = CLOSED;
    free_when_closed(host->remote);
}

static void host_close(struct host *host)
{
    if (host->udp >= 0)
        close(host->udp);
    host->udp = -1;
    if (host->connection == CONNECTING || host->connection == OPEN) {
        host->connection = CLOSING;
        uv_close((uv_handle_t *)&host->tcp, on_closed);
    }
}

static bool is_same_host(const struct logging_host *a, const struct logging_host *b)
{
    return ip_equal(a->ip, b->ip) && a->port == b->port && a->is_tcp == b->is_tcp;
}

void log_remote_use(struct log_remote *remote, const struct logging *logging, const char *hostname)
{
    for (uint8_t i = 0; i < LOGGING_HOSTS_MAX; i++) {
        struct host *host = &remote->hosts[i];
        struct logging_host as = i < logging->host_count ? logging->hosts[i] : (struct logging_host){0};

        as.interface = ""; /* the policy's, which may go */
        if (!is_same_host(&host->as, &as)) {
            host_close(host);
            host->tally = (struct log_remote_tally){0};
            host->tried_ms = 0;
        }
        host->as = as;
    }
    remote->logging = *logging;
    snprintf(remote->hostname, sizeof remote->hostname, "%s", hostname);
    snprintf(remote->device_id, sizeof remote->device_id, "%s", logging->device_id != NULL ? logging->device_id : "");
    remote->logging.device_id = NULL; /* as the names of interfaces */
}

int log_remote_severity(const struct log_remote *remote)
{
    return remote->logging.is_enabled && remote->logging.host_count > 0 ? logging_least(&remote->logging, LOGGING_TRAP)
                                                                        : -1;
}

struct log_remote_tally log_remote_tally(const struct log_remote *remote, uint8_t host)
{
    CHECK(host < LOGGING_HOSTS_MAX);
    return remote->hosts[host].tally;
}

static socklen_t address_of(const struct logging_host *as, struct sockaddr_storage *address)
{
    char text[IP_TEXT_SIZE];

    memset(address, 0, sizeof *address);
    if (uv_ip4_addr(ip_text(as->ip, text), as->port, (struct sockaddr_in *)address) == 0)
        return sizeof(struct sockaddr_in);
    CHECK(uv_ip6_addr(text, as->port, (struct sockaddr_in6 *)address) == 0);
    return sizeof(struct sockaddr_in6);
}

static void send_udp(struct host *host, struct text *line)
{
    struct sockaddr_storage address;
    socklen_t len = address_of(&host->as, &address);

    if (host->udp < 0)
        host->udp = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sendto(host->udp, line->data, line->len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, len) >= 0)
        host->tally.sent++;
    else
        host->tally.errors++;
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct host *host = connect->data;

    if (host->connection != CONNECTING)
        return;
    if (status == 0) {
        host->connection = OPEN;
        return;
    }
    host->tally.errors++;
    host_close(host);
}

static void on_written(uv_write_t *write, int status)
{
    struct host *host = write->data;

    free(write);
    if (status == 0) {
        host->tally.sent++;
        return;
    }
    host->tally.errors++;
    host->tally.flaps += host->connection == OPEN;
    host_close(host);
}

static void connect_to(struct host *host)
{
    struct sockaddr_storage address;
    uint64_t now_ms = uv_now(host->remote->loop);

    if (host->connection != CLOSED || (host->tried_ms != 0 && now_ms - host->tried_ms < AGAIN_MS))
        return;
    host->tried_ms = now_ms == 0 ? 1 : now_ms;
    address_of(&host->as, &address);
    CHECK(uv_tcp_init(host->remote->loop, &host->tcp) == 0);
    host->tcp.data = host->connect.data = host;
    host->connection = CONNECTING;
    if (uv_tcp_connect(&host->connect, &host->tcp, (struct sockaddr *)&address, on_connected) != 0) {
        host->tally.errors++;
        host_close(host);
    }
}

static void send_tcp(struct host *host, struct text *line)
{
    struct sending *sending;

    connect_to(host);
    if (host->connection != OPEN && host->connection != CONNECTING) {
        host->tally.down++;
        return;
    }
    if (uv_stream_get_write_queue_size((uv_stream_t *)&host->tcp) > WAITING_MAX ||
        (sending = malloc(sizeof *sending + line->len + 1)) == NULL) {
        host->tally.full++;
        return;
    }
    memcpy(sending->line, line->data, line->len);
    sending->line[line->len] = '\n';
    sending->write.data = host;
    uv_buf_t buffer = uv_buf_init(sending->line, (unsigned)line->len + 1);
    if (uv_write(&sending->write, (uv_stream_t *)&host->tcp, &buffer, 1, on_written) != 0) {
        free(sending);
        host->tally.full++;
    }
}

/* <164>Feb 13 2021 01:02:25 HOST : %ASA-4-713903: text */
static void add_3164(struct text *t, const struct log_remote *remote, time_t now)
{
    char stamp[32];
    struct tm tm;

    localtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%b %d %Y %H:%M:%S", &tm);
    if (remote->logging.has_timestamp)
        text_add(t, "%s%s", stamp, *remote->device_id ? " " : ": ");
    if (*remote->device_id)
        text_add(t, "%s : ", remote->device_id);
}

/* <164>1 2021-02-13T01:02:25Z HOST ikewised 812 713903 - %ASA-4-713903: text */
static void add_5424(struct text *t, const struct log_remote *remote, time_t now, uint32_t message_id)
{
    char stamp[32];
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    text_add(t, "1 %s %s " PROCESS_NAME " %ld ", stamp,
             *remote->device_id  ? remote->device_id
             : *remote->hostname ? remote->hostname
                                 : "-",
             (long)getpid());
    if (message_id == 0)
        text_add(t, "- - ");
    else
        text_add(t, "%u - ", (unsigned)message_id);
}

void log_remote_send(struct log_remote *remote, int severity, uint32_t message_id, const char *line)
{
    char space[LINE_SIZE];
    struct text t = text_of(space, sizeof space);
    time_t now = time(NULL);

    if (!logging_takes(&remote->logging, LOGGING_TRAP, message_id, (uint8_t)severity))
        return;
    text_add(&t, "<%d>", remote->logging.facility * 8 + severity);
    if (remote->logging.is_rfc5424)
        add_5424(&t, remote, now, message_id);
    else
        add_3164(&t, remote, now);
    text_add(&t, "%s", line);
    for (uint8_t i = 0; i < remote->logging.host_count; i++) {
        if (remote->hosts[i].as.is_tcp)
            send_tcp(&remote->hosts[i], &t);
        else
            send_udp(&remote->hosts[i], &t);
    }
}

void log_remote_free(struct log_remote *remote)
{
    if (remote == NULL)
        return;
    remote->is_ending = true;
    remote->logging.host_count = 0;
    for (size_t i = 0; i < LOGGING_HOSTS_MAX; i++)
        host_close(&remote->hosts[i]);
    free_when_closed(remote);
}
