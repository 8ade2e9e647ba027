#include "daemon/vault_queue.h"

#include "base/check.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "vault/trust.h"
#include "vault/vault.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* A question, or new keys when `keys` is set. */
struct job {
    struct job *next;
    struct handle exchange;
    uint32_t ask_number;
    struct question question;
    struct answer answer;
    struct status *open;
    bool has_trusts;
    struct trust *trusts[VAULT_TRUSTS_MAX]; /* once they are set, those before them */
    uint8_t *crl;                           /* DER, for a place of a trustpoint */
    size_t crl_len;
    uint16_t crl_trustpoint;
    uint8_t crl_place;
    uint8_t *views;        /* of the question */
    struct conf_key *keys; /* followed by the bytes of the keys, in one allocation of keys_len bytes */
    size_t key_count, keys_len;
    bool has_credentials;
    struct credentials credentials; /* as `users` */
    size_t credentials_len;
    bool has_users;
    struct users users; /* in one allocation, passwords among the hashes; once they are set, those before them */
    size_t users_len;
};

/* Jobs that are done one after the other. Strangers' questions are passed by those of others, and by nothing else:
 * `known` is the place before the first of them that may be passed (attack list D02, D03). */
struct lane {
    struct vault_queue *queue;
    uv_work_t work;
    struct job *running;
    struct job *first, **known, **last;
};

/* Passwords go their own way: a hash is slow on purpose, and nobody else shall wait for it. */
enum { LANE_KEYS, LANE_USERS, LANE_COUNT };

struct vault_queue {
    uv_loop_t *loop;
    struct vault_queue_hooks hooks;
    struct lane lanes[LANE_COUNT];
    uint32_t len;
    bool is_stopped;
    struct users users; /* of LANE_USERS */
    size_t users_len;
    struct credentials credentials;
    size_t credentials_len;
    struct vault *vault;
    void *space;
    size_t space_len;
    uint32_t key_count; /* the keys beyond are empty */
    struct trust *trusts[VAULT_TRUSTS_MAX];
};

static void free_users(struct users users, size_t len)
{
    if (users.list != NULL)
        bytes_wipe((void *)users.list, len);
    free((void *)users.list);
}

static void free_credentials(struct credentials credentials, size_t len)
{
    if (credentials.list != NULL)
        bytes_wipe((void *)credentials.list, len);
    free((void *)credentials.list);
}

static void free_job(struct job *job)
{
    if (job->keys != NULL) {
        bytes_wipe(job->keys, job->keys_len);
        free(job->keys);
    }
    for (size_t i = 0; i < COUNT_OF(job->trusts); i++)
        trust_free(job->trusts[i]);
    status_free(job->open);
    free_users(job->users, job->users_len);
    free_credentials(job->credentials, job->credentials_len);
    if (job->views != NULL)
        bytes_wipe(job->views, question_views_len(&job->question));
    free(job->views);
    free(job->crl);
    bytes_wipe(job, sizeof *job);
    free(job);
}

static void set_keys(struct vault_queue *queue, const struct job *job)
{
    uint32_t count = 0;
    bool is_given[VAULT_KEYS_MAX] = {false};

    /* A key that another one replaces is remembered by the vault, so none is taken away first. A key that the vault
     * refuses is longer than any Cisco takes; conf has said so. The question for it is answered with NO_KEY. */
    for (size_t i = 0; i < job->key_count; i++) {
        uint16_t index = job->keys[i].tunnel_group;

        is_given[index] = vault_set_key(queue->vault, index, job->keys[i].key);
        if (index >= count)
            count = index + 1u;
    }
    for (uint32_t i = 0; i < queue->key_count; i++)
        if (!is_given[i])
            vault_set_key(queue->vault, i, bytes_of(NULL, 0));
    queue->key_count = count;
}

static void set_trusts(struct vault_queue *queue, struct job *job)
{
    for (uint32_t i = 0; i < VAULT_TRUSTS_MAX; i++) {
        struct trust *before = queue->trusts[i];

        CHECK(vault_set_trust(queue->vault, i, job->trusts[i]));
        queue->trusts[i] = job->trusts[i];
        job->trusts[i] = before;
    }
}

