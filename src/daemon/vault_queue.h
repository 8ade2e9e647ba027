/* Carries the engine's questions to the vault and the answers back, off the loop's thread, one at a time and in order,
 * but for those of strangers, which others pass: the vault belongs to whichever job runs. New keys queue up like
 * questions do, so a question that was asked under one configuration is answered with its keys.
 *
 *     struct vault_queue *queue = vault_queue_create(loop, secret_count, hooks);
 *     vault_queue_set_keys(queue, keys, count);
 *     vault_queue_ask(queue, exchange, ask_number, &question);         on_answer comes on a later turn of the loop
 *     vault_queue_stop(queue);  ...uv_run until the loop is empty...  vault_queue_free(queue); */
#ifndef DAEMON_VAULT_QUEUE_H
#define DAEMON_VAULT_QUEUE_H

#include "conf/conf.h"
#include "crypto/status.h"
#include "policy/question.h"

#include <uv.h>

struct vault_queue;

/* Secrets: exchanges that wait for their peer's share at the same time. */
enum { VAULT_KEYS_MAX = 16384, VAULT_SECRETS_MAX = 2048 };

struct vault_queue_hooks {
    void *context;
    /* The answer is wiped when the call is over. */
    void (*on_answer)(void *context, struct handle exchange, uint32_t ask_number, const struct answer *answer);
    /* An answer that a responder has to be asked for first (vault_set_asking): the status is the callee's then, who
     * copies the answer, and sees to it that the exchange gets one. NULL: nobody asks. */
    void (*on_open)(void *context, struct handle exchange, uint32_t ask_number, const struct answer *answer,
                    struct status *status);
};

/* `secret_count`: as vault_make. NULL: no memory. */
struct vault_queue *vault_queue_create(uv_loop_t *loop, uint32_t secret_count, const struct vault_queue_hooks *hooks);

/* All keys anew, each under the index of its tunnel-group: copied. False: an index of VAULT_KEYS_MAX or above, or no
 * memory; nothing changes then. */
bool vault_queue_set_keys(struct vault_queue *queue, const struct conf_key *keys, size_t count);

/* All trustpoints anew, with the private keys of those that have one. False: no memory; nothing changes then. */
bool vault_queue_set_trusts(struct vault_queue *queue, const struct conf *conf);

/* A CRL that was fetched for a trustpoint, in a place of its own below TRUST_FETCHED_MAX: copied; empty: there is none
 * any more. It is gone when the trustpoints are set anew. False: no memory. */
bool vault_queue_set_crl(struct vault_queue *queue, uint16_t trustpoint, uint8_t place, struct bytes der);

/* All users anew. A password that stands there in clear becomes a hash, off the loop's thread as well. False: no memory
 * or randomness; nothing changes then. PASSWORD is answered beside the other questions, for it takes long on purpose.
 */
bool vault_queue_set_users(struct vault_queue *queue, const struct conf_user *users, uint32_t count);

/* Our own users for gateways anew: copied. False: no memory; nothing changes then. */
bool vault_queue_set_credentials(struct vault_queue *queue, const struct conf_credential *credentials, uint32_t count);

/* Always answered once, by one hook or the other; FORGET excepted. */
void vault_queue_ask(struct vault_queue *queue, struct handle exchange, uint32_t ask_number,
                     const struct question *question);

uint32_t vault_queue_len(const struct vault_queue *queue);

/* No more answers; what waits is dropped. The job that runs ends by itself. */
void vault_queue_stop(struct vault_queue *queue);

/* No job may run. Wipes the vault. */
void vault_queue_free(struct vault_queue *queue);

#endif
