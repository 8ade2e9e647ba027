#include "cli/ask.h"

#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

/* One line of descriptor 0, byte by byte: nothing stays in a buffer of stdio. False: end of input, or too long. */
static bool read_line(char line[static ASK_LINE_SIZE], size_t *len)
{
    bool is_too_long = false;
    char byte;

    for (*len = 0; read(STDIN_FILENO, &byte, 1) == 1;) {
        if (byte == '\n')
            return !is_too_long;
        if (*len < ASK_LINE_SIZE)
            line[(*len)++] = byte;
        else
            is_too_long = true;
    }
    return *len > 0 && !is_too_long;
}

bool ask_silently(const char *prompt, char line[static ASK_LINE_SIZE], size_t *len)
{
    struct termios before, silent;
    sigset_t all, mask;
    bool is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    bool is_read;

    if (!is_terminal)
        return read_line(line, len);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    /* An interrupt must not leave the terminal silent: it waits until the echo is back. */
    sigemptyset(&all);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGTSTP);
    sigaddset(&all, SIGQUIT);
    silent.c_lflag &= ~(tcflag_t)ISIG;
    sigprocmask(SIG_BLOCK, &all, &mask);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    fprintf(stderr, "%s", prompt); /* now: what is typed before the terminal is silent is thrown away */
    is_read = read_line(line, len);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    fprintf(stderr, "\n");
    return is_read;
}
