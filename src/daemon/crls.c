#include "daemon/crls.h"

#include "base/check.h"
#include "crypto/crl.h"
#include "crypto/trust.h"
#include "daemon/clock.h"
#include "daemon/crl_store.h"
#include "daemon/fetch.h"
#include "vault/vault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 500, LISTS_MAX = VAULT_TRUSTS_MAX * CRL_URLS_MAX };
_Static_assert((int)CRL_URLS_MAX <= (int)TRUST_FETCHED_MAX, "each URL has a place");

struct list {
    uint16_t trustpoint;
    uint8_t place;
    char name[128 + 1], url[URL_LEN_MAX + 1];
    uint64_t due_ms;
    const char *why_not; /* told, and not yet over */
    uint8_t *der;        /* NULL: there is none */
    size_t der_len;
    struct crl crl;
};

struct crls {
    uv_loop_t *loop;
    struct log *log;
    struct vault_queue *queue;
    struct fetch *fetch;
    char *directory;
    struct crl_store *store; /* NULL: not opened, or it cannot be */
    const struct policy *policy;
    struct list *lists;
    size_t count;
    char fetched_url[URL_LEN_MAX + 1], fetched_name[128 + 1];
    uv_timer_t timer;
};

static struct list *list_of(const struct crls *r, const char *name, const char *url)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->lists[i].name, name) == 0 && strcmp(r->lists[i].url, url) == 0)
            return &r->lists[i];
    return NULL;
}

static void give(struct crls *r, const struct list *list)
{
    if (!vault_queue_set_crl(r->queue, list->trustpoint, list->place, bytes_of(list->der, list->der_len)))
        log_note(r->log, LOG_ERR, "no memory for the CRL of %s", list->url);
}

/* ---- what came */

static const char *why_refused(const struct crls *r, const struct list *list, const struct crl *crl, struct bytes der)
{
    const struct trustpoint *t = &r->policy->trustpoints[list->trustpoint];

    if (!crl_is_of(der, t->anchors, t->anchor_count) && !crl_is_of(der, t->certificates, t->certificate_count))
        return "it is signed by no authority that the trustpoint knows";
    if (crl->next_update_s != 0 && crl->next_update_s <= (int64_t)(clock_wall_ms() / 1000))
        return "it has expired";
    if (list->der != NULL && crl->this_update_s < list->crl.this_update_s)
        return "it is older than the one from before";
    return NULL;
}

static uint64_t until_next_ms(const struct crls *r, const struct list *list)
{
    uint64_t cache_ms = (uint64_t)r->policy->trustpoints[list->trustpoint].crl_minutes * 60000;
    int64_t left_ms = list->crl.next_update_s * 1000 - (int64_t)clock_wall_ms();

    if (list->crl.next_update_s == 0 || left_ms > (int64_t)cache_ms)
        return cache_ms;
    return left_ms < CRLS_SOONEST_MS ? CRLS_SOONEST_MS : (uint64_t)left_ms;
}

static bool hold(struct list *list, const struct crl *crl, struct bytes der)
{
    uint8_t *copy = malloc(der.len);

    if (copy == NULL)
        return false;
    memcpy(copy, der.data, der.len);
    free(list->der);
    list->der = copy;
    list->der_len = der.len;
    list->crl = *crl;
    return true;
}

static void keep(struct crls *r, const struct list *list)
{
    if (r->store != NULL && !crl_store_put(r->store, list->name, list->url, bytes_of(list->der, list->der_len)))
        log_note(r->log, LOG_WARNING, "the CRL of %s is not kept over a restart: %s", list->url, strerror(errno));
}

/* From before a restart, if it would be taken from its server, too. */
static void recall(struct crls *r, struct list *list)
{
    struct bytes kept = crl_store_get(r->store, list->name, list->url), der;
    struct crl crl;

    if (kept.len == 0)
        return;
    if (crl_read(&crl, kept, (uint8_t *)kept.data, &der) && why_refused(r, list, &crl, der) == NULL &&
        hold(list, &crl, der))
        log_note(r->log, LOG_NOTICE, "trustpoint %s has the CRL of %s from before the restart", list->name, list->url);
    free((void *)kept.data);
}

