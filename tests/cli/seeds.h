/* A gateway of the simulator behind a real control socket: what it shows is asked for as by any shell. */
#ifndef TESTS_CLI_SEEDS_H
#define TESTS_CLI_SEEDS_H

#include "base/check.h"
#include "ike/ike.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DEVICE, PEER, PAST_MAX = 512 };

/* What both ends of most worlds offer, in a struct sim_site. */
#define SEED_ALGORITHMS                                                                                                \
    .cipher = CIPHER_AES256_CBC, .hash = HASH_SHA1, .group = GROUP_MODP2048, .esp_cipher = CIPHER_AES256_CBC,          \
    .esp_integrity = HASH_SHA1, .lifetime_s = 86400, .esp_lifetime_s = 28800

struct connection; /* daemon/conntrack.h */

struct seed {
    struct sim *sim;
    uint64_t begun_ms;
    struct conf confs[2];
    struct event past[PAST_MAX]; /* of the device; the newest is the last */
    uint64_t past_ms[PAST_MAX];
    unsigned past_count;
    const struct connection *connections; /* that the device's machine follows */
    atomic_uint connection_count;         /* which the server asks for on its own */
    unsigned route_count;                 /* how often the machine was asked for a way */
    uint64_t access_hits;                 /* of each line, as its packet filter counts */
    bool has_inside;                      /* the way to 192.168.0.0/16 is by inside0 */
    bool may_be_parked;                   /* configurations are not held to be without fault */
    const char *dialect;                  /* of the screens: asa, asa8, ios, ios12 */
};
extern struct seed seed;

/* Asks that of the gateway, whose thread for what takes long stands still: another shell is answered meanwhile. */
void seed_expect_beside(const char *line);

/* Setup and teardown of a test. */
int seed_start(void **state);
int seed_end(void **state);

/* A world of two gateways, at noon; each is made by seed_configure or sim_site. */
void seed_world(void);

/* One of the two from the text of its configuration. */
void seed_configure(unsigned site, const char *address, const char *text);

/* The world goes on until that moment since its beginning. */
void seed_run_to(uint64_t ms);

/* The screen of a command; to be freed. */
char *seed_screen(const char *line);
/* The sentence with which a command is refused; until the next one. */
const char *seed_refusal(const char *line);
void seed_expect(const char *command, const char *screen);

#endif
