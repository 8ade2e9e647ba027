#include "cli/editor.h"

#include "base/check.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY_SIZE = 500, PUT_IN_SIZE = 256, KEY_OUT = 0x1a };

struct editor {
    const struct editor_hooks *hooks;
    EditLine *el;
    History *history;
    bool is_broken_off, is_out, has_terminal;
    struct termios before, ours;
    sigset_t outside; /* what is blocked but for the time that a line is typed: then Ctrl-C waits for the poll */
    char *line;       /* a copy of what was typed */
};

static struct editor *editor_of(EditLine *el)
{
    struct editor *editor = NULL;

    el_get(el, EL_CLIENTDATA, &editor);
    return editor;
}

static char *prompt(EditLine *el)
{
    const struct editor *editor = editor_of(el);

    return (char *)(uintptr_t)editor->hooks->prompt(editor->hooks->context);
}

/* What is printed while a line is typed goes above it: the line is wiped, and drawn again behind it. */
static void show_background(struct editor *editor)
{
    fputs("\r\033[K", stdout);
    editor->hooks->ready(editor->hooks->context);
    fflush(stdout);
    el_set(editor->el, EL_REFRESH);
}

/* The window has another size. That is heard of only while a line is typed: it ends no command. */
static volatile sig_atomic_t is_resized;

static void on_resize(int number)
{
    (void)number;
    is_resized = true;
}

static void watch_size(void)
{
    const struct sigaction resize = {.sa_handler = on_resize};
    sigset_t kept_back;

    sigemptyset(&kept_back);
    sigaddset(&kept_back, SIGWINCH);
    sigprocmask(SIG_BLOCK, &kept_back, NULL);
    sigaction(SIGWINCH, &resize, NULL);
}

static void take_size(struct editor *editor)
{
    is_resized = false;
    el_resize(editor->el);
    fputs("\r\033[K", stdout);
    fflush(stdout);
    el_set(editor->el, EL_REFRESH);
}

