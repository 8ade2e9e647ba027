/* Rows of tables on screens that are read by more than a text with places for fields. */
#include "source/rows.h"

#include "event/form.h"
#include "event/withheld.h"

#include <string.h>

/* ---- ISAKMP SAs ---- */

/* Not set: struck out. */
static bool read_end(struct bytes word, struct ip *ip)
{
    *ip = (struct ip){0};
    return ip_parse(ip, word) || address_is_withheld(word);
}

/* 11.11.11.2 10.10.10.2 MM_SA_SETUP 1 0 (deleted) */
enum reading ios_sa_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, first = bytes_word(&rest), second = bytes_word(&rest), state = bytes_word(&rest);
    struct ip destination, source;
    uint64_t number;
    size_t at;
    struct event e = event_of(EV_SCREEN_SA);

    if (!read_end(first, &destination) || !read_end(second, &source) || state.len < 5)
        return READ_NOT_MINE;
    if (ip_is_set(source) && ip_is_set(destination)) {
        event_add_ip(&e, FIELD_SOURCE, source); /* of message 1 */
        event_add_ip(&e, FIELD_DESTINATION, destination);
    }
    event_add_bytes(&e, FIELD_IOS_STATE, state);
    if (bytes_number(bytes_word(&rest), 10, &number))
        event_add_number(&e, FIELD_CONN_ID, number);
    if (bytes_has(line, "deleted", &at))
        event_add_text(&e, FIELD_CAUSE, "deleted");
    return source_say_screen(s, PRODUCT_IOS, &e);
}

/* 29609 100.0.10.2 100.13.220.2 RED ACTIVE aes sha psk 16 00:01:47 D: the name of the VRF may be missing */
enum reading ios_detail_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, word = bytes_word(&rest);
    struct event e = event_of(EV_SCREEN_SA);
    struct ip local, peer;
    uint64_t number;
    size_t at;

    if (!bytes_number(word, 10, &number))
        return bytes_has(line, "Engine-id:Conn-id", &at) ? READ_SAID : READ_NOT_MINE;
    event_add_number(&e, FIELD_CONN_ID, number);
    if (!read_end(bytes_word(&rest), &local) || !read_end(bytes_word(&rest), &peer))
        return READ_NOT_MINE;
    if (ip_is_set(local))
        event_add_ip(&e, FIELD_LOCAL, local);
    if (ip_is_set(peer))
        event_add_ip(&e, FIELD_PEER, peer);
    word = bytes_word(&rest);
    if (!bytes_equal(word, bytes_of_text("ACTIVE")) && bytes_has(rest, "ACTIVE", &at))
        word = bytes_word(&rest);
    event_add_bytes(&e, FIELD_RESULT, word);
    event_add_bytes(&e, FIELD_ENCRYPTION, bytes_word(&rest));
    event_add_bytes(&e, FIELD_HASH, bytes_word(&rest));
    event_add_bytes(&e, FIELD_AUTHENTICATION, bytes_word(&rest));
    if (bytes_number(bytes_word(&rest), 10, &number))
        event_add_number(&e, FIELD_DH_GROUP, number);
    return source_say_screen(s, PRODUCT_IOS, &e);
}

/* 203.0.113.9 outside anna STAFF 01:02:05 UA: the last word is the state in letters */
enum reading ios_brief_row(struct source *s, struct bytes line)
{
    static const char *const states[][2] = {
        {"UA", "UP-ACTIVE"}, {"UI", "UP-IDLE"}, {"UK", "UP-NO-IKE"}, {"DN", "DOWN-NEGOTIATING"}, {"D", "DOWN"}};
    struct bytes rest = line, word = bytes_word(&rest), interface = bytes_word(&rest);
    struct event e = event_of(EV_SCREEN_SESSION);
    struct ip peer;

    if (!read_end(word, &peer))
        return READ_NOT_MINE;
    while (rest.len > 0)
        word = bytes_word(&rest);
    if (ip_is_set(peer))
        event_add_ip(&e, FIELD_PEER, peer);
    event_add_bytes(&e, FIELD_INTERFACE, interface);
    for (size_t i = 0; i < COUNT_OF(states); i++)
        if (bytes_equal(word, bytes_of_text(states[i][0])))
            event_add_text(&e, FIELD_STATE, states[i][1]);
    return source_say_screen(s, PRODUCT_IOS, &e);
}

