/* Any bytes as a configuration, in the words of every other end: writing it ends within its room, and the words of
 * the devices are read again. */
#include "base/check.h"
#include "conf/convert.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { INPUT_MAX = 1 << 14, WRITTEN_SIZE = 4 << 20, ARENA_SIZE = 64 << 20 };

static bool read_into(struct conf *conf, void **space, struct bytes text)
{
    *space = *space ? *space : malloc(ARENA_SIZE);
    CHECK(*space);
    struct arena arena = arena_of(*space, ARENA_SIZE);
    return conf_read(conf, text, "fuzz", &arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char written[WRITTEN_SIZE];
    static void *space, *again_space;
    struct conf conf, again;

    if (len > INPUT_MAX || !read_into(&conf, &space, bytes_of(data, len)))
        return 0;
    for (int language = CONF_TO_ASA; language <= CONF_TO_LIBRESWAN; language++) {
        struct text text = text_of(written, sizeof written);

        conf_convert(&conf, (enum conf_language)language, &text);
        CHECK(!text.is_cut);
        if (language != CONF_TO_ASA && language != CONF_TO_IOS)
            continue;
        CHECK(read_into(&again, &again_space, bytes_of(text.data, text.len)));
        conf_wipe(&again);
    }
    conf_wipe(&conf);
    return 0;
}
