#include "diag/repair.h"

#include "diag/remedy.h"

#include <string.h>

enum { THIS = 1, THAT = 2, BOTH = THIS | THAT, USER = 4, GATEWAY = 8, SENDER = 16, EXPECTER = 32 };
enum {
    UNTOLD = 1,
    ITS_ADDRESS = 2,
    ADDRESS = 4,
    FQDN = 8,
    NAME = 16,
    ANY = UNTOLD | ITS_ADDRESS | ADDRESS | FQDN | NAME
};

static const struct {
    enum cause cause;
    unsigned ends;
    enum words words;
    unsigned identities; /* kinds */
    const char *line;
} rows[] = {
#define REPAIR(cause, ends, words, line) {CAUSE_##cause, ends, WORDS_##words, ANY, line},
#define IDENTITY(cause, ends, words, identities, line) {CAUSE_##cause, ends, WORDS_##words, identities, line},
#define WHERE(...)
#include "diag/repairs.def"
#undef REPAIR
#undef IDENTITY
#undef WHERE
};

static const struct {
    enum fact fact;
    enum cause cause;
    enum words words;
    const char *line;
} facts[] = {
#define REPAIR(...)
#define IDENTITY(...)
#define WHERE(fact, cause, words, line) {FACT_##fact, CAUSE_##cause, WORDS_##words, line},
#include "diag/repairs.def"
#undef REPAIR
#undef IDENTITY
#undef WHERE
};

static const struct {
    const char *name, *unknown;
} details[] = {
#define DETAIL(name, field, unknown) {#name, unknown},
#define DETAIL_OF(...)
#include "diag/details.def"
#undef DETAIL
#undef DETAIL_OF
};

static void add_address(struct text *out, struct ip ip, const char *unknown)
{
    if (ip_is_set(ip))
        text_add_ip(out, ip);
    else
        text_add(out, "<%s>", unknown);
}

/* ---- identities ---- */

static unsigned kind_of(const char *id, struct ip senders)
{
    struct ip ip;

    if (!*id)
        return UNTOLD;
    if (ip_parse(&ip, bytes_of_text(id)))
        return !ip_is_set(senders) || ip_equal(ip, senders) ? ITS_ADDRESS : ADDRESS;
    const char *dot = strchr(id, '.');
    return dot && dot != id && dot[1] && !strpbrk(id, "@=: ") ? FQDN : NAME;
}

/* fw.example.net: "fw" is {HOST}, and "example.net" {DOMAIN}. */
static bool add_part(struct text *out, const char *name, size_t len, const struct tunnel *t)
{
    const char *id = tunnel_detail(t, DETAIL_EXPECTED_ID);
    size_t host_len = strcspn(id, ".");

    if (len == 4 && memcmp(name, "HOST", len) == 0)
        text_add_escaped(out, bytes_of(id, host_len));
    else if (len == 6 && memcmp(name, "DOMAIN", len) == 0 && id[host_len])
        text_add_escaped(out, bytes_of_text(id + host_len + 1));
    else
        return false;
    return true;
}

static void add_value(struct text *out, const char *name, size_t len, struct ip own, struct ip other,
                      const struct tunnel *t)
{
    if ((len == 5 && memcmp(name, "OTHER", len) == 0) || (len == 4 && memcmp(name, "PEER", len) == 0)) {
        add_address(out, other, "the other end's address");
        return;
    }
    if ((len == 3 && memcmp(name, "OWN", len) == 0) || (len == 5 && memcmp(name, "LOCAL", len) == 0)) {
        add_address(out, own, "the address that we come from");
        return;
    }
    if (add_part(out, name, len, t))
        return;
    for (size_t i = 0; i < COUNT_OF(details); i++)
        if (strlen(details[i].name) == len && memcmp(details[i].name, name, len) == 0) {
            const char *value = tunnel_detail(t, (enum detail)i);

            if (*value)
                text_add_words(out, value);
            else
                text_add(out, "<%s>", details[i].unknown);
            return;
        }
}

