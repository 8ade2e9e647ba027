/* Which function answers which request: answers.def. */
#include "base/check.h"
#include "daemon/control_client.h"

static const struct {
    control_producer *shows;
    void (*does)(struct client *client);
    const struct made_way *makes;
} answers[CONTROL_REQUEST_COUNT] = {
#define SHOWS(request, by) [CONTROL_##request] = {by, NULL, NULL},
#define DOES(request, by) [CONTROL_##request] = {NULL, by, NULL},
#define MAKES(request, by) [CONTROL_##request] = {NULL, NULL, &(by)},
#include "daemon/answers.def"
#undef SHOWS
#undef DOES
#undef MAKES
};

bool control_is_answered(enum control_request_id id)
{
    return answers[id].shows != NULL || answers[id].does != NULL || answers[id].makes != NULL;
}

void handle_request(struct client *client)
{
    enum control_request_id id = client->request.id;

    CHECK(control_is_answered(id)); /* no request of the shell comes to the gateway */
    client->producer = answers[id].shows;
    if (answers[id].does != NULL)
        answers[id].does(client);
    else if (answers[id].makes != NULL)
        client_make(client, answers[id].makes, NULL);
}
