/* Access-lists, crypto ACLs and those that filter: objects, groups and ports resolved into selectors. */
#include "base/protocol.h"
#include "conf/acl_parts.h"

#include <string.h>

enum {
    GROUP_DEPTH_MAX = 16,         /* a group in a group in ... */
    MEMBERS_MAX = 32 * 1024,      /* of the groups of one line */
    MEMBERS_IN_ALL_MAX = 4 << 20, /* that are looked at for all access-lists */
    ACES_MAX = 4096,              /* of one access-list */
    ACES_IN_ALL_MAX = 16384,
};

bool fault(struct ace_reading *r, const char *why)
{
    if (r->why == NULL)
        r->why = why;
    return false;
}

static bool add_range(struct ace_reading *r, struct side *side, struct ip_range range)
{
    if (side->range_count == RANGES_MAX)
        return fault(r, text_in_arena(r->c, "line %u stands for more than %u networks", r->s->line, RANGES_MAX));
    side->ranges[side->range_count++] = range;
    return true;
}

static bool add_network(struct ace_reading *r, struct side *side, const struct statement *where, struct bytes network,
                        struct bytes mask_text)
{
    struct ip ip, mask;
    unsigned prefix_len;

    if (grammar_prefix(network, &ip, &prefix_len))
        return add_range(r, side, ip_range_of_prefix(ip_first(ip, prefix_len), prefix_len));
    if (!resolve_host(r->c, network, &ip))
        return fault(r, text_in_arena(r->c, "line %u: %s is neither an address nor a name given to one", where->line,
                                      name_of(r->c, network)));
    if (mask_text.len == 0)
        return add_range(r, side, ip_range_of_prefix(ip, (unsigned)ip_len(ip) * 8));
    if (!ip_parse(&mask, mask_text) || mask.family != ip.family || ip_mask_len(mask) < 0) {
        const char *name = name_of(r->c, mask_text);

        find(&r->c->finder, CONF_ERROR, where->line, 0, "a mask as 255.255.255.0",
             text_in_arena(r->c, "%s is not a network mask (IOS writes wildcards, an ASA does not)", name));
        return fault(r, text_in_arena(r->c, "line %u: %s is not a network mask", where->line, name));
    }
    return add_range(r, side, ip_range_of_prefix(ip, (unsigned)ip_mask_len(mask)));
}

static struct bytes network_of(const struct statement *s)
{
    struct bytes prefix = statement_argument(s, "prefix", 0);

    return prefix.len > 0 ? prefix : statement_argument(s, "host", 0);
}

static bool add_object_line(struct ace_reading *r, struct side *side, const struct statement *s, bool *is_found)
{
    struct ip first, last;

    switch ((int)s->row->kind) {
    case STATEMENT_object_host:
    case STATEMENT_object_subnet:
        *is_found = true;
        return add_network(r, side, s, network_of(s), statement_argument(s, "mask", 0));
    case STATEMENT_object_range:
        *is_found = true;
        if (!resolve_host(r->c, statement_argument(s, "host", 0), &first) ||
            !resolve_host(r->c, statement_argument(s, "host", 1), &last) || first.family != last.family ||
            ip_compare(first, last) > 0)
            return fault(r, text_in_arena(r->c, "line %u is not a range of addresses", s->line));
        return add_range(r, side, (struct ip_range){first, last});
    case STATEMENT_object_fqdn:
        *is_found = true;
        return fault(r,
                     text_in_arena(r->c, "line %u: a name that must be looked up cannot be in a crypto ACL", s->line));
    }
    return true;
}

