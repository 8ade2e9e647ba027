/* `logging ...`: where the log goes beside this system's own, and what of it. Levels are severities of syslog, 0 the
 * most severe. */
#ifndef POLICY_LOGGING_H
#define POLICY_LOGGING_H

#include "base/bytes.h"
#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LOGGING_HOSTS_MAX = 8,
    LOGGING_LISTS_MAX = 16,
    LOGGING_ITEMS_MAX = 64,    /* of all lists together */
    LOGGING_MESSAGES_MAX = 64, /* with a severity of their own, or none */
    LOGGING_CLASSES_MAX = 8,   /* with a level of their own somewhere */
    LOGGING_OFF = 255          /* of a level: nothing */
};

enum logging_target { LOGGING_BUFFERED, LOGGING_MONITOR, LOGGING_TRAP, LOGGING_TARGETS };

struct logging_host {
    const char *interface; /* nameif, for screens */
    struct ip ip;
    uint16_t port;
    bool is_tcp;
};

struct logging_message {
    uint32_t number;
    uint8_t level; /* LOGGING_OFF: it is not logged at all */
};

/* A line of a list. */
struct logging_item {
    uint8_t list;         /* number of the list, from 1 */
    uint8_t level;        /* LOGGING_OFF: of any */
    const char *class;    /* NULL: of any */
    uint32_t first, last; /* message numbers; 0: any */
};

struct logging_class {
    const char *name;
    uint8_t levels[LOGGING_TARGETS]; /* LOGGING_OFF: as for all messages */
};

struct logging {
    uint8_t levels[LOGGING_TARGETS];
    uint8_t lists[LOGGING_TARGETS];          /* number of the list that says it instead of the level; 0: none */
    const char *list_names[LOGGING_TARGETS]; /* for screens */
    uint8_t facility;                        /* 16 to 23 */
    bool is_enabled, has_timestamp, is_rfc5424, is_hostdown_permitted;
    const char *device_id; /* the name that lines to other machines begin with; NULL: none */
    struct logging_host hosts[LOGGING_HOSTS_MAX];
    struct logging_message messages[LOGGING_MESSAGES_MAX];
    struct logging_item items[LOGGING_ITEMS_MAX];
    struct logging_class classes[LOGGING_CLASSES_MAX];
    uint8_t host_count, message_count, item_count, class_count;
};

/* A line without the break at its end. */
struct logging_words {
    const char *debug; /* as the device's debug shows it; where the device breaks its message, there are breaks in it;
                          NULL: it shows nothing of that */
    const char *log;   /* as its log has it; a router's is the same */
};

/* Of one message. */
struct logging_weight {
    uint8_t severity;
    uint32_t number; /* 0: a sentence of the gateway's own */
};

/* There are messages of that class: its name as it stands in the table; NULL. */
const char *logging_class_of(struct bytes word);

/* The severity that a message is logged with; false: it is not logged. */
bool logging_severity(const struct logging *logging, uint32_t number, uint8_t *severity);

/* A message of that severity goes there. `number` 0: a sentence of the gateway's own. */
bool logging_takes(const struct logging *logging, enum logging_target target, uint32_t number, uint8_t severity);

/* The least severe that may go there. */
uint8_t logging_least(const struct logging *logging, enum logging_target target);

#endif
