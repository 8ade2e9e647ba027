#include "diag/views.h"

#include "diag/known.h"

#include <string.h>

enum { RECENT_MAX = 64 };

/* ---- finding the view ---- */

static bool is_of(const struct view *v, const struct key *key)
{
    if (v->source != key->source || (v->vantage == VANTAGE_WIRE) != key->is_of_wire)
        return false;
    if (!ip_is_set(*key->b))
        return ip_same(&v->peer, key->a);
    return (ip_same(&v->local, key->a) && ip_same(&v->peer, key->b)) ||
           (ip_same(&v->local, key->b) && ip_same(&v->peer, key->a));
}

const struct ip no_ip;

static const struct ip *ip_in(const struct event *e, enum event_field_id id)
{
    const struct event_field *field = event_find(e, id);

    return field ? &field->ip : &no_ip;
}

/* Who began is in the second column of IOS' screen; which of the two is the other end, a view of that log may know. */
struct key key_of(const struct diag *d, struct witness *w)
{
    const struct sight *at = w->at;
    bool is_of_wire = at->vantage == VANTAGE_WIRE;

    if (at->look != 0)
        return (struct key){&at->one, &at->other, at->source, is_of_wire};
    const struct event *e = witness_event(w);
    struct key key = {ip_in(e, is_of_wire && e->kind != EV_ICMP_SEEN ? FIELD_SOURCE : FIELD_PEER),
                      is_of_wire ? ip_in(e, FIELD_DESTINATION) : &no_ip, at->source, is_of_wire};

    if (!is_of_wire && e->kind == EV_SCREEN_SA && !ip_is_set(*key.a) && event_has(e, FIELD_SOURCE)) {
        uint32_t current = d->sources[at->source].current;
        const struct ip *began = ip_in(e, FIELD_SOURCE), *answered = ip_in(e, FIELD_DESTINATION);

        key.a = current != NO_VIEW && ip_same(&view_at(d, current)->peer, began) ? began : answered;
    }
    return key;
}

uint32_t find_by_key(struct diag *d, const struct key *key, uint32_t hash, uint64_t cookie, const uint64_t *conn_id)
{
    uint32_t latest = NO_VIEW;

    for (uint32_t i = *chain_of(d, hash); i != NO_VIEW; i = d->links[i].next) {
        if (cookie && d->links[i].cookie && d->links[i].cookie != cookie)
            continue;

        const struct view *v = view_at(d, i);

        if (!is_of(v, key))
            continue;
        if (cookie && d->links[i].cookie)
            return i;
        if (conn_id && v->conn_id && v->conn_id == *conn_id && !v->is_ended)
            return i;
        if (latest == NO_VIEW)
            latest = i;
        if (!cookie && !conn_id)
            break; /* nothing that would tell it from another attempt */
    }
    return latest;
}

bool is_followed(struct diag *d, const struct view *v)
{
    bool is_of_wire = v->vantage == VANTAGE_WIRE;
    const struct key key = {is_of_wire ? &v->local : &v->peer, is_of_wire ? &v->peer : &no_ip, v->source, is_of_wire};
    uint32_t latest = find_by_key(d, &key, key_hash(&key), 0, NULL);

    return latest != NO_VIEW && view_at(d, latest) != v && view_at(d, latest)->role == v->role;
}

bool is_of_last(const struct diag *d, const struct key *key, uint64_t cookie)
{
    return cookie != 0 && d->last != NO_VIEW && d->links[d->last].cookie == cookie && view_at(d, d->last)->is_used &&
           is_of(view_at(d, d->last), key);
}

/* A line without an address: by IOS' number of the SA, or the line before it. */
uint32_t find_by_line(const struct diag *d, uint16_t source, uint64_t conn_id)
{
    uint32_t current = d->sources[source].current;

    if (!conn_id || current == NO_VIEW || view_at(d, current)->conn_id == conn_id || view_at(d, current)->conn_id == 0)
        return current;
    for (size_t i = d->view_count, looked = 0; i > 0 && looked < RECENT_MAX; i--, looked++)
        if (view_at(d, i - 1)->is_used && view_at(d, i - 1)->source == source && view_at(d, i - 1)->conn_id == conn_id)
            return (uint32_t)(i - 1);
    return current;
}

