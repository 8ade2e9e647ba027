#include "crypto/status.h"

#include "base/check.h"
#include "crypto/status_make.h"
#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>
#include <string.h>

struct status {
    STACK_OF(X509) * chain; /* each signed by the next; the last is trusted */
    int asked;              /* the place of the one that is asked about */
    OCSP_REQUEST *request;  /* the last one */
    OCSP_CERTID *id;        /* borrowed of it */
    char *trustpoint, *url;
    bool is_nonce_left_out, are_weak_allowed;
    enum trust_fault fault_without;
};

static const char *const meanings[] = {
#define STATUS(name, meaning) meaning,
#include "crypto/status.def"
#undef STATUS
};

const char *status_meaning(enum status_answer answer)
{
    CHECK((unsigned)answer < STATUS_COUNT);
    return meanings[answer];
}

void status_free(struct status *status)
{
    if (status == NULL)
        return;
    sk_X509_pop_free(status->chain, X509_free);
    OCSP_REQUEST_free(status->request);
    OPENSSL_free(status->trustpoint);
    OPENSSL_free(status->url);
    OPENSSL_free(status);
}

struct status *status_make(STACK_OF(X509) * chain, const struct responder *responder, bool are_weak_allowed,
                           enum trust_fault fault_without)
{
    struct status *status = OPENSSL_zalloc(sizeof *status);

    if (status == NULL) {
        sk_X509_pop_free(chain, X509_free);
        return NULL;
    }
    *status = (struct status){.chain = chain,
                              .trustpoint = OPENSSL_strdup(responder->trustpoint),
                              .url = OPENSSL_strdup(responder->url),
                              .is_nonce_left_out = responder->is_nonce_left_out,
                              .are_weak_allowed = are_weak_allowed,
                              .fault_without = fault_without};
    if (status->trustpoint != NULL && status->url != NULL && sk_X509_num(chain) > 1)
        return status;
    status_free(status);
    return NULL;
}

const char *status_url(const struct status *status)
{
    return status->url;
}

const char *status_trustpoint(const struct status *status)
{
    return status->trustpoint;
}

enum trust_fault status_fault_without(const struct status *status)
{
    return status->fault_without;
}

static X509 *subject_of(const struct status *status)
{
    return sk_X509_value(status->chain, status->asked);
}

static X509 *issuer_of(const struct status *status)
{
    return sk_X509_value(status->chain, status->asked + 1);
}

void status_add_subject(struct text *text, const struct status *status)
{
    uint8_t name[NAME_DER_MAX];
    uint16_t len;

    if (x509_take_name(X509_get_subject_name(subject_of(status)), name, &len))
        text_add_name(text, bytes_of(name, len));
}

/* ---- asking ---- */

static bool put_question(struct status *status, struct bytes nonce)
{
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), subject_of(status), issuer_of(status)); /* RFC 5019 section 2.1.1 */

    if (id == NULL || OCSP_request_add0_id(status->request, id) == NULL) {
        OCSP_CERTID_free(id);
        return false;
    }
    status->id = id;
    return status->is_nonce_left_out ||
           OCSP_request_add1_nonce(status->request, (unsigned char *)(uintptr_t)nonce.data, (int)nonce.len) == 1;
}

struct bytes status_request(struct status *status, struct bytes nonce, uint8_t space[static STATUS_REQUEST_MAX])
{
    unsigned char *at = space;

    CHECK(nonce.len == STATUS_NONCE_LEN);
    OCSP_REQUEST_free(status->request);
    status->id = NULL;
    status->request = OCSP_REQUEST_new();
    bool is_made = status->request != NULL && put_question(status, nonce);
    int len = is_made ? i2d_OCSP_REQUEST(status->request, NULL) : 0;
    if (len > STATUS_REQUEST_MAX)
        len = 0;
    if (len > 0)
        len = i2d_OCSP_REQUEST(status->request, &at);
    ERR_clear_error();
    return bytes_of(space, len > 0 ? (size_t)len : 0);
}

/* ---- the answer ---- */

static const struct {
    int code;
    enum status_answer answer;
} refusals[] = {
    {OCSP_RESPONSE_STATUS_TRYLATER, STATUS_TRY_LATER},      {OCSP_RESPONSE_STATUS_UNAUTHORIZED, STATUS_UNAUTHORIZED},
    {OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, STATUS_UNABLE}, {OCSP_RESPONSE_STATUS_INTERNALERROR, STATUS_UNABLE},
    {OCSP_RESPONSE_STATUS_SIGREQUIRED, STATUS_UNABLE},
};

static OCSP_BASICRESP *basic_of(struct bytes response, enum status_answer *answer)
{
    const unsigned char *at = response.data;
    OCSP_RESPONSE *r =
        response.len == 0 || response.len > INT32_MAX ? NULL : d2i_OCSP_RESPONSE(NULL, &at, (long)response.len);
    bool is_whole = r != NULL && at == response.data + response.len;
    int code = is_whole ? OCSP_response_status(r) : OCSP_RESPONSE_STATUS_SUCCESSFUL;
    OCSP_BASICRESP *basic = is_whole && code == OCSP_RESPONSE_STATUS_SUCCESSFUL ? OCSP_response_get1_basic(r) : NULL;

    *answer = STATUS_UNREADABLE;
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (refusals[i].code == code)
            *answer = refusals[i].answer;
    OCSP_RESPONSE_free(r);
    return basic;
}

