/* What the diagnosis says, as values: for a terminal, for JSON, for a page. All texts are printable ASCII, closed by a
 * zero, and live as long as the arena that the report was made in. */
#ifndef DIAG_REPORT_H
#define DIAG_REPORT_H

#include "base/ip.h"

enum {
    REPORT_EVIDENCE_MAX = 6,
    REPORT_CAUSES_MAX = 5,
    REPORT_LINES_MAX = 8,
    REPORT_EXCLUDED_MAX = 16,
    REPORT_ENDS_MAX = 2,
    REPORT_SOURCES_MAX = 6,
    REPORT_STEPS_MAX = 40
};

enum strength { STRENGTH_POSSIBLE, STRENGTH_LIKELY, STRENGTH_PROVEN };
enum role { ROLE_UNKNOWN, ROLE_INITIATOR, ROLE_RESPONDER };
enum mode { MODE_UNKNOWN, MODE_MAIN, MODE_AGGRESSIVE };
enum outcome { OUTCOME_UNKNOWN, OUTCOME_UP, OUTCOME_FAILED, OUTCOME_IN_PROGRESS };

/* Of "none" both names are "none". */
struct stage {
    const char *asa, *ios;
};

/* A line that something rests on: its text, cut, is made when somebody wants it. "" where there is none. */
struct view;
struct evidence;
struct report_line {
    const struct view *view;
    struct evidence *evidence; /* NULL: there is none */
};
const char *report_text(struct report_line line);

struct report_evidence {
    const char *sentence; /* what it means */
    struct report_line text;
    uint16_t source;
    uint32_t line, last_line; /* of a capture the packets' numbers */
    uint32_t count;
};

struct report_cause {
    const char *id, *family, *sentence;
    enum strength strength;
    double score;                               /* the share of verdicts like this that are right */
    struct report_evidence *evidence, *against; /* at most REPORT_EVIDENCE_MAX */
    size_t evidence_count, against_count;
    const char *missing, *next_test;   /* "" where there is none */
    const char **this_end, **that_end; /* at most REPORT_LINES_MAX */
    size_t this_end_count, that_end_count;
};

struct report_end {
    enum role role; /* UNKNOWN for a capture */
    struct ip local, peer;
    struct stage stage;
    uint16_t sources[REPORT_SOURCES_MAX];
    size_t source_count;
};

/* One line of the ladder. */
struct report_step {
    const char *name; /* "3", "QM 1"; "" for what is no message */
    const char *sentence;
    const char *fate; /* "never seen at the other end", or "" */
    struct report_line text;
    bool is_from_initiator;
    uint16_t source;
    uint32_t line, last_line, count;
    bool has_time;
    uint64_t time_ms;
};

/* The clock of `source` is that much ahead of the clock of `than`. */
struct report_clock {
    uint16_t source, than;
    int64_t ahead_ms;
};

/* The initiator has one address in the files of its own side, and another one beyond a NAT. */
struct translation {
    struct ip before, after; /* IP_NONE: there is none */
    uint16_t source_before, source_after;
};

struct report_negotiation {
    struct ip local, peer; /* IP_NONE where it is not told */
    enum role role;        /* of `local` */
    enum mode mode;
    struct stage stage;
    enum outcome outcome; /* OUTCOME_UNKNOWN: it stopped, and nothing says why */
    bool is_guess;        /* nothing speaks for any cause; the one that is there says no more than that */
    unsigned phase, attempts;
    bool has_time;
    uint64_t first_ms, last_ms;
    struct report_end *ends; /* at most REPORT_ENDS_MAX */
    size_t end_count;
    struct report_cause *causes; /* best first; at least one, at most REPORT_CAUSES_MAX */
    size_t cause_count;
    struct report_step *steps; /* at most REPORT_STEPS_MAX */
    size_t step_count;
    struct report_clock *clocks; /* at most REPORT_SOURCES_MAX */
    size_t clock_count;
    struct translation translation;
    const char *joined; /* with a translation: how it is known that the files are of one negotiation; else NULL */
    const char *story;  /* of the stage */
    const char **proven, **open; /* at most REPORT_LINES_MAX */
    const char **excluded;       /* at most REPORT_EXCLUDED_MAX */
    size_t proven_count, open_count, excluded_count;
    const char **herrings; /* odd lines that do no harm, and why; at most REPORT_LINES_MAX */
    size_t herring_count;
};

struct report {
    struct report_negotiation *negotiations;
    size_t negotiation_count;
    uint32_t dropped;                    /* attempts for which there was no room */
    uint32_t doubtful;                   /* that may be any of several in another file: they stand alone */
    uint32_t ikev2;                      /* observations of IKEv2: recognised, not judged */
    const char *notes[REPORT_LINES_MAX]; /* what was found beside IKE */
    size_t note_count;
};

const char *strength_name(enum strength strength); /* "proven" */
const char *role_name(enum role role);
const char *mode_name(enum mode mode);
const char *outcome_name(enum outcome outcome);

#endif
