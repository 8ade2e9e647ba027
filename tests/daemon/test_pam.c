/* Users whom PAM knows: the helper with real modules, and what the daemon makes of what it says, or does not. */
#include "daemon/pam.h"

#include "base/check.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_SIZE = 512, LOG_SIZE = 64 * 1024 };

static uv_loop_t loop;
static struct log *log_of_test;
static char folder[] = "/tmp/ikewise-pam-XXXXXX", log_path[TEXT_SIZE];

/* ---- what came back */

enum { ANSWERS_MAX = 128 };

static struct {
    enum password_verdict list[ANSWERS_MAX];
    uint32_t asks[ANSWERS_MAX];
    size_t count;
} answers;

static void on_verdict(void *context, struct handle exchange, uint32_t ask_number, const struct question *question,
                       enum password_verdict verdict)
{
    (void)context;
    CHECK(exchange.index == 7 && question->kind == QUESTION_PASSWORD && question->user.len > 0);
    CHECK(answers.count < ANSWERS_MAX);
    answers.asks[answers.count] = ask_number;
    answers.list[answers.count++] = verdict;
}

/* ---- services of /etc/pam.d, elsewhere */

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[TEXT_SIZE];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, mode) == 0);
}

/* pam_exec hands the password to a script; what it makes of a script that says no is an error, not a no. */
static void write_service(const char *service, const char *script, const char *more)
{
    char text[2 * TEXT_SIZE];

    snprintf(text, sizeof text,
             "auth [success=%s default=ignore] pam_exec.so quiet expose_authtok %s/%s.sh\n"
             "auth %s\naccount required pam_permit.so\n",
             more == NULL ? "done" : "ok", folder, script, more == NULL ? "required pam_deny.so" : more);
    write_file(service, text, 0644);
}

static void write_script(const char *service, const char *script)
{
    char name[TEXT_SIZE];

    snprintf(name, sizeof name, "%s.sh", service);
    write_file(name, script, 0755);
    write_service(service, service, NULL);
}

static const char *logged(void)
{
    static char space[LOG_SIZE];
    FILE *file = fopen(log_path, "r");

    CHECK(file != NULL);
    size_t len = fread(space, 1, sizeof space - 1, file);
    fclose(file);
    space[len] = '\0';
    return space;
}

