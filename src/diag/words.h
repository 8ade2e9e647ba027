/* Whose words a repair is written in. */
#ifndef DIAG_WORDS_H
#define DIAG_WORDS_H

#include "event/observation.h"

/* WORDS_COUNT: those that have words for every value. The others have none. */
enum words {
    WORDS_ASA,
    WORDS_IOS,
    WORDS_STRONGSWAN,
    WORDS_LIBRESWAN,
    WORDS_COUNT,
    WORDS_VPNC = WORDS_COUNT,
    WORDS_VPN3000,
    WORDS_VPN_CLIENT,
    WORDS_IKE_SCAN
};

/* racoon has strongSwan's; what is not known is taken for an ASA. */
enum words words_of(enum product product);

/* These write a network as 10.1.0.0/16. */
static inline bool words_have_prefixes(enum words words)
{
    return words == WORDS_STRONGSWAN || words == WORDS_LIBRESWAN;
}

#endif
