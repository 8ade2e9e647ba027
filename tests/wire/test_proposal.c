#include "base/check.h"
#include "hex.h"
#include "wire/proposal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* DOI and situation, then headers of a proposal and a transform whose lengths follow from `attributes`. */
#define SA "00000001 00000001 "
#define ENC_3DES "80010005"
#define ENC_AES "80010007"
#define HASH_SHA "80020002"
#define AUTH_PSK "80030001"
#define GROUP_2 "80040002"
#define SECONDS "800b0001"
#define DAY "000c0004 00015180"

static void fault_is(enum wire_fault found, enum wire_fault wanted, const char *why)
{
    if (found != wanted)
        fail_msg("%s: %s instead of %s", why, wire_fault_name(found), wire_fault_name(wanted));
}

struct sa_case {
    const char *hex;
    enum wire_fault fault;
    const char *why;
};

static void check_cases(const struct sa_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t space[600];
        struct sa_payload sa = {.doi = 99};

        fault_is(sa_read(&sa, bytes_of_hex(cases[i].hex, space, sizeof space)), cases[i].fault, cases[i].why);
        CHECK((sa.doi == 99) == (cases[i].fault != WIRE_OK));
    }
}
#define CHECK_CASES(cases) check_cases(cases, COUNT_OF(cases))

