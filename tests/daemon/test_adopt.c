/* One configuration after the other, with parts that only note that they were called, and fail when they are told to.
 */
#include "daemon/access.h"
#include "daemon/adopt.h"

#include "base/check.h"
#include "daemon/listen.h"
#include "daemon/steering.h"
#include "daemon/watching.h"

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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

/* What is asked in the thread, which the test may hold there. */
static atomic_bool is_held;
static sem_t is_in_thread, may_go_on;

bool steer_is_same(const struct policy *a, const struct policy *b)
{
    CHECK(a != NULL && b != NULL);
    if (is_held) {
        CHECK(sem_post(&is_in_thread) == 0 && sem_wait(&may_go_on) == 0);
        is_held = false;
    }
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

bool access_take_away(struct text *why)
{
    CHECK(why != NULL);
    return step("-lists");
}

bool nat_take_away(struct text *why)
{
    CHECK(why != NULL);
    return step("-translation");
}

bool steer_take_away(struct text *why)
{
    CHECK(why != NULL);
    return step("-marks");
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

static size_t admitted_count; /* of the last step "guests" */

bool steer_add_guests(const struct policy *policy, struct steer_guests guests, struct text *why)
{
    CHECK(policy != NULL && guests.count > 0);
    if (is_held) {
        CHECK(sem_post(&is_in_thread) == 0 && sem_wait(&may_go_on) == 0);
        is_held = false;
    }
    admitted_count = guests.count;
    if (!step("guests"))
        text_add(why, "nft");
    else
        return true;
    return false;
}

void plane_guest_is_steered(struct plane *plane, struct handle pair)
{
    CHECK(plane != NULL && pair.index > 0 && step("steered"));
}

void plane_remove(struct plane *plane, struct handle pair)
{
    CHECK(plane != NULL && pair.index > 0 && step("-pair"));
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
    CHECK(driver != NULL);
    if (in->kind == IKE_IN_PLANE) {
        CHECK(step(in->plane.kind == IKE_PLANE_INSTALLED ? "installed" : "refused"));
        CHECK((in->plane.error == 0) == (in->plane.kind == IKE_PLANE_INSTALLED));
        return;
    }
    CHECK(in->kind == IKE_IN_POLICY && step("engine"));
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

void watching_use(struct daemon *daemon, const struct policy *policy)
{
    (void)daemon;
    (void)policy;
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

static uv_loop_t loop;

static int start(void **state)
{
    char space[512];
    struct text why = text_of(space, sizeof space);

    (void)state;
    CHECK(uv_loop_init(&loop) == 0 && sem_init(&is_in_thread, 0, 0) == 0 && sem_init(&may_go_on, 0, 0) == 0);
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
    gateway.configs = config_queue_create(&loop, &gateway.config);
    CHECK(gateway.config != NULL && gateway.configs != NULL);
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
    CHECK(!is_held && uv_run(&loop, UV_RUN_DEFAULT) == 0 && uv_loop_close(&loop) == 0);
    config_queue_free(gateway.configs);
    config_free(gateway.config);
    log_close(gateway.log);
    unlink(path);
    return rmdir(folder);
}

/* ---- What is asked of it ---- */

static struct conf_finding told[8];
static size_t told_count;
static const char *outcome; /* of the last task that was done; NULL: it was carried out */
static char outcome_space[512];

static void tell(struct control_task *task, const struct conf_finding *finding)
{
    CHECK(task->context == &gateway && told_count < COUNT_OF(told));
    told[told_count++] = *finding;
}

static void done(struct control_task *task, const char *why)
{
    snprintf(outcome_space, sizeof outcome_space, "%s", why == NULL ? "" : why);
    outcome = why == NULL ? NULL : outcome_space;
    running_free(&task->lines);
    free(task);
}

static void begin(enum control_task_kind kind, const char *lines)
{
    struct control_task *task = calloc(1, sizeof *task);

    CHECK(task != NULL);
    *task = (struct control_task){.kind = kind, .tell = tell, .done = done, .context = &gateway};
    if (lines != NULL)
        CHECK(running_add(&task->lines, bytes_of_text(lines)));
    outcome = "it is not done yet";
    adopt_task(&gateway, task);
}

static bool run(enum control_task_kind kind, const char *lines)
{
    told_count = 0;
    steps[0] = '\0';
    begin(kind, lines);
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    return outcome == NULL;
}

static bool reload(void)
{
    return run(CONTROL_TASK_RELOAD, NULL);
}

static bool change(const char *lines)
{
    return run(CONTROL_TASK_ADD, lines);
}

static void expect_in_use(const char *hostname)
{
    const struct policy *policy = &gateway.config->conf.policy;

    assert_string_equal(policy->hostname, hostname);
    CHECK(steered == policy && in_plane == policy && in_engine == policy && strcmp(wanted_hosts, hostname) == 0);
}

static void the_packet_filter_comes_first_and_the_sockets_last(void **state)
{
    (void)state;
    write_file("hostname after\n");
    CHECK(reload());
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
        failing = cases[i].step;
        CHECK(!reload());
        if (strcmp(steps, cases[i].steps) != 0)
            fail_msg("%s: %s (%s)", cases[i].step, steps, cases[i].why);
        expect_in_use("before");
    }
}

static void a_file_that_cannot_be_used_touches_nothing(void **state)
{
    (void)state;
    unlink(path);
    CHECK(!reload() && strlen(outcome) > 0);
    assert_string_equal(steps, "");
    expect_in_use("before");
    write_file("");
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
    for (int i = 0; i < 3; i++)
        adopt_hosts(&gateway); /* the first begins, the second waits, and the third is the same as the second */
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(steps, "marks arp keys trusts users credentials revocation plane engine unwanted sockets told "
                               "marks arp keys trusts users credentials revocation plane engine unwanted sockets told");
    CHECK(gateway.config != before);
    expect_in_use("before");
    gateway.is_running = false; /* it is being taken down */
    steps[0] = '\0';
    adopt_hosts(&gateway);
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(steps, "");
}

/* ---- while a change is read ---- */

/* In the thread, and there it stays. */
static void begin_and_hold(const char *lines)
{
    told_count = 0;
    steps[0] = '\0';
    is_held = true;
    begin(CONTROL_TASK_ADD, lines);
    CHECK(sem_wait(&is_in_thread) == 0);
}

static void let_go(void)
{
    CHECK(sem_post(&may_go_on) == 0);
}

static void turn(uv_idle_t *idle)
{
    unsigned *turns = idle->data;

    if (++*turns == 1000)
        uv_stop(idle->loop);
}

static bool is_running_line(const char *line)
{
    const struct running *running = &gateway.config->running;

    return memmem(running->text, running->len, line, strlen(line)) != NULL;
}

static void the_loop_turns_with_the_old_one_while_a_change_is_read(void **state)
{
    uv_idle_t idle = {0};
    unsigned turns = 0;

    (void)state;
    begin_and_hold("hostname after");
    idle.data = &turns;
    CHECK(uv_idle_init(&loop, &idle) == 0 && uv_idle_start(&idle, turn) == 0);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(turns == 1000 && outcome != NULL);
    assert_string_equal(steps, "");
    expect_in_use("before");
    uv_close((uv_handle_t *)&idle, NULL);
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0 && outcome == NULL);
    expect_in_use("after");
}

static void a_second_change_begins_with_what_the_first_has_left(void **state)
{
    (void)state;
    begin_and_hold("object network FIRST\n host 10.0.0.1");
    begin(CONTROL_TASK_ADD, "object network FIRST\n description of-the-second");
    begin(CONTROL_TASK_ADD, "no object network FIRST");
    begin(CONTROL_TASK_ADD, "hostname last");
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0 && outcome == NULL && told_count == 0);
    expect_in_use("last");
    CHECK(!is_running_line("FIRST"));
}

static void a_change_that_is_wrong_leaves_the_next_one_alone(void **state)
{
    (void)state;
    begin_and_hold("hostname first");
    begin(CONTROL_TASK_ADD, "crypto foo");
    begin(CONTROL_TASK_ADD, "object network SECOND\n host 10.0.0.1");
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0 && outcome == NULL && told_count == 1);
    expect_in_use("first");
    CHECK(is_running_line("SECOND"));
}

