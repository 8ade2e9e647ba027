#include "crypto/cipher.h"
#include "crypto/hash.h"
#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    enum cipher_id cipher;
    enum hash_id integrity;
} algorithms[] = {
    {CIPHER_AES128_CBC, HASH_SHA1},   {CIPHER_AES192_CBC, HASH_SHA256}, {CIPHER_AES256_CBC, HASH_SHA256},
    {CIPHER_AES256_CBC, HASH_SHA384}, {CIPHER_AES256_CBC, HASH_SHA512}, {CIPHER_AES128_CBC, HASH_MD5},
    {CIPHER_3DES_CBC, HASH_MD5},      {CIPHER_DES_CBC, HASH_SHA1},      {CIPHER_AES128_GCM, HASH_NONE},
    {CIPHER_AES192_GCM, HASH_NONE},   {CIPHER_AES256_GCM, HASH_NONE},   {CIPHER_AES256_GCM12, HASH_NONE},
    {CIPHER_AES128_GCM8, HASH_NONE},  {CIPHER_AES192_GMAC, HASH_NONE},  {CIPHER_NULL, HASH_SHA1},
};

/* Seals any text, with its trailer in it already, as a peer that knows the key might: AES-128 and SHA-1. */
static struct bytes seal_text(uint32_t spi, uint32_t sequence, struct bytes text, uint8_t *space)
{
    struct esp_sa out = sample_sa(CIPHER_AES128_CBC, HASH_SHA1, true);
    struct burst_packet burst = {.data = space, .aad_len = 8, .iv_len = 16, .text_len = text.len};

    for (int i = 0; i < 4; i++) {
        space[i] = (uint8_t)(spi >> (24 - 8 * i));
        space[4 + i] = (uint8_t)(sequence >> (24 - 8 * i));
    }
    memset(space + 8, 0x33, 16);
    memcpy(space + 24, text.data, text.len);
    burst_seal(out.key, &burst, 1);
    burst_key_free(out.key);
    return bytes_of(space, 24 + text.len + 12);
}

static void what_is_sealed_opens_the_same_with_every_algorithm(void **state)
{
    uint8_t sealed[SAMPLE_SPACE], opened[SAMPLE_SPACE], inner[SAMPLE_SPACE];
    struct esp_tally tally = {0};

    (void)state;
    for (size_t a = 0; a < COUNT_OF(algorithms); a++) {
        struct esp_sa out = sample_sa(algorithms[a].cipher, algorithms[a].integrity, true);
        struct esp_sa in = sample_sa(algorithms[a].cipher, algorithms[a].integrity, false);
        for (size_t len = 24; len < 1500; len += len < 100 ? 1 : 97) {
            struct bytes esp = sample_seal(&out, len, sealed);
            struct esp_packet packet = sample_open(&in, esp, opened, &tally);
            sample_inner(inner, len);
            CHECK(packet.drop == ESP_PASS && packet.sequence == out.sequence);
            CHECK(bytes_equal(bytes_of(packet.data + packet.at, packet.len), bytes_of(inner, len)));
        }
        burst_key_free(out.key);
        burst_key_free(in.key);
    }
}

static void packets_of_another_program_open(void **state)
{
    static const struct {
        enum cipher_id cipher;
        enum hash_id integrity;
        uint32_t spi, sequence;
        const char *key, *integrity_key, *inner, *esp;
    } vectors[] = {
#define VECTOR(cipher, integrity, ...) {CIPHER_##cipher, HASH_##integrity, __VA_ARGS__},
#include "vectors.def"
#undef VECTOR
    };
    uint8_t key[64], integrity_key[64], inner[256], esp[512], space[SAMPLE_SPACE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct esp_tally tally = {0};
        struct esp_sa in = sample_sa_of(
            vectors[i].cipher, vectors[i].integrity, sample_hex(vectors[i].key, key, sizeof key),
            sample_hex(vectors[i].integrity_key, integrity_key, sizeof integrity_key), vectors[i].spi, false);
        struct bytes wanted = sample_hex(vectors[i].inner, inner, sizeof inner);
        struct bytes sealed = sample_hex(vectors[i].esp, esp, sizeof esp);

        if (wanted.data[0] >> 4 == 6)
            in.selector = sample_any(IP_V6);
        CHECK(esp_spi_of(sealed) == vectors[i].spi);
        struct esp_packet packet = sample_open(&in, sealed, space, &tally);
        if (packet.drop != ESP_PASS)
            fail_msg("vector %zu: %s", i, esp_drop_name(packet.drop));
        CHECK(packet.sequence == vectors[i].sequence);
        CHECK(bytes_equal(bytes_of(packet.data + packet.at, packet.len), wanted));
        burst_key_free(in.key);
    }
}

