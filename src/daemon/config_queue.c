#include "daemon/config_queue.h"

#include "base/check.h"

#include <stdlib.h>

struct config_queue {
    uv_loop_t *loop;
    struct config *const *in_use;
    uv_work_t work;
    struct config_job *running;
    struct config_job *first, **last;
    bool is_stopped;
};

static void run(uv_work_t *work)
{
    struct config_job *job = ((struct config_queue *)work->data)->running;

    job->run(job);
}

static void start_next(struct config_queue *queue);

static void is_done(uv_work_t *work, int status)
{
    struct config_queue *queue = work->data;
    struct config_job *job = queue->running;

    (void)status;
    job->done(job, queue->is_stopped); /* it may add others, which wait for its end */
    queue->running = NULL;
    start_next(queue);
}

static void start_next(struct config_queue *queue)
{
    if (queue->running != NULL || queue->first == NULL)
        return;
    struct config_job *job = queue->running = queue->first;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    job->in_use = *queue->in_use;
    if (job->begin != NULL)
        job->begin(job);
    queue->work.data = queue;
    CHECK(uv_queue_work(queue->loop, &queue->work, run, is_done) == 0);
}

struct config_queue *config_queue_create(uv_loop_t *loop, struct config *const *in_use)
{
    struct config_queue *queue = calloc(1, sizeof *queue);

    if (queue == NULL)
        return NULL;
    queue->loop = loop;
    queue->in_use = in_use;
    queue->last = &queue->first;
    return queue;
}

void config_queue_add(struct config_queue *queue, struct config_job *job)
{
    if (queue->is_stopped) {
        job->done(job, true);
        return;
    }
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    start_next(queue);
}

struct given_back {
    struct config_job job;
    struct config *config;
};

static void free_config(struct config_job *job)
{
    struct given_back *back = (struct given_back *)job;

    config_free(back->config);
    back->config = NULL;
}

static void given_back(struct config_job *job, bool is_dropped)
{
    struct given_back *back = (struct given_back *)job;

    (void)is_dropped;
    if (back->config != NULL)
        config_free(back->config);
    free(back);
}

void config_queue_give_back(struct config_queue *queue, struct config *config)
{
    struct given_back *back = calloc(1, sizeof *back);

    if (back == NULL) {
        config_free(config);
        return;
    }
    *back = (struct given_back){.job = {.run = free_config, .done = given_back}, .config = config};
    config_queue_add(queue, &back->job);
}

bool config_queue_is_busy(const struct config_queue *queue)
{
    return queue->running != NULL || queue->first != NULL;
}

void config_queue_stop(struct config_queue *queue)
{
    queue->is_stopped = true;
    while (queue->first != NULL) {
        struct config_job *job = queue->first;

        queue->first = job->next;
        job->done(job, true);
    }
    queue->last = &queue->first;
}

void config_queue_free(struct config_queue *queue)
{
    CHECK(queue->running == NULL && queue->first == NULL);
    free(queue);
}
