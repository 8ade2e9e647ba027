/* A line from the terminal: editing, history, Tab and `?` (libedit), and what is shown meanwhile.
 *
 *     struct editor *editor = editor_open(&hooks);
 *     while ((line = editor_line(editor)) ...)
 *     editor_close(editor); */
#ifndef CLI_EDITOR_H
#define CLI_EDITOR_H

#include "base/text.h"

#include <poll.h>
#include <stdio.h>

enum { EDITOR_FDS_MAX = 8 };

struct editor_hooks {
    void *context;
    const char *(*prompt)(void *context);
    void (*help)(void *context, struct bytes before_cursor);
    void (*complete)(void *context, struct bytes before_cursor, struct text *put_in);
    size_t (*fds)(void *context, struct pollfd fds[static EDITOR_FDS_MAX]); /* watched while a line is typed */
    void (*ready)(void *context);                                           /* one of them is; may print whole lines */
};

struct editor;

/* NULL: the terminal cannot be used. `hooks` must outlive the editor. */
struct editor *editor_open(const struct editor_hooks *hooks);

enum editor_end {
    EDITOR_LINE,
    EDITOR_BROKEN_OFF, /* Ctrl-C */
    EDITOR_OUT,        /* Ctrl-Z: the line is the one before it was typed, may be empty */
    EDITOR_OVER,       /* Ctrl-D on an empty line, or the terminal is gone */
};

/* The line without its end; it lives until the next call. */
enum editor_end editor_line(struct editor *editor, struct bytes *line);

/* The lines so far, the oldest first. */
void editor_history(const struct editor *editor, FILE *out);

/* To a command that asks something by itself, and back. */
void editor_lend_terminal(struct editor *editor, bool is_lent);

void editor_close(struct editor *editor);

#endif
