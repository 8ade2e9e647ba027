#include "trial/trial.h"

#include "base/check.h"
#include "trial/parts.h"

#include <string.h>

enum { DIAG_SIZE = 6 * 1024 * 1024, RESULT_SIZE = 16 * 1024 * 1024 };

size_t trial_space(size_t text_len)
{
    size_t text = text_len + TEXT_MORE;

    return sizeof(struct trial) + 2 * (conf_space(text) + text) + sim_space(2) + DIAG_SIZE + RESULT_SIZE + 4096;
}

struct trial *trial_new(struct arena *arena, size_t text_len)
{
    struct trial *t = arena_take(arena, sizeof *t);
    size_t text = text_len + TEXT_MORE;

    if (!t)
        return NULL;
    t->arena = arena;
    t->conf_size = conf_space(text);
    t->diag_memory_size = DIAG_SIZE;
    t->sim_memory = arena_take(arena, sim_space(2));
    t->diag_memory = arena_take(arena, DIAG_SIZE);
    for (unsigned i = 0; i < 2; i++) {
        t->ends[i].text_size = text;
        t->ends[i].text = arena_take(arena, text);
        t->ends[i].conf_memory = arena_take(arena, t->conf_size);
    }
    return arena->is_full ? NULL : t;
}

bool trial_add_end(struct trial *t, unsigned index, const struct trial_end *as, const char **why)
{
    struct end *e = &t->ends[index];
    struct arena arena = arena_of(e->conf_memory, t->conf_size);

    e->as = *as;
    e->expects = as->expects;
    *why = "it is too long";
    if (as->text.len + TEXT_MORE > e->text_size)
        return false;
    memcpy(e->text, as->text.data, as->text.len);
    e->text_len = as->text.len;
    *why = "it cannot be split into statements";
    e->read_len = 0; /* the findings are of the file itself; what is tried is read from our copy */
    e->is_read = conf_read(&e->conf, as->text, as->name, &arena);
    return e->is_read;
}

const struct conf *trial_conf(const struct trial *t, unsigned end)
{
    return &t->ends[end].conf;
}

/* ---- attempts ---- */

/* The other end's line, seen from here: what would be asked for if there were a line. */
static struct selector wanted_by(const struct end *far)
{
    struct selector none = {0};

    for (uint16_t i = 0; i < far->policy.tunnel_count; i++)
        for (uint16_t k = 0; k < far->policy.tunnels[i].ace_count; k++)
            if (far->policy.tunnels[i].aces[k].is_permit)
                return selector_mirror(far->policy.tunnels[i].aces[k].selector);
    for (uint16_t i = 0; i < far->conf.policy.tunnel_count; i++)
        for (uint16_t k = 0; k < far->conf.policy.tunnels[i].ace_count; k++)
            if (far->conf.policy.tunnels[i].aces[k].is_permit)
                return selector_mirror(far->conf.policy.tunnels[i].aces[k].selector);
    return none;
}

static void try_line(struct trial *t, unsigned end, const struct tunnel *tunnel, const struct crypto_ace *ace)
{
    struct trial_result *r = &t->result;

    if (r->attempt_counts[end] == TRIAL_LINES_MAX)
        r->left_out[end]++;
    else
        attempt_make(t, end, tunnel, ace, &r->attempts[end][r->attempt_counts[end]++]);
}

static void try_end(struct trial *t, unsigned end)
{
    const struct end *e = &t->ends[end];
    struct trial_result *r = &t->result;

    r->attempt_counts[end] = r->left_out[end] = 0;
    for (uint16_t i = 0; i < e->policy.tunnel_count; i++) {
        const struct tunnel *tunnel = &e->policy.tunnels[i];
        size_t before = r->attempt_counts[end];

        for (uint16_t k = 0; k < tunnel->ace_count; k++)
            if (tunnel->aces[k].is_permit)
                try_line(t, end, tunnel, &tunnel->aces[k]);
        if (r->attempt_counts[end] == before)
            try_line(t, end, tunnel, NULL);
    }
    if (e->policy.tunnel_count == 0)
        try_line(t, end, NULL, NULL);
    for (size_t i = 0; i < r->attempt_counts[end]; i++)
        if (!ip_is_set(r->attempts[end][i].selector.local.first))
            r->attempts[end][i].selector = wanted_by(&t->ends[!end]);
}

