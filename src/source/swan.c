/* swanctl.conf, ipsec.conf and ipsec.secrets: connections, their proposals, identities and selectors. Which setting is
 * which field stands in statements.def. */
#include "source/parts.h"

#include "source/suite.h"

#include <string.h>

enum format { SWANCTL, IPSEC };
enum section { NO_SECTION, CONNECTION, LOCAL, REMOTE, CHILDREN, CHILD, SECRET, OTHER };
enum value { ADDRESS, TEXT, AGGRESSIVE, DURATION, PROPOSALS, ESP_PROPOSALS, SECRET_VALUE };

static const struct setting {
    uint8_t format, section, value;
    enum event_field_id field;
    const char *name;
} settings[] = {
#define SAYS(...)
#define BEGINS(...)
#define PART(...)
#define EACH(...)
#define TELLTALE(...)
#define VALUE_ADDRESS ADDRESS
#define VALUE_TEXT TEXT
#define VALUE_AGGRESSIVE AGGRESSIVE
#define VALUE_DURATION DURATION
#define VALUE_PROPOSALS PROPOSALS
#define VALUE_ESP_PROPOSALS ESP_PROPOSALS
#define VALUE_SECRET SECRET_VALUE
#define SETTING(format, section, name, field, value) {format, section, VALUE_##value, FIELD_##field, name},
#include "source/statements.def"
#undef SAYS
#undef BEGINS
#undef PART
#undef EACH
#undef SETTING
#undef TELLTALE
};

static const struct {
    const char *name;
    enum product product;
} telltales[] = {
#define SAYS(...)
#define BEGINS(...)
#define PART(...)
#define EACH(...)
#define SETTING(...)
#define TELLTALE(name, product) {name, PRODUCT_##product},
#include "source/statements.def"
#undef SAYS
#undef BEGINS
#undef PART
#undef EACH
#undef SETTING
#undef TELLTALE
};

static bool is(struct bytes a, const char *b)
{
    return bytes_equal(a, bytes_of_text(b));
}

/* Both have an ipsec.conf: whose it is, as far as it is read. */
static enum product product_of(const struct source *s)
{
    return s->swan.product == PRODUCT_UNKNOWN ? PRODUCT_STRONGSWAN : (enum product)s->swan.product;
}

static void take_telltale(struct source *s, struct bytes line)
{
    struct bytes name = bytes_trim(bytes_to(line, "="));

    for (size_t i = 0; i < COUNT_OF(telltales) && name.len < line.len; i++)
        if (is(name, telltales[i].name))
            s->swan.product = (uint8_t)telltales[i].product;
}

static struct bytes unquoted(struct bytes value)
{
    value = bytes_trim(value);
    if (value.len > 1 && value.data[0] == '"' && value.data[value.len - 1] == '"')
        value = bytes_of(value.data + 1, value.len - 2);
    return value;
}

