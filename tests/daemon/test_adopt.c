/* One configuration after the other, with parts that only note that they were called, and fail when they are told to.
 */
#include "daemon/access.h"
#include "daemon/adopt.h"

#include "base/check.h"
#include "daemon/listen.h"
#include "daemon/steer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- The parts ---- */

static char steps[512];
static const char *failing; /* the step that fails, once */
static bool marks_same;     /* what the packet filter says of the two policies */
static const struct policy *steered, *in_plane, *in_engine;

static bool step(const char *name)
{
    size_t len = strlen(steps);
    bool fails = failing != NULL && strcmp(failing, name) == 0;

    snprintf(steps + len, sizeof steps - len, "%s%s%s", len > 0 ? " " : "", name, fails ? "!" : "");
    if (fails)
        failing = NULL;
    return !fails;
}

bool steer_is_same(const struct policy *a, const struct policy *b)
{
    CHECK(a != NULL && b != NULL);
    return marks_same;
}

bool steer_close_up(const struct policy *policy, struct steer_guests guests, bool *has_stood, struct text *why)
{
    CHECK(has_stood == NULL && guests.count == 0);
    if (!step("marks")) {
        text_add(why, "nft");
        return false;
    }
    steered = policy;
    return true;
}

bool nat_close_up(const struct policy *old, const struct policy *policy, struct text *why)
{
    (void)old;
    (void)why;
    CHECK(policy != NULL);
    return step("translation");
}

bool access_close_up(const struct policy *old, const struct policy *policy, struct text *why)
{
    (void)old;
    (void)why;
    CHECK(policy != NULL);
    return step("lists");
}

bool access_is_same(const struct policy *a, const struct policy *b)
{
    return a->access_group_count == b->access_group_count;
}

bool nat_open(struct nat_answers *answers, const char *tun_name, const struct policy *policy, struct text *why)
{
    CHECK(answers != NULL && tun_name != NULL && policy != NULL && why != NULL);
    return step("arp");
}

size_t plane_guests(const struct plane *plane, struct selector **guests)
{
    CHECK(plane != NULL);
    *guests = NULL;
    return 0;
}

void plane_set_policy(struct plane *plane, const struct policy *policy)
{
    CHECK(plane != NULL && step("plane"));
    in_plane = policy;
}

void driver_feed(struct driver *driver, const struct ike_input *in)
{
    CHECK(driver != NULL && in->kind == IKE_IN_POLICY && step("engine"));
    in_engine = in->policy;
}

bool vault_queue_set_keys(struct vault_queue *queue, const struct conf_key *keys, size_t count)
{
    CHECK(queue != NULL && (count == 0 || keys != NULL));
    return step("keys");
}

bool vault_queue_set_trusts(struct vault_queue *queue, const struct conf *conf)
{
    CHECK(queue != NULL && conf != NULL);
    return step("trusts");
}

bool vault_queue_set_users(struct vault_queue *queue, const struct conf_user *users, uint32_t count)
{
    CHECK(queue != NULL && (count == 0 || users != NULL));
    return step("users");
}

bool vault_queue_set_credentials(struct vault_queue *queue, const struct conf_credential *credentials, uint32_t count)
{
    CHECK(queue != NULL && (count == 0 || credentials != NULL));
    return step("credentials");
}

void log_remote_use(struct log_remote *remote, const struct logging *logging, const char *hostname)
{
    CHECK(remote != NULL && logging != NULL && hostname != NULL);
}

static char wanted_hosts[64]; /* of which configuration */

void hosts_want(struct hosts *hosts, const struct conf *conf)
{
    CHECK(hosts != NULL);
    snprintf(wanted_hosts, sizeof wanted_hosts, "%s", conf->policy.hostname);
}

void hosts_again(struct hosts *hosts)
{
    CHECK(hosts != NULL && step("names-again"));
}

void crls_use(struct crls *crls, const struct policy *policy)
{
    (void)crls;
    CHECK(policy != NULL && step("revocation"));
}

size_t crls_again(struct crls *crls, const char *trustpoint)
{
    (void)crls;
    CHECK(trustpoint == NULL && step("revocation-again"));
    return 0;
}

uint32_t hosts_list(const struct hosts *hosts, struct conf_host *list)
{
    CHECK(hosts != NULL && list != NULL);
    return 0;
}

