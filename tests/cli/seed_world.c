#include "cli/seeds.h"

#include "cli/client.h"
#include "cli/screen.h"
#include "daemon/conntrack.h"
#include "daemon/control.h"
#include "daemon/nat.h"
#include "doctor/doctor.h"
#include "policy/filter.h"
#include "work.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { NOON = 1276128000 + 12 * 3600 }; /* 10 June 2010, 12:00 UTC */

struct seed seed;

static struct {
    void *sim_space;
    void *conf_spaces[2];
    struct control *control;
    uv_loop_t loop;
    uv_async_t stop;
    pthread_t thread;
    char directory[64], path[128];
    _Atomic uint64_t now_ms; /* of the world */
} held;

/* The daemon's plane is not there. */
bool plane_view_pair(const struct plane *plane, struct handle pair, struct plane_pair_view *view)
{
    (void)plane, (void)pair, (void)view;
    return false;
}

uint64_t plane_line_hits(const struct plane *plane, uint16_t tunnel, uint16_t ace)
{
    (void)plane, (void)tunnel, (void)ace;
    return 0;
}

uint64_t plane_filter_hits(const struct plane *plane, uint16_t filter, uint16_t ace)
{
    (void)plane, (void)filter, (void)ace;
    return 0;
}

void plane_view_totals(const struct plane *plane, struct plane_totals *totals)
{
    (void)plane;
    *totals = (struct plane_totals){0};
}

/* The server asks for the time on its own, also before there is a world and while it changes. */
static uint64_t seed_now_ms(void *context)
{
    (void)context;
    return held.now_ms;
}

static const struct ike *seed_ike(void *context)
{
    (void)context;
    return sim_ike(seed.sim, DEVICE);
}

static const struct policy *seed_policy(void *context)
{
    (void)context;
    return &seed.confs[DEVICE].policy;
}

static const struct conf *seed_conf(void *context)
{
    (void)context;
    return &seed.confs[DEVICE];
}

static const struct plane *seed_plane(void *context)
{
    (void)context;
    return NULL;
}

static bool seed_past(void *context, uint32_t index, struct journal_record *record)
{
    (void)context;
    if (index >= seed.past_count)
        return false;
    record->kind = JOURNAL_IS_EVENT;
    record->at_ms = (uint64_t)NOON * 1000 + seed.past_ms[seed.past_count - 1 - index];
    event_copy(&record->event, &seed.past[seed.past_count - 1 - index]);
    return true;
}

static void seed_tell(void *context, const struct event *event)
{
    (void)context, (void)event;
}

/* What takes long is not asked for by the thread that has everything else to do. */
static void expect_beside(void)
{
    CHECK(!pthread_equal(pthread_self(), held.thread));
}

static void seed_begin(void *context, struct control_task *task)
{
    (void)context;
    CHECK(task->kind == CONTROL_TASK_WORK && pthread_equal(pthread_self(), held.thread));
    work_begin(&held.loop, task, &seed.confs[DEVICE]);
}

/* Each line has met as many as the test says. */
static bool seed_access_counters(void *context, const struct policy *policy, uint64_t *hits, uint64_t *dropped)
{
    (void)context;
    expect_beside();
    for (uint32_t i = 0; i < filter_hit_count(policy); i++)
        hits[i] = seed.access_hits;
    *dropped = 0;
    return true;
}

static bool seed_nat_counters(void *context, const struct policy *policy, struct nat_counts *counts)
{
    (void)context, (void)policy;
    expect_beside();
    counts->hits = 0;
    return true;
}

static void seed_clear_nat(void *context)
{
    (void)context;
    expect_beside();
}

/* The machine of the device: a default route, none to 10.77.0.0/16. */
static bool seed_route(void *context, struct ip to, struct control_route *route)
{
    (void)context;
    seed.route_count++;
    if (ip_to_v4(to) >> 16 == 0x0a4d)
        return false;
    strcpy(route->device, seed.has_inside && ip_to_v4(to) >> 16 == 0xc0a8 ? "inside0" : "outside0");
    route->gateway = ip_of_v4(0xc63364fe);
    return true;
}

static struct doctor_report *seed_examine(void *context, const struct conf *conf, uint16_t tunnel)
{
    struct doctor_report *report = calloc(1, sizeof *report);

