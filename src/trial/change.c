/* The lines that make one end fit the other: changes.def, with the values of both filled in. */
#include "trial/parts.h"

#include "base/check.h"
#include "conf/line.h"
#include "policy/choose.h"

#include <string.h>

enum words { WORDS_ASA, WORDS_IOS, WORDS_STRONGSWAN, WORDS_COUNT };
enum { VALUES_MAX = 40, VALUE_SIZE = 160, NEW_PRIORITY = 5 };

enum kind {
    KIND_PHASE1,
    KIND_WEAK,
    KIND_KEY,
    KIND_TRANSFORM,
    KIND_PFS,
    KIND_SELECTOR,
    KIND_ENTRY,
    KIND_ORDER,
    KIND_ENABLE,
    KIND_PEER,
    KIND_NAT_T,
    KIND_EXEMPT,
    KIND_IDENTITY
};

static const struct {
    const char *cause;
    enum kind kind;
} repairs[] = {
#define REPAIRS(cause, kind) {#cause, KIND_##kind},
#define CHANGE(...)
#include "trial/changes.def"
#undef REPAIRS
#undef CHANGE
};

static const struct {
    enum kind kind;
    enum words words;
    const char *line;
} rows[] = {
#define REPAIRS(...)
#define CHANGE(kind, words, line) {KIND_##kind, WORDS_##words, line},
#include "trial/changes.def"
#undef REPAIRS
#undef CHANGE
};

/* A value that is not there takes its line with it. */
struct value {
    const char *name;
    char text[WORDS_COUNT][VALUE_SIZE];
};

struct values {
    struct value list[VALUES_MAX];
    size_t count;
    struct bytes key; /* what {KEY} stands for when a line is applied */
};

static struct value *add(struct values *v, const char *name)
{
    CHECK(v->count < VALUES_MAX);
    v->list[v->count] = (struct value){.name = name};
    return &v->list[v->count++];
}

static void put_text(char to[static VALUE_SIZE], const char *text)
{
    struct text t = text_of(to, VALUE_SIZE);

    text_add(&t, "%s", text);
}

static void put(struct values *v, const char *name, const char *text)
{
    struct value *value = add(v, name);

    for (size_t w = 0; w < WORDS_COUNT; w++)
        put_text(value->text[w], text);
}

static void put_number(struct values *v, const char *name, unsigned number)
{
    char space[16];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "%u", number);
    put(v, name, space);
}

static void put_ip(struct values *v, const char *name, struct ip ip)
{
    char space[IP_TEXT_SIZE];

    put(v, name, ip_text(ip, space));
}

/* ---- algorithms ---- */

static const struct {
    enum cipher_id cipher;
    const char *words[WORDS_COUNT], *esp[WORDS_COUNT];
} ciphers[] = {
    {CIPHER_DES_CBC, {"des", "des", "des"}, {"esp-des", "esp-des", "des"}},
    {CIPHER_3DES_CBC, {"3des", "3des", "3des"}, {"esp-3des", "esp-3des", "3des"}},
    {CIPHER_AES128_CBC, {"aes", "aes", "aes128"}, {"esp-aes", "esp-aes", "aes128"}},
    {CIPHER_AES192_CBC, {"aes-192", "aes 192", "aes192"}, {"esp-aes-192", "esp-aes 192", "aes192"}},
    {CIPHER_AES256_CBC, {"aes-256", "aes 256", "aes256"}, {"esp-aes-256", "esp-aes 256", "aes256"}},
    {CIPHER_AES128_GCM, {"", "", ""}, {"esp-gcm", "esp-gcm", "aes128gcm16"}},
    {CIPHER_AES192_GCM, {"", "", ""}, {"esp-gcm-192", "esp-gcm 192", "aes192gcm16"}},
    {CIPHER_AES256_GCM, {"", "", ""}, {"esp-gcm-256", "esp-gcm 256", "aes256gcm16"}},
};

