/* The addresses that are asked again and again whether they answer (`sla monitor`), and what hangs on the answers
 * (`track`): which echo is due, and what comes of it. No socket and no clock of its own; now_ms is the engine's clock.
 *
 *     sla = sla_create(&hooks)
 *     sla_use(sla, policy, now_ms)           from now on; what is the same in both goes on. The policy is borrowed, and
 *                                            the one before must still be there
 *     sla_turn(sla, now_ms)                  what is due by then; again at sla_due_ms
 *     sla_answer(sla, &echo, now_ms)         one has come
 */
#ifndef DAEMON_SLA_H
#define DAEMON_SLA_H

#include "policy/policy.h"
#include "policy/sla.h"

/* Echos of one time leave so far from each other. */
enum { SLA_SPACING_MS = 20 };

enum sla_code { SLA_UNKNOWN, SLA_OK, SLA_OVER_THRESHOLD, SLA_TIMEOUT, SLA_NO_CONNECTION };
enum sla_state { SLA_IDLE, SLA_WAITING, SLA_ACTIVE, SLA_ENDED };

struct sla_echo {
    struct ip target;
    uint16_t identifier, sequence;
};

struct sla_answers {
    uint32_t count, last_ms, least_ms, most_ms;
    uint64_t sum, sum2; /* of the times; of their squares */
};

struct sla_entry {
    struct sla_monitor monitor;
    enum sla_state state;
    uint64_t begin_ms;          /* of WAITING; of SLA_AT the time of the day instead: */
    uint64_t begin_wall_ms;     /* the clock on the wall may be set meanwhile */
    uint64_t end_ms;            /* of ACTIVE; 0: never */
    uint64_t next_ms;           /* of ACTIVE: when it is asked again */
    uint64_t modified_wall_ms;  /* when it became what it is */
    uint64_t begun_wall_ms;     /* the last time that it was asked; 0: never */
    uint32_t attempt_count;     /* times that it was asked */
    uint32_t skipped_count;     /* that it was not, because the time before had not ended */
    enum sla_code code;         /* what the last time has come to */
    struct sla_answers answers; /* of the last time */

    /* the time that is under way */
    bool is_under_way;
    uint64_t op_ms;
    uint16_t identifier, first_sequence;
    uint16_t sent, refused, unsent;
    struct sla_answers coming;
    uint64_t sent_ms[SLA_PACKETS_MAX];
    bool is_done[SLA_PACKETS_MAX];
};

struct sla_tracked {
    struct track track;
    bool is_up;
    uint32_t change_count;
    uint64_t changed_ms;
};

struct sla_hooks {
    void *context;
    /* 0, or an errno: it has not left. */
    int (*send)(void *context, const struct sla_monitor *monitor, const struct sla_echo *echo);
    uint32_t (*random)(void *context); /* answers that were not asked for are not to be guessed */
    uint64_t (*wall_ms)(void *context);
    void (*on_track)(void *context, const struct sla_tracked *tracked, const struct sla_entry *entry);
};

struct sla;

struct sla *sla_create(const struct sla_hooks *hooks); /* NULL: no memory */
void sla_use(struct sla *sla, const struct policy *policy, uint64_t now_ms);
void sla_turn(struct sla *sla, uint64_t now_ms);
uint64_t sla_due_ms(const struct sla *sla, uint64_t now_ms); /* UINT64_MAX: never */
bool sla_wants_to_ask(const struct sla *sla);                /* something is scheduled */
void sla_answer(struct sla *sla, const struct sla_echo *echo, uint64_t now_ms);
void sla_refused(struct sla *sla, const struct sla_echo *echo, uint64_t now_ms); /* it cannot be reached */
void sla_free(struct sla *sla);

uint64_t sla_wall_ms(const struct sla *sla); /* its clock on the wall */

/* NULL: no more. */
const struct sla_entry *sla_nth(const struct sla *sla, size_t nth);
const struct sla_tracked *sla_tracked_nth(const struct sla *sla, size_t nth);

const struct sla_entry *sla_of(const struct sla *sla, uint32_t number);           /* NULL: none of that number */
const struct sla_tracked *sla_tracked_of(const struct sla *sla, uint32_t number); /* the same */

#endif
