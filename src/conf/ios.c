#include "conf/ios.h"

#include "base/check.h"
#include "base/selector.h"
#include "conf/line.h"

#include <string.h>

enum ios_mode {
    IOS_GLOBAL,
    IOS_POLICY,
    IOS_KEYRING,
    IOS_PROFILE,
    IOS_TRANSFORM,
    IOS_MAP,
    IOS_DYNAMIC,
    IOS_INTERFACE,
    IOS_ACL
};

enum { PARTS_MAX = 10, GROUPS_MAX = 1024, MAPS_MAX = 64, INTERFACES_MAX = 128, ROUTES_MAX = 256, GROWTH = 12 };

static const struct {
    enum ios_mode mode;
    const char *pattern;
    enum ios_mode enters;
    const char *becomes;
} rows[] = {
#define IOS(mode, pattern, enters, becomes) {IOS_##mode, pattern, IOS_##enters, becomes},
#include "conf/ios.def"
#undef IOS
};

static const char *const only_ios[] = {"crypto isakmp key ", "ip access-list extended ", "crypto keyring ",
                                       "crypto isakmp keepalive ", "service timestamps "};

/* What the $ of a pattern stood for. */
struct parts {
    struct bytes list[PARTS_MAX]; /* 1 to 9; 0: the rest of the line */
};

struct ios_interface {
    struct bytes name;
    struct ip_range network;
};

struct translation {
    struct text text;
    uint32_t *lines, line_count, line_max;
    uint32_t number; /* of the line that is translated */
    enum ios_mode mode;
    struct parts header;
    struct bytes groups[GROUPS_MAX], keepalive[3];
    struct {
        struct bytes map, interface;
    } local_addresses[MAPS_MAX], applied[MAPS_MAX];
    struct ios_interface interfaces[INTERFACES_MAX];
    struct {
        struct parts parts;
        uint32_t number;
    } routes[ROUTES_MAX];
    size_t group_count, local_count, applied_count, interface_count, route_count;
};

bool ios_is_configuration(struct bytes text)
{
    struct lines lines = lines_of(text);
    struct line line;

    while (line_next(&lines, &line)) {
        for (size_t i = 0; line.indent == 0 && i < COUNT_OF(only_ios); i++) {
            if (bytes_begin_with(line.text, bytes_of_text(only_ios[i])))
                return true;
        }
        if (line.indent == 0 && bytes_begin_with(line.text, bytes_of_text("ASA Version")))
            return false;
    }
    return false;
}

enum ios_release ios_release_of(struct bytes text)
{
    static const struct {
        unsigned from; /* major * 100 + minor */
        enum ios_release release;
    } releases[] = {{1600, IOS_RELEASE_NEW}, {1204, IOS_RELEASE_MIDDLE}, {1000, IOS_RELEASE_OLD}};
    struct lines lines = lines_of(text);
    struct line line;

    while (line_next(&lines, &line)) {
        struct bytes version = bytes_of_text("version ");
        unsigned numbers[2] = {0}, at = 0;

        if (line.indent != 0 || !bytes_begin_with(line.text, version))
            continue;
        for (struct bytes rest = bytes_after(line.text, version.len); rest.len > 0 && at < 2;
             rest = bytes_after(rest, 1)) {
            if (rest.data[0] == '.')
                at++;
            else if (rest.data[0] >= '0' && rest.data[0] <= '9' && numbers[at] < 100)
                numbers[at] = numbers[at] * 10 + (rest.data[0] - (unsigned)'0');
            else
                break;
        }
        for (size_t i = 0; i < COUNT_OF(releases); i++)
            if (numbers[0] * 100 + numbers[1] >= releases[i].from)
                return releases[i].release;
    }
    return IOS_RELEASE_UNKNOWN;
}

/* ---- does a line fit a pattern ---- */

static size_t pattern_word_len(const char *pattern)
{
    return strcspn(pattern, " ");
}

/* encr.yption: from the dot on it may be left out. */
static bool is_word(const char *pattern, size_t len, struct bytes text)
{
    size_t at = 0;
    bool may_end = false;

    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '.') {
            may_end = true;
            continue;
        }
        if (at == text.len)
            return may_end;
        if (text.data[at++] != (uint8_t)pattern[i])
            return false;
    }
    return at == text.len;
}