static void set_crl(struct vault_queue *queue, const struct job *job)
{
    struct trust *trust = queue->trusts[job->crl_trustpoint];

    if (trust != NULL)
        (void)trust_set_fetched_crl(trust, job->crl_place, bytes_of(job->crl, job->crl_len));
}

/* vault_queue_set_users has put the salt at the place of the hash, and the password behind it. */
static void hash_password(struct user *user)
{
    uint8_t *password = (uint8_t *)user->hash.data, *place = password - PASSWORD_HASH_MAX, salt[PASSWORD_SALT_LEN];
    size_t len = user->hash.len;

    memcpy(salt, place, sizeof salt);
    user->hash = password_hash_make(bytes_of(password, len), BYTES_OF(salt), place);
    bytes_wipe(password, len);
}

static void set_users(struct vault_queue *queue, struct job *job)
{
    struct users before = queue->users;
    size_t len = queue->users_len;

    for (uint32_t i = 0; i < job->users.count; i++)
        if (!password_hash_is_good(job->users.list[i].hash))
            hash_password((struct user *)&job->users.list[i]);
    queue->users = job->users;
    queue->users_len = job->users_len;
    job->users = before;
    job->users_len = len;
}

static void set_credentials(struct vault_queue *queue, struct job *job)
{
    struct credentials before = queue->credentials;
    size_t len = queue->credentials_len;

    vault_set_credentials(queue->vault, job->credentials);
    queue->credentials = job->credentials;
    queue->credentials_len = job->credentials_len;
    job->credentials = before;
    job->credentials_len = len;
}

static void answer_password(struct vault_queue *queue, struct job *job)
{
    const struct question *question = &job->question;

    job->answer = (struct answer){.password_verdict = users_password_verdict(&queue->users, question->user,
                                                                             question->password, question->is_decoy),
                                  .is_server_silent = question->is_server_silent};
}

/* On a thread of the pool. */
static void run(uv_work_t *work)
{
    struct lane *lane = work->data;
    struct vault_queue *queue = lane->queue;
    struct job *job = lane->running;
    uint8_t randomness[VAULT_RANDOM_LEN];

    if (job->keys != NULL) {
        set_keys(queue, job);
        return;
    }
    if (job->has_trusts) {
        set_trusts(queue, job);
        return;
    }
    if (job->crl != NULL) {
        set_crl(queue, job);
        return;
    }
    if (job->has_users) {
        set_users(queue, job);
        return;
    }
    if (job->has_credentials) {
        set_credentials(queue, job);
        return;
    }
    if (job->question.kind == QUESTION_PASSWORD) {
        answer_password(queue, job);
        return;
    }
    vault_set_time(queue->vault, (int64_t)time(NULL));
    bool is_random = random_fill(randomness, sizeof randomness);
    vault_answer(queue->vault, &job->question, bytes_of(randomness, is_random ? sizeof randomness : 0), &job->answer);
    job->open = vault_take_open(queue->vault);
    bytes_wipe(randomness, sizeof randomness);
}

static bool is_question(const struct job *job)
{
    return job->keys == NULL && !job->has_trusts && job->crl == NULL && !job->has_users && !job->has_credentials;
}

static bool wants_answer(const struct job *job)
{
    return is_question(job) && job->question.kind != QUESTION_FORGET;
}

static void start_next(struct lane *lane);

static void deliver(struct vault_queue *queue, struct job *job)
{
    struct status *open = job->open;

    job->open = NULL;
    if (open == NULL)
        queue->hooks.on_answer(queue->hooks.context, job->exchange, job->ask_number, &job->answer);
    else
        queue->hooks.on_open(queue->hooks.context, job->exchange, job->ask_number, &job->answer, open);
}

static void is_done(uv_work_t *work, int status)
{
    struct lane *lane = work->data;
    struct vault_queue *queue = lane->queue;
    struct job *job = lane->running;

    (void)status;
    lane->running = NULL;
    if (wants_answer(job) && !queue->is_stopped)
        deliver(queue, job);
    free_job(job);
    start_next(lane);
}

static void start_next(struct lane *lane)
{
    if (lane->running != NULL || lane->first == NULL)
        return;
    lane->running = lane->first;
    lane->first = lane->first->next;
    if (lane->known == &lane->running->next)
        lane->known = &lane->first;
    if (lane->first == NULL)
        lane->last = &lane->first;
    lane->queue->len--;
    lane->work.data = lane;
    CHECK(uv_queue_work(lane->queue->loop, &lane->work, run, is_done) == 0);
}

