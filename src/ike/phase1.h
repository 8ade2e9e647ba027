/* What main mode and aggressive mode have in common: phase1.c, and of mm.c what aggressive mode takes as it is. */
#ifndef IKE_PHASE1_H
#define IKE_PHASE1_H

#include "ike/engine.h"
#include "wire/payloads.h"

void fill_cookie(struct step_work *work, uint8_t cookie[static COOKIE_LEN]);
bool set_sa(struct step_work *work, enum blob_id id, const struct sa_payload *sa);
/* IDii or IDir: what `crypto isakmp identity` says. */
bool set_identity(struct step_work *work, enum blob_id blob);
/* It is the subject of our certificate: "auto", with a method by signatures. */
bool identity_is_subject(const struct step_work *work);
void take_vendors(struct step_work *work, bool are_methods);
void take_notifies(struct step_work *work);
void tell_id(struct step_work *work, const struct id *id);
void detect_nat(struct step_work *work);
enum reason follow_port(struct step_work *work);
/* The identity, vendor IDs and notifies of a peer that is proved, or will be by the vault's answer. What follows
 * phase 1 is noted. */
enum reason phase1_take_peer(struct step_work *work, const struct id *id);
/* The peer's share and nonce, and the question for the keys, with the key of sa->tunnel_group. */
enum reason take_share_of(struct step_work *work, enum question_kind kind);

/* The tunnel-group of the peer's address, or the one for any; NO_INDEX: there is none. */
uint16_t phase1_group_of_address(const struct step_work *work);
/* The same, with what the method needs. */
enum reason phase1_find_group(struct step_work *work);

/* What the tunnel-group has for a method by signatures; NULL: the method is another one, or it has none. */
const struct trustpoint *phase1_trustpoint(const struct step_work *work);

/* The tunnel-group as which a responder in aggressive mode answers an identity: the one that it names, or one that
 * does not show that there is none of that name. NO_INDEX: there is none at all. */
uint16_t am_group_to_answer_as(const struct policy *policy, struct bytes id_body, struct ip remote);

/* Aggressive mode: the responder is proved, and message 3 is to be sent. */
void am_is_answered(struct step_work *work);
/* A responder's choice is a method by signatures, or hybrid. */
enum reason am_choose_signed(struct step_work *work);
enum reason am_choose_hybrid(struct step_work *work, const struct id *id);

/* A responder's choice of the peer's proposals, as that tunnel-group takes them (NO_INDEX: none is known). */
enum reason phase1_choose(struct step_work *work, uint16_t group);

/* Main mode's actions that aggressive mode takes as they are. */
step_action mm_choose, mm_check_choice, mm_take_share_i, mm_keep_keys_r, mm_check_proof;
/* Our own signature, out of the vault's answer. */
step_action signature_keep;

#endif
