/* What the daemon does beside its loop for a shell. The shell may be gone when it is done: then nobody is told. */
#include "daemon/control_client.h"

#include <stdlib.h>
#include <string.h>

static void tell(struct control_task *task, const struct conf_finding *finding)
{
    struct client *client = task->context;
    struct control_record r = control_record_of(finding->line ? RECORD_finding : RECORD_warning);

    if (client == NULL)
        return;
    if (finding->line)
        set_finding(&r, finding);
    else
        record_set_text(&r, COL_warning_sentence, finding->sentence);
    client_send(client, &r);
}

static void empty(struct control_task *task)
{
    if (task->own != NULL)
        task->forget(task->own);
    running_free(&task->lines);
    running_free(&task->text);
    bytes_wipe(task, sizeof *task);
}

static void done(struct control_task *task, const char *why)
{
    struct client *client = task->context;

    if (client != NULL) {
        client->task = NULL;
        client->then(client, task, why);
        client_go_on(client);
    }
    empty(task);
    free(task);
}

void client_begin(struct client *client, struct control_task *task,
                  void (*then)(struct client *client, struct control_task *task, const char *why))
{
    struct control_task *begun = malloc(sizeof *begun);
    const struct control_source *source = client->control->source;

    if (begun == NULL) {
        empty(task);
        client_fail(client, CONTROL_ERROR_NOT_READY, "there is no memory for it");
        return;
    }
    *begun = *task;
    begun->tell = tell;
    begun->done = done;
    begun->context = client;
    memcpy(begun->words, client->request.rest, sizeof begun->words);
    client->task = begun;
    client->then = then;
    source->begin(source->context, begun);
}

void client_forget_task(struct client *client)
{
    if (client->task != NULL)
        client->task->context = NULL;
    client->task = NULL;
}
