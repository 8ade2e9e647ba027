/* Messages that real peers sent, from datagrams.txt: each is read, its payloads too, and is written again byte for
 * byte. */
#include "base/check.h"
#include "hex.h"
#include "wire/message.h"
#include "wire/payloads.h"
#include "wire/print.h"
#include "wire/proposal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK_LEN = 16 };

static enum wire_fault sample_read(struct message *m, struct bytes datagram, bool is_opened)
{
    if (!is_opened)
        return wire_message_read(m, datagram);
    enum wire_fault fault = wire_header_read(m, datagram);
    return fault ? fault
                 : wire_payloads_read(m, m->header.first_payload, m->sealed,
                                      (struct allowance){.padding_max = BLOCK_LEN});
}

/* "1 13 13 :" against the payloads. */
static void types_check(const char *types, const struct message *m)
{
    size_t count = 0;
    char *end;

    for (;; types = end, count++) {
        unsigned long type = strtoul(types, &end, 10);
        if (end == types)
            break;
        CHECK(count < m->payload_count && m->payloads[count].type == type);
    }
    CHECK(count == m->payload_count);
}

static void bodies_check(const struct message *m)
{
    for (size_t i = 0; i < m->payload_count; i++) {
        char printed[4000];
        struct text t = text_of(printed, sizeof printed);
        struct sa_payload sa;

        text_add_payload(&t, &m->payloads[i], 0);
        for (enum wire_fault fault = WIRE_OK + 1; fault < WIRE_FAULT_COUNT; fault++)
            if (strstr(printed, wire_fault_meaning(fault)) != NULL)
                fail_msg("%s", printed);
        CHECK(strstr(printed, "UNKNOWN") == NULL && !t.is_cut);
        if (m->payloads[i].type != PL_SA)
            continue;
        CHECK(!sa_read(&sa, m->payloads[i].body));
        for (size_t k = 0; k < sa.transform_count; k++)
            CHECK(!sa.transforms[k].fault);
    }
}

static void written_again_check(const struct message *m)
{
    static uint8_t space[4000];
    struct writer w = writer_of(space, sizeof space);
    struct message_writer out = message_begin(&w, &m->header);

    for (size_t i = 0; i < m->payload_count; i++)
        message_add(&out, m->payloads[i].type, m->payloads[i].body);
    write_gap(&w, m->padding.len);
    CHECK(bytes_equal(message_end(&out), m->datagram));
}

static void what_real_peers_sent_is_read_and_written_again(void **state)
{
    FILE *list = fopen(TESTS_DIR "/wire/datagrams.txt", "r");
    static char line[8000];
    static uint8_t space[4000];
    size_t count = 0;

    (void)state;
    CHECK(list != NULL);
    while (fgets(line, sizeof line, list) != NULL) {
        if (line[0] == '#')
            continue;
        const char *types = strchr(line, ' '), *colon = strchr(line, ':');
        struct message m;

        CHECK(types != NULL && colon != NULL);
        CHECK(!sample_read(&m, bytes_of_hex(colon + 1, space, sizeof space), line[0] == 'o'));
        types_check(types, &m);
        bodies_check(&m);
        written_again_check(&m);
        count++;
    }
    fclose(list);
    CHECK(count >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_real_peers_sent_is_read_and_written_again)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