/* 1 209.165.200.225 User Resp No AM_Active 3des SHA preshrd 86400 */
enum reading asa_sa_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, first = bytes_word(&rest), second = bytes_word(&rest), role, state;
    uint64_t number;
    struct ip peer;
    struct event e = event_of(EV_SCREEN_SA);

    if (!bytes_number(first, 10, &number) || !read_end(second, &peer))
        return READ_NOT_MINE;
    bytes_word(&rest);
    role = bytes_word(&rest);
    bytes_word(&rest);
    state = bytes_word(&rest);
    if (ip_is_set(peer))
        event_add_ip(&e, FIELD_PEER, peer);
    event_add_text(&e, FIELD_ROLE, bytes_begin_with(role, bytes_of_text("Init")) ? "initiator" : "responder");
    event_add_bytes(&e, FIELD_STATE, state);
    event_add_bytes(&e, FIELD_ENCRYPTION, bytes_word(&rest));
    event_add_bytes(&e, FIELD_HASH, bytes_word(&rest));
    event_add_bytes(&e, FIELD_AUTHENTICATION, bytes_word(&rest));
    return source_say_screen(s, PRODUCT_ASA, &e);
}

/* ---- Counters ---- */

static enum reading say_counter(struct source *s, const char *screen, struct bytes name, uint64_t count)
{
    struct event e = event_of(EV_SCREEN_COUNTER);

    if (count == 0)
        return READ_SAID;
    event_add_text(&e, FIELD_STATEMENT, screen);
    event_add_bytes(&e, FIELD_CAUSE, name);
    event_add_number(&e, FIELD_COUNT, count);
    return source_say_screen(s, PRODUCT_ASA, &e);
}

/* Auth Fails: 3 */
enum reading statistics_row(struct source *s, struct bytes line)
{
    struct bytes name = bytes_to(line, ": "), value = bytes_trim(bytes_after(line, name.len + 2));
    uint64_t count;

    return name.len < line.len && bytes_number(value, 10, &count) ? say_counter(s, "isakmp-stats", name, count)
                                                                  : READ_NOT_MINE;
}

/* Of one direction, or of both: "Pre-fragmentation successes:988" below "Outbound". */
enum reading ipsec_statistics_row(struct source *s, struct bytes line)
{
    struct bytes name = bytes_to(line, ":"), value = bytes_trim(bytes_after(line, name.len + 1));
    uint64_t count;

    if (bytes_equal(line, bytes_of_text("Inbound")) || bytes_equal(line, bytes_of_text("Outbound")))
        return READ_SAID;
    return name.len < line.len && bytes_number(value, 10, &count) ? say_counter(s, "ipsec-stats", name, count)
                                                                  : READ_NOT_MINE;
}

/* Invalid SPI (np-sp-invalid-spi) 71490 */
enum reading drops_row(struct source *s, struct bytes line)
{
    size_t open, close;
    uint64_t count;

    if (!bytes_has(line, "(", &open) || !bytes_has(line, ") ", &close) || close < open ||
        !bytes_number(bytes_trim(bytes_after(line, close + 2)), 10, &count))
        return READ_NOT_MINE;
    return say_counter(s, "asp-drop", bytes_of(line.data + open + 1, close - open - 1), count);
}

/* ---- Access lists ---- */

static enum reading say_acl(struct source *s, enum product product, struct bytes name, struct bytes line, uint64_t hits)
{
    struct event e = event_of(EV_SCREEN_ACL);

    event_add_bytes(&e, FIELD_MAP, name);
    event_add_bytes(&e, FIELD_DETAIL, line);
    event_add_number(&e, FIELD_COUNT, hits);
    return source_say_screen(s, product, &e);
}

/* 10 permit ip 10.0.0.0 0.0.0.255 any (15 matches) */
enum reading ios_acl_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, first = bytes_word(&rest), rule;
    uint64_t number, hits = 0;
    size_t at;

    if (!bytes_number(first, 10, &number))
        return READ_NOT_MINE;
    rule = bytes_trim(rest);
    if (!bytes_begin_with(rule, bytes_of_text("permit")) && !bytes_begin_with(rule, bytes_of_text("deny")))
        return READ_NOT_MINE;
    if (bytes_has(rule, " (", &at)) {
        bytes_number(bytes_to(bytes_after(rule, at + 2), " match"), 10, &hits);
        rule.len = at;
    }
    return say_acl(s, PRODUCT_IOS, bytes_of_text(s->table_name), rule, hits);
}

/* access-list VPN line 1 extended permit ip ... (hitcnt=1) 0x01150c9f */
enum reading asa_acl_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, name;
    uint64_t hits;
    size_t at;

    if (!bytes_take(&rest, "access-list "))
        return READ_NOT_MINE;
    name = bytes_word(&rest);
    if (bytes_has(rest, "elements; name hash", &at))
        return READ_SAID;
    if (!bytes_has(rest, " (hitcnt=", &at) || !bytes_number(bytes_to(bytes_after(rest, at + 9), ")"), 10, &hits))
        return READ_NOT_MINE;
    return say_acl(s, PRODUCT_ASA, name, bytes_trim(bytes_of(rest.data, at)), hits);
}

