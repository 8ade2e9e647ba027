/* What the files of transactions share: tm.c, xauth.c, modecfg.c. */
#ifndef IKE_TRANSACTION_H
#define IKE_TRANSACTION_H

#include "ike/engine.h"
#include "wire/attribute.h"
#include "wire/payloads.h"

/* The ATTR payload of a message whose hash is right, which must be of that type (CFG_*); the sender is authenticated
 * then. Its identifier is not looked at: strongSwan answers with 0, and the message id says all. */
enum reason transaction_open(struct step_work *work, uint8_t type, struct config *config);

/* What is written as the ATTR payload to send: type and id, then attributes. */
struct writer attributes_begin(uint8_t space[static BLOB_MAX], uint8_t type, uint16_t id);
enum reason attributes_keep(struct step_work *work, const struct writer *w);

/* The attribute of that type; false: there is none. */
bool config_find(const struct config *config, uint16_t type, struct attribute *found);

/* We are the end with the user: a client of this SA's peer. */
static inline bool is_client(const struct isakmp_sa *sa)
{
    return sa->user_auth != USER_AUTH_NONE && sa->side == INITIATOR;
}

#endif
