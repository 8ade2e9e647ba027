/* `ikewise secret PEER [FILE]`: a pre-shared key goes from the keyboard into the secrets file, and is seen nowhere. */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include "base/ip.h"

/* Asks twice without echo when standard input is a terminal; else reads one line from it. The file beside the
 * configuration `conf_path` is made or exchanged in one step (0600, the other keys stay). False: `why` says why, one
 * sentence, and nothing has changed. */
bool secret_ask_and_store(struct ip peer, const char *conf_path, struct text *why);

/* The store alone, for any key: 1 to 128 printable characters, not beginning or ending with a blank. */
bool secret_store(struct ip peer, const char *secrets_path, struct bytes key, struct text *why);

#endif
