/* The objects of the engine: values without pointers, named by handles, so that a draft is a copy and a commit is one
 * assignment.
 *
 *     peer -> ISAKMP SAs -> exchanges (one a message id)          peer -> IPsec SA pairs
 *
 * Pairs belong to the peer, not to the ISAKMP SA that negotiated them. What varies in length is a blob. */
#ifndef IKE_OBJECTS_H
#define IKE_OBJECTS_H

#include "base/handle.h"
#include "base/pool.h"
#include "crypto/drbg.h"
#include "ike/ike.h"
#include "ike/view.h"
#include "policy/choose.h"
#include "policy/question.h"
#include "wire/message.h"

enum exchange_kind {
#define EXCHANGE(name, ...) EXCHANGE_##name,
#include "ike/exchanges.def"
#undef EXCHANGE
    EXCHANGE_COUNT
};

enum state {
#define STATE(name, ...) STATE_##name,
#include "ike/states.def"
#undef STATE
    STATE_COUNT
};

enum reason {
#define REASON(name, ...) REASON_##name,
#include "ike/reasons.def"
#undef REASON
    REASON_COUNT
};

/* What a state waits for; see states.def. */
enum waits { WAITS_NOTHING, WAITS_PEER, WAITS_SILENT, WAITS_USER, WAITS_PLANE, WAITS_SETTLE, WAITS_REST };

struct state_info {
    const char *name;
    enum exchange_kind kind;
    const char *asa, *ios;
    enum waits waits;
    const char *story, *proven, *open;
};

struct exchange_info {
    const char *name, *title; /* "MM", "Main mode" */
    uint8_t wire;             /* XCHG_* */
    uint8_t phase;
    enum state start, done;
};

struct reason_info {
    const char *name;
    uint16_t notify;
    uint8_t payload; /* PL_*: the one that could not be taken; PL_NONE: it is not about one */
    const char *meaning;
};

const struct exchange_info *exchange_info(enum exchange_kind kind);
const struct state_info *state_info(enum state state);
const char *state_passing(enum state into); /* of IOS, passed on the way into that state; NULL: none */
const struct reason_info *reason_info(enum reason reason);

/* What explain would call it: the id of a cause (verdicts.def). `told`: the peer's error notify, 0: none came.
 * `is_signed`: phase 1 is authenticated by certificates. NULL: no row. */
const char *verdict_of(enum reason reason, enum state where, uint16_t told, bool is_signed);

enum side { INITIATOR, RESPONDER };

/* The state of an ISAKMP SA; what its phase-1 exchange is doing stands in that exchange. */
enum sa_state {
    SA_NEW,         /* being made; in no pool yet */
    SA_NEGOTIATING, /* phase 1 is under way */
    SA_UP,
    SA_DEAD, /* kept for the screens, and to repeat its Delete to a peer that did not hear it */
};

/* The name of a reason as a peer gives it, with an end mark; longer ones are none. */
enum { REASON_NAME_SIZE = 32 };

/* A sealed Delete of an ISAKMP SA: header, HASH, DELETE and its reason, and a block of padding. */
enum { LAST_DELETE_MAX = 28 + 4 + DIGEST_MAX + 28 + 12 + REASON_NAME_SIZE + CIPHER_BLOCK_MAX };

struct isakmp_sa {
    struct handle self, peer, phase1;
    enum sa_state state;
    enum exchange_kind mode; /* of its phase 1 */
    enum side side;          /* ours in its phase 1 */
    uint8_t cookies[2][COOKIE_LEN];
    struct endpoint local, remote;
    uint16_t tunnel;       /* that we began it for; NO_INDEX for a responder */
    uint16_t tunnel_group; /* NO_INDEX until known */
    uint32_t conn_id;

    /* users: who is not proved has no session, and gets no address and no pair (attack list X01) */
    enum user_auth user_auth;
    struct handle session;
    uint64_t user_due_ms;      /* until when it must be there; 0: it is, or none is wanted */
    uint8_t user_answer_count; /* how often our user's name has been given */
    bool peer_does_unity;

    uint64_t login_ms, used_ms; /* when its session began, when a packet last went through; 0: nothing limits it */

    /* agreed */
    uint16_t auth, policy_priority;
    enum cipher_id cipher;
    enum hash_id hash;
    enum group_id group;
    uint32_t lifetime_s;
    enum natt_variant natt;
    uint8_t peer_identity[16]; /* digest of what it has shown */
    bool peer_does_dpd, peer_takes_fragments, peer_takes_reasons, peer_is_behind_nat, we_are_behind_nat;
    uint16_t peer_nonce_len; /* in phase 1 */

