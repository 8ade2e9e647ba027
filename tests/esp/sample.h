/* For the tests of esp: hex, SAs with keys of test data, inner packets. */
#ifndef TESTS_ESP_SAMPLE_H
#define TESTS_ESP_SAMPLE_H

#include "base/check.h"
#include "esp/packet.h"

#include <string.h>

enum { SAMPLE_SPACE = 2048 };

static inline struct bytes sample_hex(const char *text, uint8_t *space, size_t size)
{
    size_t len = strlen(text) / 2;

    CHECK(len <= size);
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        for (int half = 0; half < 2; half++) {
            char c = text[i * 2 + (size_t)half];
            byte = byte * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
        }
        space[i] = (uint8_t)byte;
    }
    return bytes_of(space, len);
}

static inline const struct selector *sample_any(enum ip_family family)
{
    static struct selector any[2];
    struct selector *s = &any[family == IP_V6];
    struct ip_range all = ip_range_of_prefix((struct ip){.family = (uint8_t)family}, 0);

    *s = (struct selector){.local = all, .remote = all, .local_ports = {0, 65535}, .remote_ports = {0, 65535}};
    return s;
}

static inline struct esp_sa sample_sa_of(enum cipher_id cipher, enum hash_id integrity, struct bytes key,
                                         struct bytes integrity_key, uint32_t spi, bool is_out)
{
    struct esp_shape shape = esp_shape_of(cipher, integrity, false);
    struct burst_key *burst_key = burst_key_make(cipher, key, integrity, integrity_key, shape.icv_len, is_out);

    CHECK(burst_key != NULL);
    return (struct esp_sa){.spi = spi,
                           .shape = shape,
                           .key = burst_key,
                           .selector = sample_any(IP_V4),
                           .limits = esp_limits_of(cipher, 0, false),
                           .replay = replay_of(is_out ? 0 : REPLAY_WINDOW_DEFAULT, NULL)};
}

static inline struct esp_sa sample_sa(enum cipher_id cipher, enum hash_id integrity, bool is_out)
{
    uint8_t key[CIPHER_KEY_MAX + GCM_SALT_LEN], integrity_key[DIGEST_MAX];

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(i * 7 + 1);
    memset(integrity_key, 0x5a, sizeof integrity_key);
    return sample_sa_of(cipher, integrity, bytes_of(key, cipher_info(cipher)->key_len + cipher_salt_len(cipher)),
                        bytes_of(integrity_key, hash_info(integrity)->digest_len), 0x12345678, is_out);
}

static inline struct drbg sample_drbg(void)
{
    uint8_t seed[DRBG_SEED_LEN] = {1, 2, 3};
    struct drbg drbg;

    drbg_seed(&drbg, BYTES_OF(seed));
    return drbg;
}

/* A UDP packet 10.2.0.9:53 -> 10.1.0.5:4000 of `total_len` bytes. */
static inline size_t sample_inner(uint8_t *packet, size_t total_len)
{
    static const uint8_t head[] = {0x45, 0, 0, 0, 0,  100, 0, 0, 64, 17, 0,    0,
                                   10,   2, 0, 9, 10, 1,   0, 5, 0,  53, 0x0f, 0xa0};

    CHECK(total_len >= sizeof head);
    memcpy(packet, head, sizeof head);
    for (size_t i = sizeof head; i < total_len; i++)
        packet[i] = (uint8_t)i;
    packet[2] = (uint8_t)(total_len >> 8);
    packet[3] = (uint8_t)total_len;
    uint16_t checksum = checksum_end(checksum_add(0, bytes_of(packet, 20)));
    packet[10] = (uint8_t)(checksum >> 8);
    packet[11] = (uint8_t)checksum;
    return total_len;
}

/* The packet of `sample_inner`, ready to be sealed in `space`. */
static inline struct esp_packet sample_packet(uint8_t *space, size_t size, size_t inner_len)
{
    sample_inner(space + ESP_HEADROOM, inner_len);
    return (struct esp_packet){.data = space, .size = size, .at = ESP_HEADROOM, .len = inner_len};
}

/* Opens a copy of an ESP packet. */
static inline struct esp_packet sample_open(struct esp_sa *sa, struct bytes esp, uint8_t *space,
                                            struct esp_tally *tally)
{
    struct esp_packet packet = {.data = space, .size = SAMPLE_SPACE, .len = esp.len};

    memcpy(space, esp.data, esp.len);
    esp_open(sa, &packet, 1, tally);
    return packet;
}

/* Seals the sample packet of that length; the view is into `space`. */
static inline struct bytes sample_seal(struct esp_sa *sa, size_t inner_len, uint8_t *space)
{
    struct drbg drbg = sample_drbg();
    struct esp_tally tally = {0};
    struct esp_packet packet = sample_packet(space, SAMPLE_SPACE, inner_len);

    esp_seal(sa, &drbg, &packet, 1, &tally);
    CHECK(packet.drop == ESP_PASS);
    return bytes_of(packet.data + packet.at, packet.len);
}

#endif
