#include "diag/diag.h"

#include "base/check.h"
#include "diag/ahead.h"
#include "diag/known.h"
#include "diag/shown.h"
#include "diag/views.h"

#include <string.h>

enum { CHAINS_MIN = 64 };

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

    size_t lines = EVIDENCE_MAX * (sizeof(struct evidence) + EVIDENCE_TEXT_SIZE + 32) +
                   FACT_BLOCKS * (sizeof(struct fact_block) + 16) + DETAIL_COUNT * (DETAIL_SIZE + 16 + sizeof(char *)) +
                   sizeof(struct offers) + SIGNS_MAX * sizeof(uint32_t) + 64;

    return sizeof(struct diag) + sizeof(struct offers_known) + sizeof(struct payload_lists) + shown_index_space() +
           known_space() + (negotiations + SOURCES_MAX) * lines +
           SOURCES_MAX * (sizeof(struct view) + CACHE_LINE + 16 + listed_space()) +
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
    d->all = (struct views){.arena = arena,
                            .shown = shown_index_new(arena),
                            .offers = arena_take(arena, sizeof(struct offers_known)),
                            .known = known_new(arena),
                            .payloads = arena_take(arena, sizeof(struct payload_lists))};
    d->links = arena_take(arena, negotiations * sizeof *d->links);
    d->chunks = arena_take(arena, (negotiations / CHUNK_VIEWS + 1) * sizeof *d->chunks);
    if (!d->all.shown || !d->all.offers || !d->all.known || !d->all.payloads || !d->chains || !d->links || !d->chunks)
        return NULL;
    memset(d->chains, 0xff, d->chain_count * sizeof *d->chains);
    d->free = d->last = NO_VIEW;
    for (size_t i = 0; i < SOURCES_MAX; i++)
        d->sources[i].current = NO_VIEW;
    return d;
}

/* ---- what belongs to no negotiation ---- */

/* What is said of the whole device: always, or unless the line names a peer. */
enum { OF_A_TUNNEL, OF_THE_DEVICE, OF_THE_DEVICE_WITHOUT_PEER };
static const uint8_t bearings[EV_COUNT] = {
    [EV_STARTED] = OF_THE_DEVICE,
    [EV_SCREEN_ROUTE] = OF_THE_DEVICE,
    [EV_SCREEN_INTERFACE] = OF_THE_DEVICE,
    [EV_SCREEN_COUNTER] = OF_THE_DEVICE,
    [EV_SCREEN_TRACE] = OF_THE_DEVICE,
    [EV_SCREEN_ACL] = OF_THE_DEVICE,
    [EV_SCREEN_CONTEXT] = OF_THE_DEVICE,
    [EV_SCREEN_NEIGHBOUR] = OF_THE_DEVICE,
    [EV_SCREEN_TRANSLATION] = OF_THE_DEVICE,
    [EV_SCREEN_CONNECTION] = OF_THE_DEVICE,
    [EV_SCREEN_CLASSIFY] = OF_THE_DEVICE,
    [EV_SCREEN_CERTIFICATE] = OF_THE_DEVICE,
    [EV_SCREEN_TRUSTPOINT] = OF_THE_DEVICE,
    [EV_SCREEN_WATCH] = OF_THE_DEVICE,
    [EV_SCREEN_PING] = OF_THE_DEVICE,
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
    [EV_LIMIT_REACHED] = OF_THE_DEVICE,
    [EV_SCREEN_MAP] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_SEND_FAILED] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_PACKET_TOO_LONG] = OF_THE_DEVICE_WITHOUT_PEER,
    [EV_SA_INSTALL_FAILED] = OF_THE_DEVICE_WITHOUT_PEER,
};

bool diag_is_of_device(enum event_kind kind)
{
    return bearings[kind] == OF_THE_DEVICE;
}

static bool is_common(const struct diag *d, const struct sight *at, bool has_peer)
{
    enum event_kind kind = (enum event_kind)at->kind;
    bool is_said_in_passing = kind == EV_SEND_FAILED || kind == EV_SA_INSTALL_FAILED || kind == EV_PACKET_TOO_LONG;

    if (bearings[kind] != OF_THE_DEVICE_WITHOUT_PEER)
        return bearings[kind] == OF_THE_DEVICE;
    return !has_peer && !(is_said_in_passing && d->sources[at->source].current != NO_VIEW);
}

static void take_common(struct diag *d, struct witness *w)
{
    struct diag_source *source = &d->sources[w->at->source];

    if (!source->common && !(source->common = take_views(d, 1)))
        return;
    if (!source->common->is_used)
        view_begin(source->common, w->at, &d->all);
    if (w->at->kind == EV_STARTED) /* what came before is another life */
        for (size_t i = 0; i < d->view_count; i++)
            if (view_at(d, i)->is_used && view_at(d, i)->source == w->at->source) {
                view_take(view_at(d, i), w);
                view_at(d, i)->is_ended = true;
            }
    view_take(source->common, w);
}

void diag_expect_several(struct diag *d)
{
    d->all.has_several_files = true;
}

void diag_add_file(struct diag *d, uint16_t source, enum vantage vantage)
{
    CHECK(source < SOURCES_MAX);
    d->sources[source].is_given = true;
    d->sources[source].vantage = (uint8_t)vantage;
}

