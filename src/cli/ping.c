#include "cli/ping.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* With the 28 bytes of its headers a packet of 100 bytes, as the devices send it. */
#define PAYLOAD "72"
enum { MARKS_A_LINE = 70 };

struct pinging ping_begin(FILE *out, struct ip target, unsigned count)
{
    char address[IP_TEXT_SIZE];

    fprintf(out, "Type escape sequence to abort.\nSending %u, 100-byte ICMP Echos to %s, timeout is 2 seconds:\n",
            count, ip_text(target, address));
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
void ping_answered(struct pinging *p, unsigned sequence, double ms)
{
    if (sequence <= p->sent || sequence > p->count)
        return;
    while (p->sent + 1 < sequence)
        mark(p, '.');
    mark(p, '!');
    p->least_ms = p->answered == 0 || ms < p->least_ms ? ms : p->least_ms;
    p->most_ms = ms > p->most_ms ? ms : p->most_ms;
    p->sum_ms += ms;
    p->answered++;
}

/* "64 bytes from 10.2.0.5: icmp_seq=3 ttl=62 time=0.512 ms" */
static void take_line(struct pinging *p, const char *line)
{
    const char *number = strstr(line, "icmp_seq="), *time = strstr(line, "time=");

    if (number && time)
        ping_answered(p, (unsigned)strtoul(number + 9, NULL, 10), strtod(time + 5, NULL));
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

static int start(const char *target, const char *count, const char *source, int output, pid_t *child)
{
    const char *argv[16] = {"ping", "-n", "-i", "0.2", "-W", "2", "-s", PAYLOAD, "-c", count};
    posix_spawn_file_actions_t actions;
    size_t length = 10;
    int error;

    if (*source) {
        argv[length++] = "-I";
        argv[length++] = source;
    }
    argv[length++] = "--";
    argv[length] = target;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
    error = posix_spawnp(child, "ping", &actions, NULL, (char **)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int ping_run(FILE *out, struct ip target, unsigned count, const char *source, struct text *why)
{
    struct pinging p;
    char address[IP_TEXT_SIZE], number[16], line[512];
    int ends[2], error, status = 0;
    pid_t child;
    FILE *answers;

    snprintf(number, sizeof number, "%u", count ? count : PING_COUNT);
    if (pipe(ends) != 0) {
        text_add(why, "ping: %s", strerror(errno));
        return 2;
    }
    error = start(ip_text(target, address), number, source, ends[1], &child);
    close(ends[1]);
    answers = fdopen(ends[0], "re");
    if (error || !answers) {
        text_add(why, "ping (package iputils-ping): %s", strerror(error ? error : errno));
        close(ends[0]);
        return 2;
    }
    p = ping_begin(out, target, count ? count : PING_COUNT);
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
