/* Screens of measurements (sla monitor) and of what hangs on them (track). */
#include "cli/screen.h"

void screen_sla_states(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    screen_block(out, BLOCK_IOS_SLA_HEAD, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_sla_monitor)
            screen_block(out, BLOCK_SLA_STATE, &item);
    }
}

/* Each with the routes behind it. */
void screen_tracks(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_track)
            screen_block(out, BLOCK_TRACK, &item);
        if (item.record->kind != RECORD_tracked_route)
            continue;
        if (reply->records[i - 1].kind == RECORD_track)
            screen_block(out, BLOCK_TRACKED_BY, &item);
        screen_block(out, BLOCK_TRACKED_ROUTE, &item);
    }
}