static const struct {
    enum hash_id hash;
    const char *words[WORDS_COUNT], *esp[WORDS_COUNT];
} hashes[] = {
    {HASH_MD5, {"md5", "md5", "md5"}, {" esp-md5-hmac", " esp-md5-hmac", "-md5"}},
    {HASH_SHA1, {"sha", "sha", "sha1"}, {" esp-sha-hmac", " esp-sha-hmac", "-sha1"}},
    {HASH_SHA256, {"sha256", "sha256", "sha256"}, {" esp-sha256-hmac", " esp-sha256-hmac", "-sha256"}},
    {HASH_SHA384, {"sha384", "sha384", "sha384"}, {" esp-sha384-hmac", " esp-sha384-hmac", "-sha384"}},
    {HASH_SHA512, {"sha512", "sha512", "sha512"}, {" esp-sha512-hmac", " esp-sha512-hmac", "-sha512"}},
};

static const struct {
    enum group_id group;
    const char *word;
} groups[] = {
    {GROUP_MODP768, "modp768"},   {GROUP_MODP1024, "modp1024"}, {GROUP_MODP1536, "modp1536"},
    {GROUP_MODP2048, "modp2048"}, {GROUP_MODP3072, "modp3072"}, {GROUP_MODP4096, "modp4096"},
    {GROUP_MODP6144, "modp6144"}, {GROUP_MODP8192, "modp8192"}, {GROUP_ECP256, "ecp256"},
    {GROUP_ECP384, "ecp384"},     {GROUP_ECP521, "ecp521"},
};

static size_t cipher_row(enum cipher_id cipher)
{
    for (size_t i = 0; i < COUNT_OF(ciphers); i++)
        if (ciphers[i].cipher == cipher)
            return i;
    CHECK(false);
    return 0;
}

static const char *hash_word(enum hash_id hash, enum words words, bool is_esp)
{
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        if (hashes[i].hash == hash)
            return is_esp ? hashes[i].esp[words] : hashes[i].words[words];
    return "";
}

static const char *group_word(enum group_id group)
{
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        if (groups[i].group == group)
            return groups[i].word;
    return "";
}

static void put_phase1(struct values *v, const struct isakmp_policy *p, bool has_cipher, bool has_hash, bool has_group)
{
    struct value *suite = add(v, "SUITE");
    size_t row = cipher_row(p->cipher);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(suite->text[w], VALUE_SIZE);

        text_add(&t, "%s-%s-%s", ciphers[row].words[w], hash_word(p->hash, w, false), group_word(p->group));
    }
    if (has_cipher) {
        struct value *enc = add(v, "ENC");

        for (enum words w = 0; w < WORDS_COUNT; w++)
            put_text(enc->text[w], ciphers[row].words[w]);
    }
    if (has_hash) {
        struct value *hash = add(v, "HASH");

        for (enum words w = 0; w < WORDS_COUNT; w++)
            put_text(hash->text[w], hash_word(p->hash, w, false));
    }
    if (has_group)
        put_number(v, "GROUP", group_info(p->group)->number);
}

static void put_esp(struct values *v, const struct transform_set *set, enum group_id pfs)
{
    struct value *esp = add(v, "ESP");
    struct value *suite = add(v, "ESP_SUITE");
    size_t row = cipher_row(set->cipher);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(esp->text[w], VALUE_SIZE), s = text_of(suite->text[w], VALUE_SIZE);

        text_add(&t, "%s%s", ciphers[row].esp[w], hash_word(set->integrity, w, true));
        text_add(&s, "%s%s%s%s", ciphers[row].esp[w], hash_word(set->integrity, w, true), pfs == GROUP_NONE ? "" : "-",
                 group_word(pfs));
    }
}

/* ---- networks ---- */

/* False: not one network, as a range of addresses. */
static bool add_network(struct text *t, struct ip_range range, enum words words)
{
    int len = ip_range_prefix_len(range);
    struct ip mask;

    if (len < 0 || range.first.family != IP_V4)
        return false;
    if (words == WORDS_STRONGSWAN) {
        text_add_ip_range(t, range);
        text_add(t, "%s", len == 32 ? "/32" : "");
        return true;
    }
    if (len == 0)
        return text_add(t, "any"), true;
    if (len == 32) {
        text_add(t, "host ");
        text_add_ip(t, range.first);
        return true;
    }
    mask = ip_mask(IP_V4, (unsigned)len);
    for (size_t i = 0; words == WORDS_IOS && i < 4; i++)
        mask.octets[i] ^= 0xff;
    text_add_ip(t, range.first);
    text_add(t, " ");
    text_add_ip(t, mask);
    return true;
}

