/* Inside the engine: what its files share. Nothing outside src/ike includes this but sim/inside.c, search and the
 * tests.
 *
 * The life of a message: datagram.c finds its SA and exchange, opens it and reads its payloads; steps.c finds its row;
 * runner.c runs the row's action on a draft, asks the vault when the action asked, builds and seals what the row sends
 * (send.c, seal.c), commits by assignment, and carries out the intents (intents.c). timers.c does what is due. */
#ifndef IKE_ENGINE_H
#define IKE_ENGINE_H

#include "ike/assembly.h"
#include "ike/blob.h"
#include "ike/due.h"
#include "ike/half_open.h"
#include "ike/index.h"
#include "ike/objects.h"
#include "ike/steps.h"
#include "ike/tell.h"
#include "wire/payloads.h"

/* What must follow a step, noted by its action, done after the commit. */
enum intent_kind {
    INTENT_PHASE1_UP,
    INTENT_INSTALL_INBOUND,
    INTENT_INSTALL_OUTBOUND,
    INTENT_PAIR_UP,
    INTENT_DELETE_SA,   /* the peer deleted the ISAKMP SA with these cookies */
    INTENT_DELETE_PAIR, /* the peer deleted its inbound SA `spi` */
    INTENT_NOTIFIED,    /* the peer sent an error notify about a quick mode of ours */
    INTENT_ANSWER_DPD,
    INTENT_INITIAL_CONTACT,
    INTENT_USER_JUDGED,
    INTENT_USER_TOLD,
    INTENT_LEASE,         /* to the user, of an address */
    INTENT_USER_ANSWERED, /* by us, as a client */
    INTENT_USER_ACCEPTED, /* ours, by the gateway */
    INTENT_USER_REFUSED,
    INTENT_CONFIGURED,
};

struct lease {
    struct handle session;
    struct ip address;       /* not set: none is given, */
    struct ip_range network; /* but that is his; not set: neither */
};

struct intent {
    enum intent_kind kind;
    struct lease lease;
    uint32_t spi, message_id, sequence;
    uint16_t notify;
    uint8_t cookies[16];
};

/* All SPIs of one Delete payload, and what else a message may bring. */
enum { INTENTS_MAX = 152 };

struct draft {
    struct exchange exchange;
    struct isakmp_sa sa;
    const struct step *step;
    struct intent intents[INTENTS_MAX];
    uint8_t intent_count;
    char told[REASON_NAME_SIZE]; /* the reason that the peer gave with its Deletes; "": none */
    bool is_authenticated;
    /* Of a parked one that will have the SA up: a message that came behind it, to be taken then; not set: none did. */
    struct handle early;
    struct endpoint early_to, early_from;
};

/* What an action works on. It changes the draft, asks one question, and tells events; nothing else. */
struct step_work {
    const struct ike *ike;
    struct drbg *drbg;
    struct blobs *blobs;
    struct draft *draft;
    const struct message *in;    /* NULL for other inputs than messages, and in `then` */
    const struct answer *answer; /* in `then`; NULL when nothing was asked */
    struct question *question;   /* to be filled by `act`; kind NONE: nothing is asked */
    struct ike_outputs *out;     /* events only */
    struct endpoint from, to;    /* of the datagram */
    uint64_t now_ms;
};

/* What is there of a message of one ISAKMP SA. */
struct assembling {
    struct handle sa;
    uint64_t deadline_ms;
    struct assembly assembly;
};

struct ike {
    struct ike_limits limits;
    const struct policy *policy;
    struct drbg drbg;
    struct pool peers, sas, exchanges, pairs, drafts, assemblies, sessions;
    struct blobs blobs;
    struct heard_ids heard;
    struct index_secret index_secret;
    struct index peers_by_ip, sas_by_peer, sas_by_cookie, exchanges_by_sa, exchanges_by_spi, pairs_by_peer,
        pairs_by_spi, sessions_by_address;
    struct half_opens half_opens;
    bool is_closing; /* IKE_CLOSE */
    uint32_t last_idle_peer;
    struct handle *assembly_of_sa; /* by place of `sas`: not in the SA, of which drafts are copies */
    struct due due;                /* peers, by the earliest deadline of what is theirs */
    struct handle noted[8];        /* peers whose deadlines may have changed in this feed */
    uint32_t noted_count;
    bool are_all_noted; /* more than find room there */
    uint32_t last_conn_id, last_ask_number;
    bool is_seed_asked;
    uint64_t autopsy_tokens_ms; /* token bucket for questions about keys */
    struct tries tries[TRIES_MAX];
    uint64_t notify_tokens_ms; /* token bucket for answers to strangers: time up to which it has been spent */
    struct question question;  /* working space */
    struct draft draft;
    uint8_t message_space[BLOB_MAX], opened_space[BLOB_MAX], whole_space[ASSEMBLY_LEN_MAX];
};

