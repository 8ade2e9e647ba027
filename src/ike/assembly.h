/* A message of a peer that comes in fragments: what is there of it. [MS-IKEE] section 2.2.2; attack list F.
 *
 *     switch (assembly_add(&assembly, &carrier, &fragment)) ...      ASSEMBLY_WHOLE: assembly_write gives the message
 *
 * Fragments come in any order and more than once. Of a message that was whole the fragments stay, because peers repeat
 * messages: when as many bytes have come again, whichever, it is whole again. (Were each wanted again, too few repeats
 * would be answered under loss; was one enough, an answer would be longer than what it answers.) Peers use one fragment
 * id for all their messages, so the first fragment that differs begins the next message.
 *
 * Nothing here is authenticated. What does not fit together ends what was there, never more than that. */
#ifndef IKE_ASSEMBLY_H
#define IKE_ASSEMBLY_H

#include "wire/fragment.h"
#include "wire/message.h"

enum { ASSEMBLY_FRAGMENTS_MAX = 32, ASSEMBLY_LEN_MAX = 8192 };

struct assembly {
    struct header carrier; /* of the first one that came: cookies, exchange and message id are those of all */
    uint16_t id;
    uint8_t count;                                                     /* 0: the last one has not come */
    uint8_t highest;                                                   /* number that has come */
    uint32_t kept;                                                     /* bit n - 1: fragment n is here */
    uint16_t at[ASSEMBLY_FRAGMENTS_MAX], lens[ASSEMBLY_FRAGMENTS_MAX]; /* by number - 1: where in `data` */
    uint32_t again_len;             /* bytes of fragments that have come again since the message was whole */
    uint16_t len;                   /* of all that is kept */
    uint8_t data[ASSEMBLY_LEN_MAX]; /* in the order in which they came */
};

enum assembly_result {
    ASSEMBLY_WAITS,    /* for more */
    ASSEMBLY_WHOLE,    /* all are here */
    ASSEMBLY_ANOTHER,  /* a fragment of another id or carrier: what was there is gone, this is the first of a new set */
    ASSEMBLY_MIXED,    /* it contradicts what was there, which is gone; it is the first of a new set */
    ASSEMBLY_TOO_MANY, /* its number is beyond ASSEMBLY_FRAGMENTS_MAX: it is dropped, what was there stays */
    ASSEMBLY_TOO_LONG, /* more than ASSEMBLY_LEN_MAX bytes: all is gone */
};

/* An assembly of zeros is an empty one. */
enum assembly_result assembly_add(struct assembly *assembly, const struct header *carrier,
                                  const struct fragment *fragment);

/* Something has come of a message that never was whole. */
bool assembly_is_open(const struct assembly *assembly);

/* The message, in order; `space` is of ASSEMBLY_LEN_MAX bytes. After ASSEMBLY_WHOLE only. */
struct bytes assembly_write(const struct assembly *assembly, uint8_t *space);

#endif
