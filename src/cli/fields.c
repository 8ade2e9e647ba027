/* What screens show that is not simply a column: fields.def, and when a line is shown: conditions.def. */
#include "base/check.h"
#include "cli/screen.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

typedef const struct screen_item item;

static void add_upper(struct text *t, const char *word)
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

static bool is_initiator(item *i, enum control_column role)
{
    return strcmp(record_text(i->record, role), "initiator") == 0;
}

static void field_active_count(struct text *t, item *i)
{
    text_add(t, "%u", i->active_count);
}

static void field_rekey_count(struct text *t, item *i)
{
    text_add(t, "%u", i->rekey_count);
}

static void field_negotiated_count(struct text *t, item *i)
{
    text_add(t, "%u", i->negotiated_count);
}

static void field_dead_count(struct text *t, item *i)
{
    text_add(t, "%u", i->dead_count);
}

static void field_total_count(struct text *t, item *i)
{
    text_add(t, "%u", i->active_count + i->rekey_count);
}

static void field_rekey(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_isakmp_sa_rekey) ? "yes" : "no");
}

static void field_HASH(struct text *t, item *i)
{
    add_upper(t, record_text(i->record, COL_isakmp_sa_hash));
}

static void add_end(struct text *t, item *i, bool is_responder)
{
    bool is_ours = is_initiator(i, COL_isakmp_sa_role) != is_responder;

    text_add(t, "%s", record_text(i->record, is_ours ? COL_isakmp_sa_local : COL_isakmp_sa_peer));
}

static void field_dst(struct text *t, item *i)
{
    add_end(t, i, true);
}

static void field_src(struct text *t, item *i)
{
    add_end(t, i, false);
}

static void field_slot(struct text *t, item *i)
{
    (void)i;
    text_add(t, "0");
}

static void field_ios_cipher(struct text *t, item *i)
{
    const char *word = record_text(i->record, COL_isakmp_sa_encryption);

    text_add(t, "%.*s", (int)strcspn(word, "-"), word);
}

static void field_ios_auth(struct text *t, item *i)
{
    const char *auth = record_text(i->record, COL_isakmp_sa_auth);

    text_add(t, "%s", strcmp(auth, "preshared") == 0 ? "psk" : *auth ? "rsig" : "");
}

static void field_clock(struct text *t, item *i)
{
    unsigned s = (unsigned)record_number(i->record, COL_isakmp_sa_remaining_s);

    text_add(t, "%02u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
}

static void field_capabilities(struct text *t, item *i)
{
    if (record_flag(i->record, COL_isakmp_sa_dpd))
        text_add(t, "D");
    if (record_flag(i->record, COL_isakmp_sa_nat_t))
        text_add(t, "N");
    if (record_flag(i->record, COL_isakmp_sa_fragmentation))
        text_add(t, "F");
}

static void field_overhead_less_30(struct text *t, item *i)
{
    uint64_t overhead = record_number(i->record, COL_ipsec_pair_overhead);

    text_add(t, "%llu", (unsigned long long)(overhead > 30 ? overhead - 30 : 0));
}

static unsigned long long spi_of(item *i)
{
    return record_number(i->record, i->is_outbound ? COL_ipsec_pair_spi_out : COL_ipsec_pair_spi_in);
}

static void field_spi(struct text *t, item *i)
{
    text_add(t, "%08llX", spi_of(i));
}

static void field_spi_number(struct text *t, item *i)
{
    text_add(t, "%llu", spi_of(i));
}

/* An authenticated cipher has esp-null-hmac beside it on an ASA. */
static void field_transform(struct text *t, item *i)
{
    const char *integrity = record_text(i->record, COL_ipsec_pair_integrity);

    text_add(t, "esp-%s esp-%s-hmac", record_text(i->record, COL_ipsec_pair_encryption),
             strcmp(integrity, "none") == 0 ? "null" : integrity);
}

/* IOS writes esp-256-aes where an ASA writes esp-aes-256, esp-gcm 256 where that writes esp-aes-gcm-256. */
static void add_ios_transform(struct text *t, struct bytes cipher, struct bytes integrity)
{
    static const struct {
        const char *asa, *ios;
    } ciphers[] = {{"aes-192", "192-aes"},       {"aes-256", "256-aes"},      {"aes-gcm", "gcm"},
                   {"aes-gcm-192", "gcm 192"},   {"aes-gcm-256", "gcm 256"},  {"aes-gmac", "gmac"},
                   {"aes-gmac-192", "gmac 192"}, {"aes-gmac-256", "gmac 256"}};

    for (size_t c = 0; c < COUNT_OF(ciphers); c++) {
        if (bytes_equal(cipher, bytes_of_text(ciphers[c].asa))) {
            cipher = bytes_of_text(ciphers[c].ios);
            break;
        }
    }
    text_add(t, "esp-%.*s", (int)cipher.len, (const char *)cipher.data);
    if (!bytes_equal(integrity, bytes_of_text("none")))
        text_add(t, " esp-%.*s-hmac", (int)integrity.len, (const char *)integrity.data);
}

static void field_ios_transform(struct text *t, item *i)
{
    add_ios_transform(t, bytes_of_text(record_text(i->record, COL_ipsec_pair_encryption)),
                      bytes_of_text(record_text(i->record, COL_ipsec_pair_integrity)));
}

/* "aes-256 sha" */
static void field_map_transform(struct text *t, item *i)
{
    const uint8_t *blank = i->transform.len ? memchr(i->transform.data, ' ', i->transform.len) : NULL;
    size_t len = blank ? (size_t)(blank - i->transform.data) : i->transform.len;

    add_ios_transform(t, bytes_of(i->transform.data, len), bytes_after(i->transform, len + 1));
}

static void field_pair_kind(struct text *t, item *i)
{
    text_add(t, record_has(i->record, COL_ipsec_pair_assigned) ? "RA" : "L2L");
}

static void field_mode(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_ipsec_pair_transport) ? "Transport" : "Tunnel");
}

