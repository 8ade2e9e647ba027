/* One source's view of one negotiation: its facts, and the lines that they rest on. */
#ifndef DIAG_VIEW_H
#define DIAG_VIEW_H

#include "base/arena.h"
#include "base/wide.h"
#include "diag/offer.h"
#include "diag/report.h"
#include "event/sight.h"

enum fact {
#define STEP(name, ...) FACT_##name,
#define REPEAT(name, ...) FACT_##name,
#define SEEN(name, ...) FACT_##name,
#define ALSO(...)
#define TOLD(name, ...) FACT_##name,
#include "diag/facts.def"
#undef STEP
#undef REPEAT
#undef SEEN
#undef ALSO
#undef TOLD
    FACT_COUNT
};

/* Those that a view holds are STEP, REPEAT and SEEN, which stand first; TOLD follow from the facts of all views. */
#define FACTS_SEEN FACT_ANY_PHASE1_UP

enum {
    EVIDENCE_MAX = 24,
    EVIDENCE_BLOCK = 4,
    EVIDENCE_BLOCKS = EVIDENCE_MAX / EVIDENCE_BLOCK,
    FACT_BLOCK = 8,
    FACT_BLOCKS = (FACTS_SEEN + FACT_BLOCK - 1) / FACT_BLOCK,
    FACT_WORDS = (FACTS_SEEN + 63) / 64,
    EVIDENCE_TEXT_SIZE = 144,
    DETAIL_SIZE = 72,
    SIGNS_MAX = 8
};

/* What the lines say of a difference, for the repair; index of view_detail. */
enum detail {
#define DETAIL(name, ...) DETAIL_##name,
#define DETAIL_OF(...)
#include "diag/details.def"
#undef DETAIL
#undef DETAIL_OF
    DETAIL_COUNT
};

/* A packet as what its text is made of, beside the ends of the view. */
struct packet_line {
    uint32_t length;
    uint16_t from, to, count, notify;
    uint8_t payloads; /* place in struct payload_lists, from 1; 0: there are none */
    uint8_t exchange, number;
    bool is_sealed, has_notify, is_from_lower; /* of the two addresses */
};

struct evidence {
    uint64_t time_ms;
    uint32_t line;
    uint16_t source;
    bool has_time, is_packet;
    struct packet_line packet; /* its text is made when it is shown: view_words */
    char *text;                /* EVIDENCE_TEXT_SIZE bytes, taken when they are needed; NULL: not yet */
};

/* Types of payloads, one behind the other: captures have few such lists. */
enum { PAYLOAD_LISTS_MAX = 128 };
struct payload_lists {
    uint8_t count;
    struct payload_list_seen {
        uint8_t count, types[PACKET_PAYLOADS_MAX];
    } lists[PAYLOAD_LISTS_MAX];
};

/* How often, and where first and last. */
struct fact_seen {
    uint32_t count, last_line;
    uint32_t since_ms; /* of the last, since the view's first; 0 also when there is no time */
    uint8_t evidence;  /* place in struct view.evidence, from 1; 0: there was no room */
    uint8_t fact;      /* enum fact */
};

struct fact_block {
    struct fact_seen facts[FACT_BLOCK];
    struct fact_block *next; /* NULL: none has been taken yet */
};

/* An observation, and who tells it in full and says its line to whoever needs that: few do. */
struct witness {
    const struct sight *at;
    const struct observation *seen; /* NULL: nobody has asked */
    const struct observation *(*tell)(void *of);
    struct bytes (*say)(void *of);
    void *of;
};

static inline const struct event *witness_event(struct witness *w)
{
    if (!w->seen)
        w->seen = w->tell(w->of);
    return &w->seen->event;
}

/* What the views of a diagnosis have in common. */
struct views {
    bool has_several_files; /* signs are kept, to join them by */
    struct arena *arena;    /* that their memory is taken from */
    struct shown_index *shown;
    struct offers_known *offers;
    struct known *known;
    struct payload_lists *payloads;
};

