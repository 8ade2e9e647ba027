/* ESP autopsy: a packet that does not verify is held against what peers are known to do otherwise. An ICV that fits is
 * a proof: nobody makes one without the keys. Nothing is opened, and no state is touched. */
#ifndef ESP_AUTOPSY_H
#define ESP_AUTOPSY_H

#include "esp/sa.h"

enum esp_variant {
    ESP_VARIANT_NONE, /* nothing is known */
#define VARIANT(name, ...) ESP_VARIANT_##name,
#include "esp/variants.def"
#undef VARIANT
    ESP_VARIANT_COUNT
};

const char *esp_variant_name(enum esp_variant variant);
const char *esp_variant_meaning(enum esp_variant variant); /* a sentence */

/* Is it worth to look? What is dropped for this reason may have been sealed otherwise than agreed. */
bool esp_autopsy_helps(enum esp_drop drop);

/* `packet` begins at the ESP header and is as it came. `out`: the key of the other direction, `others`: of the peer's
 * other pairs, inbound; NULL among them is passed over. */
enum esp_variant esp_autopsy(const struct esp_sa *in, struct burst_key *out, struct burst_key *const *others,
                             size_t other_count, struct bytes packet);

/* The same of a packet whose SPI is none of ours, held against one pair of the peer that it came from; `out` may be
 * NULL. Whether the SPI was ours once (OLD_SPI) is for the caller to know: of such a pair there are no keys. */
enum esp_variant esp_autopsy_stranger(const struct esp_sa *in, const struct esp_sa *out, struct bytes packet);

#endif
