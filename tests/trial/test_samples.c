/* The sample configurations against each other, in the words of ASA 8.2, 8.4 and IOS: every line of every crypto ACL
 * comes up, whichever end begins. */
#include "base/check.h"
#include "conf/conf.h"
#include "crypto/password.h"
#include "sim/sim.h"
#include "vault/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { USERS_MAX = 4, FILE_SIZE_MAX = 8192, UP_MS = 20000 };

static const struct {
    const char *files[2], *why;
    const char *also;  /* what the device does without a line, and ikewise with one */
    const char *lease; /* of the first one's Ethernet0/0, by DHCP */
} pairs[] = {
    {{"samples/01-asa84-l2l-basic.cfg", "samples/02-asa82-l2l-nat0.cfg"}, "8.4 and 8.2", NULL, NULL},
    {{"samples/01-asa84-l2l-basic.cfg", "samples/11-ios-l2l-basic.cfg"}, "ASA and IOS", NULL, NULL},
    {{"samples/03-asa84-objectgroups-pfs-filter.cfg", "mirrors/03-partner.cfg"},
     "object-groups, four pairs, PFS",
     NULL,
     NULL},
    {{"samples/06-asa84-backup-peers.cfg", "samples/12-ios-profile-keyring-backup.cfg"},
     "the first of two peers, keyrings",
     NULL,
     NULL},
    {{"samples/09-asa84-overlap-policy-nat.cfg", "mirrors/09-partner.cfg"}, "translated networks", NULL, NULL},
    {{"samples/10-asa84-hub-hairpin-nonconnected.cfg", "mirrors/10-spoke-a.cfg"},
     "a hub and its first spoke",
     NULL,
     NULL},
    {{"samples/10-asa84-hub-hairpin-nonconnected.cfg", "mirrors/10-spoke-b.cfg"}, "and its second", NULL, NULL},
    {{"samples/13-ios-dynamic-hub.cfg", "mirrors/13-spoke.cfg"}, "a dynamic map of IOS, a wildcard key", NULL, NULL},
    {{"samples/04-asa84-dynamic-peer-hub.cfg", "mirrors/04-branch.cfg"},
     "a dynamic map of the ASA, DefaultL2LGroup",
     NULL,
     NULL},
    {{"samples/05-asa84-dynamic-branch-aggressive.cfg", "samples/04-asa84-dynamic-peer-hub.cfg"},
     "a branch with an address by DHCP, in aggressive mode with its key-id",
     "no crypto ikev1 am-disable\n",
     "192.0.2.77"},
    {{"mirrors/08-user.cfg", "samples/08-asa84-remote-access-xauth.cfg"},
     "a user",
     "no crypto ikev1 am-disable\n",
     NULL},
    {{"samples/07-asa84-l2l-certificates.cfg", "mirrors/07-partner.cfg"},
     "certificates, and a map that leads to a group",
     NULL,
     NULL},
};

/* What tests/certificates has for those with a trustpoint, whose keys and certificates a configuration does not show.
 */
static const struct {
    const char *file, *certificate;
} certificates[] = {
    {"samples/07-asa84-l2l-certificates.cfg", "cert-fw"},
    {"mirrors/07-partner.cfg", "lab-fw"},
};

struct end {
    struct conf conf;
    void *space;
    char text[FILE_SIZE_MAX];
    uint32_t address; /* that the other end dials */
    struct conf_host host;
    struct user users[USERS_MAX];
    uint8_t hashes[USERS_MAX][PASSWORD_HASH_MAX];
    uint32_t user_count;
    struct credential credential;
    const struct trust *trusts[1];
};

static struct end ends[2];
static void *sim_memory;

/* A file has passwords as they are; a vault, hashes. */
static void take_users(struct end *e)
{
    e->user_count = 0;
    for (uint32_t i = 0; i < e->conf.user_count; i++) {
        static const uint8_t salt[PASSWORD_SALT_LEN];

        CHECK(i < USERS_MAX);
        e->users[i] = (struct user){e->conf.users[i].name,
                                    password_hash_make(e->conf.users[i].password, BYTES_OF(salt), e->hashes[i])};
        CHECK(e->users[i].hash.len > 0);
        e->user_count++;
    }
    CHECK(e->conf.credential_count <= 1);
    for (uint32_t i = 0; i < e->conf.credential_count; i++)
        e->credential = (struct credential){.key_index = e->conf.credentials[i].tunnel_group,
                                            .user = e->conf.credentials[i].user,
                                            .password = e->conf.credentials[i].password};
}

