/* What the parts of ends share. Not for other files. */
#ifndef CLI_ENDS_PARTS_H
#define CLI_ENDS_PARTS_H

#include "cli/file.h"
#include "source/source.h"
#include "trial/foreign.h"
#include "trial/trial.h"

#include <stdio.h>

#define CHECK_SCHEMA "ikewise-check/1"
#define REPLAY_SCHEMA "ikewise-replay/1"

/* One file, and the end that it tells of. */
struct ends_file {
    const char *name;
    char title[FILE_PATH_SIZE + 16]; /* in sentences */
    struct file file;
    struct foreign *foreign;
    enum source_kind kind;
    enum product product;
    char *text; /* statements, when they are not the file itself */
    size_t text_len;
    uint32_t errors, warnings; /* of a file in the ASA's language */
    bool is_own_language;
};

struct ends {
    struct ends_file files[2];
    const struct trial_result *result;
    bool is_replay, is_initiator; /* of a replay: the configuration is the initiator */
};

const char *ends_product(enum product product); /* "IOS" */
void ends_write_text(FILE *out, const struct ends *x);
void ends_write_json(FILE *out, const struct ends *x);

#endif