static void put_network(struct values *v, const char *name, struct ip_range range)
{
    struct value *value = add(v, name);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(value->text[w], VALUE_SIZE);

        if (!add_network(&t, range, w)) {
            v->count--;
            return;
        }
    }
}

static void put_ports(struct values *v, const char *name, struct port_range ports)
{
    char space[40];
    struct text t = text_of(space, sizeof space);

    space[0] = '\0';
    if (ports.first == ports.last)
        text_add(&t, " eq %u", ports.first);
    else if (ports.first != 0 || ports.last != 65535)
        text_add(&t, " range %u %u", ports.first, ports.last);
    put(v, name, space);
}

/* Under names that begin with `prefix`, which is a literal. */
#define PUT_SELECTOR(v, prefix, s)                                                                                     \
    do {                                                                                                               \
        put_network(v, prefix "LOCAL", (s)->local);                                                                    \
        put_network(v, prefix "REMOTE", (s)->remote);                                                                  \
        put_ports(v, prefix "LOCAL_PORT", (s)->local_ports);                                                           \
        put_ports(v, prefix "REMOTE_PORT", (s)->remote_ports);                                                         \
        put_protocol(v, prefix "PROTOCOL", (s)->protocol);                                                             \
    } while (0)

static void put_protocol(struct values *v, const char *name, uint8_t protocol)
{
    if (protocol == 0)
        put(v, name, "ip");
    else
        put_number(v, name, protocol);
}

/* ---- what is looked up ---- */

struct changing {
    struct trial *trial;
    struct end *own, *far;
    const struct tunnel *t, *other; /* the entries of both; NULL: none */
    struct selector selector;       /* seen from `own` */
    bool is_initiator;              /* `own` is */
    struct values *v;
};

static bool has_one_peer(const struct conf *conf)
{
    struct ip peer = {0};

    for (uint16_t i = 0; i < conf->policy.tunnel_count; i++)
        for (uint8_t k = 0; k < conf->policy.tunnels[i].peer_count; k++) {
            if (ip_is_set(peer) && !ip_equal(peer, conf->policy.tunnels[i].peers[k]))
                return false;
            peer = conf->policy.tunnels[i].peers[k];
        }
    return true;
}

static uint16_t free_priority(const struct policy *p)
{
    uint16_t priority = NEW_PRIORITY;

    for (uint16_t i = 0; i < p->isakmp_policy_count; i++)
        if (p->isakmp_policies[i].priority == priority) {
            priority++;
            i = UINT16_MAX; /* from the first again */
        }
    return priority;
}

/* Where the policies serve one peer only, one attribute is changed; else a policy is added, so that no other tunnel
 * sees a difference. */
static bool make_phase1(struct changing *c)
{
    const struct policy *own = &c->own->conf.policy, *far = &c->far->conf.policy;
    uint16_t i, k;
    const char *cause;

    if (far->isakmp_policy_count == 0)
        return false;
    if (own->isakmp_policy_count > 0 && has_one_peer(&c->own->conf)) {
        differ_phase1(own, far, &i, &k, &cause);

        const struct isakmp_policy *p = &own->isakmp_policies[i], *q = &far->isakmp_policies[k];

        if (p->auth == q->auth) {
            put_number(c->v, "PRIORITY", p->priority);
            put_phase1(c->v, q, p->cipher != q->cipher, p->hash != q->hash, p->group != q->group);
            return true;
        }
    }
    /* Certificates are not had by a line of configuration. */
    if (policy_signature_of(far->isakmp_policies[0].auth) != SIGNATURE_NONE)
        return false;
    put_number(c->v, "PRIORITY", free_priority(own));
    put(c->v, "AUTH", "pre-share");
    put_phase1(c->v, &far->isakmp_policies[0], true, true, true);
    return true;
}

