/* Statements of configurations, also of fragments and between other lines: the few that tell whether a tunnel can be. A
 * whole file is conf's business. Keys are never taken. */
#include "source/parts.h"

#include <string.h>

static const struct {
    const char *words, *name;
    enum product product;
} statements[] = {
#define STATEMENT(words, name, product) {words, name, PRODUCT_##product},
#include "source/statements.def"
#undef STATEMENT
};

static enum event_field_id field_named(struct bytes name)
{
    static const enum event_field_id ids[] = {FIELD_MAP,   FIELD_SEQUENCE, FIELD_PEER,
                                              FIELD_CAUSE, FIELD_GROUP,    FIELD_INTERFACE};

    for (size_t i = 0; i < COUNT_OF(ids); i++)
        if (bytes_equal(name, bytes_of_text(event_field_name(ids[i]))))
            return ids[i];
    return FIELD_NONE;
}

static bool take_value(struct event *e, enum event_field_id id, struct bytes word)
{
    uint64_t number;
    struct ip ip;

    switch (event_field_type(id)) {
    case FIELD_TYPE_NUMBER:
        if (!bytes_number(word, 10, &number))
            return false;
        event_add_number(e, id, number);
        return true;
    case FIELD_TYPE_IP:
        if (!ip_parse(&ip, word))
            return false;
        event_add_ip(e, id, ip);
        return true;
    case FIELD_TYPE_TEXT: event_add_bytes(e, id, word); return true;
    }
    return false;
}

static bool matches(const char *words, struct bytes line, struct event *e)
{
    struct bytes wanted = bytes_of_text(words), word;

    while ((word = bytes_word(&wanted)).len > 0) {
        struct bytes given = bytes_word(&line);
        enum event_field_id id = field_named(word);

        if (given.len == 0 || (id == FIELD_NONE && word.data[0] != '*' && !bytes_equal(word, given)) ||
            (id != FIELD_NONE && !take_value(e, id, given)))
            return false;
    }
    return true;
}

/* A prompt before a command: "asa(config)# crypto map ...". */
static struct bytes after_prompt(struct bytes line)
{
    size_t at;

    return bytes_has(line, "# ", &at) && at < 48 && !bytes_has(bytes_of(line.data, at), " ", &(size_t){0})
               ? bytes_after(line, at + 2)
               : line;
}

enum reading configuration_line(struct source *s, struct bytes line)
{
    struct bytes command = after_prompt(line);

    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        struct event e = event_of(EV_CONFIGURED);
        struct ip ip;

        if (!matches(statements[i].words, command, &e))
            continue;
        event_add_text(&e, FIELD_STATEMENT, statements[i].name);
        if (ip_parse(&ip, bytes_of_text(event_text(&e, FIELD_GROUP)))) /* a LAN-to-LAN tunnel-group is named so */
            event_add_ip(&e, FIELD_PEER, ip);
        source_is(s, SOURCE_CONFIGURATION, statements[i].product);
        source_say(s, &e);
        return READ_SAID;
    }
    return READ_NOT_MINE;
}
