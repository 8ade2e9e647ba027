/* Time stamps, in the many forms that logs put before a line. */
#ifndef SOURCE_STAMP_H
#define SOURCE_STAMP_H

#include "base/bytes.h"

struct stamp {
    enum stamp_extent {
        STAMP_NONE,
        STAMP_TIME,  /* of a day, or since the device's start */
        STAMP_DATE,  /* month, day and time: ms count from the beginning of a year like 1970 */
        STAMP_WHOLE, /* since 1970 */
    } extent;
    uint64_t ms;
    unsigned year;  /* of STAMP_WHOLE */
    size_t time_at; /* in its head: two figures each of hour, minute and second, which end it; 0: it ends otherwise */
};

/* The last stamp of `head`, which is what stands before the text of a line: with a relay's and the device's own, the
 * device's stands last. STAMP_NONE when there is none. An offset of ISO 8601 is taken off; names of zones are not
 * known. `year`, from a line before, is used where the stamp has none; 0: not known. */
struct stamp stamp_read(struct bytes head, unsigned year);

/* Makes the stamp that was read of one head that of the next, where these differ in the figures of its time alone.
 * False: they do not, and it stays as it is. */
bool stamp_follow(struct stamp *stamp, struct bytes head, struct bytes next);

/* Where the last stamp of `head` begins; its length without one. */
size_t stamp_place(struct bytes head);

#endif
