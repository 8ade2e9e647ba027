/* Fields of the screens of measurements: sla_fields.def. */
#include "cli/screen.h"

#include <string.h>
#include <time.h>

typedef const struct screen_item item;

static void add_number(struct text *t, item *i, enum control_column column)
{
    text_add(t, "%llu", (unsigned long long)record_number(i->record, column));
}

static void add_flag(struct text *t, bool is_so)
{
    text_add(t, is_so ? "TRUE" : "FALSE");
}

static bool has_code(item *i, const char *code)
{
    return strcmp(record_text(i->record, COL_sla_monitor_code), code) == 0;
}

static bool starts(item *i, const char *start)
{
    return strcmp(record_text(i->record, COL_sla_monitor_start), start) == 0;
}

static void field_sla_tos(struct text *t, item *i)
{
    text_add(t, "0x%llx", (unsigned long long)record_number(i->record, COL_sla_monitor_tos));
}

static void field_sla_start(struct text *t, item *i)
{
    if (starts(i, "waiting"))
        text_add(t, "in %llu s", (unsigned long long)record_number(i->record, COL_sla_monitor_start_in_s));
    else
        text_add(t, starts(i, "passed") ? "Start Time already passed" : "Pending trigger");
}

static void add_life(struct text *t, item *i, enum control_column column)
{
    if (record_has(i->record, COL_sla_monitor_life_s))
        add_number(t, i, column);
    else
        text_add(t, "Forever");
}

static void field_sla_life(struct text *t, item *i)
{
    add_life(t, i, COL_sla_monitor_life_s);
}

static void field_sla_left(struct text *t, item *i)
{
    add_life(t, i, COL_sla_monitor_left_s);
}

static void field_sla_ageout(struct text *t, item *i)
{
    if (record_number(i->record, COL_sla_monitor_ageout_s) > 0)
        add_number(t, i, COL_sla_monitor_ageout_s);
    else
        text_add(t, "never");
}

static void field_sla_recurring(struct text *t, item *i)
{
    add_flag(t, record_flag(i->record, COL_sla_monitor_recurring));
}

static void field_sla_status(struct text *t, item *i)
{
    text_add(t, starts(i, "none") ? "notInService" : "Active");
}

static void add_time(struct text *t, uint64_t ms)
{
    time_t at = (time_t)(ms / 1000);
    struct tm tm;
    char space[64];

    localtime_r(&at, &tm);
    strftime(space, sizeof space, "%Z %a %b %-d %Y", &tm);
    text_add(t, "%02d:%02d:%02d.%03u %s", tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000), space);
}

static void field_sla_modified(struct text *t, item *i)
{
    add_time(t, record_number(i->record, COL_sla_monitor_modified_ms));
}

static void field_sla_begun(struct text *t, item *i)
{
    if (record_has(i->record, COL_sla_monitor_begun_ms))
        add_time(t, record_number(i->record, COL_sla_monitor_begun_ms));
    else
        text_add(t, "Unknown");
}

static void field_sla_lost(struct text *t, item *i)
{
    add_flag(t, has_code(i, "No connection"));
}

static void field_sla_timeout(struct text *t, item *i)
{
    add_flag(t, has_code(i, "Timeout"));
}

static void field_sla_over(struct text *t, item *i)
{
    add_flag(t, has_code(i, "Over threshold"));
}

static void field_sla_rtt(struct text *t, item *i)
{
    if (record_has(i->record, COL_sla_monitor_rtt_ms))
        add_number(t, i, COL_sla_monitor_rtt_ms);
    else
        text_add(t, has_code(i, "Unknown") ? "Unknown" : "NoConnection/Busy/Timeout");
}

static void field_sla_rtt_ios(struct text *t, item *i)
{
    field_sla_rtt(t, i);
    if (record_has(i->record, COL_sla_monitor_rtt_ms))
        text_add(t, " milliseconds");
}

static void field_track_state(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_track_up) ? "Up" : "Down");
}

static void field_track_changed(struct text *t, item *i)
{
    unsigned long long s = record_number(i->record, COL_track_changed_s);

    text_add(t, "%02llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
}

bool screen_sla_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/sla_fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i);
}
