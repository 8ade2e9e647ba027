#include "daemon/evidence.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

/* Who gives way first. */
enum rank { RANK_FINE, RANK_STRANGER, RANK_KNOWN };

struct attempt {
    struct attempt *next; /* a newer one */
    struct ip peer;
    uint32_t conn_id;
    unsigned nth;                 /* of those that its peer had when it was made */
    bool is_failed, is_completed; /* phase 1 is */
    bool is_known;                /* the peer is of the configuration, or has proved itself */
    bool is_anybodys;             /* its peer has not shown that it hears us */
    uint32_t turn;                /* the newest that it has records of */
    uint8_t *bytes;               /* records, each behind its length */
    uint32_t len, room;
};

struct place {
    uint64_t serial;
    struct bytes record;
};

struct evidence {
    struct attempt *oldest;
    size_t bytes;
    unsigned attempt_count;
    evidence_known *known;
    void *context;
    struct place *places; /* of all records, by serial; NULL: something has changed */
    size_t place_count;
};

struct evidence *evidence_create(void)
{
    struct evidence *e = calloc(1, sizeof *e);

    CHECK(e != NULL);
    return e;
}

void evidence_know(struct evidence *e, evidence_known *known, void *context)
{
    e->known = known;
    e->context = context;
}

static void forget_places(struct evidence *e)
{
    free(e->places);
    e->places = NULL;
}

static void drop(struct evidence *e, struct attempt *attempt)
{
    struct attempt **link = &e->oldest;

    while (*link != attempt)
        link = &(*link)->next;
    *link = attempt->next;
    e->bytes -= attempt->room;
    e->attempt_count--;
    free(attempt->bytes);
    free(attempt);
    forget_places(e);
}

void evidence_free(struct evidence *e)
{
    while (e->oldest != NULL)
        drop(e, e->oldest);
    forget_places(e);
    free(e);
}

/* ---- which give way ---- */

static enum rank rank_of(const struct attempt *a)
{
    return a->is_completed && !a->is_failed ? RANK_FINE : a->is_known ? RANK_KNOWN : RANK_STRANGER;
}

static unsigned count_of(const struct evidence *e, struct ip peer)
{
    unsigned count = 0;

    for (const struct attempt *a = e->oldest; a != NULL; a = a->next)
        count += ip_equal(a->peer, peer);
    return count;
}

static struct attempt *oldest_of(const struct evidence *e, struct ip peer)
{
    struct attempt *a = e->oldest;

    while (a != NULL && !ip_equal(a->peer, peer))
        a = a->next;
    return a;
}

/* Of that peer's: what is fine goes before what has failed. */
static struct attempt *first_of_peer_to_go(const struct evidence *e, struct ip peer)
{
    for (struct attempt *a = e->oldest; a != NULL; a = a->next)
        if (rank_of(a) == RANK_FINE && ip_equal(a->peer, peer))
            return a;
    return oldest_of(e, peer);
}

/* The oldest of the lowest rank; of known peers, of the one that has had the most. */
static struct attempt *first_to_go(const struct evidence *e)
{
    struct attempt *lowest = e->oldest;
    const struct attempt *most = e->oldest;

    for (struct attempt *a = e->oldest; a != NULL; a = a->next) {
        if (rank_of(a) < rank_of(lowest))
            lowest = a;
        if (a->nth > most->nth)
            most = a;
    }
    return lowest == NULL || rank_of(lowest) < RANK_KNOWN ? lowest : oldest_of(e, most->peer);
}

static void make_room(struct evidence *e)
{
    while (e->bytes > EVIDENCE_BYTES_MAX || e->attempt_count > EVIDENCE_ATTEMPTS_MAX)
        drop(e, first_to_go(e));
}

/* ---- what belongs to an attempt ---- */

static uint32_t record_len(const struct attempt *a, uint32_t at)
{
    uint32_t len;

    memcpy(&len, a->bytes + at, sizeof len);
    return len;
}

static void reserve(struct evidence *e, struct attempt *a, uint32_t len)
{
    if (a->len + len <= a->room)
        return;
    uint32_t room = a->room == 0 ? 4096 : a->room;

    while (room < a->len + len)
        room *= 2;
    a->bytes = realloc(a->bytes, room);
    CHECK(a->bytes != NULL);
    e->bytes += room - a->room;
    a->room = room;
}

static void add(struct evidence *e, struct attempt *a, struct bytes record)
{
    uint32_t len = (uint32_t)record.len, gone = 0;

    forget_places(e);
    while (a->len - gone > 0 && a->len - gone + sizeof len + len > EVIDENCE_ATTEMPT_MAX)
        gone += (uint32_t)sizeof len + record_len(a, gone);
    if (gone > 0)
        memmove(a->bytes, a->bytes + gone, a->len - gone);
    a->len -= gone;
    reserve(e, a, (uint32_t)sizeof len + len);
    memcpy(a->bytes + a->len, &len, sizeof len);
    memcpy(a->bytes + a->len + sizeof len, record.data, record.len);
    a->len += (uint32_t)sizeof len + len;
}