static bool matches(const char *pattern, const struct token *tokens, uint16_t count, struct parts *parts);

/* [word]: with it, else without. */
static bool matches_optional(const char *pattern, size_t len, const struct token *tokens, uint16_t count,
                             struct parts *parts)
{
    const char *rest = pattern + len + (pattern[len] == ' ');

    if (count > 0 && (pattern[1] == '$' || is_word(pattern + 1, len - 2, tokens[0].text))) {
        struct parts with = *parts;

        if (pattern[1] == '$')
            with.list[pattern[2] - '0'] = tokens[0].text;
        if (matches(rest, tokens + 1, (uint16_t)(count - 1), &with)) {
            *parts = with;
            return true;
        }
    }
    return matches(rest, tokens, count, parts);
}

static bool matches(const char *pattern, const struct token *tokens, uint16_t count, struct parts *parts)
{
    size_t len = pattern_word_len(pattern);

    if (len == 0)
        return count == 0;
    if (*pattern == '[')
        return matches_optional(pattern, len, tokens, count, parts);
    if (count == 0)
        return false;
    if (pattern[0] == '$' && pattern[1] == '*') {
        parts->list[0] = tokens[0].rest;
        return true;
    }
    if (pattern[0] == '$')
        parts->list[pattern[1] - '0'] = tokens[0].text;
    else if (!is_word(pattern, len, tokens[0].text))
        return false;
    return matches(pattern + len + (pattern[len] == ' '), tokens + 1, (uint16_t)(count - 1), parts);
}

/* ---- what it becomes ---- */

static void add_bytes(struct translation *t, struct bytes bytes)
{
    text_add(&t->text, "%.*s", (int)bytes.len, (const char *)bytes.data);
}

static void end_line(struct translation *t)
{
    if (t->line_count < t->line_max)
        t->lines[t->line_count++] = t->number;
    else
        t->text.is_cut = true;
    text_add(&t->text, "\n");
}

static void add_line(struct translation *t, const char *begin, struct bytes one, const char *middle, struct bytes two)
{
    text_add(&t->text, "%s", begin);
    add_bytes(t, one);
    text_add(&t->text, "%s", middle);
    add_bytes(t, two);
    end_line(t);
}

static const struct bytes nothing;

static struct bytes part_of(const struct translation *t, const struct parts *parts, const char *at)
{
    return (*at == '%' ? &t->header : parts)->list[at[1] == '*' ? 0 : at[1] - '0'];
}

/* $1 and %1 put in. */
static void add_template(struct translation *t, const char *becomes, const struct parts *parts)
{
    for (; *becomes; becomes++) {
        if (*becomes == '$' || *becomes == '%') {
            add_bytes(t, part_of(t, parts, becomes));
            becomes++;
        } else if (*becomes == '\n') {
            end_line(t);
        } else {
            text_add(&t->text, "%c", *becomes);
        }
    }
    end_line(t);
}

static struct bytes group_name(struct bytes peer)
{
    return bytes_equal(peer, bytes_of_text("0.0.0.0")) ? bytes_of_text("DefaultL2LGroup") : peer;
}

static void add_key(struct translation *t, struct bytes peer, struct bytes key)
{
    struct bytes name = group_name(peer);

    add_line(t, "tunnel-group ", name, " type ipsec-l2l", nothing);
    add_line(t, "tunnel-group ", name, " ipsec-attributes", nothing);
    add_line(t, " ikev1 pre-shared-key ", key, "", nothing);
    if (t->group_count < GROUPS_MAX)
        t->groups[t->group_count++] = name;
}

static void add_interface(struct translation *t, struct bytes name, struct bytes address, struct bytes mask)
{
    struct ip ip, netmask;
    int prefix_len;

    add_line(t, "interface ", name, "", nothing);
    add_line(t, " ip address ", address, " ", mask);
    if (t->interface_count == INTERFACES_MAX || !ip_parse(&ip, address) || !ip_parse(&netmask, mask))
        return;
    prefix_len = ip_mask_len(netmask);
    if (prefix_len >= 0)
        t->interfaces[t->interface_count++] =
            (struct ios_interface){name, ip_range_of_prefix(ip, (unsigned)prefix_len)};
}

/* ---- lines of an access-list: IOS names the bits that do not matter ---- */

