/* The test build ikewised-impaired: the daemon, with impairments of faults.def at its gate. What the daemon calls
 * gate_send is this file's, put there by the linker (src/CMakeLists.txt), so the daemon itself has no switch for it.
 * What to do is in the environment: IKEWISE_IMPAIR, as impair/orders.h says. */
#include "daemon/gate.h"
#include "base/check.h"
#include "ike/ike.h"
#include "impair/orders.h"
#include "sim/inside.h"
#include "wire/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERED_MAX = 1024, SEALED_MAX = 64 };

/* Sealed messages of both sides, a ring: the IV of one is the last block of the one before it. */
struct sealed {
    uint64_t name, sum; /* of cookies and message id; of the whole */
    size_t len;
    uint8_t data[IMPAIRED_MAX];
};

static struct {
    struct order orders[ORDERS_MAX];
    size_t order_count;
    const struct ike *ike;
    uv_loop_t *loop;
    struct gate_hooks hooks; /* the daemon's own */
    uint32_t numbered_count, sealed_count;
    uint64_t numbered[NUMBERED_MAX];
    struct sealed sealed[SEALED_MAX];
} at;

/* A datagram that is held back. */
struct late {
    uv_timer_t timer;
    struct gate *gate;
    struct endpoint local, remote;
    bool has_marker;
    size_t len;
    uint8_t data[IMPAIRED_MAX];
};

struct ike *__real_ike_make(void *space, const struct ike_limits *limits, struct bytes seed);
struct ike *__wrap_ike_make(void *space, const struct ike_limits *limits, struct bytes seed);
struct gate *__real_gate_create(uv_loop_t *loop, const struct gate_hooks *hooks);
struct gate *__wrap_gate_create(uv_loop_t *loop, const struct gate_hooks *hooks);
int __real_gate_send(struct gate *gate, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
                     struct bytes data);
int __wrap_gate_send(struct gate *gate, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
                     struct bytes data);

struct ike *__wrap_ike_make(void *space, const struct ike_limits *limits, struct bytes seed)
{
    struct ike *ike = __real_ike_make(space, limits, seed);

    at.ike = ike;
    return ike;
}

/* 0: it is in clear, or too long. */
static uint64_t sealed_name(struct bytes data)
{
    struct message m;

    if (wire_header_read(&m, data) != WIRE_OK || !(m.header.flags & FLAG_ENCRYPTION) || data.len > IMPAIRED_MAX)
        return 0;
    return sum_of(sum_of(0, m.header.cookies, sizeof m.header.cookies), &m.header.message_id,
                  sizeof m.header.message_id);
}

/* The newest other message under the same id; empty when there is none. */
static struct bytes sealed_before(struct bytes data)
{
    uint64_t name = sealed_name(data), sum = sum_of(0, data.data, data.len);

    for (uint32_t i = at.sealed_count; name != 0 && i > 0 && i + SEALED_MAX > at.sealed_count; i--) {
        const struct sealed *s = &at.sealed[(i - 1) % SEALED_MAX];

        if (s->name == name && s->sum != sum)
            return bytes_of(s->data, s->len);
    }
    return bytes_of(NULL, 0);
}

static void remember_sealed(struct bytes data)
{
    uint64_t name = sealed_name(data);
    struct sealed *s = &at.sealed[at.sealed_count % SEALED_MAX];

    if (name == 0)
        return;
    s->name = name;
    s->sum = sum_of(0, data.data, data.len);
    s->len = data.len;
    memcpy(s->data, data.data, data.len);
    at.sealed_count++;
}

static void on_datagram(void *context, struct endpoint local, struct endpoint remote, struct bytes data)
{
    (void)context;
    remember_sealed(data);
    at.hooks.on_datagram(at.hooks.context, local, remote, data);
}

struct gate *__wrap_gate_create(uv_loop_t *loop, const struct gate_hooks *hooks)
{
    const char *words = getenv("IKEWISE_IMPAIR");
    char space[256];
    struct text why = text_of(space, sizeof space);
    struct gate_hooks ours = *hooks;

    if (words != NULL && !orders_read(words, at.orders, &at.order_count, &why)) {
        fprintf(stderr, "IKEWISE_IMPAIR: %s\n", space);
        exit(EXIT_FAILURE);
    }
    at.loop = loop;
    at.hooks = *hooks;
    ours.on_datagram = on_datagram;
    return __real_gate_create(loop, &ours);
}

/* From 1; a message that was sent before has its number. 0: too many to tell. */
static uint32_t number_of(struct bytes data, bool *is_repeat)
{
    uint64_t sum = sum_of(0, data.data, data.len);

    *is_repeat = true;
    for (uint32_t i = at.numbered_count; i > 0; i--)
        if (at.numbered[i - 1] == sum)
            return i;
    *is_repeat = false;
    if (at.numbered_count == NUMBERED_MAX)
        return 0;
    at.numbered[at.numbered_count++] = sum;
    return at.numbered_count;
}

static void impair_as_ordered(struct bytes data, struct impaired *d)
{
    bool is_repeat;
    uint32_t number = number_of(data, &is_repeat);
    struct impair_keys keys = {.cipher = CIPHER_NONE};

    for (size_t i = 0; i < at.order_count; i++) {
        const struct order *order = &at.orders[i];

        if (order->number != number || (is_repeat && !order->are_repeats_too))
            continue;
        inside_keys(at.ike, data, sealed_before(data), &keys);
        bool is_done = impair(order->impairment, &keys, d);
        fprintf(stderr, "impaired: %s message %u%s\n", impairment_words(order->impairment), number,
                is_done ? "" : ": it does not fit");
        bytes_wipe(&keys, sizeof keys);
    }
}

static void timer_is_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void late_is_due(uv_timer_t *timer)
{
    struct late *late = timer->data;

    __real_gate_send(late->gate, &late->local, &late->remote, late->has_marker, bytes_of(late->data, late->len));
    uv_close((uv_handle_t *)timer, timer_is_closed);
}

static void send_later(struct gate *gate, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
                       const struct impaired *d)
{
    struct late *late = calloc(1, sizeof *late);

    CHECK(late != NULL);
    late->gate = gate;
    late->local = *local;
    late->remote = *remote;
    late->has_marker = has_marker;
    late->len = d->len;
    memcpy(late->data, d->data, d->len);
    CHECK(uv_timer_init(at.loop, &late->timer) == 0);
    late->timer.data = late;
    uv_unref((uv_handle_t *)&late->timer);
    CHECK(uv_timer_start(&late->timer, late_is_due, d->late_ms, 0) == 0);
}

int __wrap_gate_send(struct gate *gate, const struct endpoint *local, const struct endpoint *remote, bool has_marker,
                     struct bytes data)
{
    struct impaired d = {.len = data.len, .copies = 1};
    int error = 0;

    if (data.len < HEADER_LEN || data.len > sizeof d.data)
        return __real_gate_send(gate, local, remote, has_marker, data);
    memcpy(d.data, data.data, data.len);
    impair_as_ordered(data, &d);
    remember_sealed(data);
    for (unsigned i = 0; i < d.copies; i++) {
        if (d.late_ms > 0)
            send_later(gate, local, remote, has_marker, &d);
        else
            error = __real_gate_send(gate, local, remote, has_marker, bytes_of(d.data, d.len));
    }
    return error;
}
