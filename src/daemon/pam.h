/* Asks PAM about users, beside everything else: `ikewised-pam`, a process for each, which is killed with all that it
 * has begun when its time is over. So many at a time; so many wait, the others are not asked.
 *
 *     pam = pam_create(loop, log, context, on_verdict)
 *     pam_ask(pam, exchange, ask_number, &question)      on_verdict comes on a later turn of the loop
 *     pam_close(pam)                                     freed in the next turns; on_verdict comes no more */
#ifndef DAEMON_PAM_H
#define DAEMON_PAM_H

#include "daemon/log.h"
#include "policy/question.h"

#include <uv.h>

enum { PAM_AT_ONCE = 8, PAM_WAITING_MAX = 64 };

struct pam;

/* `question` is what was asked; with its views it is gone after the call. */
typedef void pam_done(void *context, struct handle exchange, uint32_t ask_number, const struct question *question,
                      enum password_verdict verdict);

/* NULL: no memory. */
struct pam *pam_create(uv_loop_t *loop, struct log *log, void *context, pam_done *on_verdict);

/* Another program than the one beside this one, and other files of services than those of /etc/pam.d: borrowed. */
void pam_use(struct pam *pam, const char *program, const char *directory);

/* PASSWORD, with a pam_service: copied. Always answered once, until pam_close. */
void pam_ask(struct pam *pam, struct handle exchange, uint32_t ask_number, const struct question *question);
void pam_close(struct pam *pam);

#endif
