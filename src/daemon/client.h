/* What a gateway has given us as its client, in the system: our address on the TUN, and routes to it. Name servers are
 * only told: this daemon writes no resolv.conf.
 *
 *     client_take(&client, tun_name, log, given);      also when it is over
 *     client_end(&client, tun_name);                   before the TUN goes */
#ifndef DAEMON_CLIENT_H
#define DAEMON_CLIENT_H

#include "daemon/log.h"
#include "ike/ike.h"

struct client {
    struct ike_client given; /* is_up false: nothing is made */
};

void client_take(struct client *client, const char *tun_name, struct log *log, const struct ike_client *given);
void client_end(struct client *client, const char *tun_name);

#endif
