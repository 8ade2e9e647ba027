/* A line of an export: what a store of logs has put around the line that a device wrote, as JSON or as CSV.
 *
 *     while (record_next(&rest, line, sizeof line, &len))       one line may hold several records
 *
 * A line that is no record is left alone. */
#ifndef SOURCE_RECORD_H
#define SOURCE_RECORD_H

#include "base/bytes.h"

/* `line` begins as a record does. */
bool record_is(struct bytes line);

/* The next record of `rest` as the device's line, the store's time in front of it, and `rest` behind it; false: there
 * is none any more. `line` is printable when `rest` is, and is cut at `size`. */
bool record_next(struct bytes *rest, char *line, size_t size, size_t *len);

#endif
