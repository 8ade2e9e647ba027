/* Trustpoints: certificates that were pasted, and the files that hold more of them. */
#include "conf/compile.h"
#include "crypto/certificate.h"
#include "crypto/signature.h"

#include <string.h>

enum { LIST_MAX = PIECES_MAX };

/* What one trustpoint is made of, while it is read. */
struct gathering {
    struct bytes certificates[LIST_MAX], anchors[LIST_MAX], crls[LIST_MAX];
    uint16_t certificate_count, anchor_count, crl_count;
    struct bytes key;
    const char *other_key; /* as in struct trustpoint */
    bool is_keypair;       /* the key was made or imported here: its certificate may be still to come */
    struct bytes passphrase;
    struct pieces pieces;
};

static const struct {
    const char *word;
    bool is_secret;
} file_words[] = {{"certificate", false}, {"ca", false}, {"key", true}, {"crl", false}, {"pkcs12", true}};

static const char *file_word(const struct statement *s, bool *is_secret)
{
    for (size_t i = 0; i < COUNT_OF(file_words); i++)
        if (statement_has(s, file_words[i].word)) {
            *is_secret = file_words[i].is_secret;
            return file_words[i].word;
        }
    return "";
}

bool conf_file_wanted(const struct conf *conf, uint32_t nth, struct conf_file *file)
{
    for (const struct statement *s = NULL; (s = statements_next(conf->statements, s, STATEMENT_trust_file)) != NULL;)
        if (nth-- == 0) {
            *file = (struct conf_file){.path = statement_argument(s, "path", 0)};
            file_word(s, &file->is_secret);
            return true;
        }
    for (const struct statement *s = NULL; (s = statements_next(conf->statements, s, STATEMENT_trust_keypair)) != NULL;)
        if (nth-- == 0) {
            *file =
                (struct conf_file){.path = statement_argument(s, "keypair", 0), .is_keypair = true, .is_secret = true};
            return true;
        }
    return false;
}

static void add(struct compiler *c, struct bytes list[static LIST_MAX], uint16_t *count, struct bytes der)
{
    char *copy = *count < LIST_MAX ? arena_copy_text(c->arena, der) : NULL;

    if (copy != NULL)
        list[(*count)++] = bytes_of(copy, der.len);
}

/* ---- what was pasted ---- */

