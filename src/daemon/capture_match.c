/* Which packets a capture takes, as it is typed: in the words of an ASA, or in those of tcpdump. */
#include "base/protocol.h"
#include "daemon/capture.h"

#include <string.h>

enum { WORDS_MAX = 16 };

static const struct port_range any_port = {0, 65535};

struct words {
    struct bytes list[WORDS_MAX];
    size_t count, at;
    struct text *why;
};

static struct bytes word_at(const struct words *w)
{
    return w->at < w->count ? w->list[w->at] : (struct bytes){0};
}

static bool is_word(const struct words *w, const char *text)
{
    return bytes_equal(word_at(w), bytes_of_text(text));
}

static bool take_word(struct words *w, const char *text)
{
    if (!is_word(w, text))
        return false;
    w->at++;
    return true;
}

static bool refuse(struct words *w, const char *expected)
{
    if (w->at < w->count) {
        text_add(w->why, "match: '");
        text_add_escaped(w->why, word_at(w));
        text_add(w->why, "' where there should be %s", expected);
    } else {
        text_add(w->why, "match: %s is missing", expected);
    }
    return false;
}

static bool take_protocol(struct words *w, uint8_t *protocol)
{
    unsigned number;

    if (protocol_of_name(word_at(w), protocol)) {
        w->at++;
        return true;
    }
    if (!bytes_decimal(word_at(w), 255, &number))
        return false;
    w->at++;
    *protocol = (uint8_t)number;
    return true;
}

static bool take_ip(struct words *w, struct ip *ip)
{
    if (!ip_parse(ip, word_at(w)))
        return refuse(w, "an address");
    w->at++;
    return true;
}

/* A.B.C.D/LEN; or a netmask after it. */
static bool take_network(struct words *w, struct ip_range *range)
{
    struct bytes word = word_at(w);
    const uint8_t *slash = word.len ? memchr(word.data, '/', word.len) : NULL;
    struct ip ip, mask;
    unsigned len;

    if (slash != NULL) {
        size_t before = (size_t)(slash - word.data);

        if (!ip_parse(&ip, bytes_of(word.data, before)) ||
            !bytes_decimal(bytes_after(word, before + 1), 8 * (unsigned)ip_len(ip), &len))
            return refuse(w, "a network");
        w->at++;
    } else {
        if (!take_ip(w, &ip))
            return false;
        if (!ip_parse(&mask, word_at(w)) || mask.family != ip.family || ip_mask_len(mask) < 0)
            return refuse(w, "a netmask");
        len = (unsigned)ip_mask_len(mask);
        w->at++;
    }
    *range = ip_range_of_prefix(ip, len);
    return true;
}

/* `any` has no family: it takes that of the other end. */
static bool take_end(struct words *w, struct ip_range *range, bool *is_any)
{
    struct ip ip;

    *is_any = take_word(w, "any");
    if (*is_any)
        return true;
    if (take_word(w, "any4")) {
        *range = ip_range_of_prefix(ip_of_v4(0), 0);
        return true;
    }
    if (take_word(w, "host")) {
        if (!take_ip(w, &ip))
            return false;
        *range = (struct ip_range){ip, ip};
        return true;
    }
    return take_network(w, range);
}

static bool take_port(struct words *w, struct port_range *ports)
{
    unsigned port;

    if (!bytes_decimal(word_at(w), 65535, &port))
        return refuse(w, "the number of a port");
    w->at++;
    *ports = (struct port_range){(uint16_t)port, (uint16_t)port};
    return true;
}

/* What is not said of an end. Without any address a selector is of one family, and there is one for each. */
static void complete(struct capture_match *match, struct selector s, bool is_local_any, bool is_remote_any)
{
    struct selector six = s;

    if (is_local_any && is_remote_any) {
        s.local = s.remote = ip_range_of_prefix(ip_of_v4(0), 0);
        six.local = six.remote = ip_range_of_prefix(ip_of_bytes(bytes_of((uint8_t[16]){0}, 16)), 0);
        match->any_of[match->count++] = six;
    } else if (is_local_any) {
        s.local = ip_range_of_prefix(s.remote.first, 0);
    } else if (is_remote_any) {
        s.remote = ip_range_of_prefix(s.local.first, 0);
    }
    match->any_of[match->count++] = s;
}

