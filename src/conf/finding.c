#include "conf/finding.h"

#include "base/check.h"

#include <string.h>

void find(struct finder *finder, enum conf_severity severity, uint32_t line, uint32_t column, const char *expected,
          const char *sentence)
{
    struct conf *conf = finder->conf;

    if (conf->finding_count == CONF_FINDINGS_MAX) {
        conf->findings_left_out++;
        return;
    }

    char *sentence_copy = arena_copy_text(finder->arena, bytes_of_text(sentence));
    char *expected_copy = arena_copy_text(finder->arena, bytes_of_text(expected));

    if (sentence_copy == NULL || expected_copy == NULL)
        return;
    conf->findings[conf->finding_count++] =
        (struct conf_finding){severity, line, column, finder->file_name, sentence_copy, expected_copy};
}

void findings_begin(struct conf *conf, struct arena *arena)
{
    struct conf_finding *list = arena_take(arena, CONF_FINDINGS_MAX * sizeof *list);

    if (list == NULL)
        return;
    if (conf->findings_of_reading_count > 0)
        memcpy(list, conf->findings_of_reading, conf->findings_of_reading_count * sizeof *list);
    conf->findings = list;
    conf->finding_count = conf->findings_of_reading_count;
    conf->findings_left_out = conf->findings_of_reading_left_out;
}

/* Insertion: there are few, and most come in order. */
void findings_sort(struct conf *conf)
{
    for (uint32_t i = 1; i < conf->finding_count; i++) {
        struct conf_finding moved = conf->findings[i];
        uint32_t at = i;

        for (; at > 0 && conf->findings[at - 1].line > moved.line; at--)
            conf->findings[at] = conf->findings[at - 1];
        conf->findings[at] = moved;
    }
    conf->error_count = conf->warning_count = 0;
    for (uint32_t i = 0; i < conf->finding_count; i++) {
        conf->error_count += conf->findings[i].severity == CONF_ERROR;
        conf->warning_count += conf->findings[i].severity == CONF_WARNING;
    }
}

const char *conf_severity_name(enum conf_severity severity)
{
    static const char *const names[] = {[CONF_NOTE] = "note", [CONF_WARNING] = "warning", [CONF_ERROR] = "error"};

    CHECK((unsigned)severity < COUNT_OF(names));
    return names[severity];
}

void text_add_finding(struct text *t, const struct conf_finding *finding)
{
    text_add_escaped(t, bytes_of_text(finding->file_name));
    if (finding->line != 0)
        text_add(t, ":%u", finding->line);
    if (finding->column != 0)
        text_add(t, ":%u", finding->column);
    text_add(t, ": %s: %s", conf_severity_name(finding->severity), finding->sentence);
    if (finding->expected[0] != '\0')
        text_add(t, "; expected %s", finding->expected);
}

void findings_keep(struct conf *conf)
{
    conf->findings_of_reading = conf->findings;
    conf->findings_of_reading_count = conf->finding_count;
    conf->findings_of_reading_left_out = conf->findings_left_out;
}
