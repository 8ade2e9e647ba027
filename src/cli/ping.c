#include "cli/ping.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
    MARKS_A_LINE = 70,
    COUNT = 5,
    SIZE = 100,
    TIMEOUT_S = 2,
    ICMP_HEADER_LEN = 8,
    V4_HEADER_LEN = 20,
    V6_HEADER_LEN = 40
};

static unsigned or_default(unsigned given, unsigned otherwise)
{
    return given ? given : otherwise;
}

struct pinging ping_begin(FILE *out, struct ip target, const struct ping_options *options)
{
    char address[IP_TEXT_SIZE];
    unsigned count = or_default(options->count, COUNT), timeout_s = or_default(options->timeout_s, TIMEOUT_S);

    fprintf(out, "Type escape sequence to abort.\nSending %u, %u-byte ICMP Echos to %s, timeout is %u second%s:\n",
            count, or_default(options->size, SIZE), ip_text(target, address), timeout_s, timeout_s == 1 ? "" : "s");
    if (options->source && *options->source)
        fprintf(out, "Packet sent with a source address of %s \n", options->source);
    if (options->has_df)
        fprintf(out, "Packet sent with the DF bit set\n");
    return (struct pinging){.out = out, .count = count};
}

static void mark(struct pinging *p, char c)
{
    fputc(c, p->out);
    if (++p->sent % MARKS_A_LINE == 0)
        fputc('\n', p->out);
    fflush(p->out);
}

/* What was skipped had no answer. */
static bool come_to(struct pinging *p, unsigned sequence)
{
    if (sequence <= p->sent || sequence > p->count)
        return false;
    while (p->sent + 1 < sequence)
        mark(p, '.');
    return true;
}

void ping_refused(struct pinging *p, unsigned sequence, char why)
{
    if (come_to(p, sequence))
        mark(p, why);
}

void ping_answered(struct pinging *p, unsigned sequence, double ms)
{
    if (!come_to(p, sequence))
        return;
    mark(p, '!');
    p->least_ms = p->answered == 0 || ms < p->least_ms ? ms : p->least_ms;
    p->most_ms = ms > p->most_ms ? ms : p->most_ms;
    p->sum_ms += ms;
    p->answered++;
}

/* "64 bytes from 10.2.0.5: icmp_seq=3 ttl=62 time=0.512 ms", or why there is none; this machine's own refusal has no
 * number. */
static void take_line(struct pinging *p, const char *line)
{
    static const struct {
        const char *words;
        char mark;
    } refusals[] = {{"essage too long", 'M'}, {"Frag needed", 'M'}, {"acket too big", 'M'}, {"nreachable", 'U'}};
    const char *number = strstr(line, "icmp_seq="), *time = strstr(line, "time=");
    unsigned sequence = number ? (unsigned)strtoul(number + 9, NULL, 10) : p->sent + 1;

    if (number && time)
        ping_answered(p, sequence, strtod(time + 5, NULL));
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        if (!time && strstr(line, refusals[i].words)) {
            ping_refused(p, sequence, refusals[i].mark);
            return;
        }
    }
}

/* The devices count in whole milliseconds, from 1. */
static unsigned whole_ms(double ms)
{
    return ms < 1 ? 1 : (unsigned)(ms + 0.5);
}

void ping_end(struct pinging *p)
{
    while (p->sent < p->count)
        mark(p, '.');
    if (p->sent % MARKS_A_LINE != 0)
        fputc('\n', p->out);
    fprintf(p->out, "Success rate is %u percent (%u/%u)", p->answered * 100 / p->count, p->answered, p->count);
    if (p->answered > 0)
        fprintf(p->out, ", round-trip min/avg/max = %u/%u/%u ms", whole_ms(p->least_ms),
                whole_ms(p->sum_ms / p->answered), whole_ms(p->most_ms));
    fputc('\n', p->out);
}

static int start(struct ip target, const struct ping_options *options, int output, pid_t *child)
{
    unsigned headers = ICMP_HEADER_LEN + (target.family == IP_V6 ? V6_HEADER_LEN : V4_HEADER_LEN);
    unsigned size = or_default(options->size, SIZE);
    char address[IP_TEXT_SIZE], count[16], payload[16], timeout[16];
    const char *argv[24] = {"ping", "-n", "-i", "0.2", "-W", timeout, "-s", payload, "-c", count};
    posix_spawn_file_actions_t actions;
    size_t length = 10;
    int error;

    snprintf(count, sizeof count, "%u", or_default(options->count, COUNT));
    snprintf(timeout, sizeof timeout, "%u", or_default(options->timeout_s, TIMEOUT_S));
    snprintf(payload, sizeof payload, "%u", size > headers ? size - headers : 0);
    if (options->source && *options->source) {
        argv[length++] = "-I";
        argv[length++] = options->source;
    }
    if (options->has_df) {
        argv[length++] = "-M";
        argv[length++] = "do";
    }
    if (options->pattern && *options->pattern) {
        argv[length++] = "-p";
        argv[length++] = options->pattern;
    }
    argv[length++] = "--";
    argv[length] = ip_text(target, address);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    error = posix_spawnp(child, "ping", &actions, NULL, (char **)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int ping_run(FILE *out, struct ip target, const struct ping_options *options, struct text *why)
{
    struct pinging p;
    char line[512];
    int ends[2], error, status = 0;
    pid_t child;
    FILE *answers;

    if (pipe(ends) != 0) {
        text_add(why, "ping: %s", strerror(errno));
        return 2;
    }
    error = start(target, options, ends[1], &child);
    close(ends[1]);
    answers = fdopen(ends[0], "re");
    if (error || !answers) {
        text_add(why, "ping (package iputils-ping): %s", strerror(error ? error : errno));
        close(ends[0]);
        return 2;
    }
    p = ping_begin(out, target, options);
    while (fgets(line, sizeof line, answers))
        take_line(&p, line);
    fclose(answers);
    waitpid(child, &status, 0);
    if (p.answered == 0 && WIFEXITED(status) && WEXITSTATUS(status) > 1) {
        text_add(why, "ping cannot send from there: no such source, or not allowed");
        return 2;
    }
    ping_end(&p);
    return p.answered == 0;
}
