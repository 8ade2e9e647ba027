/* Vendor IDs, from vendor.def: which one is this, and which bytes are ours.
 *
 *     struct vendor v = vendor_of(message_nth(&m, PL_VID, i)->body);
 *     if (v.id == VENDOR_DPD) ...           VENDOR_KNOWN: no more than a name; VENDOR_NONE: nobody's that we know
 *     vendor_write(payload_begin(&out, PL_VID), VENDOR_DPD), payload_end(&out);
 */
#ifndef WIRE_VENDOR_H
#define WIRE_VENDOR_H

#include "base/bytes.h"
#include "base/writer.h"

/* Those that change what we do, and those that tell whom we talk to. */
enum vendor_id {
    VENDOR_NONE,
    VENDOR_KNOWN, /* has a row in vendor.def, and changes nothing */
#define VENDOR_ID(name, ...) VENDOR_##name,
#define VENDOR(...)
#include "wire/vendor.def"
#undef VENDOR_ID
#undef VENDOR
    VENDOR_COUNT
};

struct vendor {
    enum vendor_id id;
    const char *meaning; /* "" for VENDOR_NONE */
};

/* The row that fits best: the whole payload before its beginning, a longer beginning before a shorter one. */
struct vendor vendor_of(struct bytes body);

/* The bytes that we send for it: its first row. */
void vendor_write(struct writer *w, enum vendor_id id);

/* "RFC3947"; what an ASA calls it when it hears one ("NAT-Traversal RFC", in "Received ... VID") and when it makes one
 * ("NAT-Traversal VID ver RFC", in "constructing ... payload"). "" for the two without a name. */
const char *vendor_name(enum vendor_id id);
const char *vendor_asa_name(enum vendor_id id);
const char *vendor_asa_made_name(enum vendor_id id);

#endif