/* ---- finding (find.c) */
struct peer *peer_of(const struct ike *ike, struct handle h);
struct isakmp_sa *sa_of(const struct ike *ike, struct handle h);
struct exchange *exchange_of(const struct ike *ike, struct handle h);
struct pair *pair_of(const struct ike *ike, struct handle h);
struct handle peer_at(const struct ike *ike, uint32_t place);         /* who lives there: somebody does */
struct isakmp_sa *sa_in_place(const struct ike *ike, uint32_t place); /* counted from 1: an SA stands there */
struct peer *peer_of_ip(const struct ike *ike, struct ip remote);
struct peer *peer_make(struct ike *ike, struct ip remote); /* finds or makes; NULL: the pool is full */
struct peer *peer_make_another(struct ike *ike, struct ip remote);
struct peer *peer_next_of_ip(const struct ike *ike, const struct peer *peer); /* NULL: no more at that address */
void peer_drop_if_empty(struct ike *ike, struct peer *peer); /* one that nothing hangs on and nothing is told of */
struct isakmp_sa *sa_dead_of_cookies(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN]);
struct isakmp_sa *sa_of_cookies(const struct ike *ike, const uint8_t cookies[2][COOKIE_LEN]);
/* Whose first message it is, or was: one that is late does not begin another. */
struct isakmp_sa *sa_of_first_message(const struct ike *ike, const uint8_t cookie_i[COOKIE_LEN],
                                      struct endpoint remote);
/* The newest that is up, of a site and not of a user; NULL. */
struct isakmp_sa *sa_up_of(const struct ike *ike, struct handle peer);
/* The newest of that session, or of the site when it is not set. */
struct isakmp_sa *sa_up_in(const struct ike *ike, struct handle peer, struct handle session);
struct isakmp_sa *sa_begun_of(const struct ike *ike, struct handle peer); /* one that negotiates; NULL */
struct exchange *exchange_of_message(const struct ike *ike, struct handle sa, uint32_t message_id);
uint32_t exchanges_under_way(const struct ike *ike, struct handle sa);
struct pair *pair_of_spi_out(const struct ike *ike, struct handle peer, uint32_t spi_out);
/* For that traffic of the tunnel: the newest; NULL. */
struct pair *pair_for(const struct ike *ike, struct handle peer, uint16_t tunnel, const struct selector *selector);
/* Still under way. */
/* Another one for the same traffic, in which we may send; NULL. */
struct pair *pair_sending_beside(const struct ike *ike, const struct pair *beside);
struct exchange *quick_for(const struct ike *ike, struct handle peer, uint16_t tunnel, const struct selector *selector);
/* Of another peer, for traffic that is also of that selector; NULL. */
struct pair *pair_in_the_way(const struct ike *ike, struct handle peer, const struct selector *selector);
struct exchange *quick_of_pair(const struct ike *ike, struct handle pair);
/* A quick mode that has no pair yet, or whose draft waits for an answer, and in which the peer chose that SPI. */
struct exchange *quick_of_spi_out(const struct ike *ike, struct handle peer, uint32_t spi_out);
bool spi_is_taken(const struct ike *ike, uint32_t spi_in);
bool cookie_is_ours(const struct ike *ike, const uint8_t cookie_i[COOKIE_LEN]); /* of an SA that we began */
bool message_id_was_heard(const struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind,
                          uint32_t message_id);
/* Used under this SA, by the peer or by us: what comes with it from now on is a replay, or our own message reflected.
 */
void message_ids_forget(struct ike *ike, const struct isakmp_sa *sa);
void message_id_keep(struct ike *ike, const struct isakmp_sa *sa, enum exchange_kind kind, uint32_t message_id);
const struct tunnel *tunnel_of(const struct ike *ike, uint16_t tunnel); /* NULL: NO_INDEX or parked */

/* What belongs to a peer or an SA, the newest first. */
struct isakmp_sa *sa_first_of(const struct ike *ike, struct handle peer);
struct isakmp_sa *sa_next_of(const struct ike *ike, const struct isakmp_sa *sa);
struct exchange *exchange_first_of(const struct ike *ike, struct handle sa);
struct exchange *exchange_next_of(const struct ike *ike, const struct exchange *exchange);
struct pair *pair_first_of(const struct ike *ike, struct handle peer);
struct pair *pair_next_of(const struct ike *ike, const struct pair *pair);