static struct journal_head head_at(const struct journal *j, int64_t index)
{
    return journal_head(journal_bytes(j, (uint32_t)index));
}

static bool is_of(struct journal_head head, struct ip peer, uint32_t conn_id)
{
    return head.conn_id == conn_id && ip_equal(head.peer, peer);
}

/* One turn is about one peer as a rule: what has no number there is taken to be of the same SA. */
static bool belongs(struct journal_head head, struct ip peer, uint32_t conn_id)
{
    return head.kind == JOURNAL_IS_INPUT || (head.conn_id == 0 && ip_equal(head.peer, peer)) ||
           is_of(head, peer, conn_id);
}

/* Before the records of the turn that begins at `index` and goes on to newer ones; -1: it is the newest. */
static int64_t end_of_turn(const struct journal *j, int64_t index)
{
    for (uint32_t turn = head_at(j, index).turn; index >= 0 && head_at(j, index).turn == turn;)
        index--;
    return index;
}

static bool has_record_of(const struct journal *j, int64_t first, int64_t end, struct ip peer, uint32_t conn_id)
{
    for (int64_t i = first; i > end; i--)
        if (is_of(head_at(j, i), peer, conn_id))
            return true;
    return false;
}

static void add_turn(struct evidence *e, struct attempt *a, const struct journal *j, int64_t first, int64_t end)
{
    for (int64_t i = first; i > end; i--)
        if (belongs(head_at(j, i), a->peer, a->conn_id))
            add(e, a, journal_bytes(j, (uint32_t)i));
}

/* What the journal has of it from before. */
static void add_past(struct evidence *e, struct attempt *a, const struct journal *j, int64_t newest)
{
    for (int64_t i = (int64_t)j->count - 1, end; i > newest; i = end) {
        end = end_of_turn(j, i);
        if (has_record_of(j, i, end, a->peer, a->conn_id))
            add_turn(e, a, j, i, end);
    }
}

/* ---- attempts ---- */

static struct attempt *attempt_of(const struct evidence *e, struct ip peer, uint32_t conn_id)
{
    struct attempt *found = NULL;

    for (struct attempt *a = e->oldest; a != NULL; a = a->next)
        if (a->conn_id == conn_id && ip_equal(a->peer, peer))
            found = a;
    return found;
}

static bool is_configured(const struct evidence *e, struct ip peer)
{
    return e->known != NULL && e->known(e->context, peer);
}

static void drop_anybodys(struct evidence *e, struct ip peer)
{
    struct attempt *a = e->oldest;

    while (a != NULL && !(a->is_anybodys && ip_equal(a->peer, peer)))
        a = a->next;
    if (a != NULL)
        drop(e, a);
}

/* What anybody may have begun in the peer's name takes the place of the last one like it, as in the engine's outcomes.
 */
static struct attempt *begin(struct evidence *e, struct ip peer, uint32_t conn_id, bool is_anybodys)
{
    struct attempt *a = calloc(1, sizeof *a), **link = &e->oldest;

    CHECK(a != NULL);
    if (is_anybodys)
        drop_anybodys(e, peer);
    if (count_of(e, peer) == EVIDENCE_PER_PEER)
        drop(e, first_of_peer_to_go(e, peer));
    a->peer = peer;
    a->conn_id = conn_id;
    a->nth = count_of(e, peer);
    a->is_anybodys = is_anybodys;
    a->is_known = is_configured(e, peer);
    while (*link != NULL)
        link = &(*link)->next;
    *link = a;
    e->attempt_count++;
    return a;
}

enum meaning { MEANS_NOTHING, MEANS_BEGINNING, MEANS_HEARD, MEANS_COMPLETED, MEANS_FAILED, MEANS_SUCCESS };

/* Of phase 1: the message that a peer begins with. Its second one names a cookie of ours. */
static bool is_first_message(const struct event *event)
{
    const char *state = event_text(event, FIELD_STATE);

    return strcmp(state, "MM_START") == 0 || strcmp(state, "AM_START") == 0;
}

static enum meaning meaning_of(const struct event *event)
{
    switch ((int)event->kind) {
    case EV_PHASE1_BEGUN:
    case EV_PHASE2_BEGUN:
    case EV_PHASE2_ASKED: return MEANS_BEGINNING;
    case EV_MESSAGE_RECEIVED: return is_first_message(event) ? MEANS_NOTHING : MEANS_HEARD;
    case EV_MESSAGE_REFUSED: return is_first_message(event) ? MEANS_FAILED : MEANS_NOTHING;
    case EV_PHASE1_COMPLETED: return MEANS_COMPLETED;
    case EV_EXCHANGE_FAILED:
    case EV_USER_REFUSED: return MEANS_FAILED;
    case EV_PHASE2_COMPLETED: return MEANS_SUCCESS;
    }
    return MEANS_NOTHING;
}

