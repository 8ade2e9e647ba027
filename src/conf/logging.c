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

static uint8_t level_in(struct compiler *c, enum statement_kind kind, uint8_t otherwise)
{
    const struct statement *s = statements_next(c->statements, NULL, kind);

    if (s != NULL && !level_of(statement_argument(s, "log-level", 0), &otherwise))
        say(c, CONF_WARNING, s, "there is no such level of logging: it is one of emergencies (0) to debugging (7)");
    return otherwise;
}

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
    const struct statement *s = statements_next(c->statements, NULL, STATEMENT_logging_timestamp);
    struct logging *l = &p->logging;
    uint32_t facility = 0;

    *l = (struct logging){
        .is_enabled = statements_next(c->statements, NULL, STATEMENT_logging_enable) != NULL,
        .has_timestamp = s != NULL,
        .is_rfc5424 = s != NULL && statement_has(s, "rfc5424"),
        .has_device_id = statements_next(c->statements, NULL, STATEMENT_logging_device_id) != NULL,
        .buffered = level_in(c, STATEMENT_logging_buffered, INFORMATIONAL),
        .monitor = level_in(c, STATEMENT_logging_monitor, INFORMATIONAL),
        .trap = level_in(c, STATEMENT_logging_trap, INFORMATIONAL),
        .facility = FACILITY,
    };
    s = statements_next(c->statements, NULL, STATEMENT_logging_facility);
    facility = s == NULL ? 0 : statement_number(s, "log-facility");
    if (facility != 0)
        l->facility = (uint8_t)facility;
    for (s = NULL; (s = statements_next(c->statements, s, STATEMENT_logging_host)) != NULL;)
        add_host(c, l, s);
}
