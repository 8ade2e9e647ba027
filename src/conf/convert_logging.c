/* `logging ...` in the words of a router. */
#include "conf/convert_parts.h"
#include "conf/statement.h"

static const struct statement *said(const struct converting *c, enum statement_kind kind)
{
    return statements_next(c->conf->statements, NULL, kind);
}

/* A list of messages is nothing that a router has. */
static void add_levels(const struct converting *c)
{
    static const struct {
        enum statement_kind kind;
        enum logging_target target;
        const char *word;
    } rows[] = {{STATEMENT_logging_buffered, LOGGING_BUFFERED, "buffered"},
                {STATEMENT_logging_monitor, LOGGING_MONITOR, "monitor"},
                {STATEMENT_logging_trap, LOGGING_TRAP, "trap"}};
    const struct logging *l = &c->policy->logging;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (said(c, rows[i].kind) == NULL)
            continue;
        if (l->lists[rows[i].target] != 0)
            text_add(c->t, "! not carried: that the list %s says what is logged (%s)\n", l->list_names[rows[i].target],
                     rows[i].word);
        else
            text_add(c->t, "logging %s %u\n", rows[i].word, l->levels[rows[i].target]);
    }
}

static void add_origin(const struct converting *c)
{
    const struct statement *s = said(c, STATEMENT_logging_device_id);

    if (s == NULL)
        return;
    if (statement_has(s, "string"))
        text_add(c->t, "logging origin-id string %s\n", c->policy->logging.device_id);
    else
        text_add(c->t, "logging origin-id %s\n", statement_has(s, "hostname") ? "hostname" : "ip");
}

void convert_add_ios_logging(const struct converting *c)
{
    enum { LOCAL0 = 16 };
    const struct logging *l = &c->policy->logging;
    char ip[IP_TEXT_SIZE];

    add_levels(c);
    if (said(c, STATEMENT_logging_timestamp) != NULL)
        text_add(c->t, "service timestamps log datetime\n");
    if (l->is_rfc5424)
        text_add(c->t, "! not carried: the form of RFC 5424\n");
    if (said(c, STATEMENT_logging_facility) != NULL)
        text_add(c->t, "logging facility local%u\n", l->facility - LOCAL0);
    add_origin(c);
    if (l->host_count > 0 && !l->is_enabled)
        text_add(c->t, "no logging on\n");
    for (uint8_t i = 0; i < l->host_count; i++) {
        text_add(c->t, "logging host %s", ip_text(l->hosts[i].ip, ip));
        if (l->hosts[i].is_tcp || l->hosts[i].port != 514)
            text_add(c->t, " transport %s port %u", l->hosts[i].is_tcp ? "tcp" : "udp", l->hosts[i].port);
        text_add(c->t, "\n");
    }
}