/* What the log says meanwhile goes into a file. */
static void run_loop(void)
{
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3),
        file = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    CHECK(saved >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    fflush(stderr);
    CHECK(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(file);
}

static struct pam *pam_of_test(void)
{
    struct pam *pam = pam_create(&loop, log_of_test, NULL, on_verdict);

    CHECK(pam != NULL);
    pam_use(pam, IKEWISED_PAM, folder);
    memset(&answers, 0, sizeof answers);
    return pam;
}

static void ask(struct pam *pam, const char *service, const char *user, struct bytes password, uint32_t number)
{
    struct question question = {.kind = QUESTION_PASSWORD,
                                .user = bytes_of_text(user),
                                .password = password,
                                .user_ip = ip_of_v4(0xc0000209),
                                .pam_service = bytes_of_text(service),
                                .pam_timeout_s =
                                    strcmp(service, "slow") == 0 || strcmp(service, "escapes") == 0 ? 1 : 30};

    pam_ask(pam, (struct handle){.index = 7}, number, &question);
}

static void what_pam_says_is_the_verdict(void **state)
{
    static const struct {
        const char *file, *user, *password;
        enum password_verdict verdict;
        const char *why_in_log, *why;
    } cases[] = {
        {"knows", "alice", "wonderland", PASSWORD_RIGHT, NULL, "the password, the name and where she is"},
        {"knows", "alice", "looking-glass", PASSWORD_WRONG, NULL, "another password"},
        {"knows", "bob", "wonderland", PASSWORD_WRONG, NULL, "another user"},
        {"knows", "alice", "", PASSWORD_WRONG, NULL, "no password"},
        {"knows", "alice\n", "wonderland", PASSWORD_WRONG, NULL, "a name with a line break is not asked about"},
        {"auth_err", "alice", "x", PASSWORD_WRONG, NULL, "refused"},
        {"user_unknown", "alice", "x", PASSWORD_WRONG, NULL, "is answered like a wrong password"},
        {"maxtries", "alice", "x", PASSWORD_TOO_OFTEN, NULL, "locked by the module"},
        {"perm_denied", "alice", "x", PASSWORD_DISABLED, NULL, "the account is closed"},
        {"acct_expired", "alice", "x", PASSWORD_DISABLED, NULL, "the account is over"},
        {"new_authtok_reqd", "alice", "x", PASSWORD_EXPIRED, NULL, "the password is over; nobody can change it here"},
        {"authinfo_unavail", "alice", "x", PASSWORD_UNANSWERED, "cannot retrieve authentication info",
         "the module reaches nobody"},
        {"absent", "alice", "x", PASSWORD_UNANSWERED, "/absent: No such file", "never what the file other says"},
        {"module", "alice", "x", PASSWORD_UNANSWERED, "Module is unknown", "a module that is not there"},
        {"twice", "alice", "wonderland", PASSWORD_MORE_ASKED, NULL, "a second factor"},
        {"dies", "alice", "x", PASSWORD_UNANSWERED, "has ended badly", "a module takes the process along"},
        {"slow", "alice", "x", PASSWORD_UNANSWERED, "takes too long", "a module that hangs"},
        {"escapes", "alice", "wonderland", PASSWORD_RIGHT, NULL, "what a module leaves behind is not waited for"},
        {"closed", "alice", "x", PASSWORD_RIGHT, NULL,
         "it has no descriptor of the daemon, and no word of its environment"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pam *pam = pam_of_test();
        size_t log_len = strlen(logged());

        ask(pam, cases[i].file, cases[i].user, bytes_of_text(cases[i].password), (uint32_t)i);
        CHECK(answers.count == 0); /* on a later turn */
        run_loop();
        if (answers.count != 1 || answers.list[0] != cases[i].verdict || answers.asks[0] != i)
            fail_msg("%s %s: verdict %d: %s\n%s", cases[i].file, cases[i].user, (int)answers.list[0], cases[i].why,
                     logged() + log_len);
        const char *news = logged() + log_len;
        if (cases[i].why_in_log == NULL ? *news != '\0' : strstr(news, cases[i].why_in_log) == NULL)
            fail_msg("%s: the log says: %s", cases[i].file, news);
        pam_close(pam);
        run_loop();
    }
}

static void a_password_with_a_zero_is_wrong(void **state)
{
    struct pam *pam = pam_of_test();

    (void)state;
    ask(pam, "knows", "alice", bytes_of("wonderland\0x", 12), 1);
    run_loop();
    CHECK(answers.count == 1 && answers.list[0] == PASSWORD_WRONG);
    pam_close(pam);
}

static void a_helper_that_is_not_there_is_no_verdict(void **state)
{
    struct pam *pam = pam_of_test();

    (void)state;
    pam_use(pam, "/nonexistent", folder);
    ask(pam, "knows", "alice", bytes_of_text("wonderland"), 1);
    run_loop();
    CHECK(answers.count == 1 && answers.list[0] == PASSWORD_UNANSWERED);
    CHECK(strstr(logged(), "ikewised-pam cannot be run") != NULL);
    pam_close(pam);
}

/* Each is answered once; those beyond the bound at once, for there is nobody to wait for. */
static void so_many_at_a_time_so_many_wait_and_the_others_are_not_asked(void **state)
{
    struct pam *pam = pam_of_test();
    size_t right = 0, unanswered = 0;

    (void)state;
    for (uint32_t i = 0; i < PAM_AT_ONCE + PAM_WAITING_MAX + 3; i++)
        ask(pam, "permits", "alice", bytes_of_text("x"), i);
    run_loop();
    for (size_t i = 0; i < answers.count; i++) {
        right += answers.list[i] == PASSWORD_RIGHT;
        unanswered += answers.list[i] == PASSWORD_UNANSWERED;
    }
    CHECK(right == PAM_AT_ONCE + PAM_WAITING_MAX && unanswered == 3);
    CHECK(strstr(logged(), "too many users wait for it") != NULL);
    pam_close(pam);
}

static void who_is_asked_about_when_the_gateway_ends_is_forgotten(void **state)
{
    struct pam *pam = pam_of_test();

    (void)state;
    for (uint32_t i = 0; i < PAM_AT_ONCE + 5; i++)
        ask(pam, "hangs", "alice", bytes_of_text("x"), i);
    ask(pam, "knows", "alice\n", bytes_of_text("x"), 100);
    uv_run(&loop, UV_RUN_NOWAIT);
    answers.count = 0;
    pam_close(pam);
    run_loop();
    CHECK(answers.count == 0);
}

static void write_services(void)
{
    static const char *const codes[] = {"auth_err", "user_unknown", "maxtries", "authinfo_unavail"};
    static const char *const accounts[] = {"perm_denied", "acct_expired", "new_authtok_reqd"};
    char text[TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        snprintf(text, sizeof text, "auth required pam_debug.so auth=%s\naccount required pam_permit.so\n", codes[i]);
        write_file(codes[i], text, 0644);
    }
    for (size_t i = 0; i < COUNT_OF(accounts); i++) {
        snprintf(text, sizeof text, "auth required pam_debug.so\naccount required pam_debug.so acct=%s\n", accounts[i]);
        write_file(accounts[i], text, 0644);
    }
    write_file("permits", "auth required pam_permit.so\naccount required pam_permit.so\n", 0644);
    write_file("other", "auth required pam_permit.so\naccount required pam_permit.so\n", 0644);
    write_file("module", "auth required pam_ikewise_has_none.so\naccount required pam_permit.so\n", 0644);
    write_script("knows", "#!/bin/bash\nread -r -d '' password\n"
                          "[ \"$PAM_USER $PAM_RHOST $password\" = 'alice 192.0.2.9 wonderland' ]\n");
    write_script("slow", "#!/bin/sh\nsleep 60\n");
    write_script("hangs", "#!/bin/sh\nsleep 60\n");
    write_script("dies", "#!/bin/sh\nkill -9 $PPID\nsleep 60\n");
    write_script("escapes", "#!/bin/sh\nsetsid sleep 3 </dev/null &\n");
    write_script("closed",
                 "#!/bin/sh\n! find /proc/$PPID/fd -mindepth 1 ! -name [012] -printf '%l\\n' | grep -v ^pipe &&\n"
                 "! tr '\\0' '\\n' </proc/$PPID/environ | grep -v '^PATH='\n");
    write_service("twice", "knows", "required pam_ftp.so users=alice");
}

static int set_up(void **state)
{
    (void)state;
    CHECK(mkdtemp(folder) != NULL);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    write_services();
    write_file("log", "", 0600);
    log_of_test = log_open(false, false, false);
    return uv_loop_init(&loop);
}

static int take_down(void **state)
{
    char command[TEXT_SIZE];

    (void)state;
    log_close(log_of_test);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return uv_loop_close(&loop) + system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_pam_says_is_the_verdict),
        cmocka_unit_test(a_password_with_a_zero_is_wrong),
        cmocka_unit_test(a_helper_that_is_not_there_is_no_verdict),
        cmocka_unit_test(so_many_at_a_time_so_many_wait_and_the_others_are_not_asked),
        cmocka_unit_test(who_is_asked_about_when_the_gateway_ends_is_forgotten),
    };

    return cmocka_run_group_tests(tests, set_up, take_down);
}