static bool make_weak(struct changing *c)
{
    return !c->own->conf.policy.are_weak_allowed;
}

static void put_key(struct changing *c, const char *name)
{
    put(c->v, name, "<the key of the other end>");
    c->v->key = c->far->keys[0].key;
}

static bool make_key(struct changing *c)
{
    if (c->far->key_count == 0 || !ip_is_set(c->own->far))
        return false;
    put_ip(c->v, "PEER", c->own->far);
    put_key(c, "KEY");
    return true;
}

static bool put_entry(struct changing *c)
{
    if (!c->t)
        return false;
    put(c->v, "MAP", c->t->map_name);
    put_number(c->v, "SEQUENCE", c->t->sequence);
    return true;
}

static const struct transform_set *first_set(const struct end *e, const struct tunnel *t)
{
    return t && t->transform_set_count ? &e->conf.policy.transform_sets[t->transform_sets[0]] : NULL;
}

static const struct transform_set *same_set(const struct policy *p, const struct transform_set *set)
{
    for (uint16_t i = 0; i < p->transform_set_count; i++)
        if (p->transform_sets[i].cipher == set->cipher && p->transform_sets[i].integrity == set->integrity &&
            p->transform_sets[i].is_transport == set->is_transport)
            return &p->transform_sets[i];
    return NULL;
}

static void put_set_names(struct changing *c, const char *name, const char *first)
{
    struct value *sets = add(c->v, name);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(sets->text[w], VALUE_SIZE);

        text_add(&t, "%s", first);
        for (uint8_t i = 0; i < c->t->transform_set_count && i + 1u < TRANSFORM_SETS_MAX; i++)
            text_add(&t, "%s%s", t.len ? " " : "", c->own->conf.policy.transform_sets[c->t->transform_sets[i]].name);
    }
}

/* A set of its own name is added; those that other peers use stay. */
static bool make_transform(struct changing *c)
{
    const struct transform_set *theirs = first_set(c->far, c->other);
    const struct transform_set *ours = theirs ? same_set(&c->own->conf.policy, theirs) : NULL;
    const char *name = ours ? ours->name : "AS-THE-OTHER-END";

    if (!theirs || !put_entry(c))
        return false;
    if (!ours)
        put(c->v, "SET", name);
    put_esp(c->v, theirs, c->t->pfs);
    put_set_names(c, "SETS", name);
    return true;
}

static void put_pfs(struct values *v, const char *name, enum group_id pfs)
{
    char space[16];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "group%u", group_info(pfs)->number);
    put(v, name, space);
}

static bool make_pfs(struct changing *c)
{
    if (!c->other || !put_entry(c))
        return false;
    if (c->other->pfs == GROUP_NONE)
        put(c->v, "NO_PFS", "");
    else
        put_pfs(c->v, "PFS", c->other->pfs);
    if (first_set(c->own, c->t))
        put_esp(c->v, first_set(c->own, c->t), c->other->pfs);
    return true;
}

static bool overlap(const struct selector *a, const struct selector *b)
{
    struct ip_range both;

    return ip_range_intersect(a->local, b->local, &both) && ip_range_intersect(a->remote, b->remote, &both);
}

static bool has_line(const struct end *e, const struct selector *s)
{
    for (uint16_t i = 0; i < e->policy.tunnel_count; i++)
        for (uint16_t k = 0; k < e->policy.tunnels[i].ace_count; k++)
            if (e->policy.tunnels[i].aces[k].is_permit && selector_equal(&e->policy.tunnels[i].aces[k].selector, s))
                return true;
    return false;
}

/* The line of that end that is meant for the same traffic and mirrors none of the other end's. */
static const struct crypto_ace *odd_line(const struct tunnel *t, const struct end *other, const struct selector *wanted)
{
    for (uint16_t k = 0; t && k < t->ace_count; k++) {
        struct selector mirror = selector_mirror(t->aces[k].selector);

        if (t->aces[k].is_permit && overlap(&t->aces[k].selector, wanted) && !has_line(other, &mirror))
            return &t->aces[k];
    }
    return NULL;
}

