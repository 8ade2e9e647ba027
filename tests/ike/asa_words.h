/* What an engine tells, in the words of an ASA. */
#ifndef TESTS_IKE_ASA_WORDS_H
#define TESTS_IKE_ASA_WORDS_H

#include "event/phrases.h"
#include "hostile.h"

static char asa_said[1 << 16];
static struct text asa_said_text;

/* `713048: Error processing payload: Payload ID: 1`, a line each, without the prefix of names. */
static void hear_asa(void *context, uint32_t site, uint64_t at_ms, const struct event *event)
{
    (void)at_ms;
    for (unsigned i = 0; site == (uint32_t)(uintptr_t)context; i++) {
        char space[PHRASE_LINE_SIZE];
        struct text line = text_of(space, sizeof space);
        struct phrase_head head;

        if (!phrase_write(DIALECT_ASA_SYSLOG, event, i, &head, &line))
            break;
        const char *prefix = strstr(space, "IP = ");
        const char *words = prefix != NULL ? strstr(prefix, ", ") + 2 : space;
        text_add(&asa_said_text, "%06u: %s\n", (unsigned)head.number, words);
    }
}

static inline void listen_to_asa_at(struct sim *sim, uint32_t site)
{
    asa_said_text = text_of(asa_said, sizeof asa_said);
    sim_listen(sim, hear_asa, (void *)(uintptr_t)site);
}

static inline void listen_to_asa(struct sim *sim)
{
    listen_to_asa_at(sim, EAST);
}

static inline void expect_said(const char *line)
{
    CHECK(!asa_said_text.is_cut);
    if (strstr(asa_said, line) == NULL)
        fail_msg("not said: %s\n%s", line, asa_said);
}

static inline void expect_not_said(const char *words)
{
    if (strstr(asa_said, words) != NULL)
        fail_msg("said: %s\n%s", words, asa_said);
}

#endif
