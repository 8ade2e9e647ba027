/* The attributes of one transform by the rows of attributes.def: for wire/proposal.c. */
#ifndef WIRE_TRANSFORM_H
#define WIRE_TRANSFORM_H

#include "wire/proposal.h"

/* Fills in t's fields from its attributes. What is wrong with the transform goes into t->fault; the result is
 * WIRE_ATTRIBUTE_CUT when the attributes do not end where they should. */
enum wire_fault transform_attributes_read(struct sa_transform *t, uint8_t protocol, struct bytes attributes);

void transform_attributes_write(struct writer *w, uint8_t protocol, const struct sa_transform *t);

#endif
