#include "cli/background.h"

bool background_start(struct background *background, const char *socket_path, enum control_request_id id,
                      const struct bytes *words, size_t word_count, struct text *why)
{
    struct client_question question = {.words = words, .word_count = word_count, .how = CONTROL_STREAM};

    background_stop(background, id);
    for (size_t i = 0; i < BACKGROUND_MAX; i++) {
        if (background->streams[i].stream)
            continue;
        background->streams[i].stream = client_open(socket_path, &question, why);
        background->streams[i].id = id;
        return background->streams[i].stream != NULL;
    }
    text_add(why, "too much is watched already");
    return false;
}

static void close_stream(struct background *background, size_t index)
{
    client_close(background->streams[index].stream);
    background->streams[index].stream = NULL;
}

void background_stop(struct background *background, enum control_request_id id)
{
    for (size_t i = 0; i < BACKGROUND_MAX; i++) {
        if (background->streams[i].stream && background->streams[i].id == id)
            close_stream(background, i);
    }
}

bool background_is_on(const struct background *background, enum control_request_id id)
{
    for (size_t i = 0; i < BACKGROUND_MAX; i++)
        if (background->streams[i].stream && background->streams[i].id == id)
            return true;
    return false;
}

void background_stop_all(struct background *background)
{
    for (size_t i = 0; i < BACKGROUND_MAX; i++)
        close_stream(background, i);
}

size_t background_fds(const struct background *background, struct pollfd fds[static BACKGROUND_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < BACKGROUND_MAX; i++) {
        if (background->streams[i].stream)
            fds[count++] = (struct pollfd){.fd = client_fd(background->streams[i].stream), .events = POLLIN};
    }
    return count;
}

void background_read(struct background *background, void (*show)(void *context, const char *line), void *context)
{
    static struct control_record r;
    bool is_lost = false;

    for (size_t i = 0; i < BACKGROUND_MAX; i++) {
        enum client_next next = CLIENT_NOT_YET;

        while (background->streams[i].stream &&
               (next = client_next(background->streams[i].stream, false, &r)) == CLIENT_RECORD) {
            if (r.kind == RECORD_log_line)
                show(context, record_text(&r, COL_log_line_text));
            if (r.kind == RECORD_error)
                show(context, record_text(&r, COL_error_sentence));
            if (r.kind == RECORD_error || r.kind == RECORD_done)
                close_stream(background, i);
        }
        if (background->streams[i].stream && next == CLIENT_OVER) {
            close_stream(background, i);
            is_lost = true;
        }
    }
    if (is_lost)
        show(context, "% ikewised shows no more of its log here: it has ended, or its lines were not read");
}