/* for (EACH_SA_OF(ike, peer, sa)) ...: the body may give back the one that it is handed, and no other of them. */
#define EACH_OF(ike, owner, type, first, next, name)                                                                   \
    struct type *name = first(ike, owner), *name##_next;                                                               \
    name != NULL && (name##_next = next(ike, name), true);                                                             \
    name = name##_next
#define EACH_SA_OF(ike, peer, name) EACH_OF(ike, peer, isakmp_sa, sa_first_of, sa_next_of, name)
#define EACH_EXCHANGE_OF(ike, sa, name) EACH_OF(ike, sa, exchange, exchange_first_of, exchange_next_of, name)
#define EACH_PAIR_OF(ike, peer, name) EACH_OF(ike, peer, pair, pair_first_of, pair_next_of, name)

/* After it was made, and whenever peer, cookies, state or SPI have changed. */
void sa_file(struct ike *ike, const struct isakmp_sa *sa);
void exchange_file(struct ike *ike, const struct exchange *exchange);
void pair_file(struct ike *ike, const struct pair *pair);
void sa_give_back(struct ike *ike, const struct isakmp_sa *sa);
void exchange_give_back(struct ike *ike, const struct exchange *exchange);
void pair_give_back(struct ike *ike, const struct pair *pair);

/* ---- drafts and steps (runner.c) */
bool draft_set(struct step_work *work, enum blob_id id, struct bytes bytes); /* false: no room for the blob */
struct bytes draft_blob(const struct step_work *work, enum blob_id id);
struct intent *draft_intend(struct step_work *work, enum intent_kind kind);
enum reason reason_of_answer(const struct answer *answer);

/* Runs a row for an exchange (which may be a new one in no pool: `exchange->self` not set). The draft's copies come
 * from the two pointers. On refusal the reason; REASON_OK when it was committed or parked. */
enum reason step_run(struct ike *ike, uint64_t now_ms, const struct step *step, struct exchange *exchange,
                     struct isakmp_sa *sa, const struct message *in, struct endpoint to, struct endpoint from,
                     struct ike_outputs *out);
void step_answer(struct ike *ike, uint64_t now_ms, struct handle exchange, uint32_t ask_number,
                 const struct answer *answer, struct ike_outputs *out);
void draft_drop(struct ike *ike, struct exchange *exchange); /* a parked one */
void exchange_free(struct ike *ike, struct exchange *exchange, struct ike_outputs *out);

/* Looks for the row of an input that is no message and runs it. */
enum reason step_take(struct ike *ike, uint64_t now_ms, enum step_input input, struct exchange *exchange,
                      struct isakmp_sa *sa, struct ike_outputs *out);

/* ---- signatures and certificates (signature.c) */
/* Adds to the question for SKEYID what makes it one with signatures; an initiator's is signed at once. */
enum reason signature_ask(struct step_work *work, struct question *question);
/* Tells when the peer asks for a certificate of other authorities than ours has. */
void certificate_take_requests(struct step_work *work);
/* The bodies of CERT and CR payloads that we send, one after the other from number 0; false: no more. `space` holds
 * one. */
bool certificate_nth(const struct step_work *work, size_t number, struct cert *cert);
bool certificate_request_nth(const struct step_work *work, size_t number, struct cert *cr);
/* By the answer to what the draft has asked. */
void certificate_tell_refused(const struct step_work *work, const struct isakmp_sa *sa);

/* ---- sealing (seal.c) */
struct bytes exchange_iv(const struct isakmp_sa *sa, const struct exchange *exchange);
void iv_begin(const struct isakmp_sa *sa, struct exchange *exchange);
/* Opens m->sealed into `space`; empty when it is no whole number of blocks. Moves the IV of the exchange (a draft's)
 * on. */
struct bytes message_open(const struct isakmp_sa *sa, struct exchange *exchange, const struct message *m,
                          uint8_t *space, size_t size);
void message_close(const struct isakmp_sa *sa, struct exchange *exchange, struct message_writer *m);
/* HASH of quick mode and informational: prf(SKEYID_a, parts). */
struct bytes hash_phase2(const struct isakmp_sa *sa, const struct bytes *parts, size_t count,
                         uint8_t digest[static DIGEST_MAX]);
/* HASH_I, HASH_R. `side`: whose. */
struct bytes hash_phase1(const struct step_work *work, enum side side, uint8_t digest[static DIGEST_MAX]);
/* What it is a prf of: PHASE1_PARTS parts in their order. */
enum { PHASE1_PARTS = 6 };
void phase1_parts(const struct step_work *work, enum side side, struct bytes parts[static PHASE1_PARTS]);
/* HASH(1) to (3) by the message's number, over `rest`: what follows the HASH payload. */
struct bytes hash_quick(const struct step_work *work, int number, struct bytes rest, uint8_t digest[static DIGEST_MAX]);
bool keys_take(struct step_work *work, struct bytes share_i, struct bytes share_r);
struct pair_keys keys_make_pair(const struct isakmp_sa *sa, const struct quick *quick, struct bytes shared,
                                struct bytes nonce_i, struct bytes nonce_r);     /* the caller's to wipe */
bool keys_of_pair_are_weak(enum cipher_id cipher, const struct pair_keys *keys); /* either half's, RFC 2409 section 5 */

/* ---- key autopsy (autopsy.c) */
/* The message does not open with our key: the vault is asked what the peer's may be, unless it has been asked enough.
 * Nothing waits for the answer, and nothing of it leaves by the network. `phase1`: the exchange. */
void autopsy_ask(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, struct exchange *phase1,
                 const struct message *m, struct ike_outputs *out);
/* False: it is no answer to such a question. */
bool autopsy_answer(struct ike *ike, struct handle exchange, uint32_t ask_number, const struct answer *answer,
                    struct ike_outputs *out);

/* ---- RESPONDER-LIFETIME (lifetime.c) */
enum { LIFETIME_SPACE = 32 };
/* As a responder: the peer's offer has a longer lifetime than the SA will; 0: not so. False: neither. */
bool lifetime_told(const struct step_work *work, uint32_t *seconds, uint32_t *kilobytes);
struct bytes lifetime_attributes(const struct step_work *work,
                                 uint8_t space[static LIFETIME_SPACE]); /* empty: not told */
/* As an initiator; the message is authenticated. */
void lifetime_take(struct step_work *work);

/* ---- transport mode (transport.c) */
enum natt_variant natt_in_use(const struct isakmp_sa *sa);
/* Packets of the two ends themselves, by the addresses that we see. */
bool transport_is_for(const struct isakmp_sa *sa, const struct selector *selector);
/* As a responder: a peer that offers transport mode across a NAT names the ends as it sees them; `wanted` becomes what
 * we see. */
void transport_see_ends(const struct isakmp_sa *sa, const struct sa_payload *offer, struct selector *wanted);
/* As an initiator across a NAT: the identity that came back names one host with our protocol and port, by the address
 * that the peer sees (strongSwan answers so). The pair is for the one that we see. */
bool transport_is_same_end(struct bytes theirs, struct bytes ours);
/* NAT-OA, RFC 3947 section 5.2. `number`: 0 and 1. False: none is to be sent. */
bool transport_address(const struct step_work *work, size_t number, struct nat_oa *address);

/* ---- REPLAY-STATUS (replay_status.c) */
enum { REPLAY_STATUS_SPACE = 4 };
struct bytes replay_status_data(const struct step_work *work,
                                uint8_t space[static REPLAY_STATUS_SPACE]); /* empty: not told */
void replay_status_take(struct step_work *work); /* as an initiator; the message is authenticated */

/* ---- sending (send.c) */
/* Builds what the row sends into the exchange of the draft (BLOB_SENT). REASON_LIMIT when it does not fit. */
enum reason message_build(struct ike *ike, struct step_work *work);
void message_send(struct ike *ike, const struct isakmp_sa *sa, const struct exchange *exchange, bool is_again,
                  struct ike_outputs *out);
void datagram_out(const struct ike *ike, const struct isakmp_sa *sa, struct bytes data, struct ike_outputs *out);
void keepalive_send(const struct isakmp_sa *sa, struct ike_outputs *out);
struct info_part {
    uint8_t payload;
    struct bytes body;
};

/* A protected informational message of NOTIFY and DELETE bodies. Nothing is kept of it; what was sent stands until the
 * next message is built. */
struct bytes info_send(struct ike *ike, const struct isakmp_sa *sa, const struct info_part *bodies, size_t count,
                       struct ike_outputs *out);
void notify_send(struct ike *ike, const struct isakmp_sa *sa, uint16_t type, uint8_t protocol, struct bytes spi,
                 struct bytes data, struct ike_outputs *out);
/* In clear, to somebody of whom we keep no state; limited in rate and to `max_len` bytes. */
void notify_stranger(struct ike *ike, uint64_t now_ms, const struct header *header, uint16_t type, struct endpoint to,
                     struct endpoint from, size_t max_len, struct ike_outputs *out);

/* ---- Deletes (delete.c) */
/* `why`: also to the peer, where it takes reasons; REASON_OK: nothing. `spis`: of one ISAKMP SA (its cookies), or of
 * one or more ESP SAs, SPI_LEN bytes each. */
struct bytes delete_send(struct ike *ike, const struct isakmp_sa *sa, uint8_t protocol, struct bytes spis,
                         enum reason why, struct ike_outputs *out);
/* The name of a reason that a notify has as its data; "": it is no name. */
void delete_reason_read(struct bytes data, char name[static REASON_NAME_SIZE]);
/* The reason of that name; REASON_OK: no such row, it may be one of a newer version. */
enum reason delete_reason_of(const char *name);
/* What became of an SA that the peer deleted, giving this reason. */
const char *delete_reason_meaning(enum reason told);

/* ---- fragments of messages (fragment.c) */
enum { FRAGMENTS_SENT_MAX = 16, FRAGMENT_SPACE = 1500 }; /* libreswan takes no more than 16 */
struct fragments {
    struct bytes message;
    size_t part_len;
    uint16_t id;
    uint8_t exchange; /* of the carriers */
    unsigned count;   /* 1: the message goes as it is */
};
struct fragments fragments_of(const struct ike *ike, const struct isakmp_sa *sa, struct bytes message);
/* `number`: from 1. The datagram; in `space`, or the message itself when there is but one. */
struct bytes fragments_nth(const struct fragments *fragments, unsigned number, uint8_t space[static FRAGMENT_SPACE]);
/* The peer's vendor ID. `e`: the event that tells of it. */
void fragmentation_heard(struct step_work *work, struct bytes vendor_id, struct event *e);
/* A fragment of a message under `sa`, from the SA's address. `whole`: the message, when that was what was missing; it
 * is in ike->whole_space. On refusal the reason, and in `detail` a sentence. */
enum reason fragment_take(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, const struct message *carrier,
                          struct bytes *whole, const char **detail, struct ike_outputs *out);
uint64_t fragments_next_ms(const struct ike *ike, const struct isakmp_sa *sa); /* UINT64_MAX: nothing is kept */
void fragments_due(struct ike *ike, const struct isakmp_sa *sa, struct ike_outputs *out);
void fragments_forget(struct ike *ike, const struct isakmp_sa *sa);

/* ---- dead peer detection (dpd.c) */
uint64_t dpd_next_ms(const struct ike *ike, const struct isakmp_sa *sa); /* UINT64_MAX: never */
void dpd_due(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out);
/* Something authenticated came under this SA. */
void dpd_heard(struct isakmp_sa *sa, uint64_t now_ms);
/* ESP came on the pair. `sa`: that is up with the peer; NULL: none. */
void dpd_heard_esp(struct isakmp_sa *sa, struct pair *pair, uint64_t now_ms);
/* A quick mode of ours gets no answer: is it the SA that the peer has? */
void dpd_doubt(const struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa);
/* Doubted, and there is no R-U-THERE to ask with. */
bool dpd_is_doubted_for_good(const struct ike *ike, const struct isakmp_sa *sa);

/* Is asked now whether it is there. */
void dpd_ask_soon(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa);

/* ---- several peers behind one NAT (neighbours.c) */
/* The peer of this SA has proved itself, and the SA goes to the one that it is. */
void neighbours_settle(struct ike *ike, struct isakmp_sa *sa);
/* It says that it knows of no older SA: it may have got another port of the NAT, or another peer of the same NAT says
 * it. What is silent goes, when the identity is the same; else it is asked. */
void neighbours_doubt(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *newest);
/* Its networks are those of another peer, who may be gone. */
void neighbours_compete(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, const struct selector *selector);

/* ---- Deletes, said again (farewell.c) */
/* In the place of the keys, which are wiped. `sealed` empty: the peer was not told. */
/* `no crypto isakmp disconnect-notify`: what we end ourselves, we end without a word. */
bool farewell_is_said(const struct ike *ike, enum reason why);
void farewell_keep(struct isakmp_sa *sa, struct bytes sealed);
/* What was sealed under cookies that are not in use came from `remote`: was it an SA that we have deleted? */
void farewell_repeat(struct ike *ike, const uint8_t cookies[2][COOKIE_LEN], struct endpoint remote,
                     struct ike_outputs *out);
void farewell_send(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, uint32_t spi, enum reason why,
                   struct ike_outputs *out);
uint64_t farewell_next_ms(const struct peer *peer); /* UINT64_MAX: none */
void farewell_due(struct ike *ike, uint64_t now_ms, struct peer *peer, struct ike_outputs *out);

/* ---- exchanges and ISAKMP SAs (life.c) */
struct isakmp_sa *sa_make(struct ike *ike, uint64_t now_ms, enum exchange_kind mode, enum side side, struct peer *peer,
                          struct endpoint local, struct endpoint remote); /* with its phase-1 exchange; NULL: no room */
enum state phase1_state(const struct isakmp_sa *sa); /* of an SA that has no phase-1 exchange any more */
/* A first message that was refused, by the step or by the vault: nothing of it is kept but what it tells about a peer
 * that is configured. */
void phase1_forget(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, enum reason why, struct ike_outputs *out);
struct exchange *exchange_make(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, enum exchange_kind kind,
                               enum state state, enum side side, uint32_t message_id);
void sa_end(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, enum reason why, bool is_told,
            struct ike_outputs *out);
/* The exchange ends without success: its reason is kept with the peer, what hangs on it goes too. */
void exchange_fail(struct ike *ike, uint64_t now_ms, struct exchange *exchange, enum reason why,
                   struct ike_outputs *out);
/* Tells a peer that has proved itself and is refused all the same, to where its message came from. `opened`: phase 1,
 * with the IV that the message left. */
void phase1_refuse(struct ike *ike, const struct isakmp_sa *sa, const struct exchange *opened, struct endpoint local,
                   struct endpoint remote, enum reason why, struct ike_outputs *out);
void outcome_keep(struct ike *ike, uint64_t now_ms, struct handle peer, enum side side, uint8_t phase, bool is_success,
                  enum state state, enum reason reason);
/* Anybody may begin a phase 1 in a peer's name: it is what became of one before its peer was proved. */
bool outcome_is_anybodys(const struct outcome *outcome);
/* Tells the end of the session when the last SA of a peer that was up is gone. */
void session_check(struct ike *ike, uint64_t now_ms, struct handle peer, struct handle session, enum reason why,
                   struct ike_outputs *out);

/* For less than its line, by a static entry: for two hosts, or what its peer has asked for. */
bool pair_is_narrow(const struct ike *ike, const struct pair *pair);
/* Of those a tunnel has only so many. `gives_way`: the one that is to end for it, having been idle for longest; NULL:
 * none has to. */
bool pairs_have_room(const struct ike *ike, uint64_t now_ms, struct handle peer, const struct quick *quick,
                     struct pair **gives_way);

/* ---- beginning (begin.c) */
/* `with`: the peer; not set: the one whose turn it is. */
void acquire_take(struct ike *ike, uint64_t now_ms, const struct want *want, struct ip with, struct ike_outputs *out);
/* A phase 1 of ours with that peer has failed: what waited for it goes on to the next peer that its entry names. */
void acquire_next(struct ike *ike, uint64_t now_ms, struct peer *failed, enum reason why, struct ike_outputs *out);
/* For that traffic of the tunnel, with any of its peers; NULL. */
struct pair *pair_of_any(const struct ike *ike, uint16_t tunnel, const struct selector *selector);
/* What would ask for such a pair anew; false: none of ours would, the peer has begun it with less than a line. */
bool want_of_pair(const struct ike *ike, const struct pair *pair, struct want *want);
bool want_is_same(const struct want *a, const struct want *b);
struct selector selector_of_want(const struct tunnel *tunnel, const struct want *want);
/* `selector`: what the pair is to be for. */
void quick_begin(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, uint16_t tunnel, uint16_t ace,
                 const struct selector *selector, struct ike_outputs *out);
/* `want`: what waits for it; NULL: nothing. */
void phase1_begin(struct ike *ike, uint64_t now_ms, struct peer *peer, uint16_t tunnel, const struct want *want,
                  struct endpoint local, struct endpoint remote, struct ike_outputs *out);
/* spi_recovery.c */
void spi_recover(struct ike *ike, uint64_t now_ms, struct ip from, uint32_t spi, struct ike_outputs *out);
/* limits.c */
/* The group-policy that holds for whoever is behind it; NULL. */
const struct group_policy *limits_policy_of(const struct ike *ike, const struct isakmp_sa *sa);
bool limits_refuse_ikev1(const struct ike *ike, uint16_t tunnel_group);
void limits_begin(const struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa);
void limits_begin_pair(const struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, struct pair *pair);
void limits_note_traffic(const struct ike *ike, uint64_t now_ms, const struct pair *pair);
/* As limits_next_ms, of a pair: of its session when no ISAKMP SA of that stands beside it, and of its crypto map entry.
 */
uint64_t limits_next_of_pair_ms(const struct ike *ike, const struct pair *pair, enum reason *why);
/* When the group-policy ends it, and by which reason; UINT64_MAX: never. */
uint64_t limits_next_ms(const struct ike *ike, const struct isakmp_sa *sa, enum reason *why);
/* Makes room for one more login of that user, if he may log in: the one that has been idle for longest is logged off.
 */
enum login limits_log_in(struct ike *ike, const struct isakmp_sa *sa, const char *user);
const char *login_refusal(enum login login); /* in the words of a log */

void phase1_up(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out);
bool wait_for_phase1(struct peer *peer, const struct want *want); /* false: too many wait */

/* ---- what DPD has lost, begun anew (restart.c) */
/* That traffic is wanted again; nothing of a tunnel that we do not begin. */
void restart_want(struct ike *ike, uint64_t now_ms, struct peer *lost, const struct pair *pair);
/* An acquire of what is wanted again. `with`: as of acquire_take. */
void restart_with(struct ike *ike, uint64_t now_ms, const struct want *want, struct ip with, struct ike_outputs *out);
/* No peer of the tunnel is left to try: a moment later it begins anew. */
void restart_later(struct ike *ike, uint64_t now_ms, struct peer *failed, const struct want *want);
void restart_due(struct ike *ike, uint64_t now_ms, struct peer *peer, struct ike_outputs *out);
void restart_forget(struct peer *peer);

/* ---- pairs (pairs.c) */
void pair_install(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa, bool is_inbound,
                  bool is_outbound, struct ike_outputs *out);
void pair_up(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa,
             struct ike_outputs *out);
void pair_end(struct ike *ike, uint64_t now_ms, struct pair *pair, enum reason why, bool is_told,
              struct ike_outputs *out);

/* ---- users (session.c): one behind each ISAKMP SA that has user_auth */
struct session *session_of(const struct ike *ike, struct handle h);
/* An ISAKMP SA that is up, or a pair, is of it; not set: of the peer itself. */
bool session_is_used(const struct ike *ike, struct handle peer, struct handle session);
/* Nothing is up with that peer, and none of its users is there. */
bool peer_is_idle(const struct ike *ike, const struct peer *peer);
const char *session_user(const struct ike *ike, struct handle h); /* "": of nobody */
/* What the caller has to do for us as a client. False: no room. */
bool client_out(const struct ike_client *client, struct ike_outputs *out);
struct session *session_make(struct ike *ike, uint64_t now_ms, const struct isakmp_sa *sa, struct bytes user);
/* As a client, its address goes away with it, which is told. */
void session_drop_if_unused(struct ike *ike, struct handle session, struct ike_outputs *out);
/* Which address the session of that SA gets: the one that is `wanted` (IP_NONE: any) when it is free, or is this user's
 * already, who then goes on with the session that has it; else another of the pools. Not set: there is none left, which
 * is told. */
struct lease lease_find(const struct ike *ike, const struct isakmp_sa *sa, struct ip wanted, struct ike_outputs *out);
/* For a network behind the user's end: with the session of his that has a pair for it already. */
struct lease lease_of_network(const struct ike *ike, const struct isakmp_sa *sa, struct ip_range network);
void lease_take(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, const struct lease *lease,
                struct ike_outputs *out);
/* Ours, as a client, of that tunnel; NULL. */
struct session *session_of_tunnel(const struct ike *ike, struct handle peer, uint16_t tunnel);
/* The SA goes on with a session that there was. */
void session_join(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct handle session,
                  struct ike_outputs *out);
/* Nobody has proved who he is behind this SA, and somebody must. */
bool sa_lacks_user(const struct isakmp_sa *sa);
/* Attack list X03: too many tries of this user, or from there, in too short a time. */
bool user_is_locked_out(const struct ike *ike, uint64_t now_ms, struct ip remote, struct bytes user);
/* Returns how many wrong tries he has exceeded, when he is locked out for a while by this one; 0: he is not. */
uint32_t user_note_try(struct ike *ike, uint64_t now_ms, struct ip remote, struct bytes user, bool is_right);

/* ---- transactions (tm.c, xauth.c, modecfg.c) */
bool is_transaction(enum exchange_kind kind);
/* What kind of transaction that message is, by its attributes. */
enum exchange_kind transaction_kind(const struct message *m);
/* Begins one of ours. False: no room, which is told. */
bool transaction_begin(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, enum exchange_kind kind,
                       bool is_accepted, struct ike_outputs *out);
/* As a gateway: the user behind an SA has answered, has heard what we say, has an address. */
void user_judged(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa,
                 struct ike_outputs *out);
void user_told(struct ike *ike, uint64_t now_ms, const struct exchange *exchange, struct isakmp_sa *sa,
               struct ike_outputs *out);
void user_leased(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, const struct lease *lease,
                 struct ike_outputs *out);
/* As a client: the gateway has given us an address. */
void client_configured(struct ike *ike, uint64_t now_ms, const struct exchange *exchange, struct isakmp_sa *sa,
                       struct ike_outputs *out);
/* A quick mode from that address, unless there is a pair already. */
void client_quick_begin(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, const struct session *session,
                        struct ike_outputs *out);

/* ---- what follows a step (intents.c) */
void intents_do(struct ike *ike, uint64_t now_ms, const struct draft *draft, struct handle exchange, struct handle sa,
                struct ike_outputs *out);

/* ---- rekeying (rekey.c) */
/* Sets when it expires and when a successor is begun; seconds until then, 0: never. */
uint32_t rekey_plan_sa(const struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa);
uint32_t rekey_plan_pair(const struct ike *ike, uint64_t now_ms, struct pair *pair);
void rekey_sa_due(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, struct ike_outputs *out);
void rekey_pair_due(struct ike *ike, uint64_t now_ms, struct pair *pair, struct ike_outputs *out);
/* Decides between this one, which is up now, and others for the same peer or traffic. */
void rekey_sa_up(struct ike *ike, uint64_t now_ms, struct isakmp_sa *newest, struct ike_outputs *out);
void rekey_pair_up(struct ike *ike, uint64_t now_ms, struct pair *newest, struct ike_outputs *out);
void rekey_pair_retire(struct ike *ike, uint64_t now_ms, struct pair *pair, struct ike_outputs *out);
void rekey_pair_gone(struct ike *ike, uint64_t now_ms, struct handle peer, uint16_t tunnel,
                     const struct selector *selector);
/* Ends it at its last byte. If the peer has filled it although it was replaced, its successor is in doubt: when nothing
 * comes in that, it is rekeyed before its time. */
void rekey_pair_spent(struct ike *ike, uint64_t now_ms, struct pair *spent, struct ike_outputs *out);
/* Of a pair whose rekeying is due: whether that was only for a doubt, which is over since ESP has come in it. Then it
 * is rekeyed when it would have been. */
bool rekey_pair_is_known(const struct ike *ike, struct pair *pair);
void rekey_sa_gone(struct ike *ike, uint64_t now_ms, struct handle peer, struct handle session);

/* ---- inputs */
void datagram_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out);
void timers_do(struct ike *ike, uint64_t now_ms, struct ike_outputs *out);
/* Whatever an input changes belongs to one peer, or to all (a command, a policy): so it is enough that whoever takes an
 * input notes the peer. timers_settle works out when what is theirs is due. */
