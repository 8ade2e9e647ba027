/* Whose words a repair is written in. */
#ifndef DIAG_WORDS_H
#define DIAG_WORDS_H

#include "event/observation.h"

enum words { WORDS_ASA, WORDS_IOS, WORDS_STRONGSWAN, WORDS_COUNT };

/* libreswan and racoon have strongSwan's; what is not known is taken for an ASA. */
enum words words_of(enum product product);

#endif
