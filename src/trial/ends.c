/* Two configurations, and which parts of them are about each other. */
#include "trial/parts.h"

#include "base/check.h"
#include "conf/statement.h"

#include <stdarg.h>
#include <string.h>

enum { NOTE_SIZE = 400 };

const char *say_text(struct trial *t, const char *format, ...)
{
    char space[NOTE_SIZE];
    struct text s = text_of(space, sizeof space);
    va_list list;

    va_start(list, format);
    text_add_list(&s, format, list);
    va_end(list);
    const char *copy = arena_copy_text(t->arena, bytes_of(space, s.len));
    return copy ? copy : "";
}

void note(struct trial *t, const char *format, ...)
{
    char space[NOTE_SIZE];
    struct text s = text_of(space, sizeof space);
    va_list list;

    va_start(list, format);
    text_add_list(&s, format, list);
    va_end(list);
    for (size_t i = 0; i < t->result.note_count; i++)
        if (strcmp(t->result.notes[i], space) == 0)
            return;
    if (t->result.note_count < TRIAL_NOTES_MAX)
        t->result.notes[t->result.note_count++] = say_text(t, "%s", space);
}

/* ---- reading ---- */

static bool is_of_device(const struct conf *conf)
{
    return statements_next(conf->statements, NULL, STATEMENT_version) != NULL;
}

static bool read_text(struct trial *t, struct end *e)
{
    struct arena arena = arena_of(e->conf_memory, t->conf_size);

    if (e->is_read)
        conf_wipe(&e->conf);
    e->read_len = e->text_len;
    e->is_read = conf_read(&e->conf, bytes_of(e->text, e->text_len), e->as.name, &arena);
    return e->is_read && !arena.is_full;
}

static void append(struct end *e, struct bytes more)
{
    CHECK(e->text_len + more.len <= e->text_size);
    memcpy(e->text + e->text_len, more.data, more.len);
    e->text_len += more.len;
}

/* A device takes the algorithms of its time; what ikewise runs has said so itself. */
static bool assume_weak(struct trial *t, struct end *e)
{
    static const char *const line = "\ncrypto ikev1 weak-algorithms\n";

    if (!is_of_device(&e->conf) || e->conf.policy.are_weak_allowed)
        return true;
    append(e, bytes_of_text(line));
    return read_text(t, e);
}

bool ends_read(struct trial *t)
{
    for (unsigned i = 0; i < 2; i++) {
        struct end *e = &t->ends[i];

        if (e->is_read && e->read_len == e->text_len) /* changes are put behind it, and taken away again */
            continue;
        if (!read_text(t, e) || !assume_weak(t, e))
            return false;
    }
    return true;
}

/* ---- addresses ---- */

static bool names(const struct tunnel *tunnel, struct ip peer)
{
    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        if (ip_equal(tunnel->peers[i], peer))
            return true;
    return false;
}

static unsigned count_naming(const struct conf *conf, struct ip peer)
{
    unsigned count = 0;

    for (uint16_t i = 0; i < conf->policy.tunnel_count; i++)
        count += names(&conf->policy.tunnels[i], peer);
    return count;
}

/* Of all tunnels; IP_NONE: there is none, or there are several. */
static struct ip only_peer(const struct conf *conf)
{
    struct ip peer = {0};

    for (uint16_t i = 0; i < conf->policy.tunnel_count; i++)
        for (uint8_t k = 0; k < conf->policy.tunnels[i].peer_count; k++) {
            struct ip other = conf->policy.tunnels[i].peers[k];

            if (ip_is_set(peer) && !ip_equal(peer, other))
                return (struct ip){0};
            peer = other;
        }
    return peer;
}

static bool is_private(struct ip ip)
{
    static const struct {
        uint32_t first, mask;
    } rows[] = {{0x0a000000, 0xff000000}, {0xac100000, 0xfff00000}, {0xc0a80000, 0xffff0000}, {0x64400000, 0xffc00000}};
    uint32_t v4 = ip_to_v4(ip);

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (v4 != 0 && (v4 & rows[i].mask) == rows[i].first)
            return true;
    return false;
}

/* The interface whose address the other end has as its peer; else the one with a crypto map; else the only one with an
 * address. */
static uint16_t interface_towards(const struct conf *conf, const struct conf *other)
{
    const struct policy *p = &conf->policy;
    uint16_t with_map = NO_INDEX, any = NO_INDEX;

    for (uint16_t i = 0; i < p->interface_count; i++) {
        if (!ip_is_set(p->interfaces[i].ip))
            continue;
        if (count_naming(other, p->interfaces[i].ip) > 0)
            return i;
        if (*p->interfaces[i].map_name && with_map == NO_INDEX)
            with_map = i;
        if (any == NO_INDEX || p->interfaces[i].is_ikev1_enabled)
            any = i;
    }
    return with_map != NO_INDEX ? with_map : any;
}

