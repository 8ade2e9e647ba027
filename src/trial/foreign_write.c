/* What was taken, as statements of an ASA. */
#include "trial/foreign.h"

#include <string.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static const struct {
    const char *name;
    unsigned key_len;
    const char *phase1, *esp;
} ciphers[] = {
    {"DES-CBC", 0, "des", "esp-des"},
    {"3DES-CBC", 0, "3des", "esp-3des"},
    {"AES-CBC", 128, "aes", "esp-aes"},
    {"AES-CBC", 192, "aes-192", "esp-aes-192"},
    {"AES-CBC", 256, "aes-256", "esp-aes-256"},
    {"AES-GCM", 128, NULL, "esp-gcm"},
    {"AES-GCM", 256, NULL, "esp-gcm-256"},
    {"AES-GCM-8", 128, NULL, "esp-gcm8"},
    {"AES-GCM-12", 128, NULL, "esp-gcm12"},
    {"AES-GMAC", 128, NULL, "esp-gmac"},
    {"ESP-AES-GCM-8", 128, NULL, "esp-gcm8"},
    {"ESP-AES-GCM-12", 128, NULL, "esp-gcm12"},
    {"ESP-NULL-AUTH-AES-GMAC", 128, NULL, "esp-gmac"},
    {"AES-GCM-8", 192, NULL, "esp-gcm8-192"},
    {"AES-GCM-12", 192, NULL, "esp-gcm12-192"},
    {"AES-GMAC", 192, NULL, "esp-gmac-192"},
    {"ESP-AES-GCM-8", 192, NULL, "esp-gcm8-192"},
    {"ESP-AES-GCM-12", 192, NULL, "esp-gcm12-192"},
    {"ESP-NULL-AUTH-AES-GMAC", 192, NULL, "esp-gmac-192"},
    {"AES-GCM-8", 256, NULL, "esp-gcm8-256"},
    {"AES-GCM-12", 256, NULL, "esp-gcm12-256"},
    {"AES-GMAC", 256, NULL, "esp-gmac-256"},
    {"ESP-AES-GCM-8", 256, NULL, "esp-gcm8-256"},
    {"ESP-AES-GCM-12", 256, NULL, "esp-gcm12-256"},
    {"ESP-NULL-AUTH-AES-GMAC", 256, NULL, "esp-gmac-256"},
    {"AES-GCM", 192, NULL, "esp-gcm-192"},
    {"ESP-AES-GCM-16", 192, NULL, "esp-gcm-192"},
    {"NULL", 0, NULL, "esp-null"},
    {"ESP-NULL", 0, NULL, "esp-null"},
    {"ESP-DES", 0, "des", "esp-des"},
    {"ESP-3DES", 0, "3des", "esp-3des"},
    {"ESP-AES", 0, "aes", "esp-aes"},
    {"ESP-AES", 128, "aes", "esp-aes"},
    {"ESP-AES", 192, "aes-192", "esp-aes-192"},
    {"ESP-AES", 256, "aes-256", "esp-aes-256"},
    {"ESP-AES-GCM-16", 128, NULL, "esp-gcm"},
    {"ESP-AES-GCM-16", 256, NULL, "esp-gcm-256"},
};

static const struct {
    const char *name, *phase1, *esp;
} hashes[] = {
    {"MD5", "md5", "esp-md5-hmac"},
    {"SHA", "sha", "esp-sha-hmac"},
    {"SHA256", "sha256", "esp-sha256-hmac"},
    {"SHA384", "sha384", "esp-sha384-hmac"},
    {"SHA512", "sha512", "esp-sha512-hmac"},
    {"HMAC-MD5", "md5", "esp-md5-hmac"},
    {"HMAC-SHA", "sha", "esp-sha-hmac"},
    {"HMAC-SHA2-256", "sha256", "esp-sha256-hmac"},
    {"HMAC-SHA2-384", "sha384", "esp-sha384-hmac"},
    {"HMAC-SHA2-512", "sha512", "esp-sha512-hmac"},
};

