/* Questions and answers between the engine and the vault, as values: they cross a process line some day.
 * Answers hold keys: whoever has one wipes it after use (answer_wipe). */
#ifndef POLICY_QUESTION_H
#define POLICY_QUESTION_H

#include "base/handle.h"
#include "crypto/algorithm.h"
#include "policy/policy.h"

enum question_kind {
    QUESTION_NONE,
#define QUESTION(name, ...) QUESTION_##name,
#define FAULT(...)
#include "policy/question.def"
#undef QUESTION
#undef FAULT
    QUESTION_COUNT
};

enum question_fault {
#define QUESTION(...)
#define FAULT(name, ...) QUESTION_FAULT_##name,
#include "policy/question.def"
#undef QUESTION
#undef FAULT
    QUESTION_FAULT_COUNT
};

enum hypothesis {
    HYPOTHESIS_NONE,
#define HYPOTHESIS(name, ...) HYPOTHESIS_##name,
#include "policy/hypothesis.def"
#undef HYPOTHESIS
    HYPOTHESIS_COUNT
};

/* What becomes of a name and a password. */
enum password_verdict {
#define VERDICT(name, ...) PASSWORD_##name,
#include "policy/password.def"
#undef VERDICT
    PASSWORD_VERDICT_COUNT
};

/* ikewised-pam ends with this and its verdict: what nobody ends with who ends badly. */
enum { PASSWORD_STATUS = 200 };

enum { NONCE_MIN = 8, NONCE_MAX = 256 }; /* RFC 2409 section 5 */
enum { EVIDENCE_MAX = 4096, EVIDENCE_IVS = 2 };

/* A sealed message that does not open with our key, and what shows that another key opens it: in phase 1 the peer's
 * HASH, which is over `covered` and the body of the ID payload; in an informational message HASH(1), RFC 2409
 * section 5.7. */
struct evidence {
    uint32_t message_id; /* 0: a message of phase 1 */
    uint8_t first_payload;
    uint8_t ivs[EVIDENCE_IVS][CIPHER_BLOCK_MAX];
    uint16_t covered_len, sealed_len;
    uint8_t bytes[EVIDENCE_MAX]; /* what is covered, then what is sealed */
};

struct question {
    enum question_kind kind;
    enum group_id group;
    /* SKEYID, SECRET, FORGET: from the answer to SHARE. Used up as soon as g^xy has been computed with it; a peer's
     * value that is refused (BAD_LENGTH, BAD_VALUE), or NO_KEY, leaves it for the true one: whoever sends a false value
     * ends nothing. */
    struct handle secret; /* AUTOPSY: from the answer to *SKEYID */
    bool is_secret_kept;  /* SKEYID: the answer may show that the peer's value was false; FORGET ends it */
    bool is_strangers;  /* for a phase 1 of somebody who has proved nothing yet: those of others are answered before */
    bool is_decoy;      /* SHARE_AND_SKEYID: with a key that nobody has, in the time that any other takes */
    uint32_t key_index; /* *SKEYID, AUTOPSY: whose pre-shared key, and of CREDENTIALS whose user: an index of struct
                           policy.tunnel_groups */
    enum hash_id prf;   /* *SKEYID, AUTOPSY */
    enum cipher_id cipher; /* AUTOPSY */
    uint8_t cookies[16];   /* *SKEYID, AUTOPSY: the initiator's, then the responder's */
    uint8_t nonce_i[NONCE_MAX], nonce_r[NONCE_MAX];
    uint16_t nonce_i_len, nonce_r_len;
    uint8_t peer_public[GROUP_PUBLIC_MAX];
    uint16_t peer_public_len;
    struct evidence evidence; /* AUTOPSY */

