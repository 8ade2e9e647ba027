/* Whatever bytes arrive, nothing is accepted that was not sealed with the key; what is sealed opens to what it was; one
 * changed byte is refused. And the readers of inner packets, the fragmenter and the MSS clamp stay within what they are
 * given: each works on a copy of exact size. */
#include "base/check.h"
#include "esp/fragment.h"
#include "esp/mtu.h"
#include "esp/outer.h"
#include "esp/packet.h"

#include <stdlib.h>
#include <string.h>

enum { SPACE = 70000 };

static const struct {
    enum cipher_id cipher;
    enum hash_id integrity;
} algorithms[] = {{CIPHER_AES128_CBC, HASH_SHA1}, {CIPHER_AES256_GCM, HASH_NONE}, {CIPHER_3DES_CBC, HASH_MD5}};

static struct selector any_flow;

static struct esp_sa make_sa(size_t which, bool is_out)
{
    static const uint8_t key[CIPHER_KEY_MAX + GCM_SALT_LEN] = {1,  2,  3,  4,  5,  6,  7,  8, 9,
                                                               10, 11, 12, 13, 14, 15, 16, 17};
    const struct cipher_info *info = cipher_info(algorithms[which].cipher);
    struct esp_shape shape = esp_shape_of(algorithms[which].cipher, algorithms[which].integrity, false);
    size_t key_len = info->key_len + (info->kind == CIPHER_KIND_GCM ? GCM_SALT_LEN : 0u);
    struct ip any = {.family = IP_V4};
    struct ip_range all = ip_range_of_prefix(any, 0);
    struct esp_sa sa = {.spi = 7,
                        .shape = shape,
                        .limits = esp_limits_of(algorithms[which].cipher, 0, false),
                        .replay = replay_of(64, NULL)};

    any_flow = (struct selector){.local = all, .remote = all, .local_ports = {0, 65535}, .remote_ports = {0, 65535}};
    sa.selector = &any_flow;
    sa.key = burst_key_make(algorithms[which].cipher, bytes_of(key, key_len), algorithms[which].integrity,
                            bytes_of(key, hash_info(algorithms[which].integrity)->digest_len), shape.icv_len, is_out);
    CHECK(sa.key != NULL);
    return sa;
}

static struct esp_packet open_bytes(struct esp_sa *sa, struct bytes esp, uint8_t *space)
{
    struct esp_packet packet = {.data = space, .size = SPACE, .len = esp.len};
    struct esp_tally tally = {0};

    memcpy(space, esp.data, esp.len);
    esp_open(sa, &packet, 1, &tally);
    return packet;
}

static void nothing_is_accepted(size_t which, struct bytes data)
{
    static uint8_t space[SPACE];
    struct esp_sa in = make_sa(which, false);

    CHECK(open_bytes(&in, data, space).drop != ESP_PASS && in.replay.top == 0);
    burst_key_free(in.key);
}

static void what_is_sealed_opens(size_t which, struct bytes data)
{
    static uint8_t sealed[SPACE], space[SPACE];
    static const uint8_t seed[DRBG_SEED_LEN];
    struct esp_sa out = make_sa(which, true), in = make_sa(which, false), again = make_sa(which, false);
    struct esp_packet packet = {.data = sealed, .size = SPACE, .at = ESP_HEADROOM, .len = data.len};
    struct esp_tally tally = {0};
    struct drbg drbg;
    struct inner inner;

    drbg_seed(&drbg, BYTES_OF(seed));
    memcpy(sealed + ESP_HEADROOM, data.data, data.len);
    esp_seal(&out, &drbg, &packet, 1, &tally);
    CHECK(packet.drop == ESP_PASS);
    struct bytes esp = bytes_of(sealed + packet.at, packet.len);
    bool is_sane = inner_read(&inner, data);
    struct esp_packet opened = open_bytes(&in, esp, space);
    CHECK(in.replay.top == 1); /* the ICV was right */
    if (opened.drop == ESP_PASS)
        CHECK(is_sane && bytes_equal(bytes_of(space + opened.at, opened.len), bytes_of(data.data, inner.total_len)));
    else
        CHECK(!is_sane || inner_is_martian(&inner) || inner.family == IP_V6);

    sealed[packet.at + data.data[0] * packet.len / 256] ^= (uint8_t)(data.data[data.len - 1] | 1);
    CHECK(open_bytes(&again, esp, space).drop != ESP_PASS && again.replay.top == 0);
    burst_key_free(out.key);
    burst_key_free(in.key);
    burst_key_free(again.key);
}

static void inner_packets_stay_within_bounds(struct bytes data)
{
    struct inner inner;
    uint8_t out[ESP_TOO_BIG_MAX];
    uint8_t *copy = malloc(data.len), *space = malloc(600);

    CHECK(copy != NULL && space != NULL);
    memcpy(copy, data.data, data.len);
    if (inner_read(&inner, bytes_of(copy, data.len))) {
        size_t len, payload_len = 0;
        struct fragmenter f = fragmenter_of(&inner, bytes_of(copy, data.len), 600);
        while ((len = fragment_next(&f, space, 600)) > 0) {
            CHECK(len <= 600);
            payload_len += len - (size_t)(space[0] & 0x0f) * 4;
        }
        CHECK(f.is_refused || payload_len == inner.total_len - inner.header_len);
        CHECK(esp_too_big(&inner, bytes_of(copy, data.len), 600, (struct ip){0}, out) <= ESP_TOO_BIG_MAX);
        esp_clamp_mss(copy, &inner, ESP_TCP_MSS);
        esp_ecn_in(copy, &inner, data.data[data.len - 1]);
    }
    free(copy);
    free(space);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2 || len > 65000)
        return 0;
    size_t which = data[0] % COUNT_OF(algorithms);
    struct bytes rest = bytes_of(data + 1, len - 1);

    nothing_is_accepted(which, rest);
    what_is_sealed_opens(which, rest);
    inner_packets_stay_within_bounds(rest);
    return 0;
}
