#include "diag/remedy.h"

#include "diag/network.h"

#include <string.h>

enum { LIST_MAX = 48, LINE_SIZE = 200 };

#define BEYOND "+"

static const struct {
    const char *said[WORDS_COUNT], *esp[WORDS_COUNT];
} spelled[] = {
#define ALGORITHM(attribute, id, asa, ios, strongswan, libreswan, asa_esp, ios_esp)                                    \
    {{asa, ios, strongswan, libreswan}, {asa_esp, ios_esp, strongswan, libreswan}},
#define SPELLED(...)
#include "diag/algorithms.def"
#undef ALGORITHM
#undef SPELLED
};

enum when {
    ALWAYS = 0,
    ENCRYPTION = 1,
    HASH = 2,
    GROUP = 4,
    METHOD = 8,
    SUITE = 16,
    PFS_ON = 32,
    PFS_OFF = 64,
    WITH_GROUP = 128,
    WITHOUT_GROUP = 256
};

static const struct {
    enum cause cause;
    unsigned phase;
} valued[] = {
#define VALUED(cause, phase) {CAUSE_##cause, phase},
#define REMEDY(...)
#define MIRROR(...)
#include "diag/remedies.def"
#undef VALUED
#undef REMEDY
};

static const struct {
    unsigned phase;
    enum words words;
    enum when when;
    const char *line;
} rows[] = {
#define VALUED(...)
#define REMEDY(phase, words, when, line) {phase, WORDS_##words, when, line},
#include "diag/remedies.def"
#undef REMEDY
#undef MIRROR
};

static const struct {
    enum words words;
    const char *line;
} mirrors[] = {
#define REMEDY(...)
#define MIRROR(words, line) {WORDS_##words, line},
#include "diag/remedies.def"
#undef VALUED
#undef REMEDY
#undef MIRROR
};

/* What is put into the lines for one end. */
struct fill {
    enum words words;
    algorithm_set target; /* at most one of an attribute */
    unsigned policy;
    uint32_t sequence;
    const char *acl;
    const char *own_net, *other_net;
};

/* ---- whose offers they are ---- */

struct list {
    struct offer offers[LIST_MAX];
    size_t count;
};

/* The view is of the far end's file. */
static bool is_far_view(const struct view *v, const struct report_negotiation *n)
{
    if (v->role != ROLE_UNKNOWN && n->role != ROLE_UNKNOWN)
        return v->role != n->role;
    return !ip_equal(v->peer, n->peer) && (ip_equal(v->peer, n->local) || ip_equal(v->local, n->peer));
}

static bool is_far_offer(const struct offer *o, bool is_far, const struct report_negotiation *n)
{
    switch ((enum whose)o->whose) {
    case WHOSE_OWN: return is_far;
    case WHOSE_PEERS: return !is_far;
    case WHOSE_INITIATORS: return n->role == ROLE_RESPONDER;
    case WHOSE_RESPONDERS: return n->role != ROLE_RESPONDER;
    }
    return false;
}

static void gather(struct list lists[2], const struct offers *from, bool is_far, algorithm_set pfs, unsigned phase,
                   const struct report_negotiation *n)
{
    for (size_t i = 0; i < from->count; i++) {
        struct list *list = &lists[is_far_offer(&from->list[i], is_far, n)];

        if (from->list[i].phase != phase || list->count == LIST_MAX)
            continue;
        list->offers[list->count] = from->list[i];
        if (phase == 2 && from->list[i].whose == WHOSE_OWN && !(from->list[i].holds & algorithms_of(ATTRIBUTE_GROUP)))
            list->offers[list->count].holds |= pfs;
        list->count++;
    }
}

/* Of both ends, of what their files and the configurations beside them tell. */
static void gather_all(struct list lists[2], unsigned phase, const struct tunnel *t, const struct report_negotiation *n)
{
    for (size_t i = 0; i < t->view_count; i++) {
        const struct view *v = t->views[i];

        gather(lists, view_offers(v), is_far_view(v, n), view_offers(v)->pfs, phase, n);
        for (size_t k = 0; k < t->common_count; k++)
            if (t->common[k] != v && t->common[k]->source == v->source)
                gather(lists, view_offers(t->common[k]), is_far_view(v, n), view_offers(v)->pfs, phase, n);
    }
}

