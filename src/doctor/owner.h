/* Who has a UDP port. */
#ifndef DOCTOR_OWNER_H
#define DOCTOR_OWNER_H

#include "base/ip.h"

enum { OWNER_NAME_SIZE = 32, OWNER_PID_SIZE = 24 };

struct owner {
    char name[OWNER_NAME_SIZE]; /* of the process, as it calls itself: to be printed escaped */
    char pid[OWNER_PID_SIZE];
};

/* The process with a socket on that port and address, or on all addresses. `ip` IP_NONE: on any. False: none can be
 * seen. */
bool owner_find(struct ip ip, uint16_t port, struct owner *owner);

#endif
