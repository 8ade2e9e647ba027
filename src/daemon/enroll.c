#include "daemon/enroll_parts.h"

#include "base/base64.h"
#include "crypto/certificate.h"
#include "crypto/signature.h"
#include "daemon/keypairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_SIZE = 4 * CERTIFICATE_MAX, HEX_LINE = 32 };

/* ---- key pairs ---- */

static bool failed(struct text *why, const char *label, int error)
{
    if (error == 0)
        return true;
    text_add(why, "key pair ");
    text_add_escaped(why, bytes_of_text(label));
    text_add(why, ": %s",
             error == EEXIST    ? "there is one of this label; `noconfirm` behind the command replaces it"
             : error == EINVAL  ? "a label has up to 64 letters, digits, dots, dashes and underscores"
             : error == ENOENT  ? "there is none of this label"
             : error == EBADMSG ? "its file holds no private key"
                                : strerror(error));
    return false;
}

bool enroll_make_key(const struct config *in_use, struct control_task *task, struct text *why)
{
    const struct control_enrollment *e = &task->enroll;
    uint8_t key[KEYPAIR_MAX];
    int error = conf_is_keypair_label(bytes_of_text(e->label)) ? 0 : EINVAL;
    size_t len = error == 0 ? keypair_make(e->kind, e->bits, key) : 0;

    if (error == 0)
        error = len == 0 ? ENOTSUP
                         : keypair_store(in_use->path, bytes_of_text(e->label), bytes_of(key, len), e->may_replace);
    bytes_wipe(key, sizeof key);
    return failed(why, e->label, error);
}

static bool is_wanted(const struct control_enrollment *e, const struct keypair_shown *shown)
{
    return (shown->view.kind == SIGNATURE_RSA) == (e->kind == SIGNATURE_RSA) &&
           (e->label[0] == '\0' || strcmp(e->label, shown->label) == 0);
}

bool enroll_remove_keys(const struct config *in_use, struct control_task *task, struct text *why)
{
    struct keypair_shown shown;
    unsigned removed = 0;

    for (size_t i = 0; keypair_nth(in_use->path, i, &shown);) {
        if (!is_wanted(&task->enroll, &shown)) {
            i++;
            continue;
        }
        if (!failed(why, shown.label, keypair_remove(in_use->path, bytes_of_text(shown.label))))
            return false;
        removed++;
    }
    if (removed == 0)
        text_add(why, "there is no such key pair");
    return removed > 0;
}

/* ---- trustpoints ---- */

const struct statement *enroll_trustpoint(const struct config *config, const char *name, struct text *why)
{
    const struct statement *s =
        statements_next_named(config->conf.statements, NULL, STATEMENT_trustpoint, bytes_of_text(name));

    if (s == NULL) {
        text_add(why, "there is no trustpoint ");
        text_add_escaped(why, bytes_of_text(name));
    }
    return s;
}

static const struct statement *below(const struct config *config, const struct statement *block,
                                     enum statement_kind kind)
{
    for (const struct statement *s = NULL; (s = statements_below(config->conf.statements, block, s)) != NULL;)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == kind)
            return s;
    return NULL;
}

size_t enroll_load_key(const struct config *config, const struct statement *trustpoint, uint8_t key[static KEYPAIR_MAX],
                       struct text *why)
{
    const struct statement *s = below(config, trustpoint, STATEMENT_trust_keypair);
    char label[CONF_KEYPAIR_LABEL_SIZE];
    struct text t = text_of(label, sizeof label);
    size_t len;

    if (s == NULL) {
        text_add(why, "the trustpoint names no key pair: `keypair LABEL` below it, of `crypto key generate`%s",
                 below(config, trustpoint, STATEMENT_trust_file) == NULL ? "" : "; what it has is in files already");
        return 0;
    }
    text_add_escaped(&t, statement_argument(s, "keypair", 0));
    len = keypair_load(config->path, statement_argument(s, "keypair", 0), key);
    if (len == 0)
        failed(why, label, errno);
    return len;
}

/* `fqdn none`: none; nothing said: ours. */
static struct bytes fqdn_of(const struct config *config, const struct statement *trustpoint)
{
    const struct statement *s = below(config, trustpoint, STATEMENT_trust_fqdn);

    return s != NULL ? statement_argument(s, "domain", 0) : bytes_of_text(config->conf.policy.fqdn);
}

