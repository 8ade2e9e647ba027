/* Which views of several files are of one negotiation, and how that is known. Cookies, and the random numbers that both
 * ends write down (message IDs, SPIs), prove it whatever the addresses are. Else the addresses must fit. Where NAT
 * stands between the files and nobody says so, one address and the order and times of the messages make it one, if
 * there is only one that it can be. Two logs of which each names nobody but its peer have no address in
 * common: they are taken for the two ends that somebody gives when one asks and one answers, at the same time, nothing
 * came that was not sent, and neither file has another that it can be. What may be any of several is joined with none
 * of them: what was seen of two tunnels, taken for one, proves what is not so. */
#ifndef DIAG_JOIN_H
#define DIAG_JOIN_H

#include "diag/collect.h"

/* The surest first: behind ENDS it is a guess where there are several. */
enum joined {
    JOINED_BY_COOKIES,
    JOINED_BY_NUMBERS, /* message IDs, SPIs */
    JOINED_BY_ENDS,
    JOINED_BY_PEER,  /* of the other end nothing is told */
    JOINED_BY_NAT,   /* that a file tells of */
    JOINED_BY_ORDER, /* and times: NAT follows from it */
    JOINED_AS_ONLY,  /* each names nobody but its peer, and nothing speaks against it */
    JOINED_NOT,
    JOINED_NEVER /* they have different cookies */
};

/* There are several files, or a journal, which has a log and a capture of the same negotiations. Else each view is a
 * negotiation. */
bool join_is_needed(const struct diag *d);

/* The views that are used, in their order from `at` on, which is 0 at first; those without an address behind all
 * others. NULL: there are no more. */
struct view *join_next(const struct diag *d, size_t *at);

/* Puts each of them into one of `tunnels`, which are empty and as many as there are views: how many there are in the
 * end. `doubtful`: how many views may be of several others. */
size_t join_views(const struct diag *d, struct tunnel *tunnels, uint32_t *doubtful);

/* The initiator has another address in one file than in the other: false, and nothing changed, where it has not. */
bool join_find_translation(const struct tunnel *t, struct translation *found);

const char *join_sentence(const struct tunnel *t);

#endif