static bool read_asa(struct capture_match *match, struct words *w)
{
    struct selector s = {.local_ports = any_port, .remote_ports = any_port};
    bool is_local_any, is_remote_any;

    if (!take_protocol(w, &s.protocol))
        return refuse(w, "a protocol: ip, tcp, udp, icmp, esp or a number");
    if (!take_end(w, &s.local, &is_local_any) ||
        (capture_has_ports(s.protocol) && take_word(w, "eq") && !take_port(w, &s.local_ports)) ||
        !take_end(w, &s.remote, &is_remote_any) ||
        (capture_has_ports(s.protocol) && take_word(w, "eq") && !take_port(w, &s.remote_ports)))
        return false;
    if (w->at < w->count)
        return refuse(w, capture_has_ports(s.protocol) ? "eq and a port, or nothing" : "nothing more");
    if (!is_local_any && !is_remote_any && s.local.first.family != s.remote.first.family) {
        text_add(w->why, "match: one end is IPv4, and the other IPv6");
        return false;
    }
    complete(match, s, is_local_any, is_remote_any);
    return true;
}

/* What tcpdump's words have said so far. */
struct said {
    uint8_t protocol;
    struct ip_range ends[2];
    struct port_range ports[2];
    size_t end_count, port_count;
};

static bool read_primitive(struct said *said, struct words *w)
{
    struct ip ip;

    if (take_word(w, "host")) {
        if (said->end_count == 2)
            return refuse(w, "no third address");
        if (!take_ip(w, &ip))
            return false;
        said->ends[said->end_count++] = (struct ip_range){ip, ip};
        return true;
    }
    if (take_word(w, "net"))
        return said->end_count == 2 ? refuse(w, "no third address") : take_network(w, &said->ends[said->end_count++]);
    if (take_word(w, "port"))
        return said->port_count == 2 ? refuse(w, "no third port") : take_port(w, &said->ports[said->port_count++]);
    if (said->protocol == 0 && take_protocol(w, &said->protocol))
        return true;
    return refuse(w, "host, net, port or one protocol");
}

/* A host is either end, and a port that of either. Which of two hosts has which of two ports is not said. */
static bool read_tcpdump(struct capture_match *match, struct words *w)
{
    struct said said = {.ports = {any_port, any_port}};
    bool is_protocol;

    do {
        uint8_t before = said.protocol;

        if (!read_primitive(&said, w))
            return false;
        is_protocol = said.protocol != before; /* udp port 500: an `and` that is not said */
        if (w->at == w->count)
            break;
    } while (take_word(w, "and") || is_protocol);
    if (w->at < w->count || is_word(w, "and"))
        return refuse(w, "and, or the end: or, not and brackets are not known here");
    if (said.end_count == 2 && said.ends[0].first.family != said.ends[1].first.family) {
        text_add(w->why, "match: one end is IPv4, and the other IPv6");
        return false;
    }

    struct selector s = {said.ends[0], said.ends[1], said.protocol, said.ports[0], said.ports[1]};

    complete(match, s, said.end_count < 1, said.end_count < 2);
    if (said.end_count > 0 && said.port_count > 0) {
        s = match->any_of[0];
        s.local_ports = said.ports[1];
        s.remote_ports = said.ports[0];
        match->any_of[match->count++] = s;
    }
    return true;
}

static bool is_tcpdump(struct words w)
{
    uint8_t protocol;

    if (!take_protocol(&w, &protocol))
        return true;
    for (size_t i = 0; i < w.count; i++)
        if (bytes_equal(w.list[i], bytes_of_text("and")) || bytes_equal(w.list[i], bytes_of_text("port")))
            return true;
    return w.count == 1;
}

bool capture_match_read(struct capture_match *match, struct bytes words, struct text *why)
{
    struct words w = {.why = why};
    struct capture_match found = {0};
    size_t begin = 0;

    for (size_t i = 0; i <= words.len; i++) {
        if (i < words.len && words.data[i] != ' ')
            continue;
        if (i > begin && w.count == WORDS_MAX) {
            text_add(why, "match: too many words");
            return false;
        }
        if (i > begin)
            w.list[w.count++] = bytes_of(words.data + begin, i - begin);
        begin = i + 1;
    }
    if (!(is_tcpdump(w) ? read_tcpdump : read_asa)(&found, &w))
        return false;
    if (match->count + found.count > CAPTURE_MATCH_MAX) {
        text_add(why, "match: there are as many as one capture can have");
        return false;
    }
    memcpy(&match->any_of[match->count], found.any_of, found.count * sizeof found.any_of[0]);
    match->count += found.count;
    return true;
}
