#include "cli/redact.h"

#include "base/ip.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_LEN_MIN = 2, NAME_LEN_MAX = 120, LABELS_MIN = 2 };

struct name {
    char *text;
    size_t len;
    const char *kind;
    size_t number;
};

struct redacted {
    struct ip *known;
    size_t count, max;
    struct name *names; /* the longest first */
    size_t name_count, name_max, numbered, files;
};

static const struct {
    const char *before, *behind;
} places[] = {
#define NAME_BETWEEN(before, behind) {before, behind},
#include "cli/redact.def"
#undef NAME_BETWEEN
};

/* How a page and JSON write what is a sign of their own. */
static const struct {
    char sign;
    const char *page, *json;
} escapes[] = {
    {'&', "&amp;", "&"},     {'<', "&lt;", "<"},   {'>', "&gt;", ">"},
    {'"', "&quot;", "\\\""}, {'\'', "&#39;", "'"}, {'\\', "\\", "\\\\"},
};

struct redacted *redact_begin(void)
{
    return calloc(1, sizeof(struct redacted));
}

void redact_end(struct redacted *r)
{
    for (size_t i = 0; r && i < r->name_count; i++)
        free(r->names[i].text);
    if (r) {
        free(r->names);
        free(r->known);
    }
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

/* ---- names ---- */

static bool is_sign(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static bool insert(struct redacted *r, const char *text, size_t len, const char *kind, size_t number)
{
    size_t at = 0;

    for (; at < r->name_count && r->names[at].len >= len; at++)
        if (r->names[at].len == len && memcmp(r->names[at].text, text, len) == 0)
            return true;
    if (r->name_count == r->name_max) {
        size_t max = r->name_max ? 2 * r->name_max : 64;
        struct name *grown = realloc(r->names, max * sizeof *grown);

        if (!grown)
            return false;
        r->names = grown;
        r->name_max = max;
    }
    char *copy = strndup(text, len);
    if (!copy)
        return false;
    memmove(&r->names[at + 1], &r->names[at], (r->name_count - at) * sizeof *r->names);
    r->names[at] = (struct name){copy, len, kind, number};
    r->name_count++;
    return true;
}

/* And as a page and JSON write it. */
static bool add_name(struct redacted *r, const char *text, size_t len, const char *kind, size_t number)
{
    char page[6 * NAME_LEN_MAX], json[2 * NAME_LEN_MAX];
    struct text as_page = text_of(page, sizeof page), as_json = text_of(json, sizeof json);

    for (size_t i = 0; i < len; i++) {
        size_t k = 0;

        while (k < COUNT_OF(escapes) && escapes[k].sign != text[i])
            k++;
        if (k < COUNT_OF(escapes)) {
            text_add(&as_page, "%s", escapes[k].page);
            text_add(&as_json, "%s", escapes[k].json);
        } else {
            text_add(&as_page, "%c", text[i]);
            text_add(&as_json, "%c", text[i]);
        }
    }
    return insert(r, text, len, kind, number) && insert(r, page, as_page.len, kind, number) &&
           insert(r, json, as_json.len, kind, number);
}

/* A number, an address, and what stands for a value that nobody told are no names. */
static bool is_name(const char *text, size_t len)
{
    char copy[NAME_LEN_MAX + 1];
    struct ip ip;

    if (len < NAME_LEN_MIN || len > NAME_LEN_MAX || *text == '<' || *text == '%' || *text == '{')
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return !strpbrk(copy, "[]") && strspn(copy, "0123456789.:/ ") < len && !ip_parse(&ip, bytes_of(text, len));
}

static bool take_name(struct redacted *r, const char *text, size_t len)
{
    while (len > 0 && *text == ' ')
        text++, len--;
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return !is_name(text, len) || add_name(r, text, len, "name", ++r->numbered);
}

/* Jun 10 2010 17:36:05 HOST, 2010-06-10T17:36:05Z HOST: who relayed it, and whose it is. */
static bool learn_host(struct redacted *r, const char *line)
{
    const char *time = strchr(line, ':');

    if (!time || time - line > 28 || time - line < 2)
        return true;
    const char *at = time + strcspn(time, " ");
    bool is_iso = time - line > 10 && strchr(line, 'T') && strchr(line, 'T') < time;
    bool is_dated = is_iso || (time - line > 6 && is_letter(*(line + strspn(line, "<>*0123456789 "))));

    if (!is_dated || at[0] != ' ' || at[-1] == ':')
        return true;
    size_t len = strcspn(++at, " ");
    return len == 0 || memchr(at, '[', len) || memchr(at, '%', len) || at[len - 1] == ':' || take_name(r, at, len);
}

/* gw.example.net, maria@example.net: at least two parts, the last of letters. */
static bool learn_domains(struct redacted *r, const char *line)
{
    static const char signs[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-@";

    while (*line) {
        size_t len = strspn(line, signs), labels = 1, used;

        if (len == 0) {
            line++;
            continue;
        }
        for (used = len; used > 0 && (line[used - 1] == '.' || line[used - 1] == '-'); used--)
            ;
        size_t last = used;
        while (last > 0 && line[last - 1] != '.' && line[last - 1] != '@')
            last--;
        for (size_t i = 0; i < used; i++)
            labels += line[i] == '.' || line[i] == '@';
        bool is_domain = labels >= LABELS_MIN && used - last >= 2 && *line != '.' && *line != '@' && *line != '-';
        for (size_t i = last; i < used; i++)
            is_domain &= is_letter(line[i]);
        if (is_domain && !take_name(r, line, used))
            return false;
        line += len;
    }
    return true;
}

bool redact_learn(struct redacted *r, const char *line)
{
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const char *at = line;

        while ((at = strstr(at, places[i].before)) != NULL) {
            const char *from = at += strlen(places[i].before);
            const char *end = *places[i].behind ? strstr(from, places[i].behind) : from + strcspn(from, " ,");

            if (end && end > from && end - from <= NAME_LEN_MAX && !take_name(r, from, (size_t)(end - from)))
                return false;
        }
    }
    return learn_host(r, line) && learn_domains(r, line);
}

bool redact_learn_file(struct redacted *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t number = ++r->files;

    if (strcmp(path, "-") == 0 || strlen(path) > NAME_LEN_MAX)
        return true;
    return add_name(r, path, strlen(path), "file", number) &&
           (!slash || add_name(r, slash + 1, strlen(slash + 1), "file", number));
}

/* The name that the text begins with; NULL: none. A member of JSON is none. */
static const struct name *name_at(const struct redacted *r, const char *text)
{
    for (size_t i = 0; i < r->name_count; i++)
        if (strncmp(text, r->names[i].text, r->names[i].len) == 0 && !is_sign(text[r->names[i].len]) &&
            strncmp(text + r->names[i].len, "\":", 2) != 0)
            return &r->names[i];
    return NULL;
}

/* How long the tag is that a page goes on with, a style with all that is in it; 0: none. */
static size_t tag_len(const char *text)
{
    const char *end = *text != '<'                      ? NULL
                      : strncmp(text, "<style", 6) == 0 ? strstr(text, "</style>")
                                                        : strchr(text, '>');

    return end ? (size_t)(end - text) + 1 : 0;
}

void redact_write(struct redacted *r, FILE *out, const char *text, bool is_page)
{
    const char *tag_end = text;

    while (*text) {
        const struct name *name;
        struct ip ip;
        size_t len = address_at(text, &ip);

        if (is_page && text >= tag_end && tag_len(text))
            tag_end = text + tag_len(text);
        if (len) {
            fprintf(out, "address-%zu", number_of(r, ip));
        } else if (text >= tag_end && (name = name_at(r, text)) != NULL) {
            fprintf(out, "%s-%zu", name->kind, name->number);
            len = name->len;
        } else { /* past this word or sign: neither begins within a word */
            while (is_sign(text[len]))
                len++;
            len += len == 0;
            fwrite(text, 1, len, out);
        }
        text += len;
    }
}
