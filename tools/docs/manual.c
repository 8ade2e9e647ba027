/* The pages of the manual: prose/ has what is told, and a line that begins with '@' stands for what a table says:
 *
 *     @options ikewise          the options of a program, or of a tool behind the word of one
 *     @commands                 what the shell may ask; prose/commands has what is said of one beyond its row
 *     @records  @codes          what --json is made of; what PAM's answers come to
 *     @statements  @values  @own-words  @defaults      the configuration language
 *     @sample NAME  @samples    a configuration of docs/samples; all of them */
#include "manual.h"

#include "page.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

static const char *const pages[] = {"ikewise.8", "ikewised.8", "ikewised-pam.8", "ikewise.conf.5",
                                    "ikewise-statements.5"};

static const struct directive {
    const char *word;
    void (*write)(FILE *page, const char *argument);
} directives[] = {
    {"options", manual_options},     {"commands", manual_commands}, {"records", manual_records},
    {"codes", manual_codes},         {"values", manual_values},     {"statements", manual_statements},
    {"own-words", manual_own_words}, {"defaults", manual_defaults}, {"sample", manual_sample},
    {"samples", manual_samples},
};

const char *manual_prose_folder, *manual_samples_folder;

FILE *manual_open(const char *folder, const char *name)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

bool manual_read_line(FILE *file, char line[static MANUAL_LINE_SIZE])
{
    if (fgets(line, MANUAL_LINE_SIZE, file) == NULL)
        return false;
    size_t len = strcspn(line, "\n");
    CHECK(len + 1 < MANUAL_LINE_SIZE);
    line[len] = '\0';
    return true;
}

static void put_text(FILE *page, char c)
{
    c == '\\' ? fputs("\\e", page) : fputc(c, page);
}

void manual_text(FILE *page, const char *text)
{
    fprintf(page, "\\&");
    for (; *text != '\0'; text++)
        put_text(page, *text);
    fputc('\n', page);
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

void manual_sentences(FILE *page, const char *text)
{
    char first = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;

    fprintf(page, "\\&");
    put_text(page, first);
    for (text++; *text != '\0'; text++) {
        put_text(page, *text);
        if (text[0] == '.' && text[1] == ' ' && is_capital(text[2])) {
            fprintf(page, "\n\\&");
            text++;
        }
    }
    fprintf(page, ".\n");
}

void manual_line(FILE *page, const char *line)
{
    if (line[0] != '@') {
        fprintf(page, "%s\n", line);
        return;
    }
    size_t len = strcspn(line + 1, " ");
    const char *argument = line + 1 + len + strspn(line + 1 + len, " ");

    for (size_t i = 0; i < COUNT_OF(directives); i++)
        if (strlen(directives[i].word) == len && memcmp(directives[i].word, line + 1, len) == 0) {
            directives[i].write(page, argument);
            return;
        }
    fprintf(stderr, "no table is called %s\n", line);
    exit(1);
}

static void write_page(const char *name)
{
    char line[MANUAL_LINE_SIZE], path[PATH_SIZE];
    FILE *prose = manual_open(manual_prose_folder, name);

    snprintf(path, sizeof path, "../man/%s", name);
    FILE *page = file_begin(path);
    fprintf(page,
            ".\\\" Made from the tables of src/, from tools/docs/prose and from docs/samples. Change those, then:\n"
            ".\\\" cmake --build --preset debug --target docs\n");
    while (manual_read_line(prose, line))
        manual_line(page, line);
    fclose(prose);
    page_end(page);
}

void write_manual(const char *prose_folder, const char *samples_folder)
{
    manual_prose_folder = prose_folder;
    manual_samples_folder = samples_folder;
    for (size_t i = 0; i < COUNT_OF(pages); i++)
        write_page(pages[i]);
}