    (void)context;
    expect_beside();
    CHECK(report != NULL);
    report->findings[report->count].check = DOCTOR_NO_FORWARDING;
    strcpy(report->findings[report->count++].sentence, "the machine does not forward");
    report->findings[report->count].check = DOCTOR_SMALL_MTU; /* stops nothing */
    strcpy(report->findings[report->count++].sentence, "the MTU is small");
    if (tunnel == NO_INDEX)
        return report;
    report->findings[report->count].check = DOCTOR_NO_ROUTE;
    snprintf(report->findings[report->count++].sentence, DOCTOR_SENTENCE_SIZE, "no route of crypto map %s %u",
             conf->policy.tunnels[tunnel].map_name, conf->policy.tunnels[tunnel].sequence);
    return report;
}

static void seed_each_connection(void *context, void *taker, connection_taker *take)
{
    (void)context;
    expect_beside();
    for (unsigned i = 0; i < seed.connection_count; i++)
        take(taker, &seed.connections[i]);
}

static uint64_t seed_connection_count(void *context)
{
    (void)context;
    return seed.connection_count;
}

static void seed_on_stop(uv_async_t *async)
{
    control_close(held.control);
    uv_close((uv_handle_t *)async, NULL);
}

static void *seed_serve(void *context)
{
    uv_run(&held.loop, UV_RUN_DEFAULT);
    return context;
}

int seed_start(void **state)
{
    static const struct control_source source = {.now_ms = seed_now_ms,
                                                 .ike = seed_ike,
                                                 .policy = seed_policy,
                                                 .conf = seed_conf,
                                                 .limits = &ike_limits_default,
                                                 .plane = seed_plane,
                                                 .past = seed_past,
                                                 .tell = seed_tell,
                                                 .begin = seed_begin,
                                                 .access_counters = seed_access_counters,
                                                 .nat_counters = seed_nat_counters,
                                                 .examine = seed_examine,
                                                 .clear_nat = seed_clear_nat,
                                                 .each_connection = seed_each_connection,
                                                 .connection_count = seed_connection_count,
                                                 .route = seed_route};

    (void)state;
    setenv("TZ", "UTC", 1);
    memset(&seed, 0, sizeof seed);
    memset(&held, 0, sizeof held);
    held.sim_space = malloc(sim_space(2));
    strcpy(held.directory, "/tmp/ikewise-test-XXXXXX");
    CHECK(held.sim_space && mkdtemp(held.directory));
    snprintf(held.path, sizeof held.path, "%s/ikewise.sock", held.directory);
    CHECK(uv_loop_init(&held.loop) == 0 && uv_async_init(&held.loop, &held.stop, seed_on_stop) == 0);
    CHECK(control_open(&held.control, &held.loop, &source, held.path, NULL) == 0);
    CHECK(pthread_create(&held.thread, NULL, seed_serve, NULL) == 0);
    return 0;
}

int seed_end(void **state)
{
    (void)state;
    CHECK(uv_async_send(&held.stop) == 0 && pthread_join(held.thread, NULL) == 0 && uv_loop_close(&held.loop) == 0);
    free(held.sim_space);
    free(held.conf_spaces[DEVICE]);
    free(held.conf_spaces[PEER]);
    return rmdir(held.directory);
}

static void seed_hear(void *context, uint32_t site, uint64_t at_ms, const struct event *event)
{
    (void)context;
    if (site != DEVICE)
        return;
    if (seed.past_count == PAST_MAX)
        fail_msg("more than %d events", PAST_MAX);
    event_copy(&seed.past[seed.past_count], event);
    seed.past_ms[seed.past_count++] = at_ms - seed.begun_ms;
}

void seed_world(void)
{
    seed.sim = sim_make(held.sim_space, 2, 1);
    seed.past_count = 0;
    seed.begun_ms = held.now_ms = sim_now_ms(seed.sim);
    sim_listen(seed.sim, seed_hear, NULL);
    sim_network(seed.sim)->delay_min_ms = sim_network(seed.sim)->delay_max_ms = 1;
    sim_network(seed.sim)->answer_min_ms = sim_network(seed.sim)->answer_max_ms = 1;
}

