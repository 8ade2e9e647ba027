#include "base/check.h"
#include "hex.h"
#include "wire/natt.h"
#include "wire/vendor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct vendor vendor_of_hex(const char *hex)
{
    uint8_t space[300];

    return vendor_of(bytes_of_hex(hex, space, sizeof space));
}

static void every_vendor_id_of_the_list_is_recognised(void **state)
{
    FILE *list = fopen(TESTS_DIR "/wire/vendor-ids.txt", "r");
    char line[400], match[10], hex[300];
    size_t count = 0;

    (void)state;
    CHECK(list != NULL);
    while (fgets(line, sizeof line, list) != NULL) {
        if (line[0] == '#')
            continue;
        CHECK(sscanf(line, "%9s %299s", match, hex) == 2);
        if (vendor_of_hex(hex).id == VENDOR_NONE)
            fail_msg("%s is not recognised", hex);
        if (strcmp(match, "prefix") == 0)
            CHECK(vendor_of_hex(strcat(hex, "00ff")).id != VENDOR_NONE);
        count++;
    }
    fclose(list);
    CHECK(count >= 380);
}

static void the_vendor_ids_that_decide_are_told_apart(void **state)
{
    static const struct {
        const char *hex;
        enum vendor_id id;
        const char *why;
    } cases[] = {
        {"4a131c81070358455c5728f20e95452f", VENDOR_RFC3947, "RFC 3947"},
        {"4a131c81070358455c5728f20e95452f00", VENDOR_NONE, "one byte more"},
        {"4a131c81070358455c5728f20e9545", VENDOR_NONE, "one byte less"},
        {"90cb80913ebb696e086381b5ec427b1f", VENDOR_NATT_02N, "draft 02 with a newline"},
        {"cd60464335df21f87cfdb2fc68b6a448", VENDOR_NATT_02, "draft 02 without"},
        {"afcad71368a1f1c96b8696fc77570100", VENDOR_DPD, "1.0"},
        {"afcad71368a1f1c96b8696fc77570101", VENDOR_DPD, "1.1"},
        {"09002689dfd6b712", VENDOR_XAUTH, "short"},
        {"12f5f28c457168a9702d9fe274cc0100", VENDOR_UNITY, "1.0"},
        {"4048b7d56ebce88525e7de7f00d6c2d3", VENDOR_FRAGMENTATION, "Windows"},
        {"4048b7d56ebce88525e7de7f00d6c2d380000000", VENDOR_FRAGMENTATION, "strongSwan"},
        {"4048b7d56ebce88525e7de7f00d6c2d3c0000000", VENDOR_FRAGMENTATION, "ASA"},
        {"1f07f70eaa6514d3b0fa96542a500100", VENDOR_CISCO_GATEWAY, "ASA"},
        {"4f45", VENDOR_KNOWN, "shortest beginning"},
        {"4f", VENDOR_NONE, "half of it"},
        {"", VENDOR_NONE, "P27: empty"},
        {"0a0b0c0d0e0f10111254656c646174", VENDOR_KNOWN, "nine bytes of any value, then a name"},
        {"0a0b0c0d0e0f101154656c646174", VENDOR_NONE, "eight bytes, then that name"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (vendor_of_hex(cases[i].hex).id != cases[i].id)
            fail_msg("%s %s", cases[i].hex, cases[i].why);
}

static void p27_a_vendor_id_of_any_size_is_looked_at_safely(void **state)
{
    static uint8_t large[65000];

    (void)state;
    for (size_t len = 0; len < 200; len++)
        CHECK(vendor_of(bytes_of(large, len)).id == VENDOR_NONE);
    CHECK(vendor_of(BYTES_OF(large)).id == VENDOR_NONE);
}

static void a_longer_row_is_better_than_a_shorter_one(void **state)
{
    (void)state;
    CHECK(strstr(vendor_of_hex("afcad71368a1f1c96b8696fc77570100").meaning, "1.0") != NULL);
    CHECK(strstr(vendor_of_hex("afcad71368a1f1c96b8696fc77570900").meaning, "any version") != NULL);
    CHECK(strstr(vendor_of_hex("f4ed19e0c114eb516faaac0ee37daf2807b4381f00000001000013880000").meaning, "NG") != NULL);
}

static void what_we_send_is_recognised_as_what_it_is(void **state)
{
    (void)state;
    for (enum vendor_id id = VENDOR_KNOWN + 1; id < VENDOR_COUNT; id++) {
        uint8_t space[40];
        struct writer w = writer_of(space, sizeof space);

        vendor_write(&w, id);
        CHECK(writer_is_ok(&w) && w.len > 0 && vendor_of(writer_bytes(&w)).id == id);
        CHECK(vendor_name(id)[0] != '\0' && vendor_asa_name(id)[0] != '\0' && vendor_asa_made_name(id)[0] != '\0');
    }
}

static void each_variant_of_nat_traversal_has_its_numbers(void **state)
{
    (void)state;
    CHECK(natt_of(NATT_NONE) == NULL);
    for (enum natt_variant v = NATT_NONE + 1; v < NATT_COUNT; v++) {
        const struct natt *n = natt_of(v);
        bool is_rfc = v == NATT_RFC3947;

        CHECK(natt_of_vendor(n->vendor) == v);
        CHECK(n->nat_d == (is_rfc ? 20 : 130) && n->nat_oa == (is_rfc ? 21 : 131));
        CHECK(n->udp_tunnel == (is_rfc ? 3 : 61443) && n->udp_transport == (is_rfc ? 4 : 61444));
    }
    CHECK(natt_of_vendor(VENDOR_DPD) == NATT_NONE && natt_of_vendor(VENDOR_NONE) == NATT_NONE);
    CHECK(NATT_RFC3947 < NATT_DRAFT_03 && NATT_DRAFT_03 < NATT_DRAFT_02N);
}

static void nat_d_hashes_cookies_address_and_port(void **state)
{
    static const uint8_t cookies[2][8] = {{1, 2, 3, 4, 5, 6, 7, 8}, {9, 10, 11, 12, 13, 14, 15, 16}};
    uint8_t space[NAT_D_INPUT_MAX], wanted[40];
    struct endpoint e = {.port = 500};

    (void)state;
    CHECK(ip_parse(&e.ip, bytes_of_text("192.0.2.1")));
    CHECK(bytes_equal(nat_d_input(space, cookies, e),
                      bytes_of_hex("0102030405060708 090a0b0c0d0e0f10 c0000201 01f4", wanted, sizeof wanted)));
    CHECK(ip_parse(&e.ip, bytes_of_text("2001:db8::1")));
    CHECK(nat_d_input(space, cookies, e).len == 34);
}

static void p29_a_datagram_on_port_4500_is_what_it_begins_with(void **state)
{
    static const struct {
        const char *hex;
        enum natt_datagram kind;
        size_t inner_len;
        const char *why;
    } cases[] = {
        {"", DATAGRAM_JUNK, 0, "nothing"},
        {"ff", DATAGRAM_KEEPALIVE, 0, "a keepalive"},
        {"fe", DATAGRAM_JUNK, 0, "another byte"},
        {"00", DATAGRAM_JUNK, 0, "a zero"},
        {"ffff", DATAGRAM_JUNK, 0, "two of them"},
        {"000000", DATAGRAM_JUNK, 0, "three zeros"},
        {"00000000", DATAGRAM_JUNK, 0, "a marker and no message"},
        {"00000000 11", DATAGRAM_IKE, 1, "a marker and something"},
        {"00000000 00000000 11", DATAGRAM_IKE, 5, "two markers: the header will not read"},
        {"00000100 000000", DATAGRAM_JUNK, 0, "an SPI and half a sequence number"},
        {"00000100 00000001", DATAGRAM_ESP, 8, "an ESP header"},
        {"00000001 00000001", DATAGRAM_ESP, 8, "a reserved SPI: no SA will be found"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[40];
        struct bytes inner;

        if (natt_classify(bytes_of_hex(cases[i].hex, space, sizeof space), &inner) != cases[i].kind ||
            inner.len != cases[i].inner_len)
            fail_msg("%s", cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vendor_id_of_the_list_is_recognised),
        cmocka_unit_test(the_vendor_ids_that_decide_are_told_apart),
        cmocka_unit_test(p27_a_vendor_id_of_any_size_is_looked_at_safely),
        cmocka_unit_test(a_longer_row_is_better_than_a_shorter_one),
        cmocka_unit_test(what_we_send_is_recognised_as_what_it_is),
        cmocka_unit_test(each_variant_of_nat_traversal_has_its_numbers),
        cmocka_unit_test(nat_d_hashes_cookies_address_and_port),
        cmocka_unit_test(p29_a_datagram_on_port_4500_is_what_it_begins_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
