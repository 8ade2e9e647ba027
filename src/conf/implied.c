/* What holds because nothing else is said, as lines: implied.def. */
#include "conf/compile.h"

#include "base/check.h"

#include <string.h>

enum shown { SHOWN_ALWAYS, SHOWN_ALL };
enum whose { WHOSE_ANY, WHOSE_USERS, WHOSE_SITES };

static const struct row {
    enum shown shown;
    enum statement_kind kind;
    enum whose whose;
    const char *lines;
} rows[] = {
#define IMPLIED(shown, kind, whose, lines) {SHOWN_##shown, STATEMENT_##kind, WHOSE_##whose, lines},
#include "conf/implied.def"
#undef IMPLIED
};

static bool is_old(const struct conf *conf)
{
    return conf->statements->spelling < 0; /* the words before 8.4 */
}

static void add_ikev1(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    text_add(t, "%s", is_old(conf) ? "isakmp" : "ikev1");
}

static void add_protocol(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    text_add(t, "%s", is_old(conf) ? "IPSec" : "ikev1");
}

static void add_user_authentication(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    text_add(t, "%s", is_old(conf) ? "isakmp ikev1-user-authentication" : "ikev1 user-authentication");
}

static void add_encryption(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    text_add(t, "%s", cipher_info(conf_defaults(conf)->cipher)->asa_name);
}

static void add_hash(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    text_add(t, "%s", hash_info(conf_defaults(conf)->hash)->asa_name);
}

static void add_group(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    text_add(t, "%u", (unsigned)group_info(conf_defaults(conf)->group)->number);
}

static void add_nat_traversal(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    text_add(t, conf_defaults(conf)->is_nat_t_on ? "crypto isakmp nat-traversal 20" : "no crypto isakmp nat-traversal");
}

/* That of all interfaces at once, as a router says it, holds where nothing is said of one. */
static void add_choice_of_all(struct text *t, const struct conf *conf, enum statement_kind kind, const char *otherwise)
{
    const struct statement *all = statements_next(conf->statements, NULL, kind);
    struct bytes choice = all == NULL ? bytes_of_text(otherwise) : statement_choice(all);

    text_add(t, "%.*s", (int)choice.len, (const char *)choice.data);
}

static void add_df_bit(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    add_choice_of_all(t, conf, STATEMENT_ipsec_df_bit_all, "copy-df");
}

static void add_fragmentation(struct text *t, const struct conf *conf, const struct statement *s)
{
    (void)s;
    add_choice_of_all(t, conf, STATEMENT_fragmentation_all, "before-encryption");
}

/* The group-policy of a tunnel-group that names none may be that of the default one of its type. */
static void add_group_policy(struct text *t, const struct conf *conf, const struct statement *s)
{
    const struct policy *policy = &conf->policy;
    const char *name = "DfltGrpPolicy";

    for (uint16_t i = 0; i < policy->tunnel_group_count; i++)
        if (bytes_equal(bytes_of_text(policy->tunnel_groups[i].name), first_argument(s)) &&
            policy->tunnel_groups[i].group_policy != 0)
            name = policy->group_policies[policy->tunnel_groups[i].group_policy - 1].name;
    text_add(t, "%s", name);
}

static const struct {
    const char *name;
    void (*add)(struct text *t, const struct conf *conf, const struct statement *s);
} words[] = {
    {"ikev1", add_ikev1},
    {"protocol", add_protocol},
    {"user-authentication", add_user_authentication},
    {"encryption", add_encryption},
    {"hash", add_hash},
    {"group", add_group},
    {"nat-traversal", add_nat_traversal},
    {"df-bit", add_df_bit},
    {"fragmentation", add_fragmentation},
    {"group-policy", add_group_policy},
};

static void add_word(struct text *t, const struct conf *conf, const struct statement *s, struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (bytes_equal(name, bytes_of_text(words[i].name))) {
            words[i].add(t, conf, s);
            return;
        }
    CHECK(!"a word of implied.def has no row in implied.c");
}

static void add_argument(struct text *t, const struct statement *s, struct bytes name)
{
    char space[64];
    struct text copy = text_of(space, sizeof space);

    text_add(&copy, "%.*s", (int)name.len, (const char *)name.data);

    struct bytes value = statement_argument(s, space, 0);

    text_add(t, "%.*s", (int)value.len, (const char *)value.data);
}

static void add_lines(struct text *t, const struct conf *conf, const struct statement *s, const char *lines)
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "<{");

        text_add(t, "%.*s", (int)len, lines);
        lines += len;
        if (*lines == '\0')
            return;

        const char *end = strchr(lines, *lines == '<' ? '>' : '}');
        struct bytes name = bytes_of(lines + 1, (size_t)(end - lines - 1));

        if (*lines == '<')
            add_argument(t, s, name);
        else
            add_word(t, conf, s, name);
        lines = end + 1;
    }
}

static bool is_meant(const struct row *row, const struct conf *conf, const struct statement *s)
{
    return row->whose == WHOSE_ANY ||
           (row->whose == WHOSE_USERS) == is_group_of_users(conf->statements, first_argument(s));
}

void conf_write_implied(const struct conf *conf, bool is_all, struct text *text)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].shown == SHOWN_ALL && !is_all)
            continue;
        if (rows[i].kind == STATEMENT_version)
            add_lines(text, conf, NULL, rows[i].lines);
        else
            for (const struct statement *s = NULL; (s = statements_next(conf->statements, s, rows[i].kind)) != NULL;)
                if (is_meant(&rows[i], conf, s))
                    add_lines(text, conf, s, rows[i].lines);
    }
}