/* The statement that the line was read from; empty when it stands for several. */
static struct bytes statement_of(const struct end *e, const struct tunnel *t, const struct crypto_ace *ace)
{
    struct lines rest = lines_of(bytes_of(e->text, e->text_len));
    struct line line = {0};
    unsigned count = 0;

    for (uint16_t k = 0; k < t->ace_count; k++)
        count += t->aces[k].line == ace->line;
    while (line_next(&rest, &line) && line.number < ace->line)
        ;
    return count == 1 && line.number == ace->line ? line.text : (struct bytes){0};
}

static void put_stale(struct changing *c, const struct crypto_ace *ace)
{
    struct bytes line = ace ? statement_of(c->own, c->t, ace) : (struct bytes){0};
    struct value *stale;

    if (line.len == 0 || line.len >= VALUE_SIZE)
        return;
    stale = add(c->v, "STALE");
    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(stale->text[w], VALUE_SIZE);

        text_add_escaped(&t, line);
    }
    PUT_SELECTOR(c->v, "STALE_", &ace->selector);
}

/* One line takes the place of one that is meant for the same traffic and fits nothing. Where the other end has no such
 * line, only that end can add one. */
static bool make_selector(struct changing *c)
{
    struct selector mirror = selector_mirror(c->selector);
    const struct crypto_ace *stale, *theirs;

    if (!c->t || !*c->t->acl_name)
        return false;
    put(c->v, "ACL", c->t->acl_name);
    stale = odd_line(c->t, c->far, &c->selector);
    if (c->is_initiator) {
        theirs = odd_line(c->other, c->own, &mirror);
        if (!theirs || !stale)
            return false;
        c->selector = selector_mirror(theirs->selector);
    }
    put_stale(c, stale);
    PUT_SELECTOR(c->v, "", &c->selector);
    return true;
}

/* What an entry lacks. */
static bool make_entry(struct changing *c)
{
    const struct transform_set *theirs = first_set(c->far, c->other);

    if (!put_entry(c))
        return false;
    PUT_SELECTOR(c->v, "", &c->selector);
    if (!*c->t->acl_name)
        put(c->v, "NEW_ACL", "TO-THE-OTHER-END");
    else if (c->t->ace_count == 0)
        put(c->v, "NEW_ACL", c->t->acl_name);
    if (c->t->transform_set_count == 0 && theirs) {
        put(c->v, "NEW_SET", "AS-THE-OTHER-END");
        put_esp(c->v, theirs, GROUP_NONE);
    }
    if (c->t->interface == NO_INDEX) {
        if (c->own->interface == NO_INDEX)
            return false;
        put(c->v, "NEW_INTERFACE", c->own->conf.policy.interfaces[c->own->interface].name);
        put(c->v, "NO_INTERFACE", "");
    }
    return true;
}

/* The entry that takes the traffic, and a number before it that is free. */
static uint16_t sequence_before(const struct policy *p, const struct tunnel *t, const struct selector *s)
{
    uint16_t taker, ace, sequence;
    struct flow flow = {.local = s->local.first,
                        .remote = s->remote.first,
                        .protocol = s->protocol,
                        .has_ports = true,
                        .local_port = s->local_ports.first,
                        .remote_port = s->remote_ports.first};

    if (!policy_steer(p, &flow, &taker, &ace) || strcmp(p->tunnels[taker].map_name, t->map_name) != 0)
        return 0;
    for (sequence = p->tunnels[taker].sequence; --sequence > 0;) {
        bool is_free = true;

        for (uint16_t i = 0; i < p->tunnel_count; i++)
            is_free &= strcmp(p->tunnels[i].map_name, t->map_name) != 0 || p->tunnels[i].sequence != sequence;
        if (is_free)
            return sequence;
    }
    return 0;
}

