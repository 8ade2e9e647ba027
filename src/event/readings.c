#include "event/readings.h"

#include "event/rows.h"

#include <string.h>

enum { READING_LINE_SIZE = 2048 };

static const struct reading {
    uint8_t product;
    uint16_t kind;
    const char *text;
} rows[] = {
#define READING(product, text, kind, ...) {PRODUCT_##product, EV_##kind, text},
#include "event/readings.def"
#undef READING
};

const char *reading_at(size_t row, enum product *product, enum event_kind *kind)
{
    if (row >= COUNT_OF(rows))
        return NULL;
    *product = (enum product)rows[row].product;
    *kind = (enum event_kind)rows[row].kind;
    return rows[row].text;
}

/* Runs of blanks become one, and none stands at either end. */
static struct bytes squeeze(struct bytes text, char space[static READING_LINE_SIZE])
{
    size_t len = 0;

    for (size_t i = 0; i < text.len && len < READING_LINE_SIZE; i++)
        if (text.data[i] != ' ' || (len > 0 && space[len - 1] != ' '))
            space[len++] = (char)text.data[i];
    while (len > 0 && space[len - 1] == ' ')
        len--;
    return bytes_of(space, len);
}

bool reading_read_by(const struct phrase_index *index, enum product product, struct bytes text, struct event *e)
{
    char space[READING_LINE_SIZE];
    struct bytes line = squeeze(text, space);
    const struct template_slot *slots;
    uint16_t row;

    if (line.len == 0)
        return false;
    for (struct rows candidates = rows_for(index, GROUP_READINGS + product, 0, line, COUNT_OF(rows));
         rows_next(&candidates, &row, &slots);) {
        const struct reading *r = &rows[row];

        if (r->product != product || (r->text[0] != '{' && r->text[0] != (char)line.data[0]))
            continue;
        struct event found = event_of((enum event_kind)r->kind);

        if (!template_read(r->text, slots, line, &found))
            continue;
        event_copy(e, &found);
        return true;
    }
    return false;
}

bool reading_read(enum product product, struct bytes text, struct event *e)
{
    return reading_read_by(NULL, product, text, e);
}
