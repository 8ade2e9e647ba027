#include "diag/listed.h"

#include "diag/network.h"
#include "event/look.h"

#include <string.h>

enum { LISTS_MAX = 32, ENTRIES_MAX = 32, BINDINGS_MAX = 16, SELECTORS_MAX = 64, ROUTES_MAX = 128, HOPS_MAX = 4 };

/* Names are digests of themselves; 0: none. */
struct route {
    struct network to;
    uint32_t next; /* 0: it is connected */
    uint64_t interface;
};

struct listed {
    struct hit_list {
        uint64_t name;
        bool is_hit;
    } lists[LISTS_MAX];
    struct map_entry {
        struct ip peer;
        uint64_t map, list;
    } entries[ENTRIES_MAX];
    struct binding {
        uint64_t map, interface;
    } bindings[BINDINGS_MAX];
    struct selector {
        uint64_t list;
        struct network remote;
    } selectors[SELECTORS_MAX];
    struct route routes[ROUTES_MAX];
    uint16_t list_count, entry_count, binding_count, selector_count, route_count;
    bool has_no_default, is_full;
};

size_t listed_space(void)
{
    return sizeof(struct listed) + 16;
}

bool listed_takes(enum event_kind kind)
{
    return kind == EV_SCREEN_ACL || kind == EV_SCREEN_MAP || kind == EV_SCREEN_ROUTE || kind == EV_NO_DEFAULT_ROUTE ||
           kind == EV_CONFIGURED;
}

static uint64_t name_in(const struct event *e, enum event_field_id id)
{
    const char *name = event_text(e, id);

    return *name ? look_mix_bytes(1, name, strlen(name)) : 0;
}

/* ---- Taking ---- */

/* Counts one more; false: there is no room. */
static bool has_room(struct listed *l, uint16_t *count, size_t max)
{
    if (*count == max)
        l->is_full = true;
    else
        ++*count;
    return !l->is_full;
}

/* What is denied wants no tunnel. */
static void take_hits(struct listed *l, const struct event *e)
{
    const char *line = event_text(e, FIELD_DETAIL);
    uint64_t name = name_in(e, FIELD_MAP);
    size_t i = 0;

    if (strncmp(line, "deny", 4) == 0 || strstr(line, " deny "))
        return;
    while (i < l->list_count && l->lists[i].name != name)
        i++;
    if (i == l->list_count) {
        if (!has_room(l, &l->list_count, LISTS_MAX))
            return;
        l->lists[i] = (struct hit_list){.name = name};
    }
    l->lists[i].is_hit |= event_number(e, FIELD_COUNT) > 0;
}

static void take_entry(struct listed *l, const struct event *e)
{
    if (event_has(e, FIELD_PEER) && event_has(e, FIELD_GROUP) && has_room(l, &l->entry_count, ENTRIES_MAX))
        l->entries[l->entry_count - 1] = (struct map_entry){
            .peer = event_ip(e, FIELD_PEER), .map = name_in(e, FIELD_MAP), .list = name_in(e, FIELD_GROUP)};
}

static void take_configured(struct listed *l, const struct event *e)
{
    const char *statement = event_text(e, FIELD_STATEMENT);
    struct network remote;

    if (strcmp(statement, "crypto-map-entry") == 0)
        take_entry(l, e);
    if (strcmp(statement, "crypto-map-interface") == 0 && has_room(l, &l->binding_count, BINDINGS_MAX))
        l->bindings[l->binding_count - 1] =
            (struct binding){.map = name_in(e, FIELD_MAP), .interface = name_in(e, FIELD_INTERFACE)};
    if (strcmp(statement, "selector") == 0 && event_has(e, FIELD_MAP) &&
        network_parse(&remote, event_text(e, FIELD_REMOTE_PROXY)) && has_room(l, &l->selector_count, SELECTORS_MAX))
        l->selectors[l->selector_count - 1] = (struct selector){.list = name_in(e, FIELD_MAP), .remote = remote};
}

static void take_route(struct listed *l, const struct event *e)
{
    uint64_t len = event_number(e, FIELD_REMOTE_PREFIX_LEN);
    struct ip to = event_ip(e, FIELD_REMOTE_ADDRESS);

    if (ip_len(to) != 4 || len > 32 || !has_room(l, &l->route_count, ROUTES_MAX))
        return;
    l->routes[l->route_count - 1] =
        (struct route){.to = {.address = ip_to_v4(to), .mask = len ? UINT32_MAX << (32 - len) : 0},
                       .next = event_has(e, FIELD_PEER) ? ip_to_v4(event_ip(e, FIELD_PEER)) : 0,
                       .interface = name_in(e, FIELD_INTERFACE)};
}

