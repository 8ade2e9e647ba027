/* The gate's sockets on a real kernel, on the loopback of a network namespace of this process alone. Wants root. */
#include "daemon/gate.h"

#include "base/check.h"
#include "doctor/child.h"
#include "daemon/plane_socket.h"

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

enum { OUR_PORT = 40000, CLOSED_PORT = 40001 };

static struct {
    struct endpoint local, remote;
    uint8_t data[2000];
    size_t len;
    unsigned count;
} got;
static struct {
    struct gate_hint hint;
    uint8_t quoted[200];
    unsigned count;
} told;

static uv_loop_t loop;
static struct gate *gate;
static int plane_fd, our_fd;
static struct ip here;

static void on_datagram(void *context, struct endpoint local, struct endpoint remote, struct bytes data)
{
    (void)context;
    got.local = local;
    got.remote = remote;
    got.len = data.len;
    memcpy(got.data, data.data, data.len);
    got.count++;
}

static void on_hint(void *context, const struct gate_hint *hint)
{
    (void)context;
    told.hint = *hint;
    CHECK(hint->quoted.len <= sizeof told.quoted);
    memcpy(told.quoted, hint->quoted.data, hint->quoted.len);
    told.count++;
}

static struct sockaddr_in address(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int open_gate(void **state)
{
    char space[200];
    struct text printed = text_of(space, sizeof space);
    struct sockaddr_in ours = address(OUR_PORT);
    int gate_fd;

    (void)state;
    if (unshare(CLONE_NEWNET) != 0) {
        fprintf(stderr, "this test makes a network namespace, for which it wants root\n");
        return -1;
    }
    CHECK(child_run("/sbin/ip", (char *[]){"ip", "link", "set", "lo", "up", NULL}, bytes_of(NULL, 0), &printed) == 0);
    here = ip_of_v4(INADDR_LOOPBACK);
    CHECK(uv_loop_init(&loop) == 0);
    gate = gate_create(&loop, &(struct gate_hooks){NULL, on_datagram, on_hint});
    CHECK(plane_socket_pair(here, &gate_fd, &plane_fd) == 0);
    CHECK(gate_open(gate, here, gate_fd) == 0);
    our_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    CHECK(bind(our_fd, (struct sockaddr *)&ours, sizeof ours) == 0);
    return 0;
}

static int close_gate(void **state)
{
    (void)state;
    gate_free(gate);
    close(plane_fd);
    close(our_fd);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    memset(&got, 0, sizeof got);
    memset(&told, 0, sizeof told);
    return 0;
}

static void send_to(uint16_t port, const char *data, size_t len)
{
    struct sockaddr_in to = address(port);

    CHECK(sendto(our_fd, data, len, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)len);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void a_datagram_says_where_it_came_to(void **state)
{
    (void)state;
    send_to(PORT_ISAKMP, "abc", 3);
    CHECK(got.count == 1 && got.len == 3 && memcmp(got.data, "abc", 3) == 0);
    CHECK(got.local.port == PORT_ISAKMP && ip_equal(got.local.ip, here));
    CHECK(got.remote.port == OUR_PORT && ip_equal(got.remote.ip, here));
}

/* Say a thousand peers that delete their SAs at once, while we are busy. */
static void a_burst_waits_until_it_is_read(void **state)
{
    enum { BURST = 3000 };
    struct sockaddr_in to = address(PORT_ISAKMP);
    uint8_t data[100] = {0};

    (void)state;
    for (int i = 0; i < BURST; i++)
        CHECK(sendto(our_fd, data, sizeof data, 0, (struct sockaddr *)&to, sizeof to) == sizeof data);
    for (int i = 0; i < BURST; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    if (got.count != BURST)
        print_error("%u of %u\n", got.count, BURST);
    CHECK(got.count == BURST);
}

static const struct {
    const char *data;
    size_t len;
    unsigned gate_count, plane_count;
    size_t gate_len;
    const char *why;
} cases[] = {
    {"\0\0\0\0abc", 7, 1, 0, 3, "the marker is taken off"},
    {"\0\0\0\0", 4, 1, 0, 0, "nothing after the marker: the engine refuses it"},
    {"\0\0\0\1abc", 7, 0, 1, 0, "an SPI: for the plane"},
    {"\xff", 1, 0, 1, 0, "a NAT keepalive: for the plane"},
};

static void port_4500_is_shared_with_the_plane(void **state)
{
    uint8_t data[100];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        forget(state);
        send_to(PORT_NAT_T, cases[i].data, cases[i].len);
        unsigned plane_count = 0;
        while (recv(plane_fd, data, sizeof data, MSG_DONTWAIT) >= 0)
            plane_count++;
        if (got.count != cases[i].gate_count || plane_count != cases[i].plane_count || got.len != cases[i].gate_len)
            fail_msg("%s", cases[i].why);
        CHECK(got.count == 0 || got.local.port == PORT_NAT_T);
    }
}

static void an_answer_leaves_from_where_its_question_came_to(void **state)
{
    struct endpoint remote = {here, OUR_PORT};
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    char data[100];

    (void)state;
    CHECK(gate_send(gate, &(struct endpoint){here, PORT_ISAKMP}, &remote, false, bytes_of("abc", 3)) == 0);
    CHECK(recvfrom(our_fd, data, sizeof data, 0, (struct sockaddr *)&from, &len) == 3 &&
          ntohs(from.sin_port) == PORT_ISAKMP);
    CHECK(gate_send(gate, &(struct endpoint){here, PORT_NAT_T}, &remote, true, bytes_of("abc", 3)) == 0);
    CHECK(recvfrom(our_fd, data, sizeof data, 0, (struct sockaddr *)&from, &len) == 7 &&
          ntohs(from.sin_port) == PORT_NAT_T);
    CHECK(memcmp(data, "\0\0\0\0abc", 7) == 0);
    CHECK(gate_send(gate, &(struct endpoint){ip_of_v4(0x7f000002), PORT_ISAKMP}, &remote, false, bytes_of("abc", 3)) ==
          ENOTCONN);
}

static void an_icmp_error_becomes_a_hint_that_quotes_us(void **state)
{
    struct endpoint closed = {here, CLOSED_PORT};

    (void)state;
    CHECK(gate_send(gate, &(struct endpoint){here, PORT_ISAKMP}, &closed, false, bytes_of("abcdefgh", 8)) == 0);
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    CHECK(told.count == 1);
    CHECK(told.hint.error == ECONNREFUSED && told.hint.icmp_type == 3 && told.hint.icmp_code == 3);
    CHECK(endpoint_equal(told.hint.remote, closed) && told.hint.local.port == PORT_ISAKMP);
    CHECK(told.hint.quoted.len == 8 && memcmp(told.quoted, "abcdefgh", 8) == 0);
}

static void the_gate_still_hears_after_an_error(void **state)
{
    struct endpoint closed = {here, CLOSED_PORT};

    for (int i = 0; i < 20; i++) {
        forget(state);
        CHECK(gate_send(gate, &(struct endpoint){here, PORT_ISAKMP}, &closed, false, bytes_of("x", 1)) == 0);
        uv_run(&loop, UV_RUN_NOWAIT);
        send_to(PORT_ISAKMP, "abc", 3);
        CHECK(got.count == 1 && got.len == 3);
    }
}

static void many_datagrams_of_one_turn_all_arrive(void **state)
{
    struct sockaddr_in to = address(PORT_ISAKMP);

    (void)state;
    for (int i = 0; i < 100; i++)
        CHECK(sendto(our_fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1);
    for (int i = 0; i < 4; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    CHECK(got.count == 100);
}

static void a_second_daemon_finds_the_ports_taken(void **state)
{
    struct gate *other = gate_create(&loop, &(struct gate_hooks){NULL, on_datagram, on_hint});
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    CHECK(gate_open(other, here, fd) == EADDRINUSE);
    CHECK(!gate_is_open(other, here) && gate_is_open(gate, here));
    gate_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_datagram_says_where_it_came_to, forget),
        cmocka_unit_test_setup(a_burst_waits_until_it_is_read, forget),
        cmocka_unit_test_setup(port_4500_is_shared_with_the_plane, forget),
        cmocka_unit_test_setup(an_answer_leaves_from_where_its_question_came_to, forget),
        cmocka_unit_test_setup(an_icmp_error_becomes_a_hint_that_quotes_us, forget),
        cmocka_unit_test_setup(the_gate_still_hears_after_an_error, forget),
        cmocka_unit_test_setup(many_datagrams_of_one_turn_all_arrive, forget),
        cmocka_unit_test_setup(a_second_daemon_finds_the_ports_taken, forget),
    };

    return cmocka_run_group_tests(tests, open_gate, close_gate);
}
