#include "source/stamp.h"

#include <string.h>

enum { MS_PER_DAY = 86400000, STAMP_LEN_MIN = 5 };

struct date {
    unsigned year, month, day; /* year 0: not told */
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool take_number(struct bytes *at, unsigned len_min, unsigned len_max, unsigned *number)
{
    unsigned len = 0, n = 0;

    while (len < at->len && len < len_max && is_digit(at->data[len]))
        n = n * 10 + (at->data[len++] - (unsigned)'0');
    if (len < len_min || (len < at->len && is_digit(at->data[len])))
        return false;
    *at = bytes_after(*at, len);
    *number = n;
    return true;
}

static bool take_one_of(struct bytes *at, const char *characters)
{
    if (at->len == 0 || at->data[0] == '\0' || !strchr(characters, at->data[0]))
        return false;
    *at = bytes_after(*at, 1);
    return true;
}

static void pass_blanks(struct bytes *at)
{
    while (take_one_of(at, " \t"))
        ;
}

static bool take_month(struct bytes *at, unsigned *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (unsigned m = 0; m < 12; m++)
        if (at->len >= 3 && memcmp(at->data, names + 3 * (size_t)m, 3) == 0) {
            *at = bytes_after(*at, 3);
            *month = m + 1;
            return true;
        }
    return false;
}

/* 17:36:05, 17:36:05.123, 17:36:05,123456 */
static bool take_time(struct bytes *at, uint64_t *ms)
{
    struct bytes rest = *at;
    unsigned hour, minute, second;

    if (!take_number(&rest, 1, 2, &hour) || !take_one_of(&rest, ":") || !take_number(&rest, 2, 2, &minute) ||
        !take_one_of(&rest, ":") || !take_number(&rest, 2, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    *ms = ((uint64_t)hour * 3600 + minute * 60 + second) * 1000;
    if (rest.len > 1 && (rest.data[0] == '.' || rest.data[0] == ',') && is_digit(rest.data[1])) {
        unsigned weight = 100;

        for (rest = bytes_after(rest, 1); rest.len > 0 && is_digit(rest.data[0]); rest = bytes_after(rest, 1)) {
            *ms += weight * (rest.data[0] - (uint64_t)'0');
            weight /= 10;
        }
    }
    *at = rest;
    return true;
}

/* Days since 1970-01-01 of the Gregorian calendar, for years from 1970. */
static uint64_t days_of(struct date d)
{
    static const unsigned before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    unsigned y = d.year < 1970 ? 1970 : d.year;
    uint64_t leaps = (uint64_t)((y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
    bool is_leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

    return (uint64_t)(y - 1970) * 365 + leaps + before[d.month - 1] + (is_leap && d.month > 2 ? 1 : 0) + d.day - 1;
}

static bool is_date(struct date d)
{
    return d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31 &&
           (d.year == 0 || (d.year >= 1970 && d.year < 2200));
}

/* Jun 10, Jun 10 2010 */
static bool take_named_date(struct bytes *at, struct date *d)
{
    struct bytes rest = *at;
    unsigned year;

    if (!take_month(&rest, &d->month))
        return false;
    pass_blanks(&rest);
    if (!take_number(&rest, 1, 2, &d->day))
        return false;
    take_one_of(&rest, ",");
    pass_blanks(&rest);
    struct bytes with_year = rest;
    d->year = 0;
    if (take_number(&with_year, 4, 4, &year) && with_year.len > 0 && with_year.data[0] != ':') {
        d->year = year;
        rest = with_year;
        pass_blanks(&rest);
    }
    *at = rest;
    return true;
}

/* 10 Jun 2010, 2010 Jun 10 */
static bool take_turned_date(struct bytes *at, struct date *d)
{
    struct bytes rest = *at;
    unsigned first, last;

    if (!take_number(&rest, 1, 4, &first) || !take_one_of(&rest, " -"))
        return false;
    if (!take_month(&rest, &d->month) || !take_one_of(&rest, " -") || !take_number(&rest, 1, 4, &last))
        return false;
    d->year = first > 31 ? first : last;
    d->day = first > 31 ? last : first;
    take_one_of(&rest, ",T");
    pass_blanks(&rest);
    *at = rest;
    return true;
}

/* 2010-06-10, 2010/06/10; 06-10-2010 and 6/10/2010 with the month first, as syslog servers of the USA write it */
static bool take_figure_date(struct bytes *at, struct date *d)
{
    struct bytes rest = *at;
    unsigned a, b, c;

    if (!take_number(&rest, 1, 4, &a) || !take_one_of(&rest, "-/") || !take_number(&rest, 1, 2, &b) ||
        !take_one_of(&rest, "-/") || !take_number(&rest, 1, 4, &c))
        return false;
    if (a > 31)
        *d = (struct date){a, b, c};
    else if (c > 31)
        *d = (struct date){c, a > 12 ? b : a, a > 12 ? a : b};
    else
        return false;
    take_one_of(&rest, ",T");
    pass_blanks(&rest);
    *at = rest;
    return true;
}

/* Z, +02:00 */
static void take_offset(struct bytes *at, uint64_t *ms)
{
    struct bytes rest = *at;
    unsigned hours, minutes;
    bool is_east = rest.len > 0 && rest.data[0] == '+';

    if (take_one_of(at, "Z") || !take_one_of(&rest, "+-") || !take_number(&rest, 2, 2, &hours) ||
        !take_one_of(&rest, ":") || !take_number(&rest, 2, 2, &minutes) || hours > 14)
        return;
    uint64_t offset = ((uint64_t)hours * 60 + minutes) * 60000;
    if (!is_east)
        *ms += offset;
    else if (*ms >= offset)
        *ms -= offset;
    *at = rest;
}

static bool take_dated(struct bytes *at, unsigned year, struct stamp *stamp)
{
    struct bytes rest = *at;
    struct date d = {0};
    uint64_t time;

    if (!(take_named_date(&rest, &d) || ((rest = *at), take_turned_date(&rest, &d)) ||
          ((rest = *at), take_figure_date(&rest, &d))))
        return false;
    if (!is_date(d) || !take_time(&rest, &time))
        return false;
    d.year = d.year ? d.year : year;
    stamp->year = d.year;
    stamp->extent = d.year ? STAMP_WHOLE : STAMP_DATE;
    stamp->ms = days_of(d) * MS_PER_DAY + time;
    take_offset(&rest, &stamp->ms);
    *at = rest;
    return true;
}

/* 1w2d, 1d02h: how long an IOS device is up, once that is a day */
static bool take_uptime(struct bytes *at, struct stamp *stamp)
{
    struct bytes rest = *at;
    unsigned a, b;

    if (!take_number(&rest, 1, 4, &a) || rest.len == 0)
        return false;
    bool is_weeks = rest.data[0] == 'w';
    if (!take_one_of(&rest, "wd") || !take_number(&rest, 1, 2, &b) || !take_one_of(&rest, is_weeks ? "d" : "h"))
        return false;
    if (rest.len > 0 && rest.data[0] != ':')
        return false;
    *stamp = (struct stamp){
        STAMP_TIME, is_weeks ? ((uint64_t)a * 7 + b) * MS_PER_DAY : (uint64_t)a * MS_PER_DAY + (uint64_t)b * 3600000, 0,
        0};
    *at = rest;
    return true;
}

static bool take_stamp(struct bytes *at, unsigned year, struct stamp *stamp)
{
    if (take_dated(at, year, stamp))
        return true;
    if (take_time(at, &stamp->ms)) {
        stamp->extent = STAMP_TIME;
        return true;
    }
    return take_uptime(at, stamp);
}

/* A month may stand right behind a word: where a line break was lost. Digits must not be the end of something longer.
 */
static bool may_begin(struct bytes head, size_t at)
{
    uint8_t before = at ? head.data[at - 1] : ' ', c = head.data[at];

    if (c >= 'A' && c <= 'S')
        return true;
    if (!is_digit(c) || is_digit(before) || (before >= 'a' && before <= 'z') || before == '.')
        return false;
    return before != ':' || at < 2 || !is_digit(head.data[at - 2]);
}

/* 17:36:05 at the end of a stamp. */
enum { CLOCK_LEN = 8 };

static bool read_clock(const uint8_t *at, uint64_t *ms)
{
    unsigned numbers[3];

    for (size_t i = 0; i < COUNT_OF(numbers); i++, at += 3) {
        if (!is_digit(at[0]) || !is_digit(at[1]) || (i + 1 < COUNT_OF(numbers) && at[2] != ':'))
            return false;
        numbers[i] = 10 * (unsigned)(at[0] - '0') + (unsigned)(at[1] - '0');
    }
    *ms = ((uint64_t)numbers[0] * 3600 + numbers[1] * 60 + numbers[2]) * 1000;
    return numbers[0] <= 23 && numbers[1] <= 59 && numbers[2] <= 60;
}

static struct stamp read_last(struct bytes head, unsigned year, size_t *place)
{
    struct stamp last = {STAMP_NONE, 0, 0, 0};

    *place = head.len;
    for (size_t at = 0; at + STAMP_LEN_MIN <= head.len;) {
        struct bytes rest = bytes_after(head, at);
        struct stamp found = {STAMP_NONE, 0, 0, 0};

        if (!may_begin(head, at) || !take_stamp(&rest, year, &found)) {
            at++;
            continue;
        }
        /* A time alone behind a whole stamp is no better stamp. */
        if (found.extent != STAMP_TIME || last.extent <= STAMP_TIME) {
            size_t end = head.len - rest.len;
            uint64_t ms;

            last = found;
            last.time_at = end > CLOCK_LEN && read_clock(head.data + end - CLOCK_LEN, &ms) ? end - CLOCK_LEN : 0;
            *place = at;
        }
        at = head.len - rest.len;
    }
    return last;
}

struct stamp stamp_read(struct bytes head, unsigned year)
{
    size_t place;

    return read_last(head, year, &place);
}

bool stamp_follow(struct stamp *stamp, struct bytes head, struct bytes next)
{
    size_t at = stamp->time_at;
    uint64_t before, now;

    if (at == 0 || head.len != next.len || memcmp(head.data, next.data, at) != 0 ||
        memcmp(head.data + at + CLOCK_LEN, next.data + at + CLOCK_LEN, head.len - at - CLOCK_LEN) != 0 ||
        !read_clock(head.data + at, &before) || !read_clock(next.data + at, &now))
        return false;
    stamp->ms += now - before;
    return true;
}

size_t stamp_place(struct bytes head)
{
    size_t place;

    read_last(head, 0, &place);
    return place;
}
