/* What of this machine or of the configuration keeps tunnels from working, asked before a packet is sent: checks.def.
 * Nothing is changed; ports are bound for a moment and given back.
 *
 *     struct doctor_report *report = doctor_examine(&conf.policy, "ikewise.conf");     NULL: no memory
 *     for (size_t i = 0; i < report->count; i++)
 *         puts(report->findings[i].sentence);
 *     free(report);
 *
 * Takes as long as `nft list ruleset` does, at most five seconds more. The packet filter is judged for the first 16
 * peers. */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include "base/text.h"
#include "policy/policy.h"

enum doctor_check {
#define CHECK_ROW(name, ...) DOCTOR_##name,
#define FIELD(...)
#include "doctor/checks.def"
#undef CHECK_ROW
#undef FIELD
    DOCTOR_CHECK_COUNT
};

enum doctor_severity { DOCTOR_STOPS, DOCTOR_LIMITS, DOCTOR_UNSURE };

enum { DOCTOR_FINDINGS_MAX = 200, DOCTOR_SENTENCE_SIZE = 480, DOCTOR_REPAIR_SIZE = 480 };

/* Printable ASCII, on one line. */
struct doctor_finding {
    enum doctor_check check;
    char sentence[DOCTOR_SENTENCE_SIZE]; /* without a full stop */
    char repair[DOCTOR_REPAIR_SIZE];     /* for a shell; values that come from elsewhere are quoted */
};

struct doctor_report {
    size_t count;
    size_t left_out;    /* more than DOCTOR_FINDINGS_MAX were found */
    size_t stops_count; /* of severity DOCTOR_STOPS, also of those that were left out */
    struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
};

/* `policy` NULL: without a configuration, only the machine. `file_name`: where the policy was read from. The caller
 * frees the report. */
struct doctor_report *doctor_examine(const struct policy *policy, const char *file_name);

/* The same of that tunnel alone; NO_INDEX: of none, only the machine and its interfaces. */
struct doctor_report *doctor_examine_tunnel(const struct policy *policy, uint16_t tunnel, const char *file_name);

const char *doctor_check_name(enum doctor_check check); /* lower case, '-' between words */
enum doctor_severity doctor_check_severity(enum doctor_check check);
const char *doctor_severity_name(enum doctor_severity severity); /* stops, limits, unsure */

#endif
