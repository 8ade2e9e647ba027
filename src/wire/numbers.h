/* The numbers of ISAKMP, IKE and the IPsec DOI, from numbers.def: constants PL_KE, NOTIFY_NO_PROPOSAL_CHOSEN,
 * OAKLEY_ENC_AES_CBC ..., and their names both ways.
 *
 *     number_name(SPACE_NOTIFY, 14)                 "NO_PROPOSAL_CHOSEN"; NULL when nothing has that number
 *     text_add_number(&t, SPACE_PL, PL_VID)         VENDOR (13), UNKNOWN (77)
 */
#ifndef WIRE_NUMBERS_H
#define WIRE_NUMBERS_H

#include "base/text.h"

enum number_space {
#define SPACE(space, ...) SPACE_##space,
#define NUMBER(...)
#include "wire/numbers.def"
#undef SPACE
#undef NUMBER
    SPACE_COUNT,
    SPACE_NONE = SPACE_COUNT /* numbers that have no names */
};

enum {
#define SPACE(...)
#define NUMBER(space, name, number, ...) space##_##name = number,
#include "wire/numbers.def"
#undef SPACE
#undef NUMBER
};

/* The bits of the header's flags, RFC 2408 section 3.1. */
enum { FLAG_ENCRYPTION = 1, FLAG_COMMIT = 2, FLAG_AUTHENTICATION_ONLY = 4 };

/* NULL when the space has no such number. */
const char *number_name(enum number_space space, uint32_t number);

/* The first number of that name; false, and `number` untouched, when there is none. Letters must agree in case. */
bool number_of_name(enum number_space space, struct bytes name, uint32_t *number);

/* What the space numbers: "payload type". */
const char *number_space_name(enum number_space space);

/* All rows of a space in the order of numbers.def: index 0, 1, ... until NULL. */
const char *number_row(enum number_space space, size_t index, uint32_t *number);

/* "KE (4)", "UNKNOWN (77)". */
void text_add_number(struct text *t, enum number_space space, uint32_t number);

#endif