static enum status_answer check_nonce(const struct status *status, OCSP_BASICRESP *basic)
{
    int found = OCSP_check_nonce(status->request, basic);

    if (status->is_nonce_left_out || found == 1)
        return STATUS_GOOD;
    return found == 0 ? STATUS_OTHER_NONCE : STATUS_NO_NONCE;
}

/* Only the one authority that has issued the certificate, and whom it has charged: no other of the trustpoint. */
static X509_STORE *store_of(const struct status *status, int64_t now_s)
{
    X509_STORE *store = X509_STORE_new();

    if (store == NULL || X509_STORE_add_cert(store, issuer_of(status)) != 1) {
        X509_STORE_free(store);
        return NULL;
    }
    X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(parameters, (time_t)now_s);
    X509_VERIFY_PARAM_set_auth_level(parameters, status->are_weak_allowed ? 0 : 2);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    return store;
}

/* SHA-1 and MD5 are no longer taken where a peer's chain may not have them. */
static bool is_strong(const struct status *status, OCSP_BASICRESP *basic, STACK_OF(X509) * known)
{
    const X509_ALGOR *algorithm = OCSP_resp_get0_tbs_sigalg(basic);
    const EVP_MD *hash = NULL;
    int hash_number = NID_undef;
    X509 *signer = NULL;

    if (OCSP_resp_get0_signer(basic, &signer, known) != 1 ||
        !key_is_sane(X509_get0_pubkey(signer), status->are_weak_allowed))
        return false;
    if (OBJ_find_sigid_algs(OBJ_obj2nid(algorithm->algorithm), &hash_number, NULL) == 1 && hash_number != NID_undef)
        hash = EVP_get_digestbynid(hash_number);
    return status->are_weak_allowed || (hash != NULL && EVP_MD_get_size(hash) >= 28);
}

static enum status_answer check_signer(const struct status *status, OCSP_BASICRESP *basic, int64_t now_s)
{
    X509_STORE *store = store_of(status, now_s);
    STACK_OF(X509) *known = sk_X509_new_null();
    enum status_answer answer = STATUS_WRONG_SIGNER;

    if (store != NULL && known != NULL && sk_X509_push(known, issuer_of(status)) > 0 &&
        OCSP_basic_verify(basic, known, store, 0) == 1)
        answer = is_strong(status, basic, known) ? STATUS_GOOD : STATUS_WEAK;
    sk_X509_free(known);
    X509_STORE_free(store);
    return answer;
}

static bool is_current(const ASN1_GENERALIZEDTIME *this_update, const ASN1_GENERALIZEDTIME *next_update, int64_t now_s)
{
    int64_t from_s = x509_seconds(this_update);
    int64_t to_s = next_update == NULL ? from_s + STATUS_AGE_MAX_S : x509_seconds(next_update);

    return from_s > 0 && to_s >= from_s && now_s >= from_s - STATUS_CLOCK_S && now_s <= to_s + STATUS_CLOCK_S;
}

static enum status_answer check_status(const struct status *status, OCSP_BASICRESP *basic, int64_t now_s)
{
    static const struct {
        int code;
        enum status_answer answer;
    } answers[] = {{V_OCSP_CERTSTATUS_GOOD, STATUS_GOOD},
                   {V_OCSP_CERTSTATUS_REVOKED, STATUS_REVOKED},
                   {V_OCSP_CERTSTATUS_UNKNOWN, STATUS_UNKNOWN}};
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
    int code, why;

    if (OCSP_resp_find_status(basic, status->id, &code, &why, &revoked, &this_update, &next_update) != 1)
        return STATUS_OTHER_CERTIFICATE;
    if (!is_current(this_update, next_update, now_s))
        return STATUS_STALE;
    for (size_t i = 0; i < COUNT_OF(answers); i++)
        if (answers[i].code == code)
            return answers[i].answer;
    return STATUS_UNREADABLE;
}

enum status_answer status_read(const struct status *status, struct bytes response, int64_t now_s)
{
    enum status_answer answer;

    CHECK(status->id != NULL);
    OCSP_BASICRESP *basic = basic_of(response, &answer);
    if (basic != NULL)
        answer = check_nonce(status, basic);
    if (basic != NULL && answer == STATUS_GOOD)
        answer = check_signer(status, basic, now_s);
    if (basic != NULL && answer == STATUS_GOOD)
        answer = check_status(status, basic, now_s);
    OCSP_BASICRESP_free(basic);
    ERR_clear_error();
    return answer;
}

bool status_next(struct status *status)
{
    status->id = NULL;
    if (status->asked + 2 >= sk_X509_num(status->chain))
        return false;
    status->asked++;
    return true;
}
