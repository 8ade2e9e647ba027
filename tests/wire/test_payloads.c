#include "base/check.h"
#include "hex.h"
#include "wire/fragment.h"
#include "wire/message.h"
#include "wire/payloads.h"
#include "wire/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* One payload body: what is wrong with it, or that it is written again as it came. */
struct body_case {
    const char *hex;
    enum wire_fault fault;
    const char *why;
};

#define CHECK_BODIES(cases, struct_name, read, write)                                                                  \
    for (size_t i = 0; i < COUNT_OF(cases); i++) {                                                                     \
        uint8_t space[600], again[600];                                                                                \
        struct bytes body = bytes_of_hex(cases[i].hex, space, sizeof space);                                           \
        struct writer w = writer_of(again, sizeof again);                                                              \
        struct struct_name value, untouched;                                                                           \
        memset(&value, 0x5a, sizeof value);                                                                            \
        memset(&untouched, 0x5a, sizeof untouched);                                                                    \
        enum wire_fault fault = read(&value, body);                                                                    \
        if (fault != cases[i].fault)                                                                                   \
            fail_msg("%s: %s instead of %s", cases[i].why, wire_fault_name(fault), wire_fault_name(cases[i].fault));   \
        if (fault) {                                                                                                   \
            CHECK(memcmp(&value, &untouched, sizeof value) == 0);                                                      \
            continue;                                                                                                  \
        }                                                                                                              \
        write(&w, &value);                                                                                             \
        if (!bytes_equal(writer_bytes(&w), body))                                                                      \
            fail_msg("%s: written otherwise than it was read", cases[i].why);                                          \
    }

static void raw_write(struct writer *w, const struct raw *raw)
{
    write_bytes(w, raw->data);
}

static void p20_an_empty_key_share_is_refused(void **state)
{
    static const struct body_case cases[] = {{"", WIRE_BODY_EMPTY, "empty"},
                                             {"00", WIRE_OK, "the group knows how long it must be"}};

    (void)state;
    CHECK_BODIES(cases, raw, ke_read, raw_write)
}

static void p21_a_nonce_has_8_to_256_bytes(void **state)
{
    static const struct {
        size_t len;
        enum wire_fault fault;
    } cases[] = {{0, WIRE_NONCE_LENGTH}, {7, WIRE_NONCE_LENGTH},   {8, WIRE_OK},
                 {256, WIRE_OK},         {257, WIRE_NONCE_LENGTH}, {65000, WIRE_NONCE_LENGTH}};
    static uint8_t space[65000];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct raw nonce = {0};

        CHECK(nonce_read(&nonce, bytes_of(space, cases[i].len)) == cases[i].fault);
        CHECK(nonce.data.len == (cases[i].fault ? 0 : cases[i].len));
    }
}

