/* What a line of an access-list is about beside its addresses: protocol, ports, types of ICMP; and the objects and
 * groups that hold them. */
#include "base/service.h"
#include "base/protocol.h"
#include "conf/acl_parts.h"

#include "policy/filter.h"

static const struct port_range all_ports = {0, UINT16_MAX};

static bool add_service(struct ace_reading *r, struct service service)
{
    struct acl_space *space = r->space;

    if (space->service_count == SERVICES_MAX)
        return fault(r, text_in_arena(r->c, "line %u stands for more than %u services", r->s->line, SERVICES_MAX));
    space->services[space->service_count++] = service;
    return true;
}

/* ---- ports ---- */

static bool add_ports(struct ace_reading *r, struct ports *ports, uint32_t first, uint32_t last)
{
    if (first > last || last > UINT16_MAX)
        return fault(r, text_in_arena(r->c, "line %u: no port is in that range", r->s->line));
    if (ports->count == RANGES_MAX)
        return fault(r, text_in_arena(r->c, "line %u stands for more than %u ranges of ports", r->s->line, RANGES_MAX));
    ports->ranges[ports->count++] = (struct port_range){(uint16_t)first, (uint16_t)last};
    return true;
}

/* Adds what is said there, which may be nothing. */
static bool read_ports(struct ace_reading *r, struct ports *ports)
{
    static const char *const operators[] = {"eq", "neq", "lt", "gt", "range"};
    uint16_t a = 0, b = 0;
    size_t op = 0;

    while (op < COUNT_OF(operators) && !take_word(r, operators[op]))
        op++;
    if (op == COUNT_OF(operators))
        return add_ports(r, ports, 0, UINT16_MAX);
    service_port(take_argument(r), &a);
    if (op == 4)
        service_port(take_argument(r), &b);
    switch (op) {
    case 0: return add_ports(r, ports, a, a);
    case 1:
        return (a == 0 || add_ports(r, ports, 0, a - 1u)) &&
               (a == UINT16_MAX || add_ports(r, ports, a + 1u, UINT16_MAX));
    case 2: return a > 0 ? add_ports(r, ports, 0, a - 1u) : add_ports(r, ports, 1, 0);
    case 3: return add_ports(r, ports, a + 1u, UINT16_MAX);
    }
    return add_ports(r, ports, a, b);
}

static bool are_any(const struct ports *ports)
{
    return ports->count == 1 && ports->ranges[0].first == 0 && ports->ranges[0].last == UINT16_MAX;
}

static bool has_ports(struct ace_reading *r, uint8_t protocol)
{
    return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP ||
           fault(r, text_in_arena(r->c, "line %u: only tcp, udp and sctp have ports", r->s->line));
}

static bool put_together(struct ace_reading *r, uint8_t protocol, const struct ports *source,
                         const struct ports *destination)
{
    for (uint16_t i = 0; i < source->count; i++)
        for (uint16_t j = 0; j < destination->count; j++)
            if (!add_service(r, (struct service){protocol, source->ranges[i], destination->ranges[j]}))
                return false;
    return true;
}

/* ---- types of ICMP ---- */

static bool is_icmp(uint8_t protocol)
{
    return protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6;
}

/* `code` may be empty: any. They stand where the port of a source would (policy/filter.h). */
static bool add_icmp_type(struct ace_reading *r, struct ports *ports, uint8_t protocol, struct bytes word,
                          struct bytes code)
{
    uint32_t number = 0;
    uint8_t type;

    if (!r->is_filter)
        return fault(
            r, text_in_arena(r->c, "line %u: ikewise does not tell ICMP types apart in a crypto ACL", r->s->line));
    if (!is_icmp(protocol) || !service_icmp_type(word, protocol == PROTOCOL_ICMP6, &type))
        return fault(r, text_in_arena(r->c, "line %u: %s is no type of ICMP", r->s->line, name_of(r->c, word)));
    bytes_decimal(code, UINT8_MAX, &number);
    return add_ports(r, ports, filter_icmp_port(type, (uint8_t)number),
                     filter_icmp_port(type, code.len > 0 ? (uint8_t)number : UINT8_MAX));
}

/* The only protocol that the line names; of a group it is none of ICMP. */
static uint8_t protocol_of_line(const struct ace_reading *r)
{
    return r->space->service_count == 1 && !r->space->are_whole ? r->space->services[0].protocol : PROTOCOL_IP;
}

static bool add_icmp_line(struct ace_reading *r, struct side *side, const struct statement *s)
{
    return s->row->kind != STATEMENT_icmp_object ||
           add_icmp_type(r, &side->ports, protocol_of_line(r), first_argument(s), bytes_of(NULL, 0));
}

/* ---- one service of an object or group ---- */

static bool read_own_source(struct ace_reading *r, uint8_t protocol)
{
    struct ports *source = &r->space->own_source;

    source->count = 0;
    if (!take_word(r, "source"))
        return add_ports(r, source, 0, UINT16_MAX);
    return has_ports(r, protocol) && read_ports(r, source);
}

