/* The names that an ASA has for ports and types of ICMP: services.def. */
#include "base/service.h"

#include "base/protocol.h"

struct service {
    const char *name;
    uint16_t number;
};

#define PORT(...)
#define ICMP(...)
#define ICMP6(...)
static const struct service ports[] = {
#undef PORT
#define PORT(name, number) {name, number},
#include "base/services.def"
#undef PORT
#define PORT(...)
};

static const struct service icmp_types[] = {
#undef ICMP
#define ICMP(name, number) {name, number},
#include "base/services.def"
#undef ICMP
#define ICMP(...)
};

static const struct service icmp6_types[] = {
#undef ICMP6
#define ICMP6(name, number) {name, number},
#include "base/services.def"
#undef ICMP6
};
#undef PORT
#undef ICMP

static bool service_number(const struct service *services, size_t count, struct bytes text, uint32_t most,
                           uint32_t *number)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(bytes_of_text(services[i].name), text)) {
            *number = services[i].number;
            return true;
        }
    }
    return bytes_decimal(text, most, number);
}

bool service_protocol(struct bytes text, uint8_t *protocol)
{
    uint32_t number;

    if (protocol_of_name(text, protocol))
        return true;
    if (!bytes_decimal(text, 255, &number))
        return false;
    *protocol = (uint8_t)number;
    return true;
}

bool service_port(struct bytes text, uint16_t *port)
{
    uint32_t number;

    if (!service_number(ports, COUNT_OF(ports), text, 65535, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

bool service_icmp_type(struct bytes text, bool is_v6, uint8_t *type)
{
    uint32_t number;

    if (!service_number(is_v6 ? icmp6_types : icmp_types, is_v6 ? COUNT_OF(icmp6_types) : COUNT_OF(icmp_types), text,
                        255, &number))
        return false;
    *type = (uint8_t)number;
    return true;
}
