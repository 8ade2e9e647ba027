/* Tables on screens: a head, and rows below it until a line is no row. Some rows tell what they are without a head. */
#include "event/withheld.h"
#include "source/parts.h"

#include <string.h>

enum screen_table { NO_TABLE, IOS_SA, ASA_SA, IOS_SA_DETAIL, STATISTICS, IPSEC_STATISTICS, DROPS, IOS_ACL, IOS_BRIEF };

static const struct {
    const char *words;
    enum screen_table table;
} heads[] = {
#define BLOCK(...)
#define CARRIES(...)
#define LABEL(...)
#define SENTENCE(...)
#define HEAD(words, table) {words, table},
#include "source/screens.def"
#undef BLOCK
#undef CARRIES
#undef LABEL
#undef SENTENCE
#undef HEAD
};

/* ---- ISAKMP SAs ---- */

/* Not set: struck out. */
static bool read_end(struct bytes word, struct ip *ip)
{
    *ip = (struct ip){0};
    return ip_parse(ip, word) || address_is_withheld(word);
}

/* 11.11.11.2 10.10.10.2 MM_SA_SETUP 1 0 (deleted) */
static enum reading ios_sa_row(struct source *s, struct bytes line)
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
static enum reading ios_detail_row(struct source *s, struct bytes line)
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
static enum reading ios_brief_row(struct source *s, struct bytes line)
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
static enum reading asa_sa_row(struct source *s, struct bytes line)
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
static enum reading statistics_row(struct source *s, struct bytes line)
{
    struct bytes name = bytes_to(line, ": "), value = bytes_trim(bytes_after(line, name.len + 2));
    uint64_t count;

    return name.len < line.len && bytes_number(value, 10, &count) ? say_counter(s, "isakmp-stats", name, count)
                                                                  : READ_NOT_MINE;
}

/* Of one direction, or of both: "Pre-fragmentation successes:988" below "Outbound". */
static enum reading ipsec_statistics_row(struct source *s, struct bytes line)
{
    struct bytes name = bytes_to(line, ":"), value = bytes_trim(bytes_after(line, name.len + 1));
    uint64_t count;

    if (bytes_equal(line, bytes_of_text("Inbound")) || bytes_equal(line, bytes_of_text("Outbound")) ||
        bytes_begin_with(line, bytes_of_text("-----")))
        return READ_SAID;
    return name.len < line.len && bytes_number(value, 10, &count) ? say_counter(s, "ipsec-stats", name, count)
                                                                  : READ_NOT_MINE;
}

/* Invalid SPI (np-sp-invalid-spi) 71490 */
static enum reading drops_row(struct source *s, struct bytes line)
{
    size_t open, close;
    uint64_t count;

    if (bytes_begin_with(line, bytes_of_text("Last clearing")))
        return READ_SAID;
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
static enum reading ios_acl_row(struct source *s, struct bytes line)
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
static enum reading asa_acl_row(struct source *s, struct bytes line)
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

static enum reading say_route(struct source *s, struct ip ip, int len, struct bytes rest)
{
    struct event e = event_of(EV_SCREEN_ROUTE);
    size_t at;
    struct ip gateway;

    event_add_ip(&e, FIELD_REMOTE_ADDRESS, ip);
    event_add_number(&e, FIELD_REMOTE_PREFIX_LEN, (uint64_t)len);
    if (bytes_has(rest, "via ", &at) && ip_parse(&gateway, bytes_to(bytes_to(bytes_after(rest, at + 4), ","), " ")))
        event_add_ip(&e, FIELD_PEER, gateway);
    for (at = rest.len; at > 0 && rest.data[at - 1] != ' ';)
        at--;
    if (at > 0 && rest.data[at - 1] == ' ' && at > 1 && rest.data[at - 2] == ',')
        event_add_bytes(&e, FIELD_INTERFACE, bytes_after(rest, at));
    return source_say_screen(s, PRODUCT_UNKNOWN, &e);
}

static enum reading route_row(struct source *s, struct bytes line)
{
    struct ip ip, gateway;
    int len;
    size_t at;

    if (bytes_take(&line, "Gateway of last resort is ")) {
        struct event e = event_of(EV_SCREEN_ROUTE);

        if (!ip_parse(&gateway, bytes_word(&line)))
            return READ_NOT_MINE;
        event_add_ip(&e, FIELD_REMOTE_ADDRESS, ip_of_v4(0));
        event_add_number(&e, FIELD_REMOTE_PREFIX_LEN, 0);
        event_add_ip(&e, FIELD_PEER, gateway);
        return source_say_screen(s, PRODUCT_UNKNOWN, &e);
    }
    if (!take_code(&line))
        return subnetted_line(s, line);
    if (!take_prefix(s, &line, &ip, &len) || (!bytes_has(line, "via ", &at) && !bytes_has(line, "connected, ", &at)))
        return READ_NOT_MINE;
    return say_route(s, ip, len, line);
}

/* ---- Which ---- */

/* The head of a table; what follows its words may be the name of the table. */
static bool is_head(struct bytes line, const char *words, struct bytes *rest)
{
    struct bytes wanted = bytes_of_text(words), word;

    while ((word = bytes_word(&wanted)).len > 0)
        if (!bytes_equal(word, bytes_word(&line)))
            return false;
    *rest = bytes_trim(line);
    return true;
}

static enum reading row_of(struct source *s, struct bytes line)
{
    switch ((enum screen_table)s->table) {
    case NO_TABLE: return READ_NOT_MINE;
    case IOS_SA: return ios_sa_row(s, line);
    case ASA_SA: return asa_sa_row(s, line);
    case IOS_SA_DETAIL: return line.len == 0 ? READ_SAID : ios_detail_row(s, line);
    case STATISTICS: return statistics_row(s, line);
    case IPSEC_STATISTICS: return ipsec_statistics_row(s, line);
    case DROPS: return line.len == 0 ? READ_SAID : drops_row(s, line);
    case IOS_ACL: return ios_acl_row(s, line);
    case IOS_BRIEF: return ios_brief_row(s, line);
    }
    return READ_NOT_MINE;
}

void table_end(struct source *s)
{
    if (s->table == IOS_SA && s->table_rows == 0) {
        struct event e = event_of(EV_SCREEN_NO_SA);

        source_say_screen(s, PRODUCT_IOS, &e);
    }
    s->table = NO_TABLE;
}

enum reading table_line(struct source *s, struct bytes line)
{
    enum reading reading = row_of(s, line);
    struct bytes rest;

    if (reading == READ_SAID) {
        s->table_rows++;
        return reading;
    }
    if (s->table != NO_TABLE)
        table_end(s);
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        if (is_head(line, heads[i].words, &rest)) {
            struct text t = text_of(s->table_name, sizeof s->table_name);

            text_add(&t, "%.*s", (int)(rest.len < sizeof s->table_name ? rest.len : 0), (const char *)rest.data);
            s->table = heads[i].table;
            s->table_rows = 0;
            return READ_SAID;
        }
    reading = asa_acl_row(s, line);
    return reading == READ_NOT_MINE ? route_row(s, line) : reading;
}