    /* keys */
    union {
        struct {
            uint8_t skeyid[DIGEST_MAX], skeyid_d[DIGEST_MAX], skeyid_a[DIGEST_MAX];
            uint8_t cipher_key[CIPHER_KEY_MAX];
        };
        uint8_t last_delete[LAST_DELETE_MAX]; /* SA_DEAD: our Delete, sealed as it was sent */
    };
    uint8_t last_delete_len, last_delete_repeats;
    uint8_t last_block[CIPHER_BLOCK_MAX]; /* of phase 1: the base of all later IVs */
    uint8_t skeyid_len;
    bool has_keys;

    uint64_t begun_ms, up_ms, expires_ms;
    uint64_t rekey_ms, retire_ms; /* when a successor is begun, when this one goes after its successor is up; 0: not */
    uint64_t heard_ms;            /* when an authenticated message, or ESP, last came */
    uint64_t keepalive_ms;
    uint64_t dpd_due_ms; /* 0: no R-U-THERE is out */
    uint64_t doubted_ms; /* since when a quick mode of ours gets no answer, and nothing else came; 0: no doubt */
    uint32_t dpd_sequence, dpd_heard_sequence;
    uint8_t dpd_try_count;
    bool has_dpd_heard;
    bool has_sent; /* ESP, since something was heard */

    enum reason doomed;         /* to be ended by the timers; REASON_OK: not */
    enum hypothesis hypothesis; /* what is known of the peer's key, when it is not ours */
    enum state died_in;         /* SA_DEAD */
    enum reason died_of;
    uint64_t died_ms;
};

enum blob_id {
    BLOB_SA_I,       /* SAi_b: the initiator's SA payload as it was sent */
    BLOB_SA_R,       /* the responder's choice */
    BLOB_SHARE_MINE, /* public Diffie-Hellman values */
    BLOB_SHARE_PEER,
    BLOB_NONCE_I,
    BLOB_NONCE_R,
    BLOB_ID_I, /* IDii_b, in quick mode IDci */
    BLOB_ID_R,
    BLOB_PROOF,      /* the peer's hash, until the keys are there that it is checked with */
    BLOB_SIGNATURE,  /* ours; until it is made, what it covers */
    BLOB_ATTRIBUTES, /* of a transaction: the body of the ATTR payload to send */
    BLOB_HEARD, /* in a transaction, for what follows: the name that the peer's user says he has; our configuration */
    BLOB_SENT,  /* the last datagram that we sent in this exchange */
    BLOB_KEYS,  /* struct pair_keys, until the plane has both halves */
    BLOB_COUNT
};

/* In a blob of their own, for an exchange lingers longer than they are needed. */
struct pair_keys {
    uint8_t key_in[CIPHER_KEY_MAX + GCM_SALT_LEN], key_out[CIPHER_KEY_MAX + GCM_SALT_LEN];
    uint8_t integrity_in[DIGEST_MAX], integrity_out[DIGEST_MAX];
    uint8_t key_len, integrity_len;
};

/* What quick mode is about. */
struct quick {
    uint16_t tunnel, ace;
    struct selector selector;
    uint32_t spi_in, spi_out;
    struct esp_choice choice;
    bool is_peer_replay_off; /* it has told that it takes packets that come again */
    struct handle pair;
};

enum login {
#define LOGIN(name, words) LOGIN_##name,
#include "ike/logins.def"
#undef LOGIN
};

/* What a transaction is about. */
struct transaction {
    uint16_t id;      /* of the ATTR payloads */
    bool is_accepted; /* what the user is told */
    bool is_over;     /* tried too often: he is refused, whatever he says */
    enum login login; /* whether he may come in */
    enum password_verdict verdict;
    bool is_server_silent; /* his group's aaa-server could not be asked */
};

/* A user behind a peer, and what he has got: as long as an ISAKMP SA or a pair hangs on it. */
struct session {
    struct handle self, peer;
    char user[USER_NAME_MAX + 1]; /* as he wrote it: printed escaped */
    uint16_t tunnel_group;
    uint16_t tunnel;         /* as a client; NO_INDEX as a gateway */
    struct ip address;       /* not set: none yet */
    bool wants_pfs;          /* as a client: the gateway has said so */
    struct ip_range network; /* of a user's end in network extension mode, what came first; not set: of none */
    uint64_t begun_ms;
};

struct exchange {
    struct handle self, sa;
    enum exchange_kind kind;
    enum state state;
    enum side side;
    uint32_t message_id;
    struct handle blobs[BLOB_COUNT];
    struct handle secret; /* in the vault: our private value, in phase 1 later g^xy */
    uint8_t iv[CIPHER_BLOCK_MAX];
    uint8_t first_iv[CIPHER_BLOCK_MAX];
    uint8_t heard_digest[16]; /* of the last message that was taken */
    bool has_heard;
    uint8_t answer_count; /* how often that message has been answered again */
    uint8_t resend_count;
    uint64_t resend_ms, deadline_ms; /* 0: none */
    uint64_t begun_ms, state_ms;
    enum reason last_reason; /* why the last message was refused: told when the exchange dies */
    uint16_t told;           /* an error notify that came, be it in clear: for the verdict alone; 0: none */
    struct handle parked;    /* the draft that waits for an answer */
    uint32_t ask_number;
    uint32_t autopsy_number; /* of the question that is out; 0: none */
    uint8_t autopsy_count;   /* how many have been asked */
    struct quick quick;
    struct transaction transaction;
};

