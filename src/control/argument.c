#include "control/argument.h"

#include "base/check.h"
#include "base/protocol.h"
#include "base/service.h"

#include <string.h>

static const struct {
    const char *name;
    enum argument_kind kind;
    uint32_t least, most;
    const char *shown, *meaning;
} arguments[] = {
#define ARGUMENT(name, kind, least, most, shown, meaning) {#name, KIND_##kind, least, most, shown, meaning},
#include "control/arguments.def"
#undef ARGUMENT
};

/* They are written in capital letters, keywords never: each line that is typed asks this thousands of times. */
enum argument argument_of(struct bytes name)
{
    if (name.len == 0 || name.data[0] < 'A' || name.data[0] > 'Z')
        return ARGUMENT_COUNT;
    for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
        if (bytes_equal(name, bytes_of_text(arguments[i].name)))
            return (enum argument)i;
    }
    return ARGUMENT_COUNT;
}

const char *control_argument_meaning(struct bytes name)
{
    enum argument argument = argument_of(name);

    return argument == ARGUMENT_COUNT ? NULL : arguments[argument].meaning;
}

const char *control_argument_shown(struct bytes name)
{
    enum argument argument = argument_of(name);

    return argument == ARGUMENT_COUNT ? NULL : arguments[argument].shown;
}

enum argument_kind argument_kind(enum argument argument)
{
    CHECK(argument < ARGUMENT_COUNT);
    return arguments[argument].kind;
}

static bool number_of(struct bytes word, enum argument argument, uint32_t *number)
{
    return bytes_decimal(word, arguments[argument].most, number) && *number >= arguments[argument].least;
}

static bool small_number_of(struct bytes word, enum argument argument, uint16_t *number)
{
    uint32_t found;

    if (!number_of(word, argument, &found))
        return false;
    *number = (uint16_t)found;
    return true;
}

/* 16: it is none. */
static unsigned digit_of(uint8_t octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - '0';
    if ((octet | 0x20) >= 'a' && (octet | 0x20) <= 'f')
        return (octet | 0x20) - 'a' + 10;
    return 16;
}

static bool is_hex(struct bytes word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (digit_of(word.data[i]) > 15)
            return false;
    }
    return true;
}

/* 0x and up to eight hex digits, or decimal. No SPI is 0. */
static bool spi_of(struct bytes word, uint32_t *spi)
{
    bool is_hex = bytes_begin_with(word, bytes_of_text("0x")) || bytes_begin_with(word, bytes_of_text("0X"));
    struct bytes digits = bytes_after(word, is_hex ? 2 : 0);
    uint64_t sum = 0;

    for (size_t i = 0; i < digits.len && sum <= UINT32_MAX; i++) {
        unsigned digit = digit_of(digits.data[i]), base = is_hex ? 16 : 10;

        if (digit >= base)
            return false;
        sum = sum * base + digit;
    }
    if (sum == 0 || sum > UINT32_MAX)
        return false;
    *spi = (uint32_t)sum;
    return true;
}

static bool copy_word(char *to, size_t size, struct bytes word)
{
    if (word.len == 0 || word.len >= size || memchr(word.data, '\0', word.len))
        return false;
    memcpy(to, word.data, word.len);
    to[word.len] = '\0';
    return true;
}

/* Of the family of the packet's source. */
static bool icmp_type_of(struct control_request *request, struct bytes word)
{
    uint8_t type;

    if (!service_icmp_type(word, request->packet.from.family == IP_V6, &type))
        return false;
    request->packet.numbers[0] = type;
    return true;
}

