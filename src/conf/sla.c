/* `sla monitor` and `track`: what of them cannot be, and what they mean. */
#include "conf/sla.h"

#include "conf/compile.h"
#include "policy/sla.h"

#include <string.h>

enum { DAY_S = 86400, AFTER_HOURS_MAX = 99, MONTH_LETTERS_MIN = 3, WORDS_MAX = 4 };

static const struct sla_monitor as_nothing_is_said = {
    .interface = NO_INDEX, .packet_count = 1, .size = 28, .threshold_ms = 5000, .timeout_ms = 5000, .frequency_s = 60};

enum { LIFE_S = 3600, ICMP = 1 };

/* ---- looking, while lines are still read ---- */

/* The statement that these words are enough to name; NULL: there is none. */
static const struct statement *find_of(const struct statements *statements, enum grammar_mode mode, uint32_t parent,
                                       const struct bytes *words, uint16_t count)
{
    struct token tokens[WORDS_MAX];
    struct grammar_match match;

    for (uint16_t i = 0; i < count; i++)
        tokens[i] = (struct token){.text = words[i], .rest = words[i], .rest_with_blanks = words[i]};
    grammar_match(mode, tokens, count, true, &match);
    if (match.outcome != GRAMMAR_MATCHED)
        return NULL;
    return statements_same(
        statements,
        &(struct statement){.row = match.row, .parent = parent, .words = match.words, .word_count = match.word_count});
}

static const struct statement *monitor_of(const struct statements *statements, struct bytes number)
{
    const struct bytes words[] = {bytes_of_text("sla"), bytes_of_text("monitor"), number};

    return find_of(statements, MODE_GLOBAL, STATEMENT_NONE, words, COUNT_OF(words));
}

static const struct statement *schedule_of(const struct statements *statements, struct bytes number)
{
    const struct bytes words[] = {bytes_of_text("sla"), bytes_of_text("monitor"), bytes_of_text("schedule"), number};

    return find_of(statements, MODE_GLOBAL, STATEMENT_NONE, words, COUNT_OF(words));
}

static const struct statement *setting_of(const struct statements *statements, const struct statement *monitor,
                                          const char *word)
{
    const struct bytes words[] = {bytes_of_text(word)};

    return find_of(statements, MODE_SLA, statement_index(statements, monitor), words, COUNT_OF(words));
}

static bool says_the_same(const struct statement *a, const struct statement *b)
{
    bool is_same = a->word_count == b->word_count;

    for (uint16_t i = 0; is_same && i < a->word_count; i++)
        is_same = a->words[i].item.at == b->words[i].item.at && bytes_equal(a->words[i].text, b->words[i].text);
    return is_same;
}

/* ---- times ---- */

static bool read_clock(struct bytes text, uint32_t hours_max, bool wants_seconds, uint32_t *seconds)
{
    uint32_t parts[3] = {0}, most[] = {hours_max, 59, 59};
    size_t at = 0, count = 0;

    while (count < COUNT_OF(parts)) {
        size_t len = 0;

        while (at + len < text.len && text.data[at + len] != ':')
            len++;
        if (len == 0 || len > 2 || !bytes_decimal(bytes_of(text.data + at, len), most[count], &parts[count]))
            return false;
        count++;
        at += len;
        if (at == text.len)
            break;
        at++;
    }
    *seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
    return at == text.len && text.data[at - 1] != ':' && count >= (wants_seconds ? 3u : 2u);
}

/* From 1; 0: it is none. */
static uint8_t month_of(struct bytes text)
{
    static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};

    for (size_t m = 0; m < COUNT_OF(months); m++) {
        size_t len = 0;

        while (len < text.len && (text.data[len] | 0x20) == months[m][len])
            len++;
        if (len == text.len && len >= MONTH_LETTERS_MIN)
            return (uint8_t)(m + 1);
    }
    return 0;
}