void diag_end_file(struct diag *d, uint16_t source, uint64_t last_ms)
{
    CHECK(source < SOURCES_MAX);
    d->sources[source].last_ms = last_ms;
}

/* ---- what is of a negotiation ---- */

/* It has another cookie than the view that was found for it. */
static bool has_other_cookie(const struct view *v, const struct sight *at)
{
    return at->vantage == VANTAGE_WIRE && at->cookie != 0 && v->cookie != 0 && v->cookie != at->cookie;
}

/* Where it is known what the observation does to the view that it is of, that is done. True: also when there is no room
 * for it. */
static bool follow_known(struct diag *d, struct witness *w, const struct key *key, uint32_t hash, uint32_t *index)
{
    if (*index == NO_VIEW && (*index = new_view(d, w->at, key, hash)) == NO_VIEW)
        return true;
    struct view *v = view_at(d, *index);
    bool is_other = has_other_cookie(v, w->at);
    uint64_t happening = known_happening(v, w);
    const struct move *m = happening != 0 && !is_other ? known_move(d->all.known, v, happening) : NULL;

    if (is_other ? happening != 0 : m && m->is_other) {
        fold_view(d, *index, key, hash);
        *index = new_view(d, w->at, key, hash);
        if (*index == NO_VIEW)
            return true;
        v = view_at(d, *index);
        happening = known_happening(v, w);
        m = known_move(d->all.known, v, happening);
    }
    if (!m || m->is_other)
        return false;
    view_follow(v, m, w);
    return true;
}

/* What is not known is judged, and remembered: the view that it was of; NO_VIEW: there is no room for it. */
static uint32_t judge_anew(struct diag *d, struct witness *w, struct key key, uint32_t hash, uint32_t index)
{
    struct known *known = d->all.known;
    bool is_covered = known_covers(witness_event(w)), is_another;
    struct ip peer;

    is_another = index != NO_VIEW && (view_is_other_attempt(view_at(d, index), witness_event(w)) ||
                                      has_other_cookie(view_at(d, index), w->at));
    if (is_another && !ip_is_set(*key.a)) {
        peer = view_at(d, index)->peer;
        key = (struct key){&peer, &no_ip, w->at->source, false};
        hash = key_hash(&key);
    }
    if (is_another) {
        known_learn_other(known, view_at(d, index), is_covered ? known_happening(view_at(d, index), w) : 0);
        fold_view(d, index, &key, hash);
    }
    if (index == NO_VIEW || is_another)
        index = new_view(d, w->at, &key, hash);
    if (index == NO_VIEW)
        return NO_VIEW;
    struct view *v = view_at(d, index);
    uint64_t happening = is_covered ? known_happening(v, w) : 0;

    known_watch(known, v);
    view_take(v, w);
    known_learn(known, v, happening);
    return index;
}

/* For this it is no matter what becomes of the line. */
static void take_listed(struct diag *d, struct witness *w)
{
    if (listed_takes((enum event_kind)w->at->kind) && w->at->vantage != VANTAGE_WIRE)
        listed_take(&d->sources[w->at->source].listed, witness_event(w), d->all.arena);
}

static void take_one(struct diag *d, struct witness *w)
{
    CHECK(w->at->source < SOURCES_MAX);
    const struct sight *at = w->at;
    struct key key = key_of(d, w);
    bool is_keyed = ip_is_set(*key.a), has_number = at->look == 0 && event_has(witness_event(w), FIELD_CONN_ID);
    uint64_t conn_id = has_number ? event_number(witness_event(w), FIELD_CONN_ID) : 0;

    d->ikev2 += at->kind == EV_IKEV2_SEEN;
    if (is_common(d, at, is_keyed)) {
        ahead_forget(d, NULL);
        take_common(d, w);
        return;
    }
    bool is_like_last = is_keyed && is_of_last(d, &key, at->cookie);
    uint32_t hash = is_like_last ? d->links[d->last].hash : key_hash(&key);
    ahead_forget(d, is_keyed ? &hash : NULL);
    uint32_t index = is_like_last ? d->last
                     : is_keyed   ? find_by_key(d, &key, hash, at->cookie, has_number ? &conn_id : NULL)
                                  : find_by_line(d, at->source, conn_id);

    if (index == NO_VIEW && is_keyed)
        index = adopt_view(d, conn_id, &key, hash);
    if (at->kind == EV_IKEV2_SEEN && index == NO_VIEW && !is_keyed)
        return;
    if (!is_keyed || !follow_known(d, w, &key, hash, &index))
        index = judge_anew(d, w, key, hash, index);
    if (index == NO_VIEW)
        return;
    if (at->vantage != VANTAGE_WIRE)
        d->sources[at->source].current = index;
    if (at->cookie != 0)
        d->links[index].cookie = at->cookie;
    d->last = index;
}

void diag_see(struct diag *d, const struct sight *at, const struct teller *teller)
{
    struct witness w = {at, NULL, teller->tell, teller->say, teller->of};

    take_listed(d, &w);
    if (!ahead_follow(d, &w))
        take_one(d, &w);
}

static struct bytes say_text(void *text)
{
    return bytes_of_text(text);
}

void diag_add(struct diag *d, const struct observation *seen, const char *text)
{
    struct sight at = sight_of(seen);

    struct witness w = {&at, seen, NULL, say_text, (void *)text};

    take_listed(d, &w);
    take_one(d, &w);
}
