/* What screens show of a pair of IPsec SAs, or of one direction of it, that is not simply a column: pair_fields.def. */
#include "cli/screen.h"

#include <string.h>

typedef const struct screen_item item;

static uint32_t spi_of(item *i)
{
    return (uint32_t)record_number(i->record, i->is_outbound ? COL_ipsec_pair_spi_out : COL_ipsec_pair_spi_in);
}

/* ---- as they were agreed ---- */

static void field_overhead_less_30(struct text *t, item *i)
{
    uint64_t overhead = record_number(i->record, COL_ipsec_pair_overhead);

    text_add(t, "%llu", (unsigned long long)(overhead > 30 ? overhead - 30 : 0));
}

static void field_spi(struct text *t, item *i)
{
    text_add(t, "%08X", spi_of(i));
}

static void field_spi_number(struct text *t, item *i)
{
    text_add(t, "%u", spi_of(i));
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

/* ---- contexts ---- */

/* What an SA is known by in the path of packets: the same number in packet-tracer. */
static uint32_t context_of(uint32_t spi)
{
    return spi >> 8;
}

static void field_context(struct text *t, item *i)
{
    text_add(t, "%08X", context_of(spi_of(i)));
}

static void field_trace_user_data(struct text *t, item *i)
{
    text_add(t, "%x", context_of((uint32_t)record_number(i->record, COL_trace_phase_spi)));
}

static void field_context_pointer(struct text *t, item *i)
{
    text_add(t, "%08X", spi_of(i) << 4 >> 4 | 0xC0000000);
}

static void field_context_flags(struct text *t, item *i)
{
    text_add(t, "%s+ESP%s", i->is_outbound ? "ENCR" : "DECR",
             record_flag(i->record, COL_ipsec_pair_nat_t) ? "+NATT" : "");
}

static unsigned long long packets_of(item *i)
{
    return record_number(i->record, i->is_outbound ? COL_ipsec_pair_encaps : COL_ipsec_pair_decaps);
}

static void field_context_packets(struct text *t, item *i)
{
    text_add(t, "%llu", packets_of(i));
}

static void field_context_packets_wide(struct text *t, item *i)
{
    text_add(t, "%010llu", packets_of(i));
}

static void field_context_errors(struct text *t, item *i)
{
    text_add(t, "%llu",
             (unsigned long long)record_number(i->record, i->is_outbound ? COL_ipsec_pair_send_errors
                                                                         : COL_ipsec_pair_recv_errors));
}

static void field_context_rekeys(struct text *t, item *i)
{
    text_add(t, "%llu", (unsigned long long)record_number(i->record, COL_ipsec_pair_rekey_calls));
}

static unsigned long long rekey_packets_of(item *i)
{
    return record_number(i->record,
                         i->is_outbound ? COL_ipsec_pair_rekey_packets_out : COL_ipsec_pair_rekey_packets_in);
}

static void field_context_rekey_packets(struct text *t, item *i)
{
    text_add(t, "%llu", rekey_packets_of(i));
}

static void field_context_rekey_packets_wide(struct text *t, item *i)
{
    text_add(t, "%010llu", rekey_packets_of(i));
}

static void field_context_state(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_ipsec_pair_stopped) ? "DN" : "UP");
}

static void field_context_peer(struct text *t, item *i)
{
    const char *ident = record_text(i->record, COL_ipsec_pair_remote_ident);

    text_add(t, "%.*s", (int)strcspn(ident, "/-"), ident);
}

static void field_context_filter(struct text *t, item *i)
{
    text_add(t, "%s",
             record_has(i->record, COL_ipsec_pair_filter) ? record_text(i->record, COL_ipsec_pair_filter) : "<none>");
}

/* ---- limits and numbers ---- */

static void add_minutes(struct text *t, item *i, enum control_column seconds)
{
    text_add(t, "%llu Minutes", (unsigned long long)record_number(i->record, seconds) / 60);
}

static void field_idle_timeout(struct text *t, item *i)
{
    add_minutes(t, i, COL_ipsec_pair_idle_timeout_s);
}

static void field_idle_left(struct text *t, item *i)
{
    add_minutes(t, i, COL_ipsec_pair_idle_left_s);
}

static void field_engine_sequence(struct text *t, item *i)
{
    text_add(t, "%llu",
             (unsigned long long)record_number(i->record, i->is_outbound ? COL_ipsec_pair_sequence_out
                                                                         : COL_ipsec_pair_sequence_in));
}

static void field_sa_state(struct text *t, item *i)
{
    text_add(t, record_flag(i->record, COL_ipsec_pair_stopped) ? "dead" : "active");
}

static void field_ident_flags(struct text *t, item *i)
{
    text_add(t, record_has(i->record, COL_ipsec_pair_acl_line) ? "origin_is_acl," : "");
}

static void field_frag_successes(struct text *t, item *i)
{
    text_add(t, "%llu",
             (unsigned long long)(record_number(i->record, COL_ipsec_stats_pre_frag_successes) +
                                  record_number(i->record, COL_ipsec_stats_post_frag_successes)));
}

bool screen_pair_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/pair_fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i);
}
