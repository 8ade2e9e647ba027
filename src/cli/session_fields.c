/* Fields of the screens of sessions: session_fields.def. */
#include "cli/screen.h"
#include "cli/sessions.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

typedef const struct screen_item item;

static bool is_pair(const struct control_record *r)
{
    return r && r->kind == RECORD_ipsec_pair;
}

/* The pair that a line is about: the record itself, or the newest of the session; NULL: there is none. */
static const struct control_record *pair_of(item *i)
{
    return is_pair(i->record) ? i->record : i->pair;
}

/* "aes-256" becomes AES256. */
static void add_capitals(struct text *t, const char *name)
{
    for (; *name; name++) {
        if (*name != '-')
            text_add(t, "%c", toupper((unsigned char)*name));
    }
}

static void add_hash(struct text *t, const char *name)
{
    if (strcmp(name, "sha") == 0)
        text_add(t, "SHA1");
    else
        add_capitals(t, name);
}

static bool is_nat(item *i)
{
    const struct control_record *pair = pair_of(i);

    return pair ? record_flag(pair, COL_ipsec_pair_nat_t)
                : i->record->kind == RECORD_isakmp_sa && record_flag(i->record, COL_isakmp_sa_nat_t);
}

static void field_session_name(struct text *t, item *i)
{
    const char *group = record_text(i->record, COL_isakmp_sa_tunnel_group);

    text_add(t, "%s", *group ? group : record_text(i->record, COL_isakmp_sa_peer));
}

static void field_session_index(struct text *t, item *i)
{
    text_add(t, "%llu", i->sa ? (unsigned long long)record_number(i->sa, COL_isakmp_sa_conn_id) : 0ULL);
}

static void field_session_ipsec(struct text *t, item *i)
{
    text_add(t, is_nat(i) ? "IPsecOverNatT" : "IPsec");
}

static void field_session_protocol(struct text *t, item *i)
{
    text_add(t, i->view->dialect == DIALECT_ASA8 ? "IKE " : "IKEv1 ");
    field_session_ipsec(t, i);
}

static void field_session_pairs(struct text *t, item *i)
{
    text_add(t, "%u", i->pair_count);
}

static void field_CIPHER(struct text *t, item *i)
{
    text_add_cipher(t, record_text(i->record, COL_isakmp_sa_encryption));
}

static void field_SHA(struct text *t, item *i)
{
    add_hash(t, record_text(i->record, COL_isakmp_sa_hash));
}

static void field_PAIR_CIPHER(struct text *t, item *i)
{
    if (pair_of(i))
        text_add_cipher(t, record_text(pair_of(i), COL_ipsec_pair_encryption));
    else
        text_add(t, "none");
}

static void field_PAIR_SHA(struct text *t, item *i)
{
    if (pair_of(i))
        add_hash(t, record_text(pair_of(i), COL_ipsec_pair_integrity));
    else
        text_add(t, "none");
}

static void field_session_out(struct text *t, item *i)
{
    text_add(t, "%llu", (unsigned long long)i->bytes_out);
}

static void field_session_in(struct text *t, item *i)
{
    text_add(t, "%llu", (unsigned long long)i->bytes_in);
}

static void field_login_time(struct text *t, item *i)
{
    time_t at = (time_t)record_number(i->record, COL_isakmp_sa_begun_at);
    struct tm tm;
    char space[64];

    localtime_r(&at, &tm);
    strftime(space, sizeof space, "%H:%M:%S %Z %a %b %-d %Y", &tm);
    text_add(t, "%s", space);
}

static void field_duration(struct text *t, item *i)
{
    text_add_duration(t, record_number(i->record, COL_isakmp_sa_age_s));
}

static bool is_text(const struct control_record *r, enum control_column column, const char *text)
{
    return strcmp(record_text(r, column), text) == 0;
}

static void field_neg_mode(struct text *t, item *i)
{
    text_add(t, "%s", is_text(i->record, COL_isakmp_sa_mode, "aggressive") ? "Aggressive" : "Main");
}

static void field_auth_mode(struct text *t, item *i)
{
    text_add(t, "%s",
             is_text(i->record, COL_isakmp_sa_auth, "rsa")     ? "rsaCertificate"
             : is_text(i->record, COL_isakmp_sa_auth, "ecdsa") ? "ecdsaCertificate"
                                                               : "preSharedKeys");
}

static void field_sa_lifetime(struct text *t, item *i)
{
    text_add(t, "%llu Seconds", (unsigned long long)record_number(i->record, COL_isakmp_sa_lifetime_s));
}

static void field_pair_lifetime(struct text *t, item *i)
{
    text_add(t, "%llu Seconds", (unsigned long long)record_number(i->record, COL_ipsec_pair_lifetime_s));
}

