/* The page of the events: what each is, and the lines in which each dialect says it. */
#include "page.h"

#include "event/phrases.h"

static const char *use_words(enum phrase_use use)
{
    switch (use) {
    case PHRASE_LINE:
    case PHRASE_OR: return "";
    case PHRASE_READ: return "read only";
    case PHRASE_WRITE:
    case PHRASE_OR_WRITE: return "written only";
    }
    return "";
}

static const char *family_words(enum phrase_family family)
{
    switch (family) {
    case PHRASE_ASA: return "ASA";
    case PHRASE_IOS: return "IOS";
    }
    return "";
}

static const char *mark_words(enum phrase_mark mark)
{
    switch (mark) {
    case PHRASE_SEEN: return "seen";
    case PHRASE_RECALLED: return "recalled";
    case PHRASE_INFERRED: return "inferred";
    }
    return "";
}

static const char *type_words(enum event_field_type type)
{
    switch (type) {
    case FIELD_TYPE_NUMBER: return "number";
    case FIELD_TYPE_IP: return "address";
    case FIELD_TYPE_TEXT: return "text";
    }
    return "";
}

static void phrase(FILE *page, const struct phrase *phrase)
{
    if (phrase->number != 0)
        fprintf(page, "| %s %u-%u | ", family_words(phrase->family), phrase->severity, phrase->number);
    else
        fprintf(page, "| %s | ", family_words(phrase->family));
    page_code_cell(page, phrase->text);
    fprintf(page, " | %s | %s |\n", use_words(phrase->use), mark_words(phrase->mark));
}

static bool has_phrase(enum event_kind kind)
{
    for (size_t row = 0; row < phrase_count(); row++)
        if (phrase_at(row)->kind == kind)
            return true;
    return false;
}

static void event(FILE *page, enum event_kind kind)
{
    fprintf(page, "### %s\n\n", event_name(kind));
    page_sentence(page, event_meaning(kind));
    fprintf(page, ".\n\n| dialect | line | | |\n|---|---|---|---|\n");
    for (size_t row = 0; row < phrase_count(); row++)
        if (phrase_at(row)->kind == kind)
            phrase(page, phrase_at(row));
    fprintf(page, "\n");
}

void write_events(void)
{
    FILE *page = page_begin("events.md", "Events");

    fprintf(
        page,
        "What can happen, and how each device says it. The log, `debug` and `ikewise up` are written from these lines, "
        "and the same rows read the logs of the devices. The name of an event is its name in `--json`.\n\n"
        "- `{FIELD}` is a value. `{FIELD:form}` is the value in another form, `{FIELD|words}` the words when there is "
        "no value.\n"
        "- `{FIELD=value}` and `{!FIELD}` write nothing: the line is for events with that value, or without that "
        "field.\n"
        "- `{P}` is `Group = g, Username = u, IP = p, `, as far as known. `{I}` is IOS's `ISAKMP (0:1): `.\n"
        "- ASA lines have their level and message number, as in `%%ASA-5-713041`.\n"
        "- *seen*: the text is known word for word from a device. *recalled*: from documentation or memory. "
        "*inferred*: ours, or derived from others.\n\n"
        "## Lines\n\n");
    for (unsigned kind = EV_NONE + 1; kind < EV_COUNT; kind++)
        if (has_phrase(kind))
            event(page, kind);

    fprintf(page, "## Events without a line\n\nThey are in `--json`, and in what is read from logs, screens and "
                  "captures.\n\n| event | what happened |\n|---|---|\n");
    for (unsigned kind = EV_NONE + 1; kind < EV_COUNT; kind++)
        if (!has_phrase(kind)) {
            fprintf(page, "| %s | ", event_name(kind));
            page_cell(page, event_meaning(kind));
            fprintf(page, " |\n");
        }

    fprintf(page, "\n## Fields\n\n| field | in `--json` | type |\n|---|---|---|\n");
    /* clang-format off */
    static const struct { const char *name; enum event_field_id id; } fields[] = {
#define EVENT(...)
#define FIELD(name, ...) {#name, FIELD_##name},
#include "event/events.def"
#undef EVENT
#undef FIELD
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        fprintf(page, "| %s | %s | %s |\n", fields[i].name, event_field_name(fields[i].id),
                type_words(event_field_type(fields[i].id)));
    page_end(page);
}
