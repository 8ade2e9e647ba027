#include "cli/paste.h"

#include "base/base64.h"
#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_MAX = 4096, LINE_MAX_LEN = 4096, DER_SIZE = CERTIFICATE_MAX };

struct pasted {
    struct bytes lines[LINES_MAX];
    size_t count;
};

static void free_pasted(struct pasted *pasted)
{
    for (size_t i = 0; i < pasted->count; i++) {
        bytes_wipe((void *)pasted->lines[i].data, pasted->lines[i].len);
        free((void *)pasted->lines[i].data);
    }
    free(pasted);
}

/* Who types. ^C waits until read_line does, for between two lines it would be lost; and as it throws away what was
 * typed and not read, read_line must not wait for what was there a moment ago: the terminal is opened once more,
 * without blocking. */
struct keyboard {
    int terminal; /* -1: it is none */
    sigset_t outside;
};

static struct keyboard take_keyboard(void)
{
    struct keyboard keyboard = {.terminal = -1};
    sigset_t interrupt;

    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &keyboard.outside);
    if (isatty(STDIN_FILENO))
        keyboard.terminal = open("/dev/tty", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return keyboard;
}

static void give_keyboard_back(const struct keyboard *keyboard)
{
    if (keyboard->terminal >= 0)
        close(keyboard->terminal);
    sigprocmask(SIG_SETMASK, &keyboard->outside, NULL);
}

/* A terminal gives one line at a time, and none that is longer. -1: it was interrupted. */
static ssize_t read_typed(const struct keyboard *keyboard, char **line, size_t *room)
{
    struct pollfd input = {.fd = keyboard->terminal, .events = POLLIN};
    ssize_t got = -1;

    if (*line == NULL) {
        *room = LINE_MAX_LEN + 1;
        *line = calloc(1, *room);
    }
    while (*line != NULL && ppoll(&input, 1, NULL, &keyboard->outside) > 0) {
        got = read(keyboard->terminal, *line, *room - 1);
        if (got >= 0 || errno != EAGAIN)
            break;
    }
    if (got >= 0)
        (*line)[got] = '\0';
    return got;
}

/* Without the end of the line. False: the input is over, or it was interrupted. */
static bool read_line(const struct keyboard *keyboard, char **line, size_t *room, size_t *len)
{
    ssize_t got = keyboard->terminal >= 0 ? read_typed(keyboard, line, room) : getline(line, room, stdin);

    if (got <= 0) {
        clearerr(stdin);
        return false;
    }
    *len = (size_t)got;
    while (*len > 0 && strchr("\r\n ", (*line)[*len - 1]) != NULL)
        (*line)[--*len] = '\0';
    return true;
}

/* False: it has no end. */
static bool read_pasted(struct pasted *pasted, const struct keyboard *keyboard)
{
    char *line = NULL;
    size_t room = 0, len = 0;
    bool is_whole = false, goes_on = true;

    while (goes_on && !is_whole && (goes_on = read_line(keyboard, &line, &room, &len))) {
        is_whole = strcmp(line, "quit") == 0;
        if (is_whole)
            break;
        goes_on = pasted->count < LINES_MAX && len <= LINE_MAX_LEN;

        uint8_t *copy = goes_on ? malloc(len + 1) : NULL;

        goes_on = copy != NULL;
        if (!goes_on)
            break;
        memcpy(copy, line, len + 1);
        pasted->lines[pasted->count++] = bytes_of(copy, len);
    }
    if (line != NULL)
        bytes_wipe(line, room);
    free(line);
    return is_whole;
}

/* ---- an authority: its fingerprint, and whether it is the one ---- */

static bool read_certificate(const struct pasted *pasted, uint8_t der[static DER_SIZE], size_t *len)
{
    char text[2 * DER_SIZE];
    struct text t = text_of(text, sizeof text);

    for (size_t i = 0; i < pasted->count; i++)
        if (pasted->lines[i].len > 0 && pasted->lines[i].data[0] != '-')
            text_add(&t, "%.*s\n", (int)pasted->lines[i].len, (const char *)pasted->lines[i].data);
    return !t.is_cut && base64_read(bytes_of(text, t.len), der, DER_SIZE, len);
}

static void show_fingerprint(FILE *out, enum hash_id hash, struct bytes der)
{
    uint8_t digest[DIGEST_MAX];
    struct bytes bytes = hash_of(hash, &der, 1, digest);
    char hex[2 * DIGEST_MAX + 1];
    struct text t = text_of(hex, sizeof hex);

    text_add_hex(&t, bytes);
    fprintf(out, "Fingerprint (%s): ", hash_info(hash)->name);
    for (size_t i = 0; i < t.len; i += 8)
        fprintf(out, " %.8s", hex + i);
    fprintf(out, "\n");
}

static bool is_accepted(const char *question)
{
    struct keyboard keyboard = take_keyboard();
    char *line = NULL;
    size_t room = 0, len = 0;
    bool is_yes;

    printf("%s [yes/no]: ", question);
    fflush(stdout);
    is_yes = read_line(&keyboard, &line, &room, &len) && (strcmp(line, "yes") == 0 || strcmp(line, "y") == 0);
    give_keyboard_back(&keyboard);
    free(line);
    return is_yes;
}

