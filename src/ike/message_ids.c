/* Which message ids an ISAKMP SA has used or heard, of quick mode and of informational exchanges: the last HEARD_IDS_MAX of
 * each. */
#include "base/check.h"
#include "ike/engine.h"

static uint32_t *heard_count(const struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind)
{
    CHECK(kind == EXCHANGE_QM || kind == EXCHANGE_INFO);
    return &ike->heard.counts[(kind == EXCHANGE_INFO) * ike->limits.sas + sa->self.index];
}

static uint32_t *heard_id(const struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind, uint32_t slot)
{
    size_t row = (kind == EXCHANGE_INFO) * HEARD_IDS_MAX + slot;

    return &ike->heard.ids[row * ike->limits.sas + sa->self.index];
}

void message_ids_forget(struct ike *ike, const struct isakmp_sa *sa)
{
    *heard_count(ike, sa, EXCHANGE_QM) = *heard_count(ike, sa, EXCHANGE_INFO) = 0;
}

bool message_id_was_heard(const struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind,
                          uint32_t message_id)
{
    uint32_t count = *heard_count(ike, sa, kind);

    for (uint32_t slot = 0; slot < count && slot < HEARD_IDS_MAX; slot++)
        if (*heard_id(ike, sa, kind, slot) == message_id)
            return true;
    return false;
}

void message_id_keep(struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind, uint32_t message_id)
{
    if (!message_id_was_heard(ike, sa, kind, message_id))
        *heard_id(ike, sa, kind, (*heard_count(ike, sa, kind))++ % HEARD_IDS_MAX) = message_id;
}
