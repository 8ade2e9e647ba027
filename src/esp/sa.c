#include "esp/sa.h"

#include "base/check.h"

enum { ESP_COUNTER_NONE = ESP_COUNTER_COUNT };

/* clang-format off */
static const struct { const char *asa_name, *meaning; } counters[] = {
#define COUNTER(name, asa_name, meaning) {asa_name, meaning},
#include "esp/counters.def"
#undef COUNTER
};

static const struct { const char *name, *told_as; uint8_t counts_as; const char *meaning; } drops[] = {
    {"PASS", "PASS", ESP_COUNTER_NONE, "nothing is wrong"},
#define DROP(name, counts_as, told_as, meaning) {#name, #told_as, ESP_COUNTER_##counts_as, meaning},
#include "esp/drops.def"
#undef DROP
};
/* clang-format on */

const char *esp_counter_asa_name(enum esp_counter counter)
{
    CHECK(counter < ESP_COUNTER_COUNT);
    return counters[counter].asa_name;
}

const char *esp_counter_meaning(enum esp_counter counter)
{
    CHECK(counter < ESP_COUNTER_COUNT);
    return counters[counter].meaning;
}

const char *esp_drop_name(enum esp_drop drop)
{
    CHECK(drop < ESP_DROP_COUNT);
    return drops[drop].name;
}

const char *esp_drop_told_as(enum esp_drop drop)
{
    CHECK(drop < ESP_DROP_COUNT);
    return drops[drop].told_as;
}

bool esp_drop_is_error(enum esp_drop drop)
{
    CHECK(drop < ESP_DROP_COUNT);
    return drops[drop].counts_as != ESP_COUNTER_NONE;
}

const char *esp_drop_meaning(enum esp_drop drop)
{
    CHECK(drop < ESP_DROP_COUNT);
    return drops[drop].meaning;
}

void esp_tally_drop(struct esp_tally *tally, enum esp_drop drop)
{
    CHECK(drop < ESP_DROP_COUNT);
    tally->drops[drop]++;
    if (drops[drop].counts_as != ESP_COUNTER_NONE)
        tally->counters[drops[drop].counts_as]++;
}

void esp_tally_add(struct esp_tally *to, const struct esp_tally *from)
{
    for (size_t i = 0; i < ESP_COUNTER_COUNT; i++)
        to->counters[i] += from->counters[i];
    for (size_t i = 0; i < ESP_DROP_COUNT; i++)
        to->drops[i] += from->drops[i];
}

static size_t icv_len_of(enum hash_id integrity)
{
    switch (integrity) {
    case HASH_MD5:
    case HASH_SHA1: return 12; /* RFC 2403, 2404 */
    case HASH_SHA256:
    case HASH_SHA384:
    case HASH_SHA512: return hash_info(integrity)->digest_len / 2; /* RFC 4868 */
    case HASH_NONE:
    case HASH_COUNT: break;
    }
    CHECK(!"an integrity algorithm");
}

struct esp_shape esp_shape_of(enum cipher_id cipher, enum hash_id integrity, bool is_udp)
{
    const struct cipher_info *info = cipher_info(cipher);
    bool is_combined = cipher_is_combined(cipher);

    CHECK(info->kind != CIPHER_KIND_NONE && is_combined == (integrity == HASH_NONE));
    return (struct esp_shape){.cipher = cipher,
                              .integrity = integrity,
                              .is_udp = is_udp,
                              .iv_len = (uint8_t)cipher_iv_len(cipher),
                              .icv_len = (uint8_t)(is_combined ? info->icv_len : icv_len_of(integrity)),
                              .block_len = (uint8_t)info->block_len};
}

struct esp_limits esp_limits_of(enum cipher_id cipher, uint32_t lifetime_kb, bool is_begun_here)
{
    uint64_t hard = lifetime_kb == 0 ? UINT64_MAX : (uint64_t)lifetime_kb * 1024;
    uint64_t small_block_limit = (uint64_t)8 << 30;
    const struct cipher_info *info = cipher_info(cipher);

    if (info->kind == CIPHER_KIND_CBC && info->block_len <= 8 && hard > small_block_limit)
        hard = small_block_limit;
    return (struct esp_limits){.soft_bytes = hard == UINT64_MAX ? UINT64_MAX : hard / 16 * (is_begun_here ? 13 : 14),
                               .hard_bytes = hard,
                               .soft_sequence = ESP_SOFT_SEQUENCE};
}

static bool is_used_up(const struct esp_sa *sa)
{
    return !sa->shape.is_extended && sa->sequence >= UINT32_MAX;
}

enum esp_drop esp_sa_number(struct esp_sa *sa, size_t len, uint64_t *sequence)
{
    if (is_used_up(sa))
        return ESP_DROP_SEQUENCE_END;
    if (sa->bytes >= sa->limits.hard_bytes)
        return ESP_DROP_LIFETIME_END;
    *sequence = ++sa->sequence;
    sa->bytes += len;
    return ESP_PASS;
}

bool esp_sa_is_soft(const struct esp_sa *sa)
{
    return sa->bytes >= sa->limits.soft_bytes || (!sa->shape.is_extended && sa->sequence >= sa->limits.soft_sequence);
}

bool esp_sa_is_hard(const struct esp_sa *sa)
{
    return sa->bytes >= sa->limits.hard_bytes || is_used_up(sa);
}
