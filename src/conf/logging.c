/* `logging ...`: where the log goes, and how much of it. */
#include "conf/compile.h"

#include <string.h>

static const char *const levels[] = {"emergencies", "alerts",        "critical",      "errors",
                                     "warnings",    "notifications", "informational", "debugging"};

/* By name, shortened or not, or by number. */
static bool level_of(struct bytes word, uint8_t *level)
{
    for (uint8_t i = 0; i < COUNT_OF(levels); i++) {
        bool is_number = word.len == 1 && word.data[0] == '0' + i;

        if (is_number || (word.len > 0 && bytes_begin_with(bytes_of_text(levels[i]), word))) {
            *level = i;
            return true;
        }
    }
    return false;
}

static const struct statement *next(const struct compiler *c, const struct statement *s, enum statement_kind kind)
{
    return statements_next(c->statements, s, kind);
}

static uint8_t level_in(struct compiler *c, const struct statement *s, uint8_t otherwise)
{
    if (!level_of(statement_argument(s, "log-level", 0), &otherwise))
        say(c, CONF_WARNING, s, "there is no such level of logging: it is one of emergencies (0) to debugging (7)");
    return otherwise;
}

/* ---- Lists, classes, single messages ---- */

/* Its number, from 1; 0: there is no list of that name. */
static uint8_t list_of(const struct compiler *c, struct bytes name)
{
    uint8_t number = 0;

    for (const struct statement *s = NULL, *first = NULL; (s = next(c, s, STATEMENT_logging_list)) != NULL;) {
        struct bytes own = statement_argument(s, "log-list", 0);

        /* counted at the first line of each list */
        for (first = NULL; (first = next(c, first, STATEMENT_logging_list)) != s;)
            if (bytes_equal(statement_argument(first, "log-list", 0), own))
                break;
        number += first == s;
        if (bytes_equal(own, name))
            return number;
    }
    return 0;
}

/* 713903, 713900-713999 */
static bool messages_of(struct bytes word, struct logging_item *item)
{
    const uint8_t *dash = memchr(word.data, '-', word.len);
    size_t len = dash == NULL ? word.len : (size_t)(dash - word.data);
    struct bytes last = dash == NULL ? word : bytes_after(word, len + 1);

    return bytes_decimal(bytes_of(word.data, len), 999999, &item->first) && bytes_decimal(last, 999999, &item->last) &&
           item->first > 0 && item->first <= item->last;
}

static void add_item(struct compiler *c, struct logging *l, const struct statement *s)
{
    struct logging_item item = {.list = list_of(c, statement_argument(s, "log-list", 0)), .level = LOGGING_OFF};
    struct bytes class = statement_argument(s, "log-class", 0), messages = statement_argument(s, "log-messages", 0);

    item.class = class.len > 0 ? logging_class_of(class) : NULL;
    if (messages.len > 0 ? !messages_of(messages, &item)
                         : !level_of(statement_argument(s, "log-level", 0), &item.level))
        say(c, CONF_WARNING, s, "nothing is listed: a line is a level, or the numbers of messages");
    else if (class.len > 0 && item.class == NULL)
        say(c, CONF_WARNING, s, "nothing is listed: there is no such class of messages");
    else if (item.list > LOGGING_LISTS_MAX || l->item_count == LOGGING_ITEMS_MAX)
        say(c, CONF_WARNING, s, "nothing is listed: there are 16 lists, or 64 lines of them, already");
    else
        l->items[l->item_count++] = item;
}

static struct logging_class *class_in(struct logging *l, const char *name)
{
    for (uint8_t i = 0; i < l->class_count; i++)
        if (strcmp(l->classes[i].name, name) == 0)
            return &l->classes[i];
    if (l->class_count == LOGGING_CLASSES_MAX)
        return NULL;
    struct logging_class *class = &l->classes[l->class_count++];
    *class = (struct logging_class){.name = name, .levels = {LOGGING_OFF, LOGGING_OFF, LOGGING_OFF}};
    return class;
}

/* Where a class may go; the others are nowhere here. */
static const struct {
    const char *word;
    enum logging_target target;
} class_targets[] = {{"buffered", LOGGING_BUFFERED}, {"monitor", LOGGING_MONITOR}, {"trap", LOGGING_TRAP}};

static void set_class_level(struct compiler *c, const struct statement *s, struct logging_class *class,
                            struct bytes where, struct bytes level)
{
    for (size_t i = 0; i < COUNT_OF(class_targets); i++) {
        if (!bytes_equal(where, bytes_of_text(class_targets[i].word)))
            continue;
        if (!level_of(level, &class->levels[class_targets[i].target]))
            say(c, CONF_WARNING, s, "there is no such level of logging: it is one of emergencies (0) to debugging (7)");
        return;
    }
    say(c, CONF_WARNING, s, "nothing is logged to %s here: lines go to the buffer, to whoever monitors, and to hosts",
        name_of(c, where));
}

static void add_class(struct compiler *c, struct logging *l, const struct statement *s)
{
    const char *name = logging_class_of(statement_argument(s, "log-class", 0));
    struct logging_class *class = name == NULL ? NULL : class_in(l, name);
    struct bytes where = {0};

    if (class == NULL) {
        say(c, CONF_WARNING, s,
            name == NULL ? "there is no such class of messages" : "there are eight classes with levels already");
        return;
    }
    for (uint16_t i = 3; i < s->word_count; i++) { /* logging class NAME where level ... */
        if (s->words[i].item.at[0] != '<')
            where = bytes_of(s->words[i].item.at, s->words[i].item.len);
        else
            set_class_level(c, s, class, where, s->words[i].text);
    }
}

