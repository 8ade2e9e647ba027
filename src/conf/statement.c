#include "conf/statement_parts.h"

#include "base/check.h"

#include <string.h>

/* `access-list X line N` looks through all statements, N times when it goes between others; so there is a limit on
 * both. */
enum { ACL_PLACES_MAX = 20000, ACL_PLACE_MAX = 256, ORDER_STEP_BITS = 24 };

bool statements_make(struct statements *statements, uint32_t line_count, struct arena *arena)
{
    uint32_t bucket_count = 64;

    while (bucket_count < line_count && bucket_count < UINT32_MAX / 2)
        bucket_count *= 2;
    *statements = (struct statements){.max = line_count, .bucket_count = bucket_count};
    statements->list = arena_take(arena, line_count * sizeof *statements->list);
    statements->buckets = arena_take(arena, bucket_count * sizeof *statements->buckets);
    statements->written = arena_take(arena, line_count * sizeof *statements->written);
    return !arena->is_full;
}

/* ---- which statement is it ---- */

static bool says_which(const struct statement *s, const struct grammar_word *word)
{
    return item_is_identity(s->row, word->item) && item_spelling(s->row, word->item) == 0;
}

static struct bytes word_text(const struct grammar_word *word)
{
    return word->item.at[0] == '<' ? word->text : bytes_of(word->item.at, word->item.len);
}

uint32_t hash_add(uint32_t hash, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.data[i]) * 16777619u;
    return (hash ^ ' ') * 16777619u;
}

static uint32_t identity_hash(const struct statement *s)
{
    uint32_t hash = HASH_BEGIN ^ s->row->kind ^ (s->parent * 2654435761u);

    for (uint16_t i = 0; i < s->word_count; i++)
        if (says_which(s, &s->words[i]))
            hash = hash_add(hash, word_text(&s->words[i]));
    return hash;
}

static uint16_t next_identity_word(const struct statement *s, uint16_t from)
{
    while (from < s->word_count && !says_which(s, &s->words[from]))
        from++;
    return from;
}

static bool same_identity(const struct statement *a, const struct statement *b)
{
    if (a->row != b->row || a->parent != b->parent)
        return false;

    uint16_t i = next_identity_word(a, 0), j = next_identity_word(b, 0);

    for (; i < a->word_count && j < b->word_count; i = next_identity_word(a, i + 1), j = next_identity_word(b, j + 1)) {
        struct bytes x = word_text(&a->words[i]), y = word_text(&b->words[j]);

        if (a->words[i].item.at != b->words[j].item.at || !bytes_equal(x, y))
            return false;
    }
    return i == a->word_count && j == b->word_count;
}

static struct statement *find_same(const struct statements *statements, const struct statement *s)
{
    uint32_t at = statements->buckets[identity_hash(s) & (statements->bucket_count - 1)];

    for (; at != 0; at = statements->list[at - 1].next_in_bucket) {
        struct statement *known = &statements->list[at - 1];

        if (!known->is_gone && same_identity(known, s))
            return known;
    }
    return NULL;
}

/* ---- building ---- */

static bool is_acl(const struct statement *s)
{
    return s->row != NULL && s->row->family == FAMILY_ACL && s->state == STATEMENT_IS_KNOWN;
}

/* An access-list's name is the second word of each of its statements. */
static bool is_of_acl(const struct statement *s, struct bytes name)
{
    return !s->is_gone && is_acl(s) && bytes_equal(s->words[1].text, name);
}

static uint32_t acl_line_count(const struct statements *statements, struct bytes name)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < statements->count; i++)
        count += is_of_acl(&statements->list[i], name);
    return count;
}

/* The order of the first line of that access-list after the one with this order. */
static uint64_t acl_next_order(const struct statements *statements, struct bytes name, uint64_t after)
{
    uint64_t next = UINT64_MAX;

    for (uint32_t i = 0; i < statements->count; i++) {
        uint64_t order = statements->list[i].order;

        if (order > after && order < next && is_of_acl(&statements->list[i], name))
            next = order;
    }
    return next;
}

/* The order of a line that goes to the nth place of its access-list; what stands there and after it follows. False: no
 * room. */