/* ---- making room ---- */

static void unlink_view(struct diag *d, uint32_t index)
{
    uint32_t *at = chain_of(d, d->links[index].hash);

    while (*at != NO_VIEW && *at != index)
        at = &d->links[*at].next;
    if (*at == index)
        *at = d->links[index].next;
}

/* An attempt that is over goes into an earlier one of which the same was seen. */
void fold_view(struct diag *d, uint32_t index, const struct key *key, uint32_t hash)
{
    struct view *old = view_at(d, index);
    struct link *link = &d->links[index];

    view_close(old);
    link->is_retired = true;
    link->shape = view_shape(old);
    for (uint32_t i = *chain_of(d, hash); i != NO_VIEW; i = d->links[i].next) {
        const struct link *other = &d->links[i];
        struct view *v = view_at(d, i);

        if (i == index || !other->is_retired || other->shape != link->shape || !is_of(v, key))
            continue;
        view_fold(v, old);
        if (old->cookie != 0)
            v->cookie = d->links[i].cookie = old->cookie;
        unlink_view(d, index);
        old->is_used = false;
        link->next = d->free;
        d->free = index;
        return;
    }
}

/* There is none left: what was seen of the same ends before is taken as over. */
static void make_room(struct diag *d, const struct key *key, uint32_t hash)
{
    enum { ATTEMPTS_MAX = 8 };
    uint32_t attempts[ATTEMPTS_MAX];
    size_t count = 0;

    for (uint32_t i = *chain_of(d, hash); i != NO_VIEW && count < ATTEMPTS_MAX; i = d->links[i].next)
        if (!d->links[i].is_retired && is_of(view_at(d, i), key))
            attempts[count++] = i;
    while (count > 0) /* the latest stands first, and goes into what was before it */
        fold_view(d, attempts[--count], key, hash);
}

/* Memory is taken as it is needed: NULL when there is none left. */
struct view *take_views(struct diag *d, size_t count)
{
    uint8_t *space = arena_take(d->all.arena, count * sizeof(struct view) + CACHE_LINE);

    return space ? (struct view *)(space + (CACHE_LINE - (uintptr_t)space % CACHE_LINE) % CACHE_LINE) : NULL;
}

static bool has_chunk(struct diag *d, size_t index)
{
    struct view **chunk = &d->chunks[index / CHUNK_VIEWS];

    if (!*chunk)
        *chunk = take_views(d, CHUNK_VIEWS);
    return *chunk;
}

uint32_t new_view(struct diag *d, const struct sight *at, const struct key *key, uint32_t hash)
{
    if (d->free == NO_VIEW && d->view_count == d->view_max && ip_is_set(*key->a))
        make_room(d, key, hash);

    uint32_t index = d->free;

    if (index != NO_VIEW) {
        d->free = d->links[index].next;
    } else if (d->view_count < d->view_max && has_chunk(d, d->view_count)) {
        index = (uint32_t)d->view_count++;
    } else {
        d->dropped++;
        return NO_VIEW;
    }
    struct view *v = view_at(d, index);
    view_begin(v, at, &d->all);
    v->order = ++d->order;
    v->peer = at->vantage == VANTAGE_WIRE ? *key->b : *key->a;
    v->local = at->vantage == VANTAGE_WIRE ? *key->a : (struct ip){0};
    if (at->kind == EV_ESP_SEEN)
        v->role = ROLE_INITIATOR;
    known_begin(d->all.known, v);
    d->links[index] = (struct link){.next = NO_VIEW, .hash = hash};
    if (ip_is_set(*key->a)) {
        d->links[index].next = *chain_of(d, hash);
        *chain_of(d, hash) = index;
    }
    return index;
}

uint32_t adopt_view(struct diag *d, uint64_t conn_id, const struct key *key, uint32_t hash)
{
    uint32_t current = d->sources[key->source].current;
    struct view *v = current == NO_VIEW ? NULL : view_at(d, current);

    if (key->is_of_wire || !v || ip_is_set(v->peer) || v->is_ended || (conn_id && v->conn_id && v->conn_id != conn_id))
        return NO_VIEW;
    v->peer = *key->a;
    d->links[current] = (struct link){.next = *chain_of(d, hash), .hash = hash};
    *chain_of(d, hash) = current;
    return current;
}
