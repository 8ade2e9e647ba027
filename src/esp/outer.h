/* What the outer header takes from the inner one, and what it gives back: RFC 4301 section 5.1.2, RFC 6040.
 *
 * TTL: the outer one is the system's default; the inner one was counted down by the kernel when it routed the packet to
 * us, and will be again by the kernel behind the other end. */
#ifndef ESP_OUTER_H
#define ESP_OUTER_H

#include "esp/inner.h"

enum esp_df { ESP_DF_COPY, ESP_DF_SET, ESP_DF_CLEAR };

struct esp_outer {
    uint8_t traffic_class; /* DSCP and ECN copied (RFC 6040 4.1, normal mode) */
    bool has_df;
};

struct esp_outer esp_outer_of(const struct inner *inner, enum esp_df df);

/* May an inner packet be split although it is too big: its DF is off, or the tunnel clears it. */
bool esp_may_split(const struct inner *inner, enum esp_df df);

/* After decapsulation: the congestion mark of the outer header goes into the inner one, with its checksum (RFC
 * 6040 4.2). False: the packet must be dropped, because its transport cannot know of congestion in any other way.
 * `packet` is what `inner` was read from. */
bool esp_ecn_in(uint8_t *packet, const struct inner *inner, uint8_t outer_traffic_class);

/* The traffic class as the outer header had it, with the checksum: transport mode has no other. */
void esp_traffic_class_in(uint8_t *packet, const struct inner *inner, uint8_t outer_traffic_class);

#endif
