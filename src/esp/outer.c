#include "esp/outer.h"

enum ecn { ECN_NOT_CAPABLE = 0, ECN_CAPABLE_1 = 1, ECN_CAPABLE_0 = 2, ECN_CONGESTED = 3, ECN_DROP = 4 };

struct esp_outer esp_outer_of(const struct inner *inner, enum esp_df df)
{
    return (struct esp_outer){.traffic_class = inner->traffic_class,
                              .has_df = df == ESP_DF_SET || (df == ESP_DF_COPY && inner->has_df)};
}

bool esp_may_split(const struct inner *inner, enum esp_df df)
{
    return inner->family == IP_V4 && (!inner->has_df || df == ESP_DF_CLEAR);
}

/* RFC 6040 figure 4: inner row, outer column. */
/* clang-format off */
static const uint8_t ecn_after[4][4] = {
    /* outer:             not capable      capable(1)       capable(0)       congested */
    [ECN_NOT_CAPABLE] = {ECN_NOT_CAPABLE, ECN_NOT_CAPABLE, ECN_NOT_CAPABLE, ECN_DROP},
    [ECN_CAPABLE_1]   = {ECN_CAPABLE_1,   ECN_CAPABLE_1,   ECN_CAPABLE_1,   ECN_CONGESTED},
    [ECN_CAPABLE_0]   = {ECN_CAPABLE_0,   ECN_CAPABLE_1,   ECN_CAPABLE_0,   ECN_CONGESTED},
    [ECN_CONGESTED]   = {ECN_CONGESTED,   ECN_CONGESTED,   ECN_CONGESTED,   ECN_CONGESTED},
};
/* clang-format on */

static void put_v4(uint8_t *packet, uint8_t traffic_class)
{
    uint16_t before = (uint16_t)(packet[0] << 8 | packet[1]);
    uint16_t checksum = (uint16_t)(packet[10] << 8 | packet[11]);

    packet[1] = traffic_class;
    checksum = checksum_change(checksum, before, (uint16_t)(packet[0] << 8 | packet[1]));
    packet[10] = (uint8_t)(checksum >> 8);
    packet[11] = (uint8_t)checksum;
}

static void put_v6(uint8_t *packet, uint8_t traffic_class)
{
    packet[0] = (uint8_t)((packet[0] & 0xf0) | traffic_class >> 4);
    packet[1] = (uint8_t)((packet[1] & 0x0f) | traffic_class << 4);
}

void esp_traffic_class_in(uint8_t *packet, const struct inner *inner, uint8_t outer_traffic_class)
{
    if (inner->family == IP_V4)
        put_v4(packet, outer_traffic_class);
    else
        put_v6(packet, outer_traffic_class);
}

bool esp_ecn_in(uint8_t *packet, const struct inner *inner, uint8_t outer_traffic_class)
{
    uint8_t before = inner->traffic_class & 3;
    uint8_t after = ecn_after[before][outer_traffic_class & 3];

    if (after == ECN_DROP)
        return false;
    if (after != before) {
        esp_traffic_class_in(packet, inner, (uint8_t)((inner->traffic_class & 0xfc) | after));
    }
    return true;
}
