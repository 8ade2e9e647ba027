/* What holds because nothing else is said, as lines: implied.def. */
#include "conf/compile.h"

#include "base/check.h"

#include <string.h>

enum shown { SHOWN_ALWAYS, SHOWN_ALL };

static const struct {
    enum shown shown;
    enum statement_kind kind;
    const char *lines;
} rows[] = {
#define IMPLIED(shown, kind, lines) {SHOWN_##shown, STATEMENT_##kind, lines},
#include "conf/implied.def"
#undef IMPLIED
};

static const char *word_of(const struct conf *conf, struct bytes name)
{
    static const struct {
        const char *name, *before_84;
    } spellings[] = {{"ikev1", "isakmp"}};
    const struct defaults *defaults = conf_defaults(conf);

    if (bytes_equal(name, bytes_of_text(spellings[0].name)))
        return conf->statements->spelling < 0 ? spellings[0].before_84 : spellings[0].name;
    if (bytes_equal(name, bytes_of_text("encryption")))
        return cipher_info(defaults->cipher)->asa_name;
    if (bytes_equal(name, bytes_of_text("hash")))
        return hash_info(defaults->hash)->asa_name;
    CHECK(bytes_equal(name, bytes_of_text("group")));
    return NULL; /* a number */
}

static void add_word(struct text *t, const struct conf *conf, struct bytes name)
{
    const char *word = word_of(conf, name);

    if (word != NULL)
        text_add(t, "%s", word);
    else
        text_add(t, "%u", (unsigned)group_info(conf_defaults(conf)->group)->number);
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
            add_word(t, conf, name);
        lines = end + 1;
    }
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
                add_lines(text, conf, s, rows[i].lines);
    }
}
