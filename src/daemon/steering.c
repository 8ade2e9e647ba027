#include "daemon/steering.h"

#include "base/check.h"
#include "daemon/access.h"
#include "daemon/listen.h"
#include "daemon/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_SIZE = 1024, GUESTS_ROOM_LEAST = 16 };

struct steer_guests steering_guests(const struct daemon *daemon)
{
    struct selector *list = NULL;
    size_t count = daemon->plane == NULL ? 0 : plane_guests(daemon->plane, &list);

    return (struct steer_guests){list, count};
}

void steering_take_away(struct daemon *daemon)
{
    char space[SENTENCE_SIZE];
    struct text why = text_of(space, sizeof space);

    if (!access_take_away(&why) || !nat_take_away(&why) || !steer_take_away(&why))
        log_note(daemon->log, LOG_ERR, "%s", space);
}

/* ---- all anew ---- */

struct rewriting {
    struct config_job job;
    struct daemon *daemon;
    enum steering_scope scope;
    struct steer_guests guests;
    bool has_begun, ok;
    struct text why;
    char space[SENTENCE_SIZE];
};

static void begin_rewriting(struct config_job *job)
{
    struct rewriting *r = (struct rewriting *)job;

    r->has_begun = true;
    r->guests = steering_guests(r->daemon);
}

static void rewrite(struct config_job *job)
{
    struct rewriting *r = (struct rewriting *)job;
    const struct policy *policy = &job->in_use->conf.policy, *before = r->scope == STEERING_RESTORED ? NULL : policy;

    r->ok = steer_close_up(policy, r->guests, NULL, &r->why) &&
            (r->scope == STEERING_MARKS ||
             (nat_close_up(before, policy, &r->why) && access_close_up(before, policy, &r->why)));
}

static void rewritten(struct config_job *job, bool is_dropped)
{
    struct rewriting *r = (struct rewriting *)job;
    struct daemon *daemon = r->daemon;

    if (is_dropped && r->has_begun)
        steering_take_away(daemon);
    if (!is_dropped && r->ok && r->scope == STEERING_INTERFACES)
        r->ok =
            nat_open(&daemon->answers, TUN_NAME, &daemon->config->conf.policy, &r->why) && listen_open(daemon, &r->why);
    if (!is_dropped && !r->ok)
        log_note(daemon->log, LOG_ERR, "%s", r->space);
    free((void *)r->guests.list);
    free(r);
}

void steering_again(struct daemon *daemon, enum steering_scope scope)
{
    struct rewriting *r = calloc(1, sizeof *r);

    CHECK(r != NULL);
    r->job = (struct config_job){.begin = begin_rewriting, .run = rewrite, .done = rewritten};
    r->daemon = daemon;
    r->scope = scope;
    r->why = text_of(r->space, sizeof r->space);
    config_queue_add(daemon->configs, &r->job);
}

/* ---- guests ---- */

/* Those that come while others are being let in are let in together. */
struct admission {
    struct config_job job;
    struct daemon *daemon;
    struct guest {
        struct ike_plane_input input; /* what the engine is told */
        struct selector selector;
    } * list;
    size_t count, room;
    bool ok;
    struct text why;
    char space[SENTENCE_SIZE];
};

/* No other guest joins it. */
static void begin_admission(struct config_job *job)
{
    struct admission *a = (struct admission *)job;

    if (a->daemon->admission == a)
        a->daemon->admission = NULL;
}

static void admit(struct config_job *job)
{
    struct admission *a = (struct admission *)job;
    struct selector *selectors = calloc(a->count, sizeof *selectors);

    for (size_t i = 0; selectors != NULL && i < a->count; i++)
        selectors[i] = a->list[i].selector;
    if (selectors == NULL)
        text_add(&a->why, "%s", strerror(ENOMEM));
    else
        a->ok = steer_add_guests(&job->in_use->conf.policy, (struct steer_guests){selectors, a->count}, &a->why);
    free(selectors);
}

static void tell_engine(struct daemon *daemon, struct ike_plane_input input, bool is_steered)
{
    input.kind = is_steered ? IKE_PLANE_INSTALLED : IKE_PLANE_REFUSED;
    input.error = is_steered ? 0 : EIO;
    if (is_steered)
        plane_guest_is_steered(daemon->plane, input.pair);
    else
        plane_remove(daemon->plane, input.pair);
    driver_feed(daemon->driver, &(struct ike_input){.kind = IKE_IN_PLANE, .plane = input});
}

static void admitted(struct config_job *job, bool is_dropped)
{
    struct admission *a = (struct admission *)job;

    if (a->daemon->admission == a)
        a->daemon->admission = NULL;
    if (!is_dropped && !a->ok)
        log_note(a->daemon->log, LOG_ERR, "a peer of a dynamic crypto map is refused: %s", a->space);
    for (size_t i = 0; !is_dropped && i < a->count; i++)
        tell_engine(a->daemon, a->list[i].input, a->ok);
    free(a->list);
    free(a);
}

static void add_guest(struct admission *a, const struct ike_install *install)
{
    if (a->count == a->room) {
        a->room = a->room == 0 ? GUESTS_ROOM_LEAST : 2 * a->room;
        a->list = realloc(a->list, a->room * sizeof *a->list);
        CHECK(a->list != NULL);
    }
    a->list[a->count++] =
        (struct guest){{.pair = install->pair, .spi = install->spi_in, .remote = install->remote}, install->selector};
}

void steering_guest(void *context, const struct ike_install *install)
{
    struct daemon *daemon = context;
    struct admission *a = daemon->admission;

    if (a != NULL) {
        add_guest(a, install);
        return;
    }
    a = calloc(1, sizeof *a);
    CHECK(a != NULL);
    a->job = (struct config_job){.begin = begin_admission, .run = admit, .done = admitted};
    a->daemon = daemon;
    a->why = text_of(a->space, sizeof a->space);
    daemon->admission = a;
    add_guest(a, install);
    config_queue_add(daemon->configs, &a->job);
}
