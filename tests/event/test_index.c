/* With the index a line is read as it is without. */
#include "base/check.h"
#include "event/index.h"
#include "event/readings.h"
#include "event/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct phrase_index *build(void **space)
{
    *space = malloc(phrase_index_space());
    struct arena arena = arena_of(*space, phrase_index_space());
    struct phrase_index *index = phrase_index_new(&arena);

    CHECK(index && !arena.is_full);
    return index;
}

static void check_line(const struct phrase_index *index, struct bytes line)
{
    struct phrase_head head, head_by;
    struct event e, by;

    bool is_read = phrase_read(DIALECT_ANY, line, &head, &e);
    if (is_read != phrase_read_by(index, DIALECT_ANY, line, &head_by, &by) ||
        (is_read && (head.row != head_by.row || !event_equal(&e, &by))))
        fail_msg("phrase: %.*s", (int)line.len, (const char *)line.data);
    for (enum product product = PRODUCT_UNKNOWN; product <= PRODUCT_IKEWISE; product++) {
        is_read = reading_read(product, line, &e);
        if (is_read != reading_read_by(index, product, line, &by) ||
            (is_read && (e.kind != by.kind || !event_equal(&e, &by))))
            fail_msg("reading: %.*s", (int)line.len, (const char *)line.data);
    }
}

static void every_line_of_the_samples_is_read_the_same(void **state)
{
    static const char *const names[] = {"seed2.txt", "seed3.txt", "seed5.txt", "samples.txt"};
    void *space;
    struct phrase_index *index = build(&space);
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char path[512], line[2048];

        snprintf(path, sizeof path, "%s/event/%s", TESTS_DIR, names[i]);
        FILE *in = fopen(path, "r");
        CHECK(in);
        for (; fgets(line, sizeof line, in); count++) {
            line[strcspn(line, "\n")] = '\0';
            check_line(index, bytes_of_text(line));
        }
        fclose(in);
    }
    CHECK(count > 100);
    free(space);
}

static void add_sample(struct event *e, const struct template_slot *slot)
{
    if (event_field_type(slot->id) == FIELD_TYPE_IP)
        event_add_ip(e, slot->id, ip_of_v4(0x0a000000u + slot->id));
    else if (event_field_type(slot->id) == FIELD_TYPE_NUMBER)
        event_add_number(e, slot->id, 1);
    else
        event_add_text(e, slot->id, slot->form == FORM_Role || slot->form == FORM_letter ? "responder" : "a, b");
}

static void check_row(const struct phrase_index *index, const char *template, const char *head)
{
    char space[1024];
    struct text t = text_of(space, sizeof space);
    struct template_slot slot;
    struct event e = event_of(EV_NONE);

    for (const char *at = template; template_next_slot(&at, &slot);)
        if (slot.kind == SLOT_FIELD)
            add_sample(&e, &slot);
    event_add_text(&e, FIELD_GROUP, "Group, with a comma");
    event_add_ip(&e, FIELD_PEER, ip_of_v4(0x0a000001u));
    event_add_number(&e, FIELD_CONN_ID, 3);
    text_add(&t, "%s", head);
    template_write(&t, template, &e);
    check_line(index, bytes_of(t.data, t.len));
}

static void every_row_is_found(void **state)
{
    void *space;
    struct phrase_index *index = build(&space);
    enum product product;
    enum event_kind kind;
    const char *text;

    (void)state;
    for (size_t i = 0; i < phrase_count(); i++) {
        const struct phrase *p = phrase_at(i);
        char tag[24] = "";

        if (p->family == PHRASE_ASA)
            snprintf(tag, sizeof tag, "%%ASA-%u-%06u: ", p->severity % 8u, (unsigned)p->number % 1000000);
        check_row(index, p->text, tag);
        if (p->family == PHRASE_ASA)
            check_row(index, p->text, "[IKEv1]: ");
        CHECK(p->number == 0 || phrase_index_has_number(index, p->number));
    }
    for (size_t i = 0; (text = reading_at(i, &product, &kind)) != NULL; i++)
        check_row(index, text, "");
    CHECK(!phrase_index_has_number(index, 302013) && !phrase_index_has_number(index, 4000000));
    free(space);
}

static void an_index_without_room_is_none(void **state)
{
    uint8_t space[100];
    struct arena arena = arena_of(space, sizeof space);

    (void)state;
    CHECK(!phrase_index_new(&arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_the_samples_is_read_the_same),
        cmocka_unit_test(every_row_is_found),
        cmocka_unit_test(an_index_without_room_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
