/* What is wrong with bytes from a peer, from faults.def. WIRE_OK is 0, so that `if (fault)` reads well.
 *
 *     enum wire_fault fault = wire_message_read(&m, datagram);
 *     if (fault)
 *         ... wire_fault_name(fault), wire_fault_meaning(fault)
 */
#ifndef WIRE_FAULT_H
#define WIRE_FAULT_H

enum wire_fault {
    WIRE_OK,
#define FAULT(name, ...) WIRE_##name,
#include "wire/faults.def"
#undef FAULT
    WIRE_FAULT_COUNT
};

const char *wire_fault_name(enum wire_fault fault);    /* "PAYLOAD_LEAVES"; "OK" */
const char *wire_fault_meaning(enum wire_fault fault); /* one sentence without a full stop */

#endif
