/* Whether a part of a line may be taken as it stands. */
#ifndef EVENT_SURE_H
#define EVENT_SURE_H

#include "base/bytes.h"

/* The text is the same in a line that is tidied, blanks stand singly and within, and no second message begins in it;
 * `words_behind` is what follows it in the line. */
bool text_is_sure(struct bytes text, struct bytes words_behind);

#endif
