#ifndef DOCS_PICTURE_H
#define DOCS_PICTURE_H

#include "ladder.h"

/* `heads`: what the two life lines are called. */
void picture_draw(const char *name, const char *title, const char *const heads[2], const struct ladder *ladder);

#endif