static bool acl_order(struct statements *statements, const struct statement *s, uint32_t place, uint64_t *order)
{
    struct bytes name = s->words[1].text;
    uint64_t before = 0, here;

    if (++statements->acl_places > ACL_PLACES_MAX)
        return false;
    if (place > acl_line_count(statements, name))
        return true;
    if (place > ACL_PLACE_MAX)
        return false;
    for (here = acl_next_order(statements, name, 0); place > 1; place--) {
        before = here;
        here = acl_next_order(statements, name, here);
    }
    if (here - before < 2)
        return false;
    *order = before + (here - before) / 2;
    return true;
}

/* `line N` says where, once; it is no part of the statement. */
static void drop_acl_line(struct statement *s)
{
    uint16_t kept = 0;

    for (uint16_t i = 0; i < s->word_count; i++) {
        const struct argument_info *argument = item_argument(s->words[i].item);
        bool is_line =
            argument != NULL ? strcmp(argument->name, "acl-line") == 0 : item_is_word(s->words[i].item, "line");

        if (!is_line)
            s->words[kept++] = s->words[i];
    }
    s->word_count = kept;
}

static bool has_own_word(const struct statement *s)
{
    for (uint16_t i = 0; i < s->word_count; i++)
        if (item_argument(s->words[i].item) == NULL && item_word(s->words[i].item)->origin == ORIGIN_OWN)
            return true;
    return false;
}

/* Our own statements say nothing about the device that wrote the rest. */
static void note_spelling(struct statements *statements, const struct statement *s)
{
    if (statements->spelling != 0 || has_own_word(s))
        return;
    for (uint16_t i = 0; i < s->word_count && statements->spelling == 0; i++)
        statements->spelling = item_spelling(s->row, s->words[i].item);
}

static uint32_t push(struct statements *statements, struct statement statement)
{
    CHECK(statements->count < statements->max);
    statements->list[statements->count] = statement;
    return statements->count++;
}

/* ---- words with an argument each (MERGES) ---- */

/* The first word behind those that say which statement it is. */
static uint16_t first_pair(const struct statement *s)
{
    uint16_t i = 0;

    while (i < s->word_count && item_is_identity(s->row, s->words[i].item))
        i++;
    return i;
}

static uint16_t next_pair(const struct statement *s, uint16_t at)
{
    do
        at++;
    while (at < s->word_count && s->words[at].item.at[0] == '<');
    return at;
}

static bool has_pair(const struct statement *s, const struct grammar_word *word)
{
    for (uint16_t i = first_pair(s); i < s->word_count; i = next_pair(s, i))
        if (bytes_equal(word_text(&s->words[i]), word_text(word)))
            return true;
    return false;
}

/* Leaves of `s` what `taken` does not name. */
static void drop_pairs(struct statement *s, const struct statement *taken)
{
    uint16_t kept = first_pair(s), next;

    for (uint16_t i = kept; i < s->word_count; i = next) {
        next = next_pair(s, i);
        if (has_pair(taken, &s->words[i]))
            continue;
        memmove(s->words + kept, s->words + i, (size_t)(next - i) * sizeof *s->words);
        kept = (uint16_t)(kept + next - i);
    }
    s->word_count = kept;
}

/* What `known` has stands before what `added` has: the words are the arena's. False: it is full. */
static bool merge(const struct statement *known, struct statement *added, struct arena *arena)
{
    struct statement both = *known;
    uint16_t first = first_pair(added), more = (uint16_t)(added->word_count - first);

    both.words = arena_take(arena, (size_t)(known->word_count + more) * sizeof *both.words);
    if (both.words == NULL)
        return false;
    memcpy(both.words, known->words, known->word_count * sizeof *both.words);
    drop_pairs(&both, added);
    memcpy(both.words + both.word_count, added->words + first, more * sizeof *both.words);
    added->words = both.words;
    added->word_count = (uint16_t)(both.word_count + more);
    return true;
}

uint32_t statements_add(struct statements *statements, struct statement statement, struct arena *arena)
{
    struct grammar_word *words = arena_take(arena, statement.word_count * sizeof *words);

    if (words == NULL)
        return STATEMENT_NONE;
    if (statement.word_count > 0)
        memcpy(words, statement.words, statement.word_count * sizeof *words);
    statement.words = words;
    statement.order = ((uint64_t)statements->count + 1) << ORDER_STEP_BITS;
    if (statement.state != STATEMENT_IS_KNOWN)
        return push(statements, statement);

    uint32_t place = is_acl(&statement) ? statement_number(&statement, "acl-line") : 0;

    note_spelling(statements, &statement);
    if (is_acl(&statement))
        drop_acl_line(&statement);

    struct statement *known = find_same(statements, &statement);

    if (known != NULL && statement.row->enters != MODE_GLOBAL && !statement.is_no)
        return statement_index(statements, known);
    if (known != NULL && statement.row->no == NO_MERGES && !merge(known, &statement, arena))
        return STATEMENT_NONE;
    if (known != NULL) {
        statement.order = known->order;
        known->is_gone = true;
    } else if (place != 0 && !acl_order(statements, &statement, place, &statement.order)) {
        statement.state = STATEMENT_IS_WRONG;
        return push(statements, statement);
    }

    uint32_t *bucket = &statements->buckets[identity_hash(&statement) & (statements->bucket_count - 1)];

    statement.next_in_bucket = *bucket;
    *bucket = statements->count + 1;
    return push(statements, statement);
}

