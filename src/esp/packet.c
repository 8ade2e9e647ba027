#include "esp/packet.h"

#include "base/check.h"
#include "esp/transport.h"

#include <string.h>

enum { TRAILER_LEN = 2, HIGH_LEN = 4, NEXT_HOP_BY_HOP = 0, NEXT_IPV4 = 4, NEXT_IPV6 = 41, NEXT_NONE = 59 };

_Static_assert(ESP_HEADER_LEN + CIPHER_BLOCK_MAX <= ESP_HEADROOM, "ESP header and IV fit before the inner packet");

static void put_u32(uint8_t *at, uint32_t number)
{
    at[0] = (uint8_t)(number >> 24);
    at[1] = (uint8_t)(number >> 16);
    at[2] = (uint8_t)(number >> 8);
    at[3] = (uint8_t)number;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint32_t esp_spi_of(struct bytes packet)
{
    return packet.len < ESP_HEADER_LEN ? 0 : get_u32(packet.data);
}

uint32_t esp_sequence_of(struct bytes packet)
{
    return packet.len < ESP_HEADER_LEN ? 0 : get_u32(packet.data + 4);
}

/* Padding, pad length and next header: RFC 4303 section 2.4. Returns the length of the text. */
static size_t put_trailer(uint8_t *text, size_t inner_len, uint8_t next_header, size_t block_len)
{
    size_t pad_len = (block_len - (inner_len + TRAILER_LEN) % block_len) % block_len;

    if (next_header == 0)
        next_header = inner_len > 0 && text[0] >> 4 == 6 ? NEXT_IPV6 : NEXT_IPV4;
    for (size_t i = 0; i < pad_len; i++)
        text[inner_len + i] = (uint8_t)(i + 1);
    text[inner_len + pad_len] = (uint8_t)pad_len;
    text[inner_len + pad_len + 1] = next_header;
    return inner_len + pad_len + TRAILER_LEN;
}

/* What the ICV covers besides the packet; in `space`. NULL: nothing. */
static const uint8_t *high_half(const struct esp_sa *sa, uint64_t sequence, uint8_t space[static HIGH_LEN])
{
    put_u32(space, (uint32_t)(sequence >> 32));
    return sa->shape.is_extended ? space : NULL;
}

/* Lays the frame around the inner packet; `iv` has iv_len unpredictable bytes, used by CBC. */
static struct burst_packet frame(const struct esp_sa *sa, const uint8_t *iv, struct esp_packet *packet)
{
    const struct esp_shape *shape = &sa->shape;
    uint8_t *text = packet->data + packet->at;
    uint8_t *header = text - shape->iv_len - ESP_HEADER_LEN;

    CHECK(packet->at >= ESP_HEADROOM && packet->at + packet->len + ESP_TAILROOM <= packet->size);
    put_u32(header, sa->spi);
    put_u32(header + 4, (uint32_t)packet->sequence);
    if (shape->integrity == HASH_NONE) {
        /* RFC 4106 section 3.1: never twice under one key. The sequence number is not, and keys do not outlive the SA.
         */
        put_u32(header + 8, (uint32_t)(packet->sequence >> 32));
        put_u32(header + 12, (uint32_t)packet->sequence);
    } else {
        memcpy(header + ESP_HEADER_LEN, iv, shape->iv_len);
    }
    size_t text_len = put_trailer(text, packet->len, packet->next_header, shape->block_len);
    packet->at = (size_t)(header - packet->data);
    packet->len = ESP_HEADER_LEN + shape->iv_len + text_len + shape->icv_len;
    return (struct burst_packet){
        .data = header, .aad_len = ESP_HEADER_LEN, .iv_len = shape->iv_len, .text_len = text_len};
}

void esp_seal(struct esp_sa *sa, struct drbg *drbg, struct esp_packet *packets, size_t count, struct esp_tally *tally)
{
    struct burst_packet burst[ESP_BURST_MAX];
    uint8_t ivs[ESP_BURST_MAX * CIPHER_BLOCK_MAX] = {0}, highs[ESP_BURST_MAX][HIGH_LEN];
    size_t burst_count = 0;

    CHECK(count <= ESP_BURST_MAX);
    if (sa->shape.integrity != HASH_NONE && count > 0)
        drbg_fill(drbg, ivs, count * sa->shape.iv_len);
    for (size_t i = 0; i < count; i++) {
        packets[i].drop = esp_sa_number(sa, packets[i].len, &packets[i].sequence);
        if (packets[i].drop != ESP_PASS) {
            esp_tally_drop(tally, packets[i].drop);
            continue;
        }
        tally->counters[ESP_COUNTER_BYTES_OUT] += packets[i].len;
        burst[burst_count] = frame(sa, ivs + burst_count * sa->shape.iv_len, &packets[i]);
        burst[burst_count].high = high_half(sa, packets[i].sequence, highs[burst_count]);
        burst_count++;
    }
    burst_seal(sa->key, burst, burst_count);
    tally->counters[ESP_COUNTER_ENCRYPT] += burst_count;
    tally->counters[ESP_COUNTER_DIGEST] += burst_count;
}

static enum esp_drop check_replay(const struct esp_sa *sa, uint64_t sequence)
{
    switch (replay_check(&sa->replay, sequence)) {
    case REPLAY_FRESH: return ESP_PASS;
    case REPLAY_IS_ZERO: return ESP_DROP_REPLAY_ZERO;
    case REPLAY_IS_OLD: return ESP_DROP_REPLAY_OLD;
    case REPLAY_IS_SEEN: return ESP_DROP_REPLAY_SEEN;
    }
    CHECK(!"an answer of the window");
}

/* What can be refused before any cryptography; attack list E01. */
static enum esp_drop check_outside(const struct esp_sa *sa, struct esp_packet *packet, struct burst_packet *burst,
                                   uint8_t high[static HIGH_LEN])
{
    const struct esp_shape *shape = &sa->shape;
    size_t around = ESP_HEADER_LEN + shape->iv_len + shape->icv_len;

    CHECK(packet->at + packet->len <= packet->size);
    if (packet->len < around + shape->block_len)
        return ESP_DROP_TOO_SHORT;
    if ((packet->len - around) % shape->block_len != 0)
        return ESP_DROP_NOT_ALIGNED;
    *burst = (struct burst_packet){.data = packet->data + packet->at,
                                   .aad_len = ESP_HEADER_LEN,
                                   .iv_len = shape->iv_len,
                                   .text_len = packet->len - around};
    packet->sequence = get_u32(burst->data + 4);
    if (sa->shape.is_extended)
        packet->sequence = replay_number(&sa->replay, (uint32_t)packet->sequence);
    burst->high = high_half(sa, packet->sequence, high);
    return check_replay(sa, packet->sequence);
}

/* RFC 4303 section 3.4.4.1, after the ICV was right: what is wrong now was made so by the peer. */
static enum esp_drop take_trailer(struct esp_packet *packet, struct burst_packet *burst, uint8_t *next_header)
{
    const uint8_t *text = burst->data + burst->aad_len + burst->iv_len;
    size_t pad_len = text[burst->text_len - 2];
    size_t inner_len = burst->text_len - TRAILER_LEN;
    uint8_t wrong = 0;

    *next_header = text[burst->text_len - 1];
    if (pad_len > inner_len)
        return ESP_DROP_BAD_PADDING;
    inner_len -= pad_len;
    for (size_t i = 0; i < pad_len; i++)
        wrong |= (uint8_t)(text[inner_len + i] ^ (i + 1));
    if (wrong != 0)
        return ESP_DROP_BAD_PADDING;
    packet->at = (size_t)(text - packet->data);
    packet->len = inner_len;
    return ESP_PASS;
}

static enum esp_drop take_inner(const struct esp_sa *sa, struct esp_packet *packet, uint8_t next_header)
{
    if (next_header == NEXT_NONE)
        return ESP_DROP_DUMMY;
    if (sa->shape.is_transport ? next_header == NEXT_HOP_BY_HOP : next_header != NEXT_IPV4 && next_header != NEXT_IPV6)
        return ESP_DROP_BAD_NEXT_HEADER;
    if (sa->shape.is_transport && !esp_transport_put_on(packet, next_header, &sa->ends))
        return ESP_DROP_INNER_MALFORMED;
    if (!inner_read(&packet->inner, bytes_of(packet->data + packet->at, packet->len)) ||
        (!sa->shape.is_transport && packet->inner.family != (next_header == NEXT_IPV4 ? IP_V4 : IP_V6)))
        return ESP_DROP_INNER_MALFORMED;
    packet->len = packet->inner.total_len; /* TFC padding ends here: RFC 4303 section 2.7 */
    if (inner_is_martian(&packet->inner))
        return ESP_DROP_INNER_MARTIAN;
    struct flow flow = inner_flow_in(&packet->inner);
    return selector_matches(sa->selector, &flow) ? ESP_PASS : ESP_DROP_INNER_NOT_SELECTED;
}

/* Two packets of one burst may carry one number: so the window is asked again when the first one has moved it. */
static enum esp_drop check_inside(struct esp_sa *sa, struct esp_packet *packet, struct burst_packet *burst)
{
    uint8_t next_header = 0;

    if (!burst->is_ok)
        return ESP_DROP_BAD_ICV;
    enum esp_drop drop = check_replay(sa, packet->sequence);
    if (drop != ESP_PASS)
        return drop;
    replay_accept(&sa->replay, packet->sequence);
    drop = take_trailer(packet, burst, &next_header);
    return drop == ESP_PASS ? take_inner(sa, packet, next_header) : drop;
}

static void count_in(struct esp_sa *sa, const struct esp_packet *packet, struct esp_tally *tally)
{
    if (packet->drop == ESP_DROP_DUMMY)
        tally->counters[ESP_COUNTER_TFC_RCVD]++;
    if (packet->drop != ESP_PASS) {
        esp_tally_drop(tally, packet->drop);
        return;
    }
    sa->bytes += packet->len;
    tally->counters[ESP_COUNTER_DECAPS]++;
    tally->counters[ESP_COUNTER_BYTES_IN] += packet->len;
    tally->counters[ESP_COUNTER_NEEDING_REASSEMBLY] += packet->inner.is_fragment;
}

void esp_open(struct esp_sa *sa, struct esp_packet *packets, size_t count, struct esp_tally *tally)
{
    struct burst_packet burst[ESP_BURST_MAX];
    uint8_t highs[ESP_BURST_MAX][HIGH_LEN];
    size_t burst_count = 0, next = 0;

    CHECK(count <= ESP_BURST_MAX);
    for (size_t i = 0; i < count; i++) {
        packets[i].inner = (struct inner){0};
        packets[i].sequence = 0;
        packets[i].drop = check_outside(sa, &packets[i], &burst[burst_count], highs[burst_count]);
        burst_count += packets[i].drop == ESP_PASS;
    }
    burst_open(sa->key, burst, burst_count);
    for (size_t i = 0; i < count; i++) {
        if (packets[i].drop == ESP_PASS) {
            tally->counters[ESP_COUNTER_VERIFY] += burst[next].is_ok;
            tally->counters[ESP_COUNTER_DECRYPT] += burst[next].is_ok;
            packets[i].drop = check_inside(sa, &packets[i], &burst[next++]);
        }
        count_in(sa, &packets[i], tally);
    }
}
