/* A packet that does not verify, or that came in the wrong wrapping: how has the peer sealed it? The keys are here, so
 * it is asked here; seldom, for anybody who knows an SPI can send such packets. */
#include "daemon/plane_parts.h"

/* The peer's other inbound keys, as many as are looked at. */
static size_t other_keys(const struct plane *plane, const struct plane_pair *pair,
                         struct burst_key *keys[static PLANE_AUTOPSY_KEYS])
{
    size_t count = 0;

    for (uint32_t i = 0, left = plane->pair_count; i < plane->pair_limit && left > 0 && count < PLANE_AUTOPSY_KEYS;
         i++) {
        const struct plane_pair *other = &plane->pairs[i];

        if (!handle_is_set(other->handle))
            continue;
        left--;
        if (other != pair && other->has_in && ip_equal(other->remote.ip, pair->remote.ip))
            keys[count++] = other->in.key;
    }
    return count;
}

static bool may_look(struct plane *plane, struct plane_pair *pair)
{
    uint64_t now_ms = plane_now_ms(plane);

    if (!pair->has_in || pair->variant != ESP_VARIANT_NONE || plane->autopsies_left == 0 ||
        (pair->autopsy_ms != 0 && now_ms - pair->autopsy_ms < PLANE_AUTOPSY_MS))
        return false;
    pair->autopsy_ms = now_ms;
    plane->autopsies_left--;
    return true;
}

void plane_autopsy(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, const struct esp_packet *packet)
{
    struct burst_key *others[PLANE_AUTOPSY_KEYS];

    if (!esp_autopsy_helps(drop) || !may_look(plane, pair))
        return;
    enum esp_variant variant =
        esp_autopsy(&pair->in, pair->has_out ? pair->out.key : NULL, others, other_keys(plane, pair, others),
                    bytes_of(packet->data + packet->at, packet->len));
    struct event *event = variant == ESP_VARIANT_NONE ? NULL : plane_notice_event(plane, pair, EV_ESP_AUTOPSY);
    if (event == NULL)
        return;
    pair->variant = variant;
    event_add_number(event, FIELD_SPI, pair->in.spi);
    event_add_text(event, FIELD_CAUSE, esp_variant_name(variant));
    event_add_text(event, FIELD_DETAIL, esp_variant_meaning(variant));
}