static bool read_date(const struct statement *s, struct sla_schedule *schedule)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct bytes first = statement_argument(s, "date-word", 0), second = statement_argument(s, "date-word", 1);
    uint32_t day;

    if (first.len == 0)
        return true;
    schedule->month = month_of(first);
    if (schedule->month == 0) {
        schedule->month = month_of(second);
        second = first;
    }
    if (schedule->month == 0 || !bytes_decimal(second, days[schedule->month - 1], &day) || day == 0)
        return false;
    schedule->day = (uint8_t)day;
    return true;
}

/* "": it is understood. */
static const char *read_schedule(const struct statement *s, struct sla_schedule *schedule)
{
    struct bytes clock = statement_argument(s, "clock-time", 0);
    bool is_after = statement_has(s, "after");

    *schedule = (struct sla_schedule){.start = SLA_PENDING, .ageout_s = statement_number(s, "sla-ageout")};
    schedule->life_s = statement_number(s, "sla-life");
    if (schedule->life_s == 0 && !statement_has(s, "forever"))
        schedule->life_s = LIFE_S;
    schedule->is_recurring = statement_has(s, "recurring");
    if (statement_has(s, "now"))
        schedule->start = SLA_NOW;
    if (clock.len == 0)
        return schedule->is_recurring ? "recurring: there is no time of the day at which it could begin each day" : "";
    if (is_after) {
        schedule->start = SLA_AFTER;
        return !read_clock(clock, AFTER_HOURS_MAX, true, &schedule->after_s) ? "after: this is no time as 00:05:00"
               : schedule->is_recurring ? "recurring: there is no time of the day at which it could begin each day"
                                        : "";
    }
    schedule->start = SLA_AT;
    if (!read_clock(clock, 23, false, &schedule->at_s))
        return "start-time: this is neither now, pending, after hh:mm:ss nor a time of the day as 09:30 or 09:30:00";
    if (!read_date(s, schedule))
        return "start-time: behind the time stands no day and month, as 24 december";
    if (schedule->is_recurring && (schedule->life_s == 0 || schedule->life_s > DAY_S))
        return "recurring: its life is longer than a day";
    return "";
}

static const char *said_twice(const struct statement *s)
{
    static const char *const words[] = {"life", "start-time", "ageout", "recurring"};

    for (size_t w = 0; w < COUNT_OF(words); w++) {
        unsigned count = 0;

        for (uint16_t i = 0; i < s->word_count; i++)
            count += item_is_word(s->words[i].item, words[w]);
        if (count > 1)
            return words[w];
    }
    return NULL;
}

/* ---- what cannot be ---- */

static uint32_t value_of(const struct statements *statements, const struct statement *monitor, const char *word,
                         const char *argument, uint32_t otherwise)
{
    const struct statement *s = setting_of(statements, monitor, word);

    return s == NULL ? otherwise : statement_number(s, argument);
}

static bool refuses_times(const struct statements *statements, const struct statement *monitor, struct text *why)
{
    const struct sla_monitor *d = &as_nothing_is_said;
    uint32_t timeout_ms = value_of(statements, monitor, "timeout", "sla-timeout", d->timeout_ms);
    uint32_t frequency_s = value_of(statements, monitor, "frequency", "sla-frequency", d->frequency_s);
    uint32_t threshold_ms = value_of(statements, monitor, "threshold", "sla-threshold", d->threshold_ms);

    if ((uint64_t)frequency_s * 1000 < timeout_ms)
        text_add(why, "its frequency of %u s is less than its timeout of %u ms", frequency_s, timeout_ms);
    else if (threshold_ms > timeout_ms)
        text_add(why, "its threshold of %u ms is more than its timeout of %u ms", threshold_ms, timeout_ms);
    else
        return false;
    return true;
}

static bool refuses_schedule(const struct statements *statements, const struct statement *s, struct text *why)
{
    struct bytes number = statement_argument(s, "sla-number", 0);
    const struct statement *monitor = monitor_of(statements, number);
    const char *twice = said_twice(s);
    struct sla_schedule schedule;

    text_add(why, "sla monitor %.*s cannot be scheduled: ", (int)number.len, (const char *)number.data);
    if (monitor == NULL)
        text_add(why, "there is none of that number");
    else if (setting_of(statements, monitor, "type") == NULL)
        text_add(why, "it has no type, as `type echo protocol ipIcmpEcho ADDRESS interface NAME`");
    else if (twice != NULL)
        text_add(why, "%s is said twice", twice);
    else if (*read_schedule(s, &schedule) != '\0')
        text_add(why, "%s", read_schedule(s, &schedule));
    else
        return refuses_times(statements, monitor, why);
    return true;
}

