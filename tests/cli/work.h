/* CONTROL_TASK_WORK as the daemon does it: in a thread beside the loop, where a test may hold it.
 *
 *     work_hold();                     what begins from now on waits
 *     work_has_begun();                one has, and waits
 *     work_let_go();                   and all go on, also those that begin later */
#ifndef TESTS_CLI_WORK_H
#define TESTS_CLI_WORK_H

#include "base/check.h"
#include "daemon/control.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

struct work {
    uv_work_t work;
    struct control_task *task;
    const struct conf *conf;
};

static atomic_bool work_is_held;
static sem_t work_begun, work_may_go_on;

static inline void work_hold(void)
{
    CHECK(sem_init(&work_begun, 0, 0) == 0 && sem_init(&work_may_go_on, 0, 0) == 0);
    work_is_held = true;
}

static inline bool work_has_begun(void)
{
    return sem_trywait(&work_begun) == 0;
}

static inline void work_let_go(void)
{
    work_is_held = false;
    CHECK(sem_post(&work_may_go_on) == 0);
}

static void work_run(uv_work_t *uv)
{
    struct work *work = uv->data;

    if (work_is_held)
        CHECK(sem_post(&work_begun) == 0 && sem_wait(&work_may_go_on) == 0);
    work->task->work(work->task, work->conf);
}

static void work_done(uv_work_t *uv, int status)
{
    struct control_task *task = ((struct work *)uv->data)->task;

    CHECK(status == 0);
    free(uv->data);
    task->done(task, NULL);
}

static inline void work_begin(uv_loop_t *loop, struct control_task *task, const struct conf *conf)
{
    struct work *work = calloc(1, sizeof *work);

    CHECK(work != NULL);
    *work = (struct work){.work = {.data = work}, .task = task, .conf = conf};
    if (task->look != NULL)
        task->look(task);
    CHECK(uv_queue_work(loop, &work->work, work_run, work_done) == 0);
}

#endif
