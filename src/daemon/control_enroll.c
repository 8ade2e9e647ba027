/* Key pairs and certificates: crypto key generate, zeroize; crypto ca authenticate, enroll, import, export. What
 * becomes of them is a change of the configuration, or makes it be read again: then its trustpoints have their keys. */
#include "base/check.h"
#include "daemon/control_client.h"
#include "daemon/keypairs.h"

#include <string.h>

static const struct control_source *source_of(const struct client *client)
{
    return client->control->source;
}

bool show_keypairs(struct client *client)
{
    struct control_record r = control_record_of(RECORD_keypair);
    struct keypair_shown shown;
    char hex[2 * PUBLIC_KEY_MAX + 1];
    struct text data = text_of(hex, sizeof hex);

    if (source_of(client)->keypair == NULL ||
        !source_of(client)->keypair(source_of(client)->context, client->index, &shown))
        return false;
    client->index++;
    if ((shown.view.kind == SIGNATURE_RSA) == client->request.is_ecdsa)
        return true;
    text_add_hex(&data, bytes_of(shown.view.public_key, shown.view.public_len));
    record_set_text(&r, COL_keypair_name, shown.label);
    record_set_text(&r, COL_keypair_type, shown.view.kind == SIGNATURE_RSA ? "RSA" : "ECDSA");
    record_set_number(&r, COL_keypair_bits, shown.view.bits);
    record_set_number(&r, COL_keypair_made_at, shown.made_s < 0 ? 0 : (uint64_t)shown.made_s);
    record_set_text(&r, COL_keypair_data, hex);
    client_send(client, &r);
    return true;
}

static enum signature_kind kind_of(const struct control_request *request)
{
    return !request->is_ecdsa          ? SIGNATURE_RSA
           : request->key_bits == 521u ? SIGNATURE_ECDSA_521
           : request->key_bits == 384u ? SIGNATURE_ECDSA_384
                                       : SIGNATURE_ECDSA_256;
}

static void copy(char *to, size_t size, const char *from)
{
    struct text t = text_of(to, size);

    text_add(&t, "%s", from);
}

static struct control_task task_of(struct client *client, enum control_task_kind kind)
{
    enum { RSA_BITS = 2048 };
    const struct control_request *request = &client->request;
    struct control_task task = {.kind = kind, .lines = client->lines};
    struct control_enrollment *e = &task.enroll;

    client->lines = (struct running){0};
    e->kind = kind_of(request);
    e->bits = request->key_bits == 0 ? RSA_BITS : request->key_bits;
    e->may_replace = request->is_unasked;
    copy(e->label, sizeof e->label, request->keypair);
    copy(e->trustpoint, sizeof e->trustpoint, request->trustpoint);
    copy(e->passphrase, sizeof e->passphrase, request->passphrase);
    bytes_wipe(client->request.passphrase, sizeof client->request.passphrase);
    return task;
}

static void used(struct client *client, struct control_task *task, const char *why)
{
    if (why == NULL) {
        client_done(client);
        return;
    }
    if (client->request.id == CONTROL_CA_IMPORT_PKCS12)
        source_of(client)->forget_keypair(source_of(client)->context, client->request.trustpoint);
    (void)task;
    client_fail(client, CONTROL_ERROR_CHANGE_REFUSED, *why ? why : NULL);
}

/* The lines that it made are added; without any the configuration is read again. */
static void made(struct client *client, struct control_task *task, const char *why)
{
    struct control_task add = {.kind = CONTROL_TASK_ADD, .lines = task->lines};

    if (why != NULL) {
        client_fail(client, CONTROL_ERROR_ENROLLMENT_REFUSED, *why ? why : NULL);
        return;
    }
    task->lines = (struct running){0};
    if (add.lines.len > 0 || running_add(&add.lines, bytes_of_text("!")))
        client_begin(client, &add, used);
    else
        client_fail(client, CONTROL_ERROR_NOT_READY, "there is no memory for it");
}

static bool is_written(enum control_task_kind kind)
{
    return kind == CONTROL_TASK_REQUEST || kind == CONTROL_TASK_EXPORT || kind == CONTROL_TASK_EXPORT_PKCS12;
}

static void written(struct client *client, struct control_task *task, const char *why)
{
    if (why == NULL)
        client_send_text(client, task);
    else
        client_fail(client, CONTROL_ERROR_ENROLLMENT_REFUSED, *why ? why : NULL);
}

void do_enroll(struct client *client)
{
    static const struct {
        enum control_request_id id;
        enum control_task_kind kind;
    } kinds[] = {
        {CONTROL_KEY_GENERATE, CONTROL_TASK_MAKE_KEY}, {CONTROL_KEY_ZEROIZE, CONTROL_TASK_REMOVE_KEYS},
        {CONTROL_CA_ENROLL, CONTROL_TASK_REQUEST},     {CONTROL_CA_AUTHENTICATE, CONTROL_TASK_AUTHORITY},
        {CONTROL_CA_EXPORT, CONTROL_TASK_EXPORT},      {CONTROL_CA_EXPORT_PKCS12, CONTROL_TASK_EXPORT_PKCS12},
        {CONTROL_CA_IMPORT, CONTROL_TASK_CERTIFICATE}, {CONTROL_CA_IMPORT_PKCS12, CONTROL_TASK_PKCS12},
    };
    size_t i = 0;

    while (kinds[i].id != client->request.id)
        CHECK(++i < COUNT_OF(kinds));

    struct control_task task = task_of(client, kinds[i].kind);

    if (task.lines.len == 0 && kinds[i].kind >= CONTROL_TASK_AUTHORITY)
        client_fail(client, CONTROL_ERROR_BAD_REQUEST, "nothing was pasted");
    else
        client_begin(client, &task, is_written(kinds[i].kind) ? written : made);
    bytes_wipe(&task.enroll, sizeof task.enroll);
}
