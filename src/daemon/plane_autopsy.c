/* A packet that does not verify, or that came in the wrong wrapping: how has the peer sealed it? The keys are here, so
 * it is asked here; seldom, for anybody who knows an SPI can send such packets. */
#include "daemon/plane_parts.h"

#include <string.h>

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

static bool may_look(const struct plane *plane, const struct plane_pair *pair)
{
    return pair->has_in && pair->variant == ESP_VARIANT_NONE && plane->autopsies_left > 0 &&
           (pair->autopsy_ms == 0 || plane_now_ms(plane) - pair->autopsy_ms >= PLANE_AUTOPSY_MS);
}

static void look(struct plane *plane, struct plane_pair *pair)
{
    pair->autopsy_ms = plane_now_ms(plane);
    plane->autopsies_left--;
}

static void tell(struct plane *plane, struct ip local, struct ip remote, uint32_t spi, enum esp_variant variant)
{
    struct event *event = plane_notice_event(plane, local, remote, EV_ESP_AUTOPSY);

    if (event == NULL)
        return;
    event_add_number(event, FIELD_SPI, spi);
    event_add_text(event, FIELD_CAUSE, esp_variant_name(variant));
    event_add_text(event, FIELD_DETAIL, esp_variant_meaning(variant));
}

void plane_autopsy_keep(struct plane *plane, const struct plane_pair *pair, const struct esp_packet *packet)
{
    plane->kept_of = NULL;
    if (pair->in.shape.integrity != HASH_NONE || pair->tally.drops[ESP_DROP_BAD_ICV] == 0 || !may_look(plane, pair))
        return;
    plane->kept_of = packet->data;
    plane->kept_len = packet->len;
    memcpy(plane->kept_space, packet->data + packet->at, packet->len);
}

/* As it came; empty when that is not known any more. */
static struct bytes as_it_came(const struct plane *plane, const struct plane_pair *pair, enum esp_drop drop,
                               const struct esp_packet *packet)
{
    if (pair->in.shape.integrity != HASH_NONE || drop != ESP_DROP_BAD_ICV)
        return bytes_of(packet->data + packet->at, packet->len);
    return bytes_of(plane->kept_space, plane->kept_of == packet->data ? plane->kept_len : 0);
}

void plane_autopsy(struct plane *plane, struct plane_pair *pair, enum esp_drop drop, const struct esp_packet *packet)
{
    struct burst_key *others[PLANE_AUTOPSY_KEYS];
    struct bytes whole = as_it_came(plane, pair, drop, packet);

    if (whole.len == 0 || !esp_autopsy_helps(drop) || !may_look(plane, pair))
        return;
    look(plane, pair);
    pair->variant =
        esp_autopsy(&pair->in, pair->has_out ? pair->out.key : NULL, others, other_keys(plane, pair, others), whole);
    if (pair->variant != ESP_VARIANT_NONE)
        tell(plane, pair->local.ip, pair->remote.ip, pair->in.spi, pair->variant);
}

/* ---- packets for an SPI that is not ours ---- */

void plane_autopsy_gone(struct plane *plane, const struct plane_pair *pair)
{
    if (pair->has_in)
        plane->gone[plane->gone_count++ % PLANE_GONE_MAX] =
            (struct gone_spi){pair->in.spi, pair->local.ip, pair->remote.ip, plane_now_ms(plane), false};
}

static bool was_ours(struct plane *plane, struct ip from, uint32_t spi)
{
    for (size_t i = 0; i < PLANE_GONE_MAX; i++) {
        struct gone_spi *gone = &plane->gone[i];

        if (gone->spi != spi || !ip_equal(gone->remote, from))
            continue;
        if (!gone->is_told && plane_now_ms(plane) - gone->at_ms >= PLANE_GONE_MS) {
            gone->is_told = true;
            tell(plane, gone->local, gone->remote, spi, ESP_VARIANT_OLD_SPI);
        }
        return true;
    }
    return false;
}

void plane_autopsy_stranger(struct plane *plane, struct endpoint from, struct bytes packet)
{
    uint32_t spi = esp_spi_of(packet);

    if (spi == 0 || was_ours(plane, from.ip, spi) || plane->autopsies_left <= PLANE_AUTOPSIES_PER_S / 2)
        return; /* half of them are left to packets with an SPI of ours */
    plane->autopsies_left--;
    for (uint32_t i = 0, left = plane->pair_count, tried = 0;
         i < plane->pair_limit && left > 0 && tried < PLANE_AUTOPSY_KEYS; i++) {
        struct plane_pair *pair = &plane->pairs[i];

        if (!handle_is_set(pair->handle))
            continue;
        left--;
        if (!ip_equal(pair->remote.ip, from.ip) || !may_look(plane, pair))
            continue;
        tried++;
        look(plane, pair);
        pair->variant = esp_autopsy_stranger(&pair->in, pair->has_out ? &pair->out : NULL, packet);
        if (pair->variant != ESP_VARIANT_NONE) {
            tell(plane, pair->local.ip, pair->remote.ip, spi, pair->variant);
            return;
        }
    }
}
