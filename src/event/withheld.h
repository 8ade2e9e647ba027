/* Whoever shows a log to others strikes out the addresses. */
#ifndef EVENT_WITHHELD_H
#define EVENT_WITHHELD_H

#include "base/bytes.h"

/* What stands in the place of an address, and is none: x.x.x.x, 203.0.xxx.xxx, <peer>, Our Public IP. */
bool address_is_withheld(struct bytes text);

#endif