/* It ended before its peer has shown that it hears us: phase 2 is of one that has proved itself. */
static bool ends_anybodys(enum meaning meaning, const struct event *event)
{
    return meaning == MEANS_FAILED && event_number(event, FIELD_PHASE) != 2;
}

/* Of whom nothing is known, not even that his address is his, nothing is kept. */
static bool makes_attempt(const struct evidence *e, const struct attempt *a, enum meaning meaning,
                          const struct journal_record *r)
{
    switch (meaning) {
    case MEANS_BEGINNING: return a == NULL || a->is_failed;
    case MEANS_HEARD: return a == NULL && event_number(&r->event, FIELD_MESSAGE_ID) == 0;
    case MEANS_FAILED: return a == NULL && (!ends_anybodys(meaning, &r->event) || is_configured(e, r->head.peer));
    case MEANS_COMPLETED:
    case MEANS_SUCCESS:
    case MEANS_NOTHING: return false;
    }
    return false;
}

static void take_meaning(struct evidence *e, struct attempt *a, enum meaning meaning)
{
    switch (meaning) {
    case MEANS_BEGINNING: a->is_known = true; return;
    case MEANS_COMPLETED: a->is_completed = a->is_known = true; return;
    case MEANS_FAILED: a->is_failed = true; return;
    case MEANS_SUCCESS:
        if (!a->is_failed)
            drop(e, a);
        return;
    case MEANS_HEARD:
    case MEANS_NOTHING: return;
    }
}

/* ---- a turn ---- */

/* The next event of an SA from `*index` on, to newer ones; false: no more in this turn. */
static bool next_event(const struct journal *j, int64_t *index, struct journal_record *r)
{
    for (; *index >= 0; --*index)
        if (head_at(j, *index).conn_id != 0)
            return journal_read(j, (uint32_t)(*index)--, r);
    return false;
}

static struct attempt *attempt_of_event(const struct evidence *e, const struct journal_record *r)
{
    return attempt_of(e, r->head.peer, r->head.conn_id);
}

static void make_attempts(struct evidence *e, const struct journal *j, int64_t first)
{
    struct journal_record r;

    for (int64_t i = first; next_event(j, &i, &r);) {
        enum meaning meaning = meaning_of(&r.event);

        if (!makes_attempt(e, attempt_of_event(e, &r), meaning, &r))
            continue;
        add_past(e, begin(e, r.head.peer, r.head.conn_id, ends_anybodys(meaning, &r.event)), j, first);
    }
}

static void add_to_attempts(struct evidence *e, const struct journal *j, int64_t first)
{
    struct journal_record r;

    for (int64_t i = first; next_event(j, &i, &r);) {
        struct attempt *a = attempt_of_event(e, &r);

        if (a != NULL && a->turn != r.head.turn)
            add_turn(e, a, j, first, -1);
        if (a != NULL)
            a->turn = r.head.turn;
    }
}

void evidence_take(struct evidence *e, const struct journal *j)
{
    struct journal_record r;
    int64_t first = -1;

    while (first + 1 < j->count && head_at(j, first + 1).turn == j->turn)
        first++;
    make_attempts(e, j, first);
    add_to_attempts(e, j, first);
    for (int64_t i = first; next_event(j, &i, &r);) {
        struct attempt *a = attempt_of_event(e, &r);

        if (a != NULL)
            take_meaning(e, a, meaning_of(&r.event));
    }
    make_room(e);
}

/* ---- reading ---- */

static int by_serial(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    return (a->serial > b->serial) - (a->serial < b->serial);
}

static size_t each_record(const struct evidence *e, struct place *places)
{
    size_t count = 0;

    for (const struct attempt *a = e->oldest; a != NULL; a = a->next)
        for (uint32_t at = 0; at < a->len; at += (uint32_t)sizeof at + record_len(a, at)) {
            struct bytes record = bytes_of(a->bytes + at + sizeof at, record_len(a, at));

            if (places != NULL)
                places[count] = (struct place){journal_head(record).serial, record};
            count++;
        }
    return count;
}

/* What belongs to two attempts is there once. */
static void find_places(struct evidence *e)
{
    size_t count = each_record(e, NULL), kept = 0;

    if (e->places != NULL)
        return;
    e->places = calloc(count + 1, sizeof *e->places);
    CHECK(e->places != NULL);
    each_record(e, e->places);
    qsort(e->places, count, sizeof *e->places, by_serial);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || e->places[kept - 1].serial != e->places[i].serial)
            e->places[kept++] = e->places[i];
    e->place_count = kept;
}

bool evidence_read(struct evidence *e, const struct journal *j, uint32_t index, struct journal_record *record)
{
    uint64_t oldest = j->kept_count - j->count;
    size_t begin = 0, end;

    find_places(e);
    for (end = e->place_count; begin < end;) {
        size_t middle = begin + (end - begin) / 2;

        if (e->places[middle].serial < oldest)
            begin = middle + 1;
        else
            end = middle;
    }
    if (index >= end)
        return false;
    journal_read_bytes(e->places[end - 1 - index].record, record);
    return true;
}
