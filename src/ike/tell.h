/* What the engine tells: events for the log, the debugs and the journal. Nothing here changes what it does. */
#ifndef IKE_TELL_H
#define IKE_TELL_H

#include "ike/objects.h"
#include "ike/steps.h"
#include "wire/message.h"

/* ---- telling (tell.c): events. Each adds what the SA knows (peer, group, role, state) and hands the event out. */
struct event *tell(struct ike_outputs *out, enum event_kind kind, struct ip peer);
/* Of a message that is refused: REASON, and the payload that it is about. */
void event_add_reason(struct event *e, enum reason reason);
/* An ASA names its objects by their addresses; ours have none to show. 0: not set. */
uint32_t handle_number(struct handle h);
void event_add_user(struct event *e, const struct session *session); /* his name, escaped, when he has one */
/* Which crypto map entry it is about, where a tunnel manager tells of it; NULL: nothing is added. */
void add_entry(const struct ike *ike, struct event *e, const struct tunnel *tunnel);
struct event *tell_sa(const struct ike *ike, struct ike_outputs *out, enum event_kind kind, const struct isakmp_sa *sa);
struct event *tell_exchange(const struct ike *ike, struct ike_outputs *out, enum event_kind kind,
                            const struct isakmp_sa *sa, const struct exchange *exchange);
void tell_state(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa,
                const struct exchange *exchange, enum state before);
/* AUTHENTICATION_FAILED */
void tell_unproved(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa,
                   const struct exchange *exchange, enum reason reason, const char *detail);
void tell_message(const struct ike *ike, struct ike_outputs *out, enum event_kind kind, const struct isakmp_sa *sa,
                  const struct exchange *exchange, const struct message *m);
/* A sealed one that is open here, for whoever wants it in clear. */
void tell_clear(struct ike_outputs *out, bool is_sent, struct endpoint local, struct endpoint remote,
                const struct message *m);

/* ---- telling what an ASA has a message for, of a payload that is refused (tell_refused.c) */
struct event *tell_payload_fault(const struct step_work *work, const char *cause);
/* The first payload of that type in the message; REASON_MALFORMED. */
enum reason malformed(const struct step_work *work, uint8_t payload, enum wire_fault fault);
/* `body`: of an ID payload that is refused, because of that fault or though it could be read. NULL, and nothing is
 * told, when none of its parts alone is why. */
struct event *tell_identity_refused(const struct step_work *work, unsigned phase, struct bytes body,
                                    enum wire_fault fault);
/* Adds to a PROPOSAL_REFUSED why it is not the policies that differ; `group`: the tunnel-group, NO_INDEX: none. */
void event_add_why_refused(const struct ike *ike, struct event *e, uint16_t group, const struct sa_payload *offer);
/* Another static entry has these networks, and it is another peer's. */
void tell_other_peer(const struct step_work *work, const struct selector *wanted);

/* ---- telling of phase 2 in the way of IOS (tell_esp.c) */
/* Every transform of an offer, or the one of an answer; then why none of them fits. */
void tell_transforms(const struct step_work *work, const struct sa_payload *sa);
void tell_no_transform(const struct step_work *work, const struct sa_payload *sa, enum esp_refusal refusal);
/* What is wanted for a line of a crypto ACL; what the draft's quick mode has chosen. */
void tell_request(const struct ike *ike, struct ike_outputs *out, const struct tunnel *tunnel, uint16_t ace,
                  struct ip peer);
void tell_choice(const struct step_work *work);
/* Both SAs of a pair. `sa`: NULL when there is none any more. `stage`: see STAGE in events.def. */
void tell_pair(const struct ike *ike, struct ike_outputs *out, const struct isakmp_sa *sa, const struct pair *pair,
               const char *stage);
void tell_identity(const struct step_work *work, const struct id *id);
/* "10.1.0.0/255.255.0.0/0/0": network, mask, protocol, port. */
void event_add_proxy(struct event *e, enum event_field_id field, struct ip_range range, uint8_t protocol,
                     struct port_range ports);

#endif
