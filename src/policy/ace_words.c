#include "policy/ace_words.h"

#include "base/protocol.h"

static struct ip wildcard(struct ip mask)
{
    for (size_t i = 0; i < sizeof mask.octets; i++)
        mask.octets[i] = (uint8_t)~mask.octets[i];
    return mask;
}

void text_add_ace_network(struct text *t, struct ip_range range, bool is_ios)
{
    int prefix_len = ip_range_prefix_len(range);

    if (prefix_len == 0) {
        text_add(t, "any");
    } else if (ip_equal(range.first, range.last)) {
        text_add(t, "host ");
        text_add_ip(t, range.first);
    } else if (prefix_len < 0) {
        text_add_ip(t, range.first);
        text_add(t, "-");
        text_add_ip(t, range.last);
    } else {
        struct ip mask = ip_mask((enum ip_family)range.first.family, (unsigned)prefix_len);

        text_add_ip(t, range.first);
        text_add(t, " ");
        text_add_ip(t, is_ios ? wildcard(mask) : mask);
    }
}

static bool is_any_port(struct port_range ports)
{
    return ports.first == 0 && ports.last == 65535;
}

void text_add_ace_ports(struct text *t, struct port_range ports)
{
    if (ports.first == ports.last)
        text_add(t, " eq %u", ports.first);
    else if (!is_any_port(ports))
        text_add(t, " range %u %u", ports.first, ports.last);
}

static bool is_icmp(uint8_t protocol)
{
    return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6;
}

/* Of a list that filters: policy/filter.h. */
static void add_icmp_type(struct text *t, const struct selector *s)
{
    if (!is_icmp(s->protocol) || is_any_port(s->local_ports))
        return;
    text_add(t, " %u", s->local_ports.first >> 8);
    if (s->local_ports.first == s->local_ports.last)
        text_add(t, " %u", s->local_ports.first & UINT8_MAX);
}

void text_add_ace(struct text *t, const struct crypto_ace *ace, bool is_ios)
{
    const struct selector *s = &ace->selector;

    text_add(t, "%s ", ace->is_permit ? "permit" : "deny");
    if (is_ios && s->protocol == PROTOCOL_AH) /* which has another name there */
        text_add(t, "%u", s->protocol);
    else
        text_add_protocol(t, s->protocol);
    text_add(t, " ");
    text_add_ace_network(t, s->local, is_ios);
    if (!is_icmp(s->protocol))
        text_add_ace_ports(t, s->local_ports);
    text_add(t, " ");
    text_add_ace_network(t, s->remote, is_ios);
    text_add_ace_ports(t, s->remote_ports);
    add_icmp_type(t, s);
}

void text_add_acl_line(struct text *t, const char *acl_name, const struct crypto_ace *ace)
{
    text_add(t, "access-list %s extended ", acl_name);
    text_add_ace(t, ace, false);
}

void text_add_ios_acl_line(struct text *t, const char *acl_name, const struct crypto_ace *ace)
{
    text_add(t, "access-list %s ", acl_name);
    text_add_ace(t, ace, true);
}
