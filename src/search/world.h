/* Inside the search: the world whose states are searched. Nothing outside src/search includes this. */
#ifndef SEARCH_WORLD_H
#define SEARCH_WORLD_H

#include "ike/engine.h"
#include "search/search.h"
#include "vault/vault.h"

enum {
    SITES = 2,
    SENT_MAX = 64,
    SENT_LEN_MAX = 640,
    ASKS_MAX = 6,
    INSTALLS_MAX = 6,
    WORLD_PAIRS_MAX = 6,
    KEYS_MAX = 6,
    TALKS_MAX = 48,
    ROWS_MAX = 128,
    ALONE_PHASES = 2,
    BURST_MAX = 40, /* datagrams at one moment: more is chatter */
};

/* An hour that no other number of the engine looks like, so that times are known by their value: see key.c. */
#define WORLD_BEGINS_MS 1000000000000000u

extern const struct ike_limits search_limits;

/* One datagram, however often it was sent. */
struct sent {
    bool is_used, is_sealed;
    uint8_t site, exchange;  /* XCHG_* */
    uint8_t under_way, held; /* copies */
    uint8_t answers;         /* how often it was sent again because a repeat came */
    uint8_t number;          /* the n-th of this site in this exchange, from 1 */
    uint8_t cookies[2][COOKIE_LEN];
    uint32_t message_id;
    uint32_t about; /* an informational's: notify type, or protocol of a delete */
    uint32_t about_spi;
    uint64_t tag, iv_tag;
    uint8_t last_block[CIPHER_BLOCK_MAX];
    uint16_t len; /* 0: no copy is under way, and the bytes are gone */
    uint8_t data[SENT_LEN_MAX];
};

struct asked {
    bool is_used, is_held;
    uint8_t site;
    struct handle exchange;
    uint32_t ask_number, serial;
    struct question question;
};

struct installing {
    bool is_used, is_held;
    uint8_t site;
    bool is_inbound, is_outbound;
    struct handle pair;
};

/* What the plane of a site has. */
struct planted_pair {
    bool is_used, is_inbound, is_outbound, is_leaving; /* leaving: it still opens what comes, and sends nothing */
    struct handle pair;
    uint32_t spi_in, spi_out;
    uint64_t key_in, key_out; /* tags */
};

/* The keys of an ISAKMP SA, kept when it is gone: its delete was sealed with them. */
struct ring {
    bool is_used, has_last_block;
    uint8_t cookies[2][COOKIE_LEN];
    enum cipher_id cipher;
    enum hash_id hash;
    uint8_t key[CIPHER_KEY_MAX], first_iv[CIPHER_BLOCK_MAX], last_block[CIPHER_BLOCK_MAX];
};

/* A conversation: an ISAKMP SA (message id 0) or an exchange under it, in the order in which they were begun. */
struct talk {
    uint8_t begun_by;
    uint8_t cookies[2][COOKIE_LEN];
    uint32_t message_id;
};

struct world {
    uint64_t now_ms;
    uint32_t last_serial;
    uint8_t bounds[SEARCH_BOUND_COUNT]; /* what is left of them */
    uint8_t commands_left;              /* bits */
    bool is_cut[SITES], was_disturbed;  /* a failure, a cut, or an end by lifetime: nothing has to come up any more */
    uint8_t burst, talk_count;
    struct sent sent[SENT_MAX];
    struct asked asks[ASKS_MAX];
    struct installing installs[INSTALLS_MAX];
    struct planted_pair pairs[SITES][WORLD_PAIRS_MAX];
    struct ring rings[KEYS_MAX];
    struct talk talks[TALKS_MAX];
    uint64_t alone_since_ms[SITES][ALONE_PHASES]; /* 0: not alone */
};

struct site_policy {
    struct policy policy;
    struct policy_interface interface;
    struct isakmp_policy isakmp;
    struct transform_set set;
    struct tunnel tunnel;
    struct crypto_ace ace;
    struct tunnel_group group;
};

/* What a site had committed before it was fed. */
struct before {
    uint32_t exchange_count, sa_count;
    struct exchange exchanges[32];
    struct isakmp_sa sas[32];
};

/* What may cross another that was begun at once, and is then judged by what is random: see rivals.c. */
enum { RIVALS_MAX = 64 };

struct rival_at {
    bool is_there, is_up;
    uint64_t begun_ms, up_ms;
};

struct rival {
    bool is_pair;
    uint64_t name;           /* the initiator's cookie or SPI */
    uint64_t value;          /* what it is judged by, as far as it is known */
    bool is_whole;           /* both SPIs are known */
    uint32_t crossing, rank; /* how many it may cross, and how many of them are smaller */
    struct rival_at at[SITES];
};

