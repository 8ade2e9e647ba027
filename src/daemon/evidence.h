/* What has failed, kept beside the journal: the last EVIDENCE_PER_PEER negotiations of each peer that did not come up,
 * with the records that belong to them, whatever else pushes the journal on.
 *
 *     evidence_take(evidence, &journal)           after each turn of the engine
 *     evidence_read(evidence, &journal, i, &r)    what the journal itself has no more; the newest is 0
 *
 * A negotiation is known by its peer and the number of its ISAKMP SA (FIELD_CONN_ID), which no stranger's message gets:
 * one that is begun in a peer's name is nobody's until its second message comes, for whoever lies about his address
 * hears no answer. Then what it has is looked up in the journal. Who has proved nothing, and is not of the
 * configuration, gives way first. */
#ifndef DAEMON_EVIDENCE_H
#define DAEMON_EVIDENCE_H

#include "daemon/journal.h"

enum {
    EVIDENCE_PER_PEER = 20,
    EVIDENCE_ATTEMPTS_MAX = 4096,
    EVIDENCE_ATTEMPT_MAX = 64 * 1024,     /* bytes of one negotiation: the oldest records go first */
    EVIDENCE_BYTES_MAX = 32 * 1024 * 1024 /* of all */
};

struct evidence;

typedef bool evidence_known(void *context, struct ip peer); /* is it of the configuration? */

struct evidence *evidence_create(void);
void evidence_free(struct evidence *e);
/* NULL: nobody is. */
void evidence_know(struct evidence *e, evidence_known *known, void *context);

/* Looks at the records of the journal's newest turn. */
void evidence_take(struct evidence *e, const struct journal *j);

bool evidence_read(struct evidence *e, const struct journal *j, uint32_t index, struct journal_record *record);

#endif
