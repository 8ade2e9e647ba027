/* Opening sealed messages of a capture with keys that were handed in. RFC 2409 section 5 and appendix B. */
#ifndef SOURCE_SEAL_H
#define SOURCE_SEAL_H

#include "source/packet.h"
#include "wire/message.h"

enum { OPENED_LEN_MAX = 16 * 1024 };

/* A message in clear teaches the chain: the chosen algorithms (message 2), the shares (KE). */
void seal_learn(struct packets *p, struct seen_sa *sa, const struct message *m, bool is_from_initiator);

enum seal_result { SEAL_NO_KEY, SEAL_OPENED, SEAL_OPENED_IN_PART, SEAL_DOES_NOT_OPEN };

/* m->sealed is opened into `space`, and m gets its payloads. SEAL_OPENED_IN_PART: the IV is not known, and CBC has
 * spoiled the first block: `notify` is what stands behind it, empty when that is a Delete. Moves the chain of IVs: not
 * to be called for a repeat. `exchange` is that of the message ID; NULL in phase 1 and for informationals. */
enum seal_result seal_open(struct packets *p, struct seen_sa *sa, struct seen_exchange *exchange, struct message *m,
                           uint8_t space[static OPENED_LEN_MAX], struct bytes *notify);

#endif
