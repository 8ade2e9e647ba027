/* NAT traversal in whole negotiations: each variant, and what keeps the NAT's mapping. */
#include "ike/two_sites.h"

#include "wire/natt.h"
#include "wire/vendor.h"

static struct sim *behind_nat(uint64_t seed)
{
    struct sim_site w = west, e = east;

    w.nat_address = NAT_IP;
    e.peers[0].address = NAT_IP;
    return world(seed, &w, &e);
}

/* Message 1 without the vendor IDs of the other variants: as of a peer that knows this one alone. */
static struct bytes of_one_variant(struct bytes datagram, enum natt_variant variant)
{
    struct writer w = writer_of(lie_space, sizeof lie_space);
    struct message m;

    CHECK(wire_message_read(&m, datagram) == WIRE_OK);
    struct message_writer out = message_begin(&w, &m.header);
    for (size_t i = 0; i < m.payload_count; i++) {
        enum natt_variant told =
            m.payloads[i].type == PL_VID ? natt_of_vendor(vendor_of(m.payloads[i].body).id) : NATT_NONE;

        if (told == NATT_NONE || told == variant)
            message_add(&out, m.payloads[i].type, m.payloads[i].body);
    }
    return message_end(&out);
}

static size_t nat_d_count(struct sim *sim, uint8_t type)
{
    size_t count = 0;

    for (uint32_t i = 0; sim_datagram(sim, i) != NULL; i++) {
        struct message m;

        if (wire_message_read(&m, sim_datagram(sim, i)->data) == WIRE_OK)
            count += message_count(&m, type);
    }
    return count;
}

static void each_variant_alone_gives_a_tunnel_on_4500(void **state)
{
    (void)state;
    for (int v = NATT_NONE + 1; v < NATT_COUNT; v++) {
        enum natt_variant variant = (enum natt_variant)v;
        struct sim *sim = behind_nat(1);
        struct endpoint from = {ip_of_v4(NAT_IP), 20500};

        sim_network(sim)->lose_nth[WEST] = 1;
        sim_acquire(sim, WEST, 0);
        sim_inject(sim, EAST, from, end_of(EAST), of_one_variant(sim_datagram(sim, 0)->data, variant));
        sim_run(sim, 900); /* before message 1 is repeated with all of them */
        for (uint32_t site = WEST; site <= EAST; site++) {
            const struct isakmp_sa *sa = sa_at(sim, site);
            struct ike_pair_view pair;

            CHECK(sa->state == SA_UP && sa->natt == variant && sa->local.port == NATT_PORT);
            CHECK(ike_view_pair(sim_ike(sim, site), sim_now_ms(sim), 0, &pair) && pair.is_udp && pair.is_up);
        }
        /* Two in message 3 and two in message 4, under the variant's number. */
        CHECK(nat_d_count(sim, natt_of(variant)->nat_d) == 4);
        CHECK(nat_d_count(sim, variant == NATT_RFC3947 ? PL_NAT_D_DRAFT : PL_NAT_D) == 0);
        CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_flows(sim, WEST, EAST) && sim_flows(sim, EAST, WEST));
    }
}

/* RFC 3948 section 4: a byte 0xff without a marker, from the end that is behind the NAT. */
static void the_end_behind_the_nat_keeps_its_mapping(void **state)
{
    struct sim *sim = behind_nat(2);
    uint64_t last_ms = 0;
    unsigned count = 0;

    (void)state;
    sim_acquire(sim, WEST, 0);
    sim_run(sim, 205000);
    for (uint32_t i = 0; sim_datagram(sim, i) != NULL; i++) {
        const struct sim_datagram *d = sim_datagram(sim, i);

        if (d->data.len != 1)
            continue;
        CHECK(d->site == WEST && d->data.data[0] == KEEPALIVE_BYTE && d->from.port == NATT_PORT);
        CHECK(last_ms == 0 || d->at_ms - last_ms == 20000);
        last_ms = d->at_ms;
        count++;
    }
    CHECK(count == 10);
}

/* Of what NAT-OA tells nothing is needed here; what becomes of it in another's hands is shown in tests/peers. */
static void each_variant_has_transport_mode_under_its_own_number(void **state)
{
    (void)state;
    for (int v = NATT_NONE + 1; v < NATT_COUNT; v++) {
        struct sim_site w = west, e = east;
        struct endpoint from = {ip_of_v4(NAT_IP), 20500};

        w.nat_address = NAT_IP;
        e.peers[0].address = NAT_IP;
        w.is_transport = e.is_transport = true;
        struct sim *sim = world(3, &w, &e);
        sim_network(sim)->lose_nth[WEST] = 1;
        sim_acquire(sim, WEST, 0);
        sim_inject(sim, EAST, from, end_of(EAST), of_one_variant(sim_datagram(sim, 0)->data, (enum natt_variant)v));
        sim_run(sim, 900);
        for (uint32_t site = WEST; site <= EAST; site++) {
            struct ike_pair_view pair;

            CHECK(sa_at(sim, site)->natt == (enum natt_variant)v);
            CHECK(ike_view_pair(sim_ike(sim, site), sim_now_ms(sim), 0, &pair) && pair.is_udp && pair.is_transport);
            CHECK(ip_equal(pair.selector.local.first, pair.local.ip) &&
                  ip_equal(pair.selector.remote.last, pair.remote.ip));
        }
        CHECK(sim_pairs_agree(sim, WEST, EAST) && sim_flows(sim, WEST, EAST) && sim_flows(sim, EAST, WEST));
    }
}

/* ID payloads: type, protocol, port, address. */
static void across_a_nat_an_end_may_come_back_by_its_other_address_and_by_nothing_else(void **state)
{
    static const uint8_t ours[] = {ID_IPV4_ADDR, 17, 1701 >> 8, 1701 & 0xff, 10, 0, 0, 2};
    static const struct {
        uint8_t theirs[12];
        size_t len;
        bool is_same;
        const char *why;
    } rows[] = {
        {{ID_IPV4_ADDR, 17, 1701 >> 8, 1701 & 0xff, 203, 0, 113, 9}, 8, true, "the NAT's address"},
        {{ID_IPV4_ADDR, 17, 1701 >> 8, 1701 & 0xff, 10, 0, 0, 2}, 8, true, "our own"},
        {{ID_IPV4_ADDR, 6, 1701 >> 8, 1701 & 0xff, 203, 0, 113, 9}, 8, false, "another protocol"},
        {{ID_IPV4_ADDR, 17, 0, 80, 203, 0, 113, 9}, 8, false, "another port"},
        {{ID_IPV4_ADDR, 0, 0, 0, 203, 0, 113, 9}, 8, false, "all protocols"},
        {{ID_IPV4_ADDR_SUBNET, 17, 1701 >> 8, 1701 & 0xff, 203, 0, 113, 0, 255, 255, 255, 0}, 12, false, "a network"},
        {{ID_IPV4_ADDR, 17, 1701 >> 8}, 3, false, "cut off"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (transport_is_same_end(bytes_of(rows[i].theirs, rows[i].len), BYTES_OF(ours)) != rows[i].is_same)
            fail_msg("%s", rows[i].why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_variant_alone_gives_a_tunnel_on_4500),
        cmocka_unit_test(the_end_behind_the_nat_keeps_its_mapping),
        cmocka_unit_test(each_variant_has_transport_mode_under_its_own_number),
        cmocka_unit_test(across_a_nat_an_end_may_come_back_by_its_other_address_and_by_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, world_end);
}
