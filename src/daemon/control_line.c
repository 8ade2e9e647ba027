/* A line from a shell, as words and statements. A long one, a whole configuration, is read beside the loop. */
#include "base/check.h"
#include "daemon/control_client.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* {"words": ["show", "crypto", "isakmp", "sa"]}. The words are views into `root`. */
static bool words_of(const json_t *root, struct bytes words[static CONTROL_WORDS_MAX], size_t *count)
{
    const json_t *list = json_object_get(root, "words");
    const json_t *word;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > CONTROL_WORDS_MAX)
        return false;
    json_array_foreach(list, i, word)
    {
        if (!json_is_string(word) || json_string_length(word) >= CONTROL_WORD_SIZE)
            return false;
        words[i] = bytes_of(json_string_value(word), json_string_length(word));
    }
    *count = json_array_size(list);
    return true;
}

/* "lines": ["...", ...], of `configure`. False: they are no list of texts, or do not fit; `why` says which line. The
 * strings are wiped: there may be keys among them. */
static bool lines_of(const json_t *root, struct running *lines, struct text *why)
{
    const json_t *list = json_object_get(root, "lines");
    const json_t *line;
    bool is_good = !list || json_is_array(list);
    size_t i;

    if (!is_good || !list)
        return is_good;
    json_array_foreach(list, i, line)
    {
        struct bytes text = bytes_of(json_string_value(line), json_string_length(line));

        if (is_good && text.len > CONF_LINE_MAX)
            text_add(why, "line:%zu: error: it has %zu characters, and none may have more than %d", i + 1, text.len,
                     (int)CONF_LINE_MAX);
        is_good = is_good && json_is_string(line) && text.len <= CONF_LINE_MAX && !memchr(text.data, '\n', text.len) &&
                  running_add(lines, text.len ? text : bytes_of_text("!"));
        bytes_wipe((void *)text.data, text.len);
    }
    return is_good;
}

void control_line_read(struct control_line *line, char *text, size_t len)
{
    json_error_t error;
    struct text why = text_of(line->why, sizeof line->why);

    line->lines = (struct running){0};
    line->root = json_loadb(text, len, 0, &error);
    bytes_wipe(text, len);
    bool are_lines_good = line->root != NULL && lines_of(line->root, &line->lines, &why);
    line->is_good = are_lines_good && words_of(line->root, line->words, &line->count);
}

void control_line_free(struct control_line *line)
{
    running_free(&line->lines);
    json_decref(line->root);
}

/* ---- beside the loop ---- */

struct line_beside {
    uv_work_t work;
    struct client *client; /* NULL: it has gone */
    char *text;
    size_t len, room;
    struct control_line line;
};

static void read_line(uv_work_t *work)
{
    struct line_beside *beside = work->data;

    control_line_read(&beside->line, beside->text, beside->len);
}

static void line_is_read(uv_work_t *work, int status)
{
    struct line_beside *beside = work->data;

    (void)status;
    if (beside->client != NULL) {
        beside->client->beside = NULL;
        client_take_line(beside->client, &beside->line);
    }
    control_line_free(&beside->line);
    bytes_wipe(beside->text, beside->room);
    free(beside->text);
    free(beside);
}

void client_read_beside(struct client *client)
{
    struct line_beside *beside = calloc(1, sizeof *beside);

    client->is_answering = true;
    if (beside == NULL) {
        client_fail(client, CONTROL_ERROR_NOT_READY, "there is no memory for it");
        return;
    }
    beside->work.data = beside;
    beside->client = client;
    beside->text = client->line;
    beside->len = client->line_len;
    beside->room = client->line_room;
    client->line = NULL;
    client->line_len = client->line_room = 0;
    client->beside = beside;
    CHECK(uv_queue_work(client->control->loop, &beside->work, read_line, line_is_read) == 0);
}

void client_forget_line(struct client *client)
{
    if (client->beside != NULL)
        client->beside->client = NULL;
    client->beside = NULL;
}
