/* Scenario files: one story about a few gateways that a network engineer can read. The grammar is scenario.def.
 *
 *     struct scenario s;
 *     if (!scenario_read(&s, text, &error) || !scenario_run(&s, space, seed, &sim, &error)) ...error says which line
 *
 * `space` has seed_space() bytes; `sim` lives in it and may be asked what happened. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "base/text.h"
#include "sim/sim.h"

enum scenario_line_kind {
#define LINE(name, pattern) LINE_##name,
#include "sim/scenario.def"
#undef LINE
    LINE_KINDS
};

enum { SCENARIO_LINES_MAX = 64, SCENARIO_NAME_SIZE = 16, SCENARIO_TEXT_SIZE = 128 };

struct scenario_line {
    enum scenario_line_kind kind;
    uint32_t line; /* of the file, from 1 */
    uint32_t sites[3], nth, number, times;
    uint64_t time_ms[2]; /* as they stand in the line */
    bool is_at, is_within;
    bool is_repair;
    uint64_t at_ms, within_ms; /* of an `expect`; at_ms also of a repair */
    enum impairment impairment;
    char text[SCENARIO_TEXT_SIZE]; /* WORD or TEXT */
};

struct scenario {
    char title[SCENARIO_TEXT_SIZE];
    uint32_t site_count;
    char names[SIM_SITES_MAX][SCENARIO_NAME_SIZE];
    const struct sim_credential *credentials; /* that lines may name; the caller's, set after reading */
    size_t credential_count;
    sim_told *listener; /* of every event; NULL: nobody. The caller's, as its context: it is told the world's time */
    void *listener_context;
    uint32_t line_count;
    struct scenario_line lines[SCENARIO_LINES_MAX];
};

bool scenario_read(struct scenario *s, struct bytes text, struct text *error);
bool scenario_run(const struct scenario *s, void *space, uint64_t seed, struct sim **sim, struct text *error);

/* The first one; NULL: the story has none. */
const struct scenario_line *scenario_repair(const struct scenario *s);

#endif