/* Letters and digits: AES_CBC, AES-CBC are one. */
static bool is_like(const char *a, const char *b)
{
    for (;; a++, b++) {
        char x = *a == '_' ? '-' : *a, y = *b == '_' ? '-' : *b;

        if (x != y)
            return false;
        if (x == '\0')
            return true;
    }
}

static const char *cipher_word(const struct foreign_suite *s, bool is_esp)
{
    for (size_t i = 0; i < COUNT_OF(ciphers); i++)
        if (is_like(ciphers[i].name, s->encryption) && ciphers[i].key_len == s->key_len)
            return is_esp ? ciphers[i].esp : ciphers[i].phase1;
    return NULL;
}

static const char *hash_word(const struct foreign_suite *s, bool is_esp)
{
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        if (is_like(hashes[i].name, s->hash))
            return is_esp ? hashes[i].esp : hashes[i].phase1;
    return NULL;
}

static void write_policy(struct foreign *f, const struct foreign_suite *s, unsigned priority, struct text *out)
{
    const char *cipher = cipher_word(s, false), *hash = hash_word(s, false);
    bool is_psk = !*s->authentication || is_like(s->authentication, "pre-share") || is_like(s->authentication, "PSK") ||
                  is_like(s->authentication, "PRE-SHARED-KEY") || is(s->authentication, "preshared key");

    if (!cipher || !hash || !s->group) {
        foreign_assume(f, "a phase 1 proposal that ikewise cannot compute is left out");
        return;
    }
    text_add(out, "crypto ikev1 policy %u\n authentication %s\n encryption %s\n hash %s\n group %u\n", priority,
             is_psk ? "pre-share" : "rsa-sig", cipher, hash, s->group);
    if (s->seconds >= 120 && s->seconds <= 2147483647)
        text_add(out, " lifetime %u\n", (unsigned)s->seconds);
}

static void write_default_policies(struct foreign *f, struct text *out)
{
    static const char *const suites[] = {"aes-256\n hash sha256\n group 14", "aes-256\n hash sha\n group 14",
                                         "aes\n hash sha256\n group 14",     "aes\n hash sha\n group 14",
                                         "aes\n hash sha256\n group 19",     "aes-256\n hash sha256\n group 19"};

    for (unsigned i = 0; i < COUNT_OF(suites); i++)
        text_add(out, "crypto ikev1 policy %u\n authentication pre-share\n encryption %s\n", 10 * (i + 1), suites[i]);
    foreign_assume(
        f, "it names no phase 1 proposals: its defaults are taken to be AES, SHA-1 or SHA-256, and groups 14 and 19");
}

/* Those of the role that this end has in the capture; of a configuration all. */
static bool is_mine(const struct foreign *f, const struct foreign_suite *s, bool is_initiator)
{
    return !f->is_capture || is(s->owner, is_initiator ? "i" : "r");
}

static void write_policies(struct foreign *f, bool is_initiator, struct text *out)
{
    unsigned count = 0;

    for (size_t i = 0; i < f->policy_count; i++)
        if (is_mine(f, &f->policies[i], is_initiator)) {
            unsigned priority = f->policies[i].priority ? f->policies[i].priority : 10 * (unsigned)(i + 1);

            write_policy(f, &f->policies[i], priority, out);
            count++;
        }
    if (count == 0 && !f->is_capture && f->product != PRODUCT_IOS)
        write_default_policies(f, out);
}

/* False: a mode or an algorithm that ikewise does not carry. */
static bool write_set(const struct foreign_suite *s, const char *name, struct text *out)
{
    const char *cipher = cipher_word(s, true), *hash = hash_word(s, true);

    if (!cipher)
        return false;
    text_add(out, "crypto ipsec ikev1 transform-set %s %s%s%s\n", name, cipher, hash ? " " : "", hash ? hash : "");
    if (is(s->mode, "transport") || is(s->mode, "Transport") || is(s->mode, "Transport-UDP"))
        text_add(out, "crypto ipsec ikev1 transform-set %s mode transport\n", name);
    return true;
}

