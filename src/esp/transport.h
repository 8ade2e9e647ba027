/* Transport mode, RFC 4303 section 3.1.1: ESP protects what stands behind the IP header of a packet between the two
 * ends themselves. The header is not sent twice: the outer one is made by the kernel, and whoever opens the packet
 * makes another. */
#ifndef ESP_TRANSPORT_H
#define ESP_TRANSPORT_H

#include "esp/packet.h"

/* Whole packets without options or extension headers: the others lose their headers. */
bool esp_transport_carries(const struct inner *inner);

/* The header comes off: at, len and next_header of `packet` are of what stood behind it. */
void esp_transport_take_off(struct esp_packet *packet, const struct inner *inner);

/* A header of `ends` before the payload at packet->at, of that protocol. The room before it is the caller's promise:
 * ESP_HEADROOM before the ESP header. False: the whole would be longer than a packet can be. */
bool esp_transport_put_on(struct esp_packet *packet, uint8_t protocol, const struct esp_ends *ends);

#endif
