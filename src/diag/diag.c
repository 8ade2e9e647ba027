#include "diag/diag.h"

#include "base/check.h"
#include "diag/collect.h"
#include "diag/judge.h"
#include "diag/known.h"
#include "diag/shown.h"
#include "diag/states.h"

#include <string.h>

enum { NONE = UINT32_MAX, CHAINS_MIN = 64, RECENT_MAX = 64, CACHE_LINE = 64 };

static size_t chains_for(size_t negotiations)
{
    size_t count = CHAINS_MIN;

    while (count < negotiations + negotiations / 2)
        count *= 2;
    return count;
}

size_t diag_space(size_t negotiations)
{
    size_t chunks = negotiations / CHUNK_VIEWS + 1;

    size_t lines = EVIDENCE_MAX * (sizeof(struct evidence) + 16) +
                   FACT_BLOCKS * (FACT_BLOCK * sizeof(struct fact_seen) + 16) + DETAIL_COUNT * (DETAIL_SIZE + 16);

    return sizeof(struct diag) + sizeof(struct offers_known) + shown_index_space() + known_space() +
           (negotiations + SOURCES_MAX) * lines + SOURCES_MAX * (sizeof(struct view) + CACHE_LINE + 16) +
           chunks * (CHUNK_VIEWS * sizeof(struct view) + sizeof(struct view *) + CACHE_LINE + 16) +
           negotiations * sizeof(struct link) + chains_for(negotiations) * sizeof(struct chain) + 256;
}

struct diag *diag_new(struct arena *arena, size_t negotiations)
{
    struct diag *d = arena_take(arena, sizeof *d);

    if (!d)
        return NULL;
    d->chain_count = chains_for(negotiations);
    d->chains = arena_take(arena, d->chain_count * sizeof *d->chains);
    d->view_max = negotiations;
    d->all =
        (struct views){arena, shown_index_new(arena), arena_take(arena, sizeof(struct offers_known)), known_new(arena)};
    d->links = arena_take(arena, negotiations * sizeof *d->links);
    d->chunks = arena_take(arena, (negotiations / CHUNK_VIEWS + 1) * sizeof *d->chunks);
    if (!d->all.shown || !d->all.offers || !d->all.known || !d->chains || !d->links || !d->chunks)
        return NULL;
    memset(d->chains, 0xff, d->chain_count * sizeof *d->chains);
    d->free = NONE;
    for (size_t i = 0; i < SOURCES_MAX; i++)
        d->sources[i].current = NONE;
    return d;
}

/* ---- finding the view ---- */

/* The two addresses in any order; of a log the peer's alone. They stand in the observation. */
struct key {
    const struct ip *a, *b; /* not NULL */
    uint16_t source;
    bool is_of_wire; /* a journal has a log and a capture in it */
};

/* The same whichever of the two comes first. */
static uint32_t key_hash(const struct key *key)
{
    uint64_t a[2], b[2];

    memcpy(a, key->a->octets, sizeof a);
    memcpy(b, key->b->octets, sizeof b);
    a[0] = ((a[0] + b[0]) ^ key->source) * 0x9e3779b97f4a7c15u;
    a[0] = (a[0] ^ a[0] >> 29 ^ (a[1] + b[1])) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(a[0] >> 32);
}

static inline bool is_same(const struct ip *a, const struct ip *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* octets that are not used are zero */
}

static bool is_of(const struct view *v, const struct key *key)
{
    if (v->source != key->source || (v->vantage == VANTAGE_WIRE) != key->is_of_wire)
        return false;
    if (!ip_is_set(*key->b))
        return is_same(&v->peer, key->a);
    return (is_same(&v->local, key->a) && is_same(&v->peer, key->b)) ||
           (is_same(&v->local, key->b) && is_same(&v->peer, key->a));
}

static const struct ip no_ip;