static bool write_request(struct running *text, struct bytes subject, struct bytes fqdn, struct bytes request)
{
    char *space = malloc(LINES_SIZE);
    struct text t;
    bool ok;

    if (space == NULL)
        return false;
    t = text_of(space, LINES_SIZE);
    text_add(&t, "%% Start certificate enrollment ..\n%% The subject name in the certificate will be: %s",
             subject.len > 0 ? "" : "CN=");
    text_add_escaped(&t, subject.len > 0 ? subject : fqdn);
    text_add(&t, "\n");
    if (fqdn.len > 0) {
        text_add(&t, "%% The fully-qualified domain name in the certificate will be: ");
        text_add_escaped(&t, fqdn);
        text_add(&t, "\n");
    }
    text_add(&t, "Certificate Request follows:\n");
    text_add_pem(&t, "CERTIFICATE REQUEST", request);
    text_add(&t, "---End - This line not part of the certificate request---\n");
    ok = !t.is_cut && running_add(text, bytes_of(t.data, t.len));
    free(space);
    return ok;
}

bool enroll_request(const struct config *in_use, struct control_task *task, struct text *why)
{
    const struct statement *trustpoint = enroll_trustpoint(in_use, task->enroll.trustpoint, why), *s;
    uint8_t key[KEYPAIR_MAX], request[CERTIFICATE_REQUEST_MAX];
    size_t key_len = trustpoint == NULL ? 0 : enroll_load_key(in_use, trustpoint, key, why);
    struct bytes subject, fqdn;

    if (key_len == 0)
        return false;
    s = below(in_use, trustpoint, STATEMENT_trust_subject);
    subject = s == NULL ? bytes_of(NULL, 0) : statement_argument(s, "text", 0);
    fqdn = fqdn_of(in_use, trustpoint);

    size_t len = certificate_request_make(bytes_of(key, key_len), subject, fqdn, request, why);

    bytes_wipe(key, sizeof key);
    return len > 0 && write_request(&task->text, subject, fqdn, bytes_of(request, len));
}

/* ---- what was pasted ---- */

static const uint8_t *find_text(struct bytes text, const char *what)
{
    return text.len == 0 ? NULL : memmem(text.data, text.len, what, strlen(what));
}

static bool is_pem(struct bytes text)
{
    return find_text(text, "-----BEGIN") != NULL;
}

/* As `crypto ca export` writes it, with what follows the end. */
static struct bytes without_armour(struct bytes text)
{
    static const char begin[] = "-----BEGIN PKCS12-----", end[] = "-----END PKCS12-----";
    const uint8_t *from = find_text(text, begin), *to = find_text(text, end);

    if (from == NULL || to == NULL || to < from)
        return text;
    from += strlen(begin);
    return bytes_of(from, (size_t)(to - from));
}

/* Empty lines come as `!` from the shell. */
static void drop_marks(struct running *lines)
{
    for (size_t i = 0; i < lines->len; i++)
        if (lines->text[i] == '!')
            lines->text[i] = ' ';
}

/* NULL: see `why`. The caller wipes it. */
static struct pieces *read_pasted(struct control_task *task, struct text *why)
{
    struct pieces *pieces = malloc(sizeof *pieces);
    uint8_t *der = malloc(PIECES_SPACE);
    const char *fault = "this is neither PEM nor base64";
    struct bytes text;
    size_t len = 0;
    bool ok = pieces != NULL && der != NULL;

    drop_marks(&task->lines);
    text = without_armour(bytes_of(task->lines.text, task->lines.len));
    if (ok && is_pem(text))
        ok = pieces_read(pieces, text, bytes_of(NULL, 0), &fault);
    else if (ok)
        ok = base64_read(text, der, PIECES_SPACE, &len) && len > 0 &&
             pieces_read(pieces, bytes_of(der, len), bytes_of_text(task->enroll.passphrase), &fault);
    running_free(&task->lines);
    if (der != NULL)
        bytes_wipe(der, PIECES_SPACE);
    free(der);
    if (ok)
        return pieces;
    text_add(why, "%s", pieces == NULL ? "there is no memory for it" : fault);
    if (pieces != NULL)
        bytes_wipe(pieces, sizeof *pieces);
    free(pieces);
    return NULL;
}

static void free_pieces(struct pieces *pieces)
{
    if (pieces != NULL)
        bytes_wipe(pieces, sizeof *pieces);
    free(pieces);
}

