#include "cli/doctor.h"

#include "cli/loaded.h"
#include "conf/conf.h"
#include "doctor/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void warn(struct reply *reply, const char *begin, const char *name, const char *end)
{
    char space[FILE_PATH_SIZE];
    struct text t = text_of(space, sizeof space);
    struct control_record r = control_record_of(RECORD_warning);

    text_add(&t, "%s", begin);
    text_add_escaped(&t, bytes_of_text(name));
    text_add(&t, "%s", end);
    record_set_text(&r, COL_warning_sentence, space);
    reply_add(reply, &r);
}

static void add_findings(struct reply *reply, const struct doctor_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        struct control_record r = control_record_of(RECORD_trouble);

        record_set_text(&r, COL_trouble_check, doctor_check_name(finding->check));
        record_set_text(&r, COL_trouble_severity, doctor_severity_name(doctor_check_severity(finding->check)));
        record_set_text(&r, COL_trouble_sentence, finding->sentence);
        record_set_text(&r, COL_trouble_repair, finding->repair);
        reply_add(reply, &r);
    }
    if (report->left_out > 0)
        warn(reply, "more was found than is listed here", "", "");
}

static enum doctor_verdict examine(struct reply *reply, const struct conf *conf, struct text *why)
{
    struct doctor_report *report = doctor_examine(conf ? &conf->policy : NULL, conf ? conf->file_name : "");

    if (!report) {
        text_add(why, "no memory");
        return DOCTOR_NOT_RUN;
    }
    enum doctor_verdict verdict = report->stops_count > 0 ? DOCTOR_FOUND : DOCTOR_NOTHING_STOPS;

    add_findings(reply, report);
    free(report);
    return verdict;
}

/* Parked tunnels are not examined: `ikewise check` says what is wrong with them. */
static void warn_of_parked(struct reply *reply, const struct conf *conf)
{
    if (conf->parked_count > 0)
        warn(reply, "tunnels that are parked were not examined: ikewise check ", conf->file_name, " says why they are");
}

enum doctor_verdict doctor_run(struct reply *reply, const char *path, struct text *why)
{
    int error;
    const char *file = *path ? path : CONF_FILE_DEFAULT;
    struct loaded *loaded = loaded_open(file, &error);
    enum doctor_verdict verdict = DOCTOR_NOT_RUN;

    if (!loaded && error == ENOENT && !*path) {
        warn(reply, "there is no ", file, ": only this machine was examined");
        return examine(reply, NULL, why);
    }
    if (!loaded) {
        text_add_escaped(why, bytes_of_text(file));
        text_add(why, ": %s", strerror(error));
        return DOCTOR_NOT_RUN;
    }
    if (loaded->is_split) {
        warn_of_parked(reply, &loaded->conf);
        verdict = examine(reply, &loaded->conf, why);
    } else {
        text_add_escaped(why, bytes_of_text(file));
        text_add(why, " cannot be split into statements");
    }
    loaded_close(loaded);
    return verdict;
}