void control_on_policy(struct control *control)
{
    CHECK(control != NULL && step("told"));
}

bool listen_open(struct daemon *daemon, struct text *why)
{
    CHECK(daemon != NULL && why != NULL);
    return step("sockets");
}

void listen_close_unwanted(struct daemon *daemon, const struct policy *old, const struct policy *new)
{
    CHECK(daemon->config->conf.policy.hostname == new->hostname &&old != new &&step("unwanted"));
}

void listen_warn_of_missing(struct daemon *daemon)
{
    CHECK(daemon != NULL);
}

/* ---- The daemon ---- */

static char folder[] = "/tmp/ikewise-test-XXXXXX", path[64];
static struct daemon gateway;
static const struct options options = {.file = path};

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");

    CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, 0600) == 0);
}

static int start(void **state)
{
    char space[512];
    struct text why = text_of(space, sizeof space);

    (void)state;
    strcpy(folder, "/tmp/ikewise-test-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/gateway.conf", folder);
    write_file("hostname before\n");
    /* The parts look at no more of each other than that they are there. */
    gateway = (struct daemon){.log = log_open(false, false, false),
                              .options = &options,
                              .driver = (struct driver *)&gateway,
                              .queue = (struct vault_queue *)&gateway,
                              .log_remote = (struct log_remote *)&gateway,
                              .plane = (struct plane *)&gateway,
                              .hosts = (struct hosts *)&gateway,
                              .control = (struct control *)&gateway,
                              .config = config_load(path, &why),
                              .is_running = true};
    CHECK(gateway.config != NULL);
    marks_same = false;
    failing = NULL;
    steps[0] = '\0';
    hosts_want(gateway.hosts, &gateway.config->conf);
    if (!adopt_first(&gateway, &why))
        fail_msg("%s", space);
    assert_string_equal(steps, "marks translation lists arp keys trusts users credentials revocation plane engine");
    steps[0] = '\0';
    return 0;
}

static int stop(void **state)
{
    (void)state;
    config_free(gateway.config);
    log_close(gateway.log);
    unlink(path);
    return rmdir(folder);
}

static void expect_in_use(const char *hostname)
{
    const struct policy *policy = &gateway.config->conf.policy;

    assert_string_equal(policy->hostname, hostname);
    CHECK(steered == policy && in_plane == policy && in_engine == policy && strcmp(wanted_hosts, hostname) == 0);
}

static void the_packet_filter_comes_first_and_the_sockets_last(void **state)
{
    char space[512];
    struct text why = text_of(space, sizeof space);

    (void)state;
    write_file("hostname after\n");
    CHECK(adopt_reload(&gateway, &why));
    assert_string_equal(
        steps,
        "marks translation lists arp keys trusts users credentials revocation plane engine unwanted sockets told "
        "names-again revocation-again");
    expect_in_use("after");
}

static void what_fails_leaves_the_old_one_in_use_and_steered(void **state)
{
    static const struct {
        const char *step, *steps, *why;
    } cases[] = {
        {"marks", "marks! marks translation lists", "nothing may be steered by half"},
        {"translation", "marks translation! marks translation lists", "the marks of before come back"},
        {"lists", "marks translation lists! marks translation lists", "the same"},
        {"arp", "marks translation lists arp! marks translation lists", "the same"},
        {"keys", "marks translation lists arp keys! marks translation lists", "too many tunnel-groups"},
        {"trusts", "marks translation lists arp keys trusts! marks translation lists", "no memory"},
        {"users", "marks translation lists arp keys trusts users! marks translation lists", "no memory"},
        {"credentials", "marks translation lists arp keys trusts users credentials! marks translation lists",
         "no memory"},
    };

    (void)state;
    write_file("hostname after\n");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[512];
        struct text why = text_of(space, sizeof space);

        steps[0] = '\0';
        failing = cases[i].step;
        CHECK(!adopt_reload(&gateway, &why));
        if (strcmp(steps, cases[i].steps) != 0)
            fail_msg("%s: %s (%s)", cases[i].step, steps, cases[i].why);
        expect_in_use("before");
    }
}