static const char *take(struct crls *r, struct list *list, struct bytes body)
{
    uint8_t *space = malloc(body.len);
    struct bytes der = {0};
    struct crl crl;
    const char *why = space == NULL                       ? "there is no memory for it"
                      : crl_read(&crl, body, space, &der) ? why_refused(r, list, &crl, der)
                                                          : "it is no CRL";
    bool is_new = why == NULL && (list->der == NULL || list->crl.this_update_s != crl.this_update_s);

    if (why == NULL && !hold(list, &crl, der))
        why = "there is no memory for it";
    free(space);
    if (why != NULL)
        return why;
    if (is_new)
        log_note(r->log, LOG_NOTICE, "trustpoint %s has the CRL of %s: %u certificates are revoked", list->name,
                 list->url, crl.revoked_count);
    give(r, list);
    keep(r, list);
    return NULL;
}

static void on_done(void *context, struct bytes body, const char *why)
{
    struct crls *r = context;
    struct list *list = list_of(r, r->fetched_name, r->fetched_url);

    if (list == NULL) /* it is wanted no more */
        return;
    if (why == NULL)
        why = take(r, list, body);
    list->due_ms = clock_now_ms() + (why == NULL ? until_next_ms(r, list) : CRLS_RETRY_MS);
    if (why != NULL && list->why_not == NULL)
        log_note(r->log, LOG_WARNING, "trustpoint %s gets no CRL from %s: %s; %s", list->name, list->url, why,
                 list->der != NULL ? "the one from before is used until it expires" : "it is asked again each minute");
    list->why_not = why;
}

/* ---- when */

static void on_tick(uv_timer_t *timer)
{
    struct crls *r = timer->data;
    uint64_t now_ms = clock_now_ms();

    for (size_t i = 0; i < r->count && !fetch_is_busy(r->fetch); i++) {
        struct list *list = &r->lists[i];

        if (list->due_ms > now_ms)
            continue;
        list->due_ms = now_ms + CRLS_RETRY_MS;
        memcpy(r->fetched_url, list->url, sizeof r->fetched_url);
        memcpy(r->fetched_name, list->name, sizeof r->fetched_name);
        (void)fetch_begin(r->fetch, list->url);
    }
}

struct crls *crls_create(uv_loop_t *loop, struct log *log, struct vault_queue *queue, const char *directory)
{
    struct crls *r = calloc(1, sizeof *r);

    if (r == NULL || (directory != NULL && (r->directory = strdup(directory)) == NULL) ||
        (r->fetch = fetch_create(loop, r, on_done)) == NULL) {
        free(r == NULL ? NULL : r->directory);
        free(r);
        return NULL;
    }
    r->loop = loop;
    r->log = log;
    r->queue = queue;
    CHECK(uv_timer_init(loop, &r->timer) == 0);
    r->timer.data = r;
    return r;
}

/* What was fetched from there for a trustpoint of that name is kept. */
static struct list list_make(struct crls *r, uint16_t trustpoint, uint8_t place)
{
    const struct trustpoint *t = &r->policy->trustpoints[trustpoint];
    struct list *before = list_of(r, t->name, t->crl_urls[place]), list = {0};

    if (before != NULL) {
        list = *before;
        before->der = NULL;
    }
    list.trustpoint = trustpoint;
    list.place = place;
    CHECK(strlen(t->name) < sizeof list.name && strlen(t->crl_urls[place]) < sizeof list.url);
    memcpy(list.name, t->name, strlen(t->name) + 1);
    memcpy(list.url, t->crl_urls[place], strlen(t->crl_urls[place]) + 1);
    return list;
}