/* Nothing gets in to who is behind NAT, unless it is forwarded: no fault of a configuration. */
static bool is_out_of_reach(struct trial *t, unsigned beginner)
{
    const struct end *far = &t->ends[!beginner];

    if (ip_equal(far->address, far->seen_as))
        return false;
    note(t, "%s is not tried as the one who begins: %s is behind NAT", t->ends[beginner].as.name, far->as.name);
    return true;
}

/* That end may not begin with this entry, or the other may not answer: no fault, as long as the other way is open. */
static bool is_one_way(struct trial *t, unsigned beginner)
{
    bool may_begin = false, may_answer = false;

    for (uint16_t i = 0; i < t->ends[beginner].policy.tunnel_count; i++)
        may_begin |= t->ends[beginner].policy.tunnels[i].connection_type != CONNECTION_ANSWER_ONLY;
    for (uint16_t i = 0; i < t->ends[!beginner].policy.tunnel_count; i++)
        may_answer |= t->ends[!beginner].policy.tunnels[i].connection_type != CONNECTION_ORIGINATE_ONLY;
    return t->ends[0].policy.tunnel_count && t->ends[1].policy.tunnel_count && !(may_begin && may_answer);
}

static bool is_left_to_the_other(struct trial *t, unsigned beginner)
{
    if (!is_one_way(t, beginner) || is_one_way(t, !beginner))
        return false;
    note(t, "%s is not tried as the one who begins: the connection-type says that the other end does",
         t->ends[beginner].as.name);
    return true;
}

/* The first attempt that fails; NULL: all are up. */
static const struct trial_attempt *try_all(struct trial *t, unsigned only, unsigned *initiator)
{
    const struct trial_attempt *failed = NULL;

    ends_meet(t);
    for (unsigned end = 0; end < 2; end++) {
        t->result.attempt_counts[end] = 0;
        if (only == !end || is_out_of_reach(t, end) || is_left_to_the_other(t, end))
            continue;
        try_end(t, end);
        for (size_t i = 0; i < t->result.attempt_counts[end] && !failed; i++)
            if (!t->result.attempts[end][i].is_up) {
                failed = &t->result.attempts[end][i];
                *initiator = end;
            }
    }
    return failed;
}

static void describe(struct trial *t)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct end *e = &t->ends[i];

        t->result.addresses[i] = e->address;
        t->result.seen_as[i] = e->seen_as;
        t->result.interfaces[i] =
            e->interface == NO_INDEX ? "" : say_text(t, "%s", e->conf.policy.interfaces[e->interface].name);
    }
}

/* ---- changes ---- */

/* How far it got, for a change that repairs one of several faults. */
static bool is_other_trouble(const struct trial_attempt *before, unsigned initiator_before,
                             const struct trial_attempt *now, unsigned initiator_now)
{
    return strcmp(before->cause, now->cause) != 0 || initiator_before != initiator_now ||
           !selector_equal(&before->selector, &now->selector) || before->sequence != now->sequence ||
           before->obstacle_end != now->obstacle_end;
}

struct state {
    size_t text_lens[2];
    const char *expects[2];
};

static struct state state_of(const struct trial *t)
{
    return (struct state){{t->ends[0].text_len, t->ends[1].text_len}, {t->ends[0].expects, t->ends[1].expects}};
}

static void go_back(struct trial *t, const struct state *s)
{
    for (unsigned i = 0; i < 2; i++) {
        bytes_wipe(t->ends[i].text + s->text_lens[i], t->ends[i].text_len - s->text_lens[i]);
        t->ends[i].text_len = s->text_lens[i];
        t->ends[i].expects = s->expects[i];
    }
    CHECK(ends_read(t));
}

/* Applies the change at this end and tries again. `failed` and `initiator`: what fails then. */
static bool try_change(struct trial *t, unsigned only, unsigned end, const struct trial_attempt *trouble,
                       unsigned beginner, struct trial_change *change, bool *is_all_up)
{
    static const size_t size = TEXT_MORE / TRIAL_STEPS_MAX / 2;
    char space[TEXT_MORE / TRIAL_STEPS_MAX / 2];
    struct text lines = text_of(space, size);
    struct end *e = &t->ends[end];
    const struct trial_attempt *failed;
    unsigned initiator = 0;

    if (!change_make(t, end, trouble, beginner, change, &lines) || lines.is_cut ||
        e->text_len + lines.len > e->text_size)
        return false;
    memcpy(e->text + e->text_len, space, lines.len);
    e->text_len += lines.len;
    bytes_wipe(space, sizeof space);
    if (!ends_read(t))
        return false;
    failed = try_all(t, only, &initiator);
    *is_all_up = !failed;
    change->is_possible = !failed || is_other_trouble(trouble, beginner, failed, initiator);
    return change->is_possible;
}

