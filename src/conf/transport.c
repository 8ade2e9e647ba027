/* Transport mode is for packets between the two ends themselves. What a router does with a line for other packets, to
 * take tunnel mode for it, an ASA does not: there the entry would never come up with its peer. */
#include "conf/compile.h"

static bool is_host(struct ip_range range, struct ip ip)
{
    return ip_range_equal(range, (struct ip_range){ip, ip});
}

const char *compile_transport(struct compiler *c, const struct tunnel *t, const struct usable_set *set)
{
    char own[IP_TEXT_SIZE], peer[IP_TEXT_SIZE];

    if (!set->set.is_transport || c->conf->is_ios || t->is_dynamic || t->interface == NO_INDEX || t->peer_count == 0)
        return NULL;
    struct ip ip = c->conf->interfaces[t->interface].ip;
    if (t->peer_count > 1)
        return text_in_arena(c,
                             "transform-set %.64s (line %u) is of transport mode, which an entry of several peers "
                             "cannot have: its ACL is for packets to one of them",
                             set->set.name, set->line);
    for (uint16_t i = 0; ip_is_set(ip) && i < t->ace_count; i++)
        if (t->aces[i].is_permit &&
            (!is_host(t->aces[i].selector.local, ip) || !is_host(t->aces[i].selector.remote, t->peers[0])))
            return text_in_arena(c,
                                 "transform-set %.64s (line %u) is of transport mode, and line %u of access-list "
                                 "%.64s is not for packets between host %s and host %s themselves",
                                 set->set.name, set->line, t->aces[i].line, t->acl_name, ip_text(ip, own),
                                 ip_text(t->peers[0], peer));
    return NULL;
}
