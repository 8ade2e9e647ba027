#include "conf/compile.h"

#include "base/check.h"

#include <stdarg.h>
#include <string.h>

static const struct defaults defaults_rows[] = {
#define DEFAULTS(major, minor, cipher, hash, group, pfs, is_nat_t_on, manager, release)                                \
    {major, minor, CIPHER_##cipher, HASH_##hash, GROUP_##group, GROUP_##pfs, is_nat_t_on, manager, release},
#include "conf/defaults.def"
#undef DEFAULTS
};

uint32_t statement_count(const struct statements *statements, enum statement_kind kind)
{
    uint32_t count = 0;

    for (const struct statement *s = NULL; (s = statements_next(statements, s, kind)) != NULL;)
        count++;
    return count;
}

/* The wrong ones come last in the order of writing. */
uint32_t wrong_line_of(const struct compiler *c, enum grammar_family family, struct bytes name)
{
    for (uint32_t i = c->statements->written_count; i-- > 0;) {
        const struct statement *s = &c->statements->list[c->statements->written[i]];

        if (s->parent == STATEMENT_NONE && s->state == STATEMENT_IS_KNOWN)
            return 0;
        if (s->state == STATEMENT_IS_WRONG && s->row != NULL && s->row->family == family &&
            bytes_equal(first_argument(s), name))
            return s->line;
    }
    return 0;
}

const struct statement *next_child(const struct compiler *c, const struct statement *parent,
                                   const struct statement *from)
{
    return statements_below(c->statements, parent, from);
}

uint32_t wrong_line_under(const struct compiler *c, const struct statement *parent)
{
    for (const struct statement *s = NULL; (s = next_child(c, parent, s)) != NULL;)
        if (s->state == STATEMENT_IS_WRONG)
            return s->line;
    return 0;
}

const char *text_in_arena(struct compiler *c, const char *format, ...)
{
    char space[SENTENCE_SIZE];
    struct text t = text_of(space, sizeof space);
    va_list list;

    va_start(list, format);
    text_add_list(&t, format, list);
    va_end(list);

    const char *copy = arena_copy_text(c->arena, bytes_of_text(space));

    return copy == NULL ? "" : copy;
}

void say(struct compiler *c, enum conf_severity severity, const struct statement *where, const char *format, ...)
{
    char space[SENTENCE_SIZE];
    struct text t = text_of(space, sizeof space);
    va_list list;

    va_start(list, format);
    text_add_list(&t, format, list);
    va_end(list);
    find(&c->finder, severity, where == NULL ? 0 : where->line, 0, "", space);
}

/* "8.2(5)", "9.16(4)14": the two numbers in front. */
static bool read_release(struct bytes text, uint32_t *major, uint32_t *minor)
{
    size_t dot = 0, end;

    while (dot < text.len && text.data[dot] != '.')
        dot++;
    for (end = dot + 1; end < text.len && text.data[end] >= '0' && text.data[end] <= '9';)
        end++;
    return dot < text.len && bytes_decimal(bytes_of(text.data, dot), UINT32_MAX, major) &&
           bytes_decimal(bytes_of(text.data + dot + 1, end - dot - 1), UINT32_MAX, minor);
}

/* `is_understood`: the release of the version line; without such a line it is the newest. */
static const struct defaults *defaults_of(const struct statement *version, bool *is_understood)
{
    const struct defaults *chosen = &defaults_rows[COUNT_OF(defaults_rows) - 1];
    uint32_t major, minor;

    *is_understood = version != NULL && read_release(statement_argument(version, "release", 0), &major, &minor);
    for (size_t i = 0; *is_understood && i < COUNT_OF(defaults_rows); i++)
        if (major > defaults_rows[i].from_major ||
            (major == defaults_rows[i].from_major && minor >= defaults_rows[i].from_minor))
            chosen = &defaults_rows[i];
    return chosen;
}

const struct defaults *conf_defaults(const struct conf *conf)
{
    bool is_understood;

    return defaults_of(statements_next(conf->statements, NULL, STATEMENT_version), &is_understood);
}

static const struct defaults *choose_defaults(struct compiler *c)
{
    const struct statement *version = statements_next(c->statements, NULL, STATEMENT_version);
    bool is_understood;
    const struct defaults *chosen = defaults_of(version, &is_understood);

    if (version == NULL && !c->conf->is_ios)
        say(c, CONF_NOTE, NULL, "there is no ASA Version line: what is left out is taken as in %s", chosen->release);
    else if (version != NULL && !is_understood)
        say(c, CONF_WARNING, version, "this release is not understood: what is left out is taken as in %s",
            chosen->release);
    return chosen;
}

static const char *copy_argument(struct compiler *c, const struct statement *s, const char *name)
{
    const char *copy = arena_copy_text(c->arena, statement_argument(s, name, 0));

    return copy == NULL ? "" : copy;
}

static const struct statement *first(const struct compiler *c, enum statement_kind kind)
{
    return statements_next(c->statements, NULL, kind);
}

static void compile_identity(struct compiler *c, struct policy *p)
{
    static const struct {
        const char *word;
        enum identity_kind kind;
    } kinds[] = {
        {"address", IDENTITY_ADDRESS},
        {"hostname", IDENTITY_HOSTNAME},
        {"key-id", IDENTITY_KEY_ID},
        {"auto", IDENTITY_AUTO},
    };
    const struct statement *s = first(c, STATEMENT_identity);

    p->identity = IDENTITY_AUTO;
    p->key_id = "";
    if (s == NULL)
        return;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (bytes_equal(statement_choice(s), bytes_of_text(kinds[i].word)))
            p->identity = kinds[i].kind;
    p->key_id = copy_argument(c, s, "key-id");
}

static void compile_nat_traversal(const struct compiler *c, struct policy *p)
{
    enum { NAT_KEEPALIVE_S = 20 };
    const struct statement *s = first(c, STATEMENT_nat_traversal);
    uint32_t keepalive = s == NULL ? 0 : statement_number(s, "nat-keepalive");

    p->is_nat_t_on = s == NULL ? c->defaults->is_nat_t_on : !s->is_no;
    p->nat_keepalive_s = keepalive == 0 ? NAT_KEEPALIVE_S : (uint16_t)keepalive;
}

static void compile_fragmentation(const struct compiler *c, struct policy *p)
{
    enum { FRAGMENT_LEN = 1280 }; /* what every IPv6 path carries, and strongSwan's */
    const struct statement *s = first(c, STATEMENT_ike_fragmentation);
    uint32_t len = s == NULL ? 0 : statement_number(s, "fragment-mtu");

    p->fragment_len = s != NULL && s->is_no ? 0 : len == 0 ? FRAGMENT_LEN : (uint16_t)len;
}

static void compile_mss(const struct compiler *c, struct policy *p)
{
    const struct statement *s = first(c, STATEMENT_tcpmss);
    uint32_t mss = s == NULL ? 0 : statement_number(s, "mss");

    p->tcp_mss = s == NULL ? MSS_AS_AN_ASA : mss == 0 ? MSS_ANY : (uint16_t)mss;
}

static void compile_schedule(const struct compiler *c, struct policy *p)
{
    const struct statement *s = first(c, STATEMENT_retransmit);

    p->schedule = SCHEDULE_IKEWISE;
    for (unsigned id = 0; s != NULL && id < SCHEDULE_COUNT; id++)
        if (bytes_equal(statement_choice(s), bytes_of_text(schedule_info(id)->word)))
            p->schedule = id;
}

static void compile_replay(const struct compiler *c, struct policy *p)
{
    const struct statement *s = first(c, STATEMENT_replay_window);
    uint32_t window = 64;

    if (s != NULL && !bytes_decimal(statement_choice(s), UINT32_MAX, &window))
        window = 64;
    p->replay_window = first(c, STATEMENT_replay_disable) != NULL ? 0 : (uint16_t)window;
}

static const char *fqdn_of(struct compiler *c, const char *hostname, const struct statement *domain)
{
    char space[256];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "%s", hostname);
    struct bytes name = domain == NULL ? (struct bytes){0} : statement_argument(domain, "domain", 0);
    if (name.len > 0)
        text_add(&t, ".%.*s", (int)name.len, (const char *)name.data);
    const char *copy = t.is_cut ? NULL : arena_copy_text(c->arena, bytes_of(space, t.len));
    return copy == NULL ? hostname : copy;
}

