/* What is known of statements when all are there: the order in which they are written, and where those of a kind and of
 * a name are. */
#include "base/check.h"
#include "conf/statement_parts.h"

#include <string.h>

/* ---- looking ---- */

const struct statement *statements_next(const struct statements *statements, const struct statement *from,
                                        enum statement_kind kind)
{
    uint32_t at = from == NULL ? statements->first_of_kind[kind] : from->next_of_kind;

    CHECK(from == NULL || from->row->kind == kind);
    return at == 0 ? NULL : &statements->list[at - 1];
}

static uint32_t *bucket_of_name(const struct statements *statements, enum statement_kind kind, struct bytes name)
{
    return &statements->buckets[hash_add(HASH_BEGIN ^ kind, name) & (statements->bucket_count - 1)];
}

const struct statement *statements_next_named(const struct statements *statements, const struct statement *from,
                                              enum statement_kind kind, struct bytes name)
{
    uint32_t at = from == NULL ? *bucket_of_name(statements, kind, name) : from->next_of_name;

    for (; at != 0; at = statements->list[at - 1].next_of_name) {
        const struct statement *s = &statements->list[at - 1];

        if (s->row->kind == kind && bytes_equal(first_argument(s), name))
            return s;
    }
    return NULL;
}

/* ---- the order of writing ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_texts(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);

    return order != 0 ? order : compare_numbers(a.len, b.len);
}

static unsigned section_of(const struct statement *s)
{
    unsigned kind = 0;

    /* One that stood before its measurement was refused for that, and is again when what is written is read. */
    if (s->state == STATEMENT_IS_WRONG && s->row != NULL && s->row->kind == STATEMENT_sla_schedule)
        return 2 * STATEMENT_sla_monitor;
    if (s->state != STATEMENT_IS_KNOWN)
        return 2 * STATEMENT_COUNT + 1;
    if (s->row->family == FAMILY_ALONE)
        return 2 * s->row->kind + 1;
    while (grammar_row(kind)->family != s->row->family)
        kind++;
    return 2 * kind + 1;
}

/* As numbers when both are; a number stands before a text, so that `crypto map M interface` comes after the entries. */
static int compare_arguments(const struct statement *a, const struct statement *b, unsigned nth)
{
    const struct grammar_word *x = nth_argument(a, nth), *y = nth_argument(b, nth);
    uint32_t m = 0, n = 0;

    if (x == NULL || y == NULL)
        return (x == NULL) - (y == NULL);

    bool x_is_number = item_argument(x->item)->kind == ARGUMENT_NUMBER && bytes_decimal(x->text, UINT32_MAX, &m);
    bool y_is_number = item_argument(y->item)->kind == ARGUMENT_NUMBER && bytes_decimal(y->text, UINT32_MAX, &n);

    if (x_is_number && y_is_number)
        return compare_numbers(m, n);
    if (x_is_number != y_is_number)
        return x_is_number ? -1 : 1;
    return compare_texts(x->text, y->text);
}

static int compare_siblings(const struct statement *a, const struct statement *b)
{
    int order = compare_numbers(a->section, b->section);
    unsigned count = a->state == STATEMENT_IS_KNOWN ? grammar_family_arguments(a->row->family) : 0;

    for (unsigned i = 0; i < count && order == 0; i++)
        order = compare_arguments(a, b, i);
    if (order == 0 && a->state == STATEMENT_IS_KNOWN && a->row->family != FAMILY_ACL)
        order = compare_numbers(a->row->kind, b->row->kind);
    if (order == 0)
        order = compare_numbers(a->order, b->order);
    return order != 0 ? order : compare_numbers(a->line, b->line);
}

static bool is_before(const struct statements *statements, uint32_t a, uint32_t b)
{
    const struct statement *x = &statements->list[a], *y = &statements->list[b];
    uint32_t top_x = x->parent == STATEMENT_NONE ? a : x->parent, top_y = y->parent == STATEMENT_NONE ? b : y->parent;

    if (top_x != top_y)
        return compare_siblings(&statements->list[top_x], &statements->list[top_y]) < 0;
    if (a == top_x || b == top_x)
        return a == top_x && b != top_x;
    return compare_siblings(x, y) < 0;
}

static void sift_down(struct statements *statements, uint32_t at, uint32_t count)
{
    uint32_t *heap = statements->written;

    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_before(statements, heap[child], heap[child + 1]))
            child++;
        if (!is_before(statements, heap[at], heap[child]))
            return;

        uint32_t moved = heap[at];

        heap[at] = heap[child];
        heap[child] = moved;
    }
}

void statements_order(struct statements *statements)
{
    uint32_t *heap = statements->written, count = 0;

    for (uint32_t i = 0; i < statements->count; i++) {
        statements->list[i].section = (uint16_t)section_of(&statements->list[i]);
        if (statement_is_live(statements, &statements->list[i]))
            heap[count++] = i;
    }
    statements->written_count = count;
    for (uint32_t i = count / 2; i-- > 0;)
        sift_down(statements, i, count);
    for (uint32_t end = count; end > 1; end--) {
        uint32_t last = heap[0];

        heap[0] = heap[end - 1];
        heap[end - 1] = last;
        sift_down(statements, 0, end - 1);
    }
    /* The buckets by identity have done their work: from here on `next_in_bucket` is the place after this one in the
     * order. */
    memset(statements->buckets, 0, statements->bucket_count * sizeof *statements->buckets);
    for (uint32_t i = count; i-- > 0;) {
        struct statement *s = &statements->list[heap[i]];

        s->next_in_bucket = i + 1;
        if (s->state != STATEMENT_IS_KNOWN)
            continue;
        s->next_of_kind = statements->first_of_kind[s->row->kind];
        statements->first_of_kind[s->row->kind] = heap[i] + 1;
        uint32_t *bucket = bucket_of_name(statements, s->row->kind, first_argument(s));
        s->next_of_name = *bucket;
        *bucket = heap[i] + 1;
    }
}