static void a_file_that_is_to_be_read_again_meanwhile_comes_after(void **state)
{
    (void)state;
    begin_and_hold("hostname typed");
    write_file("hostname written\n");
    adopt_reload(&gateway);
    adopt_hosts(&gateway);
    CHECK(is_running_line("hostname before"));
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0 && outcome == NULL);
    expect_in_use("written");
}

/* The thread reads the one that is in use: nobody writes to it. */
static void new_addresses_wait_for_a_change_that_is_read(void **state)
{
    char space[512];
    struct text why = text_of(space, sizeof space);

    (void)state;
    begin_and_hold("hostname after");
    CHECK(adopt_addresses(&gateway, &why));
    assert_string_equal(steps, "");
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    steps[0] = '\0';
    CHECK(adopt_addresses(&gateway, &why));
    assert_string_equal(steps, "sockets");
}

/* ---- pairs of open tunnels ---- */

static void come(uint32_t index)
{
    steering_guest(&gateway, &(struct ike_install){.pair = {index, 1}});
}

/* The loop goes on meanwhile; who comes then is let in after them, all at once. */
static void a_guest_is_told_of_when_its_rules_stand(void **state)
{
    (void)state;
    steps[0] = '\0';
    is_held = true;
    come(1);
    CHECK(sem_wait(&is_in_thread) == 0);
    come(2);
    come(3);
    assert_string_equal(steps, "");
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(steps, "guests steered installed guests steered installed steered installed");
    CHECK(admitted_count == 2 && gateway.admission == NULL);
}