static void field_ios_mode(struct text *t, item *i)
{
    field_mode(t, i);
    text_add(t, record_flag(i->record, COL_ipsec_pair_nat_t) ? " UDP-Encaps" : "");
}

/* The second blank before it is the ASA's. */
static void field_nat_t(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_ipsec_pair_nat_t) ? " NAT-T-Encaps, " : "");
}

static void field_session(struct text *t, item *i)
{
    text_add(t, "%llu", (unsigned long long)record_number(i->record, COL_ipsec_pair_conn_id) << 12);
}

enum control_column screen_remaining_kb(item *i)
{
    return i->is_outbound ? COL_ipsec_pair_remaining_out_kb : COL_ipsec_pair_remaining_in_kb;
}

static void field_remaining_kb(struct text *t, item *i)
{
    text_add(t, "%llu", (unsigned long long)record_number(i->record, screen_remaining_kb(i)));
}

static void field_replay(struct text *t, item *i)
{
    bool is_off = i->is_outbound ? record_flag(i->record, COL_ipsec_pair_peer_replay_off)
                                 : record_number(i->record, COL_ipsec_pair_replay_window) == 0;

    text_add(t, is_off ? "N" : "Y");
}

static void field_bitmap(struct text *t, item *i)
{
    text_add(t, "%s", i->is_outbound ? "0x00000000 0x00000001" : record_text(i->record, COL_ipsec_pair_replay_bitmap));
}

static void field_pfs(struct text *t, item *i)
{
    text_add(t, record_number(i->record, COL_ipsec_pair_pfs_group) ? "Y" : "N");
}

static void field_pfs_group(struct text *t, item *i)
{
    unsigned group = (unsigned)record_number(i->record, COL_ipsec_pair_pfs_group);

    if (group)
        text_add(t, "group%u", group);
    else
        text_add(t, "none");
}

static void field_tunnel_peer(struct text *t, item *i)
{
    text_add(t, "%s", record_has(i->record, COL_tunnel_peer) ? record_text(i->record, COL_tunnel_peer) : "no peer");
}

static void field_STATE(struct text *t, item *i)
{
    add_upper(t, record_text(i->record, COL_tunnel_state));
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

    return screen_field_of(fields, COUNT_OF(fields), t, name, i) || screen_session_field(t, name, i) ||
           screen_gateway_field(t, name, i) || screen_drop_field(t, name, i);
}
