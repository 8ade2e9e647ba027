/* What was found, all at once: collected in any order, bounded, listed by line. */
#ifndef CONF_FINDING_H
#define CONF_FINDING_H

#include "conf/conf.h"

/* Where findings go while a file is read. */
struct finder {
    struct conf *conf;
    struct arena *arena;
    const char *file_name;
};

enum { SENTENCE_SIZE = 400 };

void find(struct finder *finder, enum conf_severity severity, uint32_t line, uint32_t column, const char *expected,
          const char *sentence);

/* What has been found so far is of reading. */
void findings_keep(struct conf *conf);

/* A new list that holds the findings of reading. */
void findings_begin(struct conf *conf, struct arena *arena);

/* By line; counts errors and warnings. */
void findings_sort(struct conf *conf);

#endif