struct pair {
    struct handle self, peer;
    struct handle session; /* not set: of a site */
    uint16_t tunnel, ace;
    struct selector selector;
    struct endpoint local, remote;
    bool is_udp, is_transport, is_up;
    bool is_peer_replay_off, has_esn;
    bool is_leaving; /* the peer has been told that it goes */
    bool is_mute;    /* we send no more in it */
    enum side side;
    uint32_t spi_in, spi_out;
    enum cipher_id cipher;
    enum hash_id integrity;
    enum group_id pfs;
    uint32_t lifetime_s, lifetime_kb, conn_id;
    uint64_t begun_ms, up_ms, expires_ms;
    uint64_t rekey_ms, retire_ms; /* as of an ISAKMP SA */
    uint64_t heard_ms;            /* when ESP last came */
    uint64_t doubted_ms;          /* since when the peer may not know it; 0: it does (rekey.c) */
    /* What its ISAKMP SA was limited to, for when that is gone: when the session ends, when a packet last went through
     * and for how long none may (0: nothing limits it). */
    uint64_t session_end_ms, used_ms;
    uint32_t idle_timeout_s;
    uint64_t carried_ms; /* when a packet last went through it, or one for the same networks */
    enum reason doomed;  /* to be ended by the timers; REASON_OK: not */
};

enum { WAITING_MAX = 16, HEARD_IDS_MAX = 128, EXCHANGES_PER_SA_MAX = 16, RESENDS_OF_ANSWER_MAX = 6 };
enum { FAREWELLS_MAX = 8, FAREWELL_REPEATS = 2, SPI_LEN = 4 };

/* Every peer keeps a number of them: enum side, state, reason and hypothesis in a byte each. */
struct outcome {
    uint64_t at_ms;
    uint8_t side;
    uint8_t phase; /* 0: an empty place */
    bool is_success;
    uint8_t state;
    uint8_t reason;
    uint8_t hypothesis; /* enum hypothesis */
    uint8_t told;       /* the peer deleted it: enum reason that it gave; REASON_OK: none that we know */
};

/* A Delete of a pair that is to be said again; see farewell.c. */
struct farewell {
    uint64_t at_ms; /* 0: an empty place */
    uint32_t spi;
    uint8_t repeats;
    uint8_t why; /* enum reason */
};

/* Traffic of a line that wants a pair; where each two hosts have one, which hosts (not set: all of the line). */
struct want {
    uint16_t tunnel, ace;
    struct ip local, remote;
};

/* An acquire that waits for phase 1. */
struct waiting {
    struct want want;
    bool is_restart; /* the pair was lost by DPD, and is wanted until it is up */
};

/* One for an address; of a NAT's address that no static entry names, one for each peer behind it (neighbours.c). */
struct peer {
    struct handle self;
    struct ip remote;
    uint8_t identity[16]; /* digest of the one that it showed last; only of those behind a NAT */
    struct waiting waiting[WAITING_MAX];
    uint8_t waiting_count, outcome_count;
    uint64_t restart_ms;   /* when what waits is begun, after DPD has lost the peer; 0: it waits for phase 1 */
    uint64_t recovered_ms; /* when it was last told of an SA that we do not have; 0: never */
    uint64_t
        failed_ms; /* when we last came to nothing with it: phase 1 failed, or DPD lost it; 0: it has been up since */
    uint64_t session_ms;                       /* since when there is an SA without a break; 0: there is none */
    struct outcome outcomes[IKE_OUTCOMES_MAX]; /* newest first */
    struct farewell farewells[FAREWELLS_MAX];
};

/* Of one user, or of one address, under a keyed hash: how often he was wrong, and when he may try again. */
struct tries {
    uint64_t key, until_ms;
    uint32_t count;
};

enum { TRIES_MAX = 1024 };

/* Message ids that were used under an ISAKMP SA, in rings: one that is in it is not taken again (attack list S15).
 * Informational messages have one of their own, for R-U-THEREs would soon push the quick modes out. The rings of all
 * SAs stand slot by slot, so that SAs with few ids use little memory. */
enum { HEARD_KINDS = 2 }; /* quick mode and transactions, informational */
struct heard_ids {
    uint32_t *ids;    /* by kind, slot, place of the SA */
    uint32_t *counts; /* by kind, place */
};

#endif