static void p22_an_identity_has_exactly_the_length_of_its_type(void **state)
{
    static const struct body_case cases[] = {
        {"", WIRE_BODY_SHORT, "nothing"},
        {"010000", WIRE_BODY_SHORT, "three bytes"},
        {"01000000", WIRE_ID_LENGTH, "an address of 0 bytes"},
        {"01000000 0a0101", WIRE_ID_LENGTH, "an address of 3 bytes"},
        {"011101f4 0a010101", WIRE_OK, "an address"},
        {"01000000 0a01010100", WIRE_ID_LENGTH, "an address of 5 bytes"},
        {"04000000 0a010000 ffff00", WIRE_ID_LENGTH, "a subnet of 7 bytes"},
        {"04000000 0a010000 ffff0000", WIRE_OK, "a subnet"},
        {"04000000 00000000 00000000", WIRE_OK, "everything"},
        {"04000000 0a010000 ff00ff00", WIRE_ID_MASK, "a mask with a hole"},
        {"07000000 0a010001 0a010009", WIRE_OK, "a range"},
        {"07000000 0a010009 0a010001", WIRE_ID_RANGE, "a range that ends before it begins"},
        {"05000000 20010db8000000000000000000000001", WIRE_OK, "an IPv6 address"},
        {"05000000 20010db80000000000000000000001", WIRE_ID_LENGTH, "an IPv6 address of 15 bytes"},
        {"06000000 20010db8000000000000000000000000 ffffffff000000000000000000000000", WIRE_OK, "an IPv6 subnet"},
        {"06000000 20010db8000000000000000000000000 20", WIRE_ID_LENGTH, "an IPv6 subnet of 17 bytes, as IKEv2 has it"},
        {"06000000 20010db8000000000000000000000000 ffffffff000000000000000000000001", WIRE_ID_MASK,
         "an IPv6 mask with a hole"},
        {"08000000 20010db8000000000000000000000002 20010db8000000000000000000000001", WIRE_ID_RANGE,
         "an IPv6 range backwards"},
        {"02000000", WIRE_BODY_EMPTY, "a name without a letter"},
        {"02000000 67772e6578616d706c65", WIRE_OK, "a name"},
        {"02000000 6777006578616d706c65", WIRE_ID_ZERO_BYTE, "C11: a zero byte in a name"},
        {"03000000 7500", WIRE_ID_ZERO_BYTE, "a zero byte at the end of a name"},
        {"09000000 30023100", WIRE_OK, "a distinguished name"},
        {"09000000 300231", WIRE_ID_LENGTH, "a distinguished name that is cut"},
        {"09000000 3081", WIRE_ID_LENGTH, "a distinguished name without its length"},
        {"09000000 3002310000", WIRE_ID_LENGTH, "a byte after a distinguished name"},
        {"0b000000 00ff", WIRE_OK, "a key ID is any bytes"},
        {"0b000000", WIRE_BODY_EMPTY, "no key ID"},
        {"0c000000 01", WIRE_OK, "a type that we do not know is kept"},
    };
    static uint8_t large[60000];
    struct id id;

    (void)state;
    CHECK_BODIES(cases, id, id_read, id_write)
    large[0] = ID_KEY_ID;
    CHECK(id_read(&id, BYTES_OF(large)) == WIRE_ID_LENGTH);
}

static void p23_a_certificate_without_data_is_refused_and_a_request_is_not(void **state)
{
    static const struct body_case cases[] = {{"", WIRE_BODY_SHORT, "no encoding"},
                                             {"04", WIRE_BODY_EMPTY, "no certificate"},
                                             {"ff3000", WIRE_OK, "an unknown encoding is kept"}};
    static const struct body_case requests[] = {
        {"", WIRE_BODY_SHORT, "no encoding"}, {"04", WIRE_OK, "any authority"}, {"043000", WIRE_OK, "one"}};

    (void)state;
    CHECK_BODIES(cases, cert, cert_read, cert_write)
    CHECK_BODIES(requests, cert, cr_read, cr_write)
}

static void p24_the_spis_of_a_delete_make_its_length(void **state)
{
    static const struct body_case cases[] = {
        {"00000001 03040001 11223344", WIRE_OK, "one ESP SPI"},
        {"00000001 03040002 11223344 55667788", WIRE_OK, "two"},
        {"00000001 01100001 0102030405060708 1112131415161718", WIRE_OK, "the ISAKMP SA"},
        {"00000000 01100001 0102030405060708 1112131415161718", WIRE_OK, "the ISAKMP SA, by the other DOI"},
        {"00000001 0304ffff 11223344", WIRE_DELETE_TOO_MANY, "65535 SPIs"},
        {"00000001 03040002 11223344", WIRE_DELETE_LENGTH, "one is missing"},
        {"00000001 03040001 1122334455", WIRE_DELETE_LENGTH, "one byte too much"},
        {"00000001 03040000", WIRE_DELETE_LENGTH, "none"},
        {"00000001 0300ffff", WIRE_SPI_SIZE, "65535 of no bytes"},
        {"00000001 03100001 0102030405060708 1112131415161718", WIRE_SPI_SIZE, "ESP with cookies"},
        {"00000001 01040001 11223344", WIRE_SPI_SIZE, "ISAKMP with 4 bytes"},
        {"00000001 ff040001 11223344", WIRE_SPI_SIZE, "protocol 255"},
        {"000000ff 03040001 11223344", WIRE_DOI, "DOI 255"},
        {"00000001 030400", WIRE_BODY_SHORT, "cut"},
    };

    (void)state;
    CHECK_BODIES(cases, delete, delete_read, delete_write)
}