static bool make_order(struct changing *c)
{
    uint16_t before = c->t ? sequence_before(&c->own->conf.policy, c->t, &c->selector) : 0;

    if (before == 0 || !put_entry(c))
        return false;
    put_number(c->v, "BEFORE", before);
    put(c->v, "ACL", c->t->acl_name);
    put_ip(c->v, "PEER", c->own->far);
    put_set_names(c, "ALL_SETS", "");
    if (c->t->pfs != GROUP_NONE)
        put_pfs(c->v, "OWN_PFS", c->t->pfs);
    return true;
}

static bool make_enable(struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;

    if (!c->t || c->t->interface == NO_INDEX || p->interfaces[c->t->interface].is_ikev1_enabled)
        return false;
    put(c->v, "INTERFACE", p->interfaces[c->t->interface].name);
    return true;
}

/* The entry that names somebody else although it mirrors the other end's line; else the one that is tried. */
static const struct tunnel *entry_to_point(const struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;

    for (uint16_t i = 0; i < p->tunnel_count; i++)
        for (uint16_t k = 0; k < p->tunnels[i].ace_count; k++)
            if (p->tunnels[i].aces[k].is_permit && selector_equal(&p->tunnels[i].aces[k].selector, &c->selector))
                return &p->tunnels[i];
    return c->t;
}

static bool make_peer(struct changing *c)
{
    const struct policy *p = &c->own->conf.policy;
    struct ip peer = c->far->seen_as;
    uint16_t group;

    c->t = entry_to_point(c);
    if (!ip_is_set(peer) || !put_entry(c))
        return false;
    put_ip(c->v, "PEER", peer);
    if (c->t->peer_count == 1 && !ip_equal(c->t->peers[0], peer))
        put_ip(c->v, "OLD", c->t->peers[0]);
    group = policy_tunnel_group_of(p, peer);
    if (group == NO_INDEX || !p->tunnel_groups[group].has_key) {
        put(c->v, "NO_GROUP", "");
        if (c->far->key_count == 0)
            return false;
        put_key(c, "NEW_KEY");
    }
    return true;
}

static bool make_nat_t(struct changing *c)
{
    if (!c->own->conf.policy.is_nat_t_on)
        put(c->v, "NO_NAT_T", "");
    if (put_entry(c) && c->t->is_nat_t_off)
        put(c->v, "NAT_T_OFF", "");
    return !c->own->conf.policy.is_nat_t_on || (c->t && c->t->is_nat_t_off);
}

static void put_subnet(struct values *v, const char *name, struct ip_range range)
{
    char space[2 * IP_TEXT_SIZE];
    struct text t = text_of(space, sizeof space);
    int len = ip_range_prefix_len(range);

    if (len < 0 || range.first.family != IP_V4)
        return;
    text_add_ip(&t, range.first);
    text_add(&t, " ");
    text_add_ip(&t, ip_mask(IP_V4, (unsigned)len));
    put(v, name, space);
}

static bool make_exempt(struct changing *c)
{
    if (!c->t || c->t->interface == NO_INDEX)
        return false;
    put(c->v, "INTERFACE", c->own->conf.policy.interfaces[c->t->interface].name);
    put_subnet(c->v, "LOCAL_SUBNET", c->selector.local);
    put_subnet(c->v, "REMOTE_SUBNET", c->selector.remote);
    PUT_SELECTOR(c->v, "", &c->selector);
    return true;
}

/* At the end that says it; what the other one expects is no statement of this language. */
static bool make_identity(struct changing *c)
{
    const char *expected = c->far->as.expects;
    struct ip ip;

    if (!expected || !*expected || strlen(expected) >= VALUE_SIZE)
        return false;
    put(c->v, "EXPECTED", expected);
    if (ip_parse(&ip, bytes_of_text(expected)) && ip_equal(ip, c->own->address))
        put(c->v, "IS_ADDRESS", "");
    else
        put(c->v, "NAME", expected);
    return true;
}

