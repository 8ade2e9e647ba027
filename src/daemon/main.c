/* ikewised: the gateway. */
#include "daemon/access.h"
#include "daemon/daemon.h"
#include "daemon/host.h"
#include "daemon/names.h"
#include "daemon/nat.h"
#include "daemon/steer.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_SIZE = 4096 };

static int fail(const char *sentence)
{
    fprintf(stderr, PROCESS_NAME ": %s\n", sentence);
    return EXIT_FAILURE;
}

static int print_help(void)
{
    char space[TEXT_SIZE];
    struct text help = text_of(space, sizeof space);

    options_help(&help);
    fputs(space, stdout);
    return EXIT_SUCCESS;
}

static int print_version(void)
{
    puts("ikewise " IKEWISE_VERSION);
    return EXIT_SUCCESS;
}

/* One line a finding, as compilers write them. */
static void print_findings(const struct conf *conf)
{
    for (uint32_t i = 0; i < conf->finding_count; i++) {
        char space[TEXT_SIZE];
        struct text line = text_of(space, sizeof space);
        text_add_finding(&line, &conf->findings[i]);
        puts(space);
    }
    printf("%u errors, %u warnings; %u tunnels would run, %u are parked\n", conf->error_count, conf->warning_count,
           conf->running_count, conf->parked_count);
}

static int test_file(const struct options *options)
{
    char space[TEXT_SIZE];
    struct text why = text_of(space, sizeof space);
    struct config *config = config_load(options->file, &why);

    if (config == NULL)
        return fail(space);
    print_findings(&config->conf);
    config_free(config);
    return EXIT_SUCCESS;
}

static int clean_up(void)
{
    char space[TEXT_SIZE];
    struct text why = text_of(space, sizeof space);

    return access_take_away(&why) && nat_take_away(&why) && steer_take_away(&why) ? EXIT_SUCCESS : fail(space);
}

static int run(const struct options *options)
{
    char space[TEXT_SIZE];
    struct text why = text_of(space, sizeof space);
    uv_loop_t loop;

    if (!host_can_run(&why))
        return fail(space);
    struct config *config = config_load(options->file, &why);
    if (config == NULL)
        return fail(space);
    if (uv_loop_init(&loop) != 0)
        return fail("no memory for the loop");

    struct log *log = log_open(true, options->is_debug, options->is_debug);
    struct daemon *daemon = daemon_start(&loop, log, config, options, &why);
    if (daemon == NULL) {
        log_note(log, LOG_ERR, "%s", space);
        if (!log_is_on_terminal(log))
            fail(space);
        log_close(log);
        uv_loop_close(&loop);
        return EXIT_FAILURE;
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    daemon_free(daemon);
    uv_loop_close(&loop);
    log_close(log);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options;
    char space[TEXT_SIZE];
    struct text why = text_of(space, sizeof space);

    host_harden();
    if (!options_read(&options, argc, argv, &why))
        return fail(space);
    if (options.is_help)
        return print_help();
    if (options.is_version)
        return print_version();
    if (options.is_cleanup)
        return clean_up();
    return options.is_test ? test_file(&options) : run(&options);
}