static void find_address(struct trial *t, unsigned end)
{
    struct end *e = &t->ends[end];

    e->interface = interface_towards(&e->conf, &t->ends[!end].conf);
    e->address = e->interface == NO_INDEX ? (struct ip){0} : e->conf.policy.interfaces[e->interface].ip;
    e->seen_as = e->address;
}

/* A private address that the other end names otherwise is behind NAT; without an address it is the one that the other
 * names. */
static void find_how_seen(struct trial *t, unsigned end)
{
    struct end *e = &t->ends[end], *other = &t->ends[!end];
    struct ip named = only_peer(&other->conf);
    char own[IP_TEXT_SIZE], as[IP_TEXT_SIZE];

    if (!ip_is_set(named) || ip_equal(named, e->address))
        return;
    if (ip_is_set(e->address) && is_private(e->address) && !is_private(named)) {
        e->seen_as = named;
        note(t, "%s is taken to be behind NAT: its interface has %s, and %s has %s as its peer", e->as.name,
             ip_text(e->address, own), other->as.name, ip_text(named, as));
    }
}

/* ---- tunnels ---- */

static bool has_all_but_key(const struct policy *p, const struct tunnel *tunnel)
{
    return tunnel->interface != NO_INDEX && tunnel->interface < p->interface_count &&
           p->interfaces[tunnel->interface].is_ikev1_enabled && ip_is_set(p->interfaces[tunnel->interface].ip) &&
           tunnel->ace_count > 0 && tunnel->transform_set_count > 0 && tunnel->peer_count > 0 &&
           p->isakmp_policy_count > 0;
}

static void take_group(struct end *e, uint16_t index)
{
    uint16_t place = e->policy.tunnel_group_count;

    if (index == NO_INDEX || place == GROUPS_MAX)
        return;
    e->groups[place] = e->conf.policy.tunnel_groups[index];
    for (uint16_t i = 0; i < e->conf.key_count; i++)
        if (e->conf.keys[i].tunnel_group == index)
            e->keys[e->key_count++] = (struct conf_key){place, e->conf.keys[i].key};
    e->policy.tunnel_group_count++;
}

static bool is_without_key(const struct conf *conf, struct ip peer)
{
    uint16_t group = policy_tunnel_group_of(&conf->policy, peer);

    return group == NO_INDEX || !conf->policy.tunnel_groups[group].has_key;
}

/* The part of the policy that is about the other end. A tunnel that lacks nothing but the key runs, as it would on a
 * device: it stops where the key is needed. */
static void take_tunnels(struct trial *t, unsigned end)
{
    struct end *e = &t->ends[end], *other = &t->ends[!end];
    const struct policy *all = &e->conf.policy;
    struct ip far = other->seen_as;

    e->policy = *all;
    e->policy.tunnel_count = e->policy.tunnel_group_count = e->key_count = 0;
    if (count_naming(&e->conf, far) == 0)
        far = only_peer(&e->conf);
    e->far = far;
    e->tunnels = arena_take(t->arena, (count_naming(&e->conf, far) + 1u) * sizeof *e->tunnels);
    if (!e->tunnels)
        return;
    for (uint16_t i = 0; i < all->tunnel_count && ip_is_set(far); i++) {
        struct tunnel *tunnel = &e->tunnels[e->policy.tunnel_count];

        if (!names(&all->tunnels[i], far))
            continue;
        *tunnel = all->tunnels[i];
        if (tunnel->parked && is_without_key(&e->conf, far) && has_all_but_key(all, tunnel))
            tunnel->parked = NULL;
        tunnel->peers[0] = far; /* the others of a list are no part of this world */
        tunnel->peer_count = 1;
        e->policy.tunnel_count++;
    }
    take_group(e, policy_tunnel_group_of(all, far));
    e->policy.tunnels = e->tunnels;
    e->policy.tunnel_groups = e->groups;
}

/* ---- keys ---- */

static bool has_hidden_key(const struct end *e)
{
    return e->policy.tunnel_group_count > 0 && e->groups[0].is_key_hidden;
}

static void give_key(struct end *e, struct bytes key)
{
    e->keys[0] = (struct conf_key){0, key};
    e->key_count = 1;
    e->groups[0].has_key = true;
}

/* What nobody can know is taken as right. */
static void assume_keys(struct trial *t)
{
    static const char *const assumed = "a key that both ends have";

    for (unsigned i = 0; i < 2; i++) {
        struct end *e = &t->ends[i], *other = &t->ends[!i];

        if (!has_hidden_key(e))
            continue;
        if (other->key_count > 0 && !has_hidden_key(other))
            give_key(e, other->keys[0].key);
        else
            give_key(e, bytes_of_text(assumed));
        note(t, "the pre-shared key of %s cannot be known from its file: it is taken to be that of the other end",
             e->as.name);
    }
}

void ends_meet(struct trial *t)
{
    for (unsigned i = 0; i < 2; i++)
        find_address(t, i);
    for (unsigned i = 0; i < 2; i++)
        find_how_seen(t, i);
    for (unsigned i = 0; i < 2; i++)
        take_tunnels(t, i);
    assume_keys(t);
}
