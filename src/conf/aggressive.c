/* Aggressive mode: who begins in it, who is answered, and what that exposes. Attack list C01, C02. */
#include "conf/compile.h"

/* Below the first nobody is answered with a key; below the second it is warned of. */
enum { KEY_BITS_REFUSED = 40, KEY_BITS_GOOD = 80 };

/* How many tenths of a bit a character is worth at most, chosen by chance from its kind. */
static const struct {
    char first, last;
    uint8_t count;
} kinds[] = {{'a', 'z', 26}, {'A', 'Z', 26}, {'0', '9', 10}};
enum { OTHER_COUNT = 33 };

static const struct {
    uint8_t count, tenths; /* of log2(count) */
} worths[] = {{10, 33}, {26, 47}, {33, 50}, {36, 51}, {43, 54}, {52, 57},
              {59, 58}, {62, 59}, {69, 61}, {85, 64}, {95, 65}};

static size_t kind_of(uint8_t character)
{
    size_t kind = 0;

    while (kind < COUNT_OF(kinds) && (character < kinds[kind].first || character > kinds[kind].last))
        kind++;
    return kind;
}

/* A character that repeats the one before it, or follows it in the alphabet, adds nothing. */
unsigned key_bits_at_most(struct bytes key)
{
    bool is_used[COUNT_OF(kinds) + 1] = {false};
    unsigned alphabet = 0, tenths = 0, count = 0;

    for (size_t i = 0; i < key.len; i++) {
        int step = i == 0 ? 2 : key.data[i] - key.data[i - 1];

        is_used[kind_of(key.data[i])] = true;
        count += step < -1 || step > 1;
    }
    for (size_t k = 0; k <= COUNT_OF(kinds); k++)
        if (is_used[k])
            alphabet += k < COUNT_OF(kinds) ? kinds[k].count : OTHER_COUNT;
    for (size_t i = 0; i < COUNT_OF(worths) && worths[i].count <= alphabet; i++)
        tenths = worths[i].tenths;
    return count * tenths / 10;
}

/* Responders: each group whose key they would answer with. */
void compile_aggressive_answers(struct compiler *c)
{
    const struct statement *s = statements_next(c->statements, NULL, STATEMENT_am_disable);
    bool has_key = false, has_trustpoint = false;

    if (!c->conf->policy.is_aggressive_answered)
        return;
    for (uint16_t i = 0; i < c->group_count; i++) {
        has_key |= c->groups[i].key_state == KEY_IS_THERE;
        has_trustpoint |= c->groups[i].group.trustpoint != 0;
    }
    if (has_key)
        say(c, CONF_WARNING, s,
            "aggressive mode is answered: whoever names a tunnel-group gets a hash on which its key can be tried out");
    if (has_trustpoint)
        say(c, CONF_WARNING, s,
            "aggressive mode is answered: whoever asks is shown our certificate, and its message is signed for");
    for (uint16_t i = 0; i < c->group_count; i++) {
        struct keyed_group *g = &c->groups[i];
        unsigned bits = key_bits_at_most(g->key);

        if (g->key_state != KEY_IS_THERE)
            continue;
        g->group.is_key_weak = bits < KEY_BITS_REFUSED;
        if (g->group.is_key_weak)
            find(&c->finder, CONF_ERROR, g->line, 0, "",
                 text_in_arena(c,
                               "tunnel-group %.64s is not answered in aggressive mode: its key is worth %u bits at "
                               "most, and %u are the least",
                               g->group.name, bits, KEY_BITS_REFUSED));
        else if (bits < KEY_BITS_GOOD)
            find(&c->finder, CONF_WARNING, g->line, 0, "",
                 text_in_arena(c, "the key of tunnel-group %.64s is worth %u bits at most, too few for aggressive mode",
                               g->group.name, bits));
    }
}

static bool has_policy_with(const struct policy *policy, enum group_id group)
{
    for (uint16_t i = 0; i < policy->isakmp_policy_count; i++)
        if (policy->isakmp_policies[i].group == group)
            return true;
    return false;
}

/* The word after `aggressive`; 0: there is none. */
static uint16_t group_number_of(const struct statement *s)
{
    for (uint16_t i = 0; i < s->word_count; i++) {
        uint16_t number;

        if (s->words[i].item.at[0] == 'g' && (group_of_words(s->words[i].text, &number), number != 0))
            return number;
    }
    return 0;
}

const char *compile_phase1_mode(struct compiler *c, struct tunnel *t, const struct statement *s)
{
    uint16_t number = s == NULL ? 0 : group_number_of(s);

    t->is_aggressive = s != NULL && statement_has(s, "aggressive");
    if (!t->is_aggressive || number == 0)
        return NULL;
    t->aggressive_group = group_of_number(number);
    if (t->aggressive_group == GROUP_NONE)
        return "ikewise does not compute in the group of `set phase1-mode`";
    if (!has_policy_with(&c->conf->policy, t->aggressive_group))
        return text_in_arena(c, "no phase 1 policy that is used has group %u of `set phase1-mode`", number);
    return NULL;
}

bool compile_answers_by_identity(const struct compiler *c)
{
    for (uint16_t i = 0; i < c->group_count; i++)
        if (c->groups[i].group.is_by_identity && c->groups[i].key_state == KEY_IS_THERE &&
            !c->groups[i].group.is_key_weak)
            return true;
    return false;
}
