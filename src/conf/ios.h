/* A router's configuration in the words of the ASA (ios.def), so that one reader understands both.
 *
 *     if (ios_is_configuration(text))
 *         ok = ios_translate(&ios, text, arena);
 *     ... ios.text is to be read; its line n stands for line ios.lines[n - 1] of the original */
#ifndef CONF_IOS_H
#define CONF_IOS_H

#include "base/arena.h"
#include "policy/policy.h"

struct ios {
    struct bytes text;
    const uint32_t *lines;
    uint32_t line_count;
};

/* Begins some line as only IOS does. */
bool ios_is_configuration(struct bytes text);

/* By its `version` line. */
enum ios_release ios_release_of(struct bytes text);

/* False: the arena is full. */
bool ios_translate(struct ios *ios, struct bytes text, struct arena *arena);

#endif