static void open_store(struct crls *r)
{
    char space[512];
    struct text why = text_of(space, sizeof space);

    if (r->directory == NULL)
        return;
    r->store = crl_store_open(r->directory, &why);
    if (r->store == NULL)
        log_note(r->log, LOG_WARNING, "no CRL is kept over a restart: %s", space);
    free(r->directory);
    r->directory = NULL;
}

static bool is_kept(void *context, const char *file)
{
    const struct crls *r = context;
    char name[CRL_STORE_NAME_SIZE];

    for (size_t i = 0; i < r->count; i++) {
        crl_store_name(r->lists[i].name, r->lists[i].url, name);
        if (strcmp(name, file) == 0)
            return true;
    }
    return false;
}

static void free_lists(struct list *lists, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(lists[i].der);
    free(lists);
}

void crls_use(struct crls *r, const struct policy *policy)
{
    struct list *lists = calloc(LISTS_MAX, sizeof *lists);
    size_t count = 0;

    r->policy = policy;
    for (uint16_t i = 0; lists != NULL && i < policy->trustpoint_count; i++)
        for (uint8_t k = 0; k < CRL_URLS_MAX && policy->trustpoints[i].crl_urls[k] != NULL; k++)
            if (revocation_asks(policy->trustpoints[i].revocation, REVOCATION_BY_CRL))
                lists[count++] = list_make(r, i, k);
    free_lists(r->lists, r->count);
    r->lists = lists;
    r->count = count;
    if (count > 0)
        open_store(r);
    if (r->store != NULL)
        crl_store_sweep(r->store, r, is_kept);
    for (size_t i = 0; i < count; i++) {
        if (lists[i].der == NULL && r->store != NULL)
            recall(r, &lists[i]);
        if (lists[i].der != NULL)
            give(r, &lists[i]);
    }
    if (count == 0)
        uv_timer_stop(&r->timer);
    else if (!uv_is_active((uv_handle_t *)&r->timer))
        CHECK(uv_timer_start(&r->timer, on_tick, 0, TICK_MS) == 0);
}

size_t crls_again(struct crls *r, const char *trustpoint)
{
    size_t count = 0;

    for (size_t i = 0; i < r->count; i++) {
        if (trustpoint != NULL && strcmp(r->lists[i].name, trustpoint) != 0)
            continue;
        r->lists[i].due_ms = 0;
        count++;
    }
    if (count > 0)
        CHECK(uv_timer_start(&r->timer, on_tick, 0, TICK_MS) == 0);
    return count;
}

size_t crls_forget(struct crls *r, const char *trustpoint)
{
    for (size_t i = 0; i < r->count; i++) {
        struct list *list = &r->lists[i];

        if (list->der == NULL || (trustpoint != NULL && strcmp(list->name, trustpoint) != 0))
            continue;
        free(list->der);
        list->der = NULL;
        list->der_len = 0;
        give(r, list);
        if (r->store != NULL)
            crl_store_drop(r->store, list->name, list->url);
    }
    return crls_again(r, trustpoint);
}

bool crls_nth(const struct crls *r, size_t nth, struct crls_view *view)
{
    if (nth >= r->count)
        return false;
    const struct list *list = &r->lists[nth];
    uint64_t now_ms = clock_now_ms();
    *view = (struct crls_view){
        .trustpoint = list->name,
        .url = list->url,
        .is_under_way = fetch_is_busy(r->fetch) && list == list_of(r, r->fetched_name, r->fetched_url),
        .why_not = list->why_not,
        .crl = list->der == NULL ? NULL : &list->crl,
        .len = list->der_len,
        .next_attempt_s = list->due_ms > now_ms ? (list->due_ms - now_ms + 999) / 1000 : 0,
    };
    return true;
}

static void on_closed(uv_handle_t *handle)
{
    struct crls *r = handle->data;

    free_lists(r->lists, r->count);
    crl_store_close(r->store);
    free(r->directory);
    free(r);
}

void crls_close(struct crls *r)
{
    fetch_close(r->fetch);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}
