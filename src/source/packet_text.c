/* Packets that somebody has printed: lines of tcpdump, and of an ASA's `show capture`. They name neither cookies nor
 * which message of its exchange one is (an ASA not even the exchange): order and pauses tell. */
#include "source/parts.h"
#include "wire/natt.h"
#include "wire/numbers.h"

#include <string.h>

enum { ANSWERED_WITHIN_MS = 400, NAT_KEEPALIVE_LEN = 1 };

/* A line, taken apart. */
struct text_line {
    struct ip from, to;
    uint16_t from_port, to_port; /* 0: not told */
    struct bytes text;           /* behind the addresses */
};

/* ---- taking it apart ---- */

static const struct {
    const char *name;
    uint16_t port;
} ports[] = {{"isakmp", IKE_PORT}, {"ipsec-nat-t", NATT_PORT}, {"ipsec-msft", NATT_PORT}};

static bool read_port(struct bytes word, uint16_t *port)
{
    uint32_t number;

    for (size_t i = 0; i < COUNT_OF(ports); i++)
        if (bytes_equal(word, bytes_of_text(ports[i].name))) {
            *port = ports[i].port;
            return true;
        }
    if (!bytes_decimal(word, UINT16_MAX, &number))
        return false;
    *port = (uint16_t)number;
    return true;
}

/* 192.0.2.1.500, 2001:db8::1.500, or an address alone. */
static bool read_end(struct bytes word, struct ip *ip, uint16_t *port)
{
    size_t dot = word.len;

    *port = 0;
    if (ip_parse(ip, word))
        return true;
    while (dot > 0 && word.data[dot - 1] != '.')
        dot--;
    return dot > 1 && ip_parse(ip, bytes_of(word.data, dot - 1)) && read_port(bytes_after(word, dot), port);
}

/* The word that ends at `end`. */
static struct bytes word_before(struct bytes line, size_t end)
{
    size_t begin = end;

    while (begin > 0 && line.data[begin - 1] != ' ')
        begin--;
    return bytes_of(line.data + begin, end - begin);
}

static bool take_apart(struct bytes line, struct text_line *l, size_t *head_len)
{
    size_t at, len = 0;

    if (!bytes_has(line, " > ", &at))
        return false;
    struct bytes from = word_before(line, at), behind = bytes_after(line, at + 3);

    while (len < behind.len && behind.data[len] != ' ')
        len++;
    if (len == 0 || behind.data[len - 1] != ':') /* an ASA has a blank before what is no port's */
        return false;
    *head_len = (size_t)(from.data - line.data);
    l->text = bytes_trim(bytes_after(behind, len));
    return read_end(from, &l->from, &l->from_port) && read_end(bytes_of(behind.data, len - 1), &l->to, &l->to_port);
}

static uint64_t number_behind(struct bytes text, const char *words, unsigned base)
{
    uint64_t number = 0;
    size_t at;

    if (bytes_has(text, words, &at))
        (void)source_read_number(bytes_after(text, at + strlen(words)), base, &number);
    return number;
}

/* ---- which message it is ---- */

static struct text_pair *pair_of(struct source *s, const struct text_line *l)
{
    struct text_pair *pair;

    for (size_t i = 0; i < TEXT_PAIRS_MAX; i++) {
        pair = &s->text_pairs[i];
        if ((ip_equal(pair->initiator, l->from) && ip_equal(pair->responder, l->to)) ||
            (ip_equal(pair->initiator, l->to) && ip_equal(pair->responder, l->from)))
            return pair;
    }
    pair = &s->text_pairs[s->text_pair_next++ % TEXT_PAIRS_MAX];
    *pair = (struct text_pair){.initiator = l->from, .responder = l->to};
    return pair;
}

/* What was answered at once is over: what comes from there a moment later is the next message, and after a pause the
 * same again. Without stamps it is the next. */
static bool is_again(const struct source *s, const struct text_pair *pair)
{
    return s->stamp.extent != STAMP_NONE && pair->at_ms != 0 && s->stamp.ms > pair->at_ms + ANSWERED_WITHIN_MS;
}