static bool add_network(struct text *out, const char *proxy)
{
    struct bytes text = bytes_of_text(proxy);
    size_t slash = strcspn(proxy, "/");
    struct ip ip, mask;
    uint32_t len = 32;

    if (!ip_parse(&ip, bytes_of(text.data, slash)) || ip.family != IP_V4)
        return false;
    if (slash < text.len && ip_parse(&mask, bytes_after(text, slash + 1))) {
        if (ip_mask_len(mask) < 0)
            return false;
        len = (uint32_t)ip_mask_len(mask);
    } else if (slash < text.len && !bytes_decimal(bytes_after(text, slash + 1), 32, &len)) {
        return false;
    }
    text_add(out, " ");
    text_add_ip(out, ip_first(ip, len));
    text_add(out, " ");
    text_add_ip(out, ip_mask(IP_V4, len));
    return true;
}

static void write_acl(struct foreign *f, const char *owner, bool is_turned, struct text *out)
{
    for (size_t i = 0; i < f->selector_count; i++) {
        const struct foreign_selector *s = &f->selectors[i];
        char space[200];
        struct text line = text_of(space, sizeof space);

        if (!is(s->owner, owner))
            continue;
        if (add_network(&line, is_turned ? s->remote : s->local) &&
            add_network(&line, is_turned ? s->local : s->remote))
            text_add(out, "access-list %s extended %s ip%s\n", owner, s->is_deny ? "deny" : "permit", space);
        else
            foreign_assume(f, "a line of a crypto access-list that is no pair of IPv4 networks is left out");
    }
}

static void write_interface(const struct foreign_interface *i, bool is_enabled, struct text *out)
{
    if (!ip_is_set(i->ip))
        return;
    text_add(out, "interface %s\n nameif %s\n ip address ", i->name, i->name);
    text_add_ip(out, i->ip);
    text_add(out, " ");
    text_add_ip(out, ip_is_set(i->mask) ? i->mask : ip_mask(IP_V4, 24));
    text_add(out, "\n");
    if (is_enabled)
        text_add(out, "crypto ikev1 enable %s\n", i->name);
    if (*i->map)
        text_add(out, "crypto map %s interface %s\n", i->map, i->name);
}

static void write_key(struct ip peer, const struct foreign_key *key, struct text *out)
{
    char space[IP_TEXT_SIZE];
    const char *name = ip_is_set(peer) ? ip_text(peer, space) : "DefaultL2LGroup";

    if (ip_is_set(peer))
        text_add(out, "tunnel-group %s type ipsec-l2l\n", name);
    text_add(out, "tunnel-group %s ipsec-attributes\n ikev1 pre-shared-key ", name);
    if (key && key->is_known)
        text_add_plain(out, bytes_of_text(key->key));
    else
        text_add(out, "*****");
    text_add(out, "\n");
}

static void write_keys(const struct foreign *f, struct text *out)
{
    for (size_t i = 0; i < f->key_count; i++)
        write_key(f->keys[i].peer, &f->keys[i], out);
}

/* ---- IOS ---- */

static void write_nat(struct foreign *f, const char *acl, const char *interface, unsigned number, struct text *out)
{
    write_acl(f, acl, false, out);
    text_add(out, "nat (any) %u access-list %s\nglobal (%s) %u interface\n", number, acl, interface, number);
}

/* As an ASA before 8.3 has it: of each part of a route-map by that name its list, else the list of that name. */
static void write_nats(struct foreign *f, struct text *out)
{
    unsigned number = 0;

    for (size_t i = 0; i < f->nat_count; i++) {
        unsigned before = number;

        for (size_t k = 0; k < f->route_map_count; k++)
            if (is(f->route_maps[k].name, f->nats[i].acl))
                write_nat(f, f->route_maps[k].acl, f->nats[i].interface, ++number, out);
        if (number == before)
            write_nat(f, f->nats[i].acl, f->nats[i].interface, ++number, out);
    }
}

