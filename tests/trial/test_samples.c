/* The sample configurations against each other, in the words of ASA 8.2, 8.4 and IOS: every line of every crypto ACL
 * comes up, whichever end begins. */
#include "base/check.h"
#include "conf/conf.h"
#include "sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_SIZE_MAX = 8192, UP_MS = 20000 };

static const struct {
    const char *files[2], *why;
} pairs[] = {
    {{"samples/01-asa84-l2l-basic.cfg", "samples/02-asa82-l2l-nat0.cfg"}, "8.4 and 8.2"},
    {{"samples/01-asa84-l2l-basic.cfg", "samples/11-ios-l2l-basic.cfg"}, "ASA and IOS"},
    {{"samples/03-asa84-objectgroups-pfs-filter.cfg", "mirrors/03-partner.cfg"}, "object-groups, four pairs, PFS"},
    {{"samples/06-asa84-backup-peers.cfg", "samples/12-ios-profile-keyring-backup.cfg"},
     "the first of two peers, keyrings"},
    {{"samples/09-asa84-overlap-policy-nat.cfg", "mirrors/09-partner.cfg"}, "translated networks"},
    {{"samples/10-asa84-hub-hairpin-nonconnected.cfg", "mirrors/10-spoke-a.cfg"}, "a hub and its first spoke"},
    {{"samples/10-asa84-hub-hairpin-nonconnected.cfg", "mirrors/10-spoke-b.cfg"}, "and its second"},
    {{"samples/13-ios-dynamic-hub.cfg", "mirrors/13-spoke.cfg"}, "a dynamic map of IOS, a wildcard key"},
    {{"samples/04-asa84-dynamic-peer-hub.cfg", "mirrors/04-branch.cfg"}, "a dynamic map of the ASA, DefaultL2LGroup"},
};

struct end {
    struct conf conf;
    void *space;
    char text[FILE_SIZE_MAX];
    uint32_t address; /* that the other end dials */
};

static struct end ends[2];
static void *sim_memory;

/* The samples are of the nineties; one line allows it. */
static void read_end(struct end *e, const char *name)
{
    static const char weak[] = "crypto ikev1 weak-algorithms\n";
    char path[400];
    struct arena arena;

    snprintf(path, sizeof path, "%s/conf/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    CHECK(file);
    strcpy(e->text, weak);
    size_t len = fread(e->text + sizeof weak - 1, 1, sizeof e->text - sizeof weak, file);
    fclose(file);
    e->text[sizeof weak - 1 + len] = '\0';
    len += sizeof weak - 1;
    free(e->space);
    e->space = malloc(conf_space(len));
    arena = arena_of(e->space, conf_space(len));
    CHECK(e->space && conf_read(&e->conf, bytes_of(e->text, len), name, &arena));
}

static bool is_for(const struct tunnel *tunnel, uint32_t address)
{
    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        if (ip_equal(tunnel->peers[i], ip_of_v4(address)))
            return true;
    return false;
}

/* The address that a crypto map of the other end names; one that has a crypto map where that end takes any peer. */
static void find_addresses(void)
{
    for (int i = 0; i < 2; i++) {
        const struct policy *own = &ends[i].conf.policy, *other = &ends[!i].conf.policy;

        ends[i].address = 0;
        for (uint16_t k = 0; k < own->interface_count; k++)
            if (*own->interfaces[k].map_name)
                ends[i].address = ip_to_v4(own->interfaces[k].ip);
        for (uint16_t k = 0; k < own->interface_count; k++)
            for (uint16_t t = 0; t < other->tunnel_count; t++)
                if (is_for(&other->tunnels[t], ip_to_v4(own->interfaces[k].ip)))
                    ends[i].address = ip_to_v4(own->interfaces[k].ip);
        CHECK(ends[i].address != 0);
    }
}

static struct sim *begin(void)
{
    struct sim *sim = sim_make(sim_memory, 2, 1);

    for (uint32_t i = 0; i < 2; i++) {
        const struct conf *conf = &ends[i].conf;
        const struct sim_gateway gateway = {
            .address = ends[i].address, .policy = &conf->policy, .keys = conf->keys, .key_count = conf->key_count};

        sim_gateway(sim, i, &gateway);
    }
    return sim;
}

static bool calls(uint32_t caller)
{
    const struct policy *policy = &ends[caller].conf.policy;

    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (is_for(&policy->tunnels[i], ends[!caller].address))
            return true;
    return false;
}

static bool may_be_called(uint32_t site, uint32_t caller)
{
    const struct policy *policy = &ends[site].conf.policy;

    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (is_for(&policy->tunnels[i], ends[caller].address) &&
            policy->tunnels[i].connection_type == CONNECTION_ORIGINATE_ONLY)
            return false;
    return true;
}

static unsigned try_lines(size_t row, uint32_t site)
{
    const struct policy *policy = &ends[site].conf.policy;
    unsigned count = 0;

    for (uint16_t t = 0; t < policy->tunnel_count; t++) {
        const struct tunnel *tunnel = &policy->tunnels[t];

        if (!is_for(tunnel, ends[!site].address) || tunnel->connection_type == CONNECTION_ANSWER_ONLY)
            continue;
        if (tunnel->parked)
            fail_msg("%s: %s", pairs[row].files[site], tunnel->parked);
        for (uint16_t line = 0; line < tunnel->ace_count; line++) {
            struct sim *sim = begin();

            if (!tunnel->aces[line].is_permit)
                continue;
            sim_acquire_line(sim, site, t, line);
            sim_run(sim, UP_MS);
            if (sim_pairs_up(sim, 0) != 1 || sim_pairs_up(sim, 1) != 1 || !sim_pairs_agree(sim, 0, 1))
                fail_msg("%s (%s): line %u of %s does not come up from %s", pairs[row].why, pairs[row].files[!site],
                         line + 1, tunnel->acl_name, pairs[row].files[site]);
            if (sim_fault(sim))
                fail_msg("%s: %s", pairs[row].why, sim_fault(sim));
            count++;
        }
    }
    return count;
}

static void the_samples_come_up_pair_by_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        for (int end = 0; end < 2; end++)
            read_end(&ends[end], pairs[i].files[end]);
        find_addresses();
        for (uint32_t site = 0; site < 2; site++) {
            bool may_begin = calls(site) && may_be_called(!site, site);
            unsigned count = may_begin ? try_lines(i, site) : 0;

            if (count == 0 && may_begin)
                fail_msg("%s: nothing was tried from %s", pairs[i].why, pairs[i].files[site]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_come_up_pair_by_pair),
    };

    sim_memory = malloc(sim_space(2));
    CHECK(sim_memory);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(sim_memory);
    free(ends[0].space);
    free(ends[1].space);
    return failed;
}
