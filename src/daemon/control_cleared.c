/* When counters were cleared, by whom, and what hits had been counted until then. */
#include "daemon/control_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HITS_ROOM_LEAST = 256 /* a power of 2 */ };

void clearing_note(const struct client *client, struct control_clearing *clearing)
{
    clearing->at_s = time(NULL);
    snprintf(clearing->by, sizeof clearing->by, "%s", client->who);
}

void clearing_send(struct client *client, const struct control_clearing *clearing)
{
    struct control_record r = control_record_of(RECORD_cleared);

    if (clearing->at_s == 0)
        return;
    record_set_number(&r, COL_cleared_at, (uint64_t)clearing->at_s);
    record_set_text(&r, COL_cleared_by, clearing->by);
    client_send(client, &r);
}

/* ---- hits ---- */

static struct control_hit *place_of(const struct control_hits *hits, uint32_t id)
{
    size_t at = id & (hits->room - 1);

    while (hits->list[at].is_used && hits->list[at].id != id)
        at = (at + 1) & (hits->room - 1);
    return &hits->list[at];
}

static bool make_room(struct control_hits *hits)
{
    size_t room = hits->room == 0 ? HITS_ROOM_LEAST : 2 * hits->room;
    struct control_hits larger = {calloc(room, sizeof *larger.list), hits->count, room};

    if (larger.list == NULL)
        return false;
    for (size_t i = 0; i < hits->room; i++)
        if (hits->list[i].is_used)
            *place_of(&larger, hits->list[i].id) = hits->list[i];
    free(hits->list);
    *hits = larger;
    return true;
}

/* What has counted nothing and was never cleared needs no place. */
void hits_clear(struct control_hits *hits, uint32_t id, uint64_t counted)
{
    if ((counted == 0 && hits->room == 0) || (2 * hits->count >= hits->room && !make_room(hits)))
        return;
    struct control_hit *place = place_of(hits, id);

    if (!place->is_used && counted == 0)
        return;
    hits->count += !place->is_used;
    *place = (struct control_hit){id, true, counted};
}

uint64_t hits_since(const struct control_hits *hits, uint32_t id, uint64_t counted)
{
    uint64_t cleared = hits->room == 0 ? 0 : place_of(hits, id)->cleared;

    return cleared > counted ? counted : counted - cleared;
}

void hits_free(struct control_hits *hits)
{
    free(hits->list);
    *hits = (struct control_hits){0};
}