static void p24_as_many_spis_as_we_look_at_are_deleted_and_one_more_is_refused(void **state)
{
    (void)state;
    for (size_t count = DELETE_SPIS_MAX; count <= DELETE_SPIS_MAX + 1; count++) {
        uint8_t space[8 + 4 * (DELETE_SPIS_MAX + 1)];
        struct writer w = writer_of(space, sizeof space);
        struct delete d;

        write_u32(&w, DOI_IPSEC), write_u16(&w, 0x0304), write_u16(&w, (uint16_t)count);
        for (size_t i = 0; i < count; i++)
            write_u32(&w, (uint32_t)(1000 + i));
        CHECK(delete_read(&d, writer_bytes(&w)) == (count > DELETE_SPIS_MAX ? WIRE_DELETE_TOO_MANY : WIRE_OK));
        CHECK(count > DELETE_SPIS_MAX || delete_spi(&d, count - 1).data == space + w.len - 4);
    }
}

static void p25_a_notify_holds_its_spi(void **state)
{
    static const struct body_case cases[] = {
        {"00000001 0100 000e", WIRE_OK, "no SPI, no data"},
        {"00000001 0304 000e 11223344", WIRE_OK, "an ESP SPI"},
        {"00000001 0110 8d28 0102030405060708 1112131415161718 00000001", WIRE_OK, "R_U_THERE"},
        {"00000000 0100 0004", WIRE_OK, "the other DOI"},
        {"00000001 0304 000e 112233", WIRE_BODY_SHORT, "an SPI that is cut"},
        {"00000001 01ff 000e 11", WIRE_BODY_SHORT, "an SPI of 255 bytes"},
        {"00000001 0100 00", WIRE_BODY_SHORT, "cut"},
        {"ffffffff 0100 000e", WIRE_DOI, "a DOI that nobody knows"},
    };

    (void)state;
    CHECK_BODIES(cases, notify, notify_read, notify_write)
}

static void p26_an_empty_hash_or_signature_is_refused(void **state)
{
    static const struct body_case cases[] = {{"", WIRE_BODY_EMPTY, "empty"},
                                             {"01", WIRE_OK, "its length is the hash's business"}};

    (void)state;
    CHECK_BODIES(cases, raw, hash_read, raw_write)
    CHECK_BODIES(cases, raw, sig_read, raw_write)
}

