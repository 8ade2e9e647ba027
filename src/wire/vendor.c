#include "wire/vendor.h"

#include "base/check.h"
#include "base/text.h"

#include <string.h>

enum match { MATCH_EXACT, MATCH_PREFIX };

static const struct row {
    enum vendor_id id;
    enum match match;
    const char *digits; /* hexadecimal, lower case; a dot fits any digit */
    const char *meaning;
} rows[] = {
#define VENDOR_ID(...)
#define VENDOR(id, match, digits, meaning) {VENDOR_##id, MATCH_##match, digits, meaning},
#include "wire/vendor.def"
#undef VENDOR_ID
#undef VENDOR
};

static const struct {
    const char *name, *heard_as, *made_as;
} names[] = {
    {"", "", ""},
    {"", "", ""},
#define VENDOR_ID(name, heard_as, made_as) {#name, heard_as, made_as},
#define VENDOR(...)
#include "wire/vendor.def"
#undef VENDOR_ID
#undef VENDOR
};

/* As many bytes as the longest row has, and one more, so that a longer payload is never taken for an exact row. */
enum { BYTES_LOOKED_AT = 80 };

static bool digits_fit(const char *wanted, const char *digits)
{
    for (; *wanted != '\0'; wanted++, digits++)
        if (*wanted != *digits && (*wanted != '.' || *digits == '\0'))
            return false;
    return true;
}

static bool row_fits(const struct row *row, const char *digits)
{
    if (!digits_fit(row->digits, digits))
        return false;
    return row->match == MATCH_PREFIX || digits[strlen(row->digits)] == '\0';
}

static bool row_is_better(const struct row *row, const struct row *than)
{
    if (than == NULL || row->match != than->match)
        return than == NULL || row->match == MATCH_EXACT;
    return strlen(row->digits) > strlen(than->digits);
}

struct vendor vendor_of(struct bytes body)
{
    char digits[2 * BYTES_LOOKED_AT + 1];
    struct text t = text_of(digits, sizeof digits);
    const struct row *best = NULL;

    text_add_hex(&t, bytes_of(body.data, body.len < BYTES_LOOKED_AT ? body.len : BYTES_LOOKED_AT));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (row_fits(&rows[i], digits) && row_is_better(&rows[i], best))
            best = &rows[i];
    return best == NULL ? (struct vendor){VENDOR_NONE, ""} : (struct vendor){best->id, best->meaning};
}

static uint8_t digit_value(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void vendor_write(struct writer *w, enum vendor_id id)
{
    CHECK(id > VENDOR_KNOWN && id < VENDOR_COUNT);
    const struct row *row = rows;

    while (row->id != id)
        row++;
    for (const char *d = row->digits; *d != '\0'; d += 2)
        write_u8(w, (uint8_t)(digit_value(d[0]) << 4 | digit_value(d[1])));
}

const char *vendor_name(enum vendor_id id)
{
    CHECK(id < VENDOR_COUNT);
    return names[id].name;
}

const char *vendor_asa_name(enum vendor_id id)
{
    CHECK(id < VENDOR_COUNT);
    return names[id].heard_as;
}

const char *vendor_asa_made_name(enum vendor_id id)
{
    CHECK(id < VENDOR_COUNT);
    return names[id].made_as;
}
