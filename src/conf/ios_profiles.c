/* ISAKMP profiles of a router: what one says holds for each of its peers, so it stands in their tunnel-groups. Who they
 * are is known when all lines are. */
#include "conf/ios_parts.h"

static const struct bytes nothing;

static void add_member(struct translation *t, struct bytes address, struct bytes mask)
{
    struct ios_profiles *p = &t->profiles;
    struct ip ip, netmask = ip_mask(IP_V4, 32);

    if (p->member_count == MAPS_MAX || !ip_parse(&ip, address) || (mask.len > 0 && !ip_parse(&netmask, mask)) ||
        ip_mask_len(netmask) < 0)
        return;
    p->members[p->member_count].name = t->header.list[1];
    p->members[p->member_count].address = address;
    p->members[p->member_count++].peers = ip_range_of_prefix(ip, (unsigned)ip_mask_len(netmask));
}

static void add_entry(struct translation *t, struct bytes map, struct bytes sequence, struct bytes profile)
{
    struct ios_profiles *p = &t->profiles;

    if (p->entry_count == GROUPS_MAX)
        return;
    p->entries[p->entry_count].name = profile;
    p->entries[p->entry_count].map = map;
    p->entries[p->entry_count++].sequence = sequence;
}

static void set_peer(struct translation *t, struct bytes map, struct bytes sequence, struct bytes peer)
{
    struct ios_profiles *p = &t->profiles;

    text_add(&t->text, "crypto map ");
    ios_put(t, map);
    ios_put_line(t, " ", sequence, " set peer ", peer);
    if (p->peer_count == GROUPS_MAX)
        return;
    p->peers[p->peer_count].map = map;
    p->peers[p->peer_count].sequence = sequence;
    p->peers[p->peer_count++].peer = peer;
}

bool ios_call_profiles(struct translation *t, struct bytes name, const struct bytes *arguments)
{
    if (bytes_equal(name, bytes_of_text("member")))
        add_member(t, arguments[0], arguments[1]);
    else if (bytes_equal(name, bytes_of_text("of-profile")))
        add_entry(t, arguments[0], arguments[1], arguments[2]);
    else if (bytes_equal(name, bytes_of_text("set-peer")))
        set_peer(t, arguments[0], arguments[1], arguments[2]);
    else
        return false;
    return true;
}

void ios_remember_setting(struct translation *t, const char *becomes, const struct parts *parts)
{
    struct ios_profiles *p = &t->profiles;

    if (p->setting_count == GROUPS_MAX)
        return;
    p->settings[p->setting_count].name = t->header.list[1];
    p->settings[p->setting_count].becomes = becomes;
    p->settings[p->setting_count].parts = *parts;
    p->settings[p->setting_count++].number = t->number;
}

/* ---- when all lines are known ---- */

static bool is_named(const struct ios_profiles *p, struct bytes profile, struct bytes peer)
{
    struct ip ip;
    bool is_address = ip_parse(&ip, peer);

    for (size_t i = 0; i < p->member_count; i++)
        if (bytes_equal(p->members[i].name, profile) &&
            (is_address ? ip_range_holds(p->members[i].peers, ip) : ip_range_prefix_len(p->members[i].peers) == 0))
            return true;
    return false;
}

static bool is_of_entry(const struct ios_profiles *p, struct bytes profile, size_t peer)
{
    for (size_t i = 0; i < p->entry_count; i++)
        if (bytes_equal(p->entries[i].name, profile) && bytes_equal(p->entries[i].map, p->peers[peer].map) &&
            bytes_equal(p->entries[i].sequence, p->peers[peer].sequence))
            return true;
    return false;
}

static void put_setting(struct translation *t, size_t index, struct bytes peer)
{
    ios_put_group(t, peer);
    text_add(&t->text, " ");
    ios_put_template(t, t->profiles.settings[index].becomes, &t->profiles.settings[index].parts);
}

/* Of those whose keys there are, of the entries that name the profile, and where it names one address that one. */
static bool add_setting(struct translation *t, size_t index, size_t group_count)
{
    const struct ios_profiles *p = &t->profiles;
    struct bytes profile = p->settings[index].name;
    bool is_added = false;

    for (size_t i = 0; i < group_count; i++)
        if (is_named(p, profile, t->groups[i]))
            put_setting(t, index, t->groups[i]), is_added = true;
    for (size_t i = 0; i < p->peer_count; i++)
        if (is_of_entry(p, profile, i))
            put_setting(t, index, p->peers[i].peer), is_added = true;
    for (size_t i = 0; i < p->member_count; i++)
        if (bytes_equal(p->members[i].name, profile) && ip_range_prefix_len(p->members[i].peers) == 32)
            put_setting(t, index, p->members[i].address), is_added = true;
    return is_added;
}

void ios_add_profiles(struct translation *t)
{
    size_t group_count = t->group_count;

    for (size_t i = 0; i < t->profiles.setting_count; i++) {
        t->number = t->profiles.settings[i].number;
        /* Typed without a peer it is refused by the profile's name: nothing could be kept. */
        if (!add_setting(t, i, group_count) && t->running != NULL)
            ios_put_line(t, "crypto isakmp profile ", t->profiles.settings[i].name, "", nothing);
    }
}
