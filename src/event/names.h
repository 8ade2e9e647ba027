/* The names in front of a message of an ASA, where each is one plain word. */
#ifndef EVENT_NAMES_H
#define EVENT_NAMES_H

#include "event/event.h"

/* 1: may stand in such a name. */
extern const uint8_t names_characters[256];

/* What stands in front of the words: "Group = g, Username = u, IP = 192.0.2.1, ". Without a name its view is empty. */
struct names {
    struct bytes group, user, address;
    struct ip peer;
};

/* Passes over the names, as {P} of phrases.def reads them; false where that may see more in them. */
bool names_take(struct bytes *text, struct names *names);

void names_add(const struct names *names, struct event *e);

#endif
