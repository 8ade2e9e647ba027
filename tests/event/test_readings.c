/* The table of what is only read, held against itself: a row that another hides, or whose template is broken, is found.
 */
#include "base/check.h"
#include "event/readings.h"
#include "event/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add_sample(struct event *e, const struct template_slot *slot)
{
    char text[40];
    uint64_t number;

    if (event_field_type(slot->id) == FIELD_TYPE_IP)
        event_add_ip(e, slot->id, ip_of_v4(0x0a000000u + slot->id));
    else if (event_field_type(slot->id) == FIELD_TYPE_NUMBER)
        event_add_number(e, slot->id,
                         slot->kind == SLOT_CONDITION && form_read_number(FORM_plain, slot->words, &number) ? number
                                                                                                            : 7);
    else if (slot->kind == SLOT_CONDITION)
        snprintf(text, sizeof text, "%.*s", (int)slot->words.len, (const char *)slot->words.data),
            event_add_text(e, slot->id, text);
    else
        event_add_text(e, slot->id, slot->form == FORM_Role || slot->form == FORM_letter ? "responder" : "word");
}

static void each_reading_reads_what_it_is_written_as(void **state)
{
    enum product product;
    enum event_kind kind;
    const char *template;
    unsigned failures = 0;

    (void)state;
    for (size_t row = 0; (template = reading_at(row, &product, &kind)) != NULL; row++) {
        struct event e = event_of(kind), read;
        char space[1024];
        struct text t = text_of(space, sizeof space);
        struct template_slot slot;

        for (const char *at = template; template_next_slot(&at, &slot);)
            if (slot.kind == SLOT_FIELD || slot.kind == SLOT_CONDITION)
                add_sample(&e, &slot);
        template_write(&t, template, &e);
        if (!reading_read(product, bytes_of(t.data, t.len), &read) || read.kind != kind) {
            print_error("row %zu: %s\n", row, t.data);
            failures++;
        }
    }
    CHECK(failures == 0);
}

static void a_line_of_another_product_is_not_read(void **state)
{
    struct event e;

    (void)state;
    CHECK(reading_read(PRODUCT_STRONGSWAN, bytes_of_text("giving  up after 3 retransmits "), &e) &&
          e.kind == EV_EXCHANGE_FAILED);
    CHECK(event_number(&e, FIELD_COUNT) == 3 && strcmp(event_text(&e, FIELD_REASON), "NO_ANSWER") == 0);
    CHECK(!reading_read(PRODUCT_LIBRESWAN, bytes_of_text("giving up after 3 retransmits"), &e));
    CHECK(!reading_read(PRODUCT_STRONGSWAN, bytes_of_text(""), &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reading_reads_what_it_is_written_as),
        cmocka_unit_test(a_line_of_another_product_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