/* ---- the smallest change ---- */

/* Of an attribute: the two can agree, or one of them is not known. */
static bool agrees(algorithm_set a, algorithm_set b, enum attribute attribute)
{
    algorithm_set of = algorithms_of(attribute);

    return !(a & of) || !(b & of) || (a & b & of);
}

static unsigned distance(algorithm_set a, algorithm_set b)
{
    unsigned count = 0;

    for (enum attribute i = 0; i < ATTRIBUTE_COUNT; i++)
        count += !agrees(a, b, i);
    return count;
}

/* The last of each attribute is the strongest. */
static algorithm_set strongest(algorithm_set set)
{
    algorithm_set result = 0;

    for (enum attribute i = 0; i < ATTRIBUTE_COUNT; i++) {
        algorithm_set of = set & algorithms_of(i);

        while (of & (of - 1))
            of &= of - 1;
        result |= of;
    }
    return result;
}

/* Of `wanted` the one that lies nearest to what `own` has, and of those alike the strongest; false when nothing is
 * known, or both have something in common. */
static bool find_nearest(const struct list *own, const struct list *wanted, struct offer *nearest, struct offer *mine)
{
    static const struct offer nothing;
    unsigned least = UINT32_MAX;

    for (size_t i = 0; i < wanted->count; i++)
        for (size_t k = 0; k < own->count || k == 0; k++) {
            const struct offer *a = &wanted->offers[i], *b = own->count ? &own->offers[k] : &nothing;
            unsigned apart = distance(a->holds, b->holds);

            if (!a->holds || apart > least || (apart == least && strongest(a->holds) <= strongest(nearest->holds)))
                continue;
            least = apart;
            *nearest = *a;
            *mine = *b;
        }
    return least != UINT32_MAX && (least > 0 || !mine->holds);
}

static algorithm_set common_or(algorithm_set wanted, algorithm_set own)
{
    algorithm_set result = 0;

    for (enum attribute i = 0; i < ATTRIBUTE_COUNT; i++) {
        algorithm_set of = algorithms_of(i);

        result |= wanted & own & of ? wanted & own & of : wanted & of ? wanted & of : own & of;
    }
    return strongest(result);
}

static unsigned free_policy(const struct list *own)
{
    unsigned number = 10;

    for (size_t i = 0; i < own->count; i++)
        if (own->offers[i].number == number) {
            number += 10;
            i = SIZE_MAX; /* from the first again */
        }
    return number;
}

static enum when when_of(algorithm_set target, algorithm_set own, enum cause cause)
{
    algorithm_set group = target & algorithms_of(ATTRIBUTE_GROUP);
    bool has_group = group && group != (algorithm_set)1 << ALGORITHM_NO_PFS;
    bool is_pfs = own ? !agrees(target, own, ATTRIBUTE_GROUP) : group != 0;
    bool is_suite = own ? !agrees(target, own, ATTRIBUTE_ENCRYPTION) || !agrees(target, own, ATTRIBUTE_HASH)
                        : cause != CAUSE_p2_pfs_mismatch;
    unsigned when = has_group ? WITH_GROUP : WITHOUT_GROUP;

    for (enum attribute i = 0; i < ATTRIBUTE_COUNT; i++)
        if (target & algorithms_of(i))
            when |= 1u << i;
    return (enum when)(when | (is_suite ? SUITE : 0) | (is_pfs ? (has_group ? PFS_ON : PFS_OFF) : 0));
}

/* ---- writing ---- */

static const char *word_of(algorithm_set set, enum attribute attribute, bool is_esp, enum words words)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        if (set & algorithms_of(attribute) & (algorithm_set)1 << i)
            return is_esp ? spelled[i].esp[words] : spelled[i].said[words];
    return NULL;
}