static const struct ip *ip_in(const struct event *e, enum event_field_id id)
{
    const struct event_field *field = event_find(e, id);

    return field ? &field->ip : &no_ip;
}

/* Who began is in the second column of IOS' screen; which of the two is the other end, a view of that log may know. */
static struct key key_of(const struct diag *d, const struct observation *seen)
{
    const struct event *e = &seen->event;
    bool is_of_wire = seen->vantage == VANTAGE_WIRE;
    struct key key = {ip_in(e, is_of_wire && e->kind != EV_ICMP_SEEN ? FIELD_SOURCE : FIELD_PEER),
                      is_of_wire ? ip_in(e, FIELD_DESTINATION) : &no_ip, seen->source, is_of_wire};

    if (!is_of_wire && e->kind == EV_SCREEN_SA && !ip_is_set(*key.a) && event_has(e, FIELD_SOURCE)) {
        uint32_t current = d->sources[seen->source].current;
        const struct ip *began = ip_in(e, FIELD_SOURCE), *answered = ip_in(e, FIELD_DESTINATION);

        key.a = current != NONE && is_same(&view_at(d, current)->peer, began) ? began : answered;
    }
    return key;
}

/* The first view of that chain; NONE: it has none, and may be given one. A chain never becomes free again: a view goes
 * only into another one of the same key. */
static uint32_t *chain_of(struct diag *d, uint32_t hash)
{
    for (size_t i = hash;; i++) {
        struct chain *chain = &d->chains[i & (d->chain_count - 1)];

        if (chain->first == NONE)
            chain->hash = hash;
        if (chain->hash == hash)
            return &chain->first;
    }
}

/* Of the first 16 digits, which are the initiator's cookie; 0 without one. */
static uint32_t cookie_hash(const char *cookies)
{
    uint64_t halves[2];

    if (strnlen(cookies, sizeof halves) < sizeof halves)
        return *cookies != '\0';
    memcpy(halves, cookies, sizeof halves);
    return (uint32_t)((halves[0] * 0x9e3779b97f4a7c15u ^ halves[1]) * 0xbf58476d1ce4e5b9u >> 32) | 1;
}

static uint32_t find_by_key(struct diag *d, const struct key *key, uint32_t hash, const struct event *e)
{
    uint32_t latest = NONE;
    const char *cookies = event_text(e, FIELD_COOKIES);
    uint32_t cookie = cookie_hash(cookies);

    for (uint32_t i = *chain_of(d, hash); i != NONE; i = d->links[i].next) {
        if (cookie && d->links[i].cookie && d->links[i].cookie != cookie)
            continue;

        const struct view *v = view_at(d, i);

        if (!is_of(v, key))
            continue;
        if (*cookies && *v->cookies) {
            if (strncmp(v->cookies, cookies, 16) == 0)
                return i;
            continue;
        }
        if (event_has(e, FIELD_CONN_ID) && v->conn_id && v->conn_id == event_number(e, FIELD_CONN_ID) && !v->is_ended)
            return i;
        if (latest == NONE)
            latest = i;
        if (!*cookies && !event_has(e, FIELD_CONN_ID))
            break; /* nothing that would tell it from another attempt */
    }
    return latest;
}

/* A line without an address: by IOS' number of the SA, or the line before it. */
static uint32_t find_by_line(const struct diag *d, const struct observation *seen)
{
    uint32_t current = d->sources[seen->source].current;
    uint64_t conn_id = event_number(&seen->event, FIELD_CONN_ID);

    if (!conn_id || current == NONE || view_at(d, current)->conn_id == conn_id || view_at(d, current)->conn_id == 0)
        return current;
    for (size_t i = d->view_count, looked = 0; i > 0 && looked < RECENT_MAX; i--, looked++)
        if (view_at(d, i - 1)->is_used && view_at(d, i - 1)->source == seen->source &&
            view_at(d, i - 1)->conn_id == conn_id)
            return (uint32_t)(i - 1);
    return current;
}

