#include "esp/autopsy.h"

#include "base/check.h"
#include "esp/packet.h"

enum whose { WHOSE_OURS, WHOSE_OUT, WHOSE_OTHER, WHOSE_SHORT_128, WHOSE_SHORT_192, WHOSE_STRANGER };
enum more { MORE_AGREED, MORE_HIGH, MORE_LOW };
enum kind { KIND_HMAC = 1, KIND_GCM = 2, KIND_ANY = KIND_HMAC | KIND_GCM };

static const struct {
    const char *name, *meaning;
    enum kind kind;
    enum whose whose;
    uint8_t icv_len;
    enum more more;
} variants[] = {
    [ESP_VARIANT_NONE] = {.name = "NONE", .meaning = "nothing is known of how the peer seals"},
#define VARIANT(name, kind, whose, icv_len, more, meaning)                                                             \
    [ESP_VARIANT_##name] = {#name, meaning, KIND_##kind, WHOSE_##whose, icv_len, MORE_##more},
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

static bool fits(struct burst_key *key, size_t icv_len, bool has_more, struct bytes packet)
{
    return key != NULL && packet.len > ESP_HEADER_LEN + icv_len && burst_icv_fits(key, packet, icv_len, has_more);
}

static bool fits_shorter(const struct burst_key *key, size_t key_len, size_t icv_len, bool has_more,
                         struct bytes packet)
{
    struct burst_key *shorter = burst_key_shorter(key, key_len);
    bool is_fit = fits(shorter, icv_len, has_more, packet);

    burst_key_free(shorter);
    return is_fit;
}

static bool fits_any(struct burst_key *const *keys, size_t count, size_t icv_len, bool has_more, struct bytes packet)
{
    for (size_t i = 0; i < count; i++)
        if (fits(keys[i], icv_len, has_more, packet))
            return true;
    return false;
}

enum esp_variant esp_autopsy(const struct esp_sa *in, struct burst_key *out, struct burst_key *const *others,
                             size_t other_count, struct bytes packet)
{
    enum kind kind = in->shape.integrity == HASH_NONE ? KIND_GCM : KIND_HMAC;

    for (unsigned v = ESP_VARIANT_NONE + 1; v < ESP_VARIANT_COUNT; v++) {
        size_t icv_len = variants[v].icv_len != 0 ? variants[v].icv_len : in->shape.icv_len;
        bool has_more = variants[v].more == MORE_AGREED ? in->shape.is_extended : variants[v].more == MORE_HIGH;
        bool is_fit = false;

        if (variants[v].more != MORE_AGREED && has_more == in->shape.is_extended)
            continue;
        if (variants[v].icv_len == in->shape.icv_len || (variants[v].kind & kind) == 0)
            continue; /* is what was agreed, or of other ciphers */
        switch (variants[v].whose) {
        case WHOSE_OURS: is_fit = fits(in->key, icv_len, has_more, packet); break;
        case WHOSE_OUT: is_fit = fits(out, icv_len, has_more, packet); break;
        case WHOSE_OTHER: is_fit = fits_any(others, other_count, icv_len, has_more, packet); break;
        case WHOSE_SHORT_128: is_fit = fits_shorter(in->key, 128 / 8, icv_len, has_more, packet); break;
        case WHOSE_SHORT_192: is_fit = fits_shorter(in->key, 192 / 8, icv_len, has_more, packet); break;
        case WHOSE_STRANGER: break;
        }
        if (is_fit)
            return v;
    }
    return ESP_VARIANT_NONE;
}

enum esp_variant esp_autopsy_stranger(const struct esp_sa *in, const struct esp_sa *out, struct bytes packet)
{
    if (!fits(in->key, in->shape.icv_len, in->shape.is_extended, packet))
        return ESP_VARIANT_NONE;
    return out != NULL && esp_spi_of(packet) == out->spi ? ESP_VARIANT_OUTBOUND_SPI : ESP_VARIANT_WRONG_SPI;
}
