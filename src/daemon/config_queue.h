/* What takes long and is about a configuration: reading, writing and comparing. One job after the other, in a thread of
 * libuv's pool, while the loop goes on with the configuration that is in use. A job begins with what the one before it
 * has left in use: of two changes the second starts from the result of the first.
 *
 *     queue = config_queue_create(loop, &daemon->config);
 *     config_queue_add(queue, &mine->job);
 *     config_queue_stop(queue);      no other job begins: they are done, as dropped; the one that runs, when it has run
 *     config_queue_free(queue);      the loop has ended
 *
 * While a job is in the thread nobody writes to the configuration in use, which it may read: whoever wants to asks
 * config_queue_is_busy first. */
#ifndef DAEMON_CONFIG_QUEUE_H
#define DAEMON_CONFIG_QUEUE_H

#include "daemon/config.h"

#include <uv.h>

struct config_job {
    struct config_job *next;
    /* In the loop, just before; may be NULL. */
    void (*begin)(struct config_job *job);
    /* In the thread: it touches what is the job's own, and reads `in_use`. */
    void (*run)(struct config_job *job);
    /* In the loop; the job is its again. is_dropped: the daemon ends, and `run` may not have been called. */
    void (*done)(struct config_job *job, bool is_dropped);
    const struct config *in_use;
};

struct config_queue;

/* `in_use` is borrowed, and looked at when a job begins. NULL: no memory. */
struct config_queue *config_queue_create(uv_loop_t *loop, struct config *const *in_use);
void config_queue_add(struct config_queue *queue, struct config_job *job);

/* config_free in the thread: nobody uses it any more, and to wipe it takes long. */
void config_queue_give_back(struct config_queue *queue, struct config *config);

/* A job is in the thread, or waits. */
bool config_queue_is_busy(const struct config_queue *queue);

void config_queue_stop(struct config_queue *queue);
void config_queue_free(struct config_queue *queue);

#endif
