#include "daemon/log_past.h"

#include <stddef.h>
#include <string.h>

/* What stands before the fields and the text that are used. */
struct kept {
    int64_t at_s;
    uint16_t kind, text_len;
    uint8_t field_count;
    bool is_cut;
};

static uint32_t len_of(const struct kept *kept)
{
    return (uint32_t)(sizeof *kept + kept->field_count * sizeof(struct event_field) + kept->text_len);
}

static uint32_t oldest_of(const struct log_past *past)
{
    return (past->next + PAST_EVENTS_MAX - past->count) % PAST_EVENTS_MAX;
}

static struct kept kept_at(const struct log_past *past, uint32_t place)
{
    struct kept kept;

    memcpy(&kept, past->bytes + past->at[place], sizeof kept);
    return kept;
}

/* Those that stand where `at` to `end` is to be written make room, the oldest first. */
static void make_room(struct log_past *past, uint32_t at, uint32_t end)
{
    while (past->count > 0) {
        uint32_t oldest = oldest_of(past);
        struct kept kept = kept_at(past, oldest);

        if (past->count < PAST_EVENTS_MAX && (past->at[oldest] >= end || past->at[oldest] + len_of(&kept) <= at))
            return;
        past->count--;
    }
}

void log_past_keep(struct log_past *past, const struct event *event, int64_t at_s)
{
    const struct kept kept = {at_s, event->kind, event->text_len, event->field_count, event->is_cut};
    size_t fields_len = event->field_count * sizeof event->fields[0];
    uint32_t len = len_of(&kept);

    if (past->end + len > PAST_BYTES) {
        make_room(past, past->end, PAST_BYTES);
        past->end = 0;
    }
    make_room(past, past->end, past->end + len);
    uint8_t *to = past->bytes + past->end;
    memcpy(to, &kept, sizeof kept);
    memcpy(to + sizeof kept, event->fields, fields_len);
    memcpy(to + sizeof kept + fields_len, event->text, event->text_len);
    past->at[past->next] = past->end;
    past->next = (past->next + 1) % PAST_EVENTS_MAX;
    past->count++;
    past->end += len;
}

bool log_past_read(const struct log_past *past, uint32_t index, struct event *event, int64_t *at_s)
{
    if (index >= past->count)
        return false;
    uint32_t place = (past->next + PAST_EVENTS_MAX - 1 - index) % PAST_EVENTS_MAX;
    struct kept kept = kept_at(past, place);
    const uint8_t *from = past->bytes + past->at[place] + sizeof kept;
    size_t fields_len = kept.field_count * sizeof event->fields[0];

    *event = (struct event){
        .kind = kept.kind, .field_count = kept.field_count, .is_cut = kept.is_cut, .text_len = kept.text_len};
    memcpy(event->fields, from, fields_len);
    memcpy(event->text, from + fields_len, kept.text_len);
    *at_s = kept.at_s;
    return true;
}