/* Odd ones come from the initiator. Of main mode 5 and 6 are sealed, of aggressive mode 3. */
static uint8_t phase1_number(const struct source *s, struct text_pair *pair, uint8_t exchange, bool is_initiator,
                             bool is_sealed)
{
    uint8_t last = pair->exchange == exchange ? pair->number : 0, most = exchange == XCHG_MAIN ? 4 : 2;

    if (is_sealed)
        return exchange == XCHG_AGGRESSIVE ? 3 : is_initiator ? 5 : 6;
    if (last > most)
        last = 0;
    if (last == 0)
        memset(pair->counts, 0, sizeof pair->counts);
    if (!is_initiator)
        return last == 0 ? 2 : (uint8_t)(last + last % 2);
    if (last == 0 || last % 2 == 1)
        return last == 0 ? 1 : last;
    return last == most || is_again(s, pair) ? (uint8_t)(last - 1) : (uint8_t)(last + 1);
}

static uint8_t quick_number(const struct source *s, struct text_pair *pair, bool is_initiator)
{
    bool is_first = pair->quick == 0 || pair->quick == 3;

    if (is_first) {
        pair->has_responder_begun = !is_initiator;
        memset(pair->counts[1], 0, sizeof pair->counts[1]);
    }
    if (is_initiator == pair->has_responder_begun)
        return 2;
    return pair->quick == 2 && !is_again(s, pair) ? 3 : 1;
}

/* ---- what is said of it ---- */

/* How often, this time included. */
static uint16_t count_message(struct text_pair *pair, const struct packet_seen *p)
{
    uint16_t *count = &pair->counts[p->exchange == XCHG_QUICK][p->number];

    return *count = (uint16_t)(*count + (*count < UINT16_MAX));
}

static void take_number(const struct source *s, struct text_pair *pair, struct packet_seen *p, bool is_initiator)
{
    if (p->exchange == XCHG_QUICK) {
        p->number = quick_number(s, pair, is_initiator);
        pair->quick = p->number;
    } else {
        pair->number = p->number;
        pair->exchange = p->exchange;
        pair->quick = 0;
    }
    p->count = count_message(pair, p);
    pair->at_ms = s->stamp.ms;
}

/* Of a notify in clear the type stands in a line below, where tcpdump shows what is in a message. */
static void say_packet(struct source *s, const struct text_line *l, struct packet_seen *p)
{
    struct event e;

    p->source = l->from;
    p->destination = l->to;
    p->from = l->from_port;
    p->to = l->to_port;
    packet_event(&e, p);
    if (p->exchange == XCHG_INFORMATIONAL && !p->is_sealed && l->text.data[l->text.len - 1] == ':')
        s->text_notify = e;
    else
        source_say(s, &e);
}

/* tcpdump's names of exchanges. */
static const struct {
    const char *name;
    uint8_t exchange;
} exchanges[] = {{"ident", XCHG_MAIN},
                 {"agg", XCHG_AGGRESSIVE},
                 {"oakley-quick", XCHG_QUICK},
                 {"inf", XCHG_INFORMATIONAL},
                 {"#6", XCHG_TRANSACTION}};

static void say_ikev2(struct source *s, const struct text_line *l)
{
    struct event e = event_of(EV_IKEV2_SEEN);

    event_add_ip(&e, FIELD_SOURCE, l->from);
    event_add_ip(&e, FIELD_DESTINATION, l->to);
    event_add_number(&e, FIELD_PORT, l->from_port);
    event_add_number(&e, FIELD_LOCAL_PORT, l->to_port);
    source_say(s, &e);
}

/* Who it is from, by the cookies; false: it does not know. */
static bool take_side(struct bytes *text, bool *is_initiator)
{
    if (bytes_take(text, "? "))
        return false;
    *is_initiator = bytes_take(text, "I ");
    return *is_initiator || bytes_take(text, "R ");
}

/* "phase 1 I ident[E]": who, what, and whether it is sealed. */
static enum reading read_isakmp(struct source *s, const struct text_line *l, struct bytes text)
{
    struct packet_seen p = {0};
    size_t at;

    if (bytes_has(text, "parent_sa", &at) || bytes_has(text, "child_sa", &at) || bytes_has(text, "ikev2", &at)) {
        say_ikev2(s, l);
        return READ_SAID;
    }
    if (!bytes_has(text, "phase 1 ", &at) && !bytes_has(text, "phase 2/others ", &at))
        return READ_UNREAD;
    text = bytes_after(text, at);
    (void)(bytes_take(&text, "phase 1 ") || bytes_take(&text, "phase 2/others "));
    struct text_pair *pair = pair_of(s, l);
    bool is_initiator = ip_equal(pair->initiator, l->from), is_told = take_side(&text, &is_initiator);

