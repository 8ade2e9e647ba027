/* An end that is no configuration of the ASA's language, as statements of that language: a configuration of IOS,
 * strongSwan or libreswan, or what a capture shows of a peer. What the observations do not tell is assumed, and each
 * assumption is said.
 *
 *     static struct foreign f;
 *     foreign_begin(&f);
 *     while (source_next(s, &seen))
 *         foreign_take(&f, &seen, text);      text: the file as it came, for the keys; empty for a capture
 *     foreign_write(&f, &own_conf, address, &out, &why); */
#ifndef TRIAL_FOREIGN_H
#define TRIAL_FOREIGN_H

#include "conf/conf.h"
#include "event/observation.h"

enum {
    FOREIGN_POLICIES_MAX = 32,
    FOREIGN_SETS_MAX = 32,
    FOREIGN_ENTRIES_MAX = 64,
    FOREIGN_SELECTORS_MAX = 256,
    FOREIGN_KEYS_MAX = 64,
    FOREIGN_INTERFACES_MAX = 16,
    FOREIGN_NATS_MAX = 8,
    FOREIGN_NOTES_MAX = 12,
    FOREIGN_NAME_SIZE = 64,
    FOREIGN_PROXY_SIZE = 48,
};

struct foreign_suite {
    char owner[FOREIGN_NAME_SIZE]; /* transform set, or connection */
    char encryption[16], hash[16], authentication[24], mode[16];
    unsigned key_len, group, priority, phase;
    uint64_t seconds;
};

struct foreign {
    enum product product; /* ASA: a configuration that conf reads as it is */
    bool is_capture;
    struct foreign_suite policies[FOREIGN_POLICIES_MAX], sets[FOREIGN_SETS_MAX];
    struct foreign_entry {
        char map[FOREIGN_NAME_SIZE], acl[FOREIGN_NAME_SIZE], sets[160], version[16];
        char sent_id[FOREIGN_NAME_SIZE], expected_id[FOREIGN_NAME_SIZE];
        unsigned sequence, pfs;
        bool has_pfs;
        struct ip local, peers[2];
        uint8_t peer_count;
    } entries[FOREIGN_ENTRIES_MAX];
    struct foreign_selector {
        char owner[FOREIGN_NAME_SIZE], local[FOREIGN_PROXY_SIZE], remote[FOREIGN_PROXY_SIZE];
        bool is_deny;
    } selectors[FOREIGN_SELECTORS_MAX];
    struct foreign_key {
        struct ip peer; /* IP_NONE: for any */
        bool is_known;
        char key[132];
    } keys[FOREIGN_KEYS_MAX];
    struct foreign_interface {
        char name[FOREIGN_NAME_SIZE], map[FOREIGN_NAME_SIZE];
        struct ip ip, mask;
    } interfaces[FOREIGN_INTERFACES_MAX];
    struct foreign_nat { /* what the access-list permits leaves with the address of the interface */
        char acl[FOREIGN_NAME_SIZE], interface[FOREIGN_NAME_SIZE]; /* acl: or a route-map that names one */
    } nats[FOREIGN_NATS_MAX];
    struct foreign_route_map {
        char name[FOREIGN_NAME_SIZE], acl[FOREIGN_NAME_SIZE];
    } route_maps[FOREIGN_NATS_MAX];
    size_t policy_count, set_count, entry_count, selector_count, key_count, interface_count, nat_count, route_map_count;
    uint32_t asa_count, ios_count; /* statements that only the one has */
    bool is_nat_t_off;
    size_t met; /* index of the entry that foreign_meet has found */

    /* of a capture */
    struct ip initiator, responder;
    uint32_t refused; /* answers that refuse message 1 in clear */
    bool has_phase2;

    const char *notes[FOREIGN_NOTES_MAX]; /* sentences that begin with what is assumed */
    size_t note_count;
};

void foreign_begin(struct foreign *f);
void foreign_take(struct foreign *f, const struct observation *seen, struct bytes file);

/* Adds to the notes what is assumed; a sentence that is there already is not added again. */
void foreign_assume(struct foreign *f, const char *sentence);

/* Statements of the end that was read; of a capture, of its other end than `own`. `own` is the end that it is to meet,
 * `address` what that end calls it (for one that does not say its address). False: nothing is known of a tunnel; *why
 * says so. Keys are in `out`. */
bool foreign_write(struct foreign *f, const struct conf *own, struct ip address, struct text *out, const char **why);

/* Of a capture: which end `own` is. False: neither address is one of its own or of its peers. */
bool foreign_role(const struct foreign *f, const struct conf *own, bool *is_initiator);

/* foreign_meet.c: of several connections the one that meets an end of these addresses is looked for: of a peer that is
 * among them, else of any peer, else the first. */
void foreign_meet(struct foreign *f, const struct ip *addresses, size_t count);
/* Its own addresses, as far as it says them. Returns how many, at most FOREIGN_ENTRIES_MAX. */
size_t foreign_addresses(const struct foreign *f, struct ip addresses[static FOREIGN_ENTRIES_MAX]);
/* The identity that this connection wants of its peer ("": whatever comes), and the one that it names itself. */
const char *foreign_expects(const struct foreign *f);
const char *foreign_says(const struct foreign *f);

void foreign_wipe(struct foreign *f);

#endif
