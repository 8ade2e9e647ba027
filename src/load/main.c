/* ikewise-load: brings many tunnels up against one gateway, measures, and takes them down again.
 *
 *     up 1000 failed 0 in 1.234 s, 810 a second; latency ms p50 3.1 p95 6.2 p99 8.0
 *     down 1000 of 1000
 *
 * Exit status 0: all came up. It stops by itself: no later than --time and --hold say, and a few seconds for taking
 * down. SIGTERM takes down at once, SIGINT leaves without a word to the target. */
#include "load/fleet.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 5, BAR_MS = 200, BAR_WIDTH = 40, DOWN_WAIT_MS = 2000, HELP_SIZE = 4096, WHY_SIZE = 512 };

static volatile sig_atomic_t asked_to_end; /* 0, or the signal */

static void on_signal(int number)
{
    asked_to_end = number;
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* On a terminal only. */
static void bar(const struct fleet *fleet, uint32_t peers, uint64_t now)
{
    static uint64_t shown_ms;
    uint32_t done = fleet_count(fleet, FLEET_UP) + fleet_count(fleet, FLEET_FAILED);
    int width = (int)((uint64_t)done * BAR_WIDTH / peers);

    if (!isatty(STDERR_FILENO) || (now < shown_ms + BAR_MS && done < peers))
        return;
    shown_ms = now;
    fprintf(stderr, "\r[%.*s%*s] %u of %u", width, "########################################", BAR_WIDTH - width, "",
            (unsigned)done, (unsigned)peers);
    if (done == peers)
        fprintf(stderr, "\r\033[K");
}

static void turn(struct fleet *fleet, uint64_t *timers_ms, bool may_sleep, const struct load_net *net)
{
    bool was_busy = fleet_receive(fleet);
    uint64_t now = now_ms();

    if (now >= *timers_ms + TICK_MS) {
        *timers_ms = now;
        fleet_timers(fleet);
    }
    if (!was_busy && may_sleep)
        load_net_wait(net, TICK_MS);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void report(const struct fleet *fleet, uint32_t peers, uint64_t took_ms)
{
    uint32_t *latencies = calloc(peers, sizeof *latencies), count = 0;

    if (latencies == NULL)
        return;
    for (uint32_t i = 0; i < peers; i++)
        if (fleet_state_of(fleet, i) == FLEET_UP)
            latencies[count++] = fleet_latency_us(fleet, i);
    qsort(latencies, count, sizeof *latencies, by_size);
    printf("up %u failed %u in %.3f s, %.0f a second", (unsigned)count, (unsigned)(peers - count),
           (double)took_ms / 1000, took_ms == 0 ? 0 : count * 1000.0 / (double)took_ms);
    if (count > 0)
        printf("; latency ms p50 %.1f p95 %.1f p99 %.1f", latencies[count / 2] / 1000.0,
               latencies[count * 95 / 100] / 1000.0, latencies[count * 99 / 100] / 1000.0);
    if (fleet_last_reason(fleet)[0] != '\0')
        printf("; last reason %s", fleet_last_reason(fleet));
    printf("\n");
    fflush(stdout);
    free(latencies);
}

static bool bring_up(struct fleet *fleet, const struct load_options *options, const struct load_net *net)
{
    uint64_t started = now_ms(), timers_ms = 0, now = started;
    uint32_t begun = 0;

    while (!asked_to_end && now < started + (uint64_t)options->time_s * 1000 &&
           fleet_count(fleet, FLEET_IDLE) + fleet_count(fleet, FLEET_BEGUN) > 0) {
        uint64_t allowed = options->rate == 0 ? options->peers : (now - started) * options->rate / 1000 + 1;

        while (begun < options->peers && begun < allowed && fleet_count(fleet, FLEET_BEGUN) < options->window)
            fleet_begin(fleet, begun++);
        turn(fleet, &timers_ms, true, net);
        now = now_ms();
        bar(fleet, options->peers, now);
    }
    report(fleet, options->peers, now - started);
    return fleet_count(fleet, FLEET_UP) == options->peers;
}

static void hold(struct fleet *fleet, uint32_t hold_s, const struct load_net *net)
{
    uint64_t until = now_ms() + (uint64_t)hold_s * 1000, timers_ms = 0;

    while (!asked_to_end && now_ms() < until)
        turn(fleet, &timers_ms, true, net);
}

/* A window at a time, so that no buffer between us and the target runs over. */
static void take_down(struct fleet *fleet, const struct load_options *options, const struct load_net *net)
{
    uint32_t were_up = fleet_count(fleet, FLEET_UP);
    uint64_t timers_ms = 0;

    for (uint32_t i = 0; i < options->peers; i++) {
        if (fleet_state_of(fleet, i) == FLEET_UP)
            fleet_end(fleet, i);
        if (i % options->window == 0)
            load_net_wait(net, 1);
        turn(fleet, &timers_ms, false, net);
    }
    for (uint64_t until = now_ms() + DOWN_WAIT_MS; fleet_count(fleet, FLEET_UP) > 0 && now_ms() < until;)
        turn(fleet, &timers_ms, true, net);
    printf("down %u of %u\n", (unsigned)fleet_count(fleet, FLEET_GONE), (unsigned)were_up);
}

static int run(const struct load_options *options)
{
    struct load_net net;
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    if (!load_net_open(&net, &why)) {
        fprintf(stderr, "ikewise-load: %s\n", space);
        return 2;
    }
    struct fleet *fleet = fleet_make(options, &net);
    if (fleet == NULL) {
        fprintf(stderr, "ikewise-load: no memory for %u peers\n", (unsigned)options->peers);
        load_net_close(&net);
        return 2;
    }
    bool ok = bring_up(fleet, options, &net);
    hold(fleet, options->hold_s, &net);
    if (asked_to_end != SIGINT)
        take_down(fleet, options, &net);
    if (net.unsent_count > 0)
        printf("%llu datagrams could not be sent: %s\n", (unsigned long long)net.unsent_count, strerror(errno));
    fleet_free(fleet);
    load_net_close(&net);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct load_options options = {0};
    char space[HELP_SIZE];
    struct text t = text_of(space, sizeof space);

    if (!load_options_read(&options, argc, argv, &t)) {
        fprintf(stderr, "ikewise-load: %s\n", space);
        return 2;
    }
    if (options.is_help) {
        load_options_help(&t);
        fputs(space, stdout);
        return 0;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    int status = run(&options);
    bytes_wipe(&options, sizeof options);
    return status;
}