static void write_ios(struct foreign *f, struct text *out)
{
    for (size_t i = 0; i < f->interface_count; i++)
        write_interface(&f->interfaces[i], true, out);
    for (size_t i = 0; i < f->set_count; i++)
        if (!write_set(&f->sets[i], f->sets[i].owner, out))
            foreign_assume(f, "a transform set that ikewise does not carry is left out");
    write_nats(f, out);
    for (size_t i = 0; i < f->entry_count; i++) {
        const struct foreign_entry *e = &f->entries[i];
        char ip[IP_TEXT_SIZE];

        write_acl(f, e->acl, false, out);
        if (*e->acl)
            text_add(out, "crypto map %s %u match address %s\n", e->map, e->sequence, e->acl);
        for (uint8_t k = 0; k < e->peer_count; k++)
            text_add(out, "crypto map %s %u set peer %s\n", e->map, e->sequence, ip_text(e->peers[k], ip));
        if (*e->sets)
            text_add(out, "crypto map %s %u set ikev1 transform-set %s\n", e->map, e->sequence, e->sets);
        if (e->has_pfs)
            text_add(out, "crypto map %s %u set pfs group%u\n", e->map, e->sequence, e->pfs);
    }
    write_keys(f, out);
}

/* ---- strongSwan, libreswan ---- */

/* An address needs no statement unless it is another one. */
static void write_identity(const struct foreign *f, struct ip own, struct text *out)
{
    const char *id = foreign_says(f);
    struct ip ip;

    if (*id && !strchr(id, ' ') && !(ip_parse(&ip, bytes_of_text(id)) && ip_equal(ip, own)))
        text_add(out, "crypto isakmp identity key-id %s\n", id);
}

/* Of a connection that names no ESP proposals those of the one that holds for all. */
static const char *owner_of_sets(const struct foreign *f, const char *connection)
{
    for (size_t i = 0; i < f->set_count; i++)
        if (is(f->sets[i].owner, connection))
            return connection;
    return "%default";
}

static void write_swan_sets(struct foreign *f, const struct foreign_entry *e, unsigned sequence, struct text *out)
{
    char space[160], name[FOREIGN_NAME_SIZE];
    struct text list = text_of(space, sizeof space);
    unsigned pfs = 0, count = 0;

    for (size_t i = 0; i < f->set_count; i++) {
        struct text n = text_of(name, sizeof name);

        if (!is(f->sets[i].owner, owner_of_sets(f, e->map)))
            continue;
        text_add(&n, "ESP-%u-%zu", sequence, i);
        if (!write_set(&f->sets[i], name, out))
            continue;
        text_add(&list, " %s", name);
        pfs = count++ == 0 ? f->sets[i].group : pfs;
    }
    if (count == 0) {
        text_add(out,
                 "crypto ipsec ikev1 transform-set ESP-%u-A esp-aes esp-sha256-hmac\n"
                 "crypto ipsec ikev1 transform-set ESP-%u-B esp-aes-256 esp-sha256-hmac\n"
                 "crypto ipsec ikev1 transform-set ESP-%u-C esp-aes esp-sha-hmac\n"
                 "crypto ipsec ikev1 transform-set ESP-%u-D esp-aes-256 esp-sha-hmac\n",
                 sequence, sequence, sequence, sequence);
        text_add(&list, " ESP-%u-A ESP-%u-B ESP-%u-C ESP-%u-D", sequence, sequence, sequence, sequence);
        foreign_assume(
            f, "it names no ESP proposals: its defaults are taken to be AES with SHA-1 or SHA-256, without PFS");
    }
    text_add(out, "crypto map OUT %u set ikev1 transform-set%s\n", sequence, space);
    if (pfs)
        text_add(out, "crypto map OUT %u set pfs group%u\n", sequence, pfs);
}

