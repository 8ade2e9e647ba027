/* Key autopsy: a message that does not open with our key is held against what the peer's key may be. What opens it is
 * proved by the peer's own hash, so a finding is no guess. No key comes out, only the name of what was done to it. */
#ifndef VAULT_AUTOPSY_H
#define VAULT_AUTOPSY_H

#include "policy/question.h"

/* Does that key open the evidence, and does the hash in it fit? `shared` is g^xy. */
bool autopsy_opens(const struct question *question, struct bytes shared, struct bytes key);

/* The first edit of the key that opens it; HYPOTHESIS_NONE: none does. */
enum hypothesis autopsy_of_edits(const struct question *question, struct bytes shared, struct bytes key);

#endif
