/* ping, as it is given or asked for, and traceroute. */
#include "cli/client.h"
#include "cli/command.h"
#include "cli/ping.h"
#include "cli/ping_asked.h"
#include "cli/traceroute.h"

#include <string.h>

enum { WHY_SIZE = 4096 };

static void take_interface(void *context, const struct control_record *r)
{
    if (r->kind == RECORD_interface)
        text_add(context, "%s", record_text(r, COL_interface_address));
}

/* The address of an interface of the configuration; empty: there is none of that name, or no gateway to ask. */
static void find_address(const struct command *command, struct text *address)
{
    const struct bytes words[] = {bytes_of_text("show"), bytes_of_text("interface"),
                                  bytes_of_text(command->request.file)};
    char space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);

    (void)client_ask(command->options->socket, words, COUNT_OF(words), CONTROL_ONCE, take_interface, address, &why);
}

/* Of an interface of the configuration its address, in `space`; else what was typed. */
static const char *source_of(const struct command *command, char space[static IP_TEXT_SIZE])
{
    struct text address = text_of(space, IP_TEXT_SIZE);
    struct ip ip;

    if (*command->request.file && !ip_parse(&ip, bytes_of_text(command->request.file)))
        find_address(command, &address);
    return address.len > 0 ? space : command->request.file;
}

static int result_of(const struct command *command, int status, const char *why)
{
    return status == 2 ? command_complain(command, why) : status;
}

int command_traceroute(const struct command *command)
{
    const struct control_request *request = &command->request;
    char space[WHY_SIZE], source[IP_TEXT_SIZE];
    struct text why = text_of(space, sizeof space);
    struct traceroute_options options = {.probes = request->probe_count,
                                         .timeout_s = request->ping.timeout_s,
                                         .first_hop = request->hops[0],
                                         .last_hop = request->hops[1],
                                         .port = request->packet.numbers[0],
                                         .is_icmp = request->is_icmp,
                                         .source = source_of(command, source)};

    return result_of(command, traceroute_run(command->out, request->peer, &options, &why), space);
}

int command_ping(const struct command *command)
{
    const struct control_request *request = &command->request;
    char space[WHY_SIZE], source[IP_TEXT_SIZE];
    struct text why = text_of(space, sizeof space);
    struct ping_options options = {.count = request->repeat_count,
                                   .size = request->ping.size,
                                   .timeout_s = request->ping.timeout_s,
                                   .has_df = request->ping.has_df,
                                   .source = source_of(command, source),
                                   .pattern = request->ping.pattern};

    return result_of(command, ping_run(command->out, request->peer, &options, &why), space);
}

/* What the answers come to is a command like any other. */
int command_ping_asked(const struct command *command)
{
    struct command asked = *command;
    char line[PING_ASKED_LINE], space[WHY_SIZE];
    struct text why = text_of(space, sizeof space);
    struct bytes words[CONTROL_WORDS_MAX];
    struct control_parse parse;
    size_t count = 0;

    if (!ping_asked(stdin, stdout, (command->view.dialect & DIALECT_ANY_IOS) != 0, line))
        return command_complain(command, "% Bad IP address or host name");
    if (control_split(bytes_of_text(line), words, &count) &&
        control_request_parse(&asked.request, words, count, &parse) && asked.request.id == CONTROL_PING)
        return command_ping(&asked);
    control_parse_explain(&parse, words, count, &why);
    return command_complain(command, space);
}
