/* What is wrong with entries that run: lines that another entry takes first, lines that the other end cannot mirror,
 * traffic that is translated before the crypto ACL is asked. */
#include "conf/compile.h"

#include <stdarg.h>

enum { LINES_REVIEWED_MAX = 2048, HOLDS_ASKED_MAX = 20000, SELECTOR_SIZE = 160 };

static void warn(struct compiler *c, const struct tunnel *t, enum conf_severity severity, uint32_t line,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void warn(struct compiler *c, const struct tunnel *t, enum conf_severity severity, uint32_t line,
                 const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    struct text s = text_of(sentence, sizeof sentence);
    va_list list;

    text_add(&s, "crypto %s %.64s %u: ", t->is_dynamic ? "dynamic-map" : "map", t->map_name, t->sequence);
    va_start(list, format);
    text_add_list(&s, format, list);
    va_end(list);
    find(&c->finder, severity, line, 0, "", sentence);
}

static const char *selector_text(const struct selector *selector, char space[static SELECTOR_SIZE])
{
    struct text t = text_of(space, SELECTOR_SIZE);

    text_add_selector(&t, selector);
    return space;
}

/* ---- which entry takes it ---- */

static bool is_deny_before(const struct tunnel *t, const struct crypto_ace *ace, const struct selector *s)
{
    for (const struct crypto_ace *a = t->aces; a < ace; a++)
        if (!a->is_permit && selector_contains(&a->selector, s))
            return true;
    return false;
}

/* An earlier line, of this entry or of one before it on the same interface, that holds all of this one. */
static bool is_taken_by(const struct tunnel *t, const struct selector *s, const struct crypto_ace *end,
                        const struct crypto_ace **taker)
{
    for (const struct crypto_ace *a = t->aces; !t->is_dynamic && a < t->aces + t->ace_count && a != end; a++)
        if (a->is_permit && selector_contains(&a->selector, s) && !is_deny_before(t, a, s)) {
            *taker = a;
            return true;
        }
    return false;
}

/* Most entries have one line, for another network: that is seen at once. */
static bool may_hold(const struct tunnel *t, const struct selector *s)
{
    return t->ace_count != 1 || ip_compare(t->aces->selector.remote.first, s->remote.first) <= 0;
}

static void review_shadow(struct compiler *c, uint16_t index, const struct crypto_ace *ace)
{
    const struct tunnel *tunnels = c->conf->policy.tunnels, *t = &tunnels[index];
    const struct crypto_ace *taker;
    char space[SELECTOR_SIZE];

    for (uint16_t i = 0; i <= index; i++) {
        if (tunnels[i].interface != t->interface || tunnels[i].interface == NO_INDEX ||
            !may_hold(&tunnels[i], &ace->selector) ||
            !is_taken_by(&tunnels[i], &ace->selector, i == index ? ace : NULL, &taker))
            continue;
        if (i == index)
            warn(c, t, CONF_NOTE, ace->line, "%s is in line %u already", selector_text(&ace->selector, space),
                 taker->line);
        else
            warn(c, t, CONF_WARNING, ace->line, "%s never comes here: line %u, of crypto map %.64s %u, takes it first",
                 selector_text(&ace->selector, space), taker->line, tunnels[i].map_name, tunnels[i].sequence);
        return;
    }
}

/* ---- what the other end can mirror ---- */

static bool is_some_ports(struct port_range ports)
{
    return ports.first != ports.last && (ports.first != 0 || ports.last != 65535);
}

static void review_mirror(struct compiler *c, const struct tunnel *t, const struct crypto_ace *ace)
{
    const struct selector *s = &ace->selector;
    struct ip_range both;
    char space[SELECTOR_SIZE];

    if (is_some_ports(s->local_ports) || is_some_ports(s->remote_ports))
        warn(c, t, CONF_WARNING, ace->line,
             "a range of ports cannot be negotiated (RFC 2407 4.6.2 has one port, or any), so no line of the other end "
             "mirrors it");
    if (ip_range_prefix_len(s->local) < 0 || ip_range_prefix_len(s->remote) < 0)
        warn(c, t, CONF_WARNING, ace->line,
             "%s is a range and no network: a device that writes networks only cannot mirror it",
             selector_text(s, space));
    if (ip_range_prefix_len(s->local) == 0 && ip_range_prefix_len(s->remote) == 0)
        warn(c, t, CONF_WARNING, ace->line,
             "`any` to `any` has a mirror that takes all traffic of the other end, IKE's own replies too");
    else if (ip_range_equal(s->local, s->remote))
        warn(c, t, CONF_WARNING, ace->line, "both ends have the same network: %s", selector_text(s, space));
    else if (ip_range_prefix_len(s->remote) != 0 && ip_range_prefix_len(s->local) != 0 &&
             ip_range_intersect(s->local, s->remote, &both))
        warn(c, t, CONF_NOTE, ace->line, "the networks of both ends overlap: %s", selector_text(s, space));
}

/* ---- translation ---- */

struct nat_rule {
    const struct statement *s;
    struct bytes from, to; /* interfaces */
    struct bytes real, mapped, destination;
    bool is_static;
};

static struct bytes next_word(struct bytes *text)
{
    size_t len = 0;

    while (text->len > 0 &&
           (text->data[0] == ' ' || text->data[0] == '(' || text->data[0] == ',' || text->data[0] == ')'))
        *text = bytes_after(*text, 1);
    while (len < text->len && text->data[len] != ' ' && text->data[len] != ',' && text->data[len] != ')')
        len++;

    struct bytes word = bytes_of(text->data, len);

    *text = bytes_after(*text, len);
    return word;
}

static bool is_word(struct bytes word, const char *text)
{
    return bytes_equal(word, bytes_of_text(text));
}

static bool is_number(struct bytes word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
    return word.len > 0;
}

/* nat (inside,outside) [after-auto] [N] source static|dynamic REAL MAPPED [destination static MAPPED REAL]. False: of
 * another form. */
static bool read_twice(const struct statement *s, struct nat_rule *rule, bool *is_last)
{
    struct bytes text = s->text, word;

    *rule = (struct nat_rule){.s = s};
    next_word(&text);
    rule->from = next_word(&text);
    rule->to = next_word(&text);
    word = next_word(&text);
    *is_last = is_word(word, "after-auto");
    if (*is_last)
        word = next_word(&text);
    if (is_number(word))
        word = next_word(&text);
    if (!is_word(word, "source"))
        return false;
    rule->is_static = is_word(next_word(&text), "static");
    rule->real = next_word(&text);
    rule->mapped = next_word(&text);
    while ((word = next_word(&text)).len > 0)
        if (is_word(word, "destination")) {
            next_word(&text);
            next_word(&text);
            rule->destination = next_word(&text);
        }
    return true;
}

static bool is_for_interface(const struct compiler *c, const struct nat_rule *rule, const struct tunnel *t)
{
    return is_word(rule->to, "any") || is_word(rule->to, c->conf->interfaces[t->interface].name);
}

static bool is_for(struct compiler *c, const struct nat_rule *rule, const struct tunnel *t, const struct selector *s)
{
    return is_for_interface(c, rule, t) && compile_holds(c, rule->real, s->local) &&
           (rule->destination.len == 0 || compile_holds(c, rule->destination, s->remote));
}

/* The first rule of that section that is for the traffic. */
static bool find_twice(struct compiler *c, bool of_last, const struct tunnel *t, const struct selector *s,
                       struct nat_rule *rule)
{
    bool is_last;

    for (const struct statement *n = NULL; (n = statements_next(c->statements, n, STATEMENT_nat)) != NULL;)
        if (read_twice(n, rule, &is_last) && is_last == of_last && is_for(c, rule, t, s))
            return true;
    return false;
}

/* nat (inside,outside) static|dynamic MAPPED, below an object. */
static bool find_object(struct compiler *c, const struct tunnel *t, const struct selector *s, struct nat_rule *rule)
{
    for (const struct statement *o = NULL; (o = statements_next(c->statements, o, STATEMENT_object_network)) != NULL;)
        for (const struct statement *n = NULL; (n = next_child(c, o, n)) != NULL;) {
            struct bytes text = n->text;

            if (n->state != STATEMENT_IS_KNOWN || n->row->kind != STATEMENT_object_nat)
                continue;
            next_word(&text);
            *rule = (struct nat_rule){.s = n, .real = first_argument(o)};
            rule->from = next_word(&text);
            rule->to = next_word(&text);
            if (is_for(c, rule, t, s))
                return true;
        }
    return false;
}

/* Before 8.3: nat (inside) N NETWORK MASK translates, nat (inside) 0 access-list exempts. */
static bool find_old(struct compiler *c, const struct selector *s, struct nat_rule *rule)
{
    bool is_found = false;

    for (const struct statement *n = NULL; (n = statements_next(c->statements, n, STATEMENT_nat)) != NULL;) {
        struct bytes text = n->text, number, network, mask;
        struct ip ip, bits;

        next_word(&text);
        next_word(&text);
        number = next_word(&text);
        network = next_word(&text);
        mask = next_word(&text);
        if (!is_number(number))
            continue;
        if (is_word(number, "0") && is_word(network, "access-list")) {
            if (compile_acl_holds(c, mask, s))
                return false;
            continue;
        }
        if (is_word(network, "0") || (ip_parse(&ip, network) && ip_parse(&bits, mask) && ip_mask_len(bits) >= 0 &&
                                      ip_range_contains(ip_range_of_prefix(ip_first(ip, (unsigned)ip_mask_len(bits)),
                                                                           (unsigned)ip_mask_len(bits)),
                                                        s->local))) {
            if (!is_found && !is_word(number, "0"))
                *rule = (struct nat_rule){.s = n};
            is_found |= !is_word(number, "0");
        }
    }
    return is_found;
}

/* True: a warning was given. */
static bool review_nat(struct compiler *c, const struct tunnel *t, const struct crypto_ace *ace)
{
    const struct selector *s = &ace->selector;
    struct nat_rule rule;
    char space[SELECTOR_SIZE];

    if (t->interface == NO_INDEX)
        return false;
    if (find_twice(c, false, t, s, &rule)) {
        if (rule.is_static && bytes_equal(rule.real, rule.mapped))
            return false;
    } else if (!find_object(c, t, s, &rule) && !find_twice(c, true, t, s, &rule) && !find_old(c, s, &rule)) {
        return false;
    }
    warn(c, t, CONF_WARNING, rule.s->line,
         "a device translates %s here before the crypto ACL (line %u) is asked, so it never enters the tunnel: it must "
         "be exempted (nat source static X X destination static Y Y, above this line)",
         selector_text(s, space), ace->line);
    return true;
}

void compile_review(struct compiler *c)
{
    const struct policy *p = &c->conf->policy;
    uint32_t count = 0;

    for (uint16_t i = 0; i < p->tunnel_count; i++) {
        const struct tunnel *t = &p->tunnels[i];
        bool is_nat_told = false;

        for (uint16_t k = 0; k < t->ace_count && !t->is_open; k++) {
            if (!t->aces[k].is_permit)
                continue;
            if (++count > LINES_REVIEWED_MAX || c->holds_asked > HOLDS_ASKED_MAX) {
                say(c, CONF_NOTE, NULL, "there are too many lines of crypto ACLs or NAT rules to review them all");
                return;
            }
            review_shadow(c, i, &t->aces[k]);
            review_mirror(c, t, &t->aces[k]);
            if (!is_nat_told)
                is_nat_told = review_nat(c, t, &t->aces[k]);
        }
    }
}