static void append(struct vault_queue *queue, struct job *job)
{
    bool is_of_users = job->has_users || job->question.kind == QUESTION_PASSWORD;
    struct lane *lane = &queue->lanes[is_of_users ? LANE_USERS : LANE_KEYS];
    bool passes = wants_answer(job) && !job->question.is_strangers;
    struct job **place = passes ? lane->known : lane->last;

    job->next = *place;
    *place = job;
    if (place == lane->last)
        lane->last = &job->next;
    if (passes || !is_question(job))
        lane->known = &job->next;
    queue->len++;
    start_next(lane);
}

struct vault_queue *vault_queue_create(uv_loop_t *loop, uint32_t secret_count, const struct vault_queue_hooks *hooks)
{
    struct vault_queue *queue = calloc(1, sizeof *queue);

    if (queue == NULL)
        return NULL;
    queue->space_len = vault_space(VAULT_KEYS_MAX, secret_count);
    queue->space = mmap(NULL, queue->space_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (queue->space == MAP_FAILED) {
        free(queue);
        return NULL;
    }
    /* Best effort: the limit on locked memory may be small. */
    (void)mlock(queue->space, queue->space_len);
    (void)madvise(queue->space, queue->space_len, MADV_DONTDUMP);
    queue->vault = vault_make(queue->space, VAULT_KEYS_MAX, secret_count);
    vault_set_asking(queue->vault, hooks->on_open != NULL);
    queue->loop = loop;
    queue->hooks = *hooks;
    for (int i = 0; i < LANE_COUNT; i++) {
        queue->lanes[i].queue = queue;
        queue->lanes[i].known = queue->lanes[i].last = &queue->lanes[i].first;
    }
    return queue;
}

bool vault_queue_set_keys(struct vault_queue *queue, const struct conf_key *keys, size_t count)
{
    struct job *job = calloc(1, sizeof *job);
    size_t len = count * sizeof *keys + 1; /* never 0: keys is not NULL then */

    if (job == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (keys[i].tunnel_group >= VAULT_KEYS_MAX) {
            free_job(job);
            return false;
        }
        len += keys[i].key.len;
    }
    job->keys = malloc(len);
    if (job->keys == NULL) {
        free_job(job);
        return false;
    }
    uint8_t *place = (uint8_t *)(job->keys + count);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].key.len > 0)
            memcpy(place, keys[i].key.data, keys[i].key.len);
        job->keys[i] = (struct conf_key){keys[i].tunnel_group, bytes_of(place, keys[i].key.len)};
        place += keys[i].key.len;
    }
    job->key_count = count;
    job->keys_len = len;
    append(queue, job);
    return true;
}

static struct bytes private_key_of(const struct conf *conf, uint16_t trustpoint)
{
    for (uint16_t i = 0; i < conf->private_key_count; i++)
        if (conf->private_keys[i].trustpoint == trustpoint)
            return conf->private_keys[i].der;
    return bytes_of(NULL, 0);
}

bool vault_queue_set_trusts(struct vault_queue *queue, const struct conf *conf)
{
    struct job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return false;
    job->has_trusts = true;
    CHECK(conf->policy.trustpoint_count <= VAULT_TRUSTS_MAX);
    for (uint16_t i = 0; i < conf->policy.trustpoint_count; i++) {
        job->trusts[i] = trust_of_trustpoint(&conf->policy.trustpoints[i], private_key_of(conf, i));
        if (job->trusts[i] == NULL) {
            free_job(job);
            return false;
        }
    }
    append(queue, job);
    return true;
}

bool vault_queue_set_crl(struct vault_queue *queue, uint16_t trustpoint, uint8_t place, struct bytes der)
{
    struct job *job = calloc(1, sizeof *job);

    CHECK(trustpoint < VAULT_TRUSTS_MAX && place < TRUST_FETCHED_MAX);
    if (job == NULL || (job->crl = malloc(der.len + 1)) == NULL) { /* never 0: crl is not NULL then */
        free(job);
        return false;
    }
    if (der.len > 0)
        memcpy(job->crl, der.data, der.len);
    job->crl_len = der.len;
    job->crl_trustpoint = trustpoint;
    job->crl_place = place;
    append(queue, job);
    return true;
}

