#include "page.h"

#include <stdlib.h>

const char *page_folder;

static char page_path[4096];

static void fail(void)
{
    perror(page_path);
    exit(1);
}

FILE *file_begin(const char *name)
{
    FILE *file;

    snprintf(page_path, sizeof page_path, "%s/%s", page_folder, name);
    file = fopen(page_path, "w");
    if (file == NULL)
        fail();
    return file;
}

FILE *page_begin(const char *name, const char *title)
{
    FILE *page = file_begin(name);

    fprintf(page,
            "<!-- Made from the tables of src/. Change those, then: cmake --build --preset debug --target docs -->\n"
            "\n"
            "# %s\n"
            "\n",
            title);
    return page;
}

void page_end(FILE *page)
{
    if (ferror(page) || fclose(page) != 0)
        fail();
}

void page_cell(FILE *page, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '<')
            fputc('\\', page);
        fputc(*text, page);
    }
}

void page_code_cell(FILE *page, const char *text)
{
    fputc('`', page);
    for (; *text != '\0'; text++) {
        if (*text == '|')
            fputc('\\', page);
        if (text[0] == '\n' && text[1] != '\0')
            fprintf(page, "`<br>`");
        else if (text[0] != '\n')
            fputc(*text, page);
    }
    fputc('`', page);
}

void page_sentence(FILE *page, const char *text)
{
    if (*text >= 'a' && *text <= 'z')
        fputc(*text++ - 'a' + 'A', page);
    page_cell(page, text);
}