static bool add_object(struct ace_reading *r, struct side *side, struct bytes name)
{
    const struct statement *object = statements_next_named(r->c->statements, NULL, STATEMENT_object_network, name);
    bool is_found = false;

    if (object == NULL)
        return fault(r, text_in_arena(r->c, "there is no object network %s", name_of(r->c, name)));
    if (wrong_line_under(r->c, object) != 0)
        return fault(r, text_in_arena(r->c, "line %u (of object network %s) is not understood",
                                      wrong_line_under(r->c, object), name_of(r->c, name)));
    for (const struct statement *s = NULL; (s = next_child(r->c, object, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && !add_object_line(r, side, s, &is_found))
            return false;
    return is_found || fault(r, text_in_arena(r->c, "object network %s has no address", name_of(r->c, name)));
}

static bool add_network_line(struct ace_reading *r, struct side *side, const struct statement *s)
{
    if (s->row->kind != STATEMENT_network_object)
        return true;
    if (statement_has(s, "object"))
        return add_object(r, side, first_argument(s));
    return add_network(r, side, s, network_of(s), statement_argument(s, "mask", 0));
}

static const struct group_form networks = {STATEMENT_object_group_network, STATEMENT_group_object, "network",
                                           add_network_line};

/* ---- groups ---- */

static bool add_group_at(struct ace_reading *r, const struct group_form *form, struct side *side, struct bytes name,
                         unsigned depth);

static bool add_member(struct ace_reading *r, const struct group_form *form, struct side *side,
                       const struct statement *group, const struct statement *s, unsigned depth)
{
    if (++r->members > MEMBERS_MAX)
        return fault(
            r, text_in_arena(r->c, "line %u: its object-groups have more than %u lines", r->s->line, MEMBERS_MAX));
    if (++r->c->group_members > MEMBERS_IN_ALL_MAX)
        return fault(r,
                     text_in_arena(r->c, "line %u: the object-groups of all access-lists are too large", r->s->line));
    if (s->state == STATEMENT_IS_WRONG)
        return fault(r, text_in_arena(r->c, "line %u (of object-group %s %s) is not understood", s->line, form->word,
                                      name_of(r->c, first_argument(group))));
    if (s->state != STATEMENT_IS_KNOWN)
        return true;
    return s->row->kind == form->nested ? add_group_at(r, form, side, first_argument(s), depth + 1)
                                        : form->add(r, side, s);
}

static bool add_group_at(struct ace_reading *r, const struct group_form *form, struct side *side, struct bytes name,
                         unsigned depth)
{
    const struct statement *group = statements_next_named(r->c->statements, NULL, form->group, name);

    if (group == NULL)
        return fault(r, text_in_arena(r->c, "there is no object-group %s %s", form->word, name_of(r->c, name)));
    if (depth > GROUP_DEPTH_MAX)
        return fault(r,
                     text_in_arena(r->c, "object-group %s is in itself, or too deep in others", name_of(r->c, name)));
    for (const struct statement *s = NULL; (s = next_child(r->c, group, s)) != NULL;)
        if (!add_member(r, form, side, group, s, depth))
            return false;
    return true;
}

bool add_group(struct ace_reading *r, const struct group_form *form, struct side *side, struct bytes name)
{
    return add_group_at(r, form, side, name, 0);
}

/* ---- one line, word by word; the grammar has seen to it that they are in order ---- */

bool next_is(const struct ace_reading *r, const char *word)
{
    return r->at < r->s->word_count && item_is_word(r->s->words[r->at].item, word);
}

static bool next_is_argument(const struct ace_reading *r, const char *shown)
{
    const struct grammar_word *word = &r->s->words[r->at];

    return r->at < r->s->word_count && word->item.len == strlen(shown) &&
           memcmp(word->item.at, shown, word->item.len) == 0;
}

bool take_word(struct ace_reading *r, const char *word)
{
    if (!next_is(r, word))
        return false;
    r->at++;
    return true;
}

struct bytes take_argument(struct ace_reading *r)
{
    return r->at < r->s->word_count ? r->s->words[r->at++].text : bytes_of(NULL, 0);
}

static bool add_interface_address(struct ace_reading *r, struct side *side, struct bytes name)
{
    uint16_t index = interface_of_name(r->c, name);

    if (index == NO_INDEX || !ip_is_set(r->c->conf->interfaces[index].ip))
        return fault(r, text_in_arena(r->c, "interface %s has no address", name_of(r->c, name)));

    struct ip ip = r->c->conf->interfaces[index].ip;

    return add_range(r, side, ip_range_of_prefix(ip, (unsigned)ip_len(ip) * 8));
}

static bool read_addresses(struct ace_reading *r, struct side *side)
{
    if (take_word(r, "any")) {
        side->is_any = true;
        return add_range(r, side, ip_range_of_prefix(ip_of_v4(0), 0));
    }
    if (take_word(r, "any4"))
        return add_range(r, side, ip_range_of_prefix(ip_of_v4(0), 0));
    if (take_word(r, "any6"))
        return add_range(r, side, ip_range_of_prefix((struct ip){.family = IP_V6}, 0));
    if (take_word(r, "host"))
        return add_network(r, side, r->s, take_argument(r), bytes_of(NULL, 0));
    if (take_word(r, "object"))
        return add_object(r, side, take_argument(r));
    if (take_word(r, "object-group"))
        return add_group(r, &networks, side, take_argument(r));
    if (take_word(r, "interface"))
        return add_interface_address(r, side, take_argument(r));

    bool is_prefix = next_is_argument(r, "<prefix>");
    struct bytes network = take_argument(r), mask = is_prefix ? bytes_of(NULL, 0) : take_argument(r);

    return add_network(r, side, r->s, network, mask);
}

/* What may stand behind the addresses and the services. */
static bool is_at_end(const struct ace_reading *r)
{
    return r->at == r->s->word_count || next_is(r, "log") || next_is(r, "time-range") || next_is(r, "inactive");
}

static bool read_line(struct ace_reading *r, struct crypto_ace *ace)
{
    struct acl_space *space = r->space;

    while (!next_is(r, "permit") && !next_is(r, "deny"))
        r->at++;
    ace->is_permit = take_word(r, "permit");
    r->at += ace->is_permit ? 0 : 1;
    ace->line = r->s->line;
    if (!read_protocol(r) || !read_addresses(r, &space->source) || !read_source_ports(r) ||
        !read_addresses(r, &space->destination) || !read_destination_ports(r))
        return false;
    return is_at_end(r) ||
           fault(r, text_in_arena(r->c, "line %u: an object-group network stands where ports belong", r->s->line));
}

/* `any` is of the family that the other side has. */
static struct ip_range of_family(const struct side *side, struct ip_range range, struct ip_range other)
{
    return side->is_any && range.first.family != other.first.family
               ? ip_range_of_prefix((struct ip){.family = other.first.family}, 0)
               : range;
}

/* ---- the whole list ---- */

struct ace_list {
    struct crypto_ace *aces;
    uint32_t count, max;
};

static bool add_ace(struct ace_reading *r, struct ace_list *list, struct crypto_ace ace)
{
    if (list->count == list->max)
        return fault(r, text_in_arena(r->c, "line %u: its objects make more than %u lines", r->s->line, list->max));
    list->aces[list->count++] = ace;
    return true;
}

/* Between those two. */
static bool add_services(struct ace_reading *r, struct ace_list *list, struct crypto_ace ace, bool is_of_both)
{
    for (uint16_t i = 0; i < r->space->service_count; i++) {
        const struct service *service = &r->space->services[i];

        if (is_of_both && service->protocol == PROTOCOL_ICMP)
            continue;
        ace.selector.protocol = service->protocol;
        ace.selector.local_ports = service->source;
        ace.selector.remote_ports = service->destination;
        if (!add_ace(r, list, ace))
            return false;
    }
    return true;
}

static bool expand_line(struct ace_reading *r, struct ace_list *list)
{
    struct side *source = &r->space->source, *destination = &r->space->destination;
    struct crypto_ace ace = {0};

    source->range_count = destination->range_count = 0;
    source->is_any = destination->is_any = false;
    r->at = 0;
    r->members = 0;
    if (!read_line(r, &ace))
        return false;
    for (uint16_t i = 0; i < source->range_count; i++) {
        for (uint16_t j = 0; j < destination->range_count; j++) {
            ace.selector.local = of_family(source, source->ranges[i], destination->ranges[j]);
            ace.selector.remote = of_family(destination, destination->ranges[j], source->ranges[i]);
            if (ace.selector.local.first.family != ace.selector.remote.first.family)
                continue;
            if (!add_services(r, list, ace, false))
                return false;
        }
    }
    if (!r->is_filter || !source->is_any || !destination->is_any)
        return true;
    ace.selector.local = ace.selector.remote = ip_range_of_prefix((struct ip){.family = IP_V6}, 0);
    return add_services(r, list, ace, true);
}

static bool has_permit(const struct ace_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->aces[i].is_permit)
            return true;
    return false;
}

static void warn_of_time_range(struct compiler *c, const struct statement *s)
{
    if (statement_has(s, "time-range"))
        say(c, CONF_WARNING, s, "the time-range is not used: this line of a crypto ACL always holds");
}

static void expand_list(struct ace_reading *r, struct ace_list *list, struct bytes name, bool *is_known)
{
    for (const struct statement *s = NULL;
         list->count < list->max &&
         (s = statements_next_named(r->c->statements, s, STATEMENT_acl_extended, name)) != NULL;) {
        *is_known = true;
        if (statement_has(s, "inactive"))
            continue;
        warn_of_time_range(r->c, s);
        r->s = s;
        expand_line(r, list);
    }
}

bool compile_acl_room(struct compiler *c)
{
    c->aces = arena_take(c->arena, ACES_IN_ALL_MAX * sizeof *c->aces);
    c->acl_space = arena_take(c->arena, sizeof *c->acl_space);
    return !c->arena->is_full;
}

const struct crypto_ace *compile_acl(struct compiler *c, struct bytes name, uint16_t *ace_count, const char **why)
{
    uint32_t wrong = wrong_line_of(c, FAMILY_ACL, name), room = ACES_IN_ALL_MAX - c->ace_total;
    struct ace_list list = {.aces = c->aces + c->ace_total, .max = room < ACES_MAX ? room : ACES_MAX};
    struct ace_reading r = {.c = c, .space = c->acl_space};
    bool is_known = false;

    if (wrong != 0)
        r.why = text_in_arena(c, "line %u is not understood", wrong);
    expand_list(&r, &list, name, &is_known);
    if (r.why == NULL && !is_known)
        r.why = "there is no such extended access-list";
    else if (r.why == NULL && !has_permit(&list))
        r.why = "no line of it permits anything";
    *why = r.why;
    c->ace_total += list.count;
    *ace_count = (uint16_t)list.count;
    return list.aces;
}

/* ---- a list that filters ---- */

/* Why this line is not in the filter; NULL: it is. */
static const char *expand_filter_line(struct ace_reading *r, struct ace_list *list, const struct statement *s)
{
    uint32_t count = list->count;

    r->s = s;
    r->why = NULL;
    if (statement_has(s, "time-range") && statement_has(s, "permit"))
        r->why = text_in_arena(r->c, "line %u: ikewise does not look at time-ranges", s->line);
    else if (!expand_line(r, list))
        list->count = count;
    return r->why;
}

/* What cannot be read might deny something: then nothing behind it is let through. */
const struct crypto_ace *compile_filter_acl(struct compiler *c, struct bytes name, uint16_t *ace_count)
{
    uint32_t wrong = wrong_line_of(c, FAMILY_ACL, name), room = ACES_IN_ALL_MAX - c->ace_total;
    struct ace_list list = {.aces = c->aces + c->ace_total, .max = room < ACES_MAX ? room : ACES_MAX};
    struct ace_reading r = {.c = c, .space = c->acl_space, .is_filter = true};
    bool is_known = false, is_cut = false;

    for (const struct statement *s = NULL;
         !is_cut && (s = statements_next_named(c->statements, s, STATEMENT_acl_extended, name)) != NULL;) {
        is_known = true;
        if (statement_has(s, "inactive"))
            continue;
        is_cut = wrong != 0 && s->line > wrong;
        const char *why = is_cut ? NULL : expand_filter_line(&r, &list, s);
        if (why == NULL)
            continue;
        is_cut = !statement_has(s, "permit");
        say(c, CONF_ERROR, s, "access-list %.64s filters without this line%s: %s", name_of(c, name),
            is_cut ? ", and nothing behind it is let through" : "", why);
    }
    if (wrong != 0)
        find(&c->finder, CONF_ERROR, wrong, 0, "",
             text_in_arena(c,
                           "access-list %.64s filters, this line of it is not understood, and nothing behind it is "
                           "let through",
                           name_of(c, name)));
    *ace_count = (uint16_t)list.count;
    c->ace_total += list.count;
    return is_known ? list.aces : NULL;
}

const struct ip_range *compile_ranges(struct compiler *c, struct bytes name, uint16_t *count, const char **why)
{
    struct ace_reading r = {.c = c, .space = c->acl_space};
    struct side *side = &c->acl_space->source;

    side->range_count = 0;
    if (bytes_equal(name, bytes_of_text("any")) || bytes_equal(name, bytes_of_text("any4")))
        add_range(&r, side, ip_range_of_prefix(ip_of_v4(0), 0));
    else if (statements_next_named(c->statements, NULL, STATEMENT_object_network, name) != NULL)
        add_object(&r, side, name);
    else
        add_group(&r, &networks, side, name);
    if (r.why == NULL && side->range_count == 0)
        r.why = text_in_arena(c, "object-group network %s is empty", name_of(c, name));
    *why = r.why;
    *count = side->range_count;
    return side->ranges;
}
