/* A datagram that has come: what datagram.c and informational.c share. Not for other files. */
#ifndef IKE_ARRIVAL_H
#define IKE_ARRIVAL_H

#include "ike/engine.h"

struct arrival {
    struct ike *ike;
    uint64_t now_ms;
    struct endpoint local, remote;
    struct message m;
    struct ike_outputs *out;
};

/* ---- datagram.c ---- */

/* Says that it is refused; the event may be told more. With an exchange, the reason is remembered there. */
struct event *arrival_refuse(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange, enum reason reason);
void arrival_refuse_detail(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange, enum reason reason,
                           const char *detail);

void arrival_refuse_fault(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange,
                          enum wire_fault fault);

/* The same for one that does not prove that its sender has our key: then it is looked for what key would. */
void arrival_unproved(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange, enum reason reason,
                      const char *detail);

void arrival_tell(struct arrival *a, const struct isakmp_sa *sa, const struct exchange *exchange);

/* Opens a sealed message and reads its payloads. `exchange` is a copy whose IV moves on. */
enum reason arrival_open(struct arrival *a, const struct isakmp_sa *sa, struct exchange *exchange, const char **detail);

/* Finds the row for a message that is open, and runs it. */
enum reason arrival_run(struct arrival *a, struct isakmp_sa *sa, struct exchange *exchange, enum sealing sealing);

/* Aggressive mode: the initiator is up when it has sent message 3, and goes on. Whoever names our cookie has seen
 * message 2, so message 3 was lost, or is late; message 2 again makes the initiator send it again. */
bool arrival_asks_for_proof(struct arrival *a, const struct isakmp_sa *sa);

/* It was authentic, and of that kind. */
void arrival_heard(struct arrival *a, struct isakmp_sa *sa, enum exchange_kind kind);

/* ---- informational.c ---- */

/* `sa` NULL: its cookies name none. */
void informational_take(struct arrival *a, struct isakmp_sa *sa);

#endif