static void field_pair_volume(struct text *t, item *i)
{
    text_add(t, "%llu K-Bytes", (unsigned long long)record_number(i->record, COL_ipsec_pair_lifetime_kb));
}

static void field_tunnel_number(struct text *t, item *i)
{
    text_add(t, "%u", i->tunnel_number);
}

/* ---- show crypto session ---- */

static void field_peer_interface(struct text *t, item *i)
{
    text_add(t, "%s", i->pair ? record_text(i->pair, COL_ipsec_pair_interface) : "unknown");
}

static void field_peer_uptime(struct text *t, item *i)
{
    unsigned long long s = i->sa     ? record_number(i->sa, COL_isakmp_sa_age_s)
                           : i->pair ? record_number(i->pair, COL_ipsec_pair_age_s)
                                     : 0;

    if (s >= 7 * 86400)
        text_add(t, "%lluw%llud", s / (7 * 86400), s / 86400 % 7);
    else if (s >= 86400)
        text_add(t, "%llud%02lluh", s / 86400, s / 3600 % 24);
    else
        text_add(t, "%02llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
}

static bool is_sa_up(const struct control_record *sa)
{
    return strcmp(record_text(sa, COL_isakmp_sa_ios_state), "QM_IDLE") == 0;
}

/* As a word, and in letters as the brief screen has it. */
static const struct {
    const char *word, *letters;
} statuses[2][2] = {
    [false] = {[false] = {"DOWN-NEGOTIATING", "DN"}, [true] = {"UP-IDLE", "UI"}},
    [true] = {[false] = {"UP-NO-IKE", "UK"}, [true] = {"UP-ACTIVE", "UA"}},
};

static bool has_ike(item *i)
{
    return i->sa && is_sa_up(i->sa);
}

static void field_peer_status(struct text *t, item *i)
{
    text_add(t, "%s", statuses[i->pair != NULL][has_ike(i)].word);
}

static void field_peer_letters(struct text *t, item *i)
{
    text_add(t, "%s", statuses[i->pair != NULL][has_ike(i)].letters);
}

static void field_peer_user(struct text *t, item *i)
{
    text_add(t, "%s", i->sa ? record_text(i->sa, COL_isakmp_sa_username) : "");
}

static void field_peer_address(struct text *t, item *i)
{
    text_add(t, "%s", i->sa ? record_text(i->sa, COL_isakmp_sa_peer) : record_text(i->pair, COL_ipsec_pair_peer));
}

static void field_peer_group(struct text *t, item *i)
{
    if (i->sa && record_has(i->sa, COL_isakmp_sa_tunnel_group))
        text_add(t, "%s", record_text(i->sa, COL_isakmp_sa_tunnel_group));
    else
        field_peer_address(t, i);
}

static void field_peer_port(struct text *t, item *i)
{
    uint64_t port =
        i->sa ? record_number(i->sa, COL_isakmp_sa_peer_port) : record_number(i->pair, COL_ipsec_pair_peer_port);

    text_add(t, "%llu", (unsigned long long)port);
}

static void field_sa_word(struct text *t, item *i)
{
    text_add(t, is_sa_up(i->record) ? "Active" : "Inactive");
}

static void field_session_capabilities(struct text *t, item *i)
{
    bool has_dpd = record_flag(i->record, COL_isakmp_sa_dpd), has_nat = record_flag(i->record, COL_isakmp_sa_nat_t);

    bool has_fragmentation = record_flag(i->record, COL_isakmp_sa_fragmentation);

    text_add(t, "%s%s%s%s", has_dpd ? "D" : "", has_nat ? "N" : "", has_fragmentation ? "F" : "",
             has_dpd || has_nat || has_fragmentation ? "" : "(none)");
}

/* "10.1.0.0/255.255.0.0/0/0" as IOS says it in a flow. */
static void add_flow_end(struct text *t, const char *ident)
{
    size_t len = strcspn(ident, "/");
    bool is_host = strncmp(ident + len, "/255.255.255.255/", 17) == 0;

    if (is_host)
        text_add(t, " host %.*s", (int)len, ident);
    else
        text_add(t, " %.*s", (int)(len + 1 + strcspn(ident + len + (ident[len] == '/'), "/")), ident);
}

static void field_flow(struct text *t, item *i)
{
    const char *local = record_text(i->record, COL_ipsec_pair_local_ident);
    const char *mask = strchr(local, '/'), *protocol = mask ? strchr(mask + 1, '/') : NULL;
    size_t len = protocol ? strcspn(protocol + 1, "/") : 0;

    if (len == 0 || (len == 1 && protocol[1] == '0'))
        text_add(t, "ip");
    else
        text_add(t, "%.*s", (int)len, protocol + 1);
    add_flow_end(t, local);
    add_flow_end(t, record_text(i->record, COL_ipsec_pair_remote_ident));
}

static void add_left(struct text *t, item *i, enum control_column kb)
{
    if (record_has(i->record, kb))
        text_add(t, "%llu", (unsigned long long)record_number(i->record, kb));
    else
        text_add(t, "KB Vol Rekey Disabled");
    text_add(t, "/%llu", (unsigned long long)record_number(i->record, COL_ipsec_pair_remaining_s));
}

static void field_left_in(struct text *t, item *i)
{
    add_left(t, i, COL_ipsec_pair_remaining_in_kb);
}

static void field_left_out(struct text *t, item *i)
{
    add_left(t, i, COL_ipsec_pair_remaining_out_kb);
}

/* ---- show crypto engine connections active ---- */

/* Until 12.4 what comes in has the lower number. */
static unsigned flow_of(item *i)
{
    bool is_lower = i->is_outbound == ((i->view->dialect & (DIALECT_IOS12 | DIALECT_IOS124)) == 0);

    return 2 * (unsigned)record_number(i->record, COL_ipsec_pair_place) - is_lower;
}

static void field_engine_flow(struct text *t, item *i)
{
    text_add(t, "%u", flow_of(i));
}

static void field_engine_id(struct text *t, item *i)
{
    text_add(t, "%u", 2000 + flow_of(i));
}

static void field_engine_sa(struct text *t, item *i)
{
    char space[32];
    struct text hash = text_of(space, sizeof space);

    add_capitals(&hash, record_text(i->record, COL_isakmp_sa_hash));
    text_add(t, "%s+", space);
    add_capitals(t, record_text(i->record, COL_isakmp_sa_encryption));
}

static void field_engine_pair(struct text *t, item *i)
{
    add_capitals(t, record_text(i->record, COL_ipsec_pair_encryption));
    text_add(t, "+");
    add_capitals(t, record_text(i->record, COL_ipsec_pair_integrity));
}

static void field_engine_out(struct text *t, item *i)
{
    text_add(t, "%llu", i->is_outbound ? (unsigned long long)record_number(i->record, COL_ipsec_pair_encrypt) : 0ULL);
}

static void field_engine_in(struct text *t, item *i)
{
    text_add(t, "%llu", i->is_outbound ? 0ULL : (unsigned long long)record_number(i->record, COL_ipsec_pair_decrypt));
}

/* ---- how many ---- */

static void add_sum(struct text *t, item *i, enum control_column a, enum control_column b)
{
    text_add(t, "%llu", (unsigned long long)(record_number(i->record, a) + record_number(i->record, b)));
}

static void field_sessions_active(struct text *t, item *i)
{
    add_sum(t, i, COL_session_summary_l2l_active, COL_session_summary_ra_active);
}

static void field_sessions_cumulative(struct text *t, item *i)
{
    add_sum(t, i, COL_session_summary_l2l_cumulative, COL_session_summary_ra_cumulative);
}

static void field_sessions_peak(struct text *t, item *i)
{
    add_sum(t, i, COL_session_summary_l2l_peak, COL_session_summary_ra_peak);
}

static void field_sessions_load(struct text *t, item *i)
{
    uint64_t capacity = record_number(i->record, COL_session_summary_capacity);
    uint64_t active = record_number(i->record, COL_session_summary_l2l_active) +
                      record_number(i->record, COL_session_summary_ra_active);

    text_add(t, "%llu%%", (unsigned long long)(capacity ? 100 * active / capacity : 0));
}

static void field_tunnels_active(struct text *t, item *i)
{
    add_sum(t, i, COL_session_summary_ikev1_active, COL_session_summary_ipsec_active);
}

static void field_tunnels_cumulative(struct text *t, item *i)
{
    add_sum(t, i, COL_session_summary_ikev1_cumulative, COL_session_summary_ipsec_cumulative);
}

static void field_ratio_count(struct text *t, item *i)
{
    text_add(t, "%u", i->ratio_count);
}

static void field_ratio_percent(struct text *t, item *i)
{
    text_add(t, "%u", i->ratio_of ? 100 * i->ratio_count / i->ratio_of : 0);
}

static void field_admission_begun(struct text *t, item *i)
{
    add_sum(t, i, COL_admission_outgoing, COL_admission_not_begun);
}

static void field_admission_all(struct text *t, item *i)
{
    add_sum(t, i, COL_admission_active, COL_admission_negotiating);
}

static void field_admission_taken(struct text *t, item *i)
{
    uint64_t incoming = record_number(i->record, COL_admission_incoming);
    uint64_t rejected = record_number(i->record, COL_admission_rejected);

    text_add(t, "%llu", (unsigned long long)(incoming > rejected ? incoming - rejected : 0));
}

static void field_zero(struct text *t, item *i)
{
    (void)i;
    text_add(t, "0");
}

bool screen_session_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/session_fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i);
}
