/* The notation that grammar.def explains: what can follow an item of a syntax, and how its two spellings lie in it. */
#include "conf/syntax.h"

#include "base/check.h"

#include <string.h>

/* The marks of the syntax notation; grammar.def explains them. */
static bool is_mark(char c)
{
    return c == '\0' || c == ' ' || c == '[' || c == ']' || c == '{' || c == '}' || c == '|' || c == '^';
}

static struct grammar_item item_at(const char *at)
{
    size_t len = 0;

    if (*at == '<')
        len = (size_t)(strchr(at, '>') - at) + 1;
    else
        while (!is_mark(at[len]) && strncmp(at + len, "...", 3) != 0)
            len++;
    CHECK(len > 0);
    return (struct grammar_item){at, (uint16_t)len};
}

/* The bracket that closes the group that `at` stands in. */
static const char *closing(const char *at)
{
    for (unsigned depth = 0;; at++) {
        CHECK(*at != '\0');
        if (*at == '{' || *at == '[')
            depth++;
        else if ((*at == '}' || *at == ']') && depth-- == 0)
            return at;
    }
}

static const char *opening(const char *begin, const char *at)
{
    for (unsigned depth = 0;;) {
        CHECK(at > begin);
        at--;
        if (*at == '}' || *at == ']')
            depth++;
        else if ((*at == '{' || *at == '[') && depth-- == 0)
            return at;
    }
}

/* Behind it stands what says which statement it is, again. */
static const char *second_tilde(const char *syntax)
{
    const char *first = strchr(syntax, '~');

    return first == NULL ? NULL : strchr(first + 1, '~');
}

static void follow(struct syntax_next *next, const char *syntax, const char *at);

static void follow_alternatives(struct syntax_next *next, const char *syntax, const char *open)
{
    const char *close = closing(open + 1);

    follow(next, syntax, open + 1);
    for (const char *at = open + 1; at < close; at++) {
        if (*at == '{' || *at == '[')
            at = closing(at + 1);
        else if (*at == '|' || *at == '^')
            follow(next, syntax, at + 1);
    }
}

static void follow(struct syntax_next *next, const char *syntax, const char *at)
{
    const char *behind;
    bool repeats;

    switch (*at) {
    case '\0': next->may_end = next->is_identified = true; break;
    case '~':
        next->is_identified = second_tilde(syntax) == NULL;
        follow(next, syntax, at + 1);
        break;
    case ' ': follow(next, syntax, at + 1); break;
    case '|':
    case '^': follow(next, syntax, closing(at)); break;
    case '}':
    case ']':
        repeats = strncmp(at + 1, "...", 3) == 0;
        if (repeats)
            follow_alternatives(next, syntax, opening(syntax, at));
        follow(next, syntax, at + (repeats ? 4 : 1));
        break;
    case '[':
        follow_alternatives(next, syntax, at);
        behind = closing(at + 1) + 1;
        follow(next, syntax, strncmp(behind, "...", 3) == 0 ? behind + 3 : behind);
        break;
    case '{': follow_alternatives(next, syntax, at); break;
    default:
        for (uint16_t i = 0; i < next->count; i++)
            if (next->items[i].at == at)
                return;
        CHECK(next->count < EXPECTED_MAX);
        next->items[next->count++] = item_at(at);
    }
}

void syntax_next(struct syntax_next *next, const char *syntax, struct grammar_item after)
{
    next->count = 0;
    next->may_end = next->is_identified = false;
    if (after.at == NULL) {
        follow(next, syntax, syntax);
        return;
    }

    const char *end = after.at + after.len;

    if (strncmp(end, "...", 3) == 0) {
        next->items[next->count++] = after;
        end += 3;
    }
    follow(next, syntax, end);
}

/* ---- what writing needs ---- */

bool item_is_identity(const struct grammar_row *row, struct grammar_item item)
{
    const char *end = strchr(row->syntax, '~'), *again = second_tilde(row->syntax);

    return end == NULL || item.at < end || (again != NULL && item.at > again);
}

int item_spelling(const struct grammar_row *row, struct grammar_item item)
{
    if (item.at[item.len] == '^')
        return 1;
    return item.at > row->syntax && item.at[-1] == '^' ? -1 : 0;
}

struct grammar_item item_spelled(const struct grammar_row *row, struct grammar_item item, bool is_old)
{
    int spelling = item_spelling(row, item);

    if (is_old && spelling > 0 && item.at[item.len + 1] != ']')
        return item_at(item.at + item.len + 1);
    if (!is_old && spelling < 0)
        return item_at(opening(row->syntax, item.at) + 1);
    return item;
}

struct grammar_item item_omitted(const struct grammar_row *row, struct grammar_item before, struct grammar_item after)
{
    const char *begin = before.at == NULL ? row->syntax : before.at + before.len;

    for (const char *at = begin; at < after.at; at++) {
        if (at[0] != '[' || is_mark(at[1]))
            continue;

        struct grammar_item item = item_at(at + 1);

        if (item.at != after.at && strncmp(item.at + item.len, "^]", 2) == 0)
            return item;
    }
    return (struct grammar_item){NULL, 0};
}
