/* Screens that only a router has, of what an ASA shows otherwise. */
#include "cli/screen.h"

#include <string.h>

static void write_part(FILE *out, enum screen_block block, const char *part, struct screen_item item)
{
    item.part = bytes_of_text(part);
    screen_block(out, block, &item);
}

static void write_number(FILE *out, enum screen_block block, size_t number, struct screen_item item)
{
    char space[24];

    snprintf(space, sizeof space, "%zu", number);
    write_part(out, block, space, item);
}

/* ---- show ip nat statistics ---- */

/* Each name that stands in that column of a rule, once. */
static void write_names(FILE *out, const struct reply *reply, enum control_column column, struct screen_item item)
{
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];
        bool is_first = r->kind == RECORD_nat_rule;

        for (size_t k = 0; k < i && is_first; k++)
            is_first = reply->records[k].kind != RECORD_nat_rule ||
                       strcmp(record_text(&reply->records[k], column), record_text(r, column)) != 0;
        if (is_first)
            write_part(out, BLOCK_NAT_STATISTICS_NAME, record_text(r, column), item);
    }
}

void screen_nat_statistics(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    struct screen_item item = {.view = view, .record = reply_find(reply, RECORD_nat_met)};
    size_t number = 0;

    if (!item.record)
        return;
    screen_block(out, BLOCK_NAT_STATISTICS, &item);
    write_names(out, reply, COL_nat_rule_to, item);
    screen_block(out, BLOCK_NAT_STATISTICS_INSIDE, &item);
    write_names(out, reply, COL_nat_rule_from, item);
    screen_block(out, BLOCK_NAT_STATISTICS_HITS, &item);
    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_nat_rule)
            write_number(out, BLOCK_NAT_STATISTICS_RULE, ++number, item);
    }
}

/* ---- show access-lists ---- */

/* A line that stands for several, by its objects, is not shown, but each of those. */
void screen_ios_access_lists(FILE *out, const struct reply *reply, const struct screen_view *view)
{
    enum { STEP = 10 };
    struct screen_item item = {.view = view};
    size_t number = 0;

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = item.record = &reply->records[i];

        if (r->kind == RECORD_acl) {
            screen_block(out, BLOCK_IOS_ACL, &item);
            number = 0;
        }
        if (r->kind == RECORD_acl_line && record_has(r, COL_acl_line_ios_text))
            write_number(out, BLOCK_IOS_ACL_LINE, number += STEP, item);
    }
}

/* ---- show crypto isakmp diagnose error ---- */

void screen_failures(FILE *out, const struct reply *reply, bool is_count, const struct screen_view *view)
{
    struct screen_item item = {.view = view};
    size_t count = 0;

    for (size_t i = 0; i < reply->count; i++)
        count += reply->records[i].kind == RECORD_outcome;
    write_number(out, BLOCK_FAILURES_HEAD, count, item);
    for (size_t i = 0; i < reply->count && !is_count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_outcome)
            write_number(out, BLOCK_FAILURE, count--, item);
    }
}
