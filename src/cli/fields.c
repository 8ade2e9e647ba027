/* What screens show that is not simply a column: fields.def has what is of tunnels, their outcomes and steps,
 * certificates and configurations; the other tables stand in files of their own. */
#include "base/check.h"
#include "cli/screen.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

typedef const struct screen_item item;

void screen_add_upper(struct text *t, const char *word)
{
    for (; *word; word++)
        text_add(t, "%c", toupper((unsigned char)*word));
}

/* 42s, 3m12s, 1h02m, 3d04h */
static void add_age(struct text *t, uint64_t seconds)
{
    unsigned long long s = seconds;

    if (s < 60)
        text_add(t, "%llus", s);
    else if (s < 3600)
        text_add(t, "%llum%02llus", s / 60, s % 60);
    else if (s < 86400)
        text_add(t, "%lluh%02llum", s / 3600, s / 60 % 60);
    else
        text_add(t, "%llud%02lluh", s / 86400, s / 3600 % 24);
}

static void add_bytes(struct text *t, uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    uint64_t tenths = bytes / 100;
    size_t unit = 0;

    if (bytes < 10000) {
        text_add(t, "%llu bytes", (unsigned long long)bytes);
        return;
    }
    while (tenths >= 10000 && unit + 1 < COUNT_OF(units)) {
        tenths /= 1000;
        unit++;
    }
    text_add(t, "%llu.%llu %s", (unsigned long long)tenths / 10, (unsigned long long)tenths % 10, units[unit]);
}

static void field_tunnel_peer(struct text *t, item *i)
{
    text_add(t, "%s", record_has(i->record, COL_tunnel_peer) ? record_text(i->record, COL_tunnel_peer) : "no peer");
}

static void field_STATE(struct text *t, item *i)
{
    screen_add_upper(t, record_text(i->record, COL_tunnel_state));
}

static void field_for_how_long(struct text *t, item *i)
{
    if (!record_has(i->record, COL_tunnel_up_s))
        return;
    text_add(t, ", for ");
    add_age(t, record_number(i->record, COL_tunnel_up_s));
}

static void field_certificate_head(struct text *t, item *i)
{
    text_add(t, strcmp(record_text(i->record, COL_certificate_kind), "own") == 0 ? "Certificate" : "CA Certificate");
}

/* "08:15:00 UTC Jan 2 2026" */
static void add_date(struct text *t, uint64_t seconds)
{
    time_t at = (time_t)seconds;
    struct tm tm;
    char space[64];

    if (gmtime_r(&at, &tm) != NULL && strftime(space, sizeof space, "%H:%M:%S UTC %b %-d %Y", &tm) > 0)
        text_add(t, "%s", space);
}

static void field_start_date(struct text *t, item *i)
{
    add_date(t, record_number(i->record, COL_certificate_valid_from));
}

static void field_end_date(struct text *t, item *i)
{
    add_date(t, record_number(i->record, COL_certificate_valid_to));
}

static void field_made_at(struct text *t, item *i)
{
    add_date(t, record_number(i->record, COL_keypair_made_at));
}

static void field_size_word(struct text *t, item *i)
{
    text_add(t, strcmp(record_text(i->record, COL_keypair_type), "RSA") == 0 ? "Modulus Size" : "Elliptic Curve Size");
}

static void field_key_data(struct text *t, item *i)
{
    enum { DIGITS_A_WORD = 8, WORDS_A_LINE = 8 };
    const char *digits = record_text(i->record, COL_keypair_data);
    size_t len = strlen(digits);

    for (size_t at = 0; at < len; at += DIGITS_A_WORD)
        text_add(t, "%s%.*s",
                 at == 0                                    ? "  "
                 : at % (DIGITS_A_WORD * WORDS_A_LINE) == 0 ? "\n  "
                                                            : " ",
                 DIGITS_A_WORD, digits + at);
}

static void field_last_update(struct text *t, item *i)
{
    add_date(t, record_number(i->record, COL_crl_last_update));
}

static void field_next_update(struct text *t, item *i)
{
    add_date(t, record_number(i->record, COL_crl_next_update));
}

static void field_pair_word(struct text *t, item *i)
{
    text_add(t, record_number(i->record, COL_tunnel_pairs) == 1 ? "pair" : "pairs");
}

static void field_bytes_out(struct text *t, item *i)
{
    add_bytes(t, record_number(i->record, COL_tunnel_bytes_out));
}

static void field_bytes_in(struct text *t, item *i)
{
    add_bytes(t, record_number(i->record, COL_tunnel_bytes_in));
}

static void field_outcome(struct text *t, item *i)
{
    const char *word = record_text(i->record, COL_tunnel_outcome);

    text_add(t, "%s", strcmp(word, "up") == 0 ? "came up" : word);
}

static void field_why_last(struct text *t, item *i)
{
    if (strcmp(record_text(i->record, COL_tunnel_outcome), "up") != 0)
        text_add(t, ": %s (%s)", record_text(i->record, COL_tunnel_sentence),
                 record_text(i->record, COL_tunnel_reason));
}

static void field_outcome_age(struct text *t, item *i)
{
    add_age(t, record_number(i->record, COL_tunnel_outcome_age_s));
}

static void field_ago(struct text *t, item *i)
{
    add_age(t, record_number(i->record, COL_outcome_age_s));
}

static void field_outcome_word(struct text *t, item *i)
{
    text_add(t, "%s", record_text(i->record, COL_outcome_outcome));
}

static void field_why(struct text *t, item *i)
{
    if (!record_flag(i->record, COL_outcome_success))
        text_add(t, "%s (%s)", record_text(i->record, COL_outcome_sentence),
                 record_text(i->record, COL_outcome_reason));
}

