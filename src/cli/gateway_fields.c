/* Fields of the screens of what the gateway is told, meets and keeps: gateway_fields.def. */
#include "cli/screen.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

typedef const struct screen_item item;

/* ---- packet-tracer ---- */

static void field_trace_rule(struct text *t, item *i)
{
    text_add(t, "%x", (unsigned)record_number(i->record, COL_trace_phase_rule_id));
}

static void field_trace_map(struct text *t, item *i)
{
    text_add(t, "%x", (unsigned)record_number(i->record, COL_trace_phase_map_id));
}

static void field_trace_way(struct text *t, item *i)
{
    text_add(t, "%s", record_text(i->record, COL_trace_phase_way)[0] == 'o' ? "Forward" : "Reverse");
}

/* ---- policies and maps ---- */

static void field_policy_cipher(struct text *t, item *i)
{
    static const struct {
        const char *word, *text;
    } words[] = {{"des", "DES - Data Encryption Standard (56 bit keys)."}, {"3des", "Three key triple DES"}};
    const char *name = record_text(i->record, COL_isakmp_policy_encryption);

    for (size_t w = 0; w < COUNT_OF(words); w++) {
        if (strcmp(words[w].word, name) == 0) {
            text_add(t, "%s", words[w].text);
            return;
        }
    }
    text_add(t, "AES - Advanced Encryption Standard (%llu bit keys).",
             (unsigned long long)record_number(i->record, COL_isakmp_policy_key_bits));
}

static void field_policy_hash(struct text *t, item *i)
{
    static const struct {
        const char *word, *text;
    } words[] = {{"sha", "Secure Hash Standard"},
                 {"md5", "Message Digest 5"},
                 {"sha256", "Secure Hash Standard 2 (256 bit)"},
                 {"sha384", "Secure Hash Standard 2 (384 bit)"},
                 {"sha512", "Secure Hash Standard 2 (512 bit)"}};
    const char *name = record_text(i->record, COL_isakmp_policy_hash);

    for (size_t w = 0; w < COUNT_OF(words); w++) {
        if (strcmp(words[w].word, name) == 0)
            text_add(t, "%s", words[w].text);
    }
}

static void field_policy_auth(struct text *t, item *i)
{
    const char *word = record_text(i->record, COL_isakmp_policy_auth);

    text_add(t, "%s",
             strcmp(word, "rsa") == 0     ? "Rivest-Shamir-Adleman Signature"
             : strcmp(word, "ecdsa") == 0 ? "Elliptic Curve Digital Signature"
                                          : "Pre-Shared Key");
}

static void field_set_mode(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_transform_set_transport) ? "Transport" : "Tunnel");
}

static void field_map_peer(struct text *t, item *i)
{
    const char *peers = record_text(i->record, COL_map_entry_peers);

    text_add(t, "%.*s", (int)strcspn(peers, " "), peers);
}

static void field_map_answers_only(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_map_entry_answers_only) ? "Y" : "N");
}

static void field_map_line(struct text *t, item *i)
{
    text_add(t, "%.*s", (int)i->part.len, (const char *)i->part.data);
}

/* ---- the packet filter ---- */

/* `pair`: the record of the clearing. */
static void field_last_clearing(struct text *t, item *i)
{
    char space[64];
    struct tm tm;

    if (i->pair == NULL) {
        text_add(t, "Never");
        return;
    }
    time_t at = (time_t)record_number(i->pair, COL_cleared_at);
    localtime_r(&at, &tm);
    strftime(space, sizeof space, "%H:%M:%S %Z %b %d %Y", &tm);
    text_add(t, "%s by %s", space, record_text(i->pair, COL_cleared_by));
}

static void field_metric(struct text *t, item *i)
{
    text_add(t, "%llu", (unsigned long long)record_number(i->record, COL_route_metric));
}

static void field_address_method(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_interface_dhcp) ? "DHCP" : "manual");
}