/* 8h, 3600s, 1d, 28800 */
static bool read_duration(struct bytes value, uint64_t *seconds)
{
    static const struct {
        char unit;
        unsigned seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    unsigned factor = 1;

    for (size_t i = 0; i < COUNT_OF(units) && value.len > 0; i++)
        if (value.data[value.len - 1] == (uint8_t)units[i].unit) {
            factor = units[i].seconds;
            value.len--;
            break;
        }
    if (!bytes_number(value, 10, seconds))
        return false;
    *seconds *= factor;
    return true;
}

/* aes256-sha256-modp2048; libreswan writes aes_cbc256-sha2_256;modp2048 and aes256-sha1+modp1024 */
static void say_proposal(struct source *s, struct bytes proposal, unsigned phase, unsigned number)
{
    struct event e = event_of(EV_CONFIGURED);
    bool is_any = false;

    event_add_text(&e, FIELD_CONNECTION, event_text(&s->swan.connection, FIELD_CONNECTION));
    if (event_has(&s->swan.connection, FIELD_PEER))
        event_add_ip(&e, FIELD_PEER, event_ip(&s->swan.connection, FIELD_PEER));
    event_add_number(&e, FIELD_PHASE, phase);
    event_add_number(&e, FIELD_PROPOSAL, number);
    while (proposal.len > 0) {
        size_t len = 0;

        while (len < proposal.len && !strchr("-;+!", proposal.data[len]))
            len++;
        is_any |= suite_add(&e, bytes_of(proposal.data, len));
        proposal = bytes_after(proposal, len + 1);
    }
    if (is_any)
        configuration_say(s, phase == 1 ? "policy" : "transform", product_of(s), &e, NULL);
}

static void say_proposals(struct source *s, struct bytes list, unsigned phase)
{
    enum { PROPOSALS_SAID_MAX = 8 };

    for (unsigned number = 1; list.len > 0 && number <= PROPOSALS_SAID_MAX; number++) {
        struct bytes one = bytes_to(list, ",");

        list = bytes_after(list, one.len + 1);
        say_proposal(s, bytes_trim(one), phase, number);
    }
}

static void add_setting(struct source *s, const struct setting *row, struct bytes value, struct event *e)
{
    uint64_t seconds;
    struct ip ip;

    value = unquoted(value);
    switch ((enum value)row->value) {
    case ADDRESS:
        if (ip_parse(&ip, bytes_trim(bytes_to(value, ","))))
            event_add_ip(e, row->field, ip);
        return;
    case TEXT:
        if (value.len > 0)
            event_add_bytes(e, row->field, value);
        return;
    case AGGRESSIVE:
        if (is(value, "yes"))
            event_add_text(e, row->field, "AM");
        return;
    case DURATION:
        if (read_duration(value, &seconds))
            event_add_number(e, row->field, seconds);
        return;
    case PROPOSALS: say_proposals(s, value, 1); return;
    case ESP_PROPOSALS: say_proposals(s, value, 2); return;
    case SECRET_VALUE: event_add_text(e, FIELD_KEY, is(value, "*****") ? "masked" : "present"); return;
    }
}

static bool take_setting(struct source *s, enum format format, enum section section, struct bytes line)
{
    struct bytes name = bytes_to(line, "="), value = bytes_after(line, name.len + 1);
    struct event *e = section == CHILD || section == SECRET ? &s->swan.child : &s->swan.connection;

    for (size_t i = 0; i < COUNT_OF(settings) && name.len < line.len; i++)
        if (settings[i].format == format && settings[i].section == section && is(bytes_trim(name), settings[i].name)) {
            source_is(s, SOURCE_CONFIGURATION, product_of(s));
            add_setting(s, &settings[i], value, e);
            return true;
        }
    return false;
}

/* ---- Sections of swanctl.conf ---- */

static enum section section_below(const struct source *s, struct bytes name)
{
    enum section above = s->swan.depth ? (enum section)s->swan.sections[s->swan.depth - 1] : NO_SECTION;

    if (s->swan.depth == 1)
        return s->swan.is_of_secrets ? SECRET : CONNECTION;
    if (above == CONNECTION && bytes_begin_with(name, bytes_of_text("local")))
        return LOCAL;
    if (above == CONNECTION && bytes_begin_with(name, bytes_of_text("remote")))
        return REMOTE;
    if (above == CONNECTION && is(name, "children"))
        return CHILDREN;
    return above == CHILDREN ? CHILD : OTHER;
}

static void open_section(struct source *s, struct bytes name)
{
    enum section section = section_below(s, name);

    if (s->swan.depth == COUNT_OF(s->swan.sections))
        return;
    if (section == CONNECTION) {
        s->swan.connection = event_of(EV_CONFIGURED);
        event_add_bytes(&s->swan.connection, FIELD_CONNECTION, name);
        s->swan.connection_line = s->line;
    } else if (section == CHILD || section == SECRET) {
        s->swan.child = event_of(EV_CONFIGURED);
        event_add_bytes(&s->swan.child, FIELD_GROUP, name);
    }
    s->swan.sections[s->swan.depth++] = section;
}

static void say_connection(struct source *s)
{
    struct event e = s->swan.connection;
    uint32_t here = s->line;
    char space[80];
    struct text t = text_of(space, sizeof space);

    s->swan.connection = event_of(EV_NONE);
    if (e.kind == EV_NONE)
        return;
    if (strcmp(event_text(&e, FIELD_CONNECTION), "%default") == 0) {
        s->swan.defaults = e;
        return;
    }
    if (s->swan.defaults.kind != EV_NONE) {
        struct event own = e;

        e = s->swan.defaults;
        configuration_merge(&e, &own);
    }
    s->line = s->swan.connection_line;
    text_add(&t, "connection %s", event_text(&e, FIELD_CONNECTION));
    if (event_has(&e, FIELD_LOCAL_PROXY) || event_has(&e, FIELD_REMOTE_PROXY)) { /* ipsec.conf has them in one */
        struct event selector = event_of(EV_CONFIGURED);

        event_add_text(&selector, FIELD_CONNECTION, event_text(&e, FIELD_CONNECTION));
        if (event_has(&e, FIELD_PEER))
            event_add_ip(&selector, FIELD_PEER, event_ip(&e, FIELD_PEER));
        event_add_text(&selector, FIELD_LOCAL_PROXY, event_text(&e, FIELD_LOCAL_PROXY));
        event_add_text(&selector, FIELD_REMOTE_PROXY, event_text(&e, FIELD_REMOTE_PROXY));
        configuration_say(s, "selector", product_of(s), &selector, space);
    }
    configuration_say(s, "connection", product_of(s), &e, space);
    s->line = here;
}

static void close_section(struct source *s)
{
    enum section section = (enum section)s->swan.sections[--s->swan.depth];
    struct event child = s->swan.child;
    struct ip ip;

    if (section == CONNECTION)
        say_connection(s);
    if (section != CHILD && section != SECRET)
        return;
    if (section == CHILD) {
        event_add_text(&child, FIELD_CONNECTION, event_text(&s->swan.connection, FIELD_CONNECTION));
        if (event_has(&s->swan.connection, FIELD_PEER))
            event_add_ip(&child, FIELD_PEER, event_ip(&s->swan.connection, FIELD_PEER));
    } else if (ip_parse(&ip, bytes_of_text(event_text(&child, FIELD_WANTED)))) {
        event_add_ip(&child, FIELD_PEER, ip);
    }
    s->swan.child = event_of(EV_NONE);
    if (section == CHILD || event_has(&child, FIELD_KEY))
        configuration_say(s, section == CHILD ? "selector" : "key", product_of(s), &child,
                          event_text(&child, FIELD_GROUP));
}

static bool begins_file(struct bytes name)
{
    return is(name, "connections") || is(name, "secrets");
}

/* What stands before, between and behind braces. */
static enum reading swanctl_line(struct source *s, struct bytes line)
{
    bool is_mine = false;

    while (line.len > 0) {
        size_t len = 0;
        while (len < line.len && line.data[len] != '{' && line.data[len] != '}')
            len++;
        struct bytes part = bytes_trim(bytes_of(line.data, len));
        uint8_t brace = len < line.len ? line.data[len] : 0;

        line = bytes_after(line, len + 1);
        if (brace == '{' && (s->swan.depth > 0 || begins_file(part))) {
            source_is(s, SOURCE_CONFIGURATION, product_of(s));
            if (s->swan.depth == 0)
                s->swan.is_of_secrets = is(part, "secrets");
            open_section(s, part);
            is_mine = true;
            continue;
        }
        if (s->swan.depth == 0)
            return is_mine ? READ_SAID : READ_NOT_MINE;
        is_mine |= take_setting(s, SWANCTL, (enum section)s->swan.sections[s->swan.depth - 1], part);
        if (brace == '}') {
            source_is(s, SOURCE_CONFIGURATION, product_of(s));
            close_section(s);
            is_mine = true;
        }
    }
    return is_mine ? READ_SAID : READ_NOT_MINE;
}

/* ---- ipsec.conf, ipsec.secrets ---- */

void swan_end(struct source *s)
{
    if (s->swan.depth == 0)
        say_connection(s);
}

/* 10.9.1.2 10.9.2.2 : PSK "..." */
static enum reading secret_line(struct source *s, struct bytes line)
{
    struct event e = event_of(EV_CONFIGURED);
    struct bytes ids, first, last = {0};
    struct ip ip;
    size_t at;

    if (!bytes_has(line, ": PSK ", &at))
        return READ_NOT_MINE;
    ids = bytes_of(line.data, at);
    first = bytes_word(&ids);
    for (struct bytes word; (word = bytes_word(&ids)).len > 0;)
        last = word;
    if (ip_parse(&ip, last.len ? last : first))
        event_add_ip(&e, FIELD_PEER, ip);
    if (last.len && ip_parse(&ip, first))
        event_add_ip(&e, FIELD_LOCAL, ip);
    if ((last.len ? last : first).len > 0)
        event_add_bytes(&e, FIELD_WANTED, last.len ? last : first);
    event_add_text(&e, FIELD_KEY, "present");
    source_is(s, SOURCE_CONFIGURATION, product_of(s));
    configuration_say(s, "key", product_of(s), &e, NULL);
    return READ_SAID;
}

static enum reading conn_line(struct source *s, struct bytes line)
{
    struct bytes rest = line, name;
    bool is_below = line.data[0] == ' ';

    if (is_below)
        take_telltale(s, line);
    if (is_below)
        return s->swan.connection.kind != EV_NONE && take_setting(s, IPSEC, CONNECTION, bytes_trim(line))
                   ? READ_SAID
                   : READ_NOT_MINE;
    if (!bytes_take(&rest, "conn ")) {
        say_connection(s);
        return READ_NOT_MINE;
    }
    name = bytes_word(&rest);
    if (name.len == 0 || bytes_trim(rest).len > 0)
        return READ_NOT_MINE;
    say_connection(s);
    source_is(s, SOURCE_CONFIGURATION, product_of(s));
    s->swan.connection = event_of(EV_CONFIGURED);
    event_add_bytes(&s->swan.connection, FIELD_CONNECTION, name);
    s->swan.connection_line = s->line;
    return READ_SAID;
}

enum reading swan_line(struct source *s, struct bytes line)
{
    struct bytes code = bytes_to(line, "#");
    enum reading reading;

    if (bytes_trim(code).len == 0)
        return READ_NOT_MINE;
    if ((reading = secret_line(s, code)) != READ_NOT_MINE)
        return reading;
    reading = swanctl_line(s, code);
    if (reading != READ_NOT_MINE || s->swan.depth > 0)
        return reading;
    return conn_line(s, code);
}