    /* With signatures. SIGN: over digest_mine, with the key of the trustpoint. *SKEYID: SIGNATURE_NONE with pre-shared
     * keys; otherwise SKEYID is made of the nonces and g^xy, and HMAC(SKEYID, covered) is signed when `covered` is not
     * empty; with `is_share_covered` our public value stands before it. SKEYID with `covered_peer`: before we sign, the
     * peer is judged as by VERIFY_CHAIN, its signature being over HMAC(SKEYID, covered_peer). The views stand in the
     * outputs of the feed that asks: whoever keeps a question for longer takes them along (question_keep). */
    enum signature_kind signature_kind;
    uint16_t trustpoint; /* index of struct policy.trustpoints */
    struct bytes covered, covered_peer;
    bool is_share_covered;
    struct bytes certificates[CHAIN_MAX]; /* VERIFY_CHAIN: DER, the peer's own first */
    uint8_t certificate_count;
    struct bytes signature; /* the peer's, over digest_peer */
    struct bytes subject;   /* its identity */
    enum subject_kind subject_kind;
    enum identity_check identity_check;
    enum revocation revocation;
    bool are_weak_allowed;
    uint8_t digest_peer[DIGEST_MAX],
        digest_mine[DIGEST_MAX]; /* HASH_I and HASH_R; mine is signed when it has a length */
    uint16_t digest_peer_len, digest_mine_len;

    /* PASSWORD, views as those above. `is_decoy`: the answer is no, after as much work as for any other. */
    struct bytes user, password;
    struct ip user_ip;         /* where he is */
    struct bytes pam_service;  /* who is asked; empty: the users of the configuration */
    uint16_t pam_timeout_s;    /* and how long that may take */
    bool is_local_asked_after; /* when PAM cannot be asked, the users of the configuration are */
    bool is_server_silent;     /* which is so now */
};

struct answer {
    enum question_fault fault; /* QUESTION_FAULT_NONE: what was asked for stands below */
    struct handle secret;      /* SHARE; *SKEYID: g^xy, kept for an AUTOPSY until FORGET; not set: no room for it */
    uint8_t public_value[GROUP_PUBLIC_MAX];
    uint16_t public_len;
    uint8_t skeyid[DIGEST_MAX], skeyid_d[DIGEST_MAX], skeyid_a[DIGEST_MAX], skeyid_e[DIGEST_MAX];
    uint16_t skeyid_len;
    uint8_t shared[GROUP_SECRET_MAX]; /* *SECRET: g^xy */
    uint16_t shared_len;
    uint8_t seed[64];           /* SEED */
    enum hypothesis hypothesis; /* AUTOPSY: of the peer's key; NONE: no hypothesis opens the message */
    uint32_t key_index;         /* OTHER_GROUP: whose key it is */
    enum trust_fault trust;     /* QUESTION_FAULT_CERTIFICATE: why */
    struct ip certified;        /* the address in the certificate, where the peer claims another; not set: no such */
    uint8_t signature[SIGNATURE_MAX];
    uint16_t signature_len;                 /* 0: none was wanted */
    enum password_verdict password_verdict; /* PASSWORD */
    bool is_server_silent; /* PASSWORD: the server could not be asked; what the users of the configuration say, if they
                              were asked in its place, is the verdict */
    uint8_t user[USER_NAME_MAX], password[USER_PASSWORD_MAX]; /* CREDENTIALS */
    uint16_t user_len, password_len;
};

const char *question_name(enum question_kind kind);
const char *question_fault_name(enum question_fault fault);
const char *question_fault_meaning(enum question_fault fault);
const char *password_verdict_name(enum password_verdict verdict);
const char *password_verdict_words(enum password_verdict verdict); /* why not, as an ASA says it */
const char *hypothesis_name(enum hypothesis hypothesis);
const char *hypothesis_meaning(enum hypothesis hypothesis); /* a sentence */

/* Bytes that the views of a question need, and the question with its views in `space` instead. */
size_t question_views_len(const struct question *question);
void question_keep(struct question *question, uint8_t *space);

void answer_wipe(struct answer *answer);

#endif
