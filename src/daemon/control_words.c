#include "daemon/control_words.h"

#include "base/check.h"
#include "policy/choose.h"
#include "policy/filter.h"

const char *df_name(enum df_policy df)
{
    static const char *const names[] = {[DF_COPY] = "copy-df", [DF_SET] = "set-df", [DF_CLEAR] = "clear-df"};

    CHECK(df < COUNT_OF(names));
    return names[df];
}

const char *auth_name(uint16_t auth)
{
    switch (policy_signature_of(auth)) {
    case SIGNATURE_RSA: return "rsa";
    case SIGNATURE_NONE: return "preshared";
    default: return "ecdsa";
    }
}

const char *role_name(bool is_initiator)
{
    return is_initiator ? "initiator" : "responder";
}

uint64_t age_s(uint64_t now_ms, uint64_t then_ms)
{
    return now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
}

static bool is_any_port(struct port_range ports)
{
    return ports.first == 0 && ports.last == 65535;
}

void text_add_ident(struct text *t, struct ip_range range, uint8_t protocol, struct port_range ports)
{
    int prefix_len = ip_range_prefix_len(range);

    text_add_ip(t, range.first);
    text_add(t, prefix_len < 0 ? "-" : "/");
    text_add_ip(t, prefix_len < 0 ? range.last : ip_mask((enum ip_family)range.first.family, (unsigned)prefix_len));
    text_add(t, "/%u/%u", protocol, ports.first == ports.last ? ports.first : 0);
}

/* IOS writes the bits that do not matter. */
static struct ip wildcard(struct ip mask)
{
    for (size_t i = 0; i < sizeof mask.octets; i++)
        mask.octets[i] = (uint8_t)~mask.octets[i];
    return mask;
}

static void add_network(struct text *t, struct ip_range range, bool is_ios)
{
    int prefix_len = ip_range_prefix_len(range);

    if (prefix_len == 0) {
        text_add(t, " any");
    } else if (ip_equal(range.first, range.last)) {
        text_add(t, " host ");
        text_add_ip(t, range.first);
    } else {
        text_add(t, " ");
        text_add_ip(t, range.first);
        text_add(t, prefix_len < 0 ? "-" : " ");
        if (prefix_len < 0) {
            text_add_ip(t, range.last);
            return;
        }
        struct ip mask = ip_mask((enum ip_family)range.first.family, (unsigned)prefix_len);

        text_add_ip(t, is_ios ? wildcard(mask) : mask);
    }
}

static void add_ports(struct text *t, struct port_range ports)
{
    if (is_any_port(ports))
        return;
    if (ports.first == ports.last)
        text_add(t, " eq %u", ports.first);
    else
        text_add(t, " range %u %u", ports.first, ports.last);
}

static bool is_icmp(uint8_t protocol)
{
    return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6;
}

/* Of a list that filters: policy/filter.h. */
static void add_icmp_type(struct text *t, const struct selector *s)
{
    if (is_icmp(s->protocol) && !is_any_port(s->local_ports))
        text_add(t, " %u", s->local_ports.first >> 8);
}

static void add_ace(struct text *t, const struct crypto_ace *ace, bool is_ios)
{
    text_add(t, "%s ", ace->is_permit ? "permit" : "deny");
    text_add_protocol(t, ace->selector.protocol);
    add_network(t, ace->selector.local, is_ios);
    if (!is_icmp(ace->selector.protocol))
        add_ports(t, ace->selector.local_ports);
    add_network(t, ace->selector.remote, is_ios);
    add_ports(t, ace->selector.remote_ports);
    add_icmp_type(t, &ace->selector);
}

void text_add_acl_line(struct text *t, const char *acl_name, const struct crypto_ace *ace)
{
    text_add(t, "access-list %s extended ", acl_name);
    add_ace(t, ace, false);
}

void text_add_ios_ace(struct text *t, const struct crypto_ace *ace)
{
    add_ace(t, ace, true);
}

void text_add_ios_acl_line(struct text *t, const char *acl_name, const struct crypto_ace *ace)
{
    text_add(t, "access-list %s ", acl_name);
    add_ace(t, ace, true);
}
