/* The screens of `show crypto ipsec sa`: pairs by interface, by peer or by crypto map. */
#include "base/check.h"
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>

static bool is_same(const struct control_record *a, const struct control_record *b, enum control_column column)
{
    return strcmp(record_text(a, column), record_text(b, column)) == 0;
}

/* Pairs between the same networks with the same peer share one entry: while one is replaced there are two. */
static bool is_same_entry(const struct control_record *a, const struct control_record *b)
{
    return is_same(a, b, COL_ipsec_pair_interface) && is_same(a, b, COL_ipsec_pair_map) &&
           record_number(a, COL_ipsec_pair_sequence) == record_number(b, COL_ipsec_pair_sequence) &&
           is_same(a, b, COL_ipsec_pair_peer) && is_same(a, b, COL_ipsec_pair_local_ident) &&
           is_same(a, b, COL_ipsec_pair_remote_ident);
}

static int compare_texts(const struct control_record *a, const struct control_record *b, enum control_column column)
{
    return strcmp(record_text(a, column), record_text(b, column));
}

static int compare_numbers(const struct control_record *a, const struct control_record *b, enum control_column column)
{
    return (record_number(a, column) > record_number(b, column)) -
           (record_number(a, column) < record_number(b, column));
}

/* By what the screen has headings for, then by interface, map, entry; then as they were begun: what has gone leaves its
 * place among the records to a later one. */
static int compare_pairs(const void *left, const void *right, void *by)
{
    const struct control_record *a = *(const struct control_record *const *)left;
    const struct control_record *b = *(const struct control_record *const *)right;
    const enum control_column columns[] = {
        *(const enum control_column *)by, COL_ipsec_pair_interface,    COL_ipsec_pair_map,    COL_ipsec_pair_sequence,
        COL_ipsec_pair_local_ident,       COL_ipsec_pair_remote_ident, COL_ipsec_pair_conn_id};

    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        bool is_number = control_column_info(columns[i])->type == COLUMN_NUMBER;
        int order = is_number ? compare_numbers(a, b, columns[i]) : compare_texts(a, b, columns[i]);

        if (order != 0)
            return order;
    }
    return (a > b) - (a < b);
}

static void write_direction(FILE *out, const struct control_record *const *pairs, size_t count, bool is_outbound,
                            struct screen_item item)
{
    item.is_outbound = is_outbound;
    for (size_t i = 0; i < count; i++) {
        item.record = pairs[i];
        screen_block(out, BLOCK_IPSEC_SA, &item);
    }
}

/* All pairs of an entry counted together: those that have gone are in the counters of the newest. */
static struct control_record sum_of(const struct control_record *const *pairs, size_t count)
{
    struct control_record sum = *pairs[count - 1];

    for (size_t column = COL_ipsec_pair_encaps; column <= COL_ipsec_pair_recv_errors; column++) {
        for (size_t i = 0; i + 1 < count; i++) {
            enum control_column c = (enum control_column)column;

            record_set_number(&sum, c, record_number(&sum, c) + record_number(pairs[i], c));
        }
    }
    return sum;
}

/* The newest pair says what is current. */
static void write_entry(FILE *out, const struct control_record *const *pairs, size_t count, bool has_sas,
                        struct screen_item item)
{
    struct control_record sum = sum_of(pairs, count);

    item.record = &sum;
    screen_block(out, BLOCK_IPSEC_ENTRY, &item);
    if (!has_sas)
        return;
    screen_block(out, BLOCK_IPSEC_IN, &item);
    write_direction(out, pairs, count, false, item);
    screen_block(out, BLOCK_IPSEC_IN_END, &item);
    screen_block(out, BLOCK_IPSEC_OUT, &item);
    write_direction(out, pairs, count, true, item);
    screen_block(out, BLOCK_IPSEC_END, &item);
}

/* `show crypto ipsec sa address`: SAs alone, each under the address that it goes to. */
static void write_by_address(FILE *out, const struct control_record **pairs, size_t count, struct screen_item item)
{
    static const struct {
        enum control_column address;
        enum screen_block block;
    } ways[] = {{COL_ipsec_pair_local, BLOCK_IPSEC_TO_US}, {COL_ipsec_pair_peer, BLOCK_IPSEC_TO_PEER}};

    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        enum control_column by = ways[way].address;

        qsort_r(pairs, count, sizeof *pairs, compare_pairs, &by);
        item.is_outbound = way == 1;
        for (size_t i = 0; i < count; i++) {
            item.record = pairs[i];
            if (i == 0 || !is_same(pairs[i - 1], pairs[i], by))
                screen_block(out, ways[way].block, &item);
            screen_block(out, BLOCK_IPSEC_SA, &item);
        }
    }
}

/* What the entries stand under: a heading for each new value of a column. */
struct headings {
    enum control_column by;
    enum screen_block block;
};

static struct headings headings_of(const struct control_request *request, const struct screen_view *view)
{
    if (view->dialect & DIALECT_ANY_IOS)
        return (struct headings){COL_ipsec_pair_interface, BLOCK_IPSEC_INTERFACE};
    if (request->id == CONTROL_SHOW_IPSEC_MAP)
        return (struct headings){COL_ipsec_pair_map, BLOCK_IPSEC_MAP};
    if (request->id == CONTROL_SHOW_IPSEC_ENTRY || request->id == CONTROL_SHOW_IPSEC_SPI || ip_is_set(request->peer))
        return (struct headings){COL_ipsec_pair_peer, BLOCK_IPSEC_PEER};
    return (struct headings){COL_ipsec_pair_interface, BLOCK_IPSEC_INTERFACE};
}

static bool needs_heading(const struct control_record *r, const struct control_record *before, enum control_column by,
                          const struct screen_view *view)
{
    return !before || !is_same(r, before, by) ||
           (view->dialect & DIALECT_ANY_IOS && !is_same(r, before, COL_ipsec_pair_map));
}

void screen_ipsec(FILE *out, const struct reply *reply, const struct control_request *request,
                  const struct screen_view *view)
{
    struct screen_item item = {.view = view};
    struct headings headings = headings_of(request, view);
    const struct control_record **pairs = calloc(reply->count + 1, sizeof *pairs);
    const struct control_record *before = NULL;
    size_t count = 0, same;

    CHECK(pairs);
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->records[i].kind == RECORD_ipsec_pair)
            pairs[count++] = &reply->records[i];
    }
    if (count == 0)
        screen_block(out, BLOCK_IPSEC_NONE, &item);
    qsort_r(pairs, count, sizeof *pairs, compare_pairs, &headings.by);
    if (request->id == CONTROL_SHOW_IPSEC_ADDRESS) {
        write_by_address(out, pairs, count, item);
        count = 0;
    }
    for (size_t i = 0; i < count; i += same) {
        item.record = pairs[i];
        for (same = 1; i + same < count && is_same_entry(pairs[i], pairs[i + same]);)
            same++;
        if (needs_heading(pairs[i], before, headings.by, view))
            screen_block(out, headings.block, &item);
        write_entry(out, pairs + i, same, request->id != CONTROL_SHOW_IPSEC_IDENTITY, item);
        before = pairs[i];
    }
    free(pairs);
}
