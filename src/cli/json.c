#include "cli/json.h"

#include "base/check.h"

#include <ctype.h>

static void write_record(FILE *out, const struct control_record *r)
{
    static char space[RECORD_LINE_SIZE];
    struct text t = text_of(space, sizeof space);

    text_add_record(&t, r);
    CHECK(!t.is_cut);
    fputs(space, out);
}

void json_write_record(FILE *out, const struct control_record *r)
{
    write_record(out, r);
    fputs("\n", out);
    fflush(out);
}

static void write_list(FILE *out, const struct reply *reply, enum control_record_kind kind)
{
    const char *between = "\n    ";

    fprintf(out, ",\n  \"%s\": [", control_record_list(kind));
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->records[i].kind != kind)
            continue;
        fputs(between, out);
        write_record(out, &reply->records[i]);
        between = ",\n    ";
    }
    fputs("]", out);
}

void json_write(FILE *out, const struct reply *reply, const char *command)
{
    fprintf(out, "{\"schema\": \"%s\",\n  \"command\": \"", JSON_SCHEMA);
    for (; *command; command++)
        fputc(tolower((unsigned char)*command), out);
    fputc('"', out);
    for (size_t kind = 0; kind < RECORD_COUNT; kind++) {
        const struct control_record *r = reply_find(reply, (enum control_record_kind)kind);

        if (*control_record_list((enum control_record_kind)kind)) {
            write_list(out, reply, (enum control_record_kind)kind);
        } else if (r) {
            fprintf(out, ",\n  \"%s\": ", control_record_name((enum control_record_kind)kind));
            write_record(out, r);
        }
    }
    fputs("}\n", out);
}