static int nibble(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static size_t read_hexadecimal(struct bytes body, uint8_t *out, size_t size)
{
    size_t digits = 0;

    for (size_t i = 0; i < body.len && digits / 2 < size; i++) {
        int value = nibble(body.data[i]);

        if (value < 0)
            continue;
        out[digits / 2] = (uint8_t)(digits % 2 == 0 ? value << 4 : out[digits / 2] | value);
        digits++;
    }
    return digits % 2 == 0 ? digits / 2 : 0;
}

static void take_pasted(struct compiler *c, struct gathering *g, const struct statement *s)
{
    size_t len = read_hexadecimal(s->body, g->pieces.space, sizeof g->pieces.space);
    struct bytes der = bytes_of(g->pieces.space, len);
    struct certificate certificate;

    if (!certificate_read(&certificate, der))
        say(c, CONF_ERROR, s, "these lines of hexadecimal are no certificate");
    else if (!statement_has(s, "ca"))
        add(c, g->certificates, &g->certificate_count, der);
    else if (certificate.is_ca)
        add(c, g->anchors, &g->anchor_count, der);
    else
        say(c, CONF_ERROR, s, "this is no certificate of an authority");
}

static void take_chain(struct compiler *c, struct gathering *g, struct bytes name)
{
    for (const struct statement *block = NULL;
         (block = statements_next(c->statements, block, STATEMENT_certificate_chain)) != NULL;)
        if (bytes_equal(statement_argument(block, "trustpoint", 0), name))
            for (const struct statement *s = NULL; (s = next_child(c, block, s)) != NULL;)
                if (s->state == STATEMENT_IS_KNOWN)
                    take_pasted(c, g, s);
}

/* ---- files ---- */

static const struct conf_file *file_of(const struct compiler *c, struct bytes path, bool is_keypair)
{
    for (uint32_t i = 0; i < c->conf->file_count; i++)
        if (c->conf->files[i].is_keypair == is_keypair && bytes_equal(c->conf->files[i].path, path))
            return &c->conf->files[i];
    return NULL;
}

static void take_certificate(struct compiler *c, struct gathering *g, const struct statement *s, struct bytes der)
{
    struct certificate certificate;

    if (!certificate_read(&certificate, der)) {
        say(c, CONF_ERROR, s, "a certificate in this file cannot be read");
        return;
    }
    bool is_root = certificate.is_ca && bytes_equal(bytes_of(certificate.subject, certificate.subject_len),
                                                    bytes_of(certificate.issuer, certificate.issuer_len));
    if (statement_has(s, "ca") && !certificate.is_ca)
        say(c, CONF_ERROR, s, "a certificate in this file is not that of an authority");
    else if (statement_has(s, "ca") || (statement_has(s, "pkcs12") && is_root))
        add(c, g->anchors, &g->anchor_count, der);
    else
        add(c, g->certificates, &g->certificate_count, der);
}

static void drop_key(struct gathering *g)
{
    if (g->key.len > 0)
        bytes_wipe((void *)g->key.data, g->key.len);
    g->key = bytes_of(NULL, 0);
}

static void take_key(struct compiler *c, struct gathering *g, const struct statement *s, struct bytes der)
{
    struct signing_key *key = signing_key_read(der);
    char *copy = key == NULL ? NULL : arena_copy_text(c->arena, der);

    char kind[KEY_KIND_SIZE];

    if (key == NULL && private_key_kind(der, kind)) {
        say(c, CONF_ERROR, s, "the private key in this file is of no kind that ikewise signs with: %s", kind);
        g->other_key = text_in_arena(c, "%s", kind);
    } else if (key == NULL) {
        say(c, CONF_ERROR, s, "the private key in this file is of no kind that ikewise signs with");
    }
    drop_key(g);
    if (copy != NULL)
        g->key = bytes_of(copy, der.len);
    signing_key_free(key);
}

static void take_file(struct compiler *c, struct gathering *g, const struct statement *s, uint16_t index)
{
    const struct conf_file *file = file_of(c, statement_argument(s, "path", 0), false);
    const char *why = NULL;

    if (file == NULL) {
        c->are_unread[index] = true;
        return;
    }
    if (file->why != NULL || !pieces_read(&g->pieces, file->content, g->passphrase, &why)) {
        say(c, CONF_ERROR, s, "this file cannot be used: %s", file->why != NULL ? file->why : why);
        return;
    }
    for (size_t i = 0; i < g->pieces.count; i++)
        switch (g->pieces.list[i].kind) {
        case PIECE_CERTIFICATE: take_certificate(c, g, s, g->pieces.list[i].der); break;
        case PIECE_CRL: add(c, g->crls, &g->crl_count, g->pieces.list[i].der); break;
        case PIECE_PRIVATE_KEY: take_key(c, g, s, g->pieces.list[i].der); break;
        }
}

static void take_pair(struct compiler *c, struct gathering *g, const struct statement *s)
{
    take_key(c, g, s, g->pieces.list[0].der);
    g->is_keypair = true;
}

/* One that was generated or imported here. Where a file has the key, none of that label need be there. */
static void take_keypair(struct compiler *c, struct gathering *g, const struct statement *s, const char *trustpoint)
{
    struct bytes label = statement_argument(s, "keypair", 0);
    const struct conf_file *file = file_of(c, label, true);
    const char *why = NULL;

    if (file == NULL)
        return;
    if (file->why != NULL && g->key.len == 0)
        say(c, CONF_WARNING, s, "trustpoint %.64s has no key pair: %.64s cannot be used, %s", trustpoint,
            name_of(c, label), file->why);
    else if (file->why == NULL && pieces_read(&g->pieces, file->content, bytes_of(NULL, 0), &why) &&
             g->pieces.list[0].kind == PIECE_PRIVATE_KEY)
        take_pair(c, g, s);
    else if (file->why == NULL)
        say(c, CONF_ERROR, s, "the file of key pair %.64s cannot be used", name_of(c, label));
}

/* The words as they stand there: their order says who is asked first. */
static enum revocation revocation_of(struct compiler *c, const struct statement *s)
{
    char space[64];
    struct text words = text_of(space, sizeof space);

    if (s == NULL)
        return REVOCATION_NONE;
    for (uint16_t i = 1; i < s->word_count; i++)
        text_add(&words, "%s%s", i == 1 ? "" : " ", item_word(s->words[i].item)->text);
    for (unsigned i = 0; i < REVOCATION_COUNT; i++)
        if (strcmp(revocation_info(i)->words, space) == 0)
            return i;
    say(c, CONF_ERROR, s,
        "there is no such order: `crl` and `ocsp` at most once, whichever is asked first, and `none` at the end; as it "
        "stands it means `crl ocsp`");
    return REVOCATION_CRL_OCSP;
}

/* ---- whom we ask ---- */

enum { CRL_MINUTES = 60 };

/* It is handed to a program as it stands. */
static bool is_url(struct bytes url)
{
    static const char *const schemes[] = {"http://", "https://"};
    bool has_scheme = false;

    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        has_scheme |= url.len > strlen(schemes[i]) && memcmp(url.data, schemes[i], strlen(schemes[i])) == 0;
    for (size_t i = 0; has_scheme && i < url.len; i++)
        has_scheme = url.data[i] > ' ' && url.data[i] < 0x7f;
    return has_scheme && url.len <= URL_LEN_MAX;
}

static void take_crl_url(struct compiler *c, const struct statement *s, struct bytes urls[static CRL_URLS_MAX])
{
    struct bytes url = statement_argument(s, "url", 0);

    if (is_url(url))
        urls[statement_number(s, "url-place") - 1] = url;
    else
        say(c, CONF_ERROR, s, "no CRL is fetched from there: the URL does not begin with http:// or https://");
}

static void take_ocsp_url(struct compiler *c, const struct statement *s, struct trustpoint *t)
{
    struct bytes url = statement_argument(s, "url", 0);

    if (is_url(url))
        t->ocsp_url = arena_copy_text(c->arena, url);
    else
        say(c, CONF_ERROR, s, "no responder is asked there: the URL does not begin with http:// or https://");
}

static void refuse_match(struct compiler *c, const struct statement *s)
{
    say(c, CONF_ERROR, s,
        "there are no exceptions for single certificates: all are checked, and the responder is that of `ocsp url`");
}

static void take_crl_policy(struct compiler *c, const struct statement *s)
{
    if (!statement_has(s, "static"))
        say(c, CONF_WARNING, s,
            "no URL that a certificate names is ever asked: CRLs come from `url` of this trustpoint, and from files");
}

static void take_fetching(struct compiler *c, const struct statement *block, struct trustpoint *t)
{
    struct bytes urls[CRL_URLS_MAX] = {{0}};
    size_t count = 0;

    t->crl_minutes = CRL_MINUTES;
    for (const struct statement *s = NULL; (s = next_child(c, block, s)) != NULL;) {
        if (s->state != STATEMENT_IS_KNOWN)
            continue;
        switch ((int)s->row->kind) {
        case STATEMENT_crl_url: take_crl_url(c, s, urls); break;
        case STATEMENT_ocsp_url: take_ocsp_url(c, s, t); break;
        case STATEMENT_ocsp_nonce: t->is_nonce_left_out = true; break;
        case STATEMENT_ocsp_match: refuse_match(c, s); break;
        case STATEMENT_crl_policy: take_crl_policy(c, s); break;
        case STATEMENT_crl_cache_time: t->crl_minutes = (uint16_t)statement_number(s, "crl-minutes"); break;
        }
    }
    for (size_t i = 0; i < CRL_URLS_MAX; i++)
        if (urls[i].len > 0)
            t->crl_urls[count++] = arena_copy_text(c->arena, urls[i]);
}

static void warn_of_nobody_to_ask(struct compiler *c, const struct gathering *g, const struct statement *s,
                                  const struct trustpoint *t)
{
    bool asks_crl = revocation_asks(t->revocation, REVOCATION_BY_CRL),
         asks_ocsp = revocation_asks(t->revocation, REVOCATION_BY_OCSP),
         has_crl = g->crl_count > 0 || t->crl_urls[0] != NULL;

    if (asks_ocsp && t->ocsp_url == NULL)
        say(c, CONF_WARNING, s,
            "no responder of trustpoint %.64s is asked: there is no `ocsp url`, and what a certificate names is never "
            "asked",
            t->name);
    if (revocation_info(t->revocation)->is_unknown_taken || (asks_crl && has_crl) ||
        (asks_ocsp && t->ocsp_url != NULL) || (!asks_crl && !asks_ocsp))
        return;
    say(c, CONF_WARNING, s, "every peer of trustpoint %.64s is refused: it has no %s", t->name,
        !asks_ocsp  ? "CRL, neither by `url` nor by `file crl`"
        : !asks_crl ? "responder (`ocsp url`)"
                    : "CRL (`url`, `file crl`) and no responder (`ocsp url`)");
}

/* ---- the whole ---- */

static const struct bytes *keep_list(struct compiler *c, const struct bytes *list, uint16_t count)
{
    struct bytes *kept = arena_take(c->arena, count * sizeof *kept);

    if (kept != NULL && count > 0)
        memcpy(kept, list, count * sizeof *kept);
    return kept;
}

static struct bytes name_in_arena(struct compiler *c, const uint8_t *name, uint16_t len)
{
    char *copy = arena_copy_text(c->arena, bytes_of(name, len));

    return bytes_of(copy, copy == NULL ? 0 : len);
}

/* Our own certificate first: the one whose key we have. */
static bool put_own_first(struct gathering *g, const struct signing_key *key)
{
    for (uint16_t i = 0; i < g->certificate_count; i++) {
        struct bytes own = g->certificates[i];

        if (!signing_key_fits(key, own))
            continue;
        memmove(g->certificates + 1, g->certificates, i * sizeof own);
        g->certificates[0] = own;
        return true;
    }
    return false;
}

static void take_own(struct compiler *c, struct gathering *g, const struct statement *s, struct trustpoint *t,
                     uint16_t index)
{
    struct signing_key *key = signing_key_read(g->key);
    struct certificate own;

    if (key == NULL)
        return;
    if (g->is_keypair && g->certificate_count == 0) {
        drop_key(g);
    } else if (!put_own_first(g, key)) {
        say(c, CONF_ERROR, s, "trustpoint %s has no certificate that belongs to its private key", t->name);
        drop_key(g);
    } else if (certificate_read(&own, g->certificates[0])) {
        t->kind = signing_key_kind(key);
        t->subject = name_in_arena(c, own.subject, own.subject_len);
        c->conf->private_keys[c->conf->private_key_count++] = (struct conf_private_key){index, g->key};
    }
    signing_key_free(key);
}

static void take_passphrase(struct compiler *c, struct gathering *g, const struct statement *s)
{
    g->passphrase = statement_argument(s, "key", 0);
    c->conf->has_passphrase = true;
}

static void make_trustpoint(struct compiler *c, struct gathering *g, const struct statement *s, struct trustpoint *t,
                            uint16_t index)
{
    const struct statement *revocation = NULL;
    struct bytes names[LIST_MAX], issuers[LIST_MAX], name = statement_argument(s, "trustpoint", 0);
    struct certificate certificate;

    g->certificate_count = g->anchor_count = g->crl_count = 0;
    g->is_keypair = false;
    g->key = g->passphrase = bytes_of(NULL, 0);
    *t = (struct trustpoint){.name = name_of(c, name)};
    take_chain(c, g, name);
    for (const struct statement *child = NULL; (child = next_child(c, s, child)) != NULL;)
        if (child->state == STATEMENT_IS_KNOWN && child->row->kind == STATEMENT_passphrase)
            take_passphrase(c, g, child);
        else if (child->state == STATEMENT_IS_KNOWN && child->row->kind == STATEMENT_revocation_check)
            revocation = child;
    for (const struct statement *child = NULL; (child = next_child(c, s, child)) != NULL;)
        if (child->state == STATEMENT_IS_KNOWN && child->row->kind == STATEMENT_trust_file)
            take_file(c, g, child, index);
    for (const struct statement *child = NULL; (child = next_child(c, s, child)) != NULL;)
        if (child->state == STATEMENT_IS_KNOWN && child->row->kind == STATEMENT_trust_keypair)
            take_keypair(c, g, child, t->name);
    t->revocation = revocation_of(c, revocation);
    take_fetching(c, s, t);
    if (!c->are_unread[index])
        warn_of_nobody_to_ask(c, g, revocation, t);
    t->other_key = g->other_key;
    take_own(c, g, s, t, index);
    for (uint16_t i = 0; i < g->anchor_count; i++)
        names[i] = certificate_read(&certificate, g->anchors[i])
                       ? name_in_arena(c, certificate.subject, certificate.subject_len)
                       : bytes_of(NULL, 0);
    for (uint16_t i = 0; i < g->certificate_count; i++)
        issuers[i] = certificate_read(&certificate, g->certificates[i])
                         ? name_in_arena(c, certificate.issuer, certificate.issuer_len)
                         : bytes_of(NULL, 0);
    t->certificates = keep_list(c, g->certificates, g->certificate_count);
    t->issuer_names = keep_list(c, issuers, g->certificate_count);
    t->anchors = keep_list(c, g->anchors, g->anchor_count);
    t->anchor_names = keep_list(c, names, g->anchor_count);
    t->crls = keep_list(c, g->crls, g->crl_count);
    t->certificate_count = g->certificate_count;
    t->anchor_count = g->anchor_count;
    t->crl_count = g->crl_count;
}

void compile_trustpoints(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_trustpoint);
    uint16_t index = 0;

    c->conf->private_keys = arena_take(c->arena, CONF_TRUSTPOINTS_MAX * sizeof *c->conf->private_keys);
    c->conf->private_key_count = 0;
    c->conf->has_passphrase = false;
    if (count == 0 || c->conf->private_keys == NULL)
        return;
    struct trustpoint *trustpoints = arena_take(c->arena, CONF_TRUSTPOINTS_MAX * sizeof *trustpoints);
    struct gathering *g = arena_take(c->arena, sizeof *g);
    if (trustpoints == NULL || g == NULL)
        return;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_trustpoint)) != NULL;) {
        if (index == CONF_TRUSTPOINTS_MAX) {
            say(c, CONF_ERROR, s, "there are more than %u trustpoints: this one is left out", CONF_TRUSTPOINTS_MAX);
            break;
        }
        make_trustpoint(c, g, s, &trustpoints[index], index);
        index++;
    }
    bytes_wipe(&g->pieces, sizeof g->pieces);
    c->conf->policy.trustpoints = trustpoints;
    c->conf->policy.trustpoint_count = index;
}

uint16_t trustpoint_number(const struct compiler *c, struct bytes name)
{
    for (uint16_t i = 0; i < c->conf->policy.trustpoint_count; i++)
        if (bytes_equal(bytes_of_text(c->conf->policy.trustpoints[i].name), name))
            return i + 1;
    return 0;
}