const char *repair_fill(const char *text, struct ip own, struct ip other, const struct tunnel *t, struct arena *arena)
{
    char space[400];
    struct text out = text_of(space, sizeof space);
    const char *open;

    for (; (open = strchr(text, '{')); text = open) {
        size_t len = strspn(open + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        bool is_name = len > 0 && open[len + 1] == '}';

        text_add_plain(&out, bytes_of(text, (size_t)(open - text) + !is_name));
        if (is_name)
            add_value(&out, open + 1, len, own, other, t);
        open += is_name ? len + 2 : 1;
    }
    text_add_words(&out, text);
    return arena_copy_text(arena, bytes_of(space, out.len));
}

/* The rows of that end in those words; where the table has none for these words, there is nothing to say. */
static size_t add_lines(const char **lines, enum cause cause, unsigned end, enum words words, struct ip own,
                        struct ip other, const struct tunnel *t, struct arena *arena)
{
    unsigned expected = kind_of(tunnel_detail(t, DETAIL_EXPECTED_ID), own);
    unsigned sent = kind_of(tunnel_detail(t, DETAIL_SENT_ID), other);
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(rows) && count < REPORT_LINES_MAX; i++)
        if (rows[i].cause == cause && (rows[i].ends & end) && rows[i].words == words &&
            (rows[i].identities & (rows[i].ends & EXPECTER ? sent : expected)))
            lines[count++] = repair_fill(rows[i].line, own, other, t, arena);
    return count;
}

/* With the values where the files tell them. */
static size_t add_end(const char **lines, enum cause cause, unsigned end, bool is_far_end, enum product product,
                      const struct tunnel *t, const struct report_negotiation *n, struct arena *arena)
{
    struct ip own = is_far_end ? n->peer : n->local, other = is_far_end ? n->local : n->peer;
    size_t count = remedy_lines(lines, cause, is_far_end, product, t, n, arena);

    for (size_t i = 0; i < count; i++)
        lines[i] = lines[i] ? repair_fill(lines[i], own, other, t, arena) : NULL;
    return count ? count : add_lines(lines, cause, end, words_of(product), own, other, t, arena);
}

/* What the end with that role is to an identity that is not taken; both when no file tells. */
static unsigned part_of(const struct tunnel *t, enum role role)
{
    bool by_initiator = tunnel_has(t, FACT_ID_REFUSED_BY_INITIATOR);

    if (by_initiator == tunnel_has(t, FACT_ID_REFUSED_BY_RESPONDER))
        return SENDER | EXPECTER;
    return by_initiator == (role != ROLE_RESPONDER) ? EXPECTER : SENDER;
}

/* What a fact says better than the cause does. */
static size_t add_where(const char **lines, enum cause cause, enum words words, const struct tunnel *t,
                        const struct report_negotiation *n, struct arena *arena)
{
    enum fact fact = FACT_COUNT;
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(facts) && t->view_count == 1 && count < REPORT_LINES_MAX; i++)
        if (facts[i].cause == cause && facts[i].words == words && tunnel_has(t, facts[i].fact) &&
            (fact == FACT_COUNT || fact == facts[i].fact)) {
            fact = facts[i].fact;
            lines[count++] = repair_fill(facts[i].line, n->local, n->peer, t, arena);
        }
    return count;
}

void repair_add(struct report_cause *out, enum cause cause, const struct tunnel *t, const struct report_negotiation *n,
                struct arena *arena)
{
    /* Of a capture this end is the initiator. */
    unsigned this_role = n->role == ROLE_RESPONDER ? GATEWAY : USER, that_role = (USER | GATEWAY) & ~this_role;
    enum role other_role = n->role == ROLE_RESPONDER ? ROLE_INITIATOR : ROLE_RESPONDER;
    enum product own = tunnel_product(t, n->role), other = tunnel_product(t, other_role);

    if (other == PRODUCT_UNKNOWN && own == PRODUCT_IOS) /* who has one Cisco's log mostly meets another */
        other = own;
    bool is_here =
        tunnel_has(t, FACT_NO_KEY_HERE) && tunnel_has(t, FACT_NO_KEY_AT_INITIATOR) == (n->role == ROLE_INITIATOR);

    /* what is missing at the far end as the initiator sees it, is missing here when this is the responder */
    unsigned this_end = (cause == CAUSE_psk_not_found && is_here) ||
                                ((cause == CAUSE_peer_not_configured || cause == CAUSE_peer_address_wrong) &&
                                 n->role == ROLE_RESPONDER && tunnel_has(t, FACT_PEER_UNKNOWN_HERE))
                            ? THAT
                            : THIS;
    unsigned that_end = this_end == THAT ? 0 : THAT;

    if ((out->this_end_count = add_where(out->this_end, cause, words_of(own), t, n, arena)) > 0)
        return;
    out->this_end_count =
        add_end(out->this_end, cause, this_end | this_role | part_of(t, n->role), false, own, t, n, arena);
    if (that_end)
        out->that_end_count =
            add_end(out->that_end, cause, that_end | that_role | part_of(t, other_role), true, other, t, n, arena);
}