static bool add_mask(struct translation *t, struct bytes wildcard)
{
    struct ip ip;
    char space[IP_TEXT_SIZE];

    if (!ip_parse(&ip, wildcard) || ip.family != IP_V4)
        return false;
    for (size_t i = 0; i < 4; i++)
        ip.octets[i] = (uint8_t)~ip.octets[i];
    text_add(&t->text, " %s", ip_text(ip, space));
    return true;
}

/* any | host A | A W; returns how many tokens it took; 0: it is none. */
static uint16_t add_address(struct translation *t, const struct token *tokens, uint16_t count)
{
    struct ip ip;

    if (count >= 1 && bytes_equal(tokens[0].text, bytes_of_text("any"))) {
        text_add(&t->text, " any");
        return 1;
    }
    if (count >= 2 && bytes_equal(tokens[0].text, bytes_of_text("host"))) {
        text_add(&t->text, " host ");
        add_bytes(t, tokens[1].text);
        return 2;
    }
    if (count < 2 || !ip_parse(&ip, tokens[0].text))
        return 0;
    text_add(&t->text, " ");
    add_bytes(t, tokens[0].text);
    return add_mask(t, tokens[1].text) ? 2 : 0;
}

static void add_ace(struct translation *t, struct bytes name, const char *action, struct bytes rest)
{
    struct lines lines = lines_of(rest);
    struct line line;
    struct token tokens[TOKENS_MAX];
    bool is_cut;
    uint16_t count = line_next(&lines, &line) ? line_tokens(&line, tokens, TOKENS_MAX, &is_cut) : 0;

    text_add(&t->text, "access-list ");
    add_bytes(t, name);
    text_add(&t->text, " extended %s", action);
    for (uint16_t at = 0; at < count;) {
        uint16_t taken = at == 0 ? 0 : add_address(t, tokens + at, (uint16_t)(count - at));

        if (taken == 0) {
            text_add(&t->text, " ");
            add_bytes(t, tokens[at].text);
        }
        at = (uint16_t)(at + (taken ? taken : 1));
    }
    end_line(t);
}

/* ---- what can only be said when all is known ---- */

static void remember_map(struct translation *t, struct bytes map, struct bytes interface, bool is_local_address)
{
    size_t *count = is_local_address ? &t->local_count : &t->applied_count;

    if (*count == MAPS_MAX)
        return;
    if (is_local_address)
        t->local_addresses[*count].map = map, t->local_addresses[*count].interface = interface;
    else
        t->applied[*count].map = map, t->applied[*count].interface = interface;
    (*count)++;
}

/* Our end of a map's tunnels is the address of the interface that it stands on, or of the one that local-address names.
 */
static void add_maps(struct translation *t)
{
    for (size_t i = 0; i < t->applied_count; i++) {
        struct bytes interface = t->applied[i].interface;

        for (size_t k = 0; k < t->local_count; k++) {
            if (bytes_equal(t->local_addresses[k].map, t->applied[i].map))
                interface = t->local_addresses[k].interface;
        }
        add_line(t, "crypto map ", t->applied[i].map, " interface ", interface);
        add_line(t, "crypto ikev1 enable ", interface, "", nothing);
    }
}

static void add_keepalives(struct translation *t)
{
    for (size_t i = 0; i < t->group_count; i++) {
        add_line(t, "tunnel-group ", t->groups[i], " ipsec-attributes", nothing);
        if (t->keepalive[0].len == 0) {
            add_line(t, " isakmp keepalive disable", nothing, "", nothing);
            continue;
        }
        text_add(&t->text, " isakmp keepalive threshold ");
        add_bytes(t, t->keepalive[0]);
        add_line(t, " retry ", t->keepalive[1], " ", t->keepalive[2]);
    }
}

static void add_routes(struct translation *t)
{
    struct ip gateway;

    for (size_t i = 0; i < t->route_count; i++) {
        const struct parts *parts = &t->routes[i].parts;

        t->number = t->routes[i].number;
        for (size_t k = 0; ip_parse(&gateway, parts->list[3]) && k < t->interface_count; k++) {
            if (!ip_range_holds(t->interfaces[k].network, gateway))
                continue;
            text_add(&t->text, "route ");
            add_bytes(t, t->interfaces[k].name);
            text_add(&t->text, " ");
            add_bytes(t, parts->list[1]);
            add_line(t, " ", parts->list[2], " ", parts->list[3]);
            break;
        }
    }
}

