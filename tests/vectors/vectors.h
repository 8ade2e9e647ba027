/* Reads the vector files beside this header: records of `name = value` lines, closed by an empty line; `#` begins a
 * comment.
 *
 *     struct vectors v = vectors_open("hmac.txt");
 *     while (vectors_next(&v)) {
 *         struct bytes key = vectors_bytes(&v, "key");        empty when the record has no such line
 *         const char *hash = vectors_text(&v, "hash");        NULL when the record has no such line
 *     }
 *     CHECK(vectors_close(&v) == 192);                        how many records there were: no test passes on an empty
 * file
 *
 * What it returns lives until the next record. */
#ifndef VECTORS_VECTORS_H
#define VECTORS_VECTORS_H

#include "base/bytes.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTORS_LINES_MAX = 16, VECTORS_LINE_SIZE = 40000 };

struct vectors {
    FILE *file;
    size_t record_count, line_count;
    char *lines;      /* VECTORS_LINES_MAX of VECTORS_LINE_SIZE; the name, a zero, the value, a zero */
    uint8_t *decoded; /* one to a line */
    const char *values[VECTORS_LINES_MAX];
};

static inline struct vectors vectors_open(const char *name)
{
    struct vectors v = {.lines = malloc(VECTORS_LINES_MAX * VECTORS_LINE_SIZE),
                        .decoded = malloc(VECTORS_LINES_MAX * VECTORS_LINE_SIZE)};
    char path[512];

    CHECK((size_t)snprintf(path, sizeof path, "%s/vectors/%s", TESTS_DIR, name) < sizeof path);
    v.file = fopen(path, "r");
    CHECK(v.file != NULL && v.lines != NULL && v.decoded != NULL);
    return v;
}

static inline bool vectors_next(struct vectors *v)
{
    v->line_count = 0;
    for (;;) {
        CHECK(v->line_count < VECTORS_LINES_MAX);
        char *line = v->lines + v->line_count * VECTORS_LINE_SIZE;
        bool is_read = fgets(line, VECTORS_LINE_SIZE, v->file) != NULL;

        if (is_read && line[0] == '#')
            continue;
        if (!is_read || line[0] == '\n') {
            if (v->line_count > 0)
                break;
            if (!is_read)
                return false;
            continue;
        }
        char *end = strchr(line, '\n');
        char *equals = strstr(line, " =");
        CHECK(end != NULL && equals != NULL);
        *end = '\0';
        *equals = '\0';
        v->values[v->line_count++] = equals[2] == ' ' ? equals + 3 : equals + 2;
    }
    v->record_count++;
    return true;
}

static inline const char *vectors_text(const struct vectors *v, const char *name)
{
    for (size_t i = 0; i < v->line_count; i++)
        if (strcmp(v->lines + i * VECTORS_LINE_SIZE, name) == 0)
            return v->values[i];
    return NULL;
}

static inline struct bytes vectors_bytes(const struct vectors *v, const char *name)
{
    const char *hex = vectors_text(v, name);
    size_t len = hex == NULL ? 0 : strlen(hex) / 2;

    if (len == 0)
        return bytes_of(NULL, 0);
    uint8_t *out = v->decoded + (hex - v->lines) / VECTORS_LINE_SIZE * VECTORS_LINE_SIZE;
    for (size_t i = 0; i < len; i++) {
        unsigned octet;

        CHECK(sscanf(hex + 2 * i, "%2x", &octet) == 1);
        out[i] = (uint8_t)octet;
    }
    return bytes_of(out, len);
}

static inline size_t vectors_close(struct vectors *v)
{
    fclose(v->file);
    free(v->lines);
    free(v->decoded);
    return v->record_count;
}

#endif
