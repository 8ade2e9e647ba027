#include "daemon/plane_parts.h"

#include <stdlib.h>
#include <string.h>

enum { ICMP_HEADER_LEN = 8 };

/* ---- what is asked ---- */

static struct filter_packet packet_of(const struct inner *inner, struct bytes packet)
{
    bool is_icmp = inner->protocol == PROTOCOL_ICMP || inner->protocol == PROTOCOL_ICMP6;
    struct bytes upper = bytes_after(packet, inner->header_len);
    struct filter_packet asked = {.flow = inner_flow_out(inner), .is_later_fragment = inner->is_later_fragment};

    if (is_icmp && !inner->is_later_fragment && upper.len >= 2) {
        asked.flow.has_ports = true;
        asked.flow.local_port = filter_icmp_port(upper.data[0], upper.data[1]);
    }
    return asked;
}

static bool is_error(const struct filter_packet *asked)
{
    uint8_t type = (uint8_t)(asked->flow.local_port >> 8);

    if (!asked->flow.has_ports)
        return false;
    if (asked->flow.protocol == PROTOCOL_ICMP)
        return type == 3 || type == 4 || type == 11 || type == 12;
    return asked->flow.protocol == PROTOCOL_ICMP6 && type >= 1 && type <= 4;
}

/* The packet that an ICMP error is about, as far as the error has it. */
static bool quoted_of(const struct inner *inner, struct bytes packet, struct filter_packet *quoted)
{
    struct bytes quote = bytes_after(packet, (size_t)inner->header_len + ICMP_HEADER_LEN);
    struct inner of;

    if (!inner_read_beginning(&of, quote))
        return false;
    *quoted = packet_of(&of, quote);
    return true;
}

static bool permits(const struct plane *plane, const struct plane_pair *pair, const struct inner *inner,
                    struct bytes packet, bool is_out)
{
    struct filter_packet asked = packet_of(inner, packet), quoted;
    uint16_t ace;
    bool is_permitted = is_error(&asked) && quoted_of(inner, packet, &quoted) &&
                        filter_permits_in_tunnel(pair->filter, &quoted, !is_out, &ace);

    if (!is_permitted)
        is_permitted = filter_permits_in_tunnel(pair->filter, &asked, is_out, &ace);
    if (plane->filter_hits != NULL)
        plane->filter_hits[pair->filter->first_hit + ace]++;
    return is_permitted;
}

/* ---- packets ---- */

bool plane_filter_in(struct plane *plane, struct plane_pair *pair, const struct esp_packet *packet,
                     struct endpoint from)
{
    struct bytes bytes = bytes_of(packet->data + packet->at, packet->len);

    if (!pair->is_closed && (pair->filter == NULL || permits(plane, pair, &packet->inner, bytes, false)))
        return true;
    esp_tally_drop(&pair->tally, ESP_DROP_FILTERED_IN);
    plane_notice_filtered(plane, pair, &packet->inner, false);
    plane_notice_dropped_in(plane, pair, ESP_DROP_FILTERED_IN, packet, from);
    return false;
}

bool plane_filter_out(struct plane *plane, struct plane_pair *pair, const struct inner *inner, struct bytes packet)
{
    if (!pair->is_closed && (pair->filter == NULL || permits(plane, pair, inner, packet, true)))
        return true;
    esp_tally_drop(&pair->tally, ESP_DROP_FILTERED_OUT);
    plane_notice_filtered(plane, pair, inner, true);
    plane_notice_dropped(
        plane, &(struct plane_drop){.drop = ESP_DROP_FILTERED_OUT, .packet = packet, .len = inner->total_len});
    return false;
}

/* ---- policies ---- */

void plane_filter_set(struct plane_pair *pair, const struct policy *policy)
{
    pair->filter = policy == NULL ? NULL : filter_of(policy, pair->tunnel_group, pair->user);
}

static uint64_t *carry_hits(const struct plane *plane, const struct policy *from, const struct policy *to)
{
    uint64_t *hits = to == NULL || to->filter_count == 0 ? NULL : calloc(filter_hit_count(to), sizeof *hits);
    uint32_t at;

    for (uint16_t i = 0; hits != NULL && plane->filter_hits != NULL && from != NULL && i < from->filter_count; i++)
        for (uint32_t ace = 0; ace <= from->filters[i].ace_count; ace++)
            if (filter_same_line(from, i, (uint16_t)ace, to, &at))
                hits[at] += plane->filter_hits[from->filters[i].first_hit + ace];
    return hits;
}

void plane_filter_repolicy(struct plane *plane, const struct policy *from, const struct policy *to)
{
    uint64_t *hits = carry_hits(plane, from, to);

    free(plane->filter_hits);
    plane->filter_hits = hits;
    for (uint32_t i = 0, left = plane->pair_count; i < plane->pair_limit && left > 0; i++) {
        struct plane_pair *pair = &plane->pairs[i];

        if (!handle_is_set(pair->handle))
            continue;
        left--;
        bool was_filtered = pair->is_closed || pair->filter != NULL;
        if (pair->tunnel_group != NO_INDEX)
            pair->tunnel_group = from == NULL || to == NULL || pair->tunnel_group >= from->tunnel_group_count
                                     ? NO_INDEX
                                     : policy_same_tunnel_group(from, pair->tunnel_group, pair->remote.ip, to);
        plane_filter_set(pair, to);
        pair->is_closed = was_filtered && pair->tunnel_group == NO_INDEX;
    }
}

uint64_t plane_filter_hits(const struct plane *plane, uint16_t filter, uint16_t ace)
{
    return plane->filter_hits == NULL ? 0 : plane->filter_hits[plane->policy->filters[filter].first_hit + ace];
}
