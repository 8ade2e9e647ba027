/* Protocols, ports and types of ICMP, by number or by the names that an ASA has for them: protocols.def, services.def.
 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include "base/bytes.h"

/* False: it is neither a number that fits nor a name. */
bool service_protocol(struct bytes text, uint8_t *protocol);
bool service_port(struct bytes text, uint16_t *port);
bool service_icmp_type(struct bytes text, bool is_v6, uint8_t *type);

#endif
