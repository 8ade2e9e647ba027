/* The counters of `show crypto ipsec sa detail`: what was dropped and why, by the ASA's names. */
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *field, *drop;
} rows[] = {
#define DROP_FIELD(field, drop) {#field, #drop},
#include "cli/drop_fields.def"
#undef DROP_FIELD
};

/* Of "BAD_ICV 3, REPLAY_OLD 2". */
static uint64_t count_of(const char *drops, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = drops; (at = strstr(at, name)) != NULL; at += len) {
        if ((at == drops || at[-1] == ' ') && at[len] == ' ')
            return strtoull(at + len, NULL, 10);
    }
    return 0;
}

bool screen_drop_field(struct text *t, struct bytes name, const struct screen_item *item)
{
    uint64_t sum = 0;
    bool is_known = false;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (!bytes_equal(name, bytes_of_text(rows[i].field)))
            continue;
        is_known = true;
        if (!item->is_outbound)
            sum += count_of(record_text(item->record, COL_ipsec_pair_drops), rows[i].drop);
    }
    if (is_known)
        text_add(t, "%llu", (unsigned long long)sum);
    return is_known;
}
