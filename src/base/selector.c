#include "base/selector.h"

#include "base/protocol.h"

struct ip_range ip_range_of_prefix(struct ip ip, unsigned prefix_len)
{
    return (struct ip_range){ip_first(ip, prefix_len), ip_last(ip, prefix_len)};
}

bool ip_range_holds(struct ip_range range, struct ip ip)
{
    return ip.family == range.first.family && ip_compare(range.first, ip) <= 0 && ip_compare(ip, range.last) <= 0;
}

bool ip_range_contains(struct ip_range outer, struct ip_range inner)
{
    return ip_range_holds(outer, inner.first) && ip_range_holds(outer, inner.last);
}

bool ip_range_equal(struct ip_range a, struct ip_range b)
{
    return ip_equal(a.first, b.first) && ip_equal(a.last, b.last);
}

int ip_range_prefix_len(struct ip_range range)
{
    for (unsigned len = 0; len <= ip_len(range.first) * 8; len++)
        if (ip_range_equal(range, ip_range_of_prefix(range.first, len)))
            return (int)len;
    return -1;
}

bool ip_range_intersect(struct ip_range a, struct ip_range b, struct ip_range *both)
{
    if (a.first.family != b.first.family)
        return false;
    struct ip first = ip_compare(a.first, b.first) > 0 ? a.first : b.first;
    struct ip last = ip_compare(a.last, b.last) < 0 ? a.last : b.last;
    if (ip_compare(first, last) > 0)
        return false;
    *both = (struct ip_range){first, last};
    return true;
}

static bool ports_are_any(struct port_range range)
{
    return range.first == 0 && range.last == 65535;
}

static bool ports_hold(struct port_range range, uint16_t port)
{
    return range.first <= port && port <= range.last;
}

static bool ports_contain(struct port_range outer, struct port_range inner)
{
    return ports_hold(outer, inner.first) && ports_hold(outer, inner.last);
}

static bool ports_equal(struct port_range a, struct port_range b)
{
    return a.first == b.first && a.last == b.last;
}

bool selector_matches(const struct selector *s, const struct flow *f)
{
    if (!ip_range_holds(s->local, f->local) || !ip_range_holds(s->remote, f->remote))
        return false;
    if (s->protocol != 0 && s->protocol != f->protocol)
        return false;
    if (ports_are_any(s->local_ports) && ports_are_any(s->remote_ports))
        return true;
    return f->has_ports && ports_hold(s->local_ports, f->local_port) && ports_hold(s->remote_ports, f->remote_port);
}

bool selector_contains(const struct selector *outer, const struct selector *inner)
{
    return ip_range_contains(outer->local, inner->local) && ip_range_contains(outer->remote, inner->remote) &&
           (outer->protocol == 0 || outer->protocol == inner->protocol) &&
           ports_contain(outer->local_ports, inner->local_ports) &&
           ports_contain(outer->remote_ports, inner->remote_ports);
}

static bool are_in_both(struct port_range a, struct port_range b)
{
    return a.first <= b.last && b.first <= a.last;
}

bool selector_overlaps(const struct selector *a, const struct selector *b)
{
    struct ip_range both;

    return ip_range_intersect(a->local, b->local, &both) && ip_range_intersect(a->remote, b->remote, &both) &&
           (a->protocol == 0 || b->protocol == 0 || a->protocol == b->protocol) &&
           are_in_both(a->local_ports, b->local_ports) && are_in_both(a->remote_ports, b->remote_ports);
}

bool selector_equal(const struct selector *a, const struct selector *b)
{
    return ip_range_equal(a->local, b->local) && ip_range_equal(a->remote, b->remote) && a->protocol == b->protocol &&
           ports_equal(a->local_ports, b->local_ports) && ports_equal(a->remote_ports, b->remote_ports);
}

struct selector selector_mirror(struct selector s)
{
    return (struct selector){.local = s.remote,
                             .remote = s.local,
                             .protocol = s.protocol,
                             .local_ports = s.remote_ports,
                             .remote_ports = s.local_ports};
}

void text_add_ip_range(struct text *t, struct ip_range range)
{
    int prefix_len = ip_range_prefix_len(range);

    text_add_ip(t, range.first);
    if (prefix_len < 0) {
        text_add(t, "-");
        text_add_ip(t, range.last);
    } else if ((size_t)prefix_len < ip_len(range.first) * 8) {
        text_add(t, "/%d", prefix_len);
    }
}

static void text_add_ports(struct text *t, struct port_range range)
{
    if (ports_are_any(range))
        text_add(t, "any");
    else if (range.first == range.last)
        text_add(t, "%u", range.first);
    else
        text_add(t, "%u-%u", range.first, range.last);
}

void text_add_selector(struct text *t, const struct selector *s)
{
    text_add_ip_range(t, s->local);
    text_add(t, " -> ");
    text_add_ip_range(t, s->remote);
    if (s->protocol == 0)
        return;
    text_add(t, protocol_name(s->protocol) == NULL ? " protocol " : " ");
    text_add_protocol(t, s->protocol);
    if (ports_are_any(s->local_ports) && ports_are_any(s->remote_ports))
        return;
    text_add(t, " ");
    text_add_ports(t, s->local_ports);
    text_add(t, " -> ");
    text_add_ports(t, s->remote_ports);
}