/* As on an ASA what runs is not changed, only taken away. */
static bool refuses_setting(const struct statements *statements, const struct statement *s, bool is_no,
                            struct text *why)
{
    struct bytes number = first_argument(&statements->list[s->parent]);
    const struct statement *known = statements_same(statements, s);

    if (schedule_of(statements, number) == NULL || (is_no ? known == NULL : known != NULL && says_the_same(known, s)))
        return false;
    text_add(why,
             "Entry already running and cannot be modified: `no sla monitor %.*s` takes it away with its schedule, and "
             "then it is entered anew",
             (int)number.len, (const char *)number.data);
    return true;
}

bool sla_refuses(const struct statements *statements, const struct statement *s, bool is_no, struct text *why)
{
    if (s->row->mode == MODE_SLA)
        return refuses_setting(statements, s, is_no, why);
    return s->row->kind == STATEMENT_sla_schedule && !is_no && refuses_schedule(statements, s, why);
}

void sla_removed(struct statements *statements, const struct statement *removed)
{
    const struct statement *schedule =
        removed->row->kind == STATEMENT_sla_monitor ? schedule_of(statements, first_argument(removed)) : NULL;

    if (schedule != NULL)
        statements_remove(statements, schedule);
}

/* ---- what it means ---- */

static void compile_type(struct compiler *c, const struct statement *s, struct sla_monitor *monitor)
{
    struct bytes name = statement_argument(s, "interface", 0);
    struct ip target;

    monitor->interface = interface_of_name(c, name);
    if (!resolve_host(c, statement_argument(s, "host", 0), &target))
        say(c, CONF_ERROR, s, "sla monitor %u does not run: its target is neither an address nor a name given to one",
            monitor->number);
    else if (target.family != IP_V4)
        say(c, CONF_ERROR, s, "sla monitor %u does not run: its target is no address of IPv4", monitor->number);
    else if (monitor->interface == NO_INDEX)
        say(c, CONF_ERROR, s, "sla monitor %u does not run: there is no interface with the nameif %s", monitor->number,
            name_of(c, name));
    else
        monitor->target = target;
}

static void compile_setting(struct compiler *c, const struct statement *s, struct sla_monitor *m)
{
    switch (s->row->kind) {
    case STATEMENT_sla_type: compile_type(c, s, m); break;
    case STATEMENT_sla_packets: m->packet_count = (uint16_t)statement_number(s, "sla-packets"); break;
    case STATEMENT_sla_size: m->size = (uint16_t)statement_number(s, "sla-size"); break;
    case STATEMENT_sla_tos: m->tos = (uint8_t)statement_number(s, "tos"); break;
    case STATEMENT_sla_threshold: m->threshold_ms = statement_number(s, "sla-threshold"); break;
    case STATEMENT_sla_timeout: m->timeout_ms = statement_number(s, "sla-timeout"); break;
    case STATEMENT_sla_frequency: m->frequency_s = statement_number(s, "sla-frequency"); break;
    default: break;
    }
}

static void compile_monitor(struct compiler *c, const struct statement *s, struct sla_monitor *monitor)
{
    const struct statement *schedule =
        statements_next_named(c->statements, NULL, STATEMENT_sla_schedule, first_argument(s));

    *monitor = as_nothing_is_said;
    monitor->number = statement_number(s, "sla-number");
    for (const struct statement *child = NULL; (child = next_child(c, s, child)) != NULL;)
        if (child->state == STATEMENT_IS_KNOWN)
            compile_setting(c, child, monitor);
    if (schedule != NULL)
        (void)read_schedule(schedule, &monitor->schedule);
}

