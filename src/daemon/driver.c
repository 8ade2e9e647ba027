#include "daemon/driver.h"

#include "base/check.h"
#include "crypto/drbg.h"
#include "crypto/random.h"
#include "daemon/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    SETTLE_MAX = 1000
}; /* feeds; an engine that is due for ever is a mistake of ours that must not keep us from ending */

static void add_waiting(struct driver *driver, const struct ike_input *in)
{
    if (driver->waiting_count == DRIVER_WAITING_MAX) {
        driver->lost_input_count++;
        return;
    }
    struct driver_waiting *place =
        &driver->waiting[(driver->waiting_first + driver->waiting_count++) % DRIVER_WAITING_MAX];
    place->input = *in;
    if (in->kind == IKE_IN_HINT) {
        struct bytes quoted = in->hint.quoted;
        quoted.len = quoted.len < DRIVER_QUOTED_MAX ? quoted.len : DRIVER_QUOTED_MAX;
        if (quoted.len > 0)
            memcpy(place->quoted, quoted.data, quoted.len);
        place->input.hint.quoted = bytes_of(place->quoted, quoted.len);
    }
}

static void send_datagram(struct driver *driver, const struct ike_output *o)
{
    int error =
        gate_send(driver->gate, &o->datagram.local, &o->datagram.remote, o->datagram.has_marker, o->datagram.data);

    log_message(driver->log, true, &o->datagram.local, &o->datagram.remote, o->datagram.data);
    if (error == 0)
        return;
    add_waiting(driver, &(struct ike_input){.kind = IKE_IN_HINT,
                                            .hint = {.local = o->datagram.local,
                                                     .remote = o->datagram.remote,
                                                     .error = error,
                                                     .quoted = o->datagram.data}});
}

static void install(struct driver *driver, const struct ike_install *install)
{
    if (driver->on_install != NULL)
        driver->on_install(driver->context, install);
    int error = plane_install(driver->plane, install);

    if (error == 0 && driver->on_guest != NULL && plane_guest_waits(driver->plane, install->pair)) {
        driver->on_guest(driver->context, install);
        return;
    }
    add_waiting(driver, &(struct ike_input){.kind = IKE_IN_PLANE,
                                            .plane = {.kind = error == 0 ? IKE_PLANE_INSTALLED : IKE_PLANE_REFUSED,
                                                      .pair = install->pair,
                                                      .error = error,
                                                      .spi = install->spi_in,
                                                      .remote = install->remote}});
}

/* A decoy is answered here: PAM does not see what counts for nothing. */
static void ask(struct driver *driver, const struct ike_output *o)
{
    const struct question *question = o->ask.question;

    if (question->pam_service.len > 0 && !question->is_decoy)
        pam_ask(driver->pam, o->ask.exchange, o->ask.ask_number, question);
    else
        vault_queue_ask(driver->queue, o->ask.exchange, o->ask.ask_number, question);
}

/* The engine does not know what went through. */
static void tell(struct driver *driver, const struct event *event)
{
    if (event->kind != EV_SESSION_ENDED) {
        log_event(driver->log, event);
        return;
    }
    struct event whole = *event;
    struct usage_session session = {event_ip(event, FIELD_PEER), (uint32_t)event_number(event, FIELD_HANDLE)};
    struct usage_bytes bytes = plane_take_usage(driver->plane, &session);
    event_add_number(&whole, FIELD_BYTES_SENT, bytes.sent);
    event_add_number(&whole, FIELD_BYTES_RECEIVED, bytes.received);
    log_event(driver->log, &whole);
}

static void carry_out(struct driver *driver, const struct ike_output *o)
{
    switch (o->kind) {
    case IKE_OUT_DATAGRAM: send_datagram(driver, o); break;
    case IKE_OUT_ASK: ask(driver, o); break;
    case IKE_OUT_INSTALL: install(driver, o->install); break;
    case IKE_OUT_REMOVE:
        (o->remove.is_outbound_only ? plane_stop_sending : plane_remove)(driver->plane, o->remove.pair);
        break;
    case IKE_OUT_EVENT: tell(driver, o->event); break;
    case IKE_OUT_CLIENT: client_take(&driver->client, plane_tun_name(driver->plane), driver->log, o->client); break;
    case IKE_OUT_MOVE: plane_move(driver->plane, o->move.pair, &o->move.remote); break;
    }
}

/* Before what it brought about. An answer of the vault, and what has brought nothing about, is not worth its place. */
static void note_input(struct driver *driver, const struct ike_input *in)
{
    static const char *const names[] = {
        [IKE_IN_TIMER] = "timer",   [IKE_IN_ACQUIRE] = "acquire", [IKE_IN_COMMAND] = "command",
        [IKE_IN_POLICY] = "policy", [IKE_IN_PLANE] = "plane",     [IKE_IN_HINT] = "hint"};

    if (in->kind == IKE_IN_DATAGRAM)
        log_message(driver->log, false, &in->datagram.local, &in->datagram.remote, in->datagram.data);
    else if (in->kind != IKE_IN_ANSWER && driver->out->count > 0)
        log_input(driver->log, names[in->kind]);
}

static void tell_clear(struct driver *driver, bool is_sent)
{
    for (size_t i = 0; i < driver->out->clear_count && driver->on_clear != NULL; i++) {
        if (driver->out->clears[i].is_sent == is_sent)
            driver->on_clear(driver->context, &driver->out->clears[i]);
    }
}

