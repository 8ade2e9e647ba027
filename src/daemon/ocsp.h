/* Asks responders about the certificates of peers (crypto/status.h), each at the URL of its trustpoint, while the
 * vault's answer waits. So nobody else waits: an exchange has so long, so many are asked at a time, and so many may
 * wait.
 *
 *     ocsp = ocsp_create(loop, log, context, on_answer)
 *     ocsp_ask(ocsp, exchange, ask_number, &answer, status)      on_answer comes once: now, or on a later turn of the
 * loop ocsp_close(ocsp)                                           on_answer comes no more */
#ifndef DAEMON_OCSP_H
#define DAEMON_OCSP_H

#include "crypto/status.h"
#include "daemon/log.h"
#include "policy/question.h"

#include <uv.h>

/* A peer repeats itself for longer than this; a response of one certificate has 1 to 10 kB. */
enum { OCSP_PATIENCE_MS = 8000, OCSP_RESPONSE_MAX = 65536, OCSP_AT_A_TIME = 8, OCSP_WAITING_MAX = 512 };

struct ocsp;

typedef void ocsp_answered(void *context, struct handle exchange, uint32_t ask_number, const struct answer *answer);

/* `patience_ms`: OCSP_PATIENCE_MS, but in tests. NULL: no memory. */
struct ocsp *ocsp_create(uv_loop_t *loop, struct log *log, uint64_t patience_ms, void *context,
                         ocsp_answered *on_answer);

/* As vault_queue_hooks.on_open: the answer is copied, the status is ours from here on. */
void ocsp_ask(struct ocsp *ocsp, struct handle exchange, uint32_t ask_number, const struct answer *answer,
              struct status *status);

void ocsp_close(struct ocsp *ocsp);

#endif