static void compile_monitors(struct compiler *c)
{
    struct sla_monitor *monitors = arena_take(c->arena, SLA_MONITORS_MAX * sizeof *monitors);
    uint16_t count = 0;

    if (statement_count(c->statements, STATEMENT_sla_monitor) == 0 || monitors == NULL)
        return;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_sla_monitor)) != NULL;) {
        if (count == SLA_MONITORS_MAX) {
            say(c, CONF_WARNING, s, "more than %u measurements: this one and those behind it do not run",
                (unsigned)SLA_MONITORS_MAX);
            break;
        }
        compile_monitor(c, s, &monitors[count++]);
    }
    c->conf->policy.monitors = monitors;
    c->conf->policy.monitor_count = count;
}

static bool has_monitor(const struct policy *policy, uint32_t number)
{
    for (uint16_t i = 0; i < policy->monitor_count; i++)
        if (policy->monitors[i].number == number)
            return true;
    return false;
}

static void compile_tracks(struct compiler *c)
{
    struct policy *policy = &c->conf->policy;
    uint32_t count = statement_count(c->statements, STATEMENT_track);
    struct track *tracks = arena_take(c->arena, count * sizeof *tracks);

    if (tracks == NULL)
        return;
    policy->tracks = tracks;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_track)) != NULL;) {
        struct track *track = &tracks[policy->track_count++];

        *track = (struct track){statement_number(s, "track-number"), statement_number(s, "sla-number")};
        if (!has_monitor(policy, track->monitor))
            say(c, CONF_WARNING, s, "there is no sla monitor %u: track %u stays down", track->monitor, track->number);
    }
}

/* Routes come before, and name tracks. */
static void check_routes(struct compiler *c)
{
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_route)) != NULL;) {
        struct bytes number = statement_argument(s, "track-number", 0);

        if (number.len > 0 && statements_next_named(c->statements, NULL, STATEMENT_track, number) == NULL)
            say(c, CONF_WARNING, s, "there is no track %.*s: this route is taken as one without it", (int)number.len,
                (const char *)number.data);
    }
}

/* ---- whether it keeps up a tunnel ---- */

/* One that takes anything says nothing about whom it is for. */
static const struct tunnel *tunnel_to(const struct policy *policy, struct ip target)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        for (uint16_t k = 0; k < policy->tunnels[i].ace_count; k++) {
            const struct crypto_ace *ace = &policy->tunnels[i].aces[k];

            if (ace->is_permit && ip_range_prefix_len(ace->selector.remote) != 0 &&
                ip_range_holds(ace->selector.remote, target))
                return &policy->tunnels[i];
        }
    return NULL;
}

static void review_monitor(struct compiler *c, const struct statement *type, const struct sla_monitor *monitor)
{
    const struct policy *policy = &c->conf->policy;
    const struct policy_interface *interface = &policy->interfaces[monitor->interface];
    const struct flow flow = {.local = interface->ip, .remote = monitor->target, .protocol = ICMP};
    const struct tunnel *tunnel = tunnel_to(policy, monitor->target);
    char target[IP_TEXT_SIZE], source[IP_TEXT_SIZE];
    uint16_t found, ace;

    if (tunnel == NULL || !ip_is_set(interface->ip) || policy_steer(policy, &flow, &found, &ace))
        return;
    say(c, CONF_WARNING, type,
        "sla monitor %u asks %s from %s, the address of %s, which no line of a crypto ACL has: its echos go in clear, "
        "and "
        "keep up no tunnel (crypto map %.64s %u has that target)",
        monitor->number, ip_text(monitor->target, target), ip_text(interface->ip, source), interface->name,
        tunnel->map_name, tunnel->sequence);
}

void compile_sla_review(struct compiler *c)
{
    const struct policy *policy = &c->conf->policy;

    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_sla_type)) != NULL;) {
        uint32_t number = statement_number(&c->statements->list[s->parent], "sla-number");

        for (uint16_t i = 0; i < policy->monitor_count; i++)
            if (policy->monitors[i].number == number && ip_is_set(policy->monitors[i].target))
                review_monitor(c, s, &policy->monitors[i]);
    }
}

void compile_sla(struct compiler *c)
{
    compile_monitors(c);
    compile_tracks(c);
    check_routes(c);
}
