/* `username NAME attributes`: what single users may, and get. What changes the group-policy that holds for one makes a
 * group-policy of his own, from each that he may have by his tunnel-group. */
#include "conf/compile.h"

#include <string.h>

/* What is his alone, and not of a group-policy. */
static bool is_of_rights(const struct statement *s)
{
    return s->row->kind == STATEMENT_user_policy || s->row->kind == STATEMENT_user_address ||
           s->row->kind == STATEMENT_user_service || s->row->effect != EFFECT_USED;
}

static bool changes_policy(const struct compiler *c, const struct statement *block)
{
    for (const struct statement *s = NULL; (s = next_child(c, block, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && !s->is_no && !is_of_rights(s))
            return true;
    return false;
}

static uint32_t named_count(const struct compiler *c)
{
    return statement_count(c->statements, STATEMENT_group_policy_attributes);
}

/* Of each that there is, and of none. */
uint32_t compile_user_policies(const struct compiler *c)
{
    uint32_t count = 0;

    for (const struct statement *block = NULL;
         (block = statements_next(c->statements, block, STATEMENT_username_attributes)) != NULL;)
        if (changes_policy(c, block))
            count += named_count(c) + 1;
    return count;
}

struct making {
    struct group_policy *list;
    uint16_t room;
    const struct statement *block;
    struct user_rights *user;
};

static bool take_address(struct compiler *c, const struct statement *s, struct user_rights *user)
{
    struct bytes mask = statement_argument(s, "mask", 0);
    struct ip ip;

    if (!resolve_host(c, statement_argument(s, "host", 0), &ip) || ip.family != IP_V4 ||
        (mask.len > 0 && (!ip_parse(&user->mask, mask) || ip_mask_len(user->mask) < 0)))
        return false;
    if (mask.len == 0)
        user->mask = ip_mask(IP_V4, 32);
    user->address = ip;
    return true;
}

/* The number of his group-policy where he names one; 0: that of his tunnel-group holds. */
static uint16_t take_rights(struct compiler *c, struct making *m)
{
    uint16_t number = 0;

    for (const struct statement *s = NULL; (s = next_child(c, m->block, s)) != NULL;) {
        if (s->state != STATEMENT_IS_KNOWN || s->is_no)
            continue;
        if (s->row->kind == STATEMENT_user_service)
            m->user->is_refused = !statement_has(s, "remote-access");
        else if (s->row->kind == STATEMENT_user_address && !take_address(c, s, m->user))
            say(c, CONF_ERROR, s,
                "user %.64s gets an address of the pools: only an IPv4 address and its mask are given", m->user->name);
        else if (s->row->kind == STATEMENT_user_policy && !statement_has(s, "none")) {
            struct bytes name = statement_argument(s, "group-policy", 0);

            number = compile_policy_number(c, name);
            if (number == 0)
                say(c, CONF_WARNING, s,
                    "user %.64s: there are no attributes of a group-policy %.64s, so that of his tunnel-group holds",
                    m->user->name, name_of(c, name));
        }
    }
    return number;
}

/* Made of the group-policy `number`; 0: of nothing. Returns its own number. */
static uint16_t make_own(struct compiler *c, struct making *m, uint16_t number)
{
    struct policy *p = &c->conf->policy;

    if (m->room == 0)
        return number;
    m->room--;
    struct group_policy *own = &m->list[p->group_policy_count++];
    *own = number > 0
               ? m->list[number - 1]
               : (struct group_policy){.name = "DfltGrpPolicy", .banner = "", .default_domain = "", .split_dns = ""};
    own->user = m->user->name;
    compile_attributes(c, own, m->block);
    return p->group_policy_count;
}

static void make_policies(struct compiler *c, struct making *m, uint16_t named)
{
    uint16_t wanted = take_rights(c, m);
    bool is_changed = changes_policy(c, m->block);
    uint16_t *numbers;

    if (!is_changed && wanted == 0)
        return;
    numbers = arena_take(c->arena, (named + 1u) * sizeof *numbers);
    if (numbers == NULL)
        return;
    if (is_changed && m->room < (wanted > 0 ? 1 : named + 1))
        say(c, CONF_ERROR, m->block, "the attributes of user %.64s do not hold: there are too many of users",
            m->user->name);
    uint16_t own = wanted == 0 || !is_changed ? wanted : make_own(c, m, wanted);
    for (uint16_t i = 0; i <= named; i++)
        numbers[i] = wanted > 0 ? own : make_own(c, m, i);
    m->user->group_policies = numbers;
}

static void sift(struct user_rights *users, uint32_t at, uint32_t count)
{
    struct user_rights sifted = users[at];

    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && strcmp(users[child].name, users[child + 1].name) < 0;
        if (strcmp(sifted.name, users[child].name) >= 0)
            break;
        users[at] = users[child];
    }
    users[at] = sifted;
}

/* A heap: there may be as many as a configuration has lines. */
static void sort(struct user_rights *users, uint32_t count)
{
    for (uint32_t i = count / 2; i > 0; i--)
        sift(users, i - 1, count);
    for (uint32_t end = count; end > 1; end--) {
        struct user_rights last = users[end - 1];

        users[end - 1] = users[0];
        users[0] = last;
        sift(users, 0, end - 1);
    }
}

void compile_user_rights(struct compiler *c, struct group_policy *list, uint16_t room)
{
    struct policy *p = &c->conf->policy;
    uint32_t count = statement_count(c->statements, STATEMENT_username_attributes);
    struct user_rights *users = arena_take(c->arena, count * sizeof *users);
    uint16_t named = p->group_policy_count;
    struct making m = {.list = list, .room = room};

    p->users = users;
    p->user_count = 0;
    if (users == NULL)
        return;
    while ((m.block = statements_next(c->statements, m.block, STATEMENT_username_attributes)) != NULL) {
        m.user = &users[p->user_count++];
        *m.user = (struct user_rights){.name = name_of(c, first_argument(m.block))};
        make_policies(c, &m, named);
    }
    sort(users, p->user_count);
}
