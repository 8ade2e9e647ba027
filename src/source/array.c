/* An array of records in one line, as stores of logs export it, may be as long as the log: it is taken in parts that
 * end between two records, so that none is cut but what is too long itself. */
#include "source/parts.h"

#include "source/record.h"

#include <string.h>

/* Where the first record begins that stands behind another one, from `at` on; the length where there is none. */
static size_t find_record(struct array_place *place, struct bytes text, size_t at)
{
    for (; at < text.len; at++) {
        uint8_t c = text.data[at];

        if (place->is_escaped) {
            place->is_escaped = false;
        } else if (place->is_in_string) {
            place->is_escaped = c == '\\';
            place->is_in_string = c != '"';
        } else if (c == '{' && place->behind == BEHIND_COMMA) {
            place->behind = BEHIND_NOTHING;
            return at;
        } else if (c == '}') {
            place->behind = BEHIND_RECORD;
        } else if (c == ',' && place->behind == BEHIND_RECORD) {
            place->behind = BEHIND_COMMA;
        } else if (c != ' ' && c != '\t') {
            place->behind = BEHIND_NOTHING;
            place->is_in_string = c == '"';
        }
    }
    return text.len;
}

/* The beginning of the last record that begins in it behind another one; 0: none does. */
static size_t find_last_record(struct array_place *place, struct bytes text)
{
    size_t last = 0, at = 0;

    *place = (struct array_place){0};
    while ((at = find_record(place, text, at)) < text.len)
        last = at++;
    return last;
}

static bool begins_array(struct bytes line)
{
    return line.len > 0 && (line.data[0] == '[' || line.data[0] == '{') && record_is(line);
}

static struct bytes rest_of_line(const struct source *s)
{
    const uint8_t *end = s->input.len ? memchr(s->input.data, '\n', s->input.len) : NULL;

    return bytes_of(s->input.data, end ? (size_t)(end - s->input.data) : s->input.len);
}

/* What is left of a record that was too long, to the next one or the end of the line. */
static void pass_rest(struct source *s)
{
    struct bytes rest = rest_of_line(s);
    size_t at = find_record(&s->array.place, rest, 0);
    bool is_end = at == rest.len && rest.len < s->input.len;

    s->array.is_passing = at == rest.len && !is_end;
    s->input = bytes_after(s->input, at + is_end);
}

void array_drop_taken(struct source *s)
{
    if (s->array.taken == 0)
        return;
    s->carry_len -= s->array.taken;
    memmove(s->carry, s->carry + s->array.taken, s->carry_len);
    s->array.taken = 0;
}

bool array_take_part(struct source *s, struct bytes *part)
{
    if (s->array.is_passing)
        pass_rest(s);
    struct bytes rest = rest_of_line(s), window = bytes_of(rest.data, SOURCE_LINE_MAX);
    bool is_carried = s->carry_len > 0;
    size_t room = SOURCE_LINE_MAX - s->carry_len, last;

    if (s->is_carry_cut || rest.len <= room || !begins_array(is_carried ? bytes_of(s->carry, s->carry_len) : window))
        return false;
    if (is_carried) {
        memcpy(s->carry + s->carry_len, rest.data, room);
        window = bytes_of(s->carry, SOURCE_LINE_MAX);
        s->carry_len = SOURCE_LINE_MAX;
        s->input = bytes_after(s->input, room);
    }
    last = find_last_record(&s->array.place, window);
    s->is_carry_cut = s->array.is_passing = last == 0;
    *part = bytes_of(window.data, last > 0 ? last : window.len);
    if (is_carried)
        s->array.taken = part->len;
    else
        s->input = bytes_after(s->input, part->len);
    return true;
}
