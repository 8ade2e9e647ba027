/* Files of any kind, explained: it ends, in the memory that it was given, and all that is said is printable and points
 * at a file that was given.
 *
 * The input is cut into files at 0xff bytes, at most FILES_MAX; each goes the whole way from bytes to the report. */
#include "base/check.h"
#include "diag/diag.h"
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 3, NEGOTIATIONS = 8, REPORT_SPACE = 4 * 1024 * 1024 };

static void check_text(const char *text)
{
    CHECK(text);
    for (; *text; text++)
        CHECK(*text >= ' ' && *text <= '~');
}

static void check_lines(const char *const *lines, size_t count)
{
    CHECK(count <= REPORT_EXCLUDED_MAX);
    for (size_t i = 0; i < count; i++)
        check_text(lines[i]);
}

static void check_evidence(const struct report_evidence *list, size_t count, size_t files)
{
    CHECK(count <= REPORT_EVIDENCE_MAX);
    for (size_t i = 0; i < count; i++) {
        check_text(list[i].sentence);
        check_text(report_text(list[i].text));
        CHECK(list[i].source < files);
    }
}

static void check_negotiation(const struct report_negotiation *n, size_t files)
{
    double sum = 0;

    CHECK(n->cause_count >= 1 && n->cause_count <= REPORT_CAUSES_MAX && n->step_count <= REPORT_STEPS_MAX);
    for (size_t i = 0; i < n->cause_count; i++) {
        const struct report_cause *c = &n->causes[i];

        CHECK(diag_cause_family(c->id) && strcmp(diag_cause_family(c->id), c->family) == 0);
        CHECK(c->score >= 0 && c->score <= 1);
        sum += c->score;
        check_evidence(c->evidence, c->evidence_count, files);
        check_evidence(c->against, c->against_count, files);
        check_text(c->next_test);
        check_lines(c->this_end, c->this_end_count);
        check_lines(c->that_end, c->that_end_count);
    }
    CHECK(sum < 1.001);
    for (size_t i = 0; i < n->step_count; i++) {
        check_text(n->steps[i].sentence);
        check_text(report_text(n->steps[i].text));
        CHECK(n->steps[i].source < files);
    }
    check_lines(n->proven, n->proven_count);
    check_lines(n->open, n->open_count);
    check_lines(n->excluded, n->excluded_count);
}

static const struct observation *tell(void *source)
{
    return source_tell(source);
}

static struct bytes say(void *source)
{
    return source_line(source);
}

static void read_file(struct diag *d, uint16_t index, struct bytes file)
{
    static void *space;
    const struct sight *at;

    space = space ? space : malloc(source_space());
    struct arena arena = arena_of(space, space ? source_space() : 0);
    struct source *s = source_new(&arena, index);

    CHECK(s);
    diag_add_file(d, index, VANTAGE_DEVICE);
    source_feed(s, file);
    source_end(s);
    while ((at = source_glance(s)) != NULL)
        diag_see(d, at, &(struct teller){tell, say, s});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *space;
    struct bytes rest = bytes_of(data, size);
    struct report *report;
    struct arena arena, report_arena;
    struct diag *d;
    uint16_t files = 0;
    size_t len = (diag_space(NEGOTIATIONS) + 15) / 16 * 16; /* what follows is aligned, too */

    space = space ? space : malloc(len + REPORT_SPACE);
    CHECK(space);
    arena = arena_of(space, len);
    d = diag_new(&arena, NEGOTIATIONS);
    CHECK(d);
    while (rest.len > 0 && files < FILES_MAX) {
        const uint8_t *end = files + 1 < FILES_MAX ? memchr(rest.data, 0xff, rest.len) : NULL;
        size_t used = end ? (size_t)(end - rest.data) : rest.len;

        read_file(d, files++, bytes_of(rest.data, used));
        rest = bytes_after(rest, used + (end != NULL));
    }
    CHECK(diag_report_space(d) <= REPORT_SPACE);
    report_arena = arena_of((uint8_t *)space + len, diag_report_space(d));
    report = diag_report(d, &report_arena);
    CHECK(report);
    CHECK(report->negotiation_count <= NEGOTIATIONS + FILES_MAX);
    for (size_t i = 0; i < report->negotiation_count; i++)
        check_negotiation(&report->negotiations[i], files);
    return 0;
}
