#include "daemon/vault_queue.h"

#include "base/check.h"
#include "crypto/password.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ANSWERS_MAX = 20 };

static struct {
    uint32_t ask_number;
    struct answer answer;
} answers[ANSWERS_MAX];
static unsigned answer_count;
static uv_loop_t loop;
static struct vault_queue *queue;

static void on_answer(void *context, struct handle exchange, uint32_t ask_number, const struct answer *answer)
{
    (void)context;
    (void)exchange;
    answers[answer_count].ask_number = ask_number;
    answers[answer_count++].answer = *answer;
}

/* In place of crypto's (tests/daemon/CMakeLists.txt), for each password that is hashed. */
static pthread_t loop_thread;
static atomic_uint hashed_count, hashed_in_loop_count;

struct bytes __real_password_hash_make(struct bytes password, struct bytes salt,
                                       uint8_t space[static PASSWORD_HASH_MAX]);
struct bytes __wrap_password_hash_make(struct bytes password, struct bytes salt,
                                       uint8_t space[static PASSWORD_HASH_MAX]);
struct bytes __wrap_password_hash_make(struct bytes password, struct bytes salt,
                                       uint8_t space[static PASSWORD_HASH_MAX])
{
    hashed_count++;
    hashed_in_loop_count += pthread_equal(pthread_self(), loop_thread) != 0;
    return __real_password_hash_make(password, salt, space);
}

static int begin(void **state)
{
    (void)state;
    answer_count = 0;
    CHECK(uv_loop_init(&loop) == 0);
    queue = vault_queue_create(&loop, 16, &(struct vault_queue_hooks){NULL, on_answer, NULL});
    return 0;
}

static int end(void **state)
{
    (void)state;
    vault_queue_stop(queue);
    uv_run(&loop, UV_RUN_DEFAULT);
    vault_queue_free(queue);
    CHECK(uv_loop_close(&loop) == 0);
    return 0;
}

static void ask(uint32_t number, const struct question *question)
{
    vault_queue_ask(queue, (struct handle){1, 1}, number, question);
}

static void answers_come_in_the_order_of_the_questions(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        ask(i, &(struct question){.kind = QUESTION_SHARE, .group = GROUP_ECP256});
    CHECK(vault_queue_len(queue) == 10 && answer_count == 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(vault_queue_len(queue) == 0 && answer_count == 10);
    for (uint32_t i = 0; i < 10; i++)
        CHECK(answers[i].ask_number == i && answers[i].answer.fault == QUESTION_FAULT_NONE);
    CHECK(memcmp(answers[0].answer.public_value, answers[1].answer.public_value, answers[0].answer.public_len) != 0);
}

/* The first is answered already, and the order among strangers and among others is that of asking. */
static void D02_D03_who_is_known_does_not_wait_for_strangers(void **state)
{
    static const bool is_strangers[] = {true, true, true, false, true, false, false, true};
    static const uint32_t order[] = {0, 3, 5, 6, 1, 2, 4, 7};

    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(is_strangers); i++)
        ask(i, &(struct question){.kind = QUESTION_SHARE, .group = GROUP_ECP256, .is_strangers = is_strangers[i]});
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(answer_count == COUNT_OF(order));
    for (uint32_t i = 0; i < COUNT_OF(order); i++)
        if (answers[i].ask_number != order[i])
            fail_msg("answer %u is that to question %u", i, answers[i].ask_number);
}

static void nobody_waits_for_what_is_forgotten(void **state)
{
    struct handle secret;

    (void)state;
    ask(1, &(struct question){.kind = QUESTION_SHARE, .group = GROUP_ECP256});
    uv_run(&loop, UV_RUN_DEFAULT);
    secret = answers[0].answer.secret;
    ask(2, &(struct question){.kind = QUESTION_FORGET, .secret = secret});
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(answer_count == 1);
}

/* A responder's question, which is answered only when tunnel-group `group` has a key. */
static void ask_for_key(uint32_t number, uint32_t group, bool is_strangers)
{
    struct question question = {.kind = QUESTION_SHARE_AND_SKEYID,
                                .group = GROUP_ECP256,
                                .key_index = group,
                                .prf = HASH_SHA256,
                                .is_strangers = is_strangers};

    memcpy(question.peer_public, answers[0].answer.public_value, answers[0].answer.public_len);
    question.peer_public_len = answers[0].answer.public_len;
    question.nonce_i_len = question.nonce_r_len = NONCE_MIN;
    ask(number, &question);
}