/* `no logging message N`: not at all; `logging message N` as any other. */
static void add_message(struct compiler *c, struct logging *l, const struct statement *s)
{
    struct logging_message message = {.number = statement_number(s, "log-message"), .level = LOGGING_OFF};

    if (!s->is_no && statement_argument(s, "log-level", 0).len == 0)
        return;
    if (!s->is_no && (message.level = level_in(c, s, LOGGING_OFF)) == LOGGING_OFF)
        return;
    if (l->message_count == LOGGING_MESSAGES_MAX)
        say(c, CONF_WARNING, s, "it is logged as it is: there are 64 messages with a level of their own already");
    else
        l->messages[l->message_count++] = message;
}

/* A level, or the name of a list. */
static void set_target(struct compiler *c, struct logging *l, enum logging_target target, enum statement_kind kind)
{
    const struct statement *s = next(c, NULL, kind);

    if (s == NULL)
        return;
    struct bytes what = statement_argument(s, "log-what", 0);
    if (level_of(what, &l->levels[target]))
        return;
    l->lists[target] = list_of(c, what);
    l->list_names[target] = arena_copy_text(c->arena, what);
    if (l->lists[target] == 0)
        say(c, CONF_WARNING, s,
            "there is no such level of logging, and no list of that name: a level is one of emergencies (0) to "
            "debugging (7)");
}

static const char *device_id(struct compiler *c, const struct policy *p)
{
    const struct statement *s = next(c, NULL, STATEMENT_logging_device_id);

    if (s == NULL || statement_has(s, "hostname"))
        return s == NULL ? NULL : p->hostname;
    if (statement_has(s, "string"))
        return arena_copy_text(c->arena, statement_argument(s, "device-name", 0));
    for (uint16_t i = 0; i < p->interface_count; i++) {
        char space[IP_TEXT_SIZE];

        if (bytes_equal(bytes_of_text(p->interfaces[i].name), statement_argument(s, "interface", 0)) &&
            ip_is_set(p->interfaces[i].ip))
            return arena_copy_text(c->arena, bytes_of_text(ip_text(p->interfaces[i].ip, space)));
    }
    say(c, CONF_WARNING, s,
        "lines have no name: there is no such interface, or it has no address in the configuration");
    return NULL;
}

/* ---- Other machines ---- */

/* udp/514, tcp/1470, 17/514, 6/1470 */
static bool port_of(struct bytes word, struct logging_host *host)
{
    static const struct {
        const char *name;
        bool is_tcp;
    } protocols[] = {{"udp/", false}, {"17/", false}, {"tcp/", true}, {"6/", true}};
    uint32_t port;

    for (size_t i = 0; i < COUNT_OF(protocols); i++) {
        if (!bytes_begin_with(word, bytes_of_text(protocols[i].name)))
            continue;
        host->is_tcp = protocols[i].is_tcp;
        if (!bytes_decimal(bytes_after(word, strlen(protocols[i].name)), UINT16_MAX, &port) || port == 0)
            return false;
        host->port = (uint16_t)port;
        return true;
    }
    return false;
}

static void add_host(struct compiler *c, struct logging *l, const struct statement *s)
{
    struct bytes port = statement_argument(s, "log-port", 0);
    struct logging_host host = {.port = 514};
    const char *name = arena_copy_text(c->arena, statement_argument(s, "interface", 0));

    host.interface = name == NULL ? "" : name;
    if (!ip_parse(&host.ip, statement_argument(s, "host", 0)))
        say(c, CONF_WARNING, s, "the log does not go there: this is no address");
    else if (port.len > 0 && !port_of(port, &host))
        say(c, CONF_WARNING, s, "the log does not go there: the port is not as udp/514 or tcp/1470");
    else if (l->host_count == LOGGING_HOSTS_MAX)
        say(c, CONF_WARNING, s, "the log does not go there: there are eight hosts already");
    else
        l->hosts[l->host_count++] = host;
}

void compile_logging(struct compiler *c, struct policy *p)
{
    enum { FACILITY = 20, INFORMATIONAL = 6 };
    const struct statement *s = next(c, NULL, STATEMENT_logging_timestamp);
    struct logging *l = &p->logging;
    uint32_t facility = 0;

    *l = (struct logging){
        .is_enabled = next(c, NULL, STATEMENT_logging_enable) != NULL,
        .has_timestamp = s != NULL,
        .is_hostdown_permitted = next(c, NULL, STATEMENT_logging_hostdown) != NULL,
        .is_rfc5424 = s != NULL && statement_has(s, "rfc5424"),
        .device_id = device_id(c, p),
        .levels = {INFORMATIONAL, INFORMATIONAL, INFORMATIONAL},
        .facility = FACILITY,
    };
    for (s = NULL; (s = next(c, s, STATEMENT_logging_list)) != NULL;)
        add_item(c, l, s);
    for (s = NULL; (s = next(c, s, STATEMENT_logging_class)) != NULL;)
        add_class(c, l, s);
    for (s = NULL; (s = next(c, s, STATEMENT_logging_message)) != NULL;)
        add_message(c, l, s);
    set_target(c, l, LOGGING_BUFFERED, STATEMENT_logging_buffered);
    set_target(c, l, LOGGING_MONITOR, STATEMENT_logging_monitor);
    set_target(c, l, LOGGING_TRAP, STATEMENT_logging_trap);
    s = next(c, NULL, STATEMENT_logging_facility);
    facility = s == NULL ? 0 : statement_number(s, "log-facility");
    if (facility != 0)
        l->facility = (uint8_t)facility;
    for (s = NULL; (s = next(c, s, STATEMENT_logging_host)) != NULL;)
        add_host(c, l, s);
}