    if (is_told && is_initiator != ip_equal(pair->initiator, l->from))
        *pair = (struct text_pair){.initiator = is_initiator ? l->from : l->to,
                                   .responder = is_initiator ? l->to : l->from};
    p.is_sealed = bytes_has(text, "[E]", &at);
    for (size_t i = 0; i < COUNT_OF(exchanges); i++)
        if (bytes_begin_with(text, bytes_of_text(exchanges[i].name)))
            p.exchange = exchanges[i].exchange;
    if (p.exchange == 0)
        return READ_UNREAD;
    if (p.exchange == XCHG_MAIN || p.exchange == XCHG_AGGRESSIVE)
        p.number = phase1_number(s, pair, p.exchange, is_initiator, p.is_sealed);
    if (p.number != 0 || p.exchange == XCHG_QUICK)
        take_number(s, pair, &p, is_initiator);
    say_packet(s, l, &p);
    return READ_SAID;
}

static enum reading say_esp(struct source *s, const struct text_line *l, bool is_in_udp)
{
    struct event e = event_of(EV_ESP_SEEN);

    event_add_ip(&e, FIELD_SOURCE, l->from);
    event_add_ip(&e, FIELD_DESTINATION, l->to);
    event_add_number(&e, FIELD_SPI, number_behind(l->text, "spi=", 16));
    event_add_number(&e, FIELD_ESP_SEQUENCE, number_behind(l->text, "seq=", 16));
    event_add_number(&e, FIELD_IN_UDP, is_in_udp);
    event_add_number(&e, FIELD_LENGTH, number_behind(l->text, "length ", 10));
    source_say(s, &e);
    return READ_SAID;
}

/* An ASA tells the length alone: on UDP 500 all is ISAKMP, and what is as long as before and has not been answered is
 * the same again. Behind message 4, and on UDP 4500, anything may be anything. */
static enum reading read_udp(struct source *s, const struct text_line *l)
{
    struct text_pair *pair = pair_of(s, l);
    struct packet_seen p = {.exchange = XCHG_MAIN, .length = (uint32_t)number_behind(l->text, "udp ", 10)};
    bool is_initiator = ip_equal(pair->initiator, l->from);

    if ((l->from_port != IKE_PORT && l->to_port != IKE_PORT) || p.length <= NAT_KEEPALIVE_LEN || pair->number > 4)
        return READ_OTHER;
    p.number = phase1_number(s, pair, XCHG_MAIN, is_initiator, false);
    if (p.length == pair->lengths[is_initiator] && pair->number > 0 && (pair->number % 2 == 1) != is_initiator &&
        p.number > 2)
        p.number = (uint8_t)(p.number - 2);
    pair->lengths[is_initiator] = p.length;
    take_number(s, pair, &p, is_initiator);
    say_packet(s, l, &p);
    return READ_SAID;
}

/* ---- ICMP errors: tcpdump says of which packet ---- */

static const struct {
    const char *says;
    uint8_t code;
    uint16_t port;
} errors[] = {
    {" udp port 500 unreachable", 3, IKE_PORT},
    {" udp port 4500 unreachable", 3, NATT_PORT},
    {" protocol 50 unreachable", 2, 0},
    {" unreachable - admin prohibited", 10, IKE_PORT},
    {"net ", 0, IKE_PORT},
    {"host ", 1, IKE_PORT},
};

/* Else it may be of any other business. */
static bool is_end(const struct source *s, struct ip ip)
{
    for (size_t i = 0; i < TEXT_PAIRS_MAX; i++)
        if (ip_equal(s->text_pairs[i].initiator, ip) || ip_equal(s->text_pairs[i].responder, ip))
            return true;
    return false;
}

static enum reading read_icmp(struct source *s, const struct text_line *l)
{
    struct bytes text = bytes_after(l->text, 5);
    struct event e = event_of(EV_ICMP_SEEN);
    size_t at, i = 0;
    struct ip about;