bool argument_take(struct control_request *request, enum argument argument, struct bytes word)
{
    uint32_t level;

    if (word.len >= CONTROL_WORD_SIZE)
        return false;
    switch (argument) {
    case ARGUMENT_ADDRESS:
    case ARGUMENT_PEER: return ip_parse(&request->peer, word);
    case ARGUMENT_MASK: return ip_parse(&request->mask, word) && ip_mask_len(request->mask) >= 0;
    case ARGUMENT_INNER: return ip_parse(&request->inner, word);
    case ARGUMENT_LOCAL: return ip_parse(&request->local, word);
    case ARGUMENT_DOMAIN: return copy_word(request->domain, sizeof request->domain, word);
    case ARGUMENT_KIND: return copy_word(request->kind, sizeof request->kind, word);
    case ARGUMENT_CIPHER: return copy_word(request->cipher, sizeof request->cipher, word);
    case ARGUMENT_SECONDS: return number_of(word, argument, &request->watch_s);
    case ARGUMENT_OBJECT: return copy_word(request->object, sizeof request->object, word);
    case ARGUMENT_SLA:
    case ARGUMENT_TRACK: return number_of(word, argument, &request->watched);
    case ARGUMENT_TIMES: return number_of(word, argument, &request->repeat_count);
    case ARGUMENT_SIZE: return number_of(word, argument, &request->ping.size);
    case ARGUMENT_PROBES: return number_of(word, argument, &request->probe_count);
    case ARGUMENT_HOP: return number_of(word, argument, &request->hops[0]);
    case ARGUMENT_LASTHOP: return number_of(word, argument, &request->hops[1]);
    case ARGUMENT_TIMEOUT: return number_of(word, argument, &request->ping.timeout_s);
    case ARGUMENT_PATTERN: return is_hex(word) && copy_word(request->ping.pattern, sizeof request->ping.pattern, word);
    case ARGUMENT_CONNID: return number_of(word, argument, &request->conn_id);
    case ARGUMENT_SPI: return spi_of(word, &request->spi);
    case ARGUMENT_MAP: return copy_word(request->map, sizeof request->map, word);
    case ARGUMENT_GROUP: return copy_word(request->group, sizeof request->group, word);
    case ARGUMENT_USER: return copy_word(request->user, sizeof request->user, word);
    case ARGUMENT_COLUMNS:
    case ARGUMENT_LINES: return number_of(word, argument, &request->line_count);
    case ARGUMENT_FROM: return ip_parse(&request->packet.from, word);
    case ARGUMENT_TO: return ip_parse(&request->packet.to, word);
    case ARGUMENT_TYPE: return icmp_type_of(request, word);
    case ARGUMENT_ENDPORT:
    case ARGUMENT_PORT: return service_port(word, &request->packet.numbers[0]);
    case ARGUMENT_TOPORT: return service_port(word, &request->packet.numbers[1]);
    case ARGUMENT_CODE: return small_number_of(word, argument, &request->packet.numbers[1]);
    case ARGUMENT_IDENT: return number_of(word, argument, &level);
    case ARGUMENT_PROTOCOL: return service_protocol(word, &request->packet.protocol);
    case ARGUMENT_TRUSTPOINT: return copy_word(request->trustpoint, sizeof request->trustpoint, word);
    case ARGUMENT_KEYPAIR: return copy_word(request->keypair, sizeof request->keypair, word);
    case ARGUMENT_PASSPHRASE: return copy_word(request->passphrase, sizeof request->passphrase, word);
    case ARGUMENT_BITS: return number_of(word, argument, &request->key_bits);
    case ARGUMENT_CURVE:
        return number_of(word, argument, &request->key_bits) &&
               (request->key_bits == 256 || request->key_bits == 384 || request->key_bits == 521);
    case ARGUMENT_CAPTURE: return copy_word(request->capture, sizeof request->capture, word);
    case ARGUMENT_CAPTURED:
        return bytes_begin_with(word, bytes_of_text("capture:")) &&
               copy_word(request->capture, sizeof request->capture, bytes_after(word, strlen("capture:")));
    case ARGUMENT_DROP: return copy_word(request->drop, sizeof request->drop, word);
    case ARGUMENT_LENGTH: return number_of(word, argument, &request->packet_len);
    case ARGUMENT_PACKETS: return number_of(word, argument, &request->packet_count);
    case ARGUMENT_PACKET: return number_of(word, argument, &request->packet_number);
    case ARGUMENT_BUFFER: return number_of(word, argument, &request->buffer_size);
    case ARGUMENT_ACL: return copy_word(request->acl, sizeof request->acl, word);
    case ARGUMENT_INTERFACE:
    case ARGUMENT_NAMEIF: return copy_word(request->packet.nameif, sizeof request->packet.nameif, word);
    case ARGUMENT_SOURCE:
    case ARGUMENT_FILE: return copy_word(request->file, sizeof request->file, word);
    case ARGUMENT_FILES:
    case ARGUMENT_MATCH:
    case ARGUMENT_STATEMENT: return copy_word(request->rest, sizeof request->rest, word);
    case ARGUMENT_LEVEL:
        if (!number_of(word, argument, &level))
            return false;
        request->level = (uint16_t)level;
        return true;
    case ARGUMENT_PLACE: /* no row has it: it stands behind an interface */
    case ARGUMENT_COUNT: break;
    }
    return false;
}