static bool (*const makers[])(struct changing *c) = {
    [KIND_PHASE1] = make_phase1,       [KIND_WEAK] = make_weak,   [KIND_KEY] = make_key,
    [KIND_TRANSFORM] = make_transform, [KIND_PFS] = make_pfs,     [KIND_SELECTOR] = make_selector,
    [KIND_ENTRY] = make_entry,         [KIND_ORDER] = make_order, [KIND_ENABLE] = make_enable,
    [KIND_PEER] = make_peer,           [KIND_NAT_T] = make_nat_t, [KIND_EXEMPT] = make_exempt,
    [KIND_IDENTITY] = make_identity,
};

/* ---- lines ---- */

static const struct value *value_named(const struct values *v, const char *name, size_t len)
{
    for (size_t i = 0; i < v->count; i++)
        if (strlen(v->list[i].name) == len && memcmp(v->list[i].name, name, len) == 0)
            return &v->list[i];
    return NULL;
}

/* False: a value is not there. */
static bool fill(const struct values *v, const char *line, enum words words, bool is_applied, struct text *out)
{
    while (*line) {
        size_t len = *line == '{' ? strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") : 0;
        const struct value *value;

        if (len == 0 || line[len + 1] != '}') {
            text_add(out, "%c", *line++);
            continue;
        }
        value = value_named(v, line + 1, len);
        if (!value)
            return false;
        if (is_applied && len >= 3 && memcmp(line + len - 2, "KEY", 3) == 0)
            text_add_plain(out, v->key);
        else
            text_add(out, "%s", value->text[words]);
        line += len + 2;
    }
    return true;
}

static size_t add_lines(struct trial *t, const struct values *v, enum kind kind, enum words words, const char **lines)
{
    char space[400];
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(rows) && count < TRIAL_CHANGE_LINES_MAX; i++) {
        struct text line = text_of(space, sizeof space);

        if (rows[i].kind == kind && rows[i].words == words && fill(v, rows[i].line, words, false, &line))
            lines[count++] = say_text(t, "%s", space);
    }
    return count;
}

static void apply_lines(const struct values *v, enum kind kind, struct text *out)
{
    char space[400];

    text_add(out, "\n!\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text line = text_of(space, sizeof space);

        if (rows[i].kind == kind && rows[i].words == WORDS_ASA && fill(v, rows[i].line, WORDS_ASA, true, &line))
            text_add(out, "%s\n", space);
    }
    bytes_wipe(space, sizeof space);
}

static enum words words_of(enum product product)
{
    switch (product) {
    case PRODUCT_IOS: return WORDS_IOS;
    case PRODUCT_STRONGSWAN:
    case PRODUCT_LIBRESWAN:
    case PRODUCT_RACOON: return WORDS_STRONGSWAN;
    case PRODUCT_UNKNOWN:
    case PRODUCT_ASA:
    case PRODUCT_IKEWISE: break;
    }
    return WORDS_ASA;
}

bool change_make(struct trial *t, unsigned end, const struct trial_attempt *a, unsigned initiator,
                 struct trial_change *change, struct text *applied)
{
    struct values v = {.count = 0};
    struct selector mirror = selector_mirror(a->selector);
    struct changing c = {.trial = t,
                         .own = &t->ends[end],
                         .far = &t->ends[!end],
                         .selector = end == initiator ? a->selector : mirror,
                         .is_initiator = end == initiator,
                         .v = &v};
    size_t row = 0;

    *change = (struct trial_change){.end = (uint8_t)end};
    while (row < COUNT_OF(repairs) && strcmp(repairs[row].cause, a->cause) != 0)
        row++;
    if (row == COUNT_OF(repairs))
        return false;
    struct selector theirs = selector_mirror(c.selector);

    c.t = tunnel_about(c.own, &c.selector);
    c.other = tunnel_about(c.far, &theirs);
    if (!makers[repairs[row].kind](&c))
        return false;
    change->asa_count = add_lines(t, &v, repairs[row].kind, WORDS_ASA, change->asa);
    change->own_count = add_lines(t, &v, repairs[row].kind, words_of(c.own->as.product), change->own);
    apply_lines(&v, repairs[row].kind, applied);
    return change->asa_count > 0;
}