static uint32_t number_of(struct compiler *c, enum statement_kind kind, const char *argument)
{
    const struct statement *s = first(c, kind);

    return s == NULL || s->is_no ? 0 : statement_number(s, argument);
}

static void compile_limits(struct compiler *c, struct policy *p)
{
    const struct statement *notify = first(c, STATEMENT_disconnect_notify), *wait = first(c, STATEMENT_reload_wait);

    p->half_open_percent = (uint8_t)number_of(c, STATEMENT_ikev1_limit, "percent");
    p->half_open_max = number_of(c, STATEMENT_ikev1_begun, "sa-count");
    p->sa_max = number_of(c, STATEMENT_ikev1_max, "sa-count");
    p->is_disconnect_quiet = notify != NULL && notify->is_no;
    p->is_reload_waited = wait != NULL && !wait->is_no;
    p->is_spi_recovered = first(c, STATEMENT_spi_recovery) != NULL;
}

static void compile_settings(struct compiler *c)
{
    struct policy *p = &c->conf->policy;
    const struct statement *hostname = first(c, STATEMENT_hostname), *am_disable = first(c, STATEMENT_am_disable);

    p->hostname = hostname == NULL ? "ciscoasa" : copy_argument(c, hostname, "hostname");
    p->fqdn = fqdn_of(c, p->hostname, first(c, STATEMENT_domain_name));
    p->is_ios = c->conf->is_ios;
    p->has_tunnel_manager = !p->is_ios && c->defaults->has_tunnel_manager;
    p->ios_release = c->conf->ios_release;
    p->are_weak_allowed = first(c, STATEMENT_weak_algorithms) != NULL;
    p->is_aggressive_answered = am_disable != NULL && am_disable->is_no;
    compile_identity(c, p);
    compile_nat_traversal(c, p);
    compile_fragmentation(c, p);
    compile_mss(c, p);
    compile_limits(c, p);
    compile_schedule(c, p);
    compile_replay(c, p);
}