static void p06_the_spi_has_the_size_that_its_protocol_asks_for(void **state)
{
    static const struct sa_case cases[] = {
        {SA "00000010 01010001 00000008 01010000", WIRE_OK, "ISAKMP, none"},
        {SA "00000011 01010101 00 00000008 01010000", WIRE_SPI_SIZE, "ISAKMP, 1 byte"},
        {SA "00000018 01010801 0000000000000000 00000008 01010000", WIRE_OK, "ISAKMP, one cookie"},
        {SA "00000020 01011001 00000000000000000000000000000000 00000008 01010000", WIRE_OK, "ISAKMP, both cookies"},
        {SA "00000021 01011101 0000000000000000000000000000000000 00000008 01010000", WIRE_SPI_SIZE,
         "ISAKMP, 17 bytes"},
        {SA "00000010 0101ff01 00000008 01010000", WIRE_SPI_SIZE, "255 bytes that are not there"},
        {SA "00000014 01030401 00000100 00000008 010c0000", WIRE_OK, "ESP, 4 bytes"},
        {SA "0000000a 01030401 0000", WIRE_SPI_SIZE, "ESP, 4 bytes of which 2 are there"},
        {SA "0000000a 01ffff01 0000", WIRE_SPI_SIZE, "a protocol that nobody knows, 255 bytes of which 2 are there"},
        {SA "00000013 01030301 000100 00000008 010c0000", WIRE_SPI_SIZE, "ESP, 3 bytes"},
        {SA "00000015 01030501 0000010000 00000008 010c0000", WIRE_SPI_SIZE, "ESP, 5 bytes"},
        {SA "00000010 01030001 00000008 010c0000", WIRE_SPI_SIZE, "ESP, none"},
        {SA "00000014 01030401 000000ff 00000008 010c0000", WIRE_SPI_RESERVED, "ESP, 255"},
        {SA "00000014 01020401 00000000 00000008 01030000", WIRE_SPI_RESERVED, "AH, 0"},
        {SA "00000012 01040201 1234 00000008 01030000", WIRE_OK, "IPCOMP, 2 bytes"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p07_proposals_and_transforms_must_be_those_that_are_announced(void **state)
{
    static const struct sa_case cases[] = {
        {"", WIRE_BODY_SHORT, "nothing"},
        {"00000001 000000", WIRE_BODY_SHORT, "half a situation"},
        {SA, WIRE_NO_PROPOSALS, "no proposals"},
        {SA "00000010 01010005 00000008 01010000", WIRE_TRANSFORM_COUNT, "says five, has one"},
        {SA "00000018 01010001 03000008 01010000 00000008 02010000", WIRE_TRANSFORM_COUNT, "says one, has two"},
        {SA "00000008 01010000", WIRE_TRANSFORM_COUNT, "no transforms"},
        {SA "00000008 01010001", WIRE_TRANSFORM_LEAVES, "says one, has none"},
        {SA "00000018 01010001 00000008 01010000 00000008 02010000", WIRE_TRANSFORM_LEAVES, "one after the last"},
        {SA "00000010 01010001 02000008 01010000", WIRE_TRANSFORM_NEXT, "a proposal inside a transform"},
        {SA "00000010 01010001 ff000008 01010000", WIRE_TRANSFORM_NEXT, "255 after a transform"},
        {SA "00000010 01010001 03000008 01010000", WIRE_TRANSFORM_LEAVES, "another is promised"},
        {SA "00000010 01010001 00000007 01010000", WIRE_TRANSFORM_LEAVES, "a transform of 7 bytes"},
        {SA "00000010 01010001 00000009 01010000", WIRE_TRANSFORM_LEAVES, "a transform longer than its proposal"},
        {SA "00000010 01010001 00010008 01010000", WIRE_RESERVED, "reserved byte of a transform"},
        {SA "00000010 01010001 00000008 01010100", WIRE_RESERVED, "reserved half word of a transform"},
        {SA "03000010 01010001 00000008 01010000", WIRE_PROPOSAL_NEXT, "a transform after a proposal"},
        {SA "02000010 01010001 00000008 01010000", WIRE_PROPOSAL_LEAVES, "another is promised"},
        {SA "00000011 01010001 00000008 01010000", WIRE_PROPOSAL_LEAVES, "a proposal longer than its payload"},
        {SA "00000007 01010001 00000008 01010000", WIRE_PROPOSAL_LEAVES, "a proposal of 7 bytes"},
        {SA "00000010 01010001 00000008 01010000 00", WIRE_PROPOSAL_LEAVES, "a byte after the last"},
        {SA "00ff0010 01010001 00000008 01010000", WIRE_RESERVED, "reserved byte of a proposal"},
        {SA "02000010 01010001 00000008 01010000 00000010 02010001 00000008 01010000", WIRE_OK, "two proposals"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p08_a_cut_attribute_refuses_the_payload(void **state)
{
    static const struct sa_case cases[] = {
        {SA "00000011 01010001 00000009 01010000 80", WIRE_ATTRIBUTE_CUT, "1 byte left"},
        {SA "00000012 01010001 0000000a 01010000 8001", WIRE_ATTRIBUTE_CUT, "2 bytes left"},
        {SA "00000013 01010001 0000000b 01010000 800100", WIRE_ATTRIBUTE_CUT, "3 bytes left"},
        {SA "00000014 01010001 0000000c 01010000 000c0001", WIRE_ATTRIBUTE_CUT, "a long value that is not there"},
        {SA "00000014 01010001 0000000c 01010000 000cffff", WIRE_ATTRIBUTE_CUT, "65535 bytes"},
    };

    (void)state;
    CHECK_CASES(cases);
}

static void p14_another_doi_or_situation_is_refused(void **state)
{
    static const struct sa_case cases[] = {
        {"00000000 00000001 00000010 01010001 00000008 01010000", WIRE_DOI, "0"},
        {"000000ff 00000001 00000010 01010001 00000008 01010000", WIRE_DOI, "255"},
        {"00000001 00000000 00000010 01010001 00000008 01010000", WIRE_SITUATION, "none"},
        {"00000001 00000003 00000010 01010001 00000008 01010000", WIRE_SITUATION, "with secrecy"},
        {"00000001 ffffffff 00000010 01010001 00000008 01010000", WIRE_SITUATION, "all bits"},
    };

    (void)state;
    CHECK_CASES(cases);
}

/* A phase 1 payload with one transform of these attributes. */
static struct sa_payload sa_of_attributes(const char *attributes, uint8_t protocol, uint8_t *space, size_t size)
{
    uint8_t value_space[400];
    struct bytes value = bytes_of_hex(attributes, value_space, sizeof value_space);
    struct writer w = writer_of(space, size);
    struct sa_payload sa;
    size_t spi_len = protocol == PROTO_ESP ? 4 : 0;

    write_u64(&w, 0x0000000100000001);
    write_u16(&w, 0);
    write_u16(&w, (uint16_t)(16 + spi_len + value.len));
    write_u8(&w, 1), write_u8(&w, protocol), write_u8(&w, (uint8_t)spi_len), write_u8(&w, 1);
    if (spi_len > 0)
        write_u32(&w, 0x1000);
    write_u16(&w, 0);
    write_u16(&w, (uint16_t)(8 + value.len));
    write_u32(&w, 0x010c0000);
    write_bytes(&w, value);
    CHECK(writer_is_ok(&w));
    fault_is(sa_read(&sa, writer_bytes(&w)), WIRE_OK, attributes);
    return sa;
}

struct attribute_case {
    const char *attributes;
    enum wire_fault fault;
    const char *why;
};

static void check_attributes(const struct attribute_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t space[600];
        struct sa_payload sa = sa_of_attributes(cases[i].attributes, PROTO_ISAKMP, space, sizeof space);

        fault_is(sa.transforms[0].fault, cases[i].fault, cases[i].why);
    }
}
#define CHECK_ATTRIBUTES(cases) check_attributes(cases, COUNT_OF(cases))

static void p09_a_number_in_the_wrong_form_makes_its_transform_unfit(void **state)
{
    static const struct attribute_case cases[] = {
        {ENC_AES "800e0100" HASH_SHA AUTH_PSK GROUP_2 SECONDS DAY, WIRE_OK, "as everybody sends it"},
        {ENC_AES "800e0100" HASH_SHA AUTH_PSK GROUP_2 SECONDS "800c7080", WIRE_OK, "a basic lifetime"},
        {"00010004 00000007", WIRE_ATTRIBUTE_FORM, "encryption, 4 bytes long"},
        {"00010002 0007", WIRE_ATTRIBUTE_FORM, "encryption, 2 bytes long: RFC 2409 appendix A forbids it"},
        {ENC_AES "000e0003 000100", WIRE_ATTRIBUTE_FORM, "key length, 3 bytes long"},
        {ENC_AES "800e0100 000e0002 0100", WIRE_ATTRIBUTE_FORM, "key length in both forms"},
        {"000b0002 0001 000c0004 00015180", WIRE_ATTRIBUTE_FORM, "life type, long"},
        {SECONDS "000c0000", WIRE_ATTRIBUTE_FORM, "a lifetime without a value"},
    };

    (void)state;
    CHECK_ATTRIBUTES(cases);
}

static void p10_a_key_length_is_told_from_none(void **state)
{
    static const struct {
        const char *attributes;
        bool is_present;
        uint16_t key_len;
    } cases[] = {
        {ENC_AES "800e0000", true, 0}, {ENC_AES "800e0001", true, 1},     {ENC_AES "800e007f", true, 127},
        {ENC_AES, false, 0},           {ENC_AES "800effff", true, 65535}, {ENC_3DES "800e00c0", true, 192},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[100];
        struct sa_payload sa = sa_of_attributes(cases[i].attributes, PROTO_ISAKMP, space, sizeof space);

        CHECK(sa_transform_has(&sa.transforms[0], OAKLEY_KEY_LENGTH) == cases[i].is_present);
        CHECK(sa.transforms[0].key_len == cases[i].key_len && !sa.transforms[0].fault);
    }
}

static void p11_an_attribute_twice_makes_its_transform_unfit(void **state)
{
    static const struct attribute_case cases[] = {
        {ENC_AES ENC_3DES, WIRE_ATTRIBUTE_TWICE, "two encryptions"},
        {ENC_AES ENC_AES, WIRE_ATTRIBUTE_TWICE, "the same encryption twice"},
        {GROUP_2 "80040005", WIRE_ATTRIBUTE_TWICE, "two groups"},
        {SECONDS DAY "800b0002" DAY, WIRE_OK, "seconds and kilobytes"},
        {SECONDS DAY "800b0002" DAY SECONDS DAY, WIRE_ATTRIBUTE_TWICE, "three lifetimes"},
        {SECONDS DAY SECONDS DAY, WIRE_ATTRIBUTE_TWICE, "seconds twice"},
    };

    (void)state;
    CHECK_ATTRIBUTES(cases);
}

static void p12_a_lifetime_of_any_size_is_read_without_wrapping(void **state)
{
    static const struct {
        const char *attributes;
        uint64_t seconds;
        enum wire_fault fault;
        const char *why;
    } cases[] = {
        {SECONDS DAY, 86400, WIRE_OK, "four bytes"},
        {SECONDS "800c0e10", 3600, WIRE_OK, "basic"},
        {SECONDS "000c0001 ff", 255, WIRE_OK, "one byte"},
        {SECONDS "000c0004 00000000", 0, WIRE_OK, "zero: policy's business"},
        {SECONDS "000c0004 ffffffff", 0xffffffff, WIRE_OK, "all ones"},
        {SECONDS "000c0008 0000000100000000", 0x100000000, WIRE_OK, "more than 32 bits"},
        {SECONDS "000c0010 00000000000000000000000000000e10", 3600, WIRE_OK, "sixteen bytes, most of them zero"},
        {SECONDS "000c0010 01000000000000000000000000000e10", UINT64_MAX, WIRE_OK,
         "sixteen bytes: more than we can say"},
        {DAY SECONDS, 0, WIRE_LIFE_ORDER, "duration before type"},
        {DAY, 0, WIRE_LIFE_ORDER, "duration without type"},
        {SECONDS, 0, WIRE_LIFE_ORDER, "type without duration"},
        {"800b0003" DAY, 0, WIRE_ATTRIBUTE_UNKNOWN, "a type that nobody knows"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[100];
        struct sa_payload sa = sa_of_attributes(cases[i].attributes, PROTO_ISAKMP, space, sizeof space);

        fault_is(sa.transforms[0].fault, cases[i].fault, cases[i].why);
        CHECK(cases[i].fault || (sa.transforms[0].has_seconds && sa.transforms[0].life_seconds == cases[i].seconds));
    }
}

static void p13_an_attribute_that_we_do_not_follow_makes_its_transform_unfit(void **state)
{
    static const struct attribute_case cases[] = {
        {ENC_AES "80630001", WIRE_ATTRIBUTE_UNKNOWN, "unknown"},
        {ENC_AES "c0010001", WIRE_ATTRIBUTE_UNKNOWN, "private"},
        {ENC_AES "80050001", WIRE_ATTRIBUTE_UNKNOWN, "a group of the peer's own: its type"},
        {ENC_AES "00060004 00000007", WIRE_ATTRIBUTE_UNKNOWN, "a group of the peer's own: its prime"},
        {ENC_AES "800d0001", WIRE_ATTRIBUTE_UNKNOWN, "a prf of the peer's own"},
        {"8001fde9" HASH_SHA "80048000", WIRE_OK, "private values are policy's business"},
    };
    uint8_t space[100];

    (void)state;
    CHECK_ATTRIBUTES(cases);
    CHECK(sa_of_attributes(SECONDS, 9, space, sizeof space).transforms[0].fault == WIRE_ATTRIBUTE_UNKNOWN);
}

static void phase_2_attributes_are_read_by_their_own_numbers(void **state)
{
    uint8_t space[200];
    struct sa_payload sa =
        sa_of_attributes("80010001 00020004 00007080 80010002 00020004 00465000 80040003 80050005 80060100"
                         "8003000e 800b0001",
                         PROTO_ESP, space, sizeof space);
    const struct sa_transform *t = &sa.transforms[0];
    char printed[400];
    struct text text = text_of(printed, sizeof printed);

    (void)state;
    CHECK(!t->fault && t->id == ESP_TRANSFORM_AES && t->life_seconds == 28800 && t->life_kilobytes == 4608000);
    CHECK(t->encapsulation == IPSEC_ENCAP_UDP_TUNNEL && t->auth == IPSEC_AUTH_HMAC_SHA2_256 && t->key_len == 256);
    CHECK(t->group == OAKLEY_GROUP_MODP2048 && t->esn == IPSEC_ESN_YES);
    text_add_transform(&text, PROTO_ESP, t);
    assert_string_equal(
        printed,
        "ESP_AES (12), encapsulation Tunnel-UDP (3), authenticator HMAC-SHA2-256 (5), key length 256, group Group 14 "
        "(14), extended sequence numbers yes (1), life 28800 seconds, life 4608000 kilobytes");
}

static void p04_more_proposals_or_transforms_than_we_look_at_are_refused(void **state)
{
    static const struct {
        size_t proposals, transforms;
        enum wire_fault fault;
    } cases[] = {
        {SA_PROPOSALS_MAX, 1, WIRE_OK},
        {SA_PROPOSALS_MAX + 1, 1, WIRE_PROPOSALS_TOO_MANY},
        {1, SA_TRANSFORMS_MAX, WIRE_OK},
        {1, SA_TRANSFORMS_MAX + 1, WIRE_TRANSFORMS_TOO_MANY},
        {2, SA_TRANSFORMS_MAX / 2 + 1, WIRE_TRANSFORMS_TOO_MANY},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[2000];
        struct writer w = writer_of(space, sizeof space);
        struct sa_payload sa;

        write_u64(&w, 0x0000000100000001);
        for (size_t p = 1; p <= cases[i].proposals; p++) {
            write_u16(&w, p == cases[i].proposals ? 0 : 0x0200);
            write_u16(&w, (uint16_t)(8 + 8 * cases[i].transforms));
            write_u32(&w, (uint32_t)(0x00010000u | (uint32_t)p << 24 | (uint32_t)cases[i].transforms));
            for (size_t t = 1; t <= cases[i].transforms; t++)
                write_u64(&w, (t == cases[i].transforms ? 0 : 0x0300000000000000u) | 0x0000000801010000u);
        }
        CHECK(writer_is_ok(&w));
        fault_is(sa_read(&sa, writer_bytes(&w)), cases[i].fault, "limits");
    }
}

static struct sa_payload our_offer(void)
{
    struct sa_payload sa = sa_begin();

    sa_add_proposal(&sa, 1, PROTO_ISAKMP, (struct bytes){0});
    sa_add_transform(&sa, (struct sa_transform){.id = KEY_IKE,
                                                .encryption = OAKLEY_ENC_AES_CBC,
                                                .key_len = 256,
                                                .hash = OAKLEY_HASH_SHA256,
                                                .group = OAKLEY_GROUP_MODP2048,
                                                .auth = OAKLEY_AUTH_PSK,
                                                .has_seconds = true,
                                                .life_seconds = 86400});
    sa_add_transform(&sa, (struct sa_transform){.id = KEY_IKE,
                                                .encryption = OAKLEY_ENC_3DES_CBC,
                                                .hash = OAKLEY_HASH_SHA1,
                                                .group = OAKLEY_GROUP_MODP1024,
                                                .auth = OAKLEY_AUTH_PSK});
    return sa;
}

static void an_offer_is_written_as_the_documents_have_it(void **state)
{
    static const char wanted[] =
        SA "00000048 01010002"
           "03000028 01010000 80010007 800e0100 80020004 8004000e 80030001 800b0001 000c0004 00015180"
           "00000018 02010000 80010005 80020002 80040002 80030001";
    uint8_t space[200], wanted_space[200];
    struct writer w = writer_of(space, sizeof space);
    struct sa_payload offer = our_offer(), read;

    (void)state;
    sa_write(&w, &offer);
    struct bytes bytes = bytes_of_hex(wanted, wanted_space, sizeof wanted_space);
    CHECK(!sa_read(&read, writer_bytes(&w)));
    CHECK(bytes_equal(writer_bytes(&w), bytes));
    CHECK(sa_transform_equal(sa_transform_of(&read, 0, 0), sa_transform_of(&offer, 0, 0)));
    CHECK(read.transforms[0].life_seconds == 86400 && !read.transforms[1].has_seconds);
}

static void an_answer_repeats_the_bytes_of_the_offer(void **state)
{
    uint8_t space[200], answer_space[200], odd[200];
    /* Attributes in an order that we would not use. */
    struct sa_payload offer = sa_of_attributes("80050002 80040001 80010001 80020e10", PROTO_ESP, space, sizeof space),
                      read;
    struct writer w = writer_of(answer_space, sizeof answer_space);
    static const uint8_t spi[] = {1, 2, 3, 4};
    struct sa_payload answer = sa_choose(&offer, 0, 0, BYTES_OF(spi));

    (void)state;
    sa_write(&w, &answer);
    CHECK(!sa_read(&read, writer_bytes(&w)));
    CHECK(bytes_equal(read.proposals[0].spi, BYTES_OF(spi)));
    CHECK(bytes_equal(read.transforms[0].attributes,
                      bytes_of_hex("80050002 80040001 80010001 80020e10", odd, sizeof odd)));
}

static void c17_the_choice_must_be_one_of_our_offers(void **state)
{
    static const struct {
        const char *hex;
        bool is_ours;
        size_t transform;
        const char *why;
    } cases[] = {
        {SA
         "00000030 01010001 00000028 01010000 80010007 800e0100 80020004 8004000e 80030001 800b0001 000c0004 00015180",
         true, 0, "the first"},
        {SA
         "00000030 01010001 00000028 01010000 80030001 800e0100 80020004 8004000e 80010007 800b0001 000c0004 00015180",
         true, 0, "in another order"},
        {SA
         "00000030 01010001 00000028 01010000 80010007 800e0100 80020004 8004000e 80030001 800b0001 000c0004 00000e10",
         true, 0, "another lifetime"},
        {SA "00000020 01010001 00000018 02010000 80010005 80020002 80040002 80030001", true, 1, "the second"},
        {SA "00000020 01010001 00000018 01010000 80010005 80020002 80040002 80030001", true, 1,
         "the second, counted anew"},
        {SA "00000020 02010001 00000018 02010000 80010005 80020002 80040002 80030001", false, 0,
         "another proposal number"},
        {SA "00000020 01010001 00000018 02010000 80010005 80020001 80040002 80030001", false, 0, "MD5, never offered"},
        {SA "00000020 01010001 00000018 02010000 80010005 80020002 8004000e 80030001", false, 0, "parts of two offers"},
        {SA "00000024 01010001 0000001c 02010000 80010005 80020002 80040002 80030001 800e00c0", false, 0,
         "one attribute more"},
        {SA "00000024 01010001 0000001c 02010000 80010005 80020002 80040002 80030001 800d0001", false, 0,
         "an unknown attribute more"},
        {SA "0000001c 01010001 00000014 02010000 80010005 80020002 80040002", false, 0, "one attribute less"},
        {SA "00000038 01010002 03000018 02010000 80010005 80020002 80040002 80030001 00000018 03010000 80010005 "
            "80020002 80040002 80030001",
         false, 0, "two transforms"},
        {SA "02000020 01010001 00000018 02010000 80010005 80020002 80040002 80030001"
            "00000020 01010001 00000018 02010000 80010005 80020002 80040002 80030001",
         false, 0, "two proposals"},
    };
    struct sa_payload offer = our_offer();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t space[200];
        struct sa_payload answer;
        size_t proposal = 99, transform = 99;

        fault_is(sa_read(&answer, bytes_of_hex(cases[i].hex, space, sizeof space)), WIRE_OK, cases[i].why);
        if (sa_find_choice(&offer, &answer, &proposal, &transform) != cases[i].is_ours)
            fail_msg("%s", cases[i].why);
        CHECK(cases[i].is_ours ? proposal == 0 && transform == cases[i].transform : proposal == 99 && transform == 99);
    }
}

static void q08_proposals_of_one_number_belong_together(void **state)
{
    struct sa_payload sa = sa_begin();
    static const uint8_t spi[] = {1, 2, 3, 4};

    (void)state;
    sa_add_proposal(&sa, 1, PROTO_ESP, BYTES_OF(spi));
    sa_add_proposal(&sa, 1, PROTO_AH, BYTES_OF(spi));
    sa_add_proposal(&sa, 2, PROTO_ESP, BYTES_OF(spi));
    CHECK(sa_proposal_is_joined(&sa, 0) && sa_proposal_is_joined(&sa, 1) && !sa_proposal_is_joined(&sa, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p06_the_spi_has_the_size_that_its_protocol_asks_for),
        cmocka_unit_test(p07_proposals_and_transforms_must_be_those_that_are_announced),
        cmocka_unit_test(p08_a_cut_attribute_refuses_the_payload),
        cmocka_unit_test(p14_another_doi_or_situation_is_refused),
        cmocka_unit_test(p09_a_number_in_the_wrong_form_makes_its_transform_unfit),
        cmocka_unit_test(p10_a_key_length_is_told_from_none),
        cmocka_unit_test(p11_an_attribute_twice_makes_its_transform_unfit),
        cmocka_unit_test(p12_a_lifetime_of_any_size_is_read_without_wrapping),
        cmocka_unit_test(p13_an_attribute_that_we_do_not_follow_makes_its_transform_unfit),
        cmocka_unit_test(phase_2_attributes_are_read_by_their_own_numbers),
        cmocka_unit_test(p04_more_proposals_or_transforms_than_we_look_at_are_refused),
        cmocka_unit_test(an_offer_is_written_as_the_documents_have_it),
        cmocka_unit_test(an_answer_repeats_the_bytes_of_the_offer),
        cmocka_unit_test(c17_the_choice_must_be_one_of_our_offers),
        cmocka_unit_test(q08_proposals_of_one_number_belong_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
