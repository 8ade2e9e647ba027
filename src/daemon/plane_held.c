#include "daemon/plane_parts.h"

#include <stdlib.h>
#include <string.h>

static bool is_of_line(const struct plane_hold *hold, uint16_t tunnel, uint16_t ace)
{
    return hold->count > 0 && hold->tunnel == tunnel && hold->ace == ace;
}

static struct plane_hold *hold_of(struct plane *plane, uint16_t tunnel, uint16_t ace, const struct selector *wanted)
{
    for (size_t i = 0; i < PLANE_HOLDS_MAX; i++)
        if (is_of_line(&plane->holds[i], tunnel, ace) && selector_equal(&plane->holds[i].wanted, wanted))
            return &plane->holds[i];
    return NULL;
}

static struct plane_hold *new_hold(struct plane *plane, uint16_t tunnel, uint16_t ace, const struct selector *wanted)
{
    struct plane_hold *hold = NULL;
    size_t of_line = 0;

    for (size_t i = 0; i < PLANE_HOLDS_MAX; i++) {
        of_line += is_of_line(&plane->holds[i], tunnel, ace);
        if (plane->holds[i].count == 0 && hold == NULL)
            hold = &plane->holds[i];
    }
    if (hold == NULL || of_line >= PLANE_HOLDS_OF_LINE)
        return NULL;
    *hold = (struct plane_hold){.tunnel = tunnel, .ace = ace, .wanted = *wanted};
    return hold;
}

static void ask_for_pair(struct plane *plane, struct plane_hold *hold, const struct flow *flow)
{
    uint64_t now_ms = plane_now_ms(plane);

    if (hold->acquire_ms != 0 && now_ms - hold->acquire_ms < PLANE_NOTICE_MS)
        return;
    hold->acquire_ms = now_ms;
    hold->flow = *flow;
    hold->wants_acquire = true;
    plane_notice_soon(plane);
}

void plane_hold_packet(struct plane *plane, uint16_t tunnel, uint16_t ace, const struct flow *flow, struct bytes packet)
{
    if (plane->policy->tunnels[tunnel].parked != NULL) {
        plane_notice_parked(plane, &plane->policy->tunnels[tunnel], flow);
        plane_drop_out(plane, NULL, ESP_DROP_PARKED, packet);
        return;
    }
    if (plane->policy->tunnels[tunnel].is_dynamic) {
        plane_drop_out(plane, NULL, ESP_DROP_NO_PEER_YET, packet);
        return;
    }
    struct selector wanted = policy_selector_for(&plane->policy->tunnels[tunnel], ace, flow);
    struct plane_hold *hold = hold_of(plane, tunnel, ace, &wanted);
    if (hold == NULL)
        hold = new_hold(plane, tunnel, ace, &wanted);
    uint8_t *copy = hold == NULL || hold->count == PLANE_HELD_MAX ? NULL : malloc(packet.len);
    if (hold != NULL && (hold->count > 0 || copy != NULL))
        ask_for_pair(plane, hold, flow);
    if (copy == NULL) {
        plane_drop_out(plane, NULL, ESP_DROP_HELD_TOO_MANY, packet);
        return;
    }
    memcpy(copy, packet.data, packet.len);
    hold->packets[hold->count++] = (struct held_packet){copy, packet.len, plane_now_ms(plane)};
    plane->totals.held_count++;
}

static void forget(struct plane *plane, struct held_packet *held)
{
    free(held->data);
    plane->totals.held_count--;
}

static void give_up(struct plane *plane, struct held_packet *held)
{
    plane_drop_out(plane, NULL, ESP_DROP_HELD_TOO_LONG, bytes_of(held->data, held->len));
    forget(plane, held);
}

static void release(struct plane *plane, struct plane_hold *hold)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < hold->count; i++) {
        struct held_packet *held = &hold->packets[i];
        if (plane_out_one(plane, hold->tunnel, hold->ace, bytes_of(held->data, held->len)))
            forget(plane, held);
        else
            hold->packets[kept++] = *held;
    }
    hold->count = kept;
}

void plane_hold_release(struct plane *plane, uint16_t tunnel, uint16_t ace, const struct selector *selector)
{
    for (size_t i = 0; i < PLANE_HOLDS_MAX; i++)
        if (is_of_line(&plane->holds[i], tunnel, ace) && selector_overlaps(&plane->holds[i].wanted, selector))
            release(plane, &plane->holds[i]);
}

void plane_hold_second(struct plane *plane)
{
    uint64_t now_ms = plane_now_ms(plane);

    for (size_t i = 0; i < PLANE_HOLDS_MAX; i++) {
        struct plane_hold *hold = &plane->holds[i];
        uint8_t old = 0;
        while (old < hold->count && now_ms - hold->packets[old].since_ms >= PLANE_HELD_MS)
            give_up(plane, &hold->packets[old++]);
        memmove(hold->packets, hold->packets + old, (size_t)(hold->count - old) * sizeof hold->packets[0]);
        hold->count = (uint8_t)(hold->count - old);
    }
}

static void drop(struct plane *plane, struct plane_hold *hold)
{
    for (uint8_t j = 0; j < hold->count; j++)
        give_up(plane, &hold->packets[j]);
    hold->count = 0;
}

void plane_hold_repolicy(struct plane *plane, const struct policy *from, const struct policy *to)
{
    for (size_t i = 0; i < PLANE_HOLDS_MAX; i++) {
        struct plane_hold *hold = &plane->holds[i];

        if (hold->count == 0)
            continue;
        hold->tunnel = to == NULL ? NO_INDEX : policy_same_tunnel(from, hold->tunnel, to);
        if (hold->tunnel == NO_INDEX)
            drop(plane, hold);
    }
}

void plane_hold_drop_all(struct plane *plane)
{
    for (size_t i = 0; i < PLANE_HOLDS_MAX; i++) {
        drop(plane, &plane->holds[i]);
    }
}
