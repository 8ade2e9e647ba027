/* `crypto isakmp client configuration group`: a tunnel-group of users, and a group-policy of its name. */
#include "conf/ios_parts.h"
#include "conf/line.h"
#include "conf/statement.h"

static const struct bytes nothing;

static bool is_there(const struct translation *t, struct bytes group)
{
    char space[IOS_LINE_SIZE];
    struct text type = text_of(space, sizeof space);

    text_add(&type, "tunnel-group %.*s type remote-access", (int)group.len, (const char *)group.data);
    return ios_is_known(t, bytes_of_text(space), t->text.len);
}

static void take_group_back(struct translation *t, struct bytes group)
{
    ios_put_line(t, "no tunnel-group ", group, " type", nothing);
    ios_put_line(t, "no tunnel-group ", group, " general-attributes", nothing);
    ios_put_line(t, "no tunnel-group ", group, " ipsec-attributes", nothing);
    ios_put_line(t, "no group-policy ", group, " internal", nothing);
    ios_put_line(t, "no group-policy ", group, " attributes", nothing);
    t->is_taken_back = true;
}

static void begin_group(struct translation *t, struct bytes group)
{
    if (t->group_count < GROUPS_MAX)
        t->groups[t->group_count++] = group;
    if (is_there(t, group))
        return;
    ios_put_line(t, "tunnel-group ", group, " type remote-access", nothing);
    ios_put_line(t, "group-policy ", group, " internal", nothing);
    ios_put_line(t, "tunnel-group ", group, " general-attributes", nothing);
    ios_put_line(t, " default-group-policy ", group, "", nothing);
    /* A router answers in aggressive mode unless it is told not to. */
    if (!ios_is_known(t, bytes_of_text("crypto ikev1 am-disable"), t->text.len) &&
        !ios_is_known(t, bytes_of_text("no crypto ikev1 am-disable"), t->text.len))
        ios_put_line(t, "no crypto ikev1 am-disable", nothing, "", nothing);
}

/* The one for users who name no other. */
static void take_group(struct translation *t)
{
    struct bytes *group = &t->header.list[1];

    if (bytes_equal(*group, bytes_of_text("default")))
        *group = bytes_of_text("DefaultRAGroup");
    if (!t->is_no)
        begin_group(t, *group);
    else if (is_there(t, *group))
        take_group_back(t, *group);
}

/* ---- a domain a line, of which an ASA has one statement ---- */

static void remember_domain(struct translation *t, struct bytes group, struct bytes domain)
{
    if (t->split_dns_count == MAPS_MAX)
        return;
    t->split_dns[t->split_dns_count].group = group;
    t->split_dns[t->split_dns_count].domain = domain;
    t->split_dns[t->split_dns_count].is_no = t->is_no;
    t->split_dns[t->split_dns_count++].number = t->number;
}

/* The last that these lines say of it, before that place; -1: nothing. */
static int last_of(const struct translation *t, struct bytes group, struct bytes domain, size_t end)
{
    for (size_t i = end; i-- > 0;)
        if (bytes_equal(t->split_dns[i].group, group) && bytes_equal(t->split_dns[i].domain, domain))
            return (int)i;
    return -1;
}

static void add_running_domains(const struct translation *t, struct bytes group, struct text *domains)
{
    const struct statements *st = t->running == NULL ? NULL : t->running->statements;
    const struct statement *block =
        st == NULL ? NULL : statements_next_named(st, NULL, STATEMENT_group_policy_attributes, group);
    struct bytes rest = nothing;

    for (const struct statement *s = NULL; block != NULL && (s = statements_below(st, block, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_split_dns && !s->is_no)
            rest = statement_argument(s, "text", 0);
    while (rest.len > 0) {
        size_t len = 0;

        while (len < rest.len && rest.data[len] != ' ')
            len++;
        if (len > 0 && last_of(t, group, bytes_of(rest.data, len), t->split_dns_count) < 0)
            text_add(domains, " %.*s", (int)len, (const char *)rest.data);
        rest = bytes_after(rest, len < rest.len ? len + 1 : len);
    }
}

static void add_domains_of(struct translation *t, struct bytes group)
{
    char space[IOS_LINE_SIZE];
    struct text domains = text_of(space, sizeof space);

    add_running_domains(t, group, &domains);
    for (size_t i = 0; i < t->split_dns_count; i++)
        if (bytes_equal(t->split_dns[i].group, group) && !t->split_dns[i].is_no &&
            last_of(t, group, t->split_dns[i].domain, t->split_dns_count) == (int)i)
            text_add(&domains, " %.*s", (int)t->split_dns[i].domain.len, (const char *)t->split_dns[i].domain.data);
    ios_put_line(t, "group-policy ", group, " attributes", nothing);
    ios_put_line(t, domains.len > 0 ? " split-dns value" : " no split-dns", bytes_of_text(space), "", nothing);
}

void ios_add_split_dns(struct translation *t)
{
    for (size_t i = 0; i < t->split_dns_count; i++) {
        bool is_told = false;

        for (size_t k = 0; k < i; k++)
            is_told |= bytes_equal(t->split_dns[k].group, t->split_dns[i].group);
        t->number = t->split_dns[i].number;
        if (!is_told)
            add_domains_of(t, t->split_dns[i].group);
    }
}

bool ios_call_groups(struct translation *t, struct bytes name, const struct bytes *arguments)
{
    if (bytes_equal(name, bytes_of_text("client-group")))
        take_group(t);
    else if (bytes_equal(name, bytes_of_text("split-dns")))
        remember_domain(t, arguments[0], arguments[1]);
    else
        return false;
    return true;
}