/* RFC 3602 section 4, cases 5 to 8: ESP packets without authentication. So an ICV is put behind them for opening; and
 * what we seal is turned back to text and encrypted with the IV of the RFC, which must give its bytes. */
static void the_packets_of_rfc_3602_are_ours(void **state)
{
    static const struct {
        const char *key, *inner, *esp;
        enum esp_drop drop;
        const char *why;
    } cases[] = {
        {"90d382b410eeba7ad938c46cec1a82bf", NULL,
         "0000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc"
         "8"
         "56a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6",
         ESP_DROP_BAD_NEXT_HEADER, "case 5 is in transport mode"},
        {"90d382b410eeba7ad938c46cec1a82bf", NULL,
         "000043210000000869d08df7d203329db093fc4924e5bd80f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89"
         "f"
         "75",
         ESP_DROP_BAD_NEXT_HEADER, "case 6 is in transport mode"},
        {"0123456789abcdef0123456789abcdef",
         "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f1011121314151617"
         "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
         "0000876500000002f4e765244f6407adf13dc1380f673f37773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf7"
         "0"
         "f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4d"
         "f"
         "e9d5a100b842f1c22f0d",
         ESP_PASS, "case 7"},
        {"0123456789abcdef0123456789abcdef",
         "45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300fffffffffffffffffffffffffffffffffffff"
         "f"
         "ffffffffffffffffffffffffff",
         "000087650000000585d47224b5f3dd5d2101d4ea8dffab2215b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203"
         "b"
         "b50f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207ed971ef3d2726d9b5ef6affc6d17a0decbb13892",
         ESP_PASS, "case 8"},
    };
    static const uint8_t integrity_key[20] = {7, 7, 7};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t key_space[16], esp_space[SAMPLE_SPACE], inner_space[SAMPLE_SPACE], space[SAMPLE_SPACE],
            digest[DIGEST_MAX];
        struct bytes key = sample_hex(cases[i].key, key_space, sizeof key_space);
        struct bytes esp = sample_hex(cases[i].esp, esp_space, sizeof esp_space);
        struct esp_sa in = sample_sa_of(CIPHER_AES128_CBC, HASH_SHA1, key, BYTES_OF(integrity_key), 0, false);
        struct esp_tally tally = {0};

        hmac_of(HASH_SHA1, BYTES_OF(integrity_key), &esp, 1, digest);
        memcpy(esp_space + esp.len, digest, 12);
        struct esp_packet packet = sample_open(&in, bytes_of(esp.data, esp.len + 12), space, &tally);
        if (packet.drop != cases[i].drop)
            fail_msg("%s: %s", cases[i].why, esp_drop_name(packet.drop));
        burst_key_free(in.key);
        if (cases[i].inner == NULL)
            continue;

        struct bytes inner = sample_hex(cases[i].inner, inner_space, sizeof inner_space);
        CHECK(bytes_equal(bytes_of(packet.data + packet.at, packet.len), inner));
        struct esp_sa out = sample_sa_of(CIPHER_AES128_CBC, HASH_SHA1, key, BYTES_OF(integrity_key), 0x8765, true);
        struct drbg drbg = sample_drbg();
        struct esp_packet ours = {.data = space, .size = SAMPLE_SPACE, .at = ESP_HEADROOM, .len = inner.len};
        out.sequence = packet.sequence - 1;
        memcpy(space + ESP_HEADROOM, inner.data, inner.len);
        esp_seal(&out, &drbg, &ours, 1, &tally);
        uint8_t *sealed = ours.data + ours.at;
        CHECK(ours.len == esp.len + 12 && bytes_equal(bytes_of(sealed, 8), bytes_of(esp.data, 8)));
        cbc_decrypt(CIPHER_AES128_CBC, key, bytes_of(sealed + 8, 16), sealed + 24, esp.len - 24);
        cbc_encrypt(CIPHER_AES128_CBC, key, bytes_of(esp.data + 8, 16), sealed + 24, esp.len - 24);
        CHECK(bytes_equal(bytes_of(sealed + 24, esp.len - 24), bytes_of(esp.data + 24, esp.len - 24)));
        burst_key_free(out.key);
    }
}

