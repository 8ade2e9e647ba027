/* A configuration in the words of somebody else, and what could not be said there.
 *
 * What is written is what is run: parked tunnels and statements that are not used come as remarks. Keys are never
 * written. */
#ifndef CONF_CONVERT_H
#define CONF_CONVERT_H

#include "conf/conf.h"

enum conf_language { CONF_TO_ASA, CONF_TO_IOS, CONF_TO_STRONGSWAN, CONF_TO_LIBRESWAN };

/* text->is_cut when it did not fit. */
void conf_convert(const struct conf *conf, enum conf_language language, struct text *text);

#endif