/* ---- Routes ---- */

static const char *const route_codes[] = {"C",    "S",    "S*",   "L",    "B",    "O", "D",  "R",
                                          "O*E2", "O IA", "O E2", "D EX", "i L1", "V", "SI", "B*"};

static bool take_code(struct bytes *line)
{
    for (size_t i = COUNT_OF(route_codes); i-- > 0;) {
        struct bytes rest = *line;

        if (bytes_take(&rest, route_codes[i]) && bytes_take(&rest, " ") && rest.len > 0 && rest.data[0] >= '0' &&
            rest.data[0] <= '9') {
            *line = rest;
            return true;
        }
    }
    return false;
}

/* 10.1.0.0/16, or with a mask behind a blank, or without either */
static bool take_prefix(struct source *s, struct bytes *line, struct ip *ip, int *len)
{
    struct bytes word = bytes_word(line), address = bytes_to(word, "/"), rest = *line;
    struct ip mask;
    uint64_t number;

    *len = s->subnet_len;
    if (!ip_parse(ip, address))
        return false;
    if (address.len < word.len) {
        if (!bytes_number(bytes_after(word, address.len + 1), 10, &number) || number > 128)
            return false;
        *len = (int)number;
    } else if (ip_parse(&mask, bytes_word(&rest)) && ip_mask_len(mask) >= 0) {
        *len = ip_mask_len(mask);
        *line = rest;
    }
    return true;
}

/* 172.16.0.0/24 is subnetted, 1 subnets */
static enum reading subnetted_line(struct source *s, struct bytes line)
{
    struct ip ip;
    int len;
    size_t at;

    if ((!bytes_has(line, " is subnetted, ", &at) && !bytes_has(line, " is variably subnetted, ", &at)) ||
        !take_prefix(s, &line, &ip, &len))
        return READ_NOT_MINE;
    s->subnet_len = (uint8_t)len;
    return READ_SAID;
}

static struct event route_of(struct ip ip, int len)
{
    struct event e = event_of(EV_SCREEN_ROUTE);

    event_add_ip(&e, FIELD_REMOTE_ADDRESS, ip);
    event_add_number(&e, FIELD_REMOTE_PREFIX_LEN, (uint64_t)len);
    return e;
}

static enum reading say_route(struct source *s, struct ip ip, int len, struct bytes rest)
{
    struct event e = route_of(ip, len);
    size_t at;
    struct ip gateway;

    if (bytes_has(rest, "via ", &at) && ip_parse(&gateway, bytes_to(bytes_to(bytes_after(rest, at + 4), ","), " ")))
        event_add_ip(&e, FIELD_PEER, gateway);
    for (at = rest.len; at > 0 && rest.data[at - 1] != ' ';)
        at--;
    if (at > 0 && rest.data[at - 1] == ' ' && at > 1 && rest.data[at - 2] == ',')
        event_add_bytes(&e, FIELD_INTERFACE, bytes_after(rest, at));
    return source_say_screen(s, PRODUCT_UNKNOWN, &e);
}

enum reading route_row(struct source *s, struct bytes line)
{
    struct ip ip, gateway;
    int len;
    size_t at;

    if (bytes_take(&line, "Gateway of last resort is ")) {
        struct event e = route_of(ip_of_v4(0), 0);

        if (!ip_parse(&gateway, bytes_word(&line)))
            return READ_NOT_MINE;
        event_add_ip(&e, FIELD_PEER, gateway);
        return source_say_screen(s, PRODUCT_UNKNOWN, &e);
    }
    if (!take_code(&line))
        return subnetted_line(s, line);
    if (!take_prefix(s, &line, &ip, &len) || (!bytes_has(line, "via ", &at) && !bytes_has(line, "connected", &at)))
        return READ_NOT_MINE;
    return say_route(s, ip, len, line);
}

/* 10.3.0.0 255.255.0.0, below which the next hops stand: "* 192.0.2.3, via outside" */
enum reading route_entry_row(struct source *s, struct bytes line)
{
    static const char *const others[] = {"Known via ", "Routing Descriptor Blocks:", "Route metric is ", "Redistributing via ",
                                         "Last update from "};
    struct bytes network = bytes_of_text(s->table_name), hop = line;
    struct ip ip, gateway;
    int len;

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (bytes_begin_with(bytes_trim(line), bytes_of_text(others[i])))
            return READ_SAID;
    bytes_take(&hop, "* ");
    if (!take_prefix(s, &network, &ip, &len) || !ip_parse(&gateway, bytes_to(hop, ",")))
        return READ_NOT_MINE;
    struct event e = route_of(ip, len);
    event_add_ip(&e, FIELD_PEER, gateway);
    for (size_t at; bytes_has(hop, "via ", &at);)
        hop = bytes_after(hop, at + 4);
    event_add_bytes(&e, FIELD_INTERFACE, bytes_word(&hop));
    return source_say_screen(s, PRODUCT_UNKNOWN, &e);
}