/* Before 8.4 ports without a word before them are the destination's. */
static bool read_own_destination(struct ace_reading *r, uint8_t protocol)
{
    struct ports *destination = &r->space->own_destination;

    take_word(r, "destination");
    destination->count = 0;
    if (!read_ports(r, destination) || (!are_any(destination) && !has_ports(r, protocol)))
        return false;
    if (r->at == r->s->word_count)
        return true;

    struct bytes type = take_argument(r);

    r->space->own_source.count = 0;
    return add_icmp_type(r, &r->space->own_source, protocol, type, take_argument(r));
}

/* "tcp source gt 1023 destination eq https", "icmp echo": what stands behind `service` and `service-object`. */
static bool read_service(struct ace_reading *r, struct side *side)
{
    const struct ports *source = &r->space->own_source, *destination = &r->space->own_destination;
    bool is_both = take_word(r, "tcp-udp");
    uint8_t protocol = PROTOCOL_TCP;

    (void)side;
    if (!is_both)
        service_protocol(take_argument(r), &protocol);
    return read_own_source(r, protocol) && read_own_destination(r, protocol) &&
           put_together(r, protocol, source, destination) &&
           (!is_both || put_together(r, PROTOCOL_UDP, source, destination));
}

static bool read_side_ports(struct ace_reading *r, struct side *side)
{
    return read_ports(r, &side->ports);
}

/* Reads the words of another statement behind its first, and then the line goes on. */
static bool read_words_of(struct ace_reading *r, const struct statement *s, struct side *side,
                          bool (*read)(struct ace_reading *r, struct side *side))
{
    const struct statement *line = r->s;
    uint16_t at = r->at;

    r->s = s;
    r->at = 1;

    bool is_ok = read(r, side);

    r->s = line;
    r->at = at;
    return is_ok;
}

