/* What the tests of conf share: a configuration read from a text or a sample. */
#ifndef TESTS_CONF_READING_H
#define TESTS_CONF_READING_H

#include "base/check.h"
#include "conf/conf.h"
#include "conf/ios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct conf conf;
    struct arena arena;
    bool is_ok;
};

static inline void reading_of_bytes(struct reading *r, struct bytes text)
{
    size_t size = conf_space(text.len);
    char *copy = malloc(text.len + 1);

    /* conf may keep no view of the text: it is gone before anything is looked at. */
    CHECK(copy != NULL);
    memcpy(copy, text.data, text.len);
    r->arena = arena_of(malloc(size), size);
    CHECK(r->arena.data != NULL);
    r->is_ok = conf_read(&r->conf, bytes_of(copy, text.len), "test.conf", &r->arena);
    free(copy);
}

static inline void reading_of(struct reading *r, const char *text)
{
    reading_of_bytes(r, bytes_of_text(text));
}

/* Lines of a router, typed: as the daemon does, behind the text of what is running, all of it read again. */
static inline void reading_type(struct reading *r, const struct reading *running, const char *lines)
{
    static char text[65536];
    struct text t = text_of(text, sizeof text);
    struct ios ios;
    size_t size = ios_change_space(strlen(lines));
    struct arena arena = arena_of(malloc(size), size);

    CHECK(arena.data != NULL);
    CHECK(conf_write_part(&running->conf, CONF_KEYS_SHOWN, (struct conf_part){0}, &t) > 0);
    CHECK(ios_translate_change(&ios, bytes_of_text(lines), &running->conf, &arena));
    text_add(&t, "%.*s", (int)ios.text.len, (const char *)ios.text.data);
    CHECK(!t.is_cut);
    free(arena.data);
    reading_of(r, text);
    CHECK(r->is_ok);
}

static inline void reading_end(struct reading *r)
{
    free(r->arena.data);
}

/* A file under tests/conf/samples with a text put in front of it; the caller frees it. */
static inline char *sample(const char *name, const char *before)
{
    char path[400];
    size_t len = strlen(before), max = 1 << 20;
    char *text = malloc(max);

    snprintf(path, sizeof path, "%s/conf/samples/%s", TESTS_DIR, name);

    FILE *file = fopen(path, "rb");

    CHECK(file != NULL && text != NULL);
    memcpy(text, before, len);
    len += fread(text + len, 1, max - len - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static inline bool has_finding(const struct conf *conf, uint32_t line, const char *part)
{
    for (uint32_t i = 0; i < conf->finding_count; i++)
        if (conf->findings[i].line == line && strstr(conf->findings[i].sentence, part) != NULL)
            return true;
    return false;
}

static inline void print_findings(const struct conf *conf)
{
    char space[2000];

    for (uint32_t i = 0; i < conf->finding_count; i++) {
        struct text t = text_of(space, sizeof space);

        text_add_finding(&t, &conf->findings[i]);
        fprintf(stderr, "%s\n", space);
    }
}

#endif