/* ---- making room ---- */

static void unlink_view(struct diag *d, uint32_t index)
{
    uint32_t *at = chain_of(d, d->links[index].hash);

    while (*at != NONE && *at != index)
        at = &d->links[*at].next;
    if (*at == index)
        *at = d->links[index].next;
}

/* An attempt that is over goes into an earlier one of which the same was seen. */
static void fold(struct diag *d, uint32_t index, const struct key *key, uint32_t hash)
{
    struct view *old = view_at(d, index);
    struct link *link = &d->links[index];

    view_close(old);
    link->is_retired = true;
    link->shape = view_shape(old);
    for (uint32_t i = *chain_of(d, hash); i != NONE; i = d->links[i].next) {
        const struct link *other = &d->links[i];
        struct view *v = view_at(d, i);

        if (i == index || !other->is_retired || other->shape != link->shape || !is_of(v, key))
            continue;
        view_fold(v, old);
        if (old->has_words)
            memcpy(v->cookies, old->cookies, sizeof v->cookies);
        v->has_words |= old->has_words;
        d->links[i].cookie = link->cookie;
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

    for (uint32_t i = *chain_of(d, hash); i != NONE && count < ATTEMPTS_MAX; i = d->links[i].next)
        if (!d->links[i].is_retired && is_of(view_at(d, i), key))
            attempts[count++] = i;
    while (count > 0) /* the latest stands first, and goes into what was before it */
        fold(d, attempts[--count], key, hash);
}

/* Memory is taken as it is needed: NULL when there is none left. */
static struct view *take_views(struct diag *d, size_t count)
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

static uint32_t new_view(struct diag *d, const struct observation *seen, const struct key *key, uint32_t hash)
{
    if (d->free == NONE && d->view_count == d->view_max && ip_is_set(*key->a))
        make_room(d, key, hash);

    uint32_t index = d->free;

    if (index != NONE) {
        d->free = d->links[index].next;
    } else if (d->view_count < d->view_max && has_chunk(d, d->view_count)) {
        index = (uint32_t)d->view_count++;
    } else {
        d->dropped++;
        return NONE;
    }
    view_begin(view_at(d, index), seen, &d->all);
    view_at(d, index)->order = ++d->order;
    view_at(d, index)->peer = seen->vantage == VANTAGE_WIRE ? *key->b : *key->a;
    view_at(d, index)->local = seen->vantage == VANTAGE_WIRE ? *key->a : (struct ip){0};
    if (seen->event.kind == EV_ESP_SEEN)
        view_at(d, index)->role = ROLE_INITIATOR;
    d->links[index] = (struct link){.next = NONE, .hash = hash};
    if (ip_is_set(*key->a)) {
        d->links[index].next = *chain_of(d, hash);
        *chain_of(d, hash) = index;
    }
    return index;
}

/* The lines before were of the same SA by its number, and did not say whose: now it is known. NONE: there are none. */
static uint32_t adopt(struct diag *d, const struct observation *seen, const struct key *key, uint32_t hash)
{
    uint32_t current = d->sources[seen->source].current;
    uint64_t conn_id = event_number(&seen->event, FIELD_CONN_ID);
    struct view *v = current == NONE ? NULL : view_at(d, current);

    if (key->is_of_wire || !v || ip_is_set(v->peer) || v->is_ended || conn_id == 0 || v->conn_id != conn_id)
        return NONE;
    v->peer = *key->a;
    d->links[current] = (struct link){.next = *chain_of(d, hash), .hash = hash};
    *chain_of(d, hash) = current;
    return current;
}

/* ---- what belongs to no negotiation ---- */

/* What is said of the whole device: always, or unless the line names a peer. */
enum { OF_A_TUNNEL, OF_THE_DEVICE, OF_THE_DEVICE_WITHOUT_PEER };
static const uint8_t bearings[EV_COUNT] = {
    [EV_STARTED] = OF_THE_DEVICE,
    [EV_SCREEN_ROUTE] = OF_THE_DEVICE,
    [EV_SCREEN_COUNTER] = OF_THE_DEVICE,
    [EV_SCREEN_TRACE] = OF_THE_DEVICE,
    [EV_SCREEN_ACL] = OF_THE_DEVICE,
    [EV_SCREEN_CONTEXT] = OF_THE_DEVICE,
    [EV_NO_DEFAULT_ROUTE] = OF_THE_DEVICE,
    [EV_IKE_SWITCHED] = OF_THE_DEVICE,
    [EV_SCREEN_NO_SA] = OF_THE_DEVICE,
    [EV_FIELD_NOTE] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_CONFIGURED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_SCREEN_NO_IPSEC] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_TUNNEL_PARKED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_ACQUIRE] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_ACQUIRE_REFUSED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_PACKET_REFUSED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_PACKET_DENIED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_KEY_ENGINE_MESSAGE] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_PMTU_CHANGED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_UDP_PORT_INVALID] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_LIMIT_REACHED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_SCREEN_MAP] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_SEND_FAILED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_PACKET_TOO_LONG] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_SA_INSTALL_FAILED] = OF_THE_DEVICE_WITHOUT_PEER,
};

