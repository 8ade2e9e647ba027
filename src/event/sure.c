#include "event/sure.h"

enum { AT_ONCE = 16 };
typedef uint8_t chunk __attribute__((vector_size(AT_ONCE)));

static bool is_any(chunk c)
{
    uint64_t halves[2];

    memcpy(halves, &c, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

static inline chunk load(const uint8_t *at)
{
    chunk c;

    memcpy(&c, at, sizeof c);
    return c;
}

struct suspects {
    chunk unsure, colons, ks;
};

/* Of AT_ONCE characters, and the one behind the last. */
static inline void suspect(struct suspects *s, const uint8_t *at)
{
    chunk c = load(at);

    s->unsure |= (chunk)(c < ' ') | (chunk)(c >= 0x7f) | (chunk)(c == '%') | (chunk)(c == '[') | (chunk)(c == '\\') |
                 ((chunk)(c == ' ') & (chunk)(load(at + 1) == ' '));
    s->colons |= (chunk)(c == ':');
    s->ks |= (chunk)(c == 'K');
}

bool text_is_sure(struct bytes text, struct bytes words_behind)
{
    enum { BLOCK = AT_ONCE + 1 };
    struct suspects s = {0};
    uint8_t rest[BLOCK];

    if (text.len == 0 || text.data[0] == ' ' || text.data[text.len - 1] == ' ')
        return false;
    for (size_t at = 0; at + BLOCK <= text.len; at += AT_ONCE)
        suspect(&s, text.data + at);
    memset(rest, '.', sizeof rest);
    for (size_t i = 0, at = (text.len - 1) / AT_ONCE * AT_ONCE; at + i < text.len; i++)
        rest[i] = text.data[at + i];
    suspect(&s, rest);
    if (is_any(s.unsure))
        return false;
    return !is_any(s.colons) || (!is_any(s.ks) && /* ISAKMP: */
                                 (words_behind.len == 0 || !memchr(text.data, words_behind.data[0], text.len)));
}