static void a_guest_that_cannot_be_steered_is_refused(void **state)
{
    (void)state;
    steps[0] = '\0';
    failing = "guests";
    come(1);
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(steps, "guests! -pair refused");
}

/* A change that is being read writes rules without him: his come after. */
static void a_guest_that_comes_meanwhile_is_steered(void **state)
{
    (void)state;
    begin_and_hold("hostname after");
    come(1);
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(steps, "marks arp keys trusts users credentials revocation plane engine unwanted sockets told "
                               "guests steered installed");
    expect_in_use("after");
}

static void marks_of_guests_who_have_gone_are_taken_away_beside_the_loop(void **state)
{
    (void)state;
    begin_and_hold("hostname after");
    steering_again(&gateway, STEERING_MARKS);
    assert_string_equal(steps, "");
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(steps, "marks arp keys trusts users credentials revocation plane engine unwanted sockets told "
                               "marks");
    CHECK(steered == &gateway.config->conf.policy);
}

static void a_gateway_that_ends_lets_nobody_in(void **state)
{
    (void)state;
    steps[0] = '\0';
    is_held = true;
    come(1);
    CHECK(sem_wait(&is_in_thread) == 0);
    come(2);
    steering_again(&gateway, STEERING_MARKS);
    config_queue_stop(gateway.configs);
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(steps, "guests");
}

static void a_gateway_that_ends_meanwhile_takes_nothing_over(void **state)
{
    (void)state;
    begin_and_hold("hostname first");
    begin(CONTROL_TASK_ADD, "hostname second");
    adopt_reload(&gateway);
    config_queue_stop(gateway.configs);
    assert_string_equal(outcome, "the gateway ends"); /* of the second, which has not begun */
    begin(CONTROL_TASK_ADD, "hostname third");
    outcome = NULL;
    let_go();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    assert_string_equal(outcome, "the gateway ends"); /* of the first, which has been read */
    assert_string_equal(steps, "marks -lists -translation -marks");
    assert_string_equal(gateway.config->conf.policy.hostname, "before");
    CHECK(in_engine == &gateway.config->conf.policy && in_plane == in_engine);
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
        cmocka_unit_test_setup_teardown(the_loop_turns_with_the_old_one_while_a_change_is_read, start, stop),
        cmocka_unit_test_setup_teardown(a_second_change_begins_with_what_the_first_has_left, start, stop),
        cmocka_unit_test_setup_teardown(a_change_that_is_wrong_leaves_the_next_one_alone, start, stop),
        cmocka_unit_test_setup_teardown(a_file_that_is_to_be_read_again_meanwhile_comes_after, start, stop),
        cmocka_unit_test_setup_teardown(new_addresses_wait_for_a_change_that_is_read, start, stop),
        cmocka_unit_test_setup_teardown(a_guest_is_told_of_when_its_rules_stand, start, stop),
        cmocka_unit_test_setup_teardown(a_guest_that_cannot_be_steered_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_guest_that_comes_meanwhile_is_steered, start, stop),
        cmocka_unit_test_setup_teardown(marks_of_guests_who_have_gone_are_taken_away_beside_the_loop, start, stop),
        cmocka_unit_test_setup_teardown(a_gateway_that_ends_lets_nobody_in, start, stop),
        cmocka_unit_test_setup_teardown(a_gateway_that_ends_meanwhile_takes_nothing_over, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
