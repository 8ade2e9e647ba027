/* Types on a terminal, and looks at what comes: `typist PROGRAM ARGUMENT... <SCRIPT`. A line of the script:
 *
 *     > text     types it and Enter
 *     ^ text     types it; \t is Tab, \xNN a byte
 *     = text     waits until it comes, at most 5 s; what came before it is done with
 *     ? text     the same, and what came before it is still looked at
 *     ! text     has not come since
 *     ~ 24 80    gives the terminal so many rows and columns
 *     # text     says what is tested
 *
 * Exit 0: all came. Escapes of the terminal are taken out before anything is compared. */
#include "base/check.h"
#include "base/text.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000, SEEN_SIZE = 1 << 20, ROWS = 24, COLUMNS = 120 };

static char seen[SEEN_SIZE + 1];
static size_t seen_len, done_with;
static int terminal;
static pid_t child;
static unsigned failed;
static const char *sentence = "";

/* ESC [ ... letter, what moves the cursor, and the zeros that give an old terminal time: nothing of that is text. */
static void take(const char *data, size_t len)
{
    static bool is_escape, is_in_sequence;

    for (size_t i = 0; i < len && seen_len < SEEN_SIZE; i++) {
        if (is_escape && data[i] == '[') {
            is_in_sequence = true;
        } else if (is_in_sequence) {
            is_in_sequence = data[i] < '@' || data[i] > '~';
        } else if (data[i] != '\0' && data[i] != '\x1b' && data[i] != '\r' && data[i] != '\a' && !is_escape) {
            seen[seen_len++] = data[i];
        }
        is_escape = data[i] == '\x1b';
    }
    seen[seen_len] = '\0';
}

static bool read_more(int timeout_ms)
{
    struct pollfd wait = {.fd = terminal, .events = POLLIN};
    char space[4096];
    ssize_t got = poll(&wait, 1, timeout_ms) > 0 ? read(terminal, space, sizeof space) : 0;

    if (got > 0)
        take(space, (size_t)got);
    return got > 0;
}

static void fail(const char *what, const char *text)
{
    printf("FAILED  %s: %s: %s\n        after: %s\n", sentence, what, text, seen + done_with);
    failed++;
}

static void expect(const char *text)
{
    const char *at;

    while (!(at = strstr(seen + done_with, text))) {
        if (!read_more(PATIENCE_MS)) {
            fail("did not come", text);
            return;
        }
    }
    done_with = (size_t)(at - seen) + strlen(text);
}

static void expect_and_stay(const char *text)
{
    size_t before = done_with;

    expect(text);
    done_with = before;
}

static void expect_not(const char *text)
{
    if (strstr(seen + done_with, text))
        fail("came", text);
}

static void type(const char *text, bool with_enter)
{
    char space[1024];
    size_t len = 0;

    for (; *text && len + 2 < sizeof space; text++) {
        unsigned byte;

        if (text[0] == '\\' && text[1] == 't') {
            space[len++] = '\t';
            text++;
        } else if (text[0] == '\\' && sscanf(text, "\\x%2x", &byte) == 1) {
            space[len++] = (char)byte;
            text += 3;
        } else {
            space[len++] = *text;
        }
    }
    if (with_enter)
        space[len++] = '\r';
    CHECK(write(terminal, space, len) == (ssize_t)len);
}

static void resize(const char *text)
{
    struct winsize size = {0};

    CHECK(sscanf(text, "%hu %hu", &size.ws_row, &size.ws_col) == 2);
    CHECK(ioctl(terminal, TIOCSWINSZ, &size) == 0);
}

static void run_line(char *line)
{
    static char kept[256];
    const char *text = line[0] && line[1] ? line + 2 : "";

    switch (line[0]) {
    case '#':
        if (*sentence)
            printf("ok      %s\n", sentence);
        snprintf(kept, sizeof kept, "%.250s", text);
        sentence = kept;
        break;
    case '>': type(text, true); break;
    case '^': type(text, false); break;
    case '=': expect(text); break;
    case '?': expect_and_stay(text); break;
    case '!': expect_not(text); break;
    case '~': resize(text); break;
    case '\0': break;
    default: fail("no such line of a script", line);
    }
}

int main(int argc, char **argv)
{
    const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
    char line[2048];
    int status = 0;

    CHECK(argc > 1);
    child = forkpty(&terminal, NULL, NULL, &size);
    CHECK(child >= 0);
    if (child == 0) {
        setenv("TERM", "vt100", 1);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    while (failed == 0 && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        run_line(line);
    }
    if (failed == 0 && *sentence)
        printf("ok      %s\n", sentence);
    close(terminal);
    kill(child, SIGHUP);
    waitpid(child, &status, 0);
    return failed != 0;
}