void seed_configure(unsigned site, const char *address, const char *text)
{
    struct conf *conf = &seed.confs[site];
    struct arena arena;
    struct ip ip;

    free(held.conf_spaces[site]);
    held.conf_spaces[site] = malloc(conf_space(strlen(text)));
    arena = arena_of(held.conf_spaces[site], conf_space(strlen(text)));
    CHECK(ip_parse(&ip, bytes_of_text(address)) && conf_read(conf, bytes_of_text(text), "device", &arena));
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (conf->findings[i].severity == CONF_ERROR && !seed.may_be_parked)
            fail_msg("line %u: %s", conf->findings[i].line, conf->findings[i].sentence);
    for (uint16_t i = 0; i < conf->policy.interface_count; i++)
        if (ip_equal(conf->interfaces[i].ip, ip) && conf->interfaces[i].linux_name[0] == '\0')
            conf->interfaces[i].linux_name = "outside0";
    const struct sim_gateway gateway = {
        .address = ip_to_v4(ip), .policy = &conf->policy, .keys = conf->keys, .key_count = conf->key_count};
    sim_gateway(seed.sim, site, &gateway);
}

void seed_run_to(uint64_t ms)
{
    ms += seed.begun_ms;
    if (ms > sim_now_ms(seed.sim))
        sim_run(seed.sim, ms - sim_now_ms(seed.sim));
    held.now_ms = sim_now_ms(seed.sim);
}

static void seed_keep(void *reply, const struct control_record *r)
{
    reply_add(reply, r);
}

char *seed_screen(const char *line)
{
    struct bytes words[CONTROL_WORDS_MAX];
    struct control_request request;
    struct control_parse parse;
    struct reply reply = {0};
    char space[512], *screen = NULL;
    struct text why = text_of(space, sizeof space);
    size_t count, len;

    CHECK(control_split(bytes_of_text(line), words, &count) && control_request_parse(&request, words, count, &parse));
    if (client_ask(held.path, words, count, CONTROL_ONCE, seed_keep, &reply, &why) != CLIENT_DONE)
        fail_msg("%s: %s", line, space);
    FILE *out = open_memstream(&screen, &len);
    struct screen_view view = {.is_detail = request.is_detail};

    CHECK(dialect_of_name(seed.dialect, &view.dialect));
    screen_write(out, &reply, &request, &view);
    CHECK(out && fclose(out) == 0);
    reply_free(&reply);
    return screen;
}

const char *seed_refusal(const char *line)
{
    static char sentence[512];
    struct bytes words[CONTROL_WORDS_MAX];
    struct reply reply = {0};
    struct text why = text_of(sentence, sizeof sentence);
    const struct control_record *error;
    size_t count;

    CHECK(control_split(bytes_of_text(line), words, &count));
    client_ask(held.path, words, count, CONTROL_ONCE, seed_keep, &reply, &why);
    error = reply_find(&reply, RECORD_error);
    if (error)
        snprintf(sentence, sizeof sentence, "%s", record_text(error, COL_error_sentence));
    reply_free(&reply);
    return sentence;
}

void seed_expect(const char *command, const char *expected)
{
    char *screen = seed_screen(command);

    assert_string_equal(screen, expected);
    free(screen);
}

/* Another shell's, with words between blanks. */
static int seed_dial(const char *line)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(strlen(held.path) < sizeof address.sun_path);
    strcpy(address.sun_path, held.path);
    CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(dprintf(fd, "{\"words\":[\"") > 0);
    for (; *line != '\0'; line++)
        CHECK(dprintf(fd, *line == ' ' ? "\",\"" : "%c", *line) > 0);
    CHECK(dprintf(fd, "\"]}\n") > 0);
    return fd;
}

/* What has come within that time is the end of the answer. */
static bool seed_is_done(int fd, int patience_ms)
{
    static char heard[256 * 1024];
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    ssize_t len = poll(&poll_fd, 1, patience_ms) > 0 ? read(fd, heard, sizeof heard) : 0;

    return len > 0 && memmem(heard, (size_t)len, "\"record\":\"done\"", strlen("\"record\":\"done\"")) != NULL;
}

void seed_expect_beside(const char *line)
{
    work_hold();
    int fd = seed_dial(line);

    while (!work_has_begun())
        if (seed_is_done(fd, 10))
            fail_msg("%s is answered by the loop", line);
    free(seed_screen("show crypto isakmp sa"));
    CHECK(!seed_is_done(fd, 0));
    work_let_go();
    while (!seed_is_done(fd, 10))
        continue;
    close(fd);
}
