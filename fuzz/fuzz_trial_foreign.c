/* Any file as the configuration of a foreign end, or as a capture of it: taking it ends, within its limits, and what is
 * written of it are statements that conf reads, each of them one that it knows; nothing in a name of that file can make
 * another statement of it. */
#include "base/check.h"
#include "source/source.h"
#include "trial/foreign.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 15, WRITTEN_SIZE = 128 * 1024, ARENA_SIZE = 32 << 20 };

static const char own_text[] = "interface outside\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"
                               "access-list A extended permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0\n"
                               "crypto ipsec ikev1 transform-set S esp-aes esp-sha-hmac\n"
                               "crypto map M 10 match address A\ncrypto map M 10 set peer 192.0.2.2\n"
                               "crypto map M 10 set ikev1 transform-set S\ncrypto map M interface outside\n"
                               "crypto ikev1 enable outside\ntunnel-group 192.0.2.2 type ipsec-l2l\n"
                               "tunnel-group 192.0.2.2 ipsec-attributes\n ikev1 pre-shared-key abcdefgh\n";

static void *take(size_t size)
{
    void *space = malloc(size);

    CHECK(space);
    return space;
}

static void read_into(struct foreign *f, struct bytes file)
{
    static void *space;
    struct observation seen;

    space = space ? space : take(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);

    foreign_begin(f);
    source_feed(s, file);
    while (source_next(s, &seen))
        foreign_take(f, &seen, file);
    source_end(s);
    while (source_next(s, &seen))
        foreign_take(f, &seen, file);
}

static void check_read(struct bytes text)
{
    static void *space;
    struct conf conf;

    space = space ? space : take(ARENA_SIZE);
    struct arena arena = arena_of(space, ARENA_SIZE);

    CHECK(conf_read(&conf, text, "written", &arena));
    CHECK(conf.unused_count == 0);
    conf_wipe(&conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct foreign foreign;
    static struct conf own;
    static void *own_space;
    static char written[WRITTEN_SIZE];
    struct text out = text_of(written, sizeof written);
    const char *why = NULL;
    struct ip address;

    if (size > INPUT_MAX)
        return 0;
    if (!own_space) {
        own_space = take(ARENA_SIZE);
        struct arena arena = arena_of(own_space, ARENA_SIZE);
        CHECK(conf_read(&own, bytes_of_text(own_text), "own", &arena));
    }
    read_into(&foreign, bytes_of(data, size));
    CHECK(ip_parse(&address, bytes_of_text("192.0.2.2")));
    if (foreign_write(&foreign, &own, address, &out, &why))
        check_read(bytes_of(out.data, out.len));
    else
        CHECK(why && *why);
    CHECK(foreign.note_count <= FOREIGN_NOTES_MAX);
    for (size_t i = 0; i < foreign.note_count; i++)
        CHECK(*foreign.notes[i]);
    foreign_wipe(&foreign);
    return 0;
}
