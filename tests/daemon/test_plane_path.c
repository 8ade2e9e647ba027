/* What the way between the gateways does to packets of the plane. */
#include "plane_world.h"

#include <netinet/in.h>

/* Whatever ICMP makes the kernel believe of the path, the plane cuts no packet smaller than 576 bytes allow. */
static void E11_a_path_that_claims_next_to_nothing_is_not_believed(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct plane_pair_view view;

    (void)state;
    ip_command("route change local 192.0.2.2 dev lo table local mtu lock 100");
    CHECK(plane_install(plane, &install) == 0);
    host_sends("a packet asks for the path");
    run_for(20);
    CHECK(plane_view_pair(plane, install.pair, &view));
    ip_command("route change local 192.0.2.2 dev lo table local");
    CHECK(view.path_mtu == 576 && view.inner_mtu > 400 && view.inner_mtu < 576);
}

/* One piece of what never becomes whole: the beginning of a UDP datagram, more fragments to follow. */
static void send_fragment(uint8_t id)
{
    uint8_t packet[52] = {0x45, 0, 0, sizeof packet, 0, id, 0x20, 0, 64, IPPROTO_UDP};
    struct plane_address to;
    socklen_t to_len = plane_sockaddr(&to, (struct endpoint){here, 0});
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);

    memcpy(packet + 12, there.octets, 4);
    memcpy(packet + 16, here.octets, 4);
    packet[20] = packet[22] = PLANE_PORT >> 8;
    packet[21] = packet[23] = PLANE_PORT & 0xff;
    packet[24] = 1000 >> 8;
    CHECK(fd >= 0 && sendto(fd, packet, sizeof packet, 0, &to.any, to_len) == sizeof packet);
    close(fd);
}

/* The kernel puts outer fragments together, within its own limits; the plane sees whole packets only. */
static void E16_outer_fragments_come_whole_or_not_at_all(void **state)
{
    struct ike_install install = install_of(1, OUR_SPI, THEIR_SPI, 5);
    struct esp_sa out = peer_sa(OUR_SPI, 5, true);
    uint8_t space[SPACE];
    char long_text[200], text[SPACE];
    struct plane_totals before, after;

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    CHECK(plane_install(plane, &install) == 0);
    ip_command("link set lo mtu 100");
    struct bytes esp = seal(&out, long_text, space);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), long_text);
    ip_command("link set lo mtu 65536");
    plane_view_totals(plane, &before);
    for (int id = 1; id < 256; id++)
        send_fragment((uint8_t)id);
    run_for(20);
    plane_view_totals(plane, &after);
    CHECK(memcmp(&before, &after, sizeof before) == 0 && told.events == 0 && told.strangers == 0);
    esp = seal(&out, "and the next", space);
    send_to(peer_fd, here, PLANE_PORT, esp.data, esp.len);
    assert_string_equal(host_receives(text), "and the next");
    burst_key_free(out.key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLANE_TEST(E11_a_path_that_claims_next_to_nothing_is_not_believed),
        PLANE_TEST(E16_outer_fragments_come_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, set_up_all, NULL);
}
