/* What screens of ISAKMP SAs show that is not simply a column: sa_fields.def. */
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

bool screen_sa_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/sa_fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i);
}
