#include "cli/traceroute.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { LINE_SIZE = 512, PROBES = 3, TIMEOUT_S = 3, LAST_HOP = 30, PORT = 33434, ARGUMENTS_MAX = 24 };

static unsigned or_default(unsigned given, unsigned otherwise)
{
    return given ? given : otherwise;
}

/* ---- one hop ---- */

/* The devices count in whole milliseconds. */
static void add_ms(struct text *t, const char *word)
{
    text_add(t, " %u msec", (unsigned)(strtod(word, NULL) + 0.5));
}

/* " 2  10.1.0.1  0.034 ms  0.010 ms *": an address, its times, what did not come; !H and the like stay. */
bool traceroute_line(struct text *t, const char *line)
{
    char copy[LINE_SIZE], *rest, *word, *last = NULL;
    unsigned long hop = strtoul(line, &rest, 10);
    struct ip ip;

    if (hop == 0 || *rest != ' ')
        return false;
    snprintf(copy, sizeof copy, "%s", rest);
    text_add(t, "%2lu ", hop);
    for (word = strtok_r(copy, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest)) {
        if (strcmp(word, "ms") == 0)
            add_ms(t, last == NULL ? "0" : last);
        else if (strcmp(word, "*") == 0 || word[0] == '!')
            text_add(t, " %s", word);
        else if (ip_parse(&ip, bytes_of_text(word)))
            text_add(t, " %s", word);
        last = word;
    }
    return true;
}

static bool names(const char *line, const char *address)
{
    const char *at = strstr(line, address);
    size_t len = strlen(address);

    return at != NULL && at > line && at[-1] == ' ' && at[len] == ' ';
}

/* ---- all of them ---- */

static int start(struct ip target, const struct traceroute_options *options, int output, pid_t *child)
{
    char address[IP_TEXT_SIZE], probes[16], timeout[16], first[16], last[16], port[16];
    const char *argv[ARGUMENTS_MAX] = {"traceroute", "-n", "-q", probes, "-w", timeout, "-f", first, "-m", last};
    posix_spawn_file_actions_t actions;
    size_t length = 10;
    struct ip ip;
    int error;

    snprintf(probes, sizeof probes, "%u", or_default(options->probes, PROBES));
    snprintf(timeout, sizeof timeout, "%u", or_default(options->timeout_s, TIMEOUT_S));
    snprintf(first, sizeof first, "%u", or_default(options->first_hop, 1));
    snprintf(last, sizeof last, "%u", or_default(options->last_hop, LAST_HOP));
    snprintf(port, sizeof port, "%u", or_default(options->port, PORT));
    if (options->is_icmp) {
        argv[length++] = "-I";
    } else {
        argv[length++] = "-p";
        argv[length++] = port;
    }
    if (*options->source) {
        argv[length++] = ip_parse(&ip, bytes_of_text(options->source)) ? "-s" : "-i";
        argv[length++] = options->source;
    }
    argv[length++] = "--";
    argv[length] = ip_text(target, address);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    error = posix_spawnp(child, "traceroute", &actions, NULL, (char **)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int traceroute_run(FILE *out, struct ip target, const struct traceroute_options *options, struct text *why)
{
    char line[LINE_SIZE], address[IP_TEXT_SIZE];
    int ends[2], error, status = 0;
    bool has_answered = false;
    FILE *hops;
    pid_t child;

    if (pipe(ends) != 0) {
        text_add(why, "traceroute: %s", strerror(errno));
        return 2;
    }
    error = start(target, options, ends[1], &child);
    close(ends[1]);
    hops = fdopen(ends[0], "re");
    if (error || !hops) {
        text_add(why, "traceroute (package traceroute): %s", strerror(error ? error : errno));
        close(ends[0]);
        return 2;
    }
    fprintf(out, "Type escape sequence to abort.\nTracing the route to %s\n\n", ip_text(target, address));
    while (fgets(line, sizeof line, hops)) {
        char space[LINE_SIZE];
        struct text t = text_of(space, sizeof space);

        has_answered |= traceroute_line(&t, line) && names(line, address);
        if (t.len > 0)
            fprintf(out, "%s\n", space);
        fflush(out);
    }
    fclose(hops);
    waitpid(child, &status, 0);
    if (!has_answered && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        text_add(why, "traceroute cannot send from there: no such source, or not allowed");
        return 2;
    }
    return !has_answered;
}