void listed_take(struct listed **listed, const struct event *e, struct arena *arena)
{
    if (!*listed && !(*listed = arena_take(arena, sizeof **listed)))
        return;
    switch ((enum event_kind)e->kind) {
    case EV_SCREEN_ACL: take_hits(*listed, e); return;
    case EV_SCREEN_MAP: take_entry(*listed, e); return;
    case EV_SCREEN_ROUTE: take_route(*listed, e); return;
    case EV_CONFIGURED: take_configured(*listed, e); return;
    default: (*listed)->has_no_default |= e->kind == EV_NO_DEFAULT_ROUTE; return;
    }
}

/* ---- Asking ---- */

static const struct map_entry *entry_of(const struct listed *l, struct ip peer)
{
    for (size_t i = 0; l && !l->is_full && ip_is_set(peer) && i < l->entry_count; i++)
        if (ip_equal(l->entries[i].peer, peer))
            return &l->entries[i];
    return NULL;
}

enum hits listed_hits(const struct listed *listed, struct ip peer)
{
    const struct map_entry *entry = entry_of(listed, peer);

    for (size_t i = 0; entry && i < listed->list_count; i++)
        if (listed->lists[i].name == entry->list)
            return listed->lists[i].is_hit ? HITS_SOME : HITS_NONE;
    return HITS_UNTOLD;
}

static bool covers(const struct network *wide, const struct network *narrow)
{
    return wide->mask <= narrow->mask && ((wide->address ^ narrow->address) & wide->mask) == 0;
}

/* The longest that holds all of the network; of equal ones that with an interface. */
static const struct route *route_to(const struct listed *l, const struct network *to)
{
    const struct route *best = NULL;

    for (const struct route *r = l->routes; r < l->routes + l->route_count; r++)
        if (covers(&r->to, to) &&
            (!best || r->to.mask > best->to.mask || (r->to.mask == best->to.mask && best->interface == 0)))
            best = r;
    return best;
}

/* A table with a default route and one without it are two. */
static bool has_whole_table(const struct listed *l)
{
    const struct network anywhere = {0, 0};

    return l && !l->is_full && l->has_no_default && l->route_count > 0 && !route_to(l, &anywhere);
}

enum way listed_way(const struct listed *listed, struct ip to)
{
    const struct network host = {ip_to_v4(to), UINT32_MAX};

    if (!has_whole_table(listed) || ip_len(to) != 4)
        return WAY_UNTOLD;
    return route_to(listed, &host) ? WAY_KNOWN : WAY_NONE;
}

enum way listed_way_behind(const struct listed *listed, struct ip peer)
{
    const struct map_entry *entry = entry_of(listed, peer);
    enum way way = WAY_UNTOLD;

    for (size_t i = 0; entry && has_whole_table(listed) && i < listed->selector_count; i++) {
        const struct selector *s = &listed->selectors[i];

        if (s->list != entry->list)
            continue;
        if (route_to(listed, &s->remote))
            return WAY_KNOWN;
        way = WAY_NONE;
    }
    return way;
}

/* That of the route, or of the route to its next hop; 0: it is not told. */
static uint64_t interface_of(const struct listed *l, const struct route *route)
{
    for (unsigned hops = 0; route && hops < HOPS_MAX; hops++) {
        const struct network next = {route->next, UINT32_MAX};

        if (route->interface || !route->next)
            return route->interface;
        route = route_to(l, &next);
    }
    return 0;
}

static bool is_bound(const struct listed *l, uint64_t map, uint64_t interface)
{
    for (size_t i = 0; i < l->binding_count; i++)
        if (l->bindings[i].map == map && (l->bindings[i].interface == interface || interface == 0))
            return true;
    return false;
}

bool listed_leads_elsewhere(const struct listed *listed, struct ip peer)
{
    const struct map_entry *entry = entry_of(listed, peer);

    for (size_t i = 0; entry && is_bound(listed, entry->map, 0) && i < listed->selector_count; i++) {
        const struct selector *s = &listed->selectors[i];
        uint64_t interface = s->list == entry->list ? interface_of(listed, route_to(listed, &s->remote)) : 0;

        if (interface != 0 && !is_bound(listed, entry->map, interface))
            return true;
    }
    return false;
}
