/* Any bytes as lines of a router that are typed on top of what is running: they are translated within the memory that
 * is meant for it, each stands for a line that was given, and a line that fits fits the same way with its words in
 * full. */
#include "base/check.h"
#include "conf/ios.h"
#include "conf/line.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 1 << 14 };

static const char running_text[] =
    "interface GigabitEthernet0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
    "interface GigabitEthernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.0.0\n"
    "crypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n group 14\n"
    "access-list 110 extended permit ip 10.1.0.0 255.255.0.0 any\n"
    "nat (any) 3 access-list 110\nglobal (outside) 3 interface\n"
    "crypto map M 10 set peer 203.0.113.2\ncrypto map M interface outside\n"
    "tunnel-group 203.0.113.2 type ipsec-l2l\n"
    "tunnel-group 203.0.113.2 ipsec-attributes\n ikev1 pre-shared-key a-key-of-both-ends\n"
    " isakmp keepalive threshold 20 retry 5 periodic\n";

static void *take(size_t size)
{
    void *space = malloc(size);

    CHECK(space);
    return space;
}

static void check_change(const struct conf *running, struct bytes lines)
{
    size_t size = ios_change_space(lines.len);
    void *space = take(size);
    struct arena arena = arena_of(space, size);
    uint32_t given = 1;
    struct ios ios;

    for (size_t i = 0; i < lines.len; i++)
        given += lines.data[i] == '\n' || lines.data[i] == '\r';
    CHECK(ios_translate_change(&ios, lines, running, &arena));
    for (uint32_t i = 0; i < ios.line_count; i++)
        CHECK(ios.lines[i] >= 1 && ios.lines[i] <= given);
    free(space);
}

static void ignore(void *context, struct bytes word, bool is_argument)
{
    (void)context, (void)is_argument;
    CHECK(word.len > 0);
}

/* The block that the line enters, or stays in. */
static unsigned check_line(unsigned block, const struct line *line)
{
    static struct ios_typed typed, again;
    struct token tokens[TOKENS_MAX], full[TOKENS_MAX];
    struct line whole;
    bool is_cut = false;
    uint16_t count = line_tokens(line, tokens, TOKENS_MAX, &is_cut);

    for (uint16_t i = 0; i <= count; i++)
        ios_next(block, tokens, i, NULL, ignore);
    ios_typed_read(&typed, block, tokens, count);
    if (!typed.fits) {
        CHECK(typed.bad <= count);
        return block;
    }
    struct lines lines = lines_of(bytes_of_text(typed.line));
    CHECK(line_next(&lines, &whole));
    ios_typed_read(&again, block, full, line_tokens(&whole, full, TOKENS_MAX, &is_cut));
    CHECK(again.fits && again.enters == typed.enters && strcmp(again.line, typed.line) == 0);
    CHECK(typed.enters == 0 || (ios_prompt(typed.enters, false) && ios_prompt(typed.enters, true)));
    return typed.enters != 0 ? typed.enters : block;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct conf running;
    static void *space;
    struct lines lines = lines_of(bytes_of(data, len));
    struct line line;
    unsigned block = 0;

    if (len > INPUT_MAX)
        return 0;
    if (!space) {
        space = take(conf_space(strlen(running_text)));
        struct arena arena = arena_of(space, conf_space(strlen(running_text)));
        CHECK(conf_read(&running, bytes_of_text(running_text), "running", &arena));
    }
    check_change(&running, bytes_of(data, len));
    while (memchr(data, '\0', len) == NULL && line_next(&lines, &line))
        if (!line_is_noise(&line))
            block = check_line(block, &line);
    return 0;
}