static void add_set_name(struct text *out, const struct fill *f)
{
    text_add(out, "SET");
    for (enum attribute i = ATTRIBUTE_ENCRYPTION; i <= ATTRIBUTE_HASH; i++) {
        const char *word = word_of(f->target, i, false, WORDS_STRONGSWAN);

        text_add(out, "-");
        for (; word && *word; word++)
            text_add(out, "%c", *word >= 'a' && *word <= 'z' ? *word - 'a' + 'A' : *word);
    }
}

static bool is_name(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && memcmp(name, wanted, len) == 0;
}

/* False for a name that repair_fill knows. */
static bool add_value(struct text *out, const char *name, size_t len, const struct fill *f)
{
    static const struct {
        const char *name, *unknown;
        enum attribute attribute;
        bool is_esp;
    } algorithms[] = {
        {"ENCRYPTION", "<encryption>", ATTRIBUTE_ENCRYPTION, false},
        {"HASH", "<hash>", ATTRIBUTE_HASH, false},
        {"GROUP", "<group>", ATTRIBUTE_GROUP, false},
        {"METHOD", "<method>", ATTRIBUTE_METHOD, false},
        {"ESP_ENCRYPTION", "<encryption>", ATTRIBUTE_ENCRYPTION, true},
        {"ESP_HASH", "<hash>", ATTRIBUTE_HASH, true},
        {"ESP_GROUP", "<group>", ATTRIBUTE_GROUP, true},
    };

    for (size_t i = 0; i < COUNT_OF(algorithms); i++)
        if (is_name(name, len, algorithms[i].name)) {
            const char *word = word_of(f->target, algorithms[i].attribute, algorithms[i].is_esp, f->words);

            text_add(out, "%s", !word ? algorithms[i].unknown : *word == *BEYOND ? word + 1 : word);
            return true;
        }
    if (is_name(name, len, "POLICY"))
        text_add(out, "%u", f->policy);
    else if (is_name(name, len, "SET"))
        add_set_name(out, f);
    else if (is_name(name, len, "SEQUENCE") && f->sequence)
        text_add(out, "%u", f->sequence);
    else if (is_name(name, len, "SEQUENCE"))
        text_add(out, "<sequence>");
    else if (is_name(name, len, "ACL"))
        text_add(out, "%s", *f->acl ? f->acl : "<crypto ACL>");
    else if (is_name(name, len, "OWN_NET"))
        text_add(out, "%s", f->own_net);
    else if (is_name(name, len, "OTHER_NET"))
        text_add(out, "%s", f->other_net);
    else
        return false;
    return true;
}

static const char *fill_line(const char *line, const struct fill *f, struct arena *arena)
{
    char space[LINE_SIZE];
    struct text out = text_of(space, sizeof space);

    for (const char *open; (open = strchr(line, '{')); line = open) {
        size_t len = strcspn(open + 1, "}");

        text_add(&out, "%.*s", (int)(open - line), line);
        if (!add_value(&out, open + 1, len, f))
            text_add(&out, "{%.*s}", (int)len, open + 1);
        open += len + 2;
    }
    text_add(&out, "%s", line);
    return arena_copy_text(arena, bytes_of(space, out.len));
}

static void take_entry(struct fill *f, bool is_far_end, const struct tunnel *t, const struct report_negotiation *n)
{
    f->acl = "";
    for (size_t i = 0; i < t->view_count; i++)
        if (is_far_view(t->views[i], n) == is_far_end && view_offers(t->views[i])->sequence) {
            f->sequence = view_offers(t->views[i])->sequence;
            f->acl = view_offers(t->views[i])->acl;
        }
}

/* What an ASA has in IKEv2 only. */
static const char *beyond(const struct fill *f, unsigned phase)
{
    for (enum attribute i = 0; i < ATTRIBUTE_COUNT; i++) {
        const char *word = word_of(f->target, i, phase == 2, f->words);

        if (word && *word == *BEYOND)
            return word + 1;
    }
    return NULL;
}

