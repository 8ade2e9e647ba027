#include "daemon/examine.h"

#include "doctor/doctor.h"

#include <stdlib.h>

void examine_machine(const struct config *config, struct log *log)
{
    static const int severities[] = {
        [DOCTOR_STOPS] = LOG_ERR, [DOCTOR_LIMITS] = LOG_WARNING, [DOCTOR_UNSURE] = LOG_NOTICE};
    struct doctor_report *report = doctor_examine(&config->conf.policy, config->path);

    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        log_note(log, severities[doctor_check_severity(finding->check)], "%s; repair: %s", finding->sentence,
                 finding->repair);
    }
    if (report->left_out > 0)
        log_note(log, LOG_WARNING, "%zu more findings are not listed: ikewise doctor", report->left_out);
    free(report);
}
