#include "wire/natt.h"

#include <string.h>

static const struct natt variants[] = {
#define NATT(name, vendor, nat_d, nat_oa, udp_tunnel, udp_transport, asa_name)                                         \
    {#name, asa_name, VENDOR_##vendor, PL_##nat_d, PL_##nat_oa, IPSEC_ENCAP_##udp_tunnel, IPSEC_ENCAP_##udp_transport},
#include "wire/natt.def"
#undef NATT
};

enum { ESP_LEN_MIN = 8 }; /* SPI and sequence number */

const struct natt *natt_of(enum natt_variant variant)
{
    return variant > NATT_NONE && variant < NATT_COUNT ? &variants[variant - 1] : NULL;
}

enum natt_variant natt_of_vendor(enum vendor_id vendor)
{
    for (size_t i = 0; i < COUNT_OF(variants); i++)
        if (variants[i].vendor == vendor)
            return (enum natt_variant)(i + 1);
    return NATT_NONE;
}

struct bytes nat_d_input(uint8_t space[static NAT_D_INPUT_MAX], const uint8_t cookies[2][8], struct endpoint endpoint)
{
    struct writer w = writer_of(space, NAT_D_INPUT_MAX);

    write_bytes(&w, bytes_of(cookies, 16));
    write_bytes(&w, ip_bytes(&endpoint.ip));
    write_u16(&w, endpoint.port);
    return writer_bytes(&w);
}

enum natt_datagram natt_classify(struct bytes datagram, struct bytes *inner)
{
    *inner = (struct bytes){0};
    if (datagram.len == 1 && datagram.data[0] == KEEPALIVE_BYTE)
        return DATAGRAM_KEEPALIVE;
    if (datagram.len <= NON_ESP_MARKER_LEN)
        return DATAGRAM_JUNK;
    if (bytes_are_zero(bytes_of(datagram.data, NON_ESP_MARKER_LEN))) {
        *inner = bytes_after(datagram, NON_ESP_MARKER_LEN);
        return DATAGRAM_IKE;
    }
    if (datagram.len < ESP_LEN_MIN)
        return DATAGRAM_JUNK;
    *inner = datagram;
    return DATAGRAM_ESP;
}

void non_esp_marker_write(struct writer *w)
{
    write_gap(w, NON_ESP_MARKER_LEN);
}