/* In an ASA's words, so that both ends are measured alike; in its own where an ASA has no words for it. */
static size_t lines_of(const struct trial_change *change)
{
    return change->asa_count ? change->asa_count : change->own_count;
}

/* Both ends' change for the trouble; the one that leads on stays applied. */
static bool take_step(struct trial *t, unsigned only, const struct trial_attempt *trouble, unsigned beginner,
                      bool *is_up)
{
    struct trial_step *step = &t->result.steps[t->result.step_count];
    struct state before = state_of(t);
    struct trial_attempt copy = *trouble;
    bool are_up[2] = {false, false};

    *step = (struct trial_step){.cause = copy.cause};
    for (unsigned end = 0; end < 2; end++) {
        try_change(t, only, end, &copy, beginner, &step->changes[end], &are_up[end]);
        go_back(t, &before);
        ends_meet(t);
    }
    if (!step->changes[0].is_possible && !step->changes[1].is_possible)
        return false;
    /* one that brings everything up, else the shorter, else this end's */
    step->chosen = !step->changes[0].is_possible || (step->changes[1].is_possible && are_up[1] > are_up[0]) ||
                   (step->changes[1].is_possible && are_up[1] == are_up[0] &&
                    lines_of(&step->changes[1]) < lines_of(&step->changes[0]));
    t->result.step_count++;
    *is_up = are_up[step->chosen];
    struct trial_change again;
    bool is_same;

    return try_change(t, only, step->chosen, &copy, beginner, &again, &is_same);
}

static void find_changes(struct trial *t, unsigned only, const struct trial_attempt *failed, unsigned initiator)
{
    struct trial_result first = t->result;
    struct trial_attempt *attempts[2];
    bool is_up = false;

    for (unsigned i = 0; i < 2; i++) { /* what is tried now is told by the changes alone */
        attempts[i] = arena_take(t->arena, TRIAL_LINES_MAX * sizeof *attempts[i]);
        if (!attempts[i])
            return;
    }
    struct trial_attempt trouble = *failed;

    t->result.attempts[0] = attempts[0];
    t->result.attempts[1] = attempts[1];
    while (t->result.step_count < TRIAL_STEPS_MAX && take_step(t, only, &trouble, initiator, &is_up) && !is_up) {
        const struct trial_attempt *next = try_all(t, only, &initiator);

        if (!next)
            break;
        trouble = *next;
    }
    t->result.is_repaired = is_up;
    for (unsigned i = 0; i < 2; i++) {
        t->result.attempts[i] = first.attempts[i];
        t->result.attempt_counts[i] = first.attempt_counts[i];
        t->result.left_out[i] = first.left_out[i];
    }
}

const struct trial_result *trial_run(struct trial *t, unsigned only, bool are_changes_wanted)
{
    const struct trial_attempt *failed;
    unsigned initiator = 0;

    t->result = (struct trial_result){0};
    for (unsigned i = 0; i < 2; i++) {
        t->result.attempts[i] = arena_take(t->arena, TRIAL_LINES_MAX * sizeof *t->result.attempts[i]);
        if (!t->result.attempts[i])
            return NULL;
    }
    if (!ends_read(t))
        return NULL;
    struct state as_given = state_of(t);

    failed = try_all(t, only, &initiator);
    describe(t);
    t->result.is_up = !failed;
    if (failed && are_changes_wanted)
        find_changes(t, only, failed, initiator);
    go_back(t, &as_given);
    return t->arena->is_full ? NULL : &t->result;
}

void trial_wipe(struct trial *t)
{
    for (unsigned i = 0; i < 2; i++) {
        if (t->ends[i].is_read)
            conf_wipe(&t->ends[i].conf);
        bytes_wipe(t->ends[i].text, t->ends[i].text_size);
        bytes_wipe(t->ends[i].conf_memory, t->conf_size);
    }
    bytes_wipe(t->sim_memory, sim_space(2));
}
