/* How big an inner packet may be, and telling its sender when it is bigger; TCP's MSS. */
#ifndef ESP_MTU_H
#define ESP_MTU_H

#include "esp/inner.h"
#include "esp/sa.h"

enum {
    ESP_PATH_MTU_MIN = 576, /* a path that claims less is not believed (attack list E11) */
    ESP_TCP_MSS = 1380,     /* `sysopt connection tcpmss`: an ASA's default */
    ESP_TOO_BIG_MAX = 1280, /* the longest packet of esp_too_big */
};

/* Outer IP header, UDP header, ESP header, IV, whole block of padding, trailer, ICV: what an ASA calls the ipsec
 * overhead. 74 for AES and SHA-1 without UDP. */
size_t esp_overhead(const struct esp_shape *shape, enum ip_family outer);

/* The longest inner packet whose outer packet is not longer than `path_mtu`. */
size_t esp_inner_mtu(const struct esp_shape *shape, enum ip_family outer, size_t path_mtu);

/* The length of the outer packet around an inner packet of that length. */
size_t esp_outer_len(const struct esp_shape *shape, enum ip_family outer, size_t inner_len);

/* Writes "fragmentation needed" (RFC 792, 1191) or "packet too big" (RFC 4443 3.2) for the sender of `packet`, from
 * `from`, or from the packet's destination when `from` is IP_NONE or of the other family. Returns its length; 0 when
 * none may be sent: the packet is an ICMP error, a later fragment, or has a source that is no host (RFC 1122 3.2.2).
 * `out` has room for ESP_TOO_BIG_MAX bytes. */
size_t esp_too_big(const struct inner *inner, struct bytes packet, size_t mtu, struct ip from, uint8_t *out);

/* Lowers the MSS option of a TCP SYN (either family, not in a fragment) to `mss`, with the TCP checksum (RFC 1624).
 * True when it did. A SYN without the option is left alone, as on an ASA. */
bool esp_clamp_mss(uint8_t *packet, const struct inner *inner, uint16_t mss);

#endif
