/* The page of the configuration language, from the grammar. */
#include "grammar_modes.h"
#include "page.h"

#include "base/check.h"

#include <string.h>

/* clang-format off */
const struct word_info grammar_words[] = {
#define WORD(text, origin, help) {text, ORIGIN_##origin, help},
#include "conf/grammar_rows.h"
};
static const struct argument_info arguments[] = {
#define ARGUMENT(name, kind, least, most, shown, help) {#name, ARGUMENT_##kind, least, most, shown, help},
#include "conf/grammar_rows.h"
};
static const struct {
    enum statement_kind kind;
    const char *word, *why;
} whys[] = {
#define WHY(kind, word, why) {STATEMENT_##kind, word, why},
#include "conf/grammar_rows.h"
};
const struct release_defaults release_defaults[] = {
#define DEFAULTS(major, minor, encryption, hash, group, pfs, has_nat_t, manager, releases) {#encryption, #hash, #group, #pfs, has_nat_t, releases},
#include "conf/defaults.def"
#undef DEFAULTS
};
/* clang-format on */
const size_t grammar_word_count = COUNT_OF(grammar_words);
const size_t release_defaults_count = COUNT_OF(release_defaults);

const struct grammar_mode_title grammar_mode_titles[] = {
    {MODE_GLOBAL, NULL},
    {MODE_INTERFACE, "interface"},
    {MODE_OBJECT, "object network"},
    {MODE_OBJECT_GROUP, "object-group network"},
    {MODE_SERVICE, "object service"},
    {MODE_SERVICE_GROUP, "object-group service"},
    {MODE_PROTOCOL_GROUP, "object-group protocol"},
    {MODE_ICMP_GROUP, "object-group icmp-type"},
    {MODE_SLA, "sla monitor"},
    {MODE_POLICY, "crypto ikev1 policy"},
    {MODE_GROUP_POLICY, "group-policy ... attributes"},
    {MODE_AAA_SERVER, "aaa-server ... protocol"},
    {MODE_USER, "username ... attributes"},
    {MODE_TUNNEL_GENERAL, "tunnel-group ... general-attributes"},
    {MODE_TUNNEL_IPSEC, "tunnel-group ... ipsec-attributes"},
    {MODE_TRUSTPOINT, "crypto ca trustpoint"},
    {MODE_CHAIN, "crypto ca certificate chain"},
    {MODE_CERT_MAP, "crypto ca certificate map"},
    {MODE_PROFILE, "crypto isakmp profile"},
    {MODE_KEPT, "what is only kept"},
};
const size_t grammar_mode_title_count = COUNT_OF(grammar_mode_titles);
_Static_assert(COUNT_OF(grammar_mode_titles) == MODE_COUNT, "each mode has its heading");

void write_syntax(FILE *page, const char *at, const char *bar)
{
    for (; *at != '\0'; at++) {
        if (at[0] == '~' && at[1] == ' ')
            at++;
        else if (at[0] == '|' || (at[0] == '^' && at[1] != ']'))
            fputs(bar, page);
        else if (*at != '^')
            fputc(*at, page);
    }
}

static void syntax(FILE *page, const char *at)
{
    fputc('`', page);
    write_syntax(page, at, "|");
    fputc('`', page);
}

static bool has_statement(enum grammar_mode mode, enum grammar_effect effect)
{
    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++)
        if (grammar_row(kind)->mode == mode && grammar_row(kind)->effect == effect)
            return true;
    return false;
}

static void quiet(FILE *page, enum grammar_mode mode)
{
    const char *separator = "";

    if (!has_statement(mode, EFFECT_QUIET))
        return;
    fprintf(page, "Read, with nothing to do: ");
    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++) {
        const struct grammar_row *row = grammar_row(kind);

        if (row->mode != mode || row->effect != EFFECT_QUIET)
            continue;
        fprintf(page, "%s", separator);
        syntax(page, row->syntax);
        separator = ", ";
    }
    fprintf(page, ".\n\n");
}

/* A statement whose words have reasons of their own has a row for each. */
static void unused(FILE *page, enum grammar_mode mode)
{
    if (!has_statement(mode, EFFECT_UNUSED))
        return;
    fprintf(page, "Kept, and listed by `ikewise check` as not used:\n\n| statement | with | why |\n|---|---|---|\n");
    for (size_t i = 0; i < COUNT_OF(whys); i++) {
        const struct grammar_row *row = grammar_row(whys[i].kind);
        bool is_next = i > 0 && whys[i - 1].kind == whys[i].kind;

        if (row->mode != mode)
            continue;
        fprintf(page, "| ");
        if (!is_next) {
            fputc('`', page);
            write_syntax(page, row->syntax, "\\|");
            fputc('`', page);
        }
        if (*whys[i].word)
            fprintf(page, " | `%s` | ", whys[i].word);
        else
            fprintf(page, " | %s | ", is_next ? "any other" : "");
        page_cell(page, whys[i].why);
        fprintf(page, " |\n");
    }
    fprintf(page, "\n");
}

