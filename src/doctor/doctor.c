#include "doctor/doctor.h"

#include "base/check.h"
#include "doctor/parts.h"

#include <stdlib.h>
#include <string.h>

typedef void check_function(struct doctor *doctor);

#define CHECK_ROW(name, severity, function, sentence, repair) check_function examine_##function;
#define FIELD(...)
#include "doctor/checks.def"
#undef CHECK_ROW
#undef FIELD

static const struct {
    const char *name;
    enum doctor_severity severity;
    check_function *function;
    const char *sentence, *repair;
} checks[] = {
#define CHECK_ROW(name, severity, function, sentence, repair)                                                          \
    {#name, DOCTOR_##severity, examine_##function, sentence, repair},
#define FIELD(...)
#include "doctor/checks.def"
#undef CHECK_ROW
#undef FIELD
};

static const struct {
    const char *name;
    size_t offset;
} field_rows[] = {
#define CHECK_ROW(...)
#define FIELD(name) {#name, offsetof(struct fields, name)},
#include "doctor/checks.def"
#undef CHECK_ROW
#undef FIELD
};

const char *doctor_check_name(enum doctor_check check)
{
    static char names[DOCTOR_CHECK_COUNT][32];

    CHECK(check < DOCTOR_CHECK_COUNT);
    char *at = names[check];
    for (const char *c = checks[check].name; *c != '\0'; c++)
        *at++ = *c == '_' ? '-' : (char)(*c | 0x20);
    return names[check];
}

enum doctor_severity doctor_check_severity(enum doctor_check check)
{
    CHECK(check < DOCTOR_CHECK_COUNT);
    return checks[check].severity;
}

const char *doctor_severity_name(enum doctor_severity severity)
{
    static const char *const names[] = {
        [DOCTOR_STOPS] = "stops", [DOCTOR_LIMITS] = "limits", [DOCTOR_UNSURE] = "unsure"};

    CHECK(severity < COUNT_OF(names));
    return names[severity];
}

static const char *value_of(const struct fields *fields, const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(field_rows); i++)
        if (strlen(field_rows[i].name) == len && memcmp(field_rows[i].name, name, len) == 0)
            return *(const char *const *)((const char *)fields + field_rows[i].offset);
    return NULL;
}

/* What a shell takes as it stands. Names of files, chains and devices are others' to choose. */
static bool is_plain(const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,=-";

    return value[0] != '\0' && value[strspn(value, plain)] == '\0';
}

static void add_quoted(struct text *t, const char *value)
{
    text_add(t, "'");
    for (; *value != '\0'; value++)
        if (*value == '\'')
            text_add(t, "'\\''");
        else if (*value == '\\')
            text_add(t, "\\");
        else
            text_add_escaped(t, bytes_of(value, 1));
    text_add(t, "'");
}

/* A template with its fields: a row that names a field, and a function that does not fill it in, do not fit. */
static void add_filled(struct text *t, const char *template, const struct fields *fields, bool is_command)
{
    for (const char *at = template; *at != '\0'; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end == NULL) {
            text_add(t, "%c", *at);
            continue;
        }
        const char *value = value_of(fields, at + 1, (size_t)(end - at - 1));
        CHECK(value != NULL);
        if (is_command && !is_plain(value))
            add_quoted(t, value);
        else
            text_add_escaped(t, bytes_of_text(value));
        at = end;
    }
}

static bool is_known(const struct doctor_report *report, const struct doctor_finding *finding)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->findings[i].sentence, finding->sentence) == 0)
            return true;
    return false;
}

void doctor_find(struct doctor *doctor, enum doctor_check check, const struct fields *fields)
{
    struct doctor_report *report = doctor->report;
    struct doctor_finding finding = {.check = check};
    struct text sentence = text_of(finding.sentence, sizeof finding.sentence);
    struct text repair = text_of(finding.repair, sizeof finding.repair);

    add_filled(&sentence, checks[check].sentence, fields, false);
    add_filled(&repair, checks[check].repair, fields, true);
    if (is_known(report, &finding))
        return;
    /* Half a command is worse than none. */
    if (repair.is_cut)
        finding.repair[0] = '\0';
    report->stops_count += checks[check].severity == DOCTOR_STOPS;
    if (report->count < DOCTOR_FINDINGS_MAX)
        report->findings[report->count++] = finding;
    else
        report->left_out++;
}

static bool was_asked(size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (checks[i].function == checks[row].function)
            return true;
    return false;
}

struct doctor_report *doctor_examine(const struct policy *policy, const char *file_name)
{
    struct doctor doctor = {.report = calloc(1, sizeof *doctor.report), .policy = policy, .file_name = file_name};

    if (doctor.report == NULL)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(checks); i++)
        if (!was_asked(i))
            checks[i].function(&doctor);
    return doctor.report;
}

struct doctor_report *doctor_examine_tunnel(const struct policy *policy, uint16_t tunnel, const char *file_name)
{
    struct policy alone = *policy;

    alone.tunnels = tunnel == NO_INDEX ? NULL : &policy->tunnels[tunnel];
    alone.tunnel_count = tunnel != NO_INDEX;
    return doctor_examine(&alone, file_name);
}

const char *number_text(uint64_t number, char space[static NUMBER_SIZE])
{
    struct text t = text_of(space, NUMBER_SIZE);

    text_add(&t, "%llu", (unsigned long long)number);
    return space;
}

const char *range_text(struct ip_range range, char space[static RANGE_SIZE])
{
    struct text t = text_of(space, RANGE_SIZE);

    text_add_ip_range(&t, range);
    return space;
}

const struct policy_interface *interface_of_tunnel(const struct policy *policy, const struct tunnel *tunnel)
{
    return tunnel->parked == NULL && tunnel->interface < policy->interface_count
               ? &policy->interfaces[tunnel->interface]
               : NULL;
}