/* Thousands are held, and looked at in any order: what each line touches stands first, in few lines of a cache. */
struct view {
    uint64_t first_ms, last_ms;
    struct ip local, peer; /* of a capture: initiator and responder */
    bool is_used, has_time, is_ended, is_screen_only;
    uint16_t source;
    uint8_t vantage, product; /* enum vantage, enum product */
    uint32_t situation;       /* known.h; 0: not told yet */
    uint64_t cookie;          /* the initiator's, 0: none */
    const struct views *all;
    uint64_t has[FACT_WORDS]; /* a bit for each fact that was seen */
    uint8_t role, mode;       /* enum role, of local; enum mode */
    bool has_words;           /* below, since the view began */
    uint16_t has_details;     /* the same: a bit for each */
    uint32_t conn_id, attempts;
    uint32_t order;       /* of the first observation */
    uint32_t pending_at;  /* number of the line of `pending` */
    uint8_t pending;      /* a received message whose number the next line may correct; 0: none */
    uint8_t pending_line; /* as in struct fact_seen.evidence */
    uint8_t fact_count, evidence_count, sign_count;
    uint32_t evidence_at;          /* number of the last line of `evidence` */
    const struct offers *offers;   /* view_offers; NULL: none. Many views have the same */
    uint8_t first_facts[WIDE_LEN]; /* what stands at the first places of `facts`: one more than that; 0: nothing */
    struct fact_block facts;
    /* What follows is taken as it is needed, and kept when the view begins anew. */
    struct evidence *evidence[EVIDENCE_BLOCKS];
    char **details;            /* DETAIL_COUNT, of DETAIL_SIZE bytes each */
    uint64_t told_words;       /* of sight.h, of the line that details were last taken from; 0: not known */
    uint16_t told_details;     /* which these are; they stay what they are when the view begins anew */
    struct offers *own_offers; /* where it has some that no other view has */
    uint32_t *signs;           /* SIGNS_MAX: the last message IDs and SPIs; both ends name the same, nobody else does */
    char state[24], ios_state[24]; /* the last that was named */
} __attribute__((aligned(64)));

/* Takes one observation into the view. */
void view_take(struct view *v, struct witness *w);

/* The same for an observation of which it is known what it does. True: its ends may be others than before. */
struct move;
bool view_follow(struct view *v, const struct move *m, struct witness *w);

/* A line may soon be kept in it: its place is fetched from memory. */
void view_expect(const struct view *v);

/* "" where no line told it. */
static inline const char *view_detail(const struct view *v, enum detail detail)
{
    return (v->has_details >> detail & 1) != 0 ? v->details[detail] : "";
}

/* Until the view takes its next observation. */
const struct offers *view_offers(const struct view *v);

/* What waits for the next line is taken as it is: no next line will come. */
void view_close(struct view *v);

/* An empty one. What it has in common with the others lives as long as it. */
void view_begin(struct view *v, const struct sight *at, const struct views *all);

/* The line at a place of struct fact_seen.evidence, which is not 0. */
struct evidence *view_line(const struct view *v, unsigned place);

/* Its text. */
const char *view_words(const struct view *v, struct evidence *line);

/* The observation begins another attempt than the one that the view holds. */
bool view_is_other_attempt(const struct view *v, const struct event *e);

static inline bool view_has(const struct view *v, enum fact fact)
{
    return fact < FACTS_SEEN && (v->has[fact / 64] >> fact % 64 & 1) != 0;
}

/* How often, and where; zeros for a fact that the view has not. */
const struct fact_seen *view_fact(const struct view *v, enum fact fact);

/* The last message of phase 1, 0: none. */
unsigned view_reached(const struct view *v);
bool view_is_up(const struct view *v);

/* The state of that end, as far as this view can tell. */
struct stage view_stage(const struct view *v, enum role role);

/* A number that is equal for two attempts of which the same was seen. */
uint32_t view_shape(const struct view *v);

/* Adds the facts of `from`, another attempt of the same shape. */
void view_fold(struct view *v, const struct view *from);

const char *fact_name(enum fact fact);
const char *fact_sentence(enum fact fact);
/* Of a step: its number and exchange ("MM", 3); false for other facts. */
bool fact_is_step(enum fact fact, const char **exchange, unsigned *number);

#endif
