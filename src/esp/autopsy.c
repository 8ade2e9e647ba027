#include "esp/autopsy.h"

#include "base/check.h"
#include "esp/packet.h"

enum whose { WHOSE_OURS, WHOSE_OUT, WHOSE_OTHER };

static const struct {
    const char *name, *meaning;
    enum whose whose;
    uint8_t icv_len, more_len;
} variants[] = {
    [ESP_VARIANT_NONE] = {.name = "NONE", .meaning = "nothing is known of how the peer seals"},
#define VARIANT(name, whose, icv_len, more_len, meaning)                                                               \
    [ESP_VARIANT_##name] = {#name, meaning, WHOSE_##whose, icv_len, more_len},
#include "esp/variants.def"
#undef VARIANT
};

const char *esp_variant_name(enum esp_variant variant)
{
    CHECK((unsigned)variant < ESP_VARIANT_COUNT);
    return variants[variant].name;
}

const char *esp_variant_meaning(enum esp_variant variant)
{
    CHECK((unsigned)variant < ESP_VARIANT_COUNT);
    return variants[variant].meaning;
}

bool esp_autopsy_helps(enum esp_drop drop)
{
    return drop == ESP_DROP_BAD_ICV || drop == ESP_DROP_NOT_ALIGNED || drop == ESP_DROP_TOO_SHORT ||
           drop == ESP_DROP_WRONG_WRAPPING;
}

static bool fits(struct burst_key *key, size_t icv_len, size_t more_len, struct bytes packet)
{
    static const uint8_t more[4]; /* the high half of an extended number, RFC 4303 section 2.2.1: still 0 */

    if (key == NULL || packet.len <= ESP_HEADER_LEN + icv_len)
        return false;
    const struct bytes covered[] = {bytes_of(packet.data, packet.len - icv_len), bytes_of(more, more_len)};
    return burst_icv_fits(key, covered, COUNT_OF(covered), bytes_after(packet, packet.len - icv_len));
}

enum esp_variant esp_autopsy(const struct esp_sa *in, struct burst_key *out, struct burst_key *const *others,
                             size_t other_count, struct bytes packet)
{
    if (in->shape.integrity == HASH_NONE)
        return ESP_VARIANT_NONE;
    for (unsigned v = ESP_VARIANT_NONE + 1; v < ESP_VARIANT_COUNT; v++) {
        size_t icv_len = variants[v].icv_len != 0 ? variants[v].icv_len : in->shape.icv_len;
        struct burst_key *key = variants[v].whose == WHOSE_OUT ? out : in->key;

        if (variants[v].icv_len == in->shape.icv_len)
            continue; /* is what was agreed */
        if (variants[v].whose != WHOSE_OTHER && fits(key, icv_len, variants[v].more_len, packet))
            return v;
        for (size_t i = 0; variants[v].whose == WHOSE_OTHER && i < other_count; i++)
            if (fits(others[i], icv_len, variants[v].more_len, packet))
                return v;
    }
    return ESP_VARIANT_NONE;
}
