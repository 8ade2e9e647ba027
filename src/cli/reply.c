#include "cli/reply.h"

#include "base/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void reply_add(struct reply *reply, const struct control_record *r)
{
    if (reply->count == reply->room) {
        reply->room = reply->room ? 2 * reply->room : 16;
        reply->records = reallocarray(reply->records, reply->room, sizeof *reply->records);
        CHECK(reply->records);
    }
    reply->records[reply->count++] = *r;
}

void reply_free(struct reply *reply)
{
    free(reply->records);
    *reply = (struct reply){0};
}

const struct control_record *reply_find(const struct reply *reply, enum control_record_kind kind)
{
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->records[i].kind == kind)
            return &reply->records[i];
    }
    return NULL;
}

static bool read_value(struct control_record *r, enum control_column column, const json_t *value)
{
    char *end;

    switch (control_column_info(column)->type) {
    case COLUMN_NUMBER:
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return false;
        record_set_number(r, column, (uint64_t)json_integer_value(value));
        return true;
    case COLUMN_FLAG:
        if (!json_is_boolean(value))
            return false;
        record_set_flag(r, column, json_is_true(value));
        return true;
    case COLUMN_SPI:
        if (!json_is_string(value))
            return false;
        record_set_number(r, column, strtoul(json_string_value(value), &end, 16));
        return *end == '\0';
    case COLUMN_TEXT:
        if (!json_is_string(value))
            return false;
        record_set_text(r, column, json_string_value(value));
        return true;
    }
    return false;
}

bool reply_read_line(struct control_record *r, struct bytes line)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)line.data, line.len, 0, &error);
    const char *name = json_string_value(json_object_get(root, "record"));
    enum control_record_kind kind;
    bool is_good = name && control_record_kind_of(name, &kind);

    if (is_good) {
        enum control_column first;
        size_t count;

        *r = control_record_of(kind);
        control_record_columns(kind, &first, &count);
        for (size_t i = 0; i < count && is_good; i++) {
            enum control_column column = (enum control_column)((size_t)first + i);
            const json_t *value = json_object_get(root, control_column_info(column)->name);

            is_good = !value || read_value(r, column, value);
        }
    }
    json_decref(root);
    return is_good;
}
