/* What is filtered, and by which access-list: vpn-filter of the group-policies, access-group of the interfaces. */
#include "conf/compile.h"

#include "policy/filter.h"

#include <string.h>

enum { LIST_SPACE = 4 * 1024 * 1024 }; /* as many lines as all lists together may have, and what is found */

/* As many as can be wanted: a list of an access-group, of a user, and of a group-policy its own and that of
 * DfltGrpPolicy. */
void compile_filters_room(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_access_group) +
                     statement_count(c->statements, STATEMENT_user_filter) +
                     2 * statement_count(c->statements, STATEMENT_group_policy_attributes);

    c->filters = arena_take(c->arena, count * sizeof *c->filters);
    c->conf->policy.filters = c->filters;
    c->conf->policy.filter_count = 0;
}

uint16_t compile_filter(struct compiler *c, const struct statement *of, struct bytes list)
{
    struct policy *p = &c->conf->policy;
    struct filter *f = &c->filters[p->filter_count];

    for (uint16_t i = 0; i < p->filter_count; i++)
        if (bytes_equal(bytes_of_text(c->filters[i].name), list))
            return i + 1;
    *f = (struct filter){.name = name_of(c, list), .first_hit = filter_hit_count(p)};
    f->aces = compile_filter_acl(c, list, &f->ace_count);
    if (f->aces == NULL)
        say(c, CONF_ERROR, of, "there is no extended access-list %.64s, so nothing is let through", f->name);
    return ++p->filter_count;
}

size_t conf_list_space(void)
{
    return LIST_SPACE;
}

/* What it finds wrong is for who asks: the findings of `conf` stay as they are. */
bool conf_read_list(const struct conf *conf, struct bytes name, struct arena *arena, struct filter *list,
                    struct text *why)
{
    struct conf asked = *conf;
    struct compiler c = {
        .conf = &asked, .statements = conf->statements, .finder = {&asked, arena, conf->file_name}, .arena = arena};

    asked.findings_of_reading = NULL;
    asked.findings_of_reading_count = 0;
    findings_begin(&asked, arena);
    *list = (struct filter){0};
    if (conf->statements == NULL || arena->is_full || !compile_acl_room(&c)) {
        text_add(why, "there is no room to read access-lists");
        return false;
    }
    list->name = name_of(&c, name);
    list->aces = compile_filter_acl(&c, name, &list->ace_count);
    findings_sort(&asked);
    if (list->aces == NULL)
        text_add(why, "there is no extended access-list %.64s", list->name);
    else if (asked.error_count > 0)
        text_add(why, "line %u: %s", asked.findings[0].line, asked.findings[0].sentence);
    return list->aces != NULL && asked.error_count == 0;
}

static enum access_way way_of(const struct statement *s)
{
    return statement_has(s, "control-plane") ? ACCESS_CONTROL_PLANE : statement_has(s, "out") ? ACCESS_OUT : ACCESS_IN;
}

/* The place of the one that it replaces, or a new one. */
static struct access_group *place_of(struct compiler *c, struct access_group *groups, uint16_t interface,
                                     enum access_way way)
{
    struct policy *p = &c->conf->policy;

    for (uint16_t i = 0; i < p->access_group_count; i++) {
        if (groups[i].interface != interface || groups[i].way != way)
            continue;
        find(&c->finder, CONF_WARNING, groups[i].line, 0, "",
             "a later access-group of the same interface and direction replaces this one");
        return &groups[i];
    }
    return &groups[p->access_group_count++];
}

void compile_access_groups(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_access_group);
    struct access_group *groups = arena_take(c->arena, count * sizeof *groups);
    const struct statement *permit_vpn = statements_next(c->statements, NULL, STATEMENT_permit_vpn);

    c->conf->policy.is_decrypted_filtered = permit_vpn != NULL && permit_vpn->is_no;
    c->conf->policy.access_groups = groups;
    if (groups == NULL)
        return;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_access_group)) != NULL;) {
        struct bytes name = statement_argument(s, "interface", 0);
        bool is_global = name.len == 0;
        uint16_t interface = is_global ? NO_INDEX : interface_of_name(c, name);

        if (!is_global && interface == NO_INDEX) {
            say(c, CONF_ERROR, s, "there is no interface with the nameif %.64s, so nothing is filtered",
                name_of(c, name));
            continue;
        }
        if (way_of(s) == ACCESS_CONTROL_PLANE && statement_has(s, "out")) {
            say(c, CONF_ERROR, s, "what the gateway itself sends is not filtered: control-plane goes with `in`");
            continue;
        }
        *place_of(c, groups, interface, way_of(s)) =
            (struct access_group){.filter = (uint16_t)(compile_filter(c, s, statement_argument(s, "acl", 0)) - 1),
                                  .interface = interface,
                                  .way = way_of(s),
                                  .line = s->line};
    }
}