static void a_question_is_answered_with_the_keys_of_its_time(void **state)
{
    const struct conf_key first = {3, bytes_of("first", 5)}, second = {5, bytes_of("second", 6)};

    (void)state;
    ask(0, &(struct question){.kind = QUESTION_SHARE, .group = GROUP_ECP256});
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(vault_queue_set_keys(queue, &first, 1));
    ask_for_key(1, 3, true); /* whom nobody passes who asks after the keys are new */
    CHECK(vault_queue_set_keys(queue, &second, 1));
    ask_for_key(2, 3, false);
    ask_for_key(3, 5, false);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(answer_count == 4);
    CHECK(answers[1].ask_number == 1 && answers[1].answer.fault == QUESTION_FAULT_NONE);
    CHECK(answers[2].answer.fault == QUESTION_FAULT_NO_KEY);
    CHECK(answers[3].answer.fault == QUESTION_FAULT_NONE);
}

static void an_index_that_is_too_large_changes_nothing(void **state)
{
    const struct conf_key key = {VAULT_KEYS_MAX, bytes_of("key", 3)};

    (void)state;
    CHECK(!vault_queue_set_keys(queue, &key, 1));
    CHECK(vault_queue_len(queue) == 0);
}

static void ask_for_user(uint32_t number, const char *name, const char *password)
{
    ask(number, &(struct question){
                    .kind = QUESTION_PASSWORD, .user = bytes_of_text(name), .password = bytes_of_text(password)});
}

/* A hash takes long on purpose: the gateway has other things to do. What is asked meanwhile waits for it. */
static void passwords_in_clear_become_hashes_in_the_thread(void **state)
{
    uint8_t space[PASSWORD_HASH_MAX];
    struct bytes hash = __real_password_hash_make(bytes_of_text("hers"), bytes_of_text("0123456789abcdef"), space);
    struct conf_user users[] = {{.name = bytes_of_text("ann"), .password = bytes_of_text("his")},
                                {.name = bytes_of_text("bea"), .password = hash},
                                {.name = bytes_of_text("cas"), .password = bytes_of_text("")},
                                {.name = bytes_of_text("dan"), .password = bytes_of_text("theirs")}};
    static const struct {
        const char *user, *password;
        enum password_verdict verdict;
    } rows[] = {{"ann", "his", PASSWORD_RIGHT},
                {"ann", "hers", PASSWORD_WRONG},
                {"bea", "hers", PASSWORD_RIGHT},
                {"dan", "theirs", PASSWORD_RIGHT},
                {"eve", "his", PASSWORD_WRONG}};

    (void)state;
    loop_thread = pthread_self();
    CHECK(vault_queue_set_users(queue, users, COUNT_OF(users)));
    for (size_t i = 0; i < COUNT_OF(users); i++)
        users[i] = (struct conf_user){0}; /* they were copied */
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        ask_for_user(i, rows[i].user, rows[i].password);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(hashed_count == 3 && hashed_in_loop_count == 0 && answer_count == COUNT_OF(rows));
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        if (answers[i].ask_number != i || answers[i].answer.password_verdict != rows[i].verdict)
            fail_msg("%s with \"%s\"", rows[i].user, rows[i].password);
}

static void a_stopped_queue_answers_no_more(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++)
        ask(i, &(struct question){.kind = QUESTION_SHARE, .group = GROUP_ECP256});
    vault_queue_stop(queue);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(answer_count == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_come_in_the_order_of_the_questions, begin, end),
        cmocka_unit_test_setup_teardown(D02_D03_who_is_known_does_not_wait_for_strangers, begin, end),
        cmocka_unit_test_setup_teardown(nobody_waits_for_what_is_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(a_question_is_answered_with_the_keys_of_its_time, begin, end),
        cmocka_unit_test_setup_teardown(an_index_that_is_too_large_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(passwords_in_clear_become_hashes_in_the_thread, begin, end),
        cmocka_unit_test_setup_teardown(a_stopped_queue_answers_no_more, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
