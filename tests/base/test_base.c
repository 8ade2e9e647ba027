#include "base/arena.h"
#include "base/check.h"
#include "base/pool.h"
#include "base/protocol.h"
#include "base/reader.h"
#include "base/selector.h"
#include "base/writer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_short_reader_stays_short(void **state)
{
    const uint8_t data[] = {1, 2, 3};
    struct reader r = reader_of(BYTES_OF(data));

    (void)state;
    CHECK(read_u16(&r) == 0x0102);
    CHECK(read_u16(&r) == 0);
    CHECK(read_u8(&r) == 0);
    CHECK(!reader_is_ok(&r));
    CHECK(read_rest(&r).len == 0);
}

static void a_full_writer_stays_full(void **state)
{
    uint8_t space[3];
    struct writer w = writer_of(space, sizeof space);

    (void)state;
    write_u16(&w, 0x0102);
    write_u16(&w, 3);
    write_u8(&w, 4);
    CHECK(!writer_is_ok(&w) && w.len == 2);
    patch_u32(&w, 100, 0);
}

static void equal_secrets_must_have_bytes(void **state)
{
    (void)state;
    CHECK(bytes_equal_secret(bytes_of("ab", 2), bytes_of("ab", 2)));
    CHECK(!bytes_equal_secret(bytes_of("ab", 2), bytes_of("ac", 2)));
    CHECK(!bytes_equal_secret(bytes_of("ab", 2), bytes_of("abc", 3)));
    CHECK(!bytes_equal_secret(bytes_of("", 0), bytes_of("", 0)));
}

/* The last byte stands before a page that cannot be read, and the first already differs: whoever reads on runs into it.
 */
static void C19_secrets_are_compared_to_their_end_whatever_differs_first(void **state)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t other[20] = {1};
    int status = 0;

    (void)state;
    CHECK(pages != MAP_FAILED && mprotect(pages + page, page, PROT_NONE) == 0);
    CHECK(!bytes_equal_secret(bytes_of(pages + page - sizeof other, sizeof other), BYTES_OF(other)));
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        bool is_equal = bytes_equal_secret(bytes_of(pages + page - sizeof other + 1, sizeof other), BYTES_OF(other));
        _exit(is_equal);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    munmap(pages, 2 * page);
}

static void a_byte_that_cannot_be_printed_is_found_wherever_it_stands(void **state)
{
    uint8_t text[40];

    (void)state;
    for (size_t len = 0; len <= sizeof text; len++)
        for (unsigned byte = 0; byte < 256; byte++) {
            memset(text, 'a', sizeof text);
            CHECK(bytes_are_printable(bytes_of(text, len)));
            for (size_t at = 0; at < len; at++) {
                text[at] = (uint8_t)byte;
                CHECK(bytes_are_printable(bytes_of(text, len)) == (byte >= ' ' && byte < 0x7f));
                text[at] = (uint8_t)(at % 2 ? '~' : ' ');
            }
        }
}

