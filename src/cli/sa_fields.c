/* What screens of ISAKMP and IPsec SAs show that is not simply a column: sa_fields.def. */
#include "base/check.h"
#include "cli/screen.h"

#include <string.h>

typedef const struct screen_item item;

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
    screen_add_upper(t, record_text(i->record, COL_isakmp_sa_hash));
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

bool screen_sa_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/sa_fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i);
}