static size_t offer_lines(const char **lines, enum cause cause, unsigned phase, bool is_far_end, enum product product,
                          const struct tunnel *t, const struct report_negotiation *n, struct arena *arena)
{
    struct list lists[2] = {0};
    struct offer nearest = {0}, mine = {0};
    struct fill f = {.words = words_of(product)};
    size_t count = 0;

    gather_all(lists, phase, t, n);
    if (!find_nearest(&lists[is_far_end], &lists[!is_far_end], &nearest, &mine))
        return 0;
    f.target = common_or(nearest.holds, mine.holds);
    f.policy = free_policy(&lists[is_far_end]);
    take_entry(&f, is_far_end, t, n);

    const char *word = product == PRODUCT_ASA ? beyond(&f, phase) : NULL;
    if (word) {
        char space[LINE_SIZE];
        struct text line = text_of(space, sizeof space);

        text_add(&line, "! an ASA has no %s in IKEv1: change the other end", word);
        lines[0] = arena_copy_text(arena, bytes_of(space, line.len));
        return 1;
    }
    enum when when = when_of(f.target, mine.holds, cause);
    for (size_t i = 0; i < COUNT_OF(rows) && count < REPORT_LINES_MAX; i++)
        if (rows[i].phase == phase && rows[i].words == f.words && (rows[i].when == ALWAYS || (rows[i].when & when)))
            lines[count++] = fill_line(rows[i].line, &f, arena);
    return count;
}

/* ---- networks ---- */

static bool add_network(struct text *out, const char *said, enum words words)
{
    struct network n;

    if (!network_parse(&n, said) || !n.address)
        return false;
    text_add_ip(out, ip_of_v4(n.address));
    if (words_have_prefixes(words)) {
        text_add(out, "/%d", ip_mask_len(ip_of_v4(n.mask)));
        return true;
    }
    text_add(out, " ");
    text_add_ip(out, ip_of_v4(words == WORDS_IOS ? ~n.mask : n.mask));
    return true;
}

/* The responder's line that is missing: what it was asked for, as its own file or the initiator's tells. */
static size_t mirror_lines(const char **lines, bool is_far_end, enum product product, const struct tunnel *t,
                           const struct report_negotiation *n, struct arena *arena)
{
    char own[64], other[64];
    struct fill f = {.words = words_of(product), .own_net = own, .other_net = other};
    size_t count = 0;

    if (is_far_end == (n->role == ROLE_RESPONDER))
        return 0;
    for (size_t i = 0; i < t->view_count && count == 0; i++) {
        const struct view *v = t->views[i];
        bool is_same = is_far_view(v, n) == is_far_end;
        const char *local = view_detail(v, DETAIL_LOCAL_PROXY), *remote = view_detail(v, DETAIL_REMOTE_PROXY);
        struct text own_text = text_of(own, sizeof own), other_text = text_of(other, sizeof other);

        if (!add_network(&own_text, is_same ? local : remote, f.words) ||
            !add_network(&other_text, is_same ? remote : local, f.words))
            continue;
        take_entry(&f, is_far_end, t, n);
        for (size_t k = 0; k < COUNT_OF(mirrors) && count < REPORT_LINES_MAX; k++)
            if (mirrors[k].words == f.words)
                lines[count++] = fill_line(mirrors[k].line, &f, arena);
    }
    return count;
}

size_t remedy_lines(const char **lines, enum cause cause, bool is_far_end, enum product product, const struct tunnel *t,
                    const struct report_negotiation *n, struct arena *arena)
{
    if (cause == CAUSE_p2_selector_mismatch)
        return mirror_lines(lines, is_far_end, product, t, n, arena);
    for (size_t i = 0; i < COUNT_OF(valued); i++)
        if (valued[i].cause == cause)
            return offer_lines(lines, cause, valued[i].phase, is_far_end, product, t, n, arena);
    return 0;
}
