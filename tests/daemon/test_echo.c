/* ICMP echos on a real kernel, on the loopback of a network namespace of this process alone; and what nobody has sent
 * on purpose. Wants root. */
#include "daemon/echo.h"

#include "base/check.h"
#include "doctor/child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { REPLY = 0, UNREACHABLE = 3, ASKED = 8, EXCEEDED = 11, QUOTED_LEN = 28 };

struct told {
    struct sla_echo last;
    unsigned count;
};

static struct told answered, refused;
static uv_loop_t loop;
static struct echo *echo;
static int other_fd; /* somebody who sends what he likes */

static void on_answer(void *context, const struct sla_echo *told)
{
    (void)context;
    answered = (struct told){*told, answered.count + 1};
}

static void on_refused(void *context, const struct sla_echo *told)
{
    (void)context;
    refused = (struct told){*told, refused.count + 1};
}

static int open_echo(void **state)
{
    char space[200];
    struct text printed = text_of(space, sizeof space);

    (void)state;
    if (unshare(CLONE_NEWNET) != 0) {
        fprintf(stderr, "this test makes a network namespace, for which it wants root\n");
        return -1;
    }
    CHECK(child_run("/sbin/ip", (char *[]){"ip", "link", "set", "lo", "up", NULL}, bytes_of(NULL, 0), &printed) == 0);
    CHECK(uv_loop_init(&loop) == 0);
    echo = echo_open(&loop, NULL, on_answer, on_refused);
    CHECK(echo != NULL);
    other_fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    CHECK(other_fd >= 0);
    return 0;
}

static int close_echo(void **state)
{
    (void)state;
    echo_close(echo);
    close(other_fd);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    memset(&answered, 0, sizeof answered);
    memset(&refused, 0, sizeof refused);
    return 0;
}

static struct echo_packet packet(uint16_t size)
{
    struct ip here = ip_of_v4(INADDR_LOOPBACK);

    return (struct echo_packet){.echo = {.target = here, .identifier = 0x1234, .sequence = 0xfffe},
                                .source = here,
                                .device = "lo",
                                .tos = 184,
                                .size = size};
}

static void an_answer_tells_whose_it_is(void **state)
{
    static const uint16_t sizes[] = {0, 1, 28, 1500, SLA_SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct echo_packet p = packet(sizes[i]);

        CHECK(echo_send(echo, &p) == 0);
        uv_run(&loop, UV_RUN_NOWAIT);
        assert_int_equal(answered.count, i + 1);
        assert_int_equal(answered.last.identifier, 0x1234);
        assert_int_equal(answered.last.sequence, 0xfffe);
        assert_true(ip_equal(answered.last.target, p.echo.target));
    }
    assert_int_equal(refused.count, 0);
}

static void what_cannot_leave_says_why(void **state)
{
    struct echo_packet nowhere = packet(28), nobody = packet(28);

    (void)state;
    nowhere.device = "nothing0";
    nobody.source = (struct ip){0};
    assert_int_equal(echo_send(echo, &nowhere), ENODEV);
    assert_int_equal(echo_send(echo, &nobody), EADDRNOTAVAIL);
}

static void somebody_sends(const uint8_t *icmp, size_t len)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    CHECK(sendto(other_fd, icmp, len, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)len);
    uv_run(&loop, UV_RUN_NOWAIT);
}

/* An error about an echo to 10.2.0.1. */
static void write_error(uint8_t error[8 + QUOTED_LEN], uint8_t type)
{
    static const uint8_t quoted[QUOTED_LEN] = {0x45, 0, 0,  QUOTED_LEN, 0, 0, 0,     0, 64, 1, 0,    0,    127,  0,
                                               0,    1, 10, 2,          0, 1, ASKED, 0, 0,  0, 0x12, 0x34, 0xff, 0xfe};

    memset(error, 0, 8);
    error[0] = type;
    memcpy(error + 8, quoted, QUOTED_LEN);
}

static void an_error_tells_who_cannot_be_reached(void **state)
{
    static const uint8_t types[] = {UNREACHABLE, EXCEEDED};
    uint8_t error[8 + QUOTED_LEN];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        write_error(error, types[i]);
        somebody_sends(error, sizeof error);
        assert_int_equal(refused.count, i + 1);
        assert_int_equal(refused.last.identifier, 0x1234);
        assert_int_equal(refused.last.sequence, 0xfffe);
        assert_int_equal(refused.last.target.octets[0], 10);
    }
    assert_int_equal(answered.count, 0);
}

/* Each is cut somewhere, or quotes something else. The kernel itself wants two bytes. */
static void what_is_malformed_is_told_to_nobody(void **state)
{
    uint8_t error[8 + QUOTED_LEN];

    (void)state;
    for (size_t len = 2; len < sizeof error; len++) {
        write_error(error, UNREACHABLE);
        somebody_sends(error, len);
    }
    write_error(error, UNREACHABLE);
    error[8] = 0x4f; /* the quoted header is said to be longer than there is */
    somebody_sends(error, sizeof error);
    error[8] = 0x44; /* or too short */
    somebody_sends(error, sizeof error);
    error[8] = 0x65;
    somebody_sends(error, sizeof error);
    write_error(error, UNREACHABLE);
    error[8 + 9] = IPPROTO_UDP;
    somebody_sends(error, sizeof error);
    write_error(error, UNREACHABLE);
    error[8 + 20] = REPLY; /* about an answer of ours */
    somebody_sends(error, sizeof error);
    for (size_t len = 2; len < 8; len++)
        somebody_sends((const uint8_t[8]){REPLY}, len);
    assert_int_equal(refused.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_answer_tells_whose_it_is, forget),
        cmocka_unit_test_setup(what_cannot_leave_says_why, forget),
        cmocka_unit_test_setup(an_error_tells_who_cannot_be_reached, forget),
        cmocka_unit_test_setup(what_is_malformed_is_told_to_nobody, forget),
    };

    return cmocka_run_group_tests(tests, open_echo, close_echo);
}