/* inside 10.1.0.5 0ed3.b24b.d48e 134 */
enum reading asa_arp_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, interface = bytes_word(&rest), address = bytes_word(&rest), hardware = bytes_word(&rest);
    struct event e = event_of(EV_SCREEN_NEIGHBOUR);
    struct ip ip;

    if (hardware.len != 14 || !form_read_text(FORM_mac, hardware, &hardware) || !ip_parse(&ip, address))
        return READ_NOT_MINE;
    event_add_bytes(&e, FIELD_INTERFACE, interface);
    event_add_ip(&e, FIELD_REMOTE_ADDRESS, ip);
    event_add_text(&e, FIELD_RESULT, "known");
    return source_say_screen(s, PRODUCT_ASA, &e);
}

/* ---- What IOS's engine has sealed and opened ---- */

/* One direction: the other is in the next row. The ids of ISAKMP SAs are below those of pairs. */
static enum reading take_half(struct source *s, struct engine_half half, struct bytes local)
{
    enum { FIRST_OF_PAIRS = 2000 };
    struct event e = event_of(EV_SCREEN_IPSEC);
    struct ip ip;

    if (half.id < FIRST_OF_PAIRS)
        return READ_SAID;
    if (s->engine_half.id == 0 || half.id != s->engine_half.id + 1) {
        s->engine_half = half;
        return READ_SAID;
    }
    event_add_number(&e, FIELD_ENCAPSULATED, s->engine_half.encrypted + half.encrypted);
    event_add_number(&e, FIELD_DECAPSULATED, s->engine_half.decrypted + half.decrypted);
    if (read_end(local, &ip) && ip_is_set(ip))
        event_add_ip(&e, FIELD_LOCAL, ip);
    s->engine_half.id = 0;
    return source_say_screen(s, PRODUCT_IOS, &e);
}

/* 2001  IPsec   AES256+SHA               21        0       21 192.0.2.1 */
enum reading engine_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, id = bytes_word(&rest);
    struct engine_half half = {0};

    bytes_word(&rest); /* type */
    bytes_word(&rest); /* algorithms */
    if (!bytes_number(id, 10, &half.id) || !bytes_number(bytes_word(&rest), 10, &half.encrypted) ||
        !bytes_number(bytes_word(&rest), 10, &half.decrypted))
        return READ_NOT_MINE;
    bytes_word(&rest); /* sequence number */
    return take_half(s, half, bytes_word(&rest));
}

/* 2000 Ethernet0/0  192.0.2.1  set  HMAC_SHA+3DES_56_C  0  10: before IOS 12.4T */
enum reading old_engine_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, id = bytes_word(&rest), local;
    struct engine_half half = {0};

    bytes_word(&rest); /* interface */
    local = bytes_word(&rest);
    bytes_word(&rest); /* state */
    bytes_word(&rest); /* algorithms */
    if (!bytes_number(id, 10, &half.id) || !bytes_number(bytes_word(&rest), 10, &half.encrypted) ||
        !bytes_number(bytes_word(&rest), 10, &half.decrypted))
        return READ_NOT_MINE;
    return take_half(s, half, local);
}

/* ---- Names and keys ---- */

/* A prompt ends a table of names. */
static bool is_name(struct bytes word)
{
    return word.len > 0 && !memchr(word.data, '#', word.len) && !memchr(word.data, '>', word.len);
}

/* default      192.0.2.2       255.255.255.0        *****: IOS shows a key itself unless it is encrypted */
enum reading key_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, keyring = bytes_word(&rest), host = bytes_word(&rest), key = bytes_word(&rest);
    struct event e = event_of(EV_CONFIGURED);
    bool is_default = bytes_equal(keyring, bytes_of_text("default"));
    struct ip ip;

    if (!is_name(keyring) || host.len == 0 || (!is_default && !ip_parse(&ip, host)))
        return READ_NOT_MINE;
    if (ip_parse(&ip, key)) /* a mask */
        key = bytes_word(&rest);
    event_add_bytes(&e, FIELD_GROUP, host);
    event_add_text(&e, FIELD_KEY, key.len == 0 ? "missing" : key.data[0] == '*' ? "masked" : "present");
    configuration_say(s, "key", PRODUCT_IOS, &e, NULL);
    s->kind = SOURCE_SCREEN;
    return READ_SAID;
}

/* One name a line. */
enum reading name_row(struct source *s, struct bytes line)
{
    struct bytes rest = bytes_trim(line), name = bytes_word(&rest);

    (void)s;
    return bytes_trim(rest).len == 0 && is_name(name) ? READ_SAID : READ_NOT_MINE;
}