static void feed_one(struct driver *driver, const struct ike_input *in)
{
    ike_feed(driver->ike, clock_now_ms(), in, driver->out);
    note_input(driver, in);
    tell_clear(driver, false);
    for (size_t i = 0; i < driver->out->count; i++)
        carry_out(driver, &driver->out->items[i]);
    tell_clear(driver, true);
    if (driver->out->lost_event_count > 0)
        log_note(driver->log, LOG_WARNING, "%zu events of one input were too many to be logged",
                 driver->out->lost_event_count);
    if (driver->out->lost_clear_count > 0)
        log_note(driver->log, LOG_WARNING,
                 "%zu messages of one input were too many for the captures to have them in clear",
                 driver->out->lost_clear_count);
    log_end_turn(driver->log);
    ike_outputs_wipe(driver->out);
}

/* 1 ns for what is due already: a timerfd of 0 is switched off. */
static void arm_timer(struct driver *driver)
{
    uint64_t deadline_ms = ike_deadline_ms(driver->ike);
    struct itimerspec when = {0};

    if (deadline_ms != UINT64_MAX) {
        when.it_value.tv_sec = (time_t)(deadline_ms / 1000);
        when.it_value.tv_nsec = (long)(deadline_ms % 1000) * 1000000;
        if (deadline_ms == 0)
            when.it_value.tv_nsec = 1;
    }
    CHECK(timerfd_settime(driver->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

void driver_feed(struct driver *driver, const struct ike_input *in)
{
    if (driver->is_feeding) {
        CHECK(in->kind != IKE_IN_DATAGRAM && in->kind != IKE_IN_ANSWER && in->kind != IKE_IN_POLICY);
        add_waiting(driver, in);
        return;
    }
    driver->is_feeding = true;
    feed_one(driver, in);
    while (driver->waiting_count > 0) {
        struct driver_waiting next = driver->waiting[driver->waiting_first];
        driver->waiting_first = (driver->waiting_first + 1) % DRIVER_WAITING_MAX;
        driver->waiting_count--;
        if (next.input.kind == IKE_IN_HINT)
            next.input.hint.quoted.data = next.quoted;
        feed_one(driver, &next.input);
    }
    driver->is_feeding = false;
    arm_timer(driver);
}

static void is_due(uv_poll_t *poll, int status, int events)
{
    struct driver *driver = poll->data;
    uint64_t count;

    (void)status;
    (void)events;
    if (read(driver->timer_fd, &count, sizeof count) != sizeof count)
        return;
    driver_feed(driver, &(struct ike_input){.kind = IKE_IN_TIMER});
}

static bool make_engine(struct driver *driver, struct text *why)
{
    uint8_t seed[DRBG_SEED_LEN];

    if (!random_fill(seed, sizeof seed)) {
        text_add(why, "the system gives no randomness: without it no key is safe, so nothing is started");
        return false;
    }
    driver->ike = ike_make(driver->space, &ike_limits_default, BYTES_OF(seed));
    bytes_wipe(seed, sizeof seed);
    return true;
}

static bool make_timer(struct driver *driver, struct text *why)
{
    driver->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (driver->timer_fd < 0) {
        text_add(why, "timer: %s", strerror(errno));
        return false;
    }
    CHECK(uv_poll_init(driver->loop, &driver->timer, driver->timer_fd) == 0);
    CHECK(uv_poll_start(&driver->timer, UV_READABLE, is_due) == 0);
    driver->timer.data = driver;
    return true;
}

struct driver *driver_create(uv_loop_t *loop, struct log *log, struct text *why)
{
    struct driver *driver = calloc(1, sizeof *driver);

    CHECK(driver != NULL);
    driver->loop = loop;
    driver->log = log;
    driver->timer_fd = -1;
    driver->space_len = ike_space(&ike_limits_default);
    driver->space = mmap(NULL, driver->space_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    driver->out = calloc(1, sizeof *driver->out);
    driver->waiting = calloc(DRIVER_WAITING_MAX, sizeof *driver->waiting);
    if (driver->space == MAP_FAILED || driver->out == NULL || driver->waiting == NULL) {
        text_add(why, "no memory for the engine");
        driver->space = driver->space == MAP_FAILED ? NULL : driver->space;
    } else {
        (void)madvise(driver->space, driver->space_len, MADV_DONTDUMP);
        driver->out->wants_esp = true;
        if (make_engine(driver, why) && make_timer(driver, why))
            return driver;
    }
    driver_free(driver);
    return NULL;
}

void driver_settle(struct driver *driver)
{
    for (int i = 0; i < SETTLE_MAX && ike_deadline_ms(driver->ike) <= clock_now_ms(); i++)
        driver_feed(driver, &(struct ike_input){.kind = IKE_IN_TIMER});
}

void driver_stop(struct driver *driver)
{
    uv_poll_stop(&driver->timer);
    uv_close((uv_handle_t *)&driver->timer, NULL);
    close(driver->timer_fd);
    driver->timer_fd = -1;
}

void driver_free(struct driver *driver)
{
    if (driver->ike != NULL)
        ike_wipe(driver->ike);
    if (driver->space != NULL)
        munmap(driver->space, driver->space_len);
    free(driver->out);
    free(driver->waiting);
    free(driver);
}
