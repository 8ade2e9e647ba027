#include "daemon/vault_queue.h"

#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
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
        cmocka_unit_test_setup_teardown(a_stopped_queue_answers_no_more, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