static bool add_service_object(struct ace_reading *r, struct bytes name)
{
    const struct statement *object = statements_next_named(r->c->statements, NULL, STATEMENT_object_service, name);

    if (object == NULL)
        return fault(r, text_in_arena(r->c, "there is no object service %s", name_of(r->c, name)));
    if (wrong_line_under(r->c, object) != 0)
        return fault(r, text_in_arena(r->c, "line %u (of object service %s) is not understood",
                                      wrong_line_under(r->c, object), name_of(r->c, name)));
    for (const struct statement *s = NULL; (s = next_child(r->c, object, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_service_of_object)
            return read_words_of(r, s, NULL, read_service);
    return fault(r, text_in_arena(r->c, "object service %s has no service", name_of(r->c, name)));
}

/* ---- groups ---- */

static const struct statement *group_of(const struct ace_reading *r, const struct statement *member)
{
    return &r->c->statements->list[member->parent];
}

static bool add_service_line(struct ace_reading *r, struct side *side, const struct statement *s)
{
    if (s->row->kind == STATEMENT_port_object)
        return fault(r,
                     text_in_arena(r->c,
                                   "object-group service %s has ports and no protocol: the protocol stands before the "
                                   "addresses, and the group behind them",
                                   name_of(r->c, first_argument(group_of(r, s)))));
    if (s->row->kind != STATEMENT_service_object)
        return true;
    return statement_has(s, "object") ? add_service_object(r, first_argument(s))
                                      : read_words_of(r, s, side, read_service);
}

/* A group of ports says behind its name whose they are. */
static bool is_for(const struct statement *group, uint8_t protocol)
{
    return statement_has(group, "tcp-udp")
               ? protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP
               : bytes_equal(statement_choice(group), bytes_of_text(protocol_name(protocol)));
}

static bool add_port_line(struct ace_reading *r, struct side *side, const struct statement *s)
{
    const struct statement *group = group_of(r, s);
    const char *name = name_of(r->c, first_argument(group));

    if (s->row->kind == STATEMENT_service_object)
        return fault(r,
                     text_in_arena(r->c,
                                   "object-group service %s has protocols of its own: it stands before the addresses, "
                                   "in place of the protocol",
                                   name));
    if (s->row->kind != STATEMENT_port_object)
        return true;
    for (uint16_t i = 0; i < r->space->service_count; i++) {
        uint8_t protocol = r->space->services[i].protocol;

        if (!has_ports(r, protocol))
            return false;
        if (!is_for(group, protocol))
            return fault(r, text_in_arena(r->c, "line %u: object-group service %s is not for %s", r->s->line, name,
                                          protocol_name(protocol)));
    }
    return read_words_of(r, s, side, read_side_ports);
}

static bool add_protocol_line(struct ace_reading *r, struct side *side, const struct statement *s)
{
    uint8_t protocol = PROTOCOL_IP;

    (void)side;
    if (s->row->kind != STATEMENT_protocol_object)
        return true;
    service_protocol(first_argument(s), &protocol);
    return add_service(r, (struct service){protocol, all_ports, all_ports});
}

static const struct group_form services = {STATEMENT_object_group_service, STATEMENT_service_group_object, "service",
                                           add_service_line},
                               ports = {STATEMENT_object_group_service, STATEMENT_service_group_object, "service",
                                        add_port_line},
                               protocols = {STATEMENT_object_group_protocol, STATEMENT_protocol_group_object,
                                            "protocol", add_protocol_line},
                               icmp_types = {STATEMENT_object_group_icmp, STATEMENT_icmp_group_object, "icmp-type",
                                             add_icmp_line};

static bool is_group(const struct ace_reading *r, enum statement_kind kind, struct bytes name)
{
    return statements_next_named(r->c->statements, NULL, kind, name) != NULL;
}

static bool is_filled(struct ace_reading *r, uint16_t count, struct bytes group)
{
    return count > 0 ||
           fault(r, text_in_arena(r->c, "line %u: object-group %s is empty", r->s->line, name_of(r->c, group)));
}

/* ---- the places of a line ---- */

static bool read_group_of_protocols(struct ace_reading *r)
{
    struct bytes name = take_argument(r);

    r->space->are_whole = !is_group(r, STATEMENT_object_group_protocol, name);
    if (r->space->are_whole && !is_group(r, STATEMENT_object_group_service, name))
        return fault(r, text_in_arena(r->c, "there is no object-group service or protocol %s", name_of(r->c, name)));
    return add_group(r, r->space->are_whole ? &services : &protocols, &r->space->source, name) &&
           is_filled(r, r->space->service_count, name);
}

bool read_protocol(struct ace_reading *r)
{
    uint8_t protocol = PROTOCOL_IP;

    r->space->service_count = 0;
    r->space->are_whole = take_word(r, "object");
    if (r->space->are_whole)
        return add_service_object(r, take_argument(r));
    if (take_word(r, "object-group"))
        return read_group_of_protocols(r);
    service_protocol(take_argument(r), &protocol);
    return add_service(r, (struct service){protocol, all_ports, all_ports});
}

static bool read_group_of_ports(struct ace_reading *r, struct side *side, const struct group_form *form)
{
    struct bytes name = take_argument(r);

    side->ports.count = 0;
    return add_group(r, form, side, name) && is_filled(r, side->ports.count, name);
}

/* What stands there may be the destination as well. */
static bool is_group_of_ports(const struct ace_reading *r)
{
    return next_is(r, "object-group") && r->at + 1 < r->s->word_count &&
           is_group(r, STATEMENT_object_group_service, r->s->words[r->at + 1].text) &&
           !is_group(r, STATEMENT_object_group_network, r->s->words[r->at + 1].text);
}

bool read_source_ports(struct ace_reading *r)
{
    struct side *side = &r->space->source;

    side->ports.count = 0;
    if (!is_group_of_ports(r))
        return read_ports(r, &side->ports);
    take_word(r, "object-group");
    return read_group_of_ports(r, side, &ports);
}

/* Each protocol with each pair of ports. */
static bool put_all_together(struct ace_reading *r)
{
    struct acl_space *space = r->space;
    uint8_t list[UINT8_MAX + 1];
    uint16_t count = 0;
    bool are_known[COUNT_OF(list)] = {false};

    for (uint16_t i = 0; i < space->service_count; i++) {
        uint8_t protocol = space->services[i].protocol;

        if (!are_known[protocol])
            list[count++] = protocol;
        are_known[protocol] = true;
    }
    space->service_count = 0;
    for (uint16_t i = 0; i < count; i++)
        if (!put_together(r, list[i], &space->source.ports, &space->destination.ports))
            return false;
    return true;
}

static bool read_icmp_types(struct ace_reading *r, bool is_group)
{
    struct side *source = &r->space->source;

    if (is_group)
        return read_group_of_ports(r, source, &icmp_types);
    source->ports.count = 0;
    return add_icmp_type(r, &source->ports, protocol_of_line(r), take_argument(r), bytes_of(NULL, 0));
}

bool read_destination_ports(struct ace_reading *r)
{
    struct acl_space *space = r->space;
    struct side *side = &space->destination;

    side->ports.count = 0;
    bool is_group = take_word(r, "object-group"), is_type = is_group && is_icmp(protocol_of_line(r));

    if (is_group && !is_type ? !read_group_of_ports(r, side, &ports) : !read_ports(r, &side->ports))
        return false;
    is_type |= r->at < r->s->word_count && r->s->words[r->at].item.at[0] == '<';
    if (is_type && !read_icmp_types(r, is_group))
        return false;
    if (are_any(&space->source.ports) && are_any(&side->ports))
        return true;
    if (space->are_whole)
        return fault(r, text_in_arena(r->c, "line %u: its object says the ports already", r->s->line));
    for (uint16_t i = 0; !is_type && i < space->service_count; i++)
        if (!has_ports(r, space->services[i].protocol))
            return false;
    return put_all_together(r);
}
