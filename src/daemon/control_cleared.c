/* When counters were cleared, by whom, and what hits had been counted until then. */
#include "daemon/control_client.h"

#include <stdio.h>
#include <time.h>

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

static uint64_t *cleared_of(struct control_hits *hits, uint32_t id)
{
    for (size_t i = 0; i < hits->count; i++)
        if (hits->list[i].id == id)
            return &hits->list[i].cleared;
    if (hits->count == CONTROL_HITS_MAX)
        return NULL;
    hits->list[hits->count].id = id;
    hits->list[hits->count].cleared = 0;
    return &hits->list[hits->count++].cleared;
}

void hits_clear(struct control_hits *hits, uint32_t id, uint64_t counted)
{
    uint64_t *cleared = cleared_of(hits, id);

    if (cleared != NULL)
        *cleared = counted;
}

uint64_t hits_since(struct control_hits *hits, uint32_t id, uint64_t counted)
{
    const uint64_t *cleared = cleared_of(hits, id);

    return cleared == NULL || *cleared > counted ? counted : counted - *cleared;
}
