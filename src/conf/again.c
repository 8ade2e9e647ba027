/* What comes to a configuration that has been read: a file of secrets, files that it names, addresses of hosts. Its
 * statements stay; what they mean is judged anew. */
#include "conf/compile.h"

enum { SECRETS_SIZE_MAX = 65536 };

static bool read_secret(const struct line *line, struct secret *secret)
{
    struct token tokens[3];
    bool is_cut;

    if (line_tokens(line, tokens, 3, &is_cut) < 3 || !bytes_equal(tokens[0].text, bytes_of_text("pre-shared-key")))
        return false;
    *secret = (struct secret){tokens[1].text, tokens[2].rest_with_blanks, line->number};
    return true;
}

static void read_secrets(struct finder *finder, struct bytes text, struct secret *list, uint32_t *count)
{
    struct lines lines = lines_of(text);
    struct line line;

    while (line_next(&lines, &line)) {
        if (line.text.len == 0 || line.text.data[0] == '!' || line.text.data[0] == '#')
            continue;
        if (read_secret(&line, &list[*count]))
            (*count)++;
        else
            find(finder, CONF_ERROR, line.number, line.column, "pre-shared-key PEER KEY",
                 "this line is not understood");
    }
}

bool conf_read_secrets(struct conf *conf, struct bytes file_text, const char *file_name, struct arena *arena)
{
    uint32_t line, line_count;
    struct conf before = *conf;
    struct secrets secrets = {.file_name = file_name};
    struct finder finder = {conf, arena, file_name};

    if (file_text.len > SECRETS_SIZE_MAX || !lines_are_text(file_text, CONF_LINE_MAX, &line, &line_count)) {
        find(&finder, CONF_ERROR, 0, 0, "lines as `pre-shared-key PEER KEY`", "this is no file of secrets");
        findings_sort(conf);
        return false;
    }

    char *copy = arena_copy_text(arena, file_text);
    struct secret *list = arena_take(arena, line_count * sizeof *list);
    struct secrets *kept = arena_take(arena, sizeof *kept);

    findings_begin(conf, arena);
    if (copy != NULL && list != NULL && kept != NULL && !arena->is_full) {
        conf->secret_keys = bytes_of(copy, file_text.len);
        read_secrets(&finder, conf->secret_keys, list, &secrets.count);
        secrets.list = list;
        findings_keep(conf);
        *kept = secrets;
        conf->secrets = kept;
        if (conf_compile(conf, conf->statements, secrets, arena))
            return true;
    }
    if (copy != NULL)
        bytes_wipe(copy, file_text.len);
    *conf = before;
    return false;
}

bool conf_read_files(struct conf *conf, const struct conf_file *files, uint32_t count, struct arena *arena)
{
    struct conf before = *conf;
    struct secrets secrets = conf->secrets == NULL ? (struct secrets){0} : *conf->secrets;

    conf->files = files;
    conf->file_count = count;
    bool ok = conf_compile(conf, conf->statements, secrets, arena);
    if (!ok)
        *conf = before;
    else
        conf->files = files;
    return ok;
}

bool conf_read_hosts(struct conf *conf, const struct conf_host *hosts, uint32_t count, struct arena *arena)
{
    struct conf before = *conf;
    struct secrets secrets = conf->secrets == NULL ? (struct secrets){0} : *conf->secrets;

    conf->hosts = hosts;
    conf->host_count = count;
    bool ok = conf_compile(conf, conf->statements, secrets, arena);
    if (!ok)
        *conf = before;
    return ok;
}