/* False: it is no certificate, or not the one that is meant. */
static bool is_meant(const struct command *command, const struct pasted *pasted, const char **why)
{
    static struct certificate certificate;
    uint8_t der[DER_SIZE];
    size_t len = 0;
    char name[512];
    struct text subject = text_of(name, sizeof name);

    *why = "this is no certificate";
    if (!read_certificate(pasted, der, &len) || !certificate_read(&certificate, bytes_of(der, len)))
        return false;
    *why = "it was not accepted: nothing has changed";
    text_add_name(&subject, bytes_of(certificate.subject, certificate.subject_len));
    if (!command->options->is_json) {
        fprintf(command->out, "INFO: Certificate has the following attributes:\nSubject Name: %s\n", name);
        show_fingerprint(command->out, HASH_SHA1, bytes_of(der, len));
        show_fingerprint(command->out, HASH_SHA256, bytes_of(der, len));
        fflush(command->out);
    }
    return command->request.is_unasked || is_accepted("Do you accept this certificate?");
}

/* ---- the commands ---- */

static const struct {
    enum control_request_id id;
    const char *what, *done;
} pastes[] = {
    {CONTROL_CA_AUTHENTICATE, "base 64 encoded CA certificate",
     "Trustpoint CA certificate accepted.\n\n% Certificate successfully imported"},
    {CONTROL_CA_IMPORT, "base 64 encoded certificate", "INFO: Certificate successfully imported"},
    {CONTROL_CA_IMPORT_PKCS12, "base 64 encoded pkcs12", "INFO: Import PKCS12 operation completed successfully"},
};

int command_paste(struct command *command)
{
    struct pasted *pasted = calloc(1, sizeof *pasted);
    const char *why = "it has no end: `quit` on a line by itself; nothing has changed";
    size_t i = 0;
    int status = COMMAND_NOT_DONE;

    CHECK(pasted != NULL);
    while (pastes[i].id != command->request.id)
        CHECK(++i < COUNT_OF(pastes));
    struct keyboard keyboard = take_keyboard(); /* before it is asked for */
    if (!command->options->is_json && !command->request.is_unasked)
        fprintf(command->out, "Enter the %s.\nEnd with the word \"quit\" on a line by itself\n", pastes[i].what);
    fflush(command->out);
    bool is_whole = read_pasted(pasted, &keyboard);
    give_keyboard_back(&keyboard);
    if (!is_whole || (pastes[i].id == CONTROL_CA_AUTHENTICATE && !is_meant(command, pasted, &why))) {
        command_complain(command, why);
    } else {
        command->lines = pasted->lines;
        command->line_count = pasted->count;
        status = command_ask(command);
        command->lines = NULL;
        command->line_count = 0;
    }
    free_pasted(pasted);
    bytes_wipe(command->request.passphrase, sizeof command->request.passphrase);
    if (status == COMMAND_DONE && !command->options->is_json)
        fprintf(command->out, "\n%s\n", pastes[i].done);
    return status;
}

static bool is_there(const struct command *command)
{
    static const struct bytes words[] = {{(const uint8_t *)"show", 4}, {(const uint8_t *)"crypto", 6},
                                         {(const uint8_t *)"key", 3},  {(const uint8_t *)"mypubkey", 8},
                                         {(const uint8_t *)"rsa", 3},  {(const uint8_t *)"ecdsa", 5}};
    bool is_found = false;

    for (size_t kind = 4; kind < COUNT_OF(words); kind++) {
        struct bytes asked[5] = {words[0], words[1], words[2], words[3], words[kind]};
        struct command look = {.options = command->options, .out = command->out};
        char space[256];
        struct text why = text_of(space, sizeof space);

        if (client_ask(command->options->socket, asked, COUNT_OF(asked), CONTROL_ONCE, command_keep, &look, &why) ==
            CLIENT_DONE)
            for (size_t i = 0; i < look.reply.count; i++)
                is_found |=
                    look.reply.records[i].kind == RECORD_keypair &&
                    (command->request.keypair[0] == '\0' ||
                     strcmp(record_text(&look.reply.records[i], COL_keypair_name), command->request.keypair) == 0);
        command_end(&look);
    }
    return is_found;
}

/* On a terminal it is asked before a key pair goes. */
int command_key(struct command *command)
{
    bool is_made = command->request.id == CONTROL_KEY_GENERATE;
    struct bytes words[CONTROL_WORDS_MAX];
    int status;

    if (!command->request.is_unasked && isatty(STDIN_FILENO) && is_there(command)) {
        if (!is_accepted(is_made
                             ? "There is a key pair of this label. Do you really want to replace it?"
                             : "All keys and certificates of it will be of no use. Do you really want to remove it?"))
            return command_complain(command, "nothing has changed");
        memcpy(words, command->words, command->word_count * sizeof *words);
        CHECK(command->word_count < CONTROL_WORDS_MAX);
        words[command->word_count++] = bytes_of_text("noconfirm");
        command->words = words;
    }
    if (is_made && !command->options->is_json)
        fprintf(command->out,
                "INFO: The name for the keys will be: %s\nKeypair generation process begin. Please wait...\n",
                command->request.keypair);
    fflush(command->out);
    status = command_ask(command);
    command->words = NULL;
    return status;
}
