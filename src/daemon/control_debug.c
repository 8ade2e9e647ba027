/* debug: what a shell is shown of what happens, as it happens. */
#include "daemon/control_client.h"
#include "event/phrases.h"

#include <string.h>

enum { SENTENCE_SIZE = 512, LINE_SIZE = PHRASE_LINE_SIZE + 128, SEVERITY_DEBUG = 7, LEVEL_WHOLE = 127 };

/* Up to which severity of syslog a debug level shows lines. Levels of an ASA say how much; 127 is what its makers ask
 * for. */
static const struct {
    uint16_t from_level;
    uint8_t severity;
} debug_levels[] = {{1, 5}, {50, 6}, {100, SEVERITY_DEBUG}};

enum shown_by { BY_IKEV1, BY_IPSEC, BY_NONE };

/* What `debug crypto ikev1` does not show. */
static const struct {
    uint16_t event;
    uint8_t by;
} others[] = {
#define IPSEC_EVENT(name) {EV_##name, BY_IPSEC},
#define SHELL_EVENT(name) {EV_##name, BY_NONE},
#define STEP_EVENT(...)
#include "daemon/control_watch.def"
#undef IPSEC_EVENT
#undef SHELL_EVENT
#undef STEP_EVENT
};

static enum shown_by shown_by(const struct event *event)
{
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (event && others[i].event == event->kind)
            return (enum shown_by)others[i].by;
    return BY_IKEV1;
}

bool show_debugging(struct client *client)
{
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        const struct client *other = &client->control->clients[i];
        struct control_record r = control_record_of(RECORD_debugging);

        if (!other->is_used || !other->debug.is_on || other->debug.is_log)
            continue;
        record_set_text(&r, COL_debugging_what, other->debug.is_ipsec ? "ipsec" : "ikev1");
        record_set_number(&r, COL_debugging_level, other->debug.level);
        record_set_text(&r, COL_debugging_who, other->who);
        client_send(client, &r);
    }
    return false;
}

/* `terminal monitor` shows what `logging monitor` says, `debug` what its level says. */
static bool is_wanted(const struct client *client, const struct event *event, struct logging_weight weight)
{
    const struct control_source *source = client->control->source;
    const struct logging *logging = &source->policy(source->context)->logging;

    if (client->debug.is_log)
        return logging_severity(logging, weight.number, &weight.severity) &&
               logging_takes(logging, LOGGING_MONITOR, weight.number, weight.severity);
    return weight.severity <= client->debug.severity &&
           shown_by(event) == (client->debug.is_ipsec ? BY_IPSEC : BY_IKEV1);
}

/* A record for each line of the screen. */
void client_send_lines(struct client *client, const char *words)
{
    char space[LINE_SIZE];

    for (size_t len; *words != '\0'; words += words[len] == '\n' ? len + 1 : len) {
        struct control_record r = control_record_of(RECORD_log_line);
        struct text line = text_of(space, sizeof space);

        len = strcspn(words, "\n");
        text_add_plain(&line, bytes_of(words, len));
        record_set_text(&r, COL_log_line_text, space);
        client_send(client, &r);
    }
}

void watch_log(struct client *client, const struct event *event, struct logging_weight weight,
               const struct logging_words *line)
{
    if (!is_wanted(client, event, weight))
        return;
    if (!client->debug.is_log && !meets_condition(client->control, event, client->debug.is_ipsec, weight.severity))
        return;
    if (client->debug.is_log || line->debug != NULL)
        client_send_lines(client, client->debug.is_log ? line->log : line->debug);
}

void do_debug(struct client *client)
{
    bool is_ipsec = client->request.id == CONTROL_DEBUG_IPSEC;
    const struct control_source *source = client->control->source;
    /* a router's debug knows no levels */
    uint16_t least = source->policy(source->context)->is_ios ? LEVEL_WHOLE : 1;
    uint16_t level = client->request.level ? client->request.level : least;

    client->debug = (struct control_debug){.is_on = true, .is_ipsec = is_ipsec, .level = level};
    for (size_t i = 0; i < COUNT_OF(debug_levels); i++) {
        if (level >= debug_levels[i].from_level)
            client->debug.severity = debug_levels[i].severity;
    }
}

void do_undebug(struct client *client)
{
    struct control *control = client->control;

    keys_close(control);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].is_used && control->clients[i].debug.is_on && !control->clients[i].debug.is_log)
            client_done(&control->clients[i]);
    }
    client_done(client);
}

void do_keys(struct client *client)
{
    bool is_esp = client->request.id == CONTROL_DEBUG_ESP_KEYS;
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);
    struct control_record r = control_record_of(RECORD_warning);

    if (!(is_esp ? keys_open_esp : keys_open)(client->control, client->request.file, &why)) {
        client_fail(client, CONTROL_ERROR_FILE_REFUSED, space);
        return;
    }
    record_set_text(&r, COL_warning_sentence,
                    is_esp
                        ? "keys of IPsec SAs are written to that file as they come up, until undebug all: whoever "
                          "reads it reads what goes through the tunnels"
                        : "keys of ISAKMP SAs are written to that file until undebug all: whoever reads it reads every "
                          "negotiation that it names");
    client_send(client, &r);
    client_done(client);
}

void do_monitor(struct client *client)
{
    client->debug = (struct control_debug){.is_on = true, .is_log = true};
}