struct rivals {
    uint64_t now_ms;
    size_t count;
    struct rival at[RIVALS_MAX];
};

/* Working space of key.c. */
enum { KEY_LEN_MAX = 32768, ORDERED_MAX = 64 };

struct keying {
    const struct stage *stage;
    const struct world *world;
    struct rivals rivals;
    uint64_t ordered[ORDERED_MAX]; /* times that count by their order */
    size_t ordered_count;
    bool is_first_pass; /* only collects times */
    size_t len;
    uint8_t bytes[KEY_LEN_MAX];
};

/* Everything between `state` and `state + state_len` is one state; it is saved and restored as bytes, to the same
 * place, for the pools point inside. */
struct stage {
    uint8_t *state;
    size_t state_len;
    struct world *world;
    struct ike *ikes[SITES];
    struct vault *vaults[SITES];
    const struct search_scenario *scenario;
    struct site_policy policies[SITES];
    const char *fault;
    bool rows_taken[ROWS_MAX];
    struct before before;
    struct answer answer;
    struct ike_outputs out;
    struct keying keying;
};

size_t stage_space(void);
void stage_make(struct stage *stage, void *space);
void stage_begin(struct stage *stage, const struct search_scenario *scenario); /* the first state */
void stage_violate(struct stage *stage, const char *fault);                    /* the first one is kept */
bool stage_is_quiet(const struct stage *stage); /* nothing is under way that is not held */
struct sent *sent_find(struct world *world, uint8_t site, struct bytes data);

/* ---- choices (choice.c) */
enum choice_kind {
    CHOICE_NONE,
    CHOICE_DELIVER,
    CHOICE_DELIVER_HELD,
    CHOICE_REPEAT,
    CHOICE_HOLD,
    CHOICE_LOSE,
    CHOICE_ANSWER,
    CHOICE_FAIL,
    CHOICE_HOLD_ANSWER,
    CHOICE_INSTALL,
    CHOICE_REFUSE,
    CHOICE_HOLD_INSTALL,
    CHOICE_COMMAND,
    CHOICE_CUT,
    CHOICE_HEAL,
    CHOICE_TIMER,
};

struct choice {
    uint8_t kind, index;
    uint8_t luck; /* what both sites draw from here on; 0: what they would draw anyway */
};

enum { CHOICES_MAX = 512 };

size_t choices_of(const struct stage *stage, struct choice choices[static CHOICES_MAX]);
void choice_take(struct stage *stage, struct choice choice);
void choice_tell(const struct stage *stage, struct choice choice, struct text *text);
void states_tell(const struct stage *stage, uint8_t site, struct text *text);

/* ---- feeding (feed.c): one input to one site, and what comes of it */
void site_feed(struct stage *stage, uint8_t site, const struct ike_input *in);

/* ---- properties (oracle.c) */
void oracle_before(struct stage *stage, uint8_t site);
void oracle_after(struct stage *stage, uint8_t site, const struct ike_input *in);
void oracle_sent(struct stage *stage, struct sent *sent, bool is_new, const struct ike_input *in);
void oracle_state(struct stage *stage);
void oracle_rest(struct stage *stage); /* of a state in which nothing is left to be done now */

/* ---- what is random and counts all the same (rivals.c) */
struct fall {
    uint32_t ways, which; /* how many there are for what was drawn to fall among those it may cross, and this one */
    bool has_turned;      /* the order of others */
};

void rivals_update(struct rivals *rivals, const struct stage *stage);
uint32_t rank_of_cookies(const struct rivals *rivals, const uint8_t cookies[2][COOKIE_LEN]);
uint32_t rank_of_sa(const struct rivals *rivals, const struct ike *ike, const struct isakmp_sa *sa);
uint32_t rank_of_quick(const struct rivals *rivals, const struct ike *ike, const struct exchange *exchange);
uint32_t rank_of_pair(const struct rivals *rivals, const struct pair *pair);
struct fall rivals_fall(const struct rivals *before, const struct rivals *after);

/* ---- which states are one (key.c) */
struct key {
    uint64_t one, other;
};

void talks_update(struct stage *stage);
bool is_talk_live(const struct stage *stage, const uint8_t cookies[2][COOKIE_LEN], uint32_t message_id);
struct key key_of(struct stage *stage);

static inline uint64_t tag_of(struct bytes bytes)
{
    uint64_t tag = 1469598103934665603u;

    for (size_t i = 0; i < bytes.len; i++)
        tag = (tag ^ bytes.data[i]) * 1099511628211u;
    return tag;
}

#endif
