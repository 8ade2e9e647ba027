#include "daemon/journal.h"

#include "base/check.h"

#include <stddef.h>
#include <string.h>

/* What stands before the parts that are kept. */
struct kept {
    struct journal_head head;
    uint64_t at_ms;
    uint32_t len; /* of the parts */
    uint8_t kind;
    union {
        struct {
            uint16_t kind, text_len;
            uint8_t field_count;
            bool is_cut;
        } event;
        struct {
            bool is_sent, is_cut;
            struct endpoint local, remote;
        } message;
    };
};

static uint32_t oldest_of(const struct journal *j)
{
    return (j->next + JOURNAL_RECORDS_MAX - j->count) % JOURNAL_RECORDS_MAX;
}

static struct kept kept_at(const struct journal *j, uint32_t place)
{
    struct kept kept;

    memcpy(&kept, j->bytes + j->at[place], sizeof kept);
    return kept;
}

/* Those that stand where `at` to `end` is to be written make room, the oldest first. */
static void make_room(struct journal *j, uint32_t at, uint32_t end)
{
    while (j->count > 0) {
        uint32_t oldest = oldest_of(j), begin = j->at[oldest];
        uint32_t behind = begin + (uint32_t)sizeof(struct kept) + kept_at(j, oldest).len;

        if (j->count < JOURNAL_RECORDS_MAX && (begin >= end || behind <= at))
            return;
        j->count--;
    }
}

static void keep(struct journal *j, struct kept kept, struct bytes first, struct bytes second)
{
    kept.len = (uint32_t)(first.len + second.len);
    kept.head.serial = j->kept_count++;
    kept.head.turn = j->turn;
    kept.head.kind = kept.kind;
    uint32_t len = (uint32_t)sizeof kept + kept.len;

    CHECK(len <= JOURNAL_BYTES);
    if (j->end + len > JOURNAL_BYTES) {
        make_room(j, j->end, JOURNAL_BYTES);
        j->end = 0;
    }
    make_room(j, j->end, j->end + len);
    uint8_t *to = j->bytes + j->end;
    memcpy(to, &kept, sizeof kept);
    if (first.len > 0)
        memcpy(to + sizeof kept, first.data, first.len);
    if (second.len > 0)
        memcpy(to + sizeof kept + first.len, second.data, second.len);
    j->at[j->next] = j->end;
    j->next = (j->next + 1) % JOURNAL_RECORDS_MAX;
    j->count++;
    j->end += len;
}

void journal_keep_event(struct journal *j, const struct event *e, uint64_t at_ms)
{
    keep(j,
         (struct kept){.head = {.peer = event_ip(e, FIELD_PEER), .conn_id = (uint32_t)event_number(e, FIELD_CONN_ID)},
                       .at_ms = at_ms,
                       .kind = JOURNAL_IS_EVENT,
                       .event = {e->kind, e->text_len, e->field_count, e->is_cut}},
         bytes_of(e->fields, e->field_count * sizeof e->fields[0]), bytes_of(e->text, e->text_len));
}

void journal_keep_message(struct journal *j, bool is_sent, const struct endpoint *local, const struct endpoint *remote,
                          struct bytes data, uint64_t at_ms)
{
    bool is_cut = data.len > JOURNAL_MESSAGE_MAX;

    keep(j,
         (struct kept){.head = {.peer = remote->ip},
                       .at_ms = at_ms,
                       .kind = JOURNAL_IS_MESSAGE,
                       .message = {is_sent, is_cut, *local, *remote}},
         bytes_of(data.data, is_cut ? JOURNAL_MESSAGE_MAX : data.len), (struct bytes){0});
}

void journal_keep_input(struct journal *j, const char *name, uint64_t at_ms)
{
    CHECK(strlen(name) < sizeof((struct journal_record){0}).input);
    keep(j, (struct kept){.at_ms = at_ms, .kind = JOURNAL_IS_INPUT}, bytes_of(name, strlen(name) + 1),
         (struct bytes){0});
}

static void read_event(struct event *e, const struct kept *kept, const uint8_t *from)
{
    struct event_field fields[EVENT_FIELDS_MAX];
    size_t fields_len = kept->event.field_count * sizeof fields[0];

    event_begin(e, (enum event_kind)kept->event.kind);
    memcpy(fields, from, fields_len);
    event_restore(e, fields, kept->event.field_count, bytes_of(from + fields_len, kept->event.text_len));
    e->is_cut = kept->event.is_cut;
}

static uint32_t place_of(const struct journal *j, uint32_t index)
{
    CHECK(index < j->count);
    return (j->next + JOURNAL_RECORDS_MAX - 1 - index) % JOURNAL_RECORDS_MAX;
}

struct bytes journal_bytes(const struct journal *j, uint32_t index)
{
    uint32_t place = place_of(j, index);

    return bytes_of(j->bytes + j->at[place], sizeof(struct kept) + kept_at(j, place).len);
}

struct journal_head journal_head(struct bytes bytes)
{
    struct kept kept;

    CHECK(bytes.len >= sizeof kept);
    memcpy(&kept, bytes.data, sizeof kept);
    return kept.head;
}

void journal_read_bytes(struct bytes bytes, struct journal_record *record)
{
    struct kept kept;

    CHECK(bytes.len >= sizeof kept);
    memcpy(&kept, bytes.data, sizeof kept);
    const uint8_t *from = bytes.data + sizeof kept;

    record->kind = kept.kind;
    record->head = kept.head;
    record->at_ms = kept.at_ms;
    switch ((enum journal_record_kind)kept.kind) {
    case JOURNAL_IS_EVENT: read_event(&record->event, &kept, from); break;
    case JOURNAL_IS_MESSAGE:
        record->message.is_sent = kept.message.is_sent;
        record->message.is_cut = kept.message.is_cut;
        record->message.local = kept.message.local;
        record->message.remote = kept.message.remote;
        record->message.data = bytes_of(from, kept.len);
        break;
    case JOURNAL_IS_INPUT: memcpy(record->input, from, kept.len); break;
    }
}

bool journal_read(const struct journal *j, uint32_t index, struct journal_record *record)
{
    if (index >= j->count)
        return false;
    journal_read_bytes(journal_bytes(j, index), record);
    return true;
}

struct ip journal_peer(const struct journal_record *record)
{
    switch ((enum journal_record_kind)record->kind) {
    case JOURNAL_IS_EVENT: return event_ip(&record->event, FIELD_PEER);
    case JOURNAL_IS_MESSAGE: return record->message.remote.ip;
    case JOURNAL_IS_INPUT: break;
    }
    return (struct ip){0};
}