static void x07_padding_after_mode_config_attributes_is_overlooked(void **state)
{
    static const struct {
        const char *hex;
        enum wire_fault fault;
        size_t attributes_len;
        const char *why;
    } cases[] = {
        {"01000001", WIRE_OK, 0, "no attributes"},
        {"01000001 00010000 00020000", WIRE_OK, 8, "two empty ones, as a request has them"},
        {"02000001 00010004 0a010101 00", WIRE_OK, 8, "one zero after"},
        {"02000001 00010004 0a010101 000000", WIRE_OK, 8, "three zeros after"},
        {"02000001 00010004 0a010101 00000000", WIRE_OK, 12, "four zeros are an attribute"},
        {"02000001 00010004 0a010101 0001", WIRE_ATTRIBUTE_CUT, 0, "half an attribute after"},
        {"02000001 00010005 0a010101", WIRE_ATTRIBUTE_CUT, 0, "an attribute that is cut"},
        {"02010001", WIRE_RESERVED, 0, "reserved byte"},
        {"020000", WIRE_BODY_SHORT, 0, "cut"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[100];
        struct config config = {0};

        if (config_read(&config, bytes_of_hex(cases[i].hex, space, sizeof space)) != cases[i].fault)
            fail_msg("%s", cases[i].why);
        CHECK(config.attributes.len == cases[i].attributes_len);
    }
}

static void mode_config_is_written_as_it_was_read(void **state)
{
    static const struct body_case cases[] = {{"02001234 00010004 0a010101 c0880000", WIRE_OK, "a reply"}};

    (void)state;
    CHECK_BODIES(cases, config, config_read, config_write)
}

static void n07_an_original_address_has_the_length_of_its_type(void **state)
{
    static const struct body_case cases[] = {
        {"01000000 0a010101", WIRE_OK, "IPv4"},
        {"05000000 20010db8000000000000000000000001", WIRE_OK, "IPv6"},
        {"01000000 0a0101", WIRE_NAT_OA_TYPE, "IPv4, 3 bytes"},
        {"05000000 0a010101", WIRE_NAT_OA_TYPE, "IPv6, 4 bytes"},
        {"04000000 0a010101 ffffff00", WIRE_NAT_OA_TYPE, "a subnet"},
        {"01000100 0a010101", WIRE_RESERVED, "reserved bytes"},
        {"0100", WIRE_BODY_SHORT, "cut"},
    };

    (void)state;
    CHECK_BODIES(cases, nat_oa, nat_oa_read, nat_oa_write)
}

static void f01_a_fragment_has_a_number_and_data(void **state)
{
    static const struct body_case cases[] = {
        {"000101", WIRE_BODY_SHORT, "cut"},
        {"00010101", WIRE_FRAGMENT_SHORT, "F03: no data"},
        {"00010000 aa", WIRE_FRAGMENT_NUMBER, "F06: number 0"},
        {"00010101 aa", WIRE_OK, "first and last"},
    };

    (void)state;
    CHECK_BODIES(cases, fragment, fragment_read, fragment_write)
}

static void a_range_becomes_the_identity_that_fits_it_best_and_back(void **state)
{
    static const struct {
        const char *first, *last;
        uint8_t type;
        const char *printed;
    } cases[] = {
        {"10.1.0.5", "10.1.0.5", ID_IPV4_ADDR, "10.1.0.5"},
        {"10.1.0.0", "10.1.255.255", ID_IPV4_ADDR_SUBNET, "10.1.0.0/16"},
        {"0.0.0.0", "255.255.255.255", ID_IPV4_ADDR_SUBNET, "0.0.0.0/0"},
        {"10.1.0.1", "10.1.0.9", ID_IPV4_ADDR_RANGE, "10.1.0.1-10.1.0.9"},
        {"2001:db8::1", "2001:db8::1", ID_IPV6_ADDR, "2001:db8::1"},
        {"2001:db8::", "2001:db8::ffff", ID_IPV6_ADDR_SUBNET, "2001:db8::/112"},
        {"2001:db8::1", "2001:db8::5", ID_IPV6_ADDR_RANGE, "2001:db8::1-2001:db8::5"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip_range range, again;
        uint8_t space[ID_DATA_MAX], body[40];
        char printed[100];
        struct writer w = writer_of(body, sizeof body);
        struct text t = text_of(printed, sizeof printed);
        struct id read;

        CHECK(ip_parse(&range.first, bytes_of_text(cases[i].first)) &&
              ip_parse(&range.last, bytes_of_text(cases[i].last)));
        struct id id = id_of_range(range, 6, 80, space);
        CHECK(id.type == cases[i].type && id.protocol == 6 && id.port == 80);
        id_write(&w, &id);
        CHECK(!id_read(&read, writer_bytes(&w)) && id_equal(&id, &read));
        CHECK(id_to_range(&read, &again) && ip_range_equal(range, again));
        text_add_id(&t, &read);
        assert_string_equal(printed, cases[i].printed);
    }
}

static void a_name_is_no_address_range(void **state)
{
    struct id id = {.type = ID_FQDN, .data = bytes_of_text("gw.example.com")};
    struct ip_range range;

    (void)state;
    CHECK(!id_to_range(&id, &range));
}

static void phase_1_names_no_port_but_ikes(void **state)
{
    static const struct {
        uint8_t protocol;
        uint16_t port;
        bool fits;
    } cases[] = {{0, 0, true},    {17, 500, true}, {17, 0, true},  {17, 4500, true},
                 {6, 500, false}, {17, 53, false}, {0, 500, false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK(id_port_fits_phase1(&(struct id){.protocol = cases[i].protocol, .port = cases[i].port}) == cases[i].fits);
}

static void a_payload_is_printed_harmlessly_and_without_secrets(void **state)
{
    static const struct {
        uint8_t type;
        const char *hex;
        const char *printed;
    } cases[] = {
        {PL_ID, "02000000 6777 1b 5b 32 4a 0a", "ID (5), 15 bytes: type FQDN (2), protocol 0, port 0, gw\\x1b[2J\\x0a"},
        {PL_ID, "01 11 01f4 0a010101", "ID (5), 12 bytes: type IPV4_ADDR (1), protocol 17, port 500, 10.1.1.1"},
        {PL_ID, "01 11 01f4 0a0101", "ID (5), 11 bytes: an identity does not have the length that its type asks for"},
        {PL_NONCE, "0102030405060708", "NONCE (10), 12 bytes: data 8 bytes"},
        {PL_HASH, "0102", "HASH (8), 6 bytes: data 2 bytes"},
        {PL_NOTIFY, "00000001 0304 000e 11223344",
         "NOTIFY (11), 16 bytes: doi IPSEC (1), protocol ESP (3), type NO_PROPOSAL_CHOSEN (14), spi 11223344"},
        {PL_DELETE, "00000001 03040001 11223344",
         "DELETE (12), 16 bytes: doi IPSEC (1), protocol ESP (3), spi_len 4, spi_count 1, spis 11223344"},
        {PL_VID, "afcad71368a1f1c96b8696fc77570100",
         "VENDOR (13), 20 bytes: Dead Peer Detection 1.0 (RFC 3706); last two bytes = major,minor"},
        {PL_VID, "0102", "VENDOR (13), 6 bytes: 0102"},
        {PL_ATTR, "02000007 40890004 616c6963 408a0006 736563726574",
         "ATTR (14), 26 bytes: type REPLY (2), id 7, XAUTH_USER_NAME (16521) alic, XAUTH_USER_PASSWORD (16522) (not "
         "shown)"},
        {PL_NAT_OA, "01000000 0a010101", "NAT-OA (21), 12 bytes: type IPV4_ADDR (1), 10.1.1.1"},
        {PL_FRAGMENT, "0001 02 01 aabb", "FRAG (132), 10 bytes: id 1, number 2, flags 1, data 2 bytes"},
        {PL_KE, "0102030405060708", "KE (4), 12 bytes: data 8 bytes"},
        {PL_SIG, "010203", "SIG (9), 7 bytes: data 3 bytes"},
        {PL_CERT, "04 30820001", "CERT (6), 9 bytes: encoding X.509 signature (4), data 4 bytes"},
        {PL_CR, "04 3000", "CERT_REQ (7), 7 bytes: encoding X.509 signature (4), data 3000"},
        {PL_NAT_D, "00112233", "NAT-D (20), 8 bytes: data 00112233"},
        {PL_NAT_D_DRAFT, "00112233", "NAT-D (130), 8 bytes: data 00112233"},
        {PL_NAT_OA_DRAFT, "05000000 20010db8000000000000000000000001",
         "NAT-OA (131), 24 bytes: type IPV6_ADDR (5), 2001:db8::1"},
        {PL_IOS_KEEPALIVE, "000a0003", "IOS KEEPALIVE (128), 8 bytes: 000a0003"},
        {PL_ID, "03000000 61406202 63", "ID (5), 13 bytes: type USER_FQDN (3), protocol 0, port 0, a@b\\x02c"},
        {PL_ID, "04000000 0a010000 ffff0000",
         "ID (5), 16 bytes: type IPV4_ADDR_SUBNET (4), protocol 0, port 0, 10.1.0.0/16"},
        {PL_ID, "06060050 20010db8000000000000000000000000 ffffffff000000000000000000000000",
         "ID (5), 40 bytes: type IPV6_ADDR_SUBNET (6), protocol 6, port 80, 2001:db8::/32"},
        {PL_ID, "07000000 0a010001 0a010009",
         "ID (5), 16 bytes: type IPV4_ADDR_RANGE (7), protocol 0, port 0, 10.1.0.1-10.1.0.9"},
        {PL_ID, "08000000 20010db8000000000000000000000001 20010db8000000000000000000000009",
         "ID (5), 40 bytes: type IPV6_ADDR_RANGE (8), protocol 0, port 0, 2001:db8::1-2001:db8::9"},
        {PL_ID, "09000000 3000", "ID (5), 10 bytes: type DER_ASN1_DN (9), protocol 0, port 0, 3000"},
        {PL_ID, "0b000000 6b6579", "ID (5), 11 bytes: type KEY_ID (11), protocol 0, port 0, key"},
        {77, "aabb", "UNKNOWN (77), 6 bytes: aabb"},
        {PL_SA, "00000001 00000001 00000014 01010001 0000000c 01010000 80010007",
         "SA (1), 32 bytes: DOI IPSEC (1), situation IDENTITY_ONLY (1)\n  proposal 1 ISAKMP (1), no SPI, 1 transform\n"
         "    transform 1 KEY_IKE (1), encryption AES-CBC (7)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[100];
        char printed[500];
        struct text t = text_of(printed, sizeof printed);
        struct payload p = {.type = cases[i].type, .body = bytes_of_hex(cases[i].hex, space, sizeof space)};

        text_add_payload(&t, &p, 0);
        assert_string_equal(printed, cases[i].printed);
    }
    /* Of every payload that has a number, but those that stand only inside of others. */
    uint32_t number;
    for (size_t row = 0; number_row(SPACE_PL, row, &number) != NULL; row++) {
        bool is_there = number == PL_NONE || number == PL_P || number == PL_T;

        for (size_t i = 0; i < COUNT_OF(cases); i++)
            is_there |= cases[i].type == number;
        CHECK(is_there);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p20_an_empty_key_share_is_refused),
        cmocka_unit_test(p21_a_nonce_has_8_to_256_bytes),
        cmocka_unit_test(p22_an_identity_has_exactly_the_length_of_its_type),
        cmocka_unit_test(p23_a_certificate_without_data_is_refused_and_a_request_is_not),
        cmocka_unit_test(p24_the_spis_of_a_delete_make_its_length),
        cmocka_unit_test(p24_as_many_spis_as_we_look_at_are_deleted_and_one_more_is_refused),
        cmocka_unit_test(p25_a_notify_holds_its_spi),
        cmocka_unit_test(p26_an_empty_hash_or_signature_is_refused),
        cmocka_unit_test(x07_padding_after_mode_config_attributes_is_overlooked),
        cmocka_unit_test(mode_config_is_written_as_it_was_read),
        cmocka_unit_test(n07_an_original_address_has_the_length_of_its_type),
        cmocka_unit_test(f01_a_fragment_has_a_number_and_data),
        cmocka_unit_test(a_range_becomes_the_identity_that_fits_it_best_and_back),
        cmocka_unit_test(a_name_is_no_address_range),
        cmocka_unit_test(phase_1_names_no_port_but_ikes),
        cmocka_unit_test(a_payload_is_printed_harmlessly_and_without_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