static bool is_common(const struct diag *d, const struct observation *seen, bool has_peer)
{
    enum event_kind kind = (enum event_kind)seen->event.kind;
    bool is_said_in_passing = kind == EV_SEND_FAILED || kind == EV_SA_INSTALL_FAILED || kind == EV_PACKET_TOO_LONG;

    if (bearings[kind] != OF_THE_DEVICE_WITHOUT_PEER)
        return bearings[kind] == OF_THE_DEVICE;
    return !has_peer && !(is_said_in_passing && d->sources[seen->source].current != NONE);
}

static void take_common(struct diag *d, const struct observation *seen, struct wording wording)
{
    struct diag_source *source = &d->sources[seen->source];

    if (!source->common && !(source->common = take_views(d, 1)))
        return;
    if (!source->common->is_used)
        view_begin(source->common, seen, &d->all);
    if (seen->event.kind == EV_STARTED) /* what came before is another life */
        for (size_t i = 0; i < d->view_count; i++)
            if (view_at(d, i)->is_used && view_at(d, i)->source == seen->source) {
                view_take(view_at(d, i), seen, wording);
                view_at(d, i)->is_ended = true;
            }
    view_take(source->common, seen, wording);
}

void diag_add_file(struct diag *d, uint16_t source, enum vantage vantage)
{
    CHECK(source < SOURCES_MAX);
    d->sources[source].is_given = true;
    d->sources[source].vantage = (uint8_t)vantage;
}

/* In steps, for where a view is, and its evidence, stands in memory too. */
void diag_expect(struct diag *d, const struct observation *next, size_t count)
{
    enum { AT_ONCE = 32 };
    const struct view *views[AT_ONCE];
    size_t view_count = 0;
    uint32_t hashes[AT_ONCE];

    count = count < AT_ONCE ? count : AT_ONCE;
    for (size_t i = 0; i < count; i++) {
        struct key key = key_of(d, &next[i]);

        hashes[i] = key_hash(&key);
        __builtin_prefetch(&d->chains[hashes[i] & (d->chain_count - 1)]);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t index = *chain_of(d, hashes[i]);

        if (index == NONE)
            continue;
        __builtin_prefetch(&d->links[index]);
        for (size_t at = 0; at < offsetof(struct view, further); at += CACHE_LINE)
            __builtin_prefetch((const uint8_t *)view_at(d, index) + at);
        views[view_count++] = view_at(d, index);
    }
    for (size_t i = 0; i < view_count; i++)
        view_expect(views[i]);
}

static const char *say_text(void *text)
{
    return text;
}