/* A key, in the locale's characters. 0: no more. */
static int read_key(EditLine *el, wchar_t *key)
{
    struct editor *editor = editor_of(el);
    mbstate_t state = {0};

    for (;;) {
        struct pollfd fds[EDITOR_FDS_MAX + 1];
        size_t count = editor->hooks->fds(editor->hooks->context, fds);
        unsigned char byte;

        fds[count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        if (ppoll(fds, count + 1, NULL, &editor->outside) < 0) {
            if (errno == EINTR && is_resized) {
                take_size(editor);
                continue;
            }
            editor->is_broken_off = errno == EINTR;
            return 0;
        }
        for (size_t i = 0; i < count; i++) {
            if (fds[i].revents) {
                show_background(editor);
                break;
            }
        }
        if (!fds[count].revents)
            continue;
        if (read(STDIN_FILENO, &byte, 1) != 1)
            return 0;
        if (byte == KEY_OUT) {
            editor->is_out = true;
            *key = L'\n';
            return 1;
        }
        if (mbrtowc(key, (const char *)&byte, 1, &state) != (size_t)-2)
            return 1;
    }
}

static struct bytes before_cursor(EditLine *el)
{
    const LineInfo *line = el_line(el);

    return bytes_of(line->buffer, (size_t)(line->cursor - line->buffer));
}

static unsigned char on_help(EditLine *el, int key)
{
    struct editor *editor = editor_of(el);

    (void)key;
    fputs("?\n", stdout);
    editor->hooks->help(editor->hooks->context, before_cursor(el));
    fflush(stdout);
    el_set(el, EL_REFRESH);
    return CC_NORM;
}

static unsigned char on_tab(EditLine *el, int key)
{
    struct editor *editor = editor_of(el);
    char space[PUT_IN_SIZE];
    struct text put_in = text_of(space, sizeof space);

    (void)key;
    editor->hooks->complete(editor->hooks->context, before_cursor(el), &put_in);
    if (put_in.len == 0 || put_in.is_cut || el_insertstr(el, space) != 0)
        return CC_REFRESH_BEEP;
    return CC_REFRESH;
}

void editor_lend_terminal(struct editor *editor, bool is_lent)
{
    if (editor->has_terminal)
        tcsetattr(STDIN_FILENO, TCSADRAIN, is_lent ? &editor->before : &editor->ours);
}

/* Between lines too: what is typed while a command runs is the beginning of the next line, and is shown then. Ctrl-Z
 * leaves configuration, not the shell. */
static void take_terminal(struct editor *editor)
{
    editor->has_terminal = tcgetattr(STDIN_FILENO, &editor->before) == 0;
    editor->ours = editor->before;
    editor->ours.c_cc[VSUSP] = _POSIX_VDISABLE;
    editor->ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    editor_lend_terminal(editor, false);
}

struct editor *editor_open(const struct editor_hooks *hooks)
{
    struct editor *editor = calloc(1, sizeof *editor);
    HistEvent event;

    CHECK(editor);
    setlocale(LC_CTYPE, "");
    editor->hooks = hooks;
    take_terminal(editor);
    watch_size();
    editor->el = el_init("ikewise", stdin, stdout, stderr);
    editor->history = history_init();
    if (!editor->el || !editor->history) {
        editor_close(editor);
        return NULL;
    }
    history(editor->history, &event, H_SETSIZE, HISTORY_SIZE);
    el_set(editor->el, EL_CLIENTDATA, editor);
    el_set(editor->el, EL_PROMPT, prompt);
    el_set(editor->el, EL_EDITOR, "emacs");
    el_set(editor->el, EL_HIST, history, editor->history);
    el_set(editor->el, EL_GETCFN, read_key);
    el_set(editor->el, EL_ADDFN, "help-here", "what can stand here", on_help);
    el_set(editor->el, EL_ADDFN, "complete-here", "the rest of the word", on_tab);
    el_set(editor->el, EL_BIND, "?", "help-here", NULL);
    el_set(editor->el, EL_BIND, "\t", "complete-here", NULL);
    el_set(editor->el, EL_SETTY, "-d", "susp=", NULL);
    el_set(editor->el, EL_SETTY, "-x", "-icanon", "-echo", "susp=", NULL);
    /* as on the devices */
    el_set(editor->el, EL_BIND, "^R", "ed-redisplay", NULL);
    el_set(editor->el, EL_BIND, "^W", "ed-delete-prev-word", NULL);
    return editor;
}

/* `pkcs12 PASSPHRASE`, as short as it may be typed, behind `crypto ca import TRUSTPOINT` or export. */
static bool has_passphrase(const char *line)
{
    static const char word[] = "pkcs12";

    for (unsigned nth = 0; *line; nth++) {
        size_t len = strcspn(line, " ");

        if (nth >= 4 && len > 0 && len < sizeof word && strncasecmp(line, word, len) == 0 && line[len] == ' ')
            return true;
        line += len;
        line += strspn(line, " ");
    }
    return false;
}

/* A line that was typed twice in a row is kept once. */
static void remember(struct editor *editor, const char *line)
{
    HistEvent event;

    if (has_passphrase(line))
        return;
    if (history(editor->history, &event, H_FIRST) == 0 && strcmp(event.str, line) == 0)
        return;
    history(editor->history, &event, H_ENTER, line);
}

static void forget_line(struct editor *editor)
{
    if (editor->line)
        bytes_wipe(editor->line, strlen(editor->line));
    free(editor->line);
    editor->line = NULL;
}

enum editor_end editor_line(struct editor *editor, struct bytes *line)
{
    int count = 0;
    const char *typed;
    sigset_t kept_back;

    forget_line(editor);
    *line = bytes_of("", 0);
    editor->is_broken_off = editor->is_out = false;
    sigemptyset(&kept_back);
    sigaddset(&kept_back, SIGINT);
    sigprocmask(SIG_BLOCK, &kept_back, &editor->outside);
    sigdelset(&editor->outside, SIGWINCH);
    typed = el_gets(editor->el, &count);
    sigprocmask(SIG_UNBLOCK, &kept_back, NULL);
    if (editor->is_broken_off) {
        fputs("^C\n", stdout);
        return EDITOR_BROKEN_OFF;
    }
    if (!typed || count <= 0)
        return EDITOR_OVER;
    editor->line = strndup(typed, (size_t)count);
    CHECK(editor->line);
    editor->line[strcspn(editor->line, "\r\n")] = '\0';
    if (editor->is_out)
        return EDITOR_OUT;
    if (editor->line[strspn(editor->line, " ")])
        remember(editor, editor->line);
    *line = bytes_of(editor->line, strlen(editor->line));
    return EDITOR_LINE;
}

void editor_history(const struct editor *editor, FILE *out)
{
    HistEvent event;

    for (int i = history(editor->history, &event, H_LAST); i == 0; i = history(editor->history, &event, H_PREV))
        fprintf(out, "  %s\n", event.str);
}

/* libedit loses the names of functions that were added when it ends, so it does not end before the program does; the
 * terminal is as it was after each line anyway. */
static EditLine *left_open;

void editor_close(struct editor *editor)
{
    forget_line(editor);
    if (editor->history)
        history_end(editor->history);
    left_open = editor->el;
    editor_lend_terminal(editor, true);
    free(editor);
}
