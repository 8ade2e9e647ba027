#include "diag/network.h"

#include <string.h>

bool network_parse(struct network *n, const char *said)
{
    size_t len = strcspn(said, "/");
    struct ip ip, mask;
    unsigned bits = 0;
    bool is_prefix = false;

    if (said[len] != '/' || !ip_parse(&ip, bytes_of(said, len)) || ip_len(ip) != 4)
        return false;
    struct bytes second = bytes_of(said + len + 1, strcspn(said + len + 1, "/ "));
    uint32_t m = 0;

    for (size_t i = 0; i < second.len && i < 3; i++) {
        is_prefix = second.data[i] >= '0' && second.data[i] <= '9';
        bits = bits * 10 + (unsigned)(second.data[i] - '0');
    }
    if (is_prefix && second.len <= 2 && bits <= 32)
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