void diag_add(struct diag *d, const struct observation *seen, const char *text)
{
    diag_add_from(d, seen, say_text, (void *)text);
}

/* The observation is of another attempt than the view that was found for it. */
static bool is_other(const struct view *v, const struct observation *seen)
{
    const char *cookies = event_text(&seen->event, FIELD_COOKIES);

    return view_is_other_attempt(v, &seen->event) ||
           (seen->vantage == VANTAGE_WIRE && *cookies && *v->cookies && strncmp(v->cookies, cookies, 16) != 0);
}

/* Where it is known what the observation does to the view that it is of, that is done. */
static bool follow_known(struct diag *d, const struct observation *seen, const struct key *key, uint32_t hash,
                         uint32_t *index, struct wording wording)
{
    struct view *v = view_at(d, *index);
    bool has_other_cookies = seen->vantage == VANTAGE_WIRE && is_other(v, seen);
    uint64_t happening = known_happening(d->all.known, v, seen);
    const struct move *m = happening != 0 && !has_other_cookies ? known_move(d->all.known, v, happening) : NULL;

    if (has_other_cookies ? happening != 0 : m && m->is_other) {
        fold(d, *index, key, hash);
        *index = new_view(d, seen, key, hash);
        if (*index == NONE)
            return true;
        v = view_at(d, *index);
        happening = known_happening(d->all.known, v, seen);
        m = known_move(d->all.known, v, happening);
    }
    if (!m || m->is_other)
        return false;
    view_follow(v, m, seen, wording);
    return true;
}

/* What is not known is judged, and remembered: the view that it was of; NONE: there is no room for it. */
static uint32_t judge_anew(struct diag *d, const struct observation *seen, struct key key, uint32_t hash,
                           uint32_t index, struct wording wording)
{
    struct known *known = d->all.known;
    bool is_another = index != NONE && is_other(view_at(d, index), seen);
    struct ip peer;

    if (is_another && !ip_is_set(*key.a)) {
        peer = view_at(d, index)->peer;
        key = (struct key){&peer, &no_ip, seen->source, false};
        hash = key_hash(&key);
    }
    if (is_another) {
        known_learn_other(known, view_at(d, index), known_happening(known, view_at(d, index), seen));
        fold(d, index, &key, hash);
    }
    if (index == NONE || is_another)
        index = new_view(d, seen, &key, hash);
    if (index == NONE)
        return NONE;
    struct view *v = view_at(d, index);
    uint64_t happening = known_happening(known, v, seen);

    known_watch(known, v);
    view_take(v, seen, wording);
    known_learn(known, v, happening);
    return index;
}

void diag_add_from(struct diag *d, const struct observation *seen, const char *(*say)(void *of), void *of)
{
    CHECK(seen->source < SOURCES_MAX);
    const struct event *e = &seen->event;
    struct wording wording = {say, of};
    struct key key = key_of(d, seen);
    bool is_keyed = ip_is_set(*key.a);

    d->ikev2 += e->kind == EV_IKEV2_SEEN;
    if (is_common(d, seen, is_keyed)) {
        take_common(d, seen, wording);
        return;
    }
    uint32_t hash = key_hash(&key), index = is_keyed ? find_by_key(d, &key, hash, e) : find_by_line(d, seen);

    if (index == NONE && is_keyed)
        index = adopt(d, seen, &key, hash);
    if (e->kind == EV_IKEV2_SEEN && index == NONE && !is_keyed)
        return;
    if (index == NONE || !is_keyed || !follow_known(d, seen, &key, hash, &index, wording))
        index = judge_anew(d, seen, key, hash, index, wording);
    if (index == NONE)
        return;
    if (seen->vantage != VANTAGE_WIRE)
        d->sources[seen->source].current = index;
    if (event_has(e, FIELD_COOKIES))
        d->links[index].cookie = cookie_hash(view_at(d, index)->cookies);
}
