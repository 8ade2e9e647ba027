/* Fields of the screens of IPsec SAs, one direction each: pair_fields.def. */
#include "cli/screen.h"

#include <string.h>

typedef const struct screen_item item;

/* ---- contexts ---- */

static uint32_t spi_of(item *i)
{
    return (uint32_t)record_number(i->record, i->is_outbound ? COL_ipsec_pair_spi_out : COL_ipsec_pair_spi_in);
}

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
