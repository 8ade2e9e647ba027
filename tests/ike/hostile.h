/* What the tests of the attack list share: bytes as text, a liar's messages, and one test for each row of a table. */
#ifndef TESTS_IKE_HOSTILE_H
#define TESTS_IKE_HOSTILE_H

#include "ike/two_sites.h"

/* One test for each row of `rows`, called by what its `why` says: the row of the attack list comes first. */
enum { ROW_TESTS_MAX = 256 };

struct row_tests {
    struct CMUnitTest tests[ROW_TESTS_MAX];
    size_t count;
};

#define ADD_TEST(list, function) ((list)->tests[(list)->count++] = (struct CMUnitTest)cmocka_unit_test(function))
#define ADD_ROWS(list, function, rows)                                                                                 \
    do                                                                                                                 \
        for (size_t row_ = 0; row_ < COUNT_OF(rows); row_++) {                                                         \
            CHECK((list)->count < ROW_TESTS_MAX);                                                                      \
            (list)->tests[(list)->count++] =                                                                           \
                (struct CMUnitTest){(rows)[row_].why, function, NULL, NULL, (void *)(uintptr_t) & (rows)[row_]};       \
        }                                                                                                              \
    while (0)

static inline int run_listed(const char *name, struct row_tests *list)
{
    return _cmocka_run_group_tests(name, list->tests, list->count, NULL, world_end);
}

static struct snapshot before_at[2];

static inline uint32_t sent_bytes_since(struct sim *sim, uint32_t first, uint32_t *largest)
{
    uint32_t count = 0;

    *largest = 0;
    for (uint32_t i = first; sim_datagram(sim, i) != NULL; i++, count++)
        if (sim_datagram(sim, i)->data.len > *largest)
            *largest = (uint32_t)sim_datagram(sim, i)->data.len;
    return count;
}

static inline uint32_t datagram_count(struct sim *sim)
{
    uint32_t count = 0;

    while (sim_datagram(sim, count) != NULL)
        count++;
    return count;
}

static inline uint32_t told(struct sim *sim, uint32_t site)
{
    return sim_event_count(sim, site, EV_MESSAGE_REFUSED) + sim_event_count(sim, site, EV_AUTHENTICATION_FAILED) +
           sim_event_count(sim, site, EV_NOTIFY_IN_CLEAR) + sim_event_count(sim, site, EV_MESSAGE_REPEATED);
}

static const uint8_t stranger_cookies[16] = {0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8};

static inline enum state state_of(struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);
    const struct exchange *exchange = pool_find(&ike->exchanges, pool_first(&ike->exchanges));

    return exchange == NULL ? STATE_COUNT : exchange->state;
}

static inline void run_to(struct sim *sim, uint32_t site, enum state wanted)
{
    for (int ms = 0; ms < 1000 && state_of(sim, site) != wanted; ms++)
        sim_run(sim, 1);
    CHECK(state_of(sim, site) == wanted);
}

/* ---- every datagram of a negotiation, spoilt in every byte, at every state of both */
enum { RECORDED_MAX = 16 };

static struct {
    uint32_t site; /* that it is for */
    size_t len;
    uint8_t data[2048];
} recorded[RECORDED_MAX];
static uint32_t recorded_count;

static inline struct sim *slow_world(bool is_pfs)
{
    struct sim_site w = west, e = east;

    w.peers[0].pfs = e.peers[0].pfs = is_pfs ? GROUP_ECP256 : GROUP_NONE;
    struct sim *sim = world(30, &w, &e);
    sim_network(sim)->answer_min_ms = sim_network(sim)->answer_max_ms = 3;
    sim_network(sim)->plane_min_ms = sim_network(sim)->plane_max_ms = 3;
    sim_acquire(sim, WEST, 0);
    return sim;
}

static inline void record(bool is_pfs)
{
    struct sim *sim = slow_world(is_pfs);

    sim_run(sim, 1000);
    for (recorded_count = 0; sim_datagram(sim, recorded_count) != NULL; recorded_count++) {
        const struct sim_datagram *d = sim_datagram(sim, recorded_count);

        CHECK(recorded_count < RECORDED_MAX && d->data.len <= sizeof recorded[0].data);
        recorded[recorded_count].site = ip_to_v4(d->to.ip) == WEST_IP ? WEST : EAST;
        recorded[recorded_count].len = d->data.len;
        memcpy(recorded[recorded_count].data, d->data.data, d->data.len);
    }
    CHECK(recorded_count == 9);
}

static inline void expect_nothing(struct sim *sim, uint32_t site, struct bytes datagram, const char *what, uint32_t n,
                                  size_t at)
{
    uint32_t sent = sim_sent(sim, site), was_told = told(sim, site);

    sim_inject(sim, site, end_of(!site), end_of(site), datagram);
    const char *changed = snapshot_differs(&before_at[site], sim_ike(sim, site));
    if (changed != NULL || sim_sent(sim, site) != sent || told(sim, site) == was_told)
        print_error("datagram %u, %s %zu, at site %u in %s: %s changed, %u sent, told %u\n", n + 1, what, at, site,
                    state_info(state_of(sim, site))->name, changed == NULL ? "nothing" : changed,
                    sim_sent(sim, site) - sent, told(sim, site) - was_told);
    CHECK(changed == NULL && sim_sent(sim, site) == sent && told(sim, site) > was_told);
}

static inline struct bytes delete_of(struct body *b, uint8_t protocol, struct bytes spi, unsigned count)
{
    struct writer w = writer_of(b->bytes, sizeof b->bytes);

    write_u32(&w, DOI_IPSEC);
    write_u8(&w, protocol);
    write_u8(&w, (uint8_t)spi.len);
    write_u16(&w, (uint16_t)count);
    for (unsigned i = 0; i < count; i++)
        write_bytes(&w, spi);
    return writer_bytes(&w);
}

static inline struct bytes notify_of(struct body *b, uint16_t type, struct bytes spi, struct bytes data)
{
    struct writer w = writer_of(b->bytes, sizeof b->bytes);

    notify_write(&w,
                 &(struct notify){.doi = DOI_IPSEC, .protocol = PROTO_ISAKMP, .type = type, .spi = spi, .data = data});
    return writer_bytes(&w);
}

static inline const struct pair *pair_at(struct sim *sim, uint32_t site)
{
    const struct ike *ike = sim_ike(sim, site);

    return pool_find(&ike->pairs, pool_first(&ike->pairs));
}

static inline void put_u32(uint8_t out[4], uint32_t number)
{
    struct writer w = writer_of(out, 4);

    write_u32(&w, number);
}

#endif
