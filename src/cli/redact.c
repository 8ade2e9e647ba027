#include "cli/redact.h"

#include "base/ip.h"

#include <stdlib.h>
#include <string.h>

struct redacted {
    struct ip *known;
    size_t count, max;
};

struct redacted *redact_begin(void)
{
    return calloc(1, sizeof(struct redacted));
}

void redact_end(struct redacted *r)
{
    if (r)
        free(r->known);
    free(r);
}

/* From 1; 0: no memory. */
static size_t number_of(struct redacted *r, struct ip ip)
{
    for (size_t i = 0; i < r->count; i++)
        if (ip_equal(r->known[i], ip))
            return i + 1;
    if (r->count == r->max) {
        size_t max = r->max ? 2 * r->max : 64;
        struct ip *grown = realloc(r->known, max * sizeof *grown);

        if (!grown)
            return 0;
        r->known = grown;
        r->max = max;
    }
    r->known[r->count++] = ip;
    return r->count;
}

static bool is_mask(struct ip ip)
{
    uint32_t v4 = ip_to_v4(ip), host = ~v4;

    return v4 == 0 ? ip_len(ip) == 4 : (host & (host + 1)) == 0 || (v4 & (v4 + 1)) == 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t parsed_at(const char *text, const char *signs, struct ip *ip)
{
    size_t len = strspn(text, signs), used = len;

    while (used > 0 && (text[used - 1] == '.' || (text[used - 1] == ':' && (used < 2 || text[used - 2] != ':'))))
        used--; /* the sentence's own */
    return used > 2 && !is_letter(text[len]) && ip_parse(ip, bytes_of(text, used)) && !is_mask(*ip) ? used : 0;
}

/* How long the address is that the text begins with; 0: there is none. */
static size_t address_at(const char *text, struct ip *ip)
{
    size_t len = parsed_at(text, "0123456789abcdefABCDEF:.", ip);

    return len ? len : parsed_at(text, "0123456789.", ip); /* with a port behind it */
}

void redact_write(struct redacted *r, FILE *out, const char *text)
{
    while (*text) {
        struct ip ip;
        size_t len = address_at(text, &ip);

        if (len) {
            fprintf(out, "address-%zu", number_of(r, ip));
        } else { /* past this word or sign: an address does not begin within a word */
            while (is_letter(text[len]) || (text[len] >= '0' && text[len] <= '9'))
                len++;
            len += len == 0;
            fwrite(text, 1, len, out);
        }
        text += len;
    }
}