/* draft-mcgrew-gcm-test-01, the cases with 32-bit sequence numbers. Their next header is 1, or cut off: so the ICV is
 * right, and then they are refused. */
static void the_icvs_of_the_gcm_test_cases_are_right(void **state)
{
    static const struct {
        enum cipher_id cipher;
        const char *key, *esp, *text;
    } cases[] = {
        {CIPHER_AES128_GCM, "feffe9928665731c6d6a8f9467308308cafebabe",
         "0000a5f80000000afacedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9"
         "a"
         "4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a",
         "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100000100000000000003736970096379626572636974790"
         "2"
         "646b00000100010001"},
        {CIPHER_AES192_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe",
         "0000a5f80000000afacedbaddecaf888a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0315b27452144c"
         "c"
         "7795457b9652037f5318027b5b4cd7a636",
         "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d075680001"},
        {CIPHER_AES256_GCM, "abbccddef00112233445566778899aababbccddef00112233445566778899aab11223344",
         "4a2cbfe3000000020102030405060708ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771"
         "d"
         "347f0545659f14e99def842d8eb335f4eecfdbf831824b4c4915956c96",
         "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b40101040201020201"},
        {CIPHER_AES128_GMAC, "4c80cdefbb5d10da906ac73c3613a63422433c64",
         "0000432100000007000000000000000045000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6"
         "b"
         "6c6d6e6f707172737401020201f2a9a836e155106aa8dcd618e4099aaa",
         "45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f707172737401020201"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t key[64], esp_space[SAMPLE_SPACE], text_space[SAMPLE_SPACE], space[SAMPLE_SPACE];
        struct bytes esp = sample_hex(cases[i].esp, esp_space, sizeof esp_space);
        struct bytes text = sample_hex(cases[i].text, text_space, sizeof text_space);
        struct esp_sa in = sample_sa_of(cases[i].cipher, HASH_NONE, sample_hex(cases[i].key, key, sizeof key),
                                        bytes_of(NULL, 0), 0, false);
        struct esp_tally tally = {0};
        struct esp_packet packet = sample_open(&in, esp, space, &tally);

        CHECK(tally.counters[ESP_COUNTER_VERIFY] == 1 && packet.drop == ESP_DROP_BAD_NEXT_HEADER);
        CHECK(bytes_equal(bytes_of(space + 16, text.len), text));
        burst_key_free(in.key);
    }
}

/* draft-mcgrew-gcm-test-01, the case with SPI 4321 and the extended number 8765432100000000. */
static void the_icv_of_the_gcm_test_case_with_an_extended_number_is_right(void **state)
{
    uint8_t key[64], esp_space[SAMPLE_SPACE], text_space[SAMPLE_SPACE], space[SAMPLE_SPACE];
    struct bytes esp =
        sample_hex("00004321000000004956ed7e3b244cfefecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa"
                   "13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd97"
                   "32459018148f6cbe722fd04796562dfdb4",
                   esp_space, sizeof esp_space);
    struct bytes text =
        sample_hex("45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f"
                   "756470037369700963796265726369747902646b000021000101020201",
                   text_space, sizeof text_space);
    struct esp_sa in = sample_sa_of(CIPHER_AES128_GCM, HASH_NONE,
                                    sample_hex("4c80cdefbb5d10da906ac73c3613a6342e443b68", key, sizeof key),
                                    bytes_of(NULL, 0), 0, false);
    struct esp_tally tally = {0};

    (void)state;
    in.shape.is_extended = true;
    in.replay.top = (uint64_t)0x87654320 << 32 | 0xffffff00;
    struct esp_packet packet = sample_open(&in, esp, space, &tally);
    CHECK(tally.counters[ESP_COUNTER_VERIFY] == 1 && packet.drop == ESP_DROP_BAD_NEXT_HEADER);
    CHECK(packet.sequence == (uint64_t)0x87654321 << 32 && bytes_equal(bytes_of(space + 16, text.len), text));
    burst_key_free(in.key);
}

static void the_icv_has_the_length_of_its_rfc_E06(void **state)
{
    static const struct {
        enum cipher_id cipher;
        enum hash_id integrity;
        size_t icv_len;
        const char *rfc;
    } cases[] = {
        {CIPHER_AES128_CBC, HASH_MD5, 12, "RFC 2403"},    {CIPHER_AES128_CBC, HASH_SHA1, 12, "RFC 2404"},
        {CIPHER_AES128_CBC, HASH_SHA256, 16, "RFC 4868"}, {CIPHER_AES128_CBC, HASH_SHA384, 24, "RFC 4868"},
        {CIPHER_AES128_CBC, HASH_SHA512, 32, "RFC 4868"}, {CIPHER_AES128_GCM, HASH_NONE, 16, "RFC 4106"},
        {CIPHER_AES128_GCM12, HASH_NONE, 12, "RFC 4106"}, {CIPHER_AES256_GCM8, HASH_NONE, 8, "RFC 4106"},
        {CIPHER_AES192_GMAC, HASH_NONE, 16, "RFC 4543"},  {CIPHER_NULL, HASH_SHA1, 12, "RFC 2404, 2410"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (esp_shape_of(cases[i].cipher, cases[i].integrity, false).icv_len != cases[i].icv_len)
            fail_msg("%s", cases[i].rfc);
}

static void no_short_or_crooked_packet_is_opened_E01(void **state)
{
    uint8_t sealed[SAMPLE_SPACE], space[SAMPLE_SPACE];

    (void)state;
    for (size_t a = 0; a < COUNT_OF(algorithms); a++) {
        struct esp_sa out = sample_sa(algorithms[a].cipher, algorithms[a].integrity, true);
        struct esp_sa in = sample_sa(algorithms[a].cipher, algorithms[a].integrity, false);
        struct bytes esp = sample_seal(&out, 100, sealed);
        struct esp_tally tally = {0};
        size_t shortest = 8u + in.shape.iv_len + in.shape.block_len + in.shape.icv_len;
        for (size_t len = 0; len < esp.len; len++) {
            struct esp_packet packet = sample_open(&in, bytes_of(esp.data, len), space, &tally);
            if (len < shortest)
                CHECK(packet.drop == ESP_DROP_TOO_SHORT);
            else if ((len - shortest) % in.shape.block_len != 0)
                CHECK(packet.drop == ESP_DROP_NOT_ALIGNED);
            else
                CHECK(packet.drop == ESP_DROP_BAD_ICV);
        }
        CHECK(in.replay.top == 0 && tally.counters[ESP_COUNTER_RECV_ERRORS] == esp.len);
        burst_key_free(out.key);
        burst_key_free(in.key);
    }
}

static void a_changed_byte_is_refused_wherever_it_is_E06(void **state)
{
    uint8_t sealed[SAMPLE_SPACE], space[SAMPLE_SPACE], changed[SAMPLE_SPACE];

    (void)state;
    for (size_t a = 0; a < COUNT_OF(algorithms); a++) {
        struct esp_sa out = sample_sa(algorithms[a].cipher, algorithms[a].integrity, true);
        struct esp_sa in = sample_sa(algorithms[a].cipher, algorithms[a].integrity, false);
        struct esp_tally tally = {0};
        struct bytes esp = sample_seal(&out, 60, sealed);
        for (size_t i = 0; i < esp.len * 8; i++) {
            memcpy(changed, esp.data, esp.len);
            changed[i / 8] ^= (uint8_t)(1 << i % 8);
            CHECK(sample_open(&in, bytes_of(changed, esp.len), space, &tally).drop != ESP_PASS);
        }
        CHECK(in.replay.top == 0);
        CHECK(sample_open(&in, esp, space, &tally).drop == ESP_PASS);
        burst_key_free(out.key);
        burst_key_free(in.key);
    }
}

static void a_forged_or_shortened_icv_is_refused_E06(void **state)
{
    uint8_t sealed[SAMPLE_SPACE], space[SAMPLE_SPACE], changed[SAMPLE_SPACE];
    struct esp_sa out = sample_sa(CIPHER_AES256_CBC, HASH_SHA256, true);
    struct esp_sa in = sample_sa(CIPHER_AES256_CBC, HASH_SHA256, false);
    struct esp_tally tally = {0};
    struct bytes esp = sample_seal(&out, 60, sealed);

    (void)state;
    memcpy(changed, esp.data, esp.len);
    memset(changed + esp.len - 16, 0, 16);
    CHECK(sample_open(&in, bytes_of(changed, esp.len), space, &tally).drop == ESP_DROP_BAD_ICV);
    CHECK(sample_open(&in, bytes_of(esp.data, esp.len - 4), space, &tally).drop == ESP_DROP_NOT_ALIGNED);
    CHECK(sample_open(&in, esp, space, &tally).drop == ESP_PASS);
    burst_key_free(out.key);
    burst_key_free(in.key);
}

static void a_wrong_trailer_is_refused_E05(void **state)
{
    uint8_t inner[SAMPLE_SPACE], text[64], sealed[SAMPLE_SPACE], space[SAMPLE_SPACE];
    static const struct {
        uint8_t inner_len, pad[16], pad_len, next_header;
        size_t text_len;
        enum esp_drop drop;
        const char *why;
    } cases[] = {
        {30, {0}, 0, 4, 32, ESP_PASS, "no padding at all"},
        {26, {1, 2, 3, 4}, 4, 4, 32, ESP_PASS, "padding as it should be"},
        {26, {1, 2, 3, 5}, 4, 4, 32, ESP_DROP_BAD_PADDING, "the last byte is wrong"},
        {26, {0, 0, 0, 0}, 4, 4, 32, ESP_DROP_BAD_PADDING, "zeros"},
        {30, {0}, 31, 4, 32, ESP_DROP_BAD_PADDING, "longer than the text"},
        {30, {0}, 255, 4, 32, ESP_DROP_BAD_PADDING, "as long as can be said"},
        {30, {0}, 0, 59, 32, ESP_DROP_DUMMY, "a dummy packet"},
        {30, {0}, 0, 6, 32, ESP_DROP_BAD_NEXT_HEADER, "TCP: transport mode"},
        {30, {0}, 0, 0, 32, ESP_DROP_BAD_NEXT_HEADER, "nothing that there is"},
        {30, {0}, 0, 41, 32, ESP_DROP_INNER_MALFORMED, "IPv4 that calls itself IPv6"},
        {24, {0}, 0, 4, 48, ESP_PASS, "TFC padding behind the inner packet (RFC 4303 2.7)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct esp_sa in = sample_sa(CIPHER_AES128_CBC, HASH_SHA1, false);
        struct esp_tally tally = {0};

        memset(text, 0xee, sizeof text);
        sample_inner(inner, cases[i].inner_len);
        memcpy(text, inner, cases[i].inner_len);
        if (cases[i].pad[0] != 0 || cases[i].pad_len == 4)
            memcpy(text + cases[i].inner_len, cases[i].pad, 4);
        text[cases[i].text_len - 2] = cases[i].pad_len;
        text[cases[i].text_len - 1] = cases[i].next_header;
        struct bytes esp = seal_text(in.spi, 9, bytes_of(text, cases[i].text_len), sealed);
        struct esp_packet packet = sample_open(&in, esp, space, &tally);
        if (packet.drop != cases[i].drop)
            fail_msg("%s: %s", cases[i].why, esp_drop_name(packet.drop));
        CHECK(in.replay.top == 9); /* it was authentic */
        CHECK(packet.drop != ESP_PASS || packet.len == cases[i].inner_len);
        CHECK(tally.counters[ESP_COUNTER_RECV_ERRORS] == (packet.drop != ESP_PASS && packet.drop != ESP_DROP_DUMMY));
        CHECK(tally.counters[ESP_COUNTER_TFC_RCVD] == (packet.drop == ESP_DROP_DUMMY));
        burst_key_free(in.key);
    }
}

static void an_inner_packet_that_is_not_sane_is_dropped_E07(void **state)
{
    static const struct {
        uint8_t at, byte;
        enum esp_drop drop;
        const char *why;
    } cases[] = {
        {8, 64, ESP_PASS, "nothing is wrong"},
        {0, 0x55, ESP_DROP_INNER_MALFORMED, "version 5"},
        {0, 0x65, ESP_DROP_INNER_MALFORMED, "version 6 in next header 4"},
        {0, 0x44, ESP_DROP_INNER_MALFORMED, "header of 16 bytes"},
        {0, 0x4f, ESP_DROP_INNER_MALFORMED, "header longer than the packet"},
        {3, 31, ESP_DROP_INNER_MALFORMED, "total length beyond what is there"},
        {3, 19, ESP_DROP_INNER_MALFORMED, "total length shorter than the header"},
        {12, 127, ESP_DROP_INNER_MARTIAN, "from loopback"},
        {12, 0, ESP_DROP_INNER_MARTIAN, "from nowhere"},
        {12, 224, ESP_DROP_INNER_MARTIAN, "from a multicast group"},
        {13, 3, ESP_DROP_INNER_NOT_SELECTED, "from a network that the selector does not have"},
        {17, 9, ESP_DROP_INNER_NOT_SELECTED, "to a network that the selector does not have"},
        {9, 6, ESP_DROP_INNER_NOT_SELECTED, "another protocol than the selector's"},
        {21, 54, ESP_DROP_INNER_NOT_SELECTED, "another port than the selector's"},
        {7, 1, ESP_DROP_INNER_NOT_SELECTED, "a later fragment has no ports"},
    };
    uint8_t text[32], sealed[SAMPLE_SPACE], space[SAMPLE_SPACE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct esp_sa in = sample_sa(CIPHER_AES128_CBC, HASH_SHA1, false);
        struct esp_tally tally = {0};

        in.selector = &(struct selector){.local = ip_range_of_prefix(ip_of_v4(0x0a010000), 16),
                                         .remote = ip_range_of_prefix(ip_of_v4(0x0a020000), 16),
                                         .protocol = 17,
                                         .local_ports = {0, 65535},
                                         .remote_ports = {53, 53}};
        sample_inner(text, 30);
        text[cases[i].at] = cases[i].byte;
        text[30] = 0;
        text[31] = 4;
        struct bytes esp = seal_text(in.spi, 1, BYTES_OF(text), sealed);
        struct esp_packet packet = sample_open(&in, esp, space, &tally);
        if (packet.drop != cases[i].drop)
            fail_msg("%s: %s", cases[i].why, esp_drop_name(packet.drop));
        CHECK(tally.drops[cases[i].drop] == (cases[i].drop != ESP_PASS));
        burst_key_free(in.key);
    }
}

static void cbc_ivs_are_not_to_be_guessed_and_gcm_ivs_only_grow_E12(void **state)
{
    enum { COUNT = 64 };
    uint8_t space[SAMPLE_SPACE], ivs[COUNT][16];
    struct esp_sa cbc = sample_sa(CIPHER_AES128_CBC, HASH_SHA1, true);
    struct esp_sa gcm = sample_sa(CIPHER_AES128_GCM, HASH_NONE, true);
    struct drbg drbg = sample_drbg();
    struct esp_tally tally = {0};

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        struct esp_packet packet = sample_packet(space, SAMPLE_SPACE, 60);
        esp_seal(&cbc, &drbg, &packet, 1, &tally);
        memcpy(ivs[i], packet.data + packet.at + 8, 16);
        /* not the last block of the packet before, which whoever listens knows */
        CHECK(memcmp(ivs[i], packet.data + packet.at + packet.len - 12 - 16, 16) != 0);
        for (size_t j = 0; j < i; j++)
            CHECK(memcmp(ivs[i], ivs[j], 16) != 0);
    }
    uint64_t last = 0;
    for (size_t i = 0; i < COUNT; i++) {
        struct bytes esp = sample_seal(&gcm, 60, space);
        uint64_t iv = 0;
        for (size_t j = 0; j < 8; j++)
            iv = iv << 8 | esp.data[8 + j];
        CHECK(iv > last);
        last = iv;
    }
    burst_key_free(cbc.key);
    burst_key_free(gcm.key);
}

static void a_full_burst_of_good_and_bad_packets_is_told_apart(void **state)
{
    static uint8_t spaces[ESP_BURST_MAX][SAMPLE_SPACE];
    struct esp_packet packets[ESP_BURST_MAX];
    struct esp_sa out = sample_sa(CIPHER_AES256_CBC, HASH_SHA256, true);
    struct esp_sa in = sample_sa(CIPHER_AES256_CBC, HASH_SHA256, false);
    struct drbg drbg = sample_drbg();
    struct esp_tally tally = {0};

    (void)state;
    for (size_t i = 0; i < ESP_BURST_MAX; i++)
        packets[i] = sample_packet(spaces[i], SAMPLE_SPACE, 40 + i * 17);
    esp_seal(&out, &drbg, packets, ESP_BURST_MAX, &tally);
    CHECK(tally.counters[ESP_COUNTER_ENCRYPT] == ESP_BURST_MAX && tally.counters[ESP_COUNTER_DIGEST] == ESP_BURST_MAX);
    for (size_t i = 1; i < ESP_BURST_MAX; i++)
        CHECK(memcmp(packets[i].data + packets[i].at + 8, packets[i - 1].data + packets[i - 1].at + 8, 16) != 0);
    for (size_t i = 0; i < ESP_BURST_MAX; i += 3)
        packets[i].data[packets[i].at + 30] ^= 1;
    for (size_t i = 1; i < ESP_BURST_MAX; i += 3)
        packets[i].len = i;
    esp_open(&in, packets, ESP_BURST_MAX, &tally);
    for (size_t i = 0; i < ESP_BURST_MAX; i++)
        CHECK(packets[i].drop == (i % 3 == 0 ? ESP_DROP_BAD_ICV : i % 3 == 1 ? ESP_DROP_TOO_SHORT : ESP_PASS));
    CHECK(tally.counters[ESP_COUNTER_DECAPS] == 10 && tally.counters[ESP_COUNTER_RECV_ERRORS] == 22);
    burst_key_free(out.key);
    burst_key_free(in.key);
}

static void the_counters_have_the_words_of_an_asa(void **state)
{
    (void)state;
    assert_string_equal(esp_counter_asa_name(ESP_COUNTER_ENCAPS), "#pkts encaps");
    assert_string_equal(esp_counter_asa_name(ESP_COUNTER_NEEDING_REASSEMBLY), "#decapsulated frgs needing reassembly");
    assert_string_equal(esp_drop_name(ESP_DROP_REPLAY_OLD), "REPLAY_OLD");
    assert_string_equal(esp_drop_told_as(ESP_DROP_REPLAY_OLD), "REPLAY");
    assert_string_equal(esp_drop_told_as(ESP_DROP_BAD_ICV), "AUTHENTICATION");
    assert_string_equal(esp_drop_told_as(ESP_DROP_INNER_NOT_SELECTED), "SELECTOR");
    CHECK(!esp_drop_is_error(ESP_DROP_DUMMY) && esp_drop_is_error(ESP_DROP_BAD_ICV));
    for (int i = 1; i < ESP_DROP_COUNT; i++)
        CHECK(strlen(esp_drop_meaning((enum esp_drop)i)) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_the_same_with_every_algorithm),
        cmocka_unit_test(packets_of_another_program_open),
        cmocka_unit_test(the_packets_of_rfc_3602_are_ours),
        cmocka_unit_test(the_icvs_of_the_gcm_test_cases_are_right),
        cmocka_unit_test(the_icv_of_the_gcm_test_case_with_an_extended_number_is_right),
        cmocka_unit_test(the_icv_has_the_length_of_its_rfc_E06),
        cmocka_unit_test(no_short_or_crooked_packet_is_opened_E01),
        cmocka_unit_test(a_changed_byte_is_refused_wherever_it_is_E06),
        cmocka_unit_test(a_forged_or_shortened_icv_is_refused_E06),
        cmocka_unit_test(a_wrong_trailer_is_refused_E05),
        cmocka_unit_test(an_inner_packet_that_is_not_sane_is_dropped_E07),
        cmocka_unit_test(cbc_ivs_are_not_to_be_guessed_and_gcm_ivs_only_grow_E12),
        cmocka_unit_test(a_full_burst_of_good_and_bad_packets_is_told_apart),
        cmocka_unit_test(the_counters_have_the_words_of_an_asa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