static void field_entry_count(struct text *t, item *i)
{
    unsigned run = (unsigned)record_number(i->record, COL_gateway_tunnels);
    unsigned parked = (unsigned)record_number(i->record, COL_gateway_parked);

    text_add(t, "%u crypto map entr%s run, %u %s parked", run, run == 1 ? "y is" : "ies are", parked,
             parked == 1 ? "is" : "are");
}

static void field_tunnel_count(struct text *t, item *i)
{
    text_add(t, "%u tunnel%s can run, %u parked", i->running_count, i->running_count == 1 ? "" : "s", i->parked_count);
}

static void field_error_count(struct text *t, item *i)
{
    text_add(t, "%u error%s", i->error_count, i->error_count == 1 ? "" : "s");
}

static void field_warning_count(struct text *t, item *i)
{
    text_add(t, "%u warning%s", i->warning_count, i->warning_count == 1 ? "" : "s");
}

static void field_uptime(struct text *t, item *i)
{
    add_age(t, record_number(i->record, COL_gateway_uptime_s));
}

static void field_elapsed(struct text *t, item *i)
{
    unsigned long long ms = record_number(i->record, COL_step_elapsed_ms);

    text_add(t, "%llu.%03llu", ms / 1000, ms % 1000);
}

static void field_arrow(struct text *t, item *i)
{
    const char *direction = record_text(i->record, COL_step_direction);

    text_add(t, strcmp(direction, "sent") == 0 ? "-->" : strcmp(direction, "received") == 0 ? "<--" : " . ");
}

/* HDR + SA (1) + VENDOR (13) + VENDOR (13) + NONE (0): SA, 2 VENDOR */
static void add_payloads(struct text *t, const char *list)
{
    const char *between = "";

    while (*list) {
        size_t len = strcspn(list, "+"), name_len = strcspn(list, " +"), run = 0;

        if (name_len == len || strncmp(list, "NONE", name_len) == 0 || strncmp(list, "HDR", name_len) == 0) {
            list += len;
        } else {
            const char *first = list;

            for (; strncmp(list, first, name_len + 1) == 0; run++) {
                list += strcspn(list, "+");
                list += strspn(list, "+ ");
            }
            text_add(t, "%s", between);
            if (run > 1)
                text_add(t, "%zu ", run);
            text_add(t, "%.*s", (int)name_len, first);
            between = ", ";
        }
        list += strspn(list, "+ ");
    }
}

/* MM 1  SA, 2 VENDOR  148 bytes, again  what happened  [MM_WAIT_MSG2] */
static void field_step(struct text *t, item *i)
{
    const struct control_record *r = i->record;
    size_t begin = t->len;

    if (record_has(r, COL_step_exchange))
        text_add(t, "%-4s ", record_text(r, COL_step_exchange));
    if (record_has(r, COL_step_message))
        text_add(t, "%llu  ", (unsigned long long)record_number(r, COL_step_message));
    if (record_has(r, COL_step_payloads)) {
        add_payloads(t, record_text(r, COL_step_payloads));
        text_add(t, "  ");
    }
    if (record_has(r, COL_step_length))
        text_add(t, "%llu bytes", (unsigned long long)record_number(r, COL_step_length));
    if (record_flag(r, COL_step_again))
        text_add(t, "%sagain", t->len > begin ? ", " : "");
    if (record_has(r, COL_step_sentence))
        text_add(t, "%s%s", record_has(r, COL_step_length) ? "  " : "", record_text(r, COL_step_sentence));
    if (record_has(r, COL_step_state))
        text_add(t, "  [%s]", record_text(r, COL_step_state));
}

static void field_screen_state(struct text *t, item *i)
{
    text_add(t, "%s", record_text(i->record, COL_result_state));
    if (i->view->dialect & DIALECT_ANY_IOS)
        text_add(t, " (IOS: %s)", record_text(i->record, COL_result_ios_state));
}

static void field_IOS_DEBUG(struct text *t, item *i)
{
    text_add(t, strcmp(record_text(i->record, COL_debugging_what), "ipsec") == 0 ? "IPSEC" : "ISAKMP");
}

static void field_place(struct text *t, item *i)
{
    text_add(t, "%s", record_text(i->record, COL_finding_file));
    if (record_number(i->record, COL_finding_line))
        text_add(t, ":%llu", (unsigned long long)record_number(i->record, COL_finding_line));
    if (record_number(i->record, COL_finding_column))
        text_add(t, ":%llu", (unsigned long long)record_number(i->record, COL_finding_column));
}

static void field_expected(struct text *t, item *i)
{
    if (record_has(i->record, COL_finding_expected))
        text_add(t, ", expected %s", record_text(i->record, COL_finding_expected));
}

static void field_unused_lines(struct text *t, item *i)
{
    if (record_number(i->record, COL_unused_lines) > 1)
        text_add(t, " (%llu lines)", (unsigned long long)record_number(i->record, COL_unused_lines));
}

bool screen_field_of(const struct screen_field_row *rows, size_t count, struct text *t, struct bytes name, item *i)
{
    for (size_t row = 0; row < count; row++) {
        if (bytes_equal(name, bytes_of_text(rows[row].name))) {
            rows[row].add(t, i);
            return true;
        }
    }
    return false;
}

bool screen_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i) || screen_sa_field(t, name, i) ||
           screen_pair_field(t, name, i) || screen_connection_field(t, name, i) || screen_session_field(t, name, i) ||
           screen_gateway_field(t, name, i) || screen_sla_field(t, name, i) || screen_drop_field(t, name, i);
}