static void add_age(struct text *t, item *i, uint64_t unit_s)
{
    if (record_has(i->record, COL_arp_age_s))
        text_add(t, "%llu", (unsigned long long)(record_number(i->record, COL_arp_age_s) / unit_s));
    else
        text_add(t, "-");
}

static void field_arp_age(struct text *t, item *i)
{
    add_age(t, i, 1);
}

static void field_arp_minutes(struct text *t, item *i)
{
    add_age(t, i, 60);
}

static void field_route_prefix(struct text *t, item *i)
{
    const struct control_record *r = i->record;

    if (i->view->dialect & DIALECT_ANY_IOS)
        text_add(t, "%s/%llu", record_text(r, COL_route_network),
                 (unsigned long long)record_number(r, COL_route_prefix_len));
    else
        text_add(t, "%s %s", record_text(r, COL_route_network), record_text(r, COL_route_mask));
}

static void field_capture_state(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_capture_stopped) ? "Stopped"
                : record_flag(i->record, COL_capture_full)  ? "Buffer Full"
                                                            : "Capturing");
}

/* An ASA has "0 packet captured". */
static const char *packets_word(uint64_t count)
{
    return count > 1 ? "packets" : "packet";
}

static void field_packets_word(struct text *t, item *i)
{
    text_add(t, "%s", packets_word(record_number(i->record, COL_capture_packets)));
}

static void field_shown_word(struct text *t, item *i)
{
    text_add(t, "%s", packets_word(i->packet_count));
}

static void field_packets_shown(struct text *t, item *i)
{
    text_add(t, "%u", i->packet_count);
}

static void field_capture_options(struct text *t, item *i)
{
    if (record_has(i->record, COL_capture_access_list))
        text_add(t, " access-list %s", record_text(i->record, COL_capture_access_list));
    if (record_has(i->record, COL_capture_interface))
        text_add(t, " interface %s", record_text(i->record, COL_capture_interface));
    if (record_flag(i->record, COL_capture_circular))
        text_add(t, " circular-buffer");
}

static void field_packet_note(struct text *t, item *i)
{
    screen_packet_note(t, i->record);
}

static void field_clock_time(struct text *t, item *i)
{
    time_t at = (time_t)record_number(i->record, COL_clock_at);
    struct tm tm;
    char space[64];

    localtime_r(&at, &tm);
    text_add(t, "%02d:%02d:%02d.%03u ", tm.tm_hour, tm.tm_min, tm.tm_sec,
             (unsigned)record_number(i->record, COL_clock_at_us) / 1000);
    strftime(space, sizeof space, "%Z %a %b %-d %Y", &tm);
    text_add(t, "%s", space);
}

static void field_packet_time(struct text *t, item *i)
{
    time_t at = (time_t)record_number(i->record, COL_packet_at);
    struct tm tm;

    localtime_r(&at, &tm);
    text_add(t, "%02d:%02d:%02d.%06u", tm.tm_hour, tm.tm_min, tm.tm_sec,
             (unsigned)record_number(i->record, COL_packet_at_us));
}

static void field_number(struct text *t, item *i)
{
    text_add(t, "%08x",
             (unsigned)record_number(i->record, i->record->kind == RECORD_acl ? COL_acl_number : COL_acl_line_number));
}

static void field_part(struct text *t, item *i)
{
    field_map_line(t, i);
}

static void field_map_set(struct text *t, item *i)
{
    field_map_line(t, i);
}

/* ---- debug crypto condition ---- */

static void add_switch(struct text *t, item *i, enum control_column column)
{
    text_add(t, record_flag(i->record, column) ? "ON" : "OFF");
}

static void field_ike_unmatched(struct text *t, item *i)
{
    add_switch(t, i, COL_condition_flags_ike_unmatched);
}

static void field_ipsec_unmatched(struct text *t, item *i)
{
    add_switch(t, i, COL_condition_flags_ipsec_unmatched);
}

static void field_ike_errors(struct text *t, item *i)
{
    add_switch(t, i, COL_condition_flags_ike_errors);
}

static void field_ipsec_errors(struct text *t, item *i)
{
    add_switch(t, i, COL_condition_flags_ipsec_errors);
}