    if (!bytes_has(text, " unreachable", &at))
        return READ_OTHER;
    while (i < COUNT_OF(errors) && !bytes_has(text, errors[i].says, &at))
        i++;
    (void)(bytes_take(&text, "net ") || bytes_take(&text, "host "));
    if (i == COUNT_OF(errors) || !bytes_has(text, " ", &at) || !ip_parse(&about, bytes_of(text.data, at)) ||
        !is_end(s, about))
        return READ_OTHER;
    event_add_ip(&e, FIELD_SOURCE, l->from);
    event_add_ip(&e, FIELD_PEER, l->to);
    event_add_ip(&e, FIELD_DESTINATION, about);
    if (errors[i].port != 0) {
        event_add_number(&e, FIELD_PORT, errors[i].port);
        event_add_number(&e, FIELD_LOCAL_PORT, errors[i].port);
    }
    event_add_number(&e, FIELD_PROTOCOL, errors[i].port == 0 ? PROTOCOL_ESP : PROTOCOL_UDP);
    event_add_number(&e, FIELD_ICMP_TYPE, 3);
    event_add_number(&e, FIELD_ICMP_CODE, errors[i].code);
    source_say(s, &e);
    return READ_SAID;
}

/* ---- what tcpdump -v says in lines of its own ---- */

/* "07:23:32.299 IP (tos 0x0, ttl 64, ...": the packet is in the next line, without a stamp. */
static bool is_head(struct source *s, struct bytes line)
{
    size_t at;

    if (!bytes_has(line, " IP (tos ", &at) && !bytes_has(line, " IP6 (", &at))
        return false;
    source_is(s, SOURCE_PACKET_TEXT, PRODUCT_UNKNOWN);
    source_stamp(s, bytes_of(line.data, at));
    s->text_stamp = s->stamp;
    return true;
}

/* "(n: doi=ipsec proto=isakmp type=NO-PROPOSAL-CHOSEN ...", below the message that it is in. */
static bool is_notify(struct source *s, struct bytes line)
{
    struct bytes text = bytes_trim(line);
    char space[40];
    struct text name = text_of(space, sizeof space);
    uint32_t number;
    size_t at;

    if (s->text_notify.kind == EV_NONE || !bytes_begin_with(text, bytes_of_text("(n: ")) ||
        !bytes_has(text, " type=", &at))
        return false;
    for (text = bytes_after(text, at + 6); text.len > 0 && strchr(" )", text.data[0]) == NULL;
         text = bytes_after(text, 1))
        text_add(&name, "%c", text.data[0] == '-' ? '_' : text.data[0]);
    source_is(s, SOURCE_PACKET_TEXT, PRODUCT_UNKNOWN);
    s->stamp = s->text_stamp;
    if (number_of_name(SPACE_NOTIFY, bytes_of_text(space), &number)) {
        event_add_text(&s->text_notify, FIELD_NOTIFY, space);
        event_add_number(&s->text_notify, FIELD_NOTIFY_NUMBER, number);
    }
    source_say(s, &s->text_notify);
    s->text_notify.kind = EV_NONE;
    return true;
}

/* ---- a line: a stamp, a number or blanks stand first ---- */

enum reading packet_text_line(struct source *s, struct bytes line)
{
    struct text_line l;
    struct bytes text;
    size_t head_len, at;
    bool may_be = line.len > 0 && (line.data[0] == ' ' || (line.data[0] >= '0' && line.data[0] <= '9'));

    if (!may_be)
        return READ_NOT_MINE;
    if (is_notify(s, line))
        return READ_SAID;
    if (!take_apart(line, &l, &head_len))
        return is_head(s, line) ? READ_OTHER : READ_NOT_MINE;
    text = l.text;
    bool is_in_udp = bytes_take(&text, "UDP-encap: "), is_natted = bytes_take(&text, "NONESP-encap: ");
    bool is_isakmp = bytes_begin_with(text, bytes_of_text("isakmp")) || is_natted;
    bool is_esp = bytes_begin_with(text, bytes_of_text("ESP(spi="));
    bool is_udp = bytes_begin_with(text, bytes_of_text("udp ")) && bytes_has(line, ":  udp ", &at);
    bool is_icmp = bytes_begin_with(text, bytes_of_text("ICMP "));

    source_is(s, SOURCE_PACKET_TEXT, PRODUCT_UNKNOWN);
    if (!is_isakmp && !is_esp && !is_udp && !is_icmp)
        return READ_OTHER;
    source_stamp(s, bytes_of(line.data, head_len));
    if (s->stamp.extent == STAMP_NONE)
        s->stamp = s->text_stamp;
    if (is_isakmp)
        return bytes_begin_with(text, bytes_of_text("isakmp-nat-keep-alive")) ? READ_OTHER : read_isakmp(s, &l, text);
    if (is_esp)
        return say_esp(s, &l, is_in_udp);
    return is_udp ? read_udp(s, &l) : read_icmp(s, &l);
}
