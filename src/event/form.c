#include "event/form.h"

#include <string.h>

static const struct {
    const char *name;
    enum event_field_type type;
} forms[FORM_COUNT] = {
#define FORM(name, type, meaning) [FORM_##name] = {#name, FIELD_TYPE_##type},
#include "event/forms.def"
#undef FORM
};

static const struct {
    enum form form;
    const char *word, *value; /* the value of a number: its one digit */
} words[] = {
    {FORM_True, "True", "1"},
    {FORM_True, "False", "0"},
    {FORM_IS, "is NOT", "0"},
    {FORM_IS, "IS", "1"},
    {FORM_Role, "Initiator", "initiator"},
    {FORM_Role, "Responder", "responder"},
    {FORM_letter, "I", "initiator"},
    {FORM_letter, "R", "responder"},
    {FORM_class, "Encryption Alg", "encryption"},
    {FORM_class, "Hash Alg", "hash"},
    {FORM_class, "Group Description", "group"},
    {FORM_class, "Auth Method", "authentication"},
    {FORM_class, "Key Length", "key length"},
    {FORM_class, "Life Duration", "lifetime"},
    {FORM_payload, "ke", "KE"},
    {FORM_payload, "nonce", "NONCE"},
    {FORM_payload, "hash", "HASH"},
    {FORM_payload, "notify", "NOTIFY"},
    {FORM_payload, "delete", "DELETE"},
    {FORM_payload, "VID", "VENDOR"},
    {FORM_payload, "NAT-Discovery", "NAT-D"},
    {FORM_cause, "Lost Service", "DPD"},
    {FORM_cause, "Peer Terminate", "DELETED_BY_PEER"},
    {FORM_cause, "Administrator Reset", "DELETED_BY_OPERATOR"},
    {FORM_cause, "Administrator Shutdown", "SHUT_DOWN"},
    {FORM_cause, "crypto map policy not found", "NO_PROXY_MATCH"},
    {FORM_cause, "IPSec SA Max Time Exceeded", "LIFETIME"},
    {FORM_cause, "Idle Timeout", "IDLE"},
    {FORM_cause, "Idle Timeout", "PAIR_IDLE"},
    {FORM_cause, "Max Time Exceeded", "SESSION_TIMEOUT"},
    {FORM_ios_cause, "death by retransmission P1", "NO_ANSWER"},
    {FORM_ios_cause, "death by retransmission P1", "PEER_SILENT"},
    {FORM_ios_cause, "BY user command", "DELETED_BY_OPERATOR"},
    {FORM_ios_cause, "Receive initial contact", "INITIAL_CONTACT"},
    {FORM_ios_cause, "Phase1 SA policy proposal not accepted", "NO_POLICY"},
    {FORM_encaps, "1 (Tunnel)", "Tunnel"},
    {FORM_encaps, "2 (Transport)", "Transport"},
    {FORM_encaps, "3 (Tunnel-UDP)", "Tunnel-UDP"},
    {FORM_encaps, "4 (Transport-UDP)", "Transport-UDP"},
    {FORM_encaps, "61443 (Tunnel-UDP)", "Tunnel-UDP (draft)"},
    {FORM_encaps, "61444 (Transport-UDP)", "Transport-UDP (draft)"},
    {FORM_ios_esp, "esp-des", "ESP_DES"},
    {FORM_ios_esp, "esp-3des", "ESP_3DES"},
    {FORM_ios_esp, "esp-aes", "ESP_AES"},
    {FORM_ios_esp, "esp-null", "ESP_NULL"},
    {FORM_ios_esp, "esp-gcm", "ESP_AES_GCM_16"},
    {FORM_ios_esp, "esp-gmac", "ESP_NULL_AUTH_AES_GMAC"},
    {FORM_ios_hmac, "esp-md5-hmac", "HMAC-MD5"},
    {FORM_ios_hmac, "esp-sha-hmac", "HMAC-SHA"},
    {FORM_ios_hmac, "esp-sha256-hmac", "HMAC-SHA2-256"},
    {FORM_ios_hmac, "esp-sha384-hmac", "HMAC-SHA2-384"},
    {FORM_ios_hmac, "esp-sha512-hmac", "HMAC-SHA2-512"},
};

enum form form_of(struct bytes name)
{
    enum form form = 0;

    while (form < FORM_COUNT && !bytes_equal(bytes_of_text(forms[form].name), name))
        form++;
    return form;
}

enum event_field_type form_type(enum form form)
{
    return forms[form].type;
}

static const char *word_of(enum form form, const char *value)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (words[i].form == form && strcmp(words[i].value, value) == 0)
            return words[i].word;
    return NULL;
}

static const char *value_of(enum form form, struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (words[i].form == form && bytes_equal(bytes_of_text(words[i].word), word))
            return words[i].value;
    return NULL;
}