/* Its only certificate; empty: see `why`. */
static struct bytes only_certificate(const struct pieces *pieces, struct text *why)
{
    if (pieces->count == 1 && pieces->list[0].kind == PIECE_CERTIFICATE)
        return pieces->list[0].der;
    text_add(why, "this is not one certificate alone");
    return bytes_of(NULL, 0);
}

/* As it stands below `crypto ca certificate chain`. */
static bool add_certificate(struct running *lines, struct bytes der, bool is_authority)
{
    struct certificate *certificate = malloc(sizeof *certificate);
    char *space = malloc(LINES_SIZE);
    bool ok = certificate != NULL && space != NULL && certificate_read(certificate, der);

    if (ok) {
        struct text t = text_of(space, LINES_SIZE);

        text_add(&t, " certificate %s", is_authority ? "ca " : "");
        text_add_hex(&t, bytes_of(certificate->serial, certificate->serial_len));
        for (size_t i = 0; i < der.len; i += HEX_LINE) {
            text_add(&t, "\n  ");
            text_add_hex(&t, bytes_of(der.data + i, der.len - i < HEX_LINE ? der.len - i : HEX_LINE));
        }
        text_add(&t, "\n  quit\n");
        ok = !t.is_cut && running_add(lines, bytes_of(t.data, t.len));
    }
    free(space);
    free(certificate);
    return ok;
}

static bool add_block(struct running *lines, const char *words, const char *name)
{
    char space[CONTROL_WORD_SIZE + 64];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "%s %s\n", words, name);
    return running_add(lines, bytes_of(t.data, t.len));
}

static bool is_authority(struct bytes der)
{
    struct certificate *certificate = malloc(sizeof *certificate);
    bool is_ca = certificate != NULL && certificate_read(certificate, der) && certificate->is_ca;

    free(certificate);
    return is_ca;
}

static const struct statement *chain_of(const struct config *config, const char *name)
{
    return statements_next_named(config->conf.statements, NULL, STATEMENT_certificate_chain, bytes_of_text(name));
}

/* `is_ca`: of an authority. NULL: there is none. */
static const struct statement *next_pasted(const struct config *config, const char *trustpoint, bool is_ca,
                                           const struct statement *s)
{
    const struct statement *chain = chain_of(config, trustpoint);

    while (chain != NULL && (s = statements_below(config->conf.statements, chain, s)) != NULL)
        if (s->state == STATEMENT_IS_KNOWN && s->row->kind == STATEMENT_certificate && statement_has(s, "ca") == is_ca)
            return s;
    return NULL;
}

/* ---- an authority ---- */

bool enroll_authority(const struct config *in_use, struct control_task *task, struct text *why)
{
    const char *name = task->enroll.trustpoint;
    const struct statement *there = next_pasted(in_use, name, true, NULL);
    struct pieces *pieces = NULL;
    struct bytes der = {0};

    if (enroll_trustpoint(in_use, name, why) == NULL)
        return false;
    if (there != NULL) {
        text_add(why, "the trustpoint has the certificate of an authority: `no certificate ca ");
        text_add_escaped(why, statement_argument(there, "serial", 0));
        text_add(why, "` below `crypto ca certificate chain %s` takes it away", name);
        return false;
    }
    pieces = read_pasted(task, why);
    if (pieces != NULL)
        der = only_certificate(pieces, why);
    if (der.len > 0 && !is_authority(der)) {
        text_add(why, "this is no certificate of an authority");
        der.len = 0;
    }

    bool ok = der.len > 0 && add_block(&task->lines, "crypto ca certificate chain", name) &&
              add_certificate(&task->lines, der, true);

    free_pieces(pieces);
    return ok;
}

/* ---- our own certificate ---- */

static bool fits_key(const struct config *config, const struct statement *trustpoint, struct bytes der,
                     struct text *why)
{
    uint8_t space[KEYPAIR_MAX];
    size_t len = enroll_load_key(config, trustpoint, space, why);
    struct signing_key *key = len == 0 ? NULL : signing_key_read(bytes_of(space, len));
    bool fits = key != NULL && signing_key_fits(key, der);

    bytes_wipe(space, sizeof space);
    signing_key_free(key);
    if (len > 0 && !fits)
        text_add(why, "the certificate is not of the trustpoint's key pair");
    return fits;
}