static bool is_v2_only(const struct foreign_entry *e)
{
    return is(e->version, "2") || is(e->version, "ikev2") || is(e->version, "insist");
}

static void write_swan(struct foreign *f, struct ip address, struct text *out)
{
    struct foreign_interface outside = {.name = "outside", .map = "OUT", .ip = address};
    bool is_enabled = false, has_any = false, has_local = false;

    for (size_t i = 0; i < f->entry_count; i++) {
        is_enabled |= !is_v2_only(&f->entries[i]);
        if (!ip_is_set(f->entries[i].local))
            continue;
        outside.ip = f->entries[i].local;
        has_local = true;
    }
    if (!has_local)
        foreign_assume(f, "it does not say its own address: it is taken to have the one that the other end names");
    write_interface(&outside, is_enabled, out);
    write_identity(f, outside.ip, out);
    for (size_t i = 0; i < f->entry_count; i++) {
        const struct foreign_entry *e = &f->entries[i];
        unsigned sequence = 10 * (unsigned)(i + 1);
        char ip[IP_TEXT_SIZE];

        write_acl(f, e->acl, false, out);
        text_add(out, "crypto map OUT %u match address %s\n", sequence, e->acl);
        for (uint8_t k = 0; k < e->peer_count; k++)
            text_add(out, "crypto map OUT %u set peer %s\n", sequence, ip_text(e->peers[k], ip));
        write_swan_sets(f, e, sequence, out);
        if (f->key_count == 0 && e->peer_count > 0)
            write_key(e->peers[0], NULL, out);
    }
    for (size_t i = 0; i < f->key_count; i++)
        has_any |= !ip_is_set(f->keys[i].peer);
    write_keys(f, out);
    if (has_any)
        foreign_assume(f, "a secret for a name instead of an address is taken to be for any peer");
}

/* ---- captures ---- */

static const struct tunnel *tunnel_to(const struct conf *own, struct ip peer)
{
    for (uint16_t i = 0; i < own->policy.tunnel_count; i++)
        for (uint8_t k = 0; k < own->policy.tunnels[i].peer_count; k++)
            if (ip_equal(own->policy.tunnels[i].peers[k], peer))
                return &own->policy.tunnels[i];
    return NULL;
}

bool foreign_role(const struct foreign *f, const struct conf *own, bool *is_initiator)
{
    if (policy_is_own(&own->policy, f->initiator) || tunnel_to(own, f->responder))
        return *is_initiator = true;
    *is_initiator = false;
    return policy_is_own(&own->policy, f->responder) || tunnel_to(own, f->initiator);
}

/* Sealed: what it asks for is taken to mirror the configuration that it is to meet. */
static void write_mirror(struct foreign *f, const struct conf *own, const struct tunnel *t, struct text *out)
{
    for (uint16_t i = 0; t && i < t->ace_count; i++) {
        struct selector s = selector_mirror(t->aces[i].selector);
        int local = ip_range_prefix_len(s.local), remote = ip_range_prefix_len(s.remote);

        if (!t->aces[i].is_permit || local < 0 || remote < 0 || s.local.first.family != IP_V4)
            continue;
        text_add(out, "access-list seen extended permit ip ");
        text_add_ip(out, s.local.first);
        text_add(out, " ");
        text_add_ip(out, ip_mask(IP_V4, (unsigned)local));
        text_add(out, " ");
        text_add_ip(out, s.remote.first);
        text_add(out, " ");
        text_add_ip(out, ip_mask(IP_V4, (unsigned)remote));
        text_add(out, "\n");
    }
    for (uint8_t i = 0; t && i < t->transform_set_count; i++) {
        const struct transform_set *set = &own->policy.transform_sets[t->transform_sets[i]];
        const struct cipher_info *cipher = cipher_info(set->cipher);
        const char *name = cipher_is_combined(set->cipher) ? cipher->asa_name + strlen("aes-") : cipher->asa_name;

        text_add(out, "crypto ipsec ikev1 transform-set SEEN-%u esp-%s", i, name);
        if (set->integrity != HASH_NONE)
            text_add(out, " esp-%s-hmac", hash_info(set->integrity)->asa_name);
        text_add(out, "\n");
    }
    text_add(out, "crypto map OUT 10 set ikev1 transform-set");
    for (uint8_t i = 0; t && i < t->transform_set_count; i++)
        text_add(out, " SEEN-%u", i);
    text_add(out, "\n");
    if (t && t->pfs != GROUP_NONE)
        text_add(out, "crypto map OUT 10 set pfs group%u\n", group_info(t->pfs)->number);
    foreign_assume(f, "what it asks for in phase 2 is sealed: it is taken to fit this configuration (--keys opens it)");
}

