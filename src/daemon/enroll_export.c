/* `crypto ca export`: what a trustpoint has of its own, for whoever is to have it, too. */
#include "base/base64.h"
#include "crypto/pkcs12.h"
#include "daemon/enroll_parts.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 2 * PKCS12_MAX };

/* NULL: it has no certificate, and `why` says so. */
static const struct trustpoint *with_certificate(const struct config *config, const char *name, struct text *why)
{
    const struct trustpoint *t =
        enroll_trustpoint(config, name, why) == NULL ? NULL : enroll_policy_trustpoint(config, name);

    if (t != NULL && t->certificate_count > 0)
        return t;
    if (why->len == 0)
        text_add(why, "the trustpoint has no certificate of ours: `crypto ca import`");
    return NULL;
}

static bool write_pem(struct running *to, const char *before, const char *label, struct bytes der, const char *after,
                      struct text *why)
{
    char *space = malloc(TEXT_SIZE);
    struct text t = text_of(space, TEXT_SIZE);
    bool ok = space != NULL;

    if (ok) {
        text_add(&t, "%s\n", before);
        text_add_pem(&t, label, der);
        text_add(&t, "%s", after);
        ok = !t.is_cut && running_add(to, bytes_of(t.data, t.len));
        bytes_wipe(space, TEXT_SIZE);
    }
    free(space);
    if (!ok)
        text_add(why, "there is no memory for it");
    return ok;
}

bool enroll_export(const struct config *in_use, struct control_task *task, struct text *why)
{
    const struct trustpoint *t = with_certificate(in_use, task->enroll.trustpoint, why);

    return t != NULL && write_pem(&task->text, "The PEM encoded identity certificate follows:", "CERTIFICATE",
                                  t->certificates[0], "", why);
}

static bool add_others(struct pkcs12 *parts, const struct bytes *certificates, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        if (parts->other_count == PKCS12_OTHERS_MAX)
            return false;
        parts->others[parts->other_count++] = certificates[i];
    }
    return true;
}

/* Bytes; 0: see `why`. */
static size_t make(const struct trustpoint *t, struct bytes key, const char *passphrase, uint8_t *space,
                   struct text *why)
{
    struct pkcs12 parts = {.key = key, .own = t->certificates[0], .name = t->name, .passphrase = passphrase};
    size_t len = 0;

    if (add_others(&parts, t->certificates + 1, (uint16_t)(t->certificate_count - 1)) &&
        add_others(&parts, t->anchors, t->anchor_count))
        len = pkcs12_make(&parts, space);
    if (len == 0)
        text_add(why, "key and certificate of the trustpoint do not belong together, or are too many for one file");
    return len;
}

bool enroll_export_pkcs12(const struct config *in_use, struct control_task *task, struct text *why)
{
    const struct trustpoint *t = with_certificate(in_use, task->enroll.trustpoint, why);
    uint8_t key[KEYPAIR_MAX], *space = t == NULL ? NULL : malloc(PKCS12_MAX);
    size_t key_len = space == NULL ? 0 : enroll_load_key(in_use, enroll_trustpoint(in_use, t->name, why), key, why),
           len = 0;

    if (key_len > 0)
        len = make(t, bytes_of(key, key_len), task->enroll.passphrase, space, why);
    bytes_wipe(key, sizeof key);

    bool ok = len > 0 && write_pem(&task->text, "Exported pkcs12 follows:", "PKCS12", bytes_of(space, len),
                                   "---End - This line not part of the pkcs12---\n", why);

    free(space);
    return ok;
}
