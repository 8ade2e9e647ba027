/* Messages as charon, pluto and Cisco's VPN Client tell them, said as the ASA says them. */
#ifndef SOURCE_EXCHANGE_H
#define SOURCE_EXCHANGE_H

#include "event/event.h"

enum namer { NAMER_CHARON, NAMER_PLUTO, NAMER_CLIENT };

/* "MM"; "" for one of IKEv2; NULL for none of the table. */
const char *exchange_named(enum namer namer, struct bytes name);

/* The payloads of a message, collected. */
struct payload_list {
    char text[384];
    uint8_t count;
    bool has_sa, has_ke, has_id, has_hash, has_notify, has_delete, has_nonce, has_sig, has_attr;
    uint32_t notify; /* 0: none, or not known */
};

void payload_list_begin(struct payload_list *list);
void payload_list_add(struct payload_list *list, uint32_t number);
const char *payload_list_end(struct payload_list *list); /* "HDR + SA (1) + NONE (0)" */

/* "SA", "N(NO_PROP)", "CPRQ(X_USER X_PWD)", "Notification". False, and nothing is added, for an unknown name. */
bool payload_list_add_named(struct payload_list *list, enum namer namer, struct bytes name);

/* What the notify in it tells: EV_NOTIFY_*, EV_DPD_*; false without one that is known. */
bool payload_list_notify(const struct payload_list *list, bool is_received, struct event *e);

/* 1 to 6 in main mode, 1 to 3 in the others; 0 when that is not sure. RFC 2409 section 5. */
unsigned message_number(const char *exchange, const struct payload_list *list, bool is_from_initiator);

#endif
