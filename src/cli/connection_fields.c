/* Fields of the screens of connections: connection_fields.def. */
#include "cli/screen.h"

#include <ctype.h>

typedef const struct screen_item item;

/* One end: its own address, the address that the other end knows, and both ports. */
struct end {
    enum control_column interface, real, mapped, real_port, mapped_port;
};

/* A source is known by what it is translated to; a destination has been called by what it is translated from. */
static struct end end_of(item *i, bool is_source)
{
    const struct control_record *r = i->record;

    if (is_source)
        return (struct end){COL_connection_source_interface, COL_connection_source,
                            record_has(r, COL_connection_source_as) ? COL_connection_source_as : COL_connection_source,
                            COL_connection_source_port, COL_connection_source_port_as};
    return (struct end){
        COL_connection_destination_interface,
        record_has(r, COL_connection_destination_as) ? COL_connection_destination_as : COL_connection_destination,
        COL_connection_destination, COL_connection_destination_port_as, COL_connection_destination_port};
}

static struct end outer_end(item *i)
{
    return end_of(i, record_flag(i->record, COL_connection_from_outside));
}

static struct end inner_end(item *i)
{
    return end_of(i, !record_flag(i->record, COL_connection_from_outside));
}

static unsigned long long number_of(item *i, enum control_column column)
{
    return record_number(i->record, column);
}

/* A record of a gateway without the other port has the same one. */
static unsigned long long port_of(item *i, enum control_column port, enum control_column other)
{
    return number_of(i, record_has(i->record, port) ? port : other);
}

static void field_conn_outer(struct text *t, item *i)
{
    struct end e = outer_end(i);

    text_add(t, "%s %s", record_text(i->record, e.interface), record_text(i->record, e.real));
    if (e.real != e.mapped)
        text_add(t, "(%s)", record_text(i->record, e.mapped));
    text_add(t, ":%llu", port_of(i, e.real_port, e.mapped_port));
}

static void field_conn_inner(struct text *t, item *i)
{
    struct end e = inner_end(i);

    text_add(t, "%s %s:%llu", record_text(i->record, e.interface), record_text(i->record, e.real),
             port_of(i, e.real_port, e.mapped_port));
}

static void add_detail(struct text *t, item *i, struct end e)
{
    text_add(t, "%s:%s/%llu", record_text(i->record, e.interface), record_text(i->record, e.real),
             port_of(i, e.real_port, e.mapped_port));
    if (e.real != e.mapped)
        text_add(t, " (%s/%llu)", record_text(i->record, e.mapped), port_of(i, e.mapped_port, e.real_port));
}

static void field_conn_outer_detail(struct text *t, item *i)
{
    add_detail(t, i, outer_end(i));
}

static void field_conn_inner_detail(struct text *t, item *i)
{
    add_detail(t, i, inner_end(i));
}

static void field_conn_bytes(struct text *t, item *i)
{
    if (record_has(i->record, COL_connection_bytes))
        text_add(t, "%llu", number_of(i, COL_connection_bytes));
    else
        text_add(t, "-");
}

static void field_source_real(struct text *t, item *i)
{
    text_add(t, "%s:%s/%llu", record_text(i->record, COL_connection_source_interface),
             record_text(i->record, COL_connection_source), number_of(i, COL_connection_source_port));
}

static void field_source_mapped(struct text *t, item *i)
{
    text_add(t, "%s:%s/%llu", record_text(i->record, COL_connection_destination_interface),
             record_text(i->record, COL_connection_source_as),
             port_of(i, COL_connection_source_port_as, COL_connection_source_port));
}

/* ---- times ---- */

static void add_time(struct text *t, item *i, enum control_column column)
{
    unsigned long long s = number_of(i, column);

    if (record_has(i->record, column))
        text_add(t, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    else
        text_add(t, "-");
}

static void field_idle(struct text *t, item *i)
{
    add_time(t, i, COL_connection_idle_s);
}

static void field_timeout(struct text *t, item *i)
{
    add_time(t, i, COL_connection_timeout_s);
}

static void add_short(struct text *t, item *i, enum control_column column)
{
    unsigned long long s = number_of(i, column);

    if (!record_has(i->record, column))
        text_add(t, "-");
    else if (s < 60)
        text_add(t, "%llus", s);
    else if (s < 3600)
        text_add(t, "%llum%llus", s / 60, s % 60);
    else if (s < 86400)
        text_add(t, "%lluh%llum", s / 3600, s / 60 % 60);
    else
        text_add(t, "%lluD%lluh", s / 86400, s / 3600 % 24);
}

static void field_idle_short(struct text *t, item *i)
{
    add_short(t, i, COL_connection_idle_s);
}

static void field_timeout_short(struct text *t, item *i)
{
    add_short(t, i, COL_connection_timeout_s);
}

/* ---- show ip nat translations ---- */

static void field_nat_protocol(struct text *t, item *i)
{
    for (const char *name = record_text(i->record, COL_connection_protocol); *name; name++)
        text_add(t, "%c", tolower((unsigned char)*name));
}

/* An address and the port of that end; `as` where it is translated, else `plain`. */
static void add_end(struct text *t, item *i, enum control_column as, enum control_column plain,
                    enum control_column port)
{
    text_add(t, "%s:%llu", record_text(i->record, record_has(i->record, as) ? as : plain),
             (unsigned long long)record_number(i->record, port));
}

static void field_inside_global(struct text *t, item *i)
{
    add_end(t, i, COL_connection_source_as, COL_connection_source, COL_connection_source_port);
}

static void field_inside_local(struct text *t, item *i)
{
    add_end(t, i, COL_connection_source, COL_connection_source, COL_connection_source_port);
}

static void field_outside_local(struct text *t, item *i)
{
    add_end(t, i, COL_connection_destination, COL_connection_destination, COL_connection_destination_port);
}

static void field_outside_global(struct text *t, item *i)
{
    add_end(t, i, COL_connection_destination_as, COL_connection_destination, COL_connection_destination_port);
}

bool screen_connection_field(struct text *t, struct bytes name, item *i)
{
    static const struct screen_field_row fields[] = {
#define FIELD(field, ...) {#field, field_##field},
#include "cli/connection_fields.def"
#undef FIELD
    };

    return screen_field_of(fields, COUNT_OF(fields), t, name, i);
}