/* The list, its names and its hashes in one allocation. */
bool vault_queue_set_users(struct vault_queue *queue, const struct conf_user *users, uint32_t count)
{
    struct job *job = calloc(1, sizeof *job);
    size_t len = 1;

    if (job == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        len += sizeof(struct user) + users[i].name.len + PASSWORD_HASH_MAX + users[i].password.len;
    struct user *list = calloc(1, len);
    if (list == NULL) {
        free_job(job);
        return false;
    }
    job->has_users = true;
    job->users = (struct users){list, count};
    job->users_len = len;
    uint8_t *place = (uint8_t *)(list + count);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(place, users[i].name.data, users[i].name.len);
        list[i].name = bytes_of(place, users[i].name.len);
        place += users[i].name.len;
        if (!random_fill(place, PASSWORD_SALT_LEN)) {
            free_job(job);
            return false;
        }
        place += PASSWORD_HASH_MAX;
        if (users[i].password.len > 0)
            memcpy(place, users[i].password.data, users[i].password.len);
        list[i].hash = bytes_of(place, users[i].password.len);
        place += users[i].password.len;
    }
    append(queue, job);
    return true;
}

bool vault_queue_set_credentials(struct vault_queue *queue, const struct conf_credential *credentials, uint32_t count)
{
    struct job *job = calloc(1, sizeof *job);
    size_t len = 1;

    if (job == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        len += sizeof(struct credential) + credentials[i].user.len + credentials[i].password.len;
    struct credential *list = calloc(1, len);
    if (list == NULL) {
        free_job(job);
        return false;
    }
    job->has_credentials = true;
    job->credentials = (struct credentials){list, count};
    job->credentials_len = len;
    uint8_t *place = (uint8_t *)(list + count);
    for (uint32_t i = 0; i < count; i++) {
        const struct bytes from[] = {credentials[i].user, credentials[i].password};
        struct bytes *to[] = {&list[i].user, &list[i].password};

        list[i].key_index = credentials[i].tunnel_group;
        for (size_t k = 0; k < COUNT_OF(from); k++) {
            if (from[k].len > 0)
                memcpy(place, from[k].data, from[k].len);
            *to[k] = bytes_of(place, from[k].len);
            place += from[k].len;
        }
    }
    append(queue, job);
    return true;
}

void vault_queue_ask(struct vault_queue *queue, struct handle exchange, uint32_t ask_number,
                     const struct question *question)
{
    struct job *job = calloc(1, sizeof *job);

    /* As many questions as exchanges, a few kilobytes each: without that memory nothing can go on. */
    CHECK(job != NULL);
    job->exchange = exchange;
    job->ask_number = ask_number;
    job->question = *question;
    if (question_views_len(question) > 0) {
        job->views = malloc(question_views_len(question));
        CHECK(job->views != NULL);
        question_keep(&job->question, job->views);
    }
    append(queue, job);
}

uint32_t vault_queue_len(const struct vault_queue *queue)
{
    uint32_t len = queue->len;

    for (int i = 0; i < LANE_COUNT; i++)
        len += queue->lanes[i].running != NULL;
    return len;
}

void vault_queue_stop(struct vault_queue *queue)
{
    queue->is_stopped = true;
    for (int i = 0; i < LANE_COUNT; i++) {
        struct lane *lane = &queue->lanes[i];

        while (lane->first != NULL) {
            struct job *job = lane->first;
            lane->first = job->next;
            free_job(job);
        }
        lane->known = lane->last = &lane->first;
    }
    queue->len = 0;
}

void vault_queue_free(struct vault_queue *queue)
{
    for (int i = 0; i < LANE_COUNT; i++)
        CHECK(queue->lanes[i].running == NULL);
    vault_wipe(queue->vault);
    free_users(queue->users, queue->users_len);
    free_credentials(queue->credentials, queue->credentials_len);
    for (size_t i = 0; i < COUNT_OF(queue->trusts); i++)
        trust_free(queue->trusts[i]);
    munmap(queue->space, queue->space_len);
    free(queue);
}
