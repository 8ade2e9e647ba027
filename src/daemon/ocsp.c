#include "daemon/ocsp.h"

#include "base/check.h"
#include "crypto/random.h"
#include "daemon/clock.h"
#include "daemon/fetch.h"

#include <stdlib.h>

_Static_assert((int)STATUS_REQUEST_MAX <= (int)FETCH_POST_MAX, "each request can be posted");

/* One exchange that waits. */
struct waiting {
    struct waiting *next;
    struct handle exchange;
    uint32_t ask_number;
    struct answer answer;
    struct status *status;
    uint64_t deadline_ms;
};

struct asker {
    struct ocsp *ocsp;
    struct fetch *fetch;
    struct waiting *waiting; /* NULL: it is free */
};

struct ocsp {
    struct log *log;
    uint64_t patience_ms;
    void *context;
    ocsp_answered *on_answer;
    struct asker askers[OCSP_AT_A_TIME];
    struct waiting *first, **last;
    size_t count;
};

static void free_waiting(struct waiting *w)
{
    status_free(w->status);
    answer_wipe(&w->answer);
    free(w);
}

/* ---- what comes of it ---- */

static void tell(struct ocsp *ocsp, enum event_kind kind, const struct status *status, const char *who,
                 const char *what)
{
    char space[EVENT_TEXT_SIZE];
    struct text text = text_of(space, sizeof space);
    struct event e = event_of(kind);

    text_add(&text, "%s%s; asked of %s for trustpoint %s about ", who, what, status_url(status),
             status_trustpoint(status));
    status_add_subject(&text, status);
    event_add_text(&e, FIELD_DETAIL, space);
    log_event(ocsp->log, &e);
}

static void decide(struct ocsp *ocsp, struct waiting *w, enum trust_fault fault)
{
    struct answer *answer = &w->answer;

    if (fault != TRUST_OK)
        answer_wipe(answer);
    answer->fault = fault == TRUST_OK ? QUESTION_FAULT_NONE : QUESTION_FAULT_CERTIFICATE;
    answer->trust = fault;
    ocsp->count--;
    ocsp->on_answer(ocsp->context, w->exchange, w->ask_number, answer);
    free_waiting(w);
}

/* Nobody says anything: what the statement names next holds. */
static void decide_without(struct ocsp *ocsp, struct waiting *w, const char *who, const char *why)
{
    tell(ocsp, EV_STATUS_MISSING, w->status, who, why);
    decide(ocsp, w, status_fault_without(w->status));
}

/* ---- asking ---- */

static bool begin(struct asker *asker, struct waiting *w)
{
    uint64_t now_ms = clock_now_ms();
    uint8_t nonce[STATUS_NONCE_LEN], space[STATUS_REQUEST_MAX];

    if (now_ms >= w->deadline_ms) {
        decide_without(asker->ocsp, w, "", "too many others are asked about for it to be asked in time");
        return false;
    }
    if (!random_fill(nonce, sizeof nonce)) {
        decide_without(asker->ocsp, w, "", "the system gives no randomness for a nonce");
        return false;
    }
    struct fetch_post post = {.url = status_url(w->status),
                              .content_type = "application/ocsp-request", /* RFC 6960 appendix A */
                              .body = status_request(w->status, BYTES_OF(nonce), space),
                              .most = OCSP_RESPONSE_MAX,
                              .patience_ms = w->deadline_ms - now_ms};
    if (post.body.len == 0 || !fetch_begin_post(asker->fetch, &post)) {
        decide_without(asker->ocsp, w, "", "there is no memory to ask");
        return false;
    }
    asker->waiting = w;
    return true;
}

static struct waiting *take_first(struct ocsp *ocsp)
{
    struct waiting *w = ocsp->first;

    ocsp->first = w->next;
    if (ocsp->first == NULL)
        ocsp->last = &ocsp->first;
    return w;
}

static void go_on(struct ocsp *ocsp)
{
    for (size_t i = 0; i < OCSP_AT_A_TIME; i++)
        while (ocsp->askers[i].waiting == NULL && ocsp->first != NULL && !begin(&ocsp->askers[i], take_first(ocsp)))
            ;
}

static void take(struct asker *asker, struct waiting *w, struct bytes body)
{
    enum status_answer answer = status_read(w->status, body, (int64_t)(clock_wall_ms() / 1000));

    if (answer != STATUS_GOOD && answer != STATUS_REVOKED) {
        decide_without(asker->ocsp, w, "the responder ", status_meaning(answer));
        return;
    }
    tell(asker->ocsp, EV_STATUS_TAKEN, w->status, "the responder ", status_meaning(answer));
    if (answer == STATUS_REVOKED)
        decide(asker->ocsp, w, TRUST_REVOKED);
    else if (status_next(w->status))
        (void)begin(asker, w);
    else
        decide(asker->ocsp, w, TRUST_OK);
}

static void on_done(void *context, struct bytes body, const char *why)
{
    struct asker *asker = context;
    struct waiting *w = asker->waiting;

    asker->waiting = NULL;
    if (why != NULL)
        decide_without(asker->ocsp, w, "", why);
    else
        take(asker, w, body);
    go_on(asker->ocsp);
}

void ocsp_ask(struct ocsp *ocsp, struct handle exchange, uint32_t ask_number, const struct answer *answer,
              struct status *status)
{
    struct waiting *w = calloc(1, sizeof *w);

    CHECK(w != NULL); /* as vault_queue_ask: without that memory nothing can go on */
    *w = (struct waiting){.exchange = exchange,
                          .ask_number = ask_number,
                          .answer = *answer,
                          .status = status,
                          .deadline_ms = clock_now_ms() + ocsp->patience_ms};
    if (++ocsp->count > OCSP_WAITING_MAX) {
        decide_without(ocsp, w, "", "too many wait for responders already");
        return;
    }
    *ocsp->last = w;
    ocsp->last = &w->next;
    go_on(ocsp);
}

/* ---- begin and end ---- */

struct ocsp *ocsp_create(uv_loop_t *loop, struct log *log, uint64_t patience_ms, void *context,
                         ocsp_answered *on_answer)
{
    struct ocsp *ocsp = calloc(1, sizeof *ocsp);
    bool is_made = ocsp != NULL;

    if (ocsp == NULL)
        return NULL;
    ocsp->log = log;
    ocsp->patience_ms = patience_ms;
    ocsp->context = context;
    ocsp->on_answer = on_answer;
    ocsp->last = &ocsp->first;
    for (size_t i = 0; i < OCSP_AT_A_TIME; i++) {
        ocsp->askers[i] = (struct asker){.ocsp = ocsp, .fetch = fetch_create(loop, &ocsp->askers[i], on_done)};
        is_made &= ocsp->askers[i].fetch != NULL;
    }
    if (is_made)
        return ocsp;
    ocsp_close(ocsp);
    return NULL;
}

void ocsp_close(struct ocsp *ocsp)
{
    for (size_t i = 0; i < OCSP_AT_A_TIME; i++) {
        if (ocsp->askers[i].fetch != NULL)
            fetch_close(ocsp->askers[i].fetch);
        if (ocsp->askers[i].waiting != NULL)
            free_waiting(ocsp->askers[i].waiting);
    }
    while (ocsp->first != NULL)
        free_waiting(take_first(ocsp));
    free(ocsp);
}