void timers_note(struct ike *ike, struct handle peer);
void timers_note_all(struct ike *ike);
void timers_settle(struct ike *ike);
/* For what the busiest single timer, or one more quick mode, puts out. */
bool outputs_have_room(const struct ike_outputs *out);
void command_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out);
void policy_take(struct ike *ike, uint64_t now_ms, const struct policy *policy, struct ike_outputs *out);
void plane_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out);
void hint_take(struct ike *ike, uint64_t now_ms, const struct ike_input *in, struct ike_outputs *out);
/* On a repeat of the peer's, where the schedule has the answer wait: our own repeat is it. */
bool resend_is_delayed(const struct ike *ike, uint64_t now_ms, struct exchange *exchange);
bool sa_is_unheard(const struct isakmp_sa *sa);
enum { USER_PATIENCE_MS = 120000 }; /* a gateway may ask, judge and give an address for so long */
enum { UNHEARD_MS = 5000 };         /* when such a peer is asked whether it is there */
void state_enter(struct ike *ike, uint64_t now_ms, struct exchange *exchange);
/* The peer has its half in place; NULL is none. */
void settle_end(uint64_t now_ms, struct exchange *exchange);
/* We may not send in that pair any more: its successors take over, whether the peer has them in place or not. */
void settle_end_beside(struct ike *ike, uint64_t now_ms, const struct pair *gone);

#endif