static void write_seen_phase2(struct foreign *f, bool is_initiator, struct text *out)
{
    char space[160], name[FOREIGN_NAME_SIZE];
    struct text list = text_of(space, sizeof space);
    unsigned pfs = 0;

    for (size_t i = 0; i < f->set_count; i++) {
        struct text n = text_of(name, sizeof name);

        if (!is_mine(f, &f->sets[i], is_initiator))
            continue;
        text_add(&n, "SEEN-%zu", i);
        if (write_set(&f->sets[i], name, out)) {
            text_add(&list, " %s", name);
            pfs = f->sets[i].group ? f->sets[i].group : pfs;
        }
    }
    write_acl(f, "seen", !is_initiator, out);
    if (list.len)
        text_add(out, "crypto map OUT 10 set ikev1 transform-set%s\n", space);
    if (pfs)
        text_add(out, "crypto map OUT 10 set pfs group%u\n", pfs);
}

static bool write_seen(struct foreign *f, const struct conf *own, struct text *out, const char **why)
{
    bool is_own_initiator;
    struct foreign_interface outside = {.name = "outside", .map = "OUT"};
    char ip[IP_TEXT_SIZE];
    struct ip far;

    *why = "neither end of the negotiation in it is an address of this configuration, or of its peers";
    if (!foreign_role(f, own, &is_own_initiator))
        return false;
    *why = "the peer's answer to the proposals is not in it, so what it accepts cannot be known";
    bool is_any = false;

    for (size_t i = 0; i < f->policy_count; i++)
        is_any |= is_mine(f, &f->policies[i], !is_own_initiator);
    if (!is_any)
        return false;
    outside.ip = is_own_initiator ? f->responder : f->initiator;
    far = is_own_initiator ? f->initiator : f->responder;
    write_interface(&outside, true, out);
    text_add(out, "crypto map OUT 10 match address seen\ncrypto map OUT 10 set peer %s\n", ip_text(far, ip));
    if (f->has_phase2)
        write_seen_phase2(f, !is_own_initiator, out);
    else
        write_mirror(f, own, tunnel_to(own, outside.ip), out);
    write_key(far, NULL, out);
    if (is_own_initiator)
        foreign_assume(f, "of its phase 1 policies only the one that it chose is known");
    return true;
}

bool foreign_write(struct foreign *f, const struct conf *own, struct ip address, struct text *out, const char **why)
{
    bool is_own_initiator = false;

    text_add(out, "crypto ikev1 weak-algorithms\n");
    if (f->is_nat_t_off)
        text_add(out, "no crypto isakmp nat-traversal\n");
    if (f->is_capture)
        foreign_role(f, own, &is_own_initiator);
    write_policies(f, !is_own_initiator, out);
    *why = "it says nothing of a tunnel";
    if (f->is_capture)
        return write_seen(f, own, out, why);
    if (f->entry_count == 0)
        return false;
    if (f->product == PRODUCT_IOS)
        write_ios(f, out);
    else
        write_swan(f, address, out);
    *why = "it is too long";
    return !out->is_cut;
}