const struct trustpoint *enroll_policy_trustpoint(const struct config *config, const char *name)
{
    const struct policy *policy = &config->conf.policy;

    for (uint16_t i = 0; i < policy->trustpoint_count; i++)
        if (strcmp(policy->trustpoints[i].name, name) == 0)
            return &policy->trustpoints[i];
    return NULL;
}

static bool is_of_its_authority(const struct config *config, const char *name, struct bytes der, struct text *why)
{
    const struct trustpoint *t = enroll_policy_trustpoint(config, name);

    for (uint16_t i = 0; t != NULL && i < t->anchor_count; i++)
        if (certificate_is_issued_by(der, t->anchors[i]))
            return true;
    text_add(why, t != NULL && t->anchor_count > 0
                      ? "the certificate is not issued by the trustpoint's authority"
                      : "the trustpoint has no authority yet: `crypto ca authenticate` comes first");
    return false;
}

/* What was there before, of the key of before or of this one, gives way. */
static bool add_own(const struct config *config, struct running *lines, const char *name, struct bytes der)
{
    bool ok = add_block(lines, "crypto ca certificate chain", name);

    for (const struct statement *s = NULL; ok && (s = next_pasted(config, name, false, s)) != NULL;) {
        char space[CONTROL_WORD_SIZE];
        struct text t = text_of(space, sizeof space);
        struct bytes serial = statement_argument(s, "serial", 0);

        text_add(&t, " no certificate %.*s\n", (int)serial.len, (const char *)serial.data);
        ok = !t.is_cut && running_add(lines, bytes_of(t.data, t.len));
    }
    return ok && add_certificate(lines, der, false);
}

bool enroll_certificate(const struct config *in_use, struct control_task *task, struct text *why)
{
    const char *name = task->enroll.trustpoint;
    const struct statement *trustpoint = enroll_trustpoint(in_use, name, why);
    struct pieces *pieces = trustpoint == NULL ? NULL : read_pasted(task, why);
    struct bytes der = pieces == NULL ? bytes_of(NULL, 0) : only_certificate(pieces, why);
    bool ok = der.len > 0 && fits_key(in_use, trustpoint, der, why) && is_of_its_authority(in_use, name, der, why) &&
              add_own(in_use, &task->lines, name, der);

    free_pieces(pieces);
    return ok;
}

/* ---- key and certificates in one ---- */

static const struct bytes *piece_of(const struct pieces *pieces, enum piece_kind kind)
{
    for (size_t i = 0; i < pieces->count; i++)
        if (pieces->list[i].kind == kind)
            return &pieces->list[i].der;
    return NULL;
}

static bool add_pieces(struct running *lines, const char *name, const struct pieces *pieces)
{
    char space[CONTROL_WORD_SIZE + 64];
    struct text t = text_of(space, sizeof space);
    bool ok;

    text_add(&t, " keypair %s\n", name);
    ok = add_block(lines, "crypto ca trustpoint", name) && running_add(lines, bytes_of(t.data, t.len)) &&
         add_block(lines, "crypto ca certificate chain", name);
    for (size_t i = 0; ok && i < pieces->count; i++)
        if (pieces->list[i].kind == PIECE_CERTIFICATE)
            ok = add_certificate(lines, pieces->list[i].der, is_authority(pieces->list[i].der));
    return ok;
}

bool enroll_pkcs12(const struct config *in_use, struct control_task *task, struct text *why)
{
    const char *name = task->enroll.trustpoint;
    struct pieces *pieces = NULL;
    const struct bytes *key = NULL;
    bool ok = chain_of(in_use, name) == NULL;

    if (!ok)
        text_add(why,
                 "the trustpoint has certificates: `clear configure crypto ca certificate chain %s` takes them away",
                 name);
    if (ok)
        pieces = read_pasted(task, why);
    if (pieces != NULL)
        key = piece_of(pieces, PIECE_PRIVATE_KEY);
    if (pieces != NULL && (key == NULL || piece_of(pieces, PIECE_CERTIFICATE) == NULL))
        text_add(why, "it holds no certificate with its private key");
    else if (pieces != NULL)
        ok = add_pieces(&task->lines, name, pieces) &&
             failed(why, name, keypair_store(in_use->path, bytes_of_text(name), *key, false));
    ok = ok && key != NULL;
    free_pieces(pieces);
    return ok;
}
