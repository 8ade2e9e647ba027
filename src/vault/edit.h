/* What becomes of a key on its way from one configuration into another: edits, by name. */
#ifndef VAULT_EDIT_H
#define VAULT_EDIT_H

#include "base/bytes.h"

enum edit {
    EDIT_NONE,
#define EDIT(name) EDIT_##name,
#include "vault/edits.def"
#undef EDIT
    EDIT_COUNT
};

enum { EDIT_KEY_MAX = 128, EDIT_SPACE = 3 * EDIT_KEY_MAX };

/* The key as the edit leaves it, in `space`, which is secret then. False: the edit does not apply, or changes nothing.
 * `key` has at most EDIT_KEY_MAX bytes. */
bool key_edit(enum edit edit, struct bytes text, struct bytes key, uint8_t space[static EDIT_SPACE],
              struct bytes *result);

#endif
