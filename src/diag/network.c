#include "diag/network.h"

#include <string.h>

bool network_parse(struct network *n, const char *said)
{
    size_t len = strcspn(said, "/");
    struct ip ip, mask;
    uint32_t bits;

    if (said[len] != '/' || !ip_parse(&ip, bytes_of(said, len)) || ip_len(ip) != 4)
        return false;
    struct bytes second = bytes_of(said + len + 1, strcspn(said + len + 1, "/ "));
    uint32_t m = 0;

    if (bytes_decimal(second, 32, &bits))
        m = bits ? UINT32_MAX << (32 - bits) : 0;
    else if (ip_parse(&mask, second) && ip_len(mask) == 4)
        m = ip_to_v4(mask);
    else
        return false;
    *n = (struct network){ip_to_v4(ip), m};
    return true;
}

bool network_overlaps(const char *one, const char *other)
{
    struct network a, b;

    return network_parse(&a, one) && network_parse(&b, other) && a.mask && b.mask &&
           ((a.address ^ b.address) & a.mask & b.mask) == 0;
}

bool network_is_private(struct ip ip)
{
    uint32_t v4 = ip.family == IP_V4 ? ip_to_v4(ip) : 0;

    return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8;
}