static void a_file_that_cannot_be_used_touches_nothing(void **state)
{
    char space[512];
    struct text why = text_of(space, sizeof space);

    (void)state;
    unlink(path);
    CHECK(!adopt_reload(&gateway, &why) && why.len > 0);
    assert_string_equal(steps, "");
    expect_in_use("before");
    write_file("");
}

static struct conf_finding told[8];
static size_t told_count;

static void tell(void *context, const struct conf_finding *finding)
{
    CHECK(context == &gateway && told_count < COUNT_OF(told));
    told[told_count++] = *finding;
}

static bool change(const char *lines)
{
    char space[512];
    struct text why = text_of(space, sizeof space);

    told_count = 0;
    steps[0] = '\0';
    return adopt_change(
        &gateway, &(struct control_change){.lines = bytes_of_text(lines), .tell = tell, .context = &gateway}, &why);
}

#define NAT_LINE "nat (inside,outside) source static L L"
#define NAT_LINES                                                                                                      \
    "interface GigabitEthernet0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n"                             \
    "interface GigabitEthernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.0.0\n"                                 \
    "object network L\n subnet 10.1.0.0 255.255.0.0\n" NAT_LINE

static void a_change_waits_for_the_packet_filter_only_when_its_rules_change(void **state)
{
    static const struct {
        bool marks_same;
        const char *lines, *steps;
    } cases[] = {
        {false, NAT_LINES,
         "marks translation arp keys trusts users credentials revocation plane engine unwanted sockets told"},
        {true, "no " NAT_LINE,
         "translation arp keys trusts users credentials revocation plane engine unwanted sockets told"},
        {true, "access-list A permit ip any any\naccess-group A in interface outside",
         "lists arp keys trusts users credentials revocation plane engine unwanted sockets told"},
        {true, "no access-group A in interface outside",
         "lists arp keys trusts users credentials revocation plane engine unwanted sockets told"},
        {false, "hostname once",
         "marks arp keys trusts users credentials revocation plane engine unwanted sockets told"},
        {true, "hostname twice", "arp keys trusts users credentials revocation plane engine unwanted sockets told"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        marks_same = cases[i].marks_same;
        if (!change(cases[i].lines) || strcmp(steps, cases[i].steps) != 0)
            fail_msg("%s: %s", cases[i].lines, steps);
    }
    assert_string_equal(gateway.config->conf.policy.hostname, "twice");
}

static void a_change_is_told_what_it_has_brought_about_and_no_more(void **state)
{
    (void)state;
    CHECK(change("crypto map OUT 10 match address VPN"));
    CHECK(told_count > 0 && strstr(told[0].sentence, "crypto map OUT 10 is parked") != NULL && told[0].line == 0);
    CHECK(change("hostname changed"));
    assert_int_equal(told_count, 0);
    CHECK(!change("hostname other\ncrypto foo\n"));
    CHECK(told_count == 1 && told[0].line == 2);
    assert_string_equal(steps, "");
    assert_string_equal(gateway.config->conf.policy.hostname, "changed");
}

static void sockets_that_cannot_be_opened_do_not_undo_a_change(void **state)
{
    (void)state;
    failing = "sockets";
    CHECK(change("hostname changed"));
    assert_string_equal(gateway.config->conf.policy.hostname, "changed");
}

static void another_address_of_a_named_peer_is_a_change(void **state)
{
    const struct config *before = gateway.config;

    (void)state;
    adopt_hosts(&gateway);
    assert_string_equal(steps, "marks arp keys trusts users credentials revocation plane engine unwanted sockets told");
    CHECK(gateway.config != before);
    expect_in_use("before");
    gateway.is_running = false; /* it is being taken down */
    steps[0] = '\0';
    adopt_hosts(&gateway);
    assert_string_equal(steps, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_packet_filter_comes_first_and_the_sockets_last, start, stop),
        cmocka_unit_test_setup_teardown(what_fails_leaves_the_old_one_in_use_and_steered, start, stop),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_used_touches_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_change_waits_for_the_packet_filter_only_when_its_rules_change, start, stop),
        cmocka_unit_test_setup_teardown(a_change_is_told_what_it_has_brought_about_and_no_more, start, stop),
        cmocka_unit_test_setup_teardown(sockets_that_cannot_be_opened_do_not_undo_a_change, start, stop),
        cmocka_unit_test_setup_teardown(another_address_of_a_named_peer_is_a_change, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
