/* What the parts of explain share. Not for other files. */
#ifndef CLI_EXPLAIN_PARTS_H
#define CLI_EXPLAIN_PARTS_H

#include "diag/diag.h"
#include "source/source.h"

#include <stdio.h>

enum { EXPLAIN_FILES_MAX = 32, EXPLAIN_TIME_SIZE = 40 };

#define EXPLAIN_SCHEMA "ikewise-explain/1"

struct explain_file {
    const char *name;  /* as it was given */
    const char *error; /* why it could not be read to its end; NULL */
    bool is_capture;
    struct source *source;
    void *space; /* of source */
    struct source_summary sum;
};

struct explain {
    struct explain_file files[EXPLAIN_FILES_MAX];
    size_t file_count;
    const struct report *report;
    const struct explain_messages *messages; /* decoded, for the page; NULL */
    bool is_ladder_only, is_verbose;
};

/* The file gave something that a verdict can rest on. */
bool explain_is_usable(const struct explain_file *file);

/* It failed, or it stopped and nothing says why. */
static inline bool explain_is_trouble(const struct report_negotiation *n)
{
    return n->outcome == OUTCOME_FAILED || n->outcome == OUTCOME_UNKNOWN;
}

/* "2010-06-10 17:36:05", "17:36:05.123" by a clock that tells no day. */
/* The time of day: 17:36:05, 17:36:05.123. */
const char *explain_clock(uint64_t time_ms, char space[static EXPLAIN_TIME_SIZE]);

const char *explain_time(const struct explain *x, uint16_t source, uint64_t time_ms,
                         char space[static EXPLAIN_TIME_SIZE]);

void explain_write_negotiation(FILE *out, const struct explain *x, const struct report_negotiation *n);
void explain_write_text(FILE *out, const struct explain *x);
void explain_write_json(FILE *out, const struct explain *x);
void explain_write_html(FILE *out, const struct explain *x);

#endif