static void count_tunnels(struct conf *conf)
{
    conf->running_count = conf->parked_count = 0;
    for (uint16_t i = 0; i < conf->policy.tunnel_count; i++) {
        conf->running_count += conf->policy.tunnels[i].parked == NULL;
        conf->parked_count += conf->policy.tunnels[i].parked != NULL;
    }
}

bool conf_compile(struct conf *conf, const struct statements *statements, struct secrets secrets, struct arena *arena)
{
    struct compiler c = {
        .conf = conf,
        .statements = statements,
        .finder = {conf, arena, conf->file_name},
        .arena = arena,
        .secrets = secrets,
    };

    conf->policy = (struct policy){0};
    findings_begin(conf, arena);
    if (arena->is_full)
        return false;
    c.defaults = choose_defaults(&c);
    compile_settings(&c);
    compile_hosts(&c);
    compile_interfaces(&c);
    compile_logging(&c, &conf->policy);
    compile_routes(&c);
    compile_sla(&c);
    compile_isakmp_policies(&c);
    compile_transform_sets(&c);
    compile_trustpoints(&c);
    compile_pools(&c);
    if (!compile_acl_room(&c))
        return false;
    compile_filters_room(&c);
    compile_access_groups(&c);
    compile_group_policies(&c);
    compile_user_servers(&c);
    compile_users(&c);
    compile_profiles(&c);
    compile_tunnel_groups(&c);
    compile_certificate_maps(&c);
    if (!arena->is_full)
        compile_tunnels(&c);
    if (!arena->is_full)
        compile_nat(&c);
    if (!arena->is_full)
        compile_review(&c);
    if (!arena->is_full)
        compile_sla_review(&c);
    if (arena->is_full)
        return false;
    count_tunnels(conf);
    findings_sort(conf);
    return true;
}