void form_write_number(struct text *t, enum form form, uint64_t number)
{
    unsigned long long n = number;

    switch (form) {
    case FORM_hex: text_add(t, "%llx", n); return;
    case FORM_HEX: text_add(t, "%llX", n); return;
    case FORM_hex8: text_add(t, "%08llx", n); return;
    case FORM_id: text_add(t, n == 0 ? "%llx" : "%08llx", n); return;
    case FORM_address: text_add(t, n > UINT32_MAX ? "%016llx" : "%llx", n); return;
    case FORM_signed: text_add(t, "%d", (int)(int32_t)(uint32_t)number); return;
    case FORM_octets:
        text_add(t, "0x%X 0x%X 0x%X 0x%X", (unsigned)(n >> 24 & 0xff), (unsigned)(n >> 16 & 0xff),
                 (unsigned)(n >> 8 & 0xff), (unsigned)(n & 0xff));
        return;
    case FORM_True:
    case FORM_IS: text_add(t, "%s", word_of(form, number ? "1" : "0")); return;
    case FORM_plain:
    case FORM_Role:
    case FORM_letter:
    case FORM_class:
    case FORM_payload:
    case FORM_cause:
    case FORM_ios_cause:
    case FORM_set:
    case FORM_encaps:
    case FORM_ios_esp:
    case FORM_ios_hmac:
    case FORM_mac:
    case FORM_COUNT: break;
    }
    text_add(t, "%llu", n);
}

void form_write_text(struct text *t, enum form form, const char *value)
{
    const char *word = word_of(form, value);

    if (form == FORM_set)
        text_add(t, "{%s }", value);
    else
        text_add(t, "%s", word ? word : value);
}

static inline int digit_of(uint8_t character)
{
    return character >= '0' && character <= '9'   ? character - '0'
           : character >= 'a' && character <= 'f' ? character - 'a' + 10
           : character >= 'A' && character <= 'F' ? character - 'A' + 10
                                                  : 99;
}

static bool read_digits(struct bytes text, unsigned base, uint64_t *number)
{
    enum { SURE_LEN = 16 }; /* so many digits of any base fit */
    uint64_t n = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)digit_of(text.data[i]);

        if (digit >= base || (i >= SURE_LEN && n > (UINT64_MAX - digit) / base))
            return false;
        n = n * base + digit;
    }
    *number = n;
    return true;
}

static bool read_signed(struct bytes text, uint64_t *number)
{
    uint64_t n;
    bool is_negative = text.len > 0 && text.data[0] == '-';

    if (!read_digits(bytes_after(text, is_negative), 10, &n) || n > (is_negative ? 1ull << 31 : UINT32_MAX))
        return false;
    *number = is_negative ? (uint32_t)-n : n;
    return true;
}

static bool read_octets(struct bytes text, uint64_t *number)
{
    uint64_t n = 0, octet;

    for (int i = 0; i < 4; i++) {
        size_t len = 0;

        if (!bytes_begin_with(text, bytes_of_text("0x")))
            return false;
        text = bytes_after(text, 2);
        while (len < text.len && text.data[len] != ' ')
            len++;
        if (!read_digits(bytes_of(text.data, len), 16, &octet) || octet > 0xff)
            return false;
        text = bytes_after(text, len + (i < 3));
        n = n << 8 | octet;
    }
    if (text.len > 0)
        return false;
    *number = n;
    return true;
}

bool form_read_number(enum form form, struct bytes text, uint64_t *number)
{
    const char *value;

    switch (form) {
    case FORM_hex:
    case FORM_HEX:
    case FORM_hex8:
    case FORM_id:
    case FORM_address: return read_digits(text, 16, number);
    case FORM_signed: return read_signed(text, number);
    case FORM_octets: return read_octets(text, number);
    case FORM_True:
    case FORM_IS:
        value = value_of(form, text);
        if (value)
            *number = value[0] == '1';
        return value != NULL;
    case FORM_plain:
    case FORM_Role:
    case FORM_letter:
    case FORM_class:
    case FORM_payload:
    case FORM_cause:
    case FORM_ios_cause:
    case FORM_set:
    case FORM_encaps:
    case FORM_ios_esp:
    case FORM_ios_hmac:
    case FORM_mac:
    case FORM_COUNT: break;
    }
    return read_digits(text, 10, number);
}

/* Only these words and no others. */
static bool is_closed(enum form form)
{
    return form == FORM_Role || form == FORM_letter;
}

static bool is_mac(struct bytes text)
{
    bool is_one = text.len == 14;

    for (size_t i = 0; is_one && i < text.len; i++)
        is_one = i % 5 == 4 ? text.data[i] == '.' : digit_of(text.data[i]) < 16;
    return is_one;
}

bool form_read_text(enum form form, struct bytes text, struct bytes *value)
{
    const char *word = form == FORM_plain ? NULL : value_of(form, text);

    if ((is_closed(form) && !word) || (form == FORM_mac && !is_mac(text)))
        return false;
    if (form == FORM_set) {
        if (text.len < 3 || text.data[0] != '{' || text.data[text.len - 2] != ' ' || text.data[text.len - 1] != '}')
            return false;
        text = bytes_of(text.data + 1, text.len - 3);
    }
    *value = word ? bytes_of_text(word) : text;
    return true;
}
