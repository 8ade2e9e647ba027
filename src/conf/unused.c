/* What of a configuration is kept and not used, and why. */
#include "base/check.h"
#include "conf/compile.h"
#include "conf/ios.h"

enum { BEGINS_SIZE = 80, BEGINS_WORDS = 3 };

static const char *beginning(const struct statement *s, struct arena *arena)
{
    char space[BEGINS_SIZE];
    struct text t = text_of(space, sizeof space);
    size_t len = text_public_len(s->text), words = 0, at = 0;

    while (at < len && (s->text.data[at] != ' ' || ++words < BEGINS_WORDS))
        at++;
    text_add_escaped(&t, bytes_of(s->text.data, at));

    const char *copy = arena_copy_text(arena, bytes_of_text(space));

    return copy == NULL ? "" : copy;
}

static const char *why_unused(const struct statement *s)
{
    return s->state == STATEMENT_IS_KNOWN ? grammar_why_unused(s->row, s->words, s->word_count)
                                          : ios_why_unused(s->text);
}

static bool is_unused(const struct statement *s)
{
    return s->state == STATEMENT_IS_UNKNOWN || (s->state == STATEMENT_IS_KNOWN && s->row->effect == EFFECT_UNUSED);
}

void list_unused(struct conf *conf, const struct statements *st, struct arena *arena)
{
    uint32_t *entry_of = arena_take(arena, st->count * sizeof *entry_of); /* index + 1 */

    conf->unused = arena_take(arena, CONF_UNUSED_MAX * sizeof *conf->unused);
    if (conf->unused == NULL || entry_of == NULL)
        return;
    for (uint32_t i = 0; i < st->count; i++) {
        const struct statement *s = &st->list[i];

        if (!statement_is_live(st, s) || !is_unused(s))
            continue;
        if (s->parent != STATEMENT_NONE && st->list[s->parent].state == STATEMENT_IS_WRONG)
            continue;
        if (s->parent != STATEMENT_NONE && entry_of[s->parent] != 0) {
            conf->unused[entry_of[s->parent] - 1].line_count++;
        } else if (conf->unused_count == CONF_UNUSED_MAX) {
            conf->unused_left_out++;
        } else {
            bool is_under_key = s->parent != STATEMENT_NONE && s->state == STATEMENT_IS_UNKNOWN &&
                                st->list[s->parent].row != NULL &&
                                st->list[s->parent].row->kind == STATEMENT_tunnel_ipsec;

            conf->unused[conf->unused_count++] = (struct conf_unused){
                .line = s->line,
                .line_count = 1,
                .begins = is_under_key ? "" : beginning(s, arena),
                .why = why_unused(s),
            };
            entry_of[i] = conf->unused_count;
        }
    }
}
