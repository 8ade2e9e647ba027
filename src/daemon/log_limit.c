#include "daemon/log_limit.h"

enum { ALL_PEERS = 8 }; /* times the burst and the rate of one prefix */

static const struct {
    uint16_t burst, interval_ms; /* 0: not limited */
} rows[EV_COUNT] = {
#define LIMIT(event, burst, interval_ms) [EV_##event] = {burst, interval_ms},
#include "daemon/log_limit.def"
#undef LIMIT
};

static uint64_t key_of(const struct event *e)
{
    struct ip peer = event_ip(e, FIELD_PEER);
    struct ip prefix = ip_is_set(peer) ? ip_first(peer, peer.family == IP_V6 ? 56 : 24) : peer;
    uint64_t key = 0xcbf29ce484222325 ^ e->kind; /* FNV-1a: spreads well enough, and a collision only shares a bucket */

    for (size_t i = 0; i < 8; i++)
        key = (key ^ prefix.octets[i]) * 0x100000001b3;
    return key | 1;
}

static bool take_token(struct log_bucket *bucket, uint64_t key, uint32_t burst, uint64_t interval_ms, uint64_t now_ms)
{
    if (bucket->key != key)
        *bucket = (struct log_bucket){key, now_ms, burst};

    uint64_t earned = (now_ms - bucket->filled_ms) / interval_ms;
    bucket->filled_ms += earned * interval_ms;
    bucket->tokens = earned >= burst - bucket->tokens ? burst : bucket->tokens + (uint32_t)earned;
    if (bucket->tokens == 0)
        return false;
    bucket->tokens--;
    return true;
}

bool log_limit_allows(struct log_limit *limit, const struct event *e, uint64_t now_ms, uint32_t *kept_back)
{
    uint32_t burst = rows[e->kind].burst, interval_ms = rows[e->kind].interval_ms;
    uint64_t key = key_of(e);

    *kept_back = 0;
    if (burst == 0)
        return true;
    /* The prefix is asked first: one loud network does not use up what is for all. Many of them, or forged ones, meet
     * the second bucket. */
    if (!take_token(&limit->of_prefix[key / 2 % LOG_LIMIT_BUCKETS], key, burst, interval_ms, now_ms) ||
        !take_token(&limit->of_kind[e->kind], 1, burst * ALL_PEERS, (interval_ms + ALL_PEERS - 1) / ALL_PEERS,
                    now_ms)) {
        limit->kept_back[e->kind]++;
        limit->kept_back_count++;
        return false;
    }
    *kept_back = limit->kept_back[e->kind];
    limit->kept_back[e->kind] = 0;
    return true;
}
