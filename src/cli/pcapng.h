/* Packets as a file that tcpdump, Wireshark and explain read: pcapng (draft-ietf-opsawg-pcapng), one section, one
 * interface of raw IP. */
#ifndef CLI_PCAPNG_H
#define CLI_PCAPNG_H

#include "base/bytes.h"

#include <stdio.h>

/* What the stream could not take, ferror tells. A comment stands beside its packet; empty: none. */
void pcapng_begin(FILE *out, uint32_t packet_max);
void pcapng_add(FILE *out, uint64_t at_us, uint32_t len, struct bytes packet, struct bytes comment);

#endif
