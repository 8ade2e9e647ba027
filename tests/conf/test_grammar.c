/* The grammar table itself: every row is read, means what it says, and is written back. */
#include "conf/reading.h"
#include "conf/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The statement that opens this mode. */
static const struct grammar_row *opener(enum grammar_mode mode)
{
    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++)
        if (grammar_row(kind)->enters == mode)
            return grammar_row(kind);
    CHECK(!"every mode is opened by a statement");
    return NULL;
}

static bool has_line(const char *text, const char *line)
{
    size_t len = strlen(line);

    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        if ((at == text || at[-1] == '\n') && at[len] == '\n')
            return true;
    return false;
}

/* What must stand before some, or they are refused. */
static const char *needed_by(enum statement_kind kind)
{
    return kind == STATEMENT_sla_schedule ? "sla monitor 1\n type echo protocol ipIcmpEcho 10.0.0.1 interface outside\n"
                                          : "";
}

static uint32_t line_count(const char *text)
{
    uint32_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void every_statement_is_read_and_written_back(void **state)
{
    static char text[4096], written[4096], line[2048];

    (void)state;
    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++) {
        const struct grammar_row *row = grammar_row(kind);
        bool is_global = row->mode == MODE_GLOBAL;
        struct reading r;
        struct text t = text_of(written, sizeof written);

        CHECK(row->sample[0] != '\0');
        snprintf(line, sizeof line, "%s%s", is_global ? "" : " ", row->sample);
        snprintf(text, sizeof text, "%s%s%s%s\n", needed_by(row->kind), is_global ? "" : opener(row->mode)->sample,
                 is_global ? "" : "\n", line);
        reading_of(&r, text);
        CHECK(r.is_ok);

        const struct statement *s = statements_next(r.conf.statements, NULL, row->kind);

        conf_write(&r.conf, CONF_KEYS_SHOWN, &t);
        if (s == NULL || !has_line(written, line))
            fprintf(stderr, "row %s: \"%s\" gives\n%s\n", row->name, line, written);
        CHECK(s != NULL && has_line(written, line));
        CHECK(s->line == line_count(needed_by(row->kind)) + (is_global ? 1u : 2u));
        reading_end(&r);
    }
}

/* The last reason of a statement is for whatever word it has; the words of those before it stand in its syntax. */
static void what_is_not_used_says_why(void **state)
{
    static const struct {
        enum statement_kind kind;
        const char *word, *why;
    } whys[] = {
#define WHY(kind, word, why) {STATEMENT_##kind, word, why},
#include "conf/grammar_rows.h"
    };

    (void)state;
    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++) {
        const struct grammar_row *row = grammar_row(kind);
        bool is_any = false, has_all_words = false;

        for (size_t i = 0; i < COUNT_OF(whys); i++) {
            if (whys[i].kind != kind)
                continue;
            if (is_any || *whys[i].why == '\0' || strstr(row->syntax, whys[i].word) == NULL)
                fail_msg("%s: \"%s\" can never be its reason", row->name, whys[i].word);
            is_any |= *whys[i].word == '\0';
            has_all_words = true;
        }
        if (has_all_words != (row->effect == EFFECT_UNUSED))
            fail_msg("%s: %s", row->name, has_all_words ? "is used, and says why it is not" : "does not say why");
        for (const char *at = row->syntax; has_all_words && !is_any && (at = strpbrk(at, "{|")) != NULL; at++) {
            bool has_why = false;

            for (size_t i = 0; i < COUNT_OF(whys); i++)
                has_why |= whys[i].kind == kind && strncmp(at + 1, whys[i].word, strlen(whys[i].word)) == 0;
            if (!has_why)
                fail_msg("%s: nothing is said of %s", row->name, at + 1);
        }
    }
}

static void every_word_of_a_syntax_has_its_help(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++) {
        for (const char *at = grammar_row(kind)->syntax; *at != '\0';) {
            size_t len = *at == '<' ? (size_t)(strchr(at, '>') - at) + 1 : strcspn(at, " []{}|^~<.");
            struct grammar_item item = {at, (uint16_t)len};

            if (len == 0) {
                at++;
                continue;
            }
            if (*at == '<')
                CHECK(item_argument(item)->help[0] != '\0' && item_argument(item)->shown[0] != '\0');
            else
                CHECK(item_word(item)->help[0] != '\0');
            at += len;
        }
    }
}

