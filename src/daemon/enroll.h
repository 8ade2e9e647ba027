/* Key pairs and certificates from the shell: what `crypto key` and `crypto ca` do beside the loop. Keys are files of
 * ours (keypairs.h); certificates become lines of the configuration, which are then added to it as any change. */
#ifndef DAEMON_ENROLL_H
#define DAEMON_ENROLL_H

#include "daemon/config.h"
#include "daemon/control.h"

/* All of them: false, nothing has changed, and `why` says why. */
bool enroll_make_key(const struct config *in_use, struct control_task *task, struct text *why);
bool enroll_remove_keys(const struct config *in_use, struct control_task *task, struct text *why);
/* text: the request, with what is in it */
bool enroll_request(const struct config *in_use, struct control_task *task, struct text *why);
/* text: our certificate; key and certificates under the passphrase */
bool enroll_export(const struct config *in_use, struct control_task *task, struct text *why);
bool enroll_export_pkcs12(const struct config *in_use, struct control_task *task, struct text *why);
/* lines: what was pasted before, and the statements to add afterwards */
bool enroll_authority(const struct config *in_use, struct control_task *task, struct text *why);
bool enroll_certificate(const struct config *in_use, struct control_task *task, struct text *why);
bool enroll_pkcs12(const struct config *in_use, struct control_task *task,
                   struct text *why); /* and its key is stored */

#endif
