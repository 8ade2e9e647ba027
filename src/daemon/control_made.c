/* Answers that are made beside the loop: of the configuration, of the packet filter, and of what the kernel is asked
 * for many times over. One part is made, and sent, and the next one is made: so an answer costs no more memory than its
 * longest part, and a change of the configuration gets its turn in between. */
#include "base/check.h"
#include "daemon/control_client.h"

#include <stdlib.h>
#include <string.h>

static void made_free(void *context)
{
    struct made *made = context;
    struct control *control = made->control;

    if (made->own != NULL)
        made->way->forget(made->own);
    running_free(&made->records);
    bytes_wipe(made, sizeof *made);
    free(made);
    control_free_when_closed(control);
}

void client_forget_made(struct client *client)
{
    if (client->made != NULL)
        made_free(client->made);
    client->made = NULL;
}

void made_add(struct made *made, const struct control_record *r)
{
    char space[RECORD_LINE_SIZE + 1];
    struct text line = text_of(space, RECORD_LINE_SIZE);

    text_add_record(&line, r);
    CHECK(!line.is_cut);
    line.data[line.len++] = '\n';
    made->is_cut |= !running_add(&made->records, bytes_of(line.data, line.len));
}

static void look(struct control_task *task)
{
    struct made *made = task->own;

    made->is_unwanted = task->context == NULL;
    made->generation = made->control->generation;
    if (!made->is_unwanted && made->way->look != NULL)
        made->way->look(made);
}

static void work(struct control_task *task, const struct conf *conf)
{
    struct made *made = task->own;

    if (made->is_unwanted)
        return;
    made->records.len = made->sent = 0;
    made->conf = conf;
    made->way->make(made);
    made->conf = NULL;
}

static bool send_part(struct client *client);

static void take_part(struct client *client, struct control_task *task, const char *why)
{
    client->made = task->own;
    task->own = NULL;
    if (why != NULL)
        client_fail(client, CONTROL_ERROR_NOT_READY, *why ? why : NULL);
    else if (client->made->is_cut)
        client_fail(client, CONTROL_ERROR_NOT_READY, "there is no memory for the answer");
    else
        client->producer = send_part;
}

static void make_part(struct client *client)
{
    struct control_task task = {
        .kind = CONTROL_TASK_WORK, .look = look, .work = work, .forget = made_free, .own = client->made};

    client->made = NULL;
    client->producer = NULL;
    client_begin(client, &task, take_part);
}

static bool send_part(struct client *client)
{
    struct made *made = client->made;
    struct bytes rest = bytes_after(bytes_of(made->records.text, made->records.len), made->sent);
    const uint8_t *end = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;

    if (end != NULL) {
        rest.len = (size_t)(end - rest.data) + 1;
        made->sent += rest.len;
        client_send_line(client, rest);
        return true;
    }
    if (!made->is_over) {
        make_part(client);
        return true;
    }
    if (made->way->end != NULL)
        made->way->end(client, made);
    return false;
}

void client_make(struct client *client, const struct made_way *way, void *own)
{
    struct made *made = calloc(1, sizeof *made);

    if (made == NULL) {
        if (own != NULL)
            way->forget(own);
        client_fail(client, CONTROL_ERROR_NOT_READY, "there is no memory for the answer");
        return;
    }
    made->way = way;
    made->own = own;
    made->control = client->control;
    made->control->handle_count++; /* until made_free */
    made->source = *client->control->source;
    made->request = client->request;
    client->made = made;
    make_part(client);
}