/* ---- what only a router shows ---- */

static void field_matches(struct text *t, item *i)
{
    uint64_t hits = record_number(i->record, COL_acl_line_hits);

    text_add(t, "%llu match%s", (unsigned long long)hits, hits == 1 ? "" : "es");
}

static void field_nat_total(struct text *t, item *i)
{
    text_add(t, "%llu",
             (unsigned long long)(record_number(i->record, COL_nat_met_static) +
                                  record_number(i->record, COL_nat_met_dynamic)));
}

static void field_profile_keyring(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_profile_has_key) ? "default" : "<none>");
}

static void field_profile_trustpoint(struct text *t, item *i)
{
    text_add(t, "%s",
             record_has(i->record, COL_profile_trustpoint) ? record_text(i->record, COL_profile_trustpoint) : "<all>");
}

static void field_failure_state(struct text *t, item *i)
{
    bool is_ios = (i->view->dialect & DIALECT_ANY_IOS) != 0;

    text_add(t, "%s", record_text(i->record, is_ios ? COL_outcome_ios_state : COL_outcome_state));
}

static void field_logged_off(struct text *t, item *i)
{
    if (record_has(i->record, COL_logged_off_which))
        text_add(t, "%s ", record_text(i->record, COL_logged_off_which));
}

static void field_shell_self(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_shell_self) ? "*" : " ");
}

static void field_shell_own(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_shell_self) ? ", this shell" : "");
}

static void field_shell_idle(struct text *t, item *i)
{
    unsigned s = (unsigned)record_number(i->record, COL_shell_idle_s);

    text_add(t, "%02u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
}

/* ---- the log, and states ---- */

static void field_log_protocol(struct text *t, item *i)
{
    text_add(t, "%s", strcmp(record_text(i->record, COL_log_host_protocol), "TCP") == 0 ? "tcp" : "udp");
}

static void field_logging_enabled(struct text *t, item *i)
{
    text_add(t, "%s", record_flag(i->record, COL_logging_enabled) ? "enabled" : "disabled");
}

static void field_logging_timestamp(struct text *t, item *i)
{
    text_add(t, "%s", record_flag(i->record, COL_logging_timestamp) ? "enabled" : "disabled");
}

static void field_logging_hostdown(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_logging_hostdown) ? "enabled" : "disabled");
}

static void field_state_time(struct text *t, item *i)
{
    time_t at = (time_t)record_number(i->record, COL_state_at);
    struct tm tm;

    localtime_r(&at, &tm);
    text_add(t, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void field_state_word(struct text *t, item *i)
{
    text_add(t, "%s", record_flag(i->record, COL_state_gone) ? "deleted" : record_text(i->record, COL_state_state));
}

static void field_state_ios(struct text *t, item *i)
{
    const char *passed = record_text(i->record, COL_state_ios_passed),
               *ios = record_text(i->record, COL_state_ios_state);

    if (record_flag(i->record, COL_state_gone))
        text_add(t, "%s in %s", record_text(i->record, COL_state_reason), record_text(i->record, COL_state_state));
    else
        text_add(t, "%s%s%s", passed, *passed ? ", " : "", *ios ? ios : "QM_IDLE");
}

/* ---- interfaces and routes ---- */

static void field_device(struct text *t, item *i)
{
    text_add(t, "%s",
             record_has(i->record, COL_interface_device) ? record_text(i->record, COL_interface_device) : "not found");
}

/* `pair`: the default route, when there is one. */
static void field_last_resort(struct text *t, item *i)
{
    if (i->pair && record_has(i->pair, COL_route_gateway))
        text_add(t, "%s to network 0.0.0.0", record_text(i->pair, COL_route_gateway));
    else
        text_add(t, "not set");
}

static void field_route_letter(struct text *t, item *i)
{
    text_add(t, record_number(i->record, COL_route_prefix_len) == 0 ? "S*" : "S");
}

bool screen_gateway_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/gateway_fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i);
}