static void mode(FILE *page, enum grammar_mode mode, const char *below)
{
    if (!has_statement(mode, EFFECT_USED) && !has_statement(mode, EFFECT_QUIET) && !has_statement(mode, EFFECT_UNUSED))
        return;
    if (below == NULL)
        fprintf(page, "## Global statements\n\n");
    else
        fprintf(page, "## Below `%s`\n\n", below);
    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++) {
        const struct grammar_row *row = grammar_row(kind);

        if (row->mode != mode || row->effect != EFFECT_USED)
            continue;
        fprintf(page, "- ");
        syntax(page, row->syntax);
        fprintf(page, ",\n  as in `%s`\n", row->sample);
    }
    if (has_statement(mode, EFFECT_USED))
        fprintf(page, "\n");
    quiet(page, mode);
    unused(page, mode);
}

static void word_row(FILE *page, const struct word_info *word)
{
    fprintf(page, "| `%s` | ", word->text);
    page_cell(page, word->help);
}

const struct grammar_row *grammar_row_with(const char *word)
{
    static const char between[] = " {}[]|^~";

    for (unsigned kind = 0; kind < STATEMENT_COUNT; kind++)
        for (const char *at = grammar_row(kind)->syntax; *at != '\0'; at += strspn(at, between)) {
            size_t len = strcspn(at, between);

            if (len == strlen(word) && memcmp(at, word, len) == 0)
                return grammar_row(kind);
            at += len;
        }
    CHECK(!"a word that no statement has");
    return NULL;
}

static void own_words(FILE *page)
{
    fprintf(page, "| word | what it means | stands in a statement like |\n|---|---|---|\n");
    for (size_t i = 0; i < grammar_word_count; i++)
        if (grammar_words[i].origin == ORIGIN_OWN) {
            word_row(page, &grammar_words[i]);
            fprintf(page, " | `%s` |\n", grammar_row_with(grammar_words[i].text)->sample);
        }
    fprintf(page, "\n");
}

static void asa_words(FILE *page)
{
    fprintf(page, "| word | what it means |\n|---|---|\n");
    for (size_t i = 0; i < grammar_word_count; i++)
        if (grammar_words[i].origin == ORIGIN_ASA) {
            word_row(page, &grammar_words[i]);
            fprintf(page, " |\n");
        }
}

void write_configuration(void)
{
    FILE *page = page_begin("configuration.md", "Configuration");

    fprintf(
        page,
        "The language is the ASA's, as `show running-config` prints it; both the spelling from 8.4 on and the one "
        "before are read. A first configuration is in [quickstart.md](quickstart.md). `ikewise check FILE` says what "
        "a file would do, with file, line and column of what is wrong.\n\n"
        "A statement that ikewise does not use is kept and listed. A fault in the statements of one tunnel parks that "
        "tunnel; the others run.\n\n"
        "In the syntax, `<name>` is a value, `[a]` may be left out, `{a|b}` is one of both, and `...` may be repeated. "
        "Where it says `{ikev1|isakmp}`, releases before 8.4 have the second; where it says `[ikev1]`, they leave it "
        "out.\n\n"
        "## Words that an ASA does not have\n\n"
        "They are spelled as IOS or the ASA's IKEv2 spells them, where one of these has them.\n\n");
    own_words(page);

    fprintf(page,
            "## What is taken for what is not said\n\n"
            "It depends on the line `ASA Version` of the file, as on the device. A file without that line is taken "
            "as the last row.\n\n"
            "| release | encryption | hash | group | `set pfs` without a group | NAT-T |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < release_defaults_count; i++)
        fprintf(page, "| %s | %s | %s | %s | %s | %s |\n", release_defaults[i].releases, release_defaults[i].encryption,
                release_defaults[i].hash, release_defaults[i].group, release_defaults[i].pfs,
                release_defaults[i].has_nat_t ? "on" : "off");
    fprintf(page, "\n");

    for (size_t i = 0; i < grammar_mode_title_count; i++)
        mode(page, grammar_mode_titles[i].mode, grammar_mode_titles[i].below);

    fprintf(page, "## Values\n\n| value | shown in the help as | what it is |\n|---|---|---|\n");
    for (size_t i = 0; i < COUNT_OF(arguments); i++) {
        fprintf(page, "| `<%s>` | ", arguments[i].name);
        page_cell(page, arguments[i].shown);
        fprintf(page, " | ");
        page_cell(page, arguments[i].help);
        fprintf(page, " |\n");
    }
    fprintf(page, "\n## Words of the ASA\n\n");
    asa_words(page);
    page_end(page);
}
