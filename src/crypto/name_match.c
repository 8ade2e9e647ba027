#include "crypto/name_match.h"

#include "base/check.h"
#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

enum { VALUE_SIZE = 1024 };

static const struct {
    const char *tag;
    int nid;
} tags[] = {
#define TAG(tag, nid, meaning) {#tag, nid},
#include "crypto/name_tags.def"
#undef TAG
};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool texts_equal(struct bytes a, struct bytes b)
{
    bool is_equal = a.len == b.len;

    for (size_t i = 0; is_equal && i < a.len; i++)
        is_equal = lower(a.data[i]) == lower(b.data[i]);
    return is_equal;
}

static int nid_of(struct bytes tag)
{
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (texts_equal(tag, bytes_of_text(tags[i].tag)))
            return tags[i].nid;
    return NID_undef;
}

bool name_tag_is_known(struct bytes tag)
{
    return nid_of(tag) != NID_undef;
}

static bool contains(struct bytes text, struct bytes part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (texts_equal(bytes_of(text.data + i, part.len), part))
            return true;
    return false;
}

static bool is_hit(struct bytes text, enum name_match match, struct bytes value)
{
    return match == NAME_EQUAL || match == NAME_DIFFERS ? texts_equal(text, value) : contains(text, value);
}

static bool is_of_absence(enum name_match match)
{
    return match == NAME_DIFFERS || match == NAME_LACKS;
}

static X509_NAME *name_of(struct bytes der)
{
    const unsigned char *at = der.data;
    X509_NAME *name = der.len == 0 || der.len > NAME_DER_MAX ? NULL : d2i_X509_NAME(NULL, &at, (long)der.len);

    ERR_clear_error();
    return name;
}

/* False: it cannot be had as text, or there is a zero byte in it (attack list C11). */
static bool value_of(const X509_NAME_ENTRY *entry, char *space, size_t size)
{
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    bool is_good = len >= 0 && (size_t)len < size && memchr(text, 0, (size_t)len) == NULL;

    if (is_good) {
        memcpy(space, text, (size_t)len);
        space[len] = '\0';
    }
    OPENSSL_free(text);
    return is_good;
}

bool name_part(struct bytes der, const char *tag, unsigned nth, char *space, size_t size)
{
    X509_NAME *name = name_of(der);
    int nid = nid_of(bytes_of_text(tag)), at = -1;
    bool is_found = name != NULL && nid != NID_undef;

    for (unsigned i = 0; is_found && i <= nth; i++) {
        at = X509_NAME_get_index_by_NID(name, nid, at);
        is_found = at >= 0;
    }
    is_found = is_found && value_of(X509_NAME_get_entry(name, at), space, size);
    X509_NAME_free(name);
    return is_found;
}

static bool part_matches(const X509_NAME *name, int nid, enum name_match match, struct bytes value)
{
    bool has_hit = false;

    for (int at = -1; (at = X509_NAME_get_index_by_NID((X509_NAME *)(uintptr_t)name, nid, at)) >= 0;) {
        char text[VALUE_SIZE];

        if (!value_of(X509_NAME_get_entry(name, at), text, sizeof text))
            return false;
        has_hit |= is_hit(bytes_of_text(text), match, value);
    }
    return has_hit != is_of_absence(match);
}

/* "O = Example, CN = east" and "o=Example,cn=east" are one. */
static struct bytes without_blanks(const char *text, char space[static VALUE_SIZE])
{
    size_t len = 0;

    for (; *text != '\0' && len < VALUE_SIZE - 1; text++) {
        bool is_between =
            *text == ' ' && (len == 0 || strchr("=,", space[len - 1]) != NULL || strchr("=,", text[1]) != NULL);

        if (!is_between)
            space[len++] = *text;
    }
    space[len] = '\0';
    return bytes_of_text(space);
}

static bool whole_matches(struct bytes der, enum name_match match, const char *value)
{
    char printed[VALUE_SIZE], name[VALUE_SIZE], wanted[VALUE_SIZE];
    struct text t = text_of(printed, sizeof printed);

    text_add_name(&t, der);
    return !t.is_cut &&
           is_hit(without_blanks(printed, name), match, without_blanks(value, wanted)) != is_of_absence(match);
}

bool name_matches(struct bytes der, const char *tag, enum name_match match, const char *value)
{
    X509_NAME *name = name_of(der);
    bool fits =
        name != NULL && (tag[0] == '\0' ? whole_matches(der, match, value)
                                        : part_matches(name, nid_of(bytes_of_text(tag)), match, bytes_of_text(value)));

    X509_NAME_free(name);
    return fits;
}
