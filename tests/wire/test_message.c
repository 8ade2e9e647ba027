#include "base/check.h"
#include "hex.h"
#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COOKIES "1111111111111111 0000000000000000 "
#define NONCE8 "0000000c 0102030405060708"

static void fault_is(enum wire_fault found, enum wire_fault wanted, const char *why)
{
    if (found != wanted)
        fail_msg("%s: %s instead of %s", why, wire_fault_name(found), wire_fault_name(wanted));
}

struct message_case {
    const char *hex;
    enum wire_fault fault;
    const char *why;
};

static void check_cases(const struct message_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t space[2000];
        struct message m;

        fault_is(wire_message_read(&m, bytes_of_hex(cases[i].hex, space, sizeof space)), cases[i].fault, cases[i].why);
        CHECK(cases[i].fault == WIRE_OK || m.payload_count == 0);
    }
}
#define CHECK_CASES(cases) check_cases(cases, COUNT_OF(cases))

static void p01_a_header_that_does_not_say_the_datagrams_length_is_refused(void **state)
{
    static const struct message_case cases[] = {
        {"", WIRE_TOO_SHORT, "no bytes at all"},
        {"11", WIRE_TOO_SHORT, "one byte"},
        {COOKIES "0a100200 00000000 000000", WIRE_TOO_SHORT, "27 bytes"},
        {COOKIES "00100200 00000000 0000001c", WIRE_NO_PAYLOADS, "a header and no more"},
        {COOKIES "0a100200 00000000 00000028" NONCE8, WIRE_OK, "the right length"},
        {COOKIES "0a100200 00000000 00000027" NONCE8, WIRE_LENGTH, "one less"},
        {COOKIES "0a100200 00000000 00000029" NONCE8, WIRE_LENGTH, "one more"},
        {COOKIES "0a100200 00000000 00000000" NONCE8, WIRE_LENGTH, "zero"},
        {COOKIES "0a100200 00000000 ffffffff" NONCE8, WIRE_LENGTH, "four gigabytes"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p02_a_payload_longer_than_the_datagram_is_refused(void **state)
{
    static const struct message_case cases[] = {
        {COOKIES "0a100200 00000000 00000028 0000ffff 0102030405060708", WIRE_PAYLOAD_LEAVES, "65535 bytes"},
        {COOKIES "0a100200 00000000 00000028 0000000d 0102030405060708", WIRE_PAYLOAD_LEAVES, "one byte too long"},
        {COOKIES "0a100200 00000000 00000028 0000000b 0102030405060708", WIRE_TRAILING, "one byte too short"},
        {COOKIES "0a100400 00000000 00000028 0000000b 0102030405060700", WIRE_OK,
         "a zero that aligns it, as libreswan's"},
        {COOKIES "0a100400 00000000 00000028 00000009 0102030405000000", WIRE_OK, "three zeros"},
        {COOKIES "0a100400 00000000 00000028 00000008 0102030400000000", WIRE_TRAILING, "four zeros align nothing"},
        {COOKIES "0a100400 00000000 00000028 00000009 0102030405000100", WIRE_TRAILING, "not zeros"},
        {COOKIES "0a100400 00000000 00000027 0000000a 01020304050600", WIRE_TRAILING, "a zero that does not align it"},
        {COOKIES "0a100200 00000000 00000028 0d00000c 0102030405060708", WIRE_PAYLOAD_LEAVES, "another is promised"},
        {COOKIES "0a100200 00000000 0000001f 000000", WIRE_PAYLOAD_LEAVES, "three bytes of a payload's header"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p03_a_payload_length_below_four_is_refused(void **state)
{
    static const struct message_case cases[] = {
        {COOKIES "0d100200 00000000 00000024 0d000000 00000004", WIRE_PAYLOAD_LENGTH, "0"},
        {COOKIES "0d100200 00000000 00000024 0d000001 00000004", WIRE_PAYLOAD_LENGTH, "1"},
        {COOKIES "0d100200 00000000 00000024 0d000002 00000004", WIRE_PAYLOAD_LENGTH, "2"},
        {COOKIES "0d100200 00000000 00000024 0d000003 00000004", WIRE_PAYLOAD_LENGTH, "3"},
        {COOKIES "0d100200 00000000 00000024 0d000004 00000004", WIRE_OK, "4: empty bodies"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p04_as_many_payloads_as_we_look_at_are_read_and_one_more_is_refused(void **state)
{
    (void)state;
    for (size_t count = PAYLOADS_MAX - 1; count <= PAYLOADS_MAX + 1; count++) {
        uint8_t space[400];
        struct writer w = writer_of(space, sizeof space);
        struct header h = {.cookies = {{1}}, .exchange = XCHG_MAIN};
        struct message_writer out = message_begin(&w, &h);
        struct message m;

        for (size_t i = 0; i < count; i++)
            message_add(&out, i % 2 ? PL_VID : 77, (struct bytes){0});
        enum wire_fault fault = wire_message_read(&m, message_end(&out));
        fault_is(fault, count <= PAYLOADS_MAX ? WIRE_OK : WIRE_PAYLOADS_TOO_MANY, "40 is the limit");
        CHECK(m.payload_count == (fault ? 0 : count));
    }
}

static void p14_reserved_bytes_and_meaningless_flags_are_refused(void **state)
{
    static const struct message_case cases[] = {
        {COOKIES "0a100200 00000000 00000028 00ff000c 0102030405060708", WIRE_RESERVED, "reserved byte of a payload"},
        {COOKIES "0a100202 00000000 00000028" NONCE8, WIRE_OK, "commit bit alone: accepted, ignored in phase 1"},
        {COOKIES "0a100208 00000000 00000028" NONCE8, WIRE_FLAGS, "a flag without a meaning"},
        {COOKIES "0a1002ff 00000000 00000028" NONCE8, WIRE_FLAGS, "all flags"},
        {COOKIES "0a100201 00000000 00000028" NONCE8, WIRE_SEALED, "encrypted, read as clear"},
    };
    uint8_t space[100];
    struct message m;
    struct bytes lenient = bytes_of_hex(cases[0].hex, space, sizeof space);

    (void)state;
    CHECK_CASES(cases);
    CHECK(!wire_header_read(&m, lenient));
    CHECK(!wire_payloads_read(&m, PL_NONCE, bytes_after(lenient, HEADER_LEN),
                              (struct allowance){.reserved_is_any = true}));
}

static void p16_payloads_that_are_not_of_ikev1_are_kept_as_unknown(void **state)
{
    uint8_t space[100];
    struct message m;
    char printed[100];
    struct text t = text_of(printed, sizeof printed);

    (void)state;
    CHECK(!wire_message_read(&m, bytes_of_hex(COOKIES "21100200 00000000 00000028" NONCE8, space, sizeof space)));
    CHECK(message_payload(&m, PL_SA) == NULL && m.payloads[0].type == 33);
    text_add_message_payloads(&t, &m);
    assert_string_equal(printed, "HDR + UNKNOWN (33) + NONE (0)");
}

static void p17_another_major_version_is_refused_and_any_minor_version_taken(void **state)
{
    static const struct message_case cases[] = {
        {COOKIES "0a000200 00000000 00000028" NONCE8, WIRE_VERSION, "0"},
        {COOKIES "0a200200 00000000 00000028" NONCE8, WIRE_VERSION, "IKEv2"},
        {COOKIES "0a300200 00000000 00000028" NONCE8, WIRE_VERSION, "3"},
        {COOKIES "0af00200 00000000 00000028" NONCE8, WIRE_VERSION, "15"},
        {COOKIES "0a110200 00000000 00000028" NONCE8, WIRE_OK, "1.1"},
        {COOKIES "0a1f0200 00000000 00000028" NONCE8, WIRE_OK, "1.15"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p18_an_exchange_type_that_is_not_assigned_is_refused(void **state)
{
    static const struct message_case cases[] = {
        {COOKIES "0a100000 00000000 00000028" NONCE8, WIRE_EXCHANGE_UNKNOWN, "0"},
        {COOKIES "0a100700 00000000 00000028" NONCE8, WIRE_EXCHANGE_UNKNOWN, "7"},
        {COOKIES "0a102300 00000000 00000028" NONCE8, WIRE_EXCHANGE_UNKNOWN, "35, IKEv2's IKE_AUTH"},
        {COOKIES "0a10f000 00000000 00000028" NONCE8, WIRE_EXCHANGE_UNKNOWN, "240, private"},
        {COOKIES "0a10ff00 00000000 00000028" NONCE8, WIRE_EXCHANGE_UNKNOWN, "255"},
        {COOKIES "0a100200 000000ff 00000028" NONCE8, WIRE_MESSAGE_ID, "a message ID in main mode"},
        {COOKIES "0a102000 00000000 00000028" NONCE8, WIRE_MESSAGE_ID, "quick mode without a message ID"},
        {COOKIES "0a100600 00000000 00000028" NONCE8, WIRE_MESSAGE_ID, "a transaction without a message ID"},
        {COOKIES "0a100500 00000000 00000028" NONCE8, WIRE_OK, "informational in clear may be without"},
        {"0000000000000000 1111111111111111 0a100200 00000000 00000028" NONCE8, WIRE_COOKIE_ZERO, "no cookie"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p19_a_proposal_or_transform_outside_of_an_sa_payload_is_refused(void **state)
{
    static const struct message_case cases[] = {
        {COOKIES "02100200 00000000 00000028" NONCE8, WIRE_PAYLOAD_NESTED, "a proposal first"},
        {COOKIES "0d100200 00000000 0000002c 03000004 0000000c 0102030405060708", WIRE_PAYLOAD_NESTED,
         "a transform second"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p28_padding_is_overlooked_up_to_a_block(void **state)
{
    static const struct {
        const char *hex;
        enum wire_fault fault;
        const char *why;
    } cases[] = {
        {NONCE8 "00000000", WIRE_OK, "up to the block"},
        {NONCE8 "00000000 00000000000000000000000000000000", WIRE_PADDING_TOO_LONG, "more than a block"},
        {NONCE8 "deadbee3", WIRE_OK, "noise for padding"},
        {NONCE8, WIRE_OK, "none"},
        {"0000000c 01020304050607080909090909090909090909090909", WIRE_OK,
         "a whole block too much, as some peers send"},
        {"00000000 00000000", WIRE_PAYLOAD_LENGTH, "decrypted with the wrong key: zeros"},
        {"d6e10fff 00000000", WIRE_RESERVED, "decrypted with the wrong key: noise"},
        {"", WIRE_PAYLOAD_LEAVES, "nothing"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t header[28], space[200];
        struct message m;

        CHECK(!wire_header_read(&m, bytes_of_hex(COOKIES "0a100201 00000000 0000001c", header, sizeof header)));
        struct bytes opened = bytes_of_hex(cases[i].hex, space, sizeof space);
        fault_is(wire_payloads_read(&m, m.header.first_payload, opened, (struct allowance){.padding_max = 16}),
                 cases[i].fault, cases[i].why);
        CHECK(cases[i].fault != WIRE_OK || m.chain.len == 12);
    }
}

static void p28_an_encrypted_message_shows_what_is_to_be_opened(void **state)
{
    uint8_t space[100];
    struct message m;

    (void)state;
    CHECK(!wire_header_read(
        &m, bytes_of_hex(COOKIES "08100201 00000000 0000002c 000102030405060708090a0b0c0d0e0f", space, sizeof space)));
    CHECK(m.sealed.len == 16 && m.sealed.data[15] == 15 && m.payload_count == 0);
}

static void payloads_are_found_by_type_and_order(void **state)
{
    uint8_t space[200];
    struct message m;

    (void)state;
    CHECK(!wire_message_read(&m, bytes_of_hex(COOKIES
                                              "0d100200 00000000 0000002f 0d000005 61 08000006 6262 0d000004 00000004",
                                              space, sizeof space)));
    CHECK(message_count(&m, PL_VID) == 3 && message_count(&m, PL_HASH) == 1 && message_count(&m, PL_KE) == 0);
    CHECK(bytes_equal(message_body(&m, PL_VID), bytes_of("a", 1)));
    CHECK(bytes_equal(message_nth(&m, PL_VID, 1)->body, bytes_of("bb", 2)));
    CHECK(message_nth(&m, PL_VID, 2)->body.len == 0 && message_nth(&m, PL_VID, 3) == NULL);
    CHECK(message_body(&m, PL_KE).len == 0);
    CHECK(message_after(&m, message_nth(&m, PL_VID, 1)).len == 8);
    CHECK(message_after(&m, message_nth(&m, PL_VID, 2)).len == 0);
    CHECK(message_raw(&m, message_nth(&m, PL_VID, 1)).len == 6);
}

static void a_message_reads_as_it_was_written(void **state)
{
    uint8_t space[300], digest[20];
    struct writer w = writer_of(space, sizeof space);
    struct header h = {.cookies = {{1, 2}, {3}}, .exchange = XCHG_QUICK, .message_id = 0xdeadbeef, .minor_version = 3};
    struct message m;
    size_t len;

    (void)state;
    memset(digest, 0xaa, sizeof digest);
    write_gap(&w, 4); /* the non-ESP marker may stand before it */
    struct message_writer out = message_begin(&w, &h);
    size_t hash_at = message_add_gap(&out, PL_HASH, sizeof digest);
    size_t mark = message_mark(&out);
    message_add(&out, PL_NONCE, bytes_of("12345678", 8));
    write_u32(payload_begin(&out, PL_VID), 0x01020304), payload_end(&out);
    CHECK(message_since(&out, mark).len == 12 + 8);
    message_fill(&out, hash_at, BYTES_OF(digest));
    message_seal(&out, 16);
    struct bytes datagram = message_end(&out);
    CHECK(datagram.data == space + 4 && datagram.len == HEADER_LEN + 48);
    CHECK(message_seal_space(&out, &len) == space + 4 + HEADER_LEN && len == 48);

    CHECK(!wire_header_read(&m, datagram));
    CHECK(m.header.flags == FLAG_ENCRYPTION && m.header.message_id == 0xdeadbeef && m.header.minor_version == 3);
    CHECK(!wire_payloads_read(&m, m.header.first_payload, m.sealed, (struct allowance){.padding_max = 16}));
    CHECK(bytes_equal(message_body(&m, PL_HASH), BYTES_OF(digest)));
    CHECK(bytes_equal(message_after(&m, message_payload(&m, PL_HASH)), bytes_of(space + mark, 20)));
    CHECK(m.padding.len == 4 && bytes_are_zero(m.padding));
}

static void a_message_that_does_not_fit_is_nothing_at_any_size(void **state)
{
    uint8_t space[HEADER_LEN + 48];

    (void)state;
    for (size_t size = 0; size <= sizeof space; size++) {
        struct writer w = writer_of(space, size);
        struct message_writer out = message_begin(&w, &(struct header){.exchange = XCHG_MAIN});
        size_t at = message_add_gap(&out, PL_HASH, 20);

        message_add(&out, PL_NONCE, bytes_of("12345678", 8));
        message_fill(&out, at, bytes_of("aaaaaaaaaaaaaaaaaaaa", 20));
        message_seal(&out, 16);
        CHECK((message_end(&out).len > 0) == (size == sizeof space));
    }
}

static void a_body_of_64k_is_not_written(void **state)
{
    static uint8_t space[70000];
    struct writer w = writer_of(space, sizeof space);
    struct message_writer out = message_begin(&w, &(struct header){.exchange = XCHG_MAIN});

    (void)state;
    write_gap(payload_begin(&out, PL_VID), 65532), payload_end(&out);
    CHECK(message_end(&out).len == 0);
}

static void messages_are_equal_by_what_they_say(void **state)
{
    uint8_t a_space[100], b_space[100], c_space[100];
    struct message a, b, c;

    (void)state;
    CHECK(!wire_message_read(&a, bytes_of_hex(COOKIES "0a100200 00000000 00000028" NONCE8, a_space, sizeof a_space)));
    CHECK(!wire_message_read(&b, bytes_of_hex(COOKIES "0a100200 00000000 00000028" NONCE8, b_space, sizeof b_space)));
    CHECK(!wire_message_read(&c, bytes_of_hex(COOKIES "0d100200 00000000 00000028" NONCE8, c_space, sizeof c_space)));
    CHECK(message_equal(&a, &b) && !message_equal(&a, &c));
    b.header.message_id = 1;
    CHECK(!message_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p01_a_header_that_does_not_say_the_datagrams_length_is_refused),
        cmocka_unit_test(p02_a_payload_longer_than_the_datagram_is_refused),
        cmocka_unit_test(p03_a_payload_length_below_four_is_refused),
        cmocka_unit_test(p04_as_many_payloads_as_we_look_at_are_read_and_one_more_is_refused),
        cmocka_unit_test(p14_reserved_bytes_and_meaningless_flags_are_refused),
        cmocka_unit_test(p16_payloads_that_are_not_of_ikev1_are_kept_as_unknown),
        cmocka_unit_test(p17_another_major_version_is_refused_and_any_minor_version_taken),
        cmocka_unit_test(p18_an_exchange_type_that_is_not_assigned_is_refused),
        cmocka_unit_test(p19_a_proposal_or_transform_outside_of_an_sa_payload_is_refused),
        cmocka_unit_test(p28_padding_is_overlooked_up_to_a_block),
        cmocka_unit_test(p28_an_encrypted_message_shows_what_is_to_be_opened),
        cmocka_unit_test(payloads_are_found_by_type_and_order),
        cmocka_unit_test(a_message_reads_as_it_was_written),
        cmocka_unit_test(a_message_that_does_not_fit_is_nothing_at_any_size),
        cmocka_unit_test(a_body_of_64k_is_not_written),
        cmocka_unit_test(messages_are_equal_by_what_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
