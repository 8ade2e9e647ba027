/* Does a distinguished name fit a condition of a certificate map? What is compared came from a certificate of an
 * authority that is trusted, and is not trusted more than that. */
#ifndef CRYPTO_NAME_MATCH_H
#define CRYPTO_NAME_MATCH_H

#include "crypto/algorithm.h"

bool name_tag_is_known(struct bytes tag); /* of name_tags.def */

/* `tag`: the part that is looked at, of which there may be several (then one that fits does); "": the whole name as it
 * is printed, blanks about = and between parts left out. Capitals do not count. A name that cannot be read, or has a
 * zero byte in that part, fits nothing. */
bool name_matches(struct bytes der, const char *tag, enum name_match match, const char *value);

/* The nth value of that part, from 0. Returns false when there is none, it is longer than `size`, or it has a zero byte
 * in it. Text with a zero byte at its end. */
bool name_part(struct bytes der, const char *tag, unsigned nth, char *space, size_t size);

#endif
