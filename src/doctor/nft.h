/* The program that holds the packet filter's rules. */
#ifndef DOCTOR_NFT_H
#define DOCTOR_NFT_H

#include "base/text.h"

#include <stdbool.h>

/* Where it is; NULL: nowhere. */
const char *nft_path(void);

/* Gives it `rules`: in its own language, or as JSON. False: `why` says why, with `what` the rules are, as in "packet
 * filter", and what they are for, as in "which translates addresses". */
bool nft_run(struct bytes rules, bool is_json, const char *what, const char *purpose, struct text *why);

#endif