/* ---- keywords */

void keyword_take(struct control_request *request, struct bytes keyword)
{
#define SETS(word, field, value)                                                                                       \
    {                                                                                                                  \
        word, offsetof(struct control_request, field), sizeof request->field, value                                    \
    }
    static const struct {
        const char *word;
        size_t at, size;
        uint32_t value;
    } keywords[] = {
        SETS("detail", is_detail, true),
        SETS("detailed", is_detail, true),
        SETS("ios", is_ios, true),
        SETS("use-icmp", is_icmp, true),
        SETS("brief", is_brief, true),
        SETS("full", is_full, true),
        SETS("long", is_detail, true),
        SETS("count", is_count, true),
        SETS("active", is_active, true),
        SETS("nat", is_nat, true),
        SETS("sort", is_sorted, true),
        SETS("name", sort, CONTROL_SORT_NAME),
        SETS("ipaddress", sort, CONTROL_SORT_ADDRESS),
        SETS("encryption", sort, CONTROL_SORT_ENCRYPTION),
        SETS("all", is_all, true),
        SETS("/all", is_all, true),
        SETS("ecdsa", is_ecdsa, true),
        SETS("noconfirm", is_unasked, true),
        SETS("nointeractive", is_unasked, true),
        SETS("circular-buffer", is_circular, true),
        SETS("decrypted", packet.is_decrypted, true),
        SETS("df-bit", ping.has_df, true),
        SETS("icmp", packet.protocol, PROTOCOL_ICMP),
        SETS("tcp", packet.protocol, PROTOCOL_TCP),
        SETS("udp", packet.protocol, PROTOCOL_UDP),
        SETS("raw-data", capture_type, CONTROL_CAPTURE_RAW),
        SETS("isakmp", is_ike, true),
        SETS("ikev1", is_ike, true),
        SETS("ipsec", is_ipsec, true),
        SETS("isakmp", capture_type, CONTROL_CAPTURE_ISAKMP),
        SETS("asp-drop", capture_type, CONTROL_CAPTURE_DROPS),
        SETS("l2l", session_type, CONTROL_SESSION_L2L),
        SETS("ra-ikev1-ipsec", session_type, CONTROL_SESSION_USER),
    };
#undef SETS

    for (size_t i = 0; i < COUNT_OF(keywords); i++) {
        uint8_t *field = (uint8_t *)request + keywords[i].at;

        if (!bytes_equal(keyword, bytes_of_text(keywords[i].word)))
            continue;
        if (keywords[i].size == 1) {
            *field = (uint8_t)keywords[i].value;
            continue;
        }
        CHECK(keywords[i].size == sizeof keywords[i].value);
        memcpy(field, &keywords[i].value, sizeof keywords[i].value);
    }
}