void statements_remove(struct statements *statements, const struct statement *statement)
{
    struct statement *known = find_same(statements, statement);

    if (known == NULL)
        return;
    if (known->row->no == NO_MERGES && first_pair(statement) < statement->word_count)
        drop_pairs(known, statement);
    known->is_gone = known->row->no != NO_MERGES || first_pair(statement) == statement->word_count ||
                     first_pair(known) == known->word_count;
}

/* ---- looking ---- */

const struct statement *statements_same(const struct statements *statements, const struct statement *statement)
{
    return find_same(statements, statement);
}

uint32_t statement_index(const struct statements *statements, const struct statement *s)
{
    return (uint32_t)(s - statements->list);
}

bool statement_is_live(const struct statements *statements, const struct statement *s)
{
    return !s->is_gone && (s->parent == STATEMENT_NONE || !statements->list[s->parent].is_gone);
}

const struct grammar_word *nth_argument(const struct statement *s, unsigned nth)
{
    for (uint16_t i = 0; i < s->word_count; i++)
        if (s->words[i].item.at[0] == '<' && nth-- == 0)
            return &s->words[i];
    return NULL;
}

struct bytes first_argument(const struct statement *s)
{
    const struct grammar_word *word = nth_argument(s, 0);

    return word == NULL ? bytes_of(NULL, 0) : word->text;
}

const struct statement *statements_below(const struct statements *statements, const struct statement *parent,
                                         const struct statement *from)
{
    uint32_t at = from == NULL ? parent->next_in_bucket : from->next_in_bucket;

    if (at >= statements->written_count)
        return NULL;

    const struct statement *s = &statements->list[statements->written[at]];

    return s->parent == statement_index(statements, parent) ? s : NULL;
}

static const struct grammar_word *find_argument(const struct statement *s, const char *name, unsigned nth)
{
    for (uint16_t i = 0; i < s->word_count; i++) {
        const struct argument_info *argument = item_argument(s->words[i].item);

        if (argument != NULL && strcmp(argument->name, name) == 0 && nth-- == 0)
            return &s->words[i];
    }
    CHECK(grammar_knows(name)); /* a name that no statement has is a mistake of ours; to ask takes long */
    return NULL;
}

bool statement_has(const struct statement *s, const char *word)
{
    CHECK(grammar_knows(word));
    for (uint16_t i = 0; i < s->word_count; i++)
        if (item_is_word(s->words[i].item, word))
            return true;
    return false;
}

struct bytes statement_argument(const struct statement *s, const char *name, unsigned nth)
{
    const struct grammar_word *word = find_argument(s, name, nth);

    return word == NULL ? bytes_of(NULL, 0) : word->text;
}

uint32_t statement_number(const struct statement *s, const char *name)
{
    const struct grammar_word *word = find_argument(s, name, 0);
    uint32_t number = 0;

    return word != NULL && bytes_decimal(word->text, UINT32_MAX, &number) ? number : 0;
}

struct bytes statement_choice(const struct statement *s)
{
    for (uint16_t i = 0; i < s->word_count; i++)
        if (s->words[i].item.at[0] != '<' && !item_is_identity(s->row, s->words[i].item))
            return word_text(&s->words[i]);
    return bytes_of("", 0);
}

const struct statement *statements_of_interface(const struct statements *statements, enum statement_kind of_one,
                                                enum statement_kind of_all, struct bytes nameif)
{
    const struct statement *found = statements_next(statements, NULL, of_all);

    for (const struct statement *s = NULL; (s = statements_next(statements, s, of_one)) != NULL;)
        if (bytes_equal(statement_argument(s, "interface", 0), nameif))
            found = s;
    return found;
}
