/* The fragment payload (132) of Cisco and Microsoft: its header. Putting fragments together is another's work.
 * [MS-IKEE] section 2.2.2. */
#ifndef WIRE_FRAGMENT_H
#define WIRE_FRAGMENT_H

#include "base/writer.h"
#include "wire/fault.h"

enum { FRAGMENT_LAST = 1 }; /* flag: no fragment has a higher number */

struct fragment {
    uint16_t id;
    uint8_t number; /* from 1 */
    uint8_t flags;
    struct bytes data; /* not empty */
};

enum wire_fault fragment_read(struct fragment *fragment, struct bytes body);
void fragment_write(struct writer *w, const struct fragment *fragment);

#endif