/* Their files, in the trustpoint of the sample. */
static size_t write_certificates(char *text, size_t size, const char *file)
{
    for (size_t i = 0; i < COUNT_OF(certificates); i++)
        if (strcmp(certificates[i].file, file) == 0)
            return (size_t)snprintf(text, size,
                                    "crypto ca trustpoint LABCA\n file certificate %s.pem\n file key %s.key\n"
                                    " file ca root.pem\n!\n",
                                    certificates[i].certificate, certificates[i].certificate);
    return 0;
}

static void take_certificates(struct end *e, struct arena *arena)
{
    struct conf_file files[3];
    uint32_t count = 0;

    while (count < COUNT_OF(files) && conf_file_wanted(&e->conf, count, &files[count])) {
        static uint8_t contents[COUNT_OF(files)][FILE_SIZE_MAX];
        char path[400];

        snprintf(path, sizeof path, "%s/certificates/%.*s", TESTS_DIR, (int)files[count].path.len,
                 (const char *)files[count].path.data);
        FILE *file = fopen(path, "rb");
        CHECK(file);
        files[count].content = bytes_of(contents[count], fread(contents[count], 1, sizeof contents[0], file));
        fclose(file);
        count++;
    }
    trust_free((struct trust *)(uintptr_t)e->trusts[0]);
    e->trusts[0] = NULL;
    if (count == 0)
        return;
    CHECK(conf_read_files(&e->conf, files, count, arena) && e->conf.private_key_count == 1);
    e->trusts[0] = trust_of_trustpoint(&e->conf.policy.trustpoints[0], e->conf.private_keys[0].der);
    CHECK(e->trusts[0]);
}

/* The samples are of the nineties; one line allows it. */
static void read_end(struct end *e, const char *name, const char *also, const char *lease)
{
    static const char weak[] = "crypto ikev1 weak-algorithms\n";
    char path[400];
    struct arena arena;

    snprintf(path, sizeof path, "%s/conf/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    CHECK(file);
    size_t len = (size_t)snprintf(e->text, sizeof e->text, "%s%s", weak, also == NULL ? "" : also);
    len += write_certificates(e->text + len, sizeof e->text - len, name);
    len += fread(e->text + len, 1, sizeof e->text - len - 1, file);
    fclose(file);
    e->text[len] = '\0';
    free(e->space);
    e->space = malloc(conf_space(len));
    arena = arena_of(e->space, conf_space(len));
    CHECK(e->space && conf_read(&e->conf, bytes_of(e->text, len), name, &arena));
    take_certificates(e, &arena);
    e->host = (struct conf_host){bytes_of_text(CONF_DEVICE "Ethernet0/0"), {0}};
    CHECK(lease == NULL ||
          (ip_parse(&e->host.ip, bytes_of_text(lease)) && conf_read_hosts(&e->conf, &e->host, 1, &arena)));
    take_users(e);
}

static bool is_for(const struct tunnel *tunnel, uint32_t address)
{
    for (uint8_t i = 0; i < tunnel->peer_count; i++)
        if (ip_equal(tunnel->peers[i], ip_of_v4(address)))
            return true;
    return false;
}

/* The address that a crypto map of the other end names; one where IKE is enabled, if that end takes any peer. */
static void find_addresses(void)
{
    for (int i = 0; i < 2; i++) {
        const struct policy *own = &ends[i].conf.policy, *other = &ends[!i].conf.policy;

        ends[i].address = 0;
        for (uint16_t k = 0; k < own->interface_count; k++)
            if (own->interfaces[k].is_ikev1_enabled)
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
        const struct sim_gateway gateway = {.address = ends[i].address,
                                            .policy = &conf->policy,
                                            .keys = conf->keys,
                                            .key_count = conf->key_count,
                                            .users = {ends[i].users, ends[i].user_count},
                                            .credentials = {&ends[i].credential, conf->credential_count},
                                            .trusts = ends[i].trusts[0] != NULL ? ends[i].trusts : NULL};

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
            read_end(&ends[end], pairs[i].files[end], pairs[i].also, end == 0 ? pairs[i].lease : NULL);
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
    for (int end = 0; end < 2; end++) {
        trust_free((struct trust *)(uintptr_t)ends[end].trusts[0]);
        free(ends[end].space);
    }
    return failed;
}
