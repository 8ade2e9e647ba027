/* Breadth first: the first way to a fault is a shortest one. */
#include "search/search.h"

#include "base/arena.h"
#include "base/check.h"
#include "search/world.h"

#include <string.h>

enum { STATES_SHARE = 64, DEPTH_MAX = 2000, LUCKS = 250 };

/* How a state was reached; the state itself is kept only until its choices have been tried. */
struct node {
    uint32_t parent;
    struct choice choice;
};

/* States that wait, as their bytes without the zeros, in a ring. */
struct ring_of_bytes {
    uint8_t *data;
    size_t size, head, tail, used;
};

struct search {
    struct stage stage;
    struct node *nodes;
    struct key *seen; /* open addressing; {0, 0} is free */
    uint32_t node_count, nodes_max, seen_size;
    uint32_t expanding; /* the node whose choices are being tried */
    struct choice trying;
    uint32_t steps, depth;
    struct rivals rivals; /* of that node */
    struct ring_of_bytes waiting;
    uint64_t *packed, *unpacked; /* working space for one state */
    struct choice choices[CHOICES_MAX], way[DEPTH_MAX];
};

struct search *search_make(void *space, size_t size)
{
    struct arena arena = arena_of(space, size);
    struct search *search = arena_take(&arena, sizeof *search);

    CHECK(search != NULL);
    search->nodes_max = (uint32_t)(size / 8 / STATES_SHARE);
    search->seen_size = search->nodes_max * 2;
    search->nodes = arena_take(&arena, search->nodes_max * sizeof search->nodes[0]);
    search->seen = arena_take(&arena, search->seen_size * sizeof search->seen[0]);
    stage_make(&search->stage, arena_take(&arena, stage_space()));
    search->packed = arena_take(&arena, 2 * stage_space() + 64);
    search->unpacked = arena_take(&arena, stage_space());
    CHECK(!arena.is_full && size - arena.len > 16 * stage_space());
    search->waiting.size = (size - arena.len - 64) / 8 * 8;
    search->waiting.data = arena_take(&arena, search->waiting.size);
    CHECK(search->waiting.data != NULL);
    return search;
}

/* ---- states as bytes: (count of zero words, count of other words, those words) again and again */

static size_t pack(const struct stage *stage, uint64_t *packed)
{
    const uint64_t *words = (const uint64_t *)(const void *)stage->state;
    size_t count = stage->state_len / 8, at = 0, out = 1;

    while (at < count) {
        size_t zeros_end = at, end;

        while (zeros_end < count && words[zeros_end] == 0)
            zeros_end++;
        end = zeros_end;
        while (end < count && words[end] != 0)
            end++;
        packed[out++] = (uint64_t)(zeros_end - at) << 32 | (end - zeros_end);
        memcpy(packed + out, words + zeros_end, (end - zeros_end) * 8);
        out += end - zeros_end;
        at = end;
    }
    packed[0] = out;
    return out * 8;
}

static void unpack(const uint64_t *packed, uint64_t *words, size_t len)
{
    memset(words, 0, len);
    for (size_t in = 1, at = 0; in < packed[0];) {
        size_t zeros = packed[in] >> 32, count = packed[in] & UINT32_MAX;

        in++;
        memcpy(words + at + zeros, packed + in, count * 8);
        in += count;
        at += zeros + count;
    }
}

static void ring_copy_in(struct ring_of_bytes *ring, const uint8_t *data, size_t len)
{
    size_t first = ring->size - ring->tail < len ? ring->size - ring->tail : len;

    memcpy(ring->data + ring->tail, data, first);
    memcpy(ring->data, data + first, len - first);
    ring->tail = (ring->tail + len) % ring->size;
    ring->used += len;
}

static void ring_copy_out(struct ring_of_bytes *ring, uint8_t *data, size_t len)
{
    size_t first = ring->size - ring->head < len ? ring->size - ring->head : len;

    memcpy(data, ring->data + ring->head, first);
    memcpy(data + first, ring->data, len - first);
    ring->head = (ring->head + len) % ring->size;
    ring->used -= len;
}

static bool wait_for_turn(struct search *search)
{
    size_t len = pack(&search->stage, search->packed);

    if (search->waiting.size - search->waiting.used < len)
        return false;
    ring_copy_in(&search->waiting, (const uint8_t *)search->packed, len);
    return true;
}

static void take_turn(struct search *search)
{
    ring_copy_out(&search->waiting, (uint8_t *)search->packed, 8);
    ring_copy_out(&search->waiting, (uint8_t *)search->packed + 8, (size_t)(search->packed[0] - 1) * 8);
    unpack(search->packed, search->unpacked, search->stage.state_len);
}

static void restore(struct search *search)
{
    memcpy(search->stage.state, search->unpacked, search->stage.state_len);
}

/* ---- */

/* The place of a key; a free one (both halves 0) when it was not seen before. */
static struct key *place_of(struct search *search, struct key key)
{
    struct key *at = &search->seen[key.one % search->seen_size];

    while ((at->one != 0 || at->other != 0) && (at->one != key.one || at->other != key.other))
        at = at + 1 == search->seen + search->seen_size ? search->seen : at + 1;
    return at;
}

static bool is_new(const struct key *place)
{
    return place->one == 0 && place->other == 0;
}

