/* What is typed for an interface. */
#include "base/check.h"
#include "base/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void an_interface_is_called_in_full_however_short_it_is_typed(void **state)
{
    static const struct {
        const char *typed, *name, *why;
    } cases[] = {
        {"gi0/1", "GigabitEthernet0/1", "short"},
        {"g0/1", "GigabitEthernet0/1", "one letter"},
        {"GIGABITethernet0/1", "GigabitEthernet0/1", "other letters"},
        {"GigabitEthernet0/1", "GigabitEthernet0/1", "in full"},
        {"gi 0/1", "GigabitEthernet0/1", "a blank"},
        {"te1/0/2", "TenGigabitEthernet1/0/2", "three numbers"},
        {"t1/0", "TenGigabitEthernet1/0", "the first of several"},
        {"tu0", "Tunnel0", "the only one"},
        {"e0/0.100", "Ethernet0/0.100", "a part of one"},
        {"eth0/0", "Ethernet0/0", "no name of Linux"},
        {"eth 0", "Ethernet0", "nor this"},
        {"Vlan10", "Vlan10", "capital"},
        {"po2", "Port-channel2", "a hyphen in it"},
        {"port-channel2", "Port-channel2", "and typed"},
        {"eth0", "", "of Linux"},
        {"vlan10", "", "of Linux"},
        {"out0", "", "no such name"},
        {"GigabitEthernets0/1", "", "longer than any"},
        {"gi", "", "no number"},
        {"0/1", "", "no letters"},
        {"gi0/", "", "no second number"},
        {"gi0//1", "", "nor here"},
        {"gi/1", "", "nor here"},
        {"gi0/1 2", "", "two of them"},
        {"inside", "", "a nameif"},
        {"", "", "nothing"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[DEVICE_NAME_SIZE];
        struct text t = text_of(space, sizeof space);
        struct bytes typed = bytes_of_text(cases[i].typed);

        text_add_device(&t, typed);
        if (strcmp(space, cases[i].name) != 0)
            fail_msg("%s: %s gives %s", cases[i].why, cases[i].typed, space);
        CHECK(device_is_meant(typed, typed));
        CHECK(t.len == 0 || device_is_meant(bytes_of_text(cases[i].name), typed));
        CHECK(!device_is_meant(bytes_of_text("GigabitEthernet0/2"), typed));
    }
}

static void letters_and_numbers_are_told_apart_from_other_words(void **state)
{
    static const struct {
        const char *typed;
        bool is_kind, is_place;
    } cases[] = {{"g", true, false},        {"GIGA", true, false},    {"GigabitEthernet", true, false},
                 {"inside", false, false},  {"detail", false, false}, {"gi0", false, false},
                 {"", false, false},        {"0", false, true},       {"0/1", false, true},
                 {"1/0/2", false, true},    {"0/1.100", false, true}, {"0/", false, false},
                 {"10.1.0.1", false, false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (device_is_kind(bytes_of_text(cases[i].typed)) != cases[i].is_kind ||
            device_is_place(bytes_of_text(cases[i].typed)) != cases[i].is_place)
            fail_msg("%s", cases[i].typed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interface_is_called_in_full_however_short_it_is_typed),
        cmocka_unit_test(letters_and_numbers_are_told_apart_from_other_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