static void every_line_can_say_what_comes_next(void **state)
{
    static const struct {
        enum grammar_mode mode;
        const char *line, *expected;
    } cases[] = {
        {MODE_POLICY, "hash", "sha, md5, sha256, sha384 or sha512"},
        {MODE_GLOBAL, "crypto map OUT 10 match", "address"},
        {MODE_GLOBAL, "crypto ikev1 policy", "<1-65535> (priority of the policy; the lowest is tried first)"},
        {MODE_GLOBAL, "crypto isakmp retr", "default, asa or ios"},
        {MODE_TUNNEL_IPSEC, "isakmp keepalive threshold 10 retry", "<2-10> (seconds between repeats)"},
        {MODE_TUNNEL_IPSEC, "isakmp keepalive threshold 10 action", "clear, hold or restart"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct line line = {.number = 1, .column = 1};
        struct token tokens[TOKENS_MAX];
        static struct grammar_match match;
        char space[400];
        struct text t = text_of(space, sizeof space);
        bool is_cut;

        line.text = line.text_with_blanks = bytes_of_text(cases[i].line);
        grammar_match(cases[i].mode, tokens, line_tokens(&line, tokens, TOKENS_MAX, &is_cut), false, &match);
        text_add_expected(&t, &match);
        CHECK(match.outcome == GRAMMAR_WRONG);
        if (strcmp(space, cases[i].expected) != 0)
            fprintf(stderr, "%s: %s\n", cases[i].line, space);
        CHECK(strcmp(space, cases[i].expected) == 0);
    }
}

static void our_own_words_are_marked(void **state)
{
    static const struct {
        const char *word;
        enum grammar_origin origin;
    } cases[] = {
        {"sha256", ORIGIN_OWN},
        {"esp-gcm", ORIGIN_OWN},
        {"esp-sha512-hmac", ORIGIN_OWN},
        {"weak-algorithms", ORIGIN_OWN},
        {"retransmit", ORIGIN_OWN},
        {"linux-interface", ORIGIN_OWN},
        {"21", ORIGIN_OWN},
        {"14", ORIGIN_ASA},
        {"sha", ORIGIN_ASA},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK(item_word((struct grammar_item){cases[i].word, (uint16_t)strlen(cases[i].word)})->origin ==
              cases[i].origin);
}

static void keywords_may_be_short_as_long_as_they_are_unique(void **state)
{
    static const struct {
        const char *line;
        bool is_read;
        const char *written, *why;
    } cases[] = {
        {"cry ikev1 pol 10", true, "crypto ikev1 policy 10", "each word is unique there"},
        {"CRYPTO ikev1 Policy 10", true, "crypto ikev1 policy 10", "capitals do not matter"},
        {"int Ethernet0/0", true, "interface Ethernet0/0", "the argument stays as it is"},
        {"crypto map M 10 set p 192.0.2.1", false, NULL, "pfs, peer or phase1-mode"},
        {"crypto map M 10 set pe 192.0.2.1", true, "crypto map M 10 set peer 192.0.2.1", "unique again"},
        {"access-list A perm ip an host 192.0.2.1", false, NULL, "any, any4 or any6"},
        {"access-list A perm ip any host 192.0.2.1", true, "access-list A permit ip any host 192.0.2.1",
         "a whole word wins over longer ones"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static char written[4096];
        struct text t = text_of(written, sizeof written);
        struct reading r;

        reading_of(&r, cases[i].line);
        conf_write(&r.conf, CONF_KEYS_SHOWN, &t);
        CHECK(has_finding(&r.conf, 1, "is short for several words") == !cases[i].is_read);
        CHECK(!cases[i].is_read || has_line(written, cases[i].written));
        reading_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_is_read_and_written_back),
        cmocka_unit_test(every_word_of_a_syntax_has_its_help),
        cmocka_unit_test(what_is_not_used_says_why),
        cmocka_unit_test(every_line_can_say_what_comes_next),
        cmocka_unit_test(our_own_words_are_marked),
        cmocka_unit_test(keywords_may_be_short_as_long_as_they_are_unique),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
