/* What a device's screens and configuration list: access-lists with their hits, crypto map entries, routes. They come
 * in any order, so they are held against the tunnels of the device when all is read. Where there was no room for all of
 * them, and of lists that were not shown, nothing is said. */
#ifndef DIAG_LISTED_H
#define DIAG_LISTED_H

#include "base/arena.h"
#include "event/event.h"

struct listed;

size_t listed_space(void);

/* An event of that kind is to be taken. */
bool listed_takes(enum event_kind kind);

/* Made when it is needed; it stays NULL when the arena is full. */
void listed_take(struct listed **listed, const struct event *e, struct arena *arena);

/* Of the access-list that the crypto map entry of that peer names. NULL lists nothing. */
enum hits { HITS_UNTOLD, HITS_NONE, HITS_SOME };
enum hits listed_hits(const struct listed *listed, struct ip peer);

/* The way to an address, by a table without a default route. UNTOLD: there is one, or no table was shown. */
enum way { WAY_UNTOLD, WAY_NONE, WAY_KNOWN };
enum way listed_way(const struct listed *listed, struct ip to);

/* The same to the networks that the entry of the peer names, where that is so of all of them. */
enum way listed_way_behind(const struct listed *listed, struct ip peer);

/* A network that the entry of the peer names is routed to an interface on which its crypto map is not. */
bool listed_leads_elsewhere(const struct listed *listed, struct ip peer);

#endif
