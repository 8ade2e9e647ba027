#include "conf/uses.h"

#include <string.h>

/* Each time all statements are looked through; so there is a limit. */
enum { USES_ASKED_MAX = 1024 };

/* What is named, and by which arguments of others. */
static const struct {
    enum statement_kind kind;
    const char *argument;
} named[] = {
    {STATEMENT_object_network, "object"},
    {STATEMENT_object_service, "object"},
    {STATEMENT_object_group_network, "object-group"},
    {STATEMENT_object_group_service, "object-group"},
    {STATEMENT_object_group_protocol, "object-group"},
    {STATEMENT_object_group_icmp, "object-group"},
};

static const char *argument_of(enum statement_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (named[i].kind == kind)
            return named[i].argument;
    return NULL;
}

static bool is_argument(struct grammar_item item, const char *name)
{
    return item.at[0] == '<' && item.len == strlen(name) + 2 && memcmp(item.at + 1, name, item.len - 2u) == 0;
}

static bool names(const struct statement *s, const char *argument, struct bytes name)
{
    for (uint16_t i = 0; i < s->word_count; i++)
        if ((is_argument(s->words[i].item, argument) || is_argument(s->words[i].item, "nat-object")) &&
            bytes_equal(s->words[i].text, name))
            return true;
    return false;
}

static void add_line(struct text *t, const struct statement *s)
{
    text_add(t, "\"");
    text_add_escaped(t, bytes_of(s->text.data, text_public_len(s->text)));
    text_add(t, "\"");
}

bool statement_is_used(struct statements *statements, const struct statement *removed, struct text *why)
{
    const char *argument = argument_of(removed->row->kind);
    const struct statement *there = argument == NULL ? NULL : statements_same(statements, removed);

    if (there == NULL || statements->uses_asked++ >= USES_ASKED_MAX)
        return false;

    struct bytes name = statement_argument(there, argument, 0);

    for (uint32_t i = 0; i < statements->count; i++) {
        const struct statement *s = &statements->list[i];

        if (s->state != STATEMENT_IS_KNOWN || !statement_is_live(statements, s) || argument_of(s->row->kind) != NULL ||
            s->parent == statement_index(statements, there) || !names(s, argument, name))
            continue;
        text_add(why, "it is used by ");
        add_line(why, s);
        if (s->parent != STATEMENT_NONE) {
            text_add(why, " below ");
            add_line(why, &statements->list[s->parent]);
        }
        return true;
    }
    return false;
}