static void a_number_is_digits_only_and_not_more_than_it_may_be(void **state)
{
    static const struct {
        const char *word;
        uint32_t most, number;
        bool is_one;
    } rows[] = {
        {"0", UINT32_MAX, 0, true},
        {"007", 10, 7, true}, /* people write so */
        {"4294967295", UINT32_MAX, UINT32_MAX, true},
        {"4294967296", UINT32_MAX, 0, false},
        {"99999999999", UINT32_MAX, 0, false}, /* so long that it could overflow */
        {"255", 255, 255, true},
        {"256", 255, 0, false},
        {"", 255, 0, false},
        {"1a", 255, 0, false},
        {" 1", 255, 0, false},
        {"-1", 255, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t number = 99;

        CHECK(bytes_decimal(bytes_of_text(rows[i].word), rows[i].most, &number) == rows[i].is_one);
        CHECK(number == (rows[i].is_one ? rows[i].number : 99));
    }
}

static void text_is_cut_where_its_space_ends(void **state)
{
    char space[8];
    struct text t = text_of(space, sizeof space);

    (void)state;
    text_add_plain(&t, bytes_of_text("100%"));
    text_add_decimal(&t, 42);
    CHECK(strcmp(space, "100%42") == 0 && !t.is_cut);
    text_add_decimal(&t, UINT64_MAX);
    CHECK(strcmp(space, "100%421") == 0 && t.is_cut);
    t = text_of(space, sizeof space);
    text_add_hex(&t, bytes_of((uint8_t[]){0x00, 0x9f, 0xa5}, 3));
    CHECK(strcmp(space, "009fa5") == 0 && !t.is_cut);
}

static void nothing_behind_nothing_is_nothing(void **state)
{
    (void)state;
    CHECK(bytes_after((struct bytes){0}, 3).len == 0 && bytes_after((struct bytes){0}, 0).data == NULL);
    CHECK(bytes_after(bytes_of_text("ab"), 2).len == 0 && bytes_after(bytes_of_text("ab"), 1).len == 1);
}

static void addresses_read_as_they_are_written(void **state)
{
    static const struct {
        const char *text, *written; /* NULL: refused */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"192.0.2.256", NULL},
        {"192.0.2", NULL},
        {"192.0.2.1.5", NULL},
        {"192.0.2.1 ", NULL},
        {"", NULL},
        {"1", NULL},
        {"2001:db8::1", "2001:db8::1"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"1::2::3", NULL},
        {"12345::", NULL},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::ffff:192.0.2.1", "::ffff:c000:201"},
        {"1:2:3:4:5:6:7", NULL},
        {":1::2", NULL},
        {"1:", NULL},
        {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"::1.2.3", NULL},
        {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ip ip;
        char space[IP_TEXT_SIZE];
        bool is_read = ip_parse(&ip, bytes_of_text(cases[i].text));

        CHECK(is_read == (cases[i].written != NULL));
        if (is_read)
            assert_string_equal(ip_text(ip, space), cases[i].written);
    }
}

static void a_mask_with_a_hole_has_no_length(void **state)
{
    (void)state;
    CHECK(ip_mask_len(ip_of_v4(0xffffff00)) == 24);
    CHECK(ip_mask_len(ip_of_v4(0)) == 0);
    CHECK(ip_mask_len(ip_of_v4(0xffffffff)) == 32);
    CHECK(ip_mask_len(ip_of_v4(0xff00ff00)) == -1);
}

static struct selector selector_of(const char *local, unsigned local_len, const char *remote, unsigned remote_len)
{
    struct selector s = {.local_ports = {0, 65535}, .remote_ports = {0, 65535}};
    struct ip ip;

    CHECK(ip_parse(&ip, bytes_of_text(local)));
    s.local = ip_range_of_prefix(ip, local_len);
    CHECK(ip_parse(&ip, bytes_of_text(remote)));
    s.remote = ip_range_of_prefix(ip, remote_len);
    return s;
}

static void a_selector_holds_its_own_traffic_only(void **state)
{
    struct selector s = selector_of("10.1.0.0", 16, "10.2.0.0", 16);
    struct selector narrow = selector_of("10.1.2.0", 24, "10.2.0.0", 16);
    struct selector mirror = selector_mirror(s);
    struct flow f = {.local = ip_of_v4(0x0a010203), .remote = ip_of_v4(0x0a020304), .protocol = 6};
    char space[100];
    struct text t = text_of(space, sizeof space);

    (void)state;
    CHECK(selector_matches(&s, &f) && !selector_matches(&mirror, &f));
    CHECK(selector_contains(&s, &narrow) && !selector_contains(&narrow, &s));
    s.protocol = 6;
    s.remote_ports = (struct port_range){80, 80};
    CHECK(!selector_matches(&s, &f));
    f.has_ports = true;
    f.remote_port = 80;
    CHECK(selector_matches(&s, &f));
    text_add_selector(&t, &s);
    assert_string_equal(space, "10.1.0.0/16 -> 10.2.0.0/16 tcp any -> 80");
}

static void a_stale_handle_finds_nothing(void **state)
{
    uint64_t space[100];
    struct pool pool = pool_of(space, 2, 24);
    struct handle a = pool_take(&pool), b = pool_take(&pool);

    (void)state;
    CHECK(pool_find(&pool, a) != NULL && pool_find(&pool, b) != NULL && !handle_equal(a, b));
    CHECK(!handle_is_set(pool_take(&pool)));
    pool_give_back(&pool, a);
    CHECK(pool_find(&pool, a) == NULL && pool.taken_count == 1);
    pool_give_back(&pool, a);
    CHECK(pool.taken_count == 1);
    struct handle c = pool_take(&pool);
    CHECK(c.index == a.index && pool_find(&pool, a) == NULL && pool_find(&pool, c) != NULL);
    CHECK(handle_equal(pool_first(&pool), c) && handle_equal(pool_next(&pool, c), b));
    CHECK(!handle_is_set(pool_next(&pool, b)));
}

static void T01_what_a_peer_sent_is_printed_harmlessly(void **state)
{
    char space[64];
    struct text t = text_of(space, sizeof space);

    (void)state;
    text_add_escaped(&t, bytes_of_text("a\x1b[2J\n\\b"));
    assert_string_equal(space, "a\\x1b[2J\\x0a\\\\b");
    text_add(&t, "%060d", 7);
    CHECK(t.is_cut && strlen(space) == sizeof space - 1);
}

static void blanks_are_taken_from_the_ends_of_a_text(void **state)
{
    (void)state;
    CHECK(bytes_equal(bytes_trim(bytes_of_text("  a b ")), bytes_of_text("a b")));
    CHECK(bytes_trim(bytes_of_text("   ")).len == 0 && bytes_trim(bytes_of(NULL, 0)).len == 0);
}

static void a_full_arena_stays_full(void **state)
{
    uint64_t space[8];
    struct arena arena = arena_of(space, sizeof space);

    (void)state;
    CHECK(arena_take(&arena, 40) != NULL);
    CHECK(arena_take(&arena, 40) == NULL && arena.is_full);
    CHECK(arena_take(&arena, 1) == NULL);
}

/* Fresh memory is not touched before somebody uses it; any other is zeroed. */
static void an_arena_is_wiped_as_far_as_it_was_taken(void **state)
{
    uint8_t space[64], wiped[64];
    struct arena arena = arena_of(space, sizeof space), none = {0};

    (void)state;
    memset(space, 0xaa, sizeof space);
    memset(wiped, 0xaa, sizeof wiped);
    memset(wiped, 0, 21);
    CHECK(arena_take(&arena, 1) != NULL);
    memset(arena_take(&arena, 5), 0x55, 5); /* at 16 */
    arena_wipe(&arena);
    assert_memory_equal(space, wiped, sizeof wiped);
    arena_wipe(&none);
}

static void what_an_arena_hands_out_is_zero(void **state)
{
    static const uint8_t zeros[40];
    _Alignas(16) uint8_t used[64], fresh[64] = {0};

    (void)state;
    memset(used, 0xff, sizeof used);
    struct arena of_used = arena_of(used, sizeof used), of_fresh = arena_of_zeros(fresh, sizeof fresh);
    assert_memory_equal(arena_take(&of_used, sizeof zeros), zeros, sizeof zeros);
    assert_memory_equal(arena_take(&of_fresh, sizeof zeros), zeros, sizeof zeros);
    assert_true(arena_take(&of_fresh, sizeof zeros) == NULL && of_fresh.is_full);
}

static void protocols_have_the_names_of_an_asa(void **state)
{
    static const struct {
        uint8_t number;
        const char *name, *shown;
    } cases[] = {
        {PROTOCOL_IP, "ip", "ip"}, {PROTOCOL_ICMP6, "icmp6", "icmp6"}, {PROTOCOL_AH, "ah", "ah"}, {17, "udp", "udp"},
        {253, NULL, "253"},
    };
    uint8_t number;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[16];
        struct text t = text_of(space, sizeof space);

        text_add_protocol(&t, cases[i].number);
        assert_string_equal(space, cases[i].shown);
        CHECK((protocol_name(cases[i].number) == NULL) == (cases[i].name == NULL));
        CHECK(cases[i].name == NULL ||
              (protocol_of_name(bytes_of_text(cases[i].name), &number) && number == cases[i].number));
    }
    CHECK(!protocol_of_name(bytes_of_text("udpx"), &number) && !protocol_of_name(bytes_of_text("17"), &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols_have_the_names_of_an_asa),
        cmocka_unit_test(a_short_reader_stays_short),
        cmocka_unit_test(a_full_writer_stays_full),
        cmocka_unit_test(equal_secrets_must_have_bytes),
        cmocka_unit_test(C19_secrets_are_compared_to_their_end_whatever_differs_first),
        cmocka_unit_test(a_byte_that_cannot_be_printed_is_found_wherever_it_stands),
        cmocka_unit_test(a_number_is_digits_only_and_not_more_than_it_may_be),
        cmocka_unit_test(text_is_cut_where_its_space_ends),
        cmocka_unit_test(nothing_behind_nothing_is_nothing),
        cmocka_unit_test(addresses_read_as_they_are_written),
        cmocka_unit_test(a_mask_with_a_hole_has_no_length),
        cmocka_unit_test(a_selector_holds_its_own_traffic_only),
        cmocka_unit_test(a_stale_handle_finds_nothing),
        cmocka_unit_test(T01_what_a_peer_sent_is_printed_harmlessly),
        cmocka_unit_test(blanks_are_taken_from_the_ends_of_a_text),
        cmocka_unit_test(a_full_arena_stays_full),
        cmocka_unit_test(what_an_arena_hands_out_is_zero),
        cmocka_unit_test(an_arena_is_wiped_as_far_as_it_was_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