/* A state that is new gets a number and waits for its turn. */
static void reached(struct search *search)
{
    struct stage *stage = &search->stage;

    if (stage->fault != NULL)
        return;
    struct key key = key_of(stage), *place = place_of(search, key);
    if (!is_new(place))
        return;
    *place = key;
    oracle_rest(stage);
    if (stage->fault != NULL)
        return;
    if (search->node_count == search->nodes_max || !wait_for_turn(search)) {
        stage_violate(stage, "there are more states than the search has room for");
        return;
    }
    search->nodes[search->node_count++] = (struct node){search->expanding, search->trying};
}

static uint32_t way_to(const struct search *search, struct choice *way)
{
    uint32_t count = 0;

    for (uint32_t node = search->expanding; node != 0; node = search->nodes[node].parent)
        count++;
    CHECK(count < DEPTH_MAX);
    for (uint32_t node = search->expanding, i = count; node != 0; node = search->nodes[node].parent)
        way[--i] = search->nodes[node].choice;
    return count;
}

/* A choice after which something was drawn that may cross another: again, until it has fallen in every way, or LUCKS
 * times: what lies very close to an end of the range has hardly a way beyond it. */
static void try_choice(struct search *search, struct choice choice)
{
    struct stage *stage = &search->stage;
    struct fall fall = {.ways = 1};
    uint64_t fallen = 0;

    search->trying = choice;
    for (uint8_t luck = 0; luck < LUCKS && fallen + 1 < UINT64_C(1) << fall.ways && stage->fault == NULL; luck++) {
        restore(search);
        search->trying.luck = luck;
        search->steps++;
        choice_take(stage, search->trying);
        reached(search);
        fall = rivals_fall(&search->rivals, &stage->keying.rivals);
        CHECK(fall.ways < 64);
        if (!fall.has_turned)
            fallen |= UINT64_C(1) << fall.which;
    }
}

static void expand(struct search *search)
{
    struct stage *stage = &search->stage;

    take_turn(search);
    restore(search);
    size_t count = choices_of(stage, search->choices);
    rivals_update(&search->rivals, stage);
    for (size_t i = 0; i < count && stage->fault == NULL; i++)
        try_choice(search, search->choices[i]);
}

const char *search_run(struct search *search, const struct search_scenario *scenario)
{
    struct stage *stage = &search->stage;

    memset(search->seen, 0, search->seen_size * sizeof search->seen[0]);
    search->waiting.head = search->waiting.tail = search->waiting.used = 0;
    search->node_count = search->steps = search->depth = search->expanding = 0;
    search->trying = (struct choice){.kind = CHOICE_NONE};
    stage_begin(stage, scenario);
    reached(search);
    while (stage->fault == NULL) {
        expand(search);
        if (stage->fault != NULL || search->expanding + 1 == search->node_count)
            break;
        search->expanding++;
    }
    search->depth = way_to(search, search->way);
    return stage->fault;
}

static uint32_t next_random(uint32_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return *random;
}

uint32_t search_walk(struct search *search, uint32_t seed, uint32_t for_s, uint32_t *steps)
{
    struct stage *stage = &search->stage;
    uint32_t unseen = 0, random = seed * 2654435761u | 1;

    stage_begin(stage, stage->scenario);
    uint64_t until_ms = stage->world->now_ms + (uint64_t)for_s * 1000;
    for (size_t count; (count = choices_of(stage, search->choices)) > 0 && stage->fault == NULL; ++*steps) {
        struct choice choice = search->choices[next_random(&random) % count];

        choice.luck = (uint8_t)next_random(&random);
        choice_take(stage, choice);
        if (stage->world->now_ms > until_ms)
            break;
        unseen += is_new(place_of(search, key_of(stage)));
    }
    return unseen;
}

uint32_t search_states(const struct search *search)
{
    return search->node_count;
}

uint32_t search_steps(const struct search *search)
{
    return search->steps;
}

uint32_t search_depth(const struct search *search)
{
    return search->depth;
}

bool search_row_was_taken(const struct search *search, size_t row)
{
    return row < ROWS_MAX && search->stage.rows_taken[row];
}

static void tell_step(struct search *search, struct choice choice, struct text *text)
{
    struct stage *stage = &search->stage;
    uint64_t at_ms = stage->world->now_ms;

    for (uint8_t site = 0; site < SITES && choice.kind == CHOICE_TIMER; site++)
        if (site == choice.index && ike_deadline_ms(stage->ikes[site]) > at_ms)
            at_ms = ike_deadline_ms(stage->ikes[site]);
    at_ms -= WORLD_BEGINS_MS;
    text_add(text, "%6u.%03u s  ", (unsigned)(at_ms / 1000), (unsigned)(at_ms % 1000));
    choice_tell(stage, choice, text);
    text_add(text, "\n");
    choice_take(stage, choice);
    text_add(text, "              west: ");
    states_tell(stage, 0, text);
    text_add(text, "   east: ");
    states_tell(stage, 1, text);
    text_add(text, "\n");
}

void search_explain(struct search *search, struct text *text)
{
    struct stage *stage = &search->stage;
    struct choice last = search->trying;
    uint32_t count = way_to(search, search->way);

    text_add(text, "scenario: %s\n", stage->scenario->name);
    stage_begin(stage, stage->scenario);
    for (uint32_t i = 0; i < count; i++)
        tell_step(search, search->way[i], text);
    if (last.kind != CHOICE_NONE)
        tell_step(search, last, text);
    oracle_rest(stage);
    text_add(text, "              %s\n", stage->fault == NULL ? "nothing is wrong" : stage->fault);
}