/* "@key $2 $1": a function with its arguments. */
static void call(struct translation *t, const char *becomes, const struct parts *parts)
{
    struct bytes arguments[3] = {nothing, nothing, nothing};
    size_t name_len = strcspn(becomes, " "), count = 0;

    for (const char *at = becomes + name_len; *at && count < 3; at++) {
        if (*at == '$' || *at == '%')
            arguments[count++] = part_of(t, parts, at);
        else if (at[-1] == ' ' && *at != ' ')
            arguments[count++] = bytes_of(at, strcspn(at, " "));
    }

    struct bytes name = bytes_of(becomes + 1, name_len - 1);

    if (bytes_equal(name, bytes_of_text("key"))) {
        add_key(t, arguments[0], arguments[1]);
    } else if (bytes_equal(name, bytes_of_text("keepalive"))) {
        t->keepalive[0] = arguments[0];
        t->keepalive[1] = arguments[1];
        t->keepalive[2] = arguments[2];
    } else if (bytes_equal(name, bytes_of_text("local-address"))) {
        remember_map(t, arguments[0], arguments[1], true);
    } else if (bytes_equal(name, bytes_of_text("apply"))) {
        remember_map(t, arguments[1], arguments[0], false);
    } else if (bytes_equal(name, bytes_of_text("address"))) {
        add_interface(t, arguments[0], arguments[1], arguments[2]);
    } else if (bytes_equal(name, bytes_of_text("ace"))) {
        add_ace(t, arguments[0], arguments[1].data[0] == 'p' ? "permit" : "deny", parts->list[0]);
    } else {
        CHECK(bytes_equal(name, bytes_of_text("route")));
        if (t->route_count < ROUTES_MAX) {
            t->routes[t->route_count].parts = *parts;
            t->routes[t->route_count++].number = t->number;
        }
    }
}

static bool translate_in(struct translation *t, enum ios_mode mode, const struct token *tokens, uint16_t count)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parts parts = {0};

        if (rows[i].mode != mode || !matches(rows[i].pattern, tokens, count, &parts))
            continue;
        if (mode == IOS_GLOBAL)
            t->header = parts;
        t->mode = rows[i].enters;
        if (rows[i].becomes[0] == '@')
            call(t, rows[i].becomes, &parts);
        else if (rows[i].becomes[0])
            add_template(t, rows[i].becomes, &parts);
        return true;
    }
    return false;
}

static void translate_line(struct translation *t, const struct line *line)
{
    struct token tokens[TOKENS_MAX];
    bool is_cut = false;
    uint16_t count = line_is_noise(line) ? 0 : line_tokens(line, tokens, TOKENS_MAX, &is_cut);

    t->number = line->number;
    if (count == 0)
        return;
    if (!is_cut && line->indent > 0 && t->mode != IOS_GLOBAL && translate_in(t, t->mode, tokens, count))
        return;
    if (!is_cut && line->indent == 0 && translate_in(t, IOS_GLOBAL, tokens, count))
        return;
    if (line->indent == 0)
        t->mode = IOS_GLOBAL;
    /* Apart from what stands before it, so that it belongs to no block. */
    add_line(t, "!", nothing, "", nothing);
    add_line(t, "ios: ", line->text, "", nothing);
}

bool ios_translate(struct ios *ios, struct bytes text, struct arena *arena)
{
    struct translation *t = arena_take(arena, sizeof *t);
    struct lines lines = lines_of(text);
    struct line line;
    size_t size = text.len * GROWTH + 4096;

    if (t == NULL)
        return false;
    t->line_max = (uint32_t)(size / 8);
    t->lines = arena_take(arena, t->line_max * sizeof *t->lines);

    char *space = arena_take(arena, size);

    if (t->lines == NULL || space == NULL)
        return false;
    t->text = text_of(space, size);
    /* What IOS takes when nothing is said. */
    add_line(t, "crypto ipsec security-association lifetime seconds 3600", nothing, "", nothing);
    while (line_next(&lines, &line))
        translate_line(t, &line);
    add_keepalives(t);
    add_maps(t);
    add_routes(t);
    *ios = (struct ios){bytes_of(t->text.data, t->text.len), t->lines, t->line_count};
    return !t->text.is_cut;
}
