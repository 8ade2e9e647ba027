/* The pages of the states and of the reasons. */
#include "page.h"

#include "base/check.h"
#include "ike/steps.h"
#include "wire/numbers.h"

#include <stdlib.h>
#include <string.h>

static const char *waits_words(enum waits waits)
{
    switch (waits) {
    case WAITS_NOTHING: return "nothing: it has not begun, or has no state";
    case WAITS_PEER: return "the peer; the last message is repeated";
    case WAITS_SILENT: return "the peer; nothing is repeated by the timer, only when the peer repeats";
    case WAITS_PLANE: return "the plane";
    case WAITS_USER: return "the peer, behind whom a person may be typing; repeats end, and it is waited for 90 s";
    case WAITS_SETTLE: return "a moment, so that the peer is ready for ESP";
    case WAITS_REST: return "nothing: it is done, and kept while the peer may repeat its last message";
    }
    return "";
}

static void state(FILE *page, const struct state_info *info)
{
    fprintf(page, "### %s\n\n%s\n\n", info->name, info->story);
    fprintf(page, "| | |\n|---|---|\n");
    fprintf(page, "| on an ASA | `%s` |\n| on IOS | `%s` |\n", info->asa, info->ios);
    fprintf(page, "| waits for | ");
    page_cell(page, waits_words(info->waits));
    fprintf(page, " |\n| proven | ");
    page_cell(page, info->proven);
    fprintf(page, " |\n| open | ");
    page_cell(page, info->open);
    fprintf(page, " |\n\n");
}

void write_states(void)
{
    FILE *page = page_begin("states.md", "States");
    unsigned shown = 0;

    fprintf(page,
            "The states of `show crypto isakmp sa` and `show tunnel`. A negotiation that hangs shows where: what is "
            "*proven* works, and the fault is among what is *open*. The order in which they follow each other is "
            "drawn in [exchanges.md](exchanges.md).\n\n");
    for (int kind = 0; kind < EXCHANGE_COUNT; kind++) {
        fprintf(page, "## %s\n\n", exchange_info((enum exchange_kind)kind)->title);
        for (unsigned at = 0; at < STATE_COUNT; at++)
            if (state_info(at)->kind == (enum exchange_kind)kind) {
                state(page, state_info(at));
                shown++;
            }
    }
    CHECK(shown == STATE_COUNT);
    page_end(page);
}

/* clang-format off */
static const struct look {
    const char *group; /* not NULL: a heading */
    enum reason reason;
    const char *where;
} looks[] = {
#define GROUP(title) {title, REASON_OK, NULL},
#define LOOK(reason, where) {NULL, REASON_##reason, where},
#include "look.def"
#undef GROUP
#undef LOOK
};
/* clang-format on */

static const struct verdict {
    enum reason reason;
    const char *where, *told, *cause;
    bool is_signed;
} verdicts[] = {
#define VERDICT(reason, where, cause) {REASON_##reason, #where, NULL, cause, false},
#define TOLD(reason, notify, where, cause) {REASON_##reason, #where, #notify, cause, false},
#define SIGNED(reason, where, cause) {REASON_##reason, #where, NULL, cause, true},
#include "ike/verdicts.def"
#undef SIGNED
#undef TOLD
#undef VERDICT
};

/* The causes that a line of the log names for it: one, or one a state. */
static void verdict_cell(FILE *page, enum reason reason)
{
    bool is_first = true;

    for (size_t i = 0; i < COUNT_OF(verdicts); i++) {
        const struct verdict *v = &verdicts[i];
        bool is_anywhere = strcmp(v->where, "ANYWHERE") == 0;

        if (v->reason != reason)
            continue;
        fprintf(page, "%s`%s`", is_first ? "" : "; ", v->cause);
        if (!is_anywhere)
            fprintf(page, " in %s", v->where);
        else if (!is_first)
            fprintf(page, " elsewhere");
        if (v->told != NULL)
            fprintf(page, " when %s came", v->told);
        if (v->is_signed)
            fprintf(page, " with certificates");
        is_first = false;
    }
}

void write_reasons(void)
{
    FILE *page = page_begin("reasons.md", "Reasons");
    bool is_shown[REASON_COUNT] = {[REASON_OK] = true};

    fprintf(
        page,
        "Why a message was refused, or why an exchange ended: the word in capitals of `show tunnel`, of "
        "`ikewise up` and of the log. *The peer is told* means a notify: encrypted, when the message that failed "
        "was authenticated; in clear and at a limited rate, when it was the first message of phase 1. Any other "
        "message that fails is not answered. *cause* is what the log line of a negotiation that was given up calls it, "
        "as [explain](explain.md) would: without one it is no fault, or none that has a name; `show tunnel PEER "
        "why` weighs several.\n\n"
        "When an SA is deleted, the word goes with the Delete to a peer that takes it, which is another ikewise: beside "
        "it, sealed, as the data of a notify of type %d (RFC 2408 section 3.14.1, private use). Who takes such "
        "reasons says so by a vendor ID in main mode's messages 5 and 6, or aggressive mode's 1 and 2. The other "
        "end's log then has `The peer says why it deletes`, and its `show tunnel` the sentence from here. Anyone "
        "else gets the Delete alone; what Cisco's devices send to each other for this has no public layout.\n\n",
        NOTIFY_DELETE_REASON);
    for (size_t i = 0; i < COUNT_OF(looks); i++) {
        const struct look *look = &looks[i];
        const struct reason_info *info = reason_info(look->reason);

        if (look->group != NULL) {
            fprintf(page,
                    "%s## %s\n\n| reason | what it means | the peer is told | cause | what to look at "
                    "|\n|---|---|---|---|---|\n",
                    i > 0 ? "\n" : "", look->group);
            continue;
        }
        fprintf(page, "| %s | ", info->name);
        page_cell(page, info->meaning);
        fprintf(page, " | %s | ", info->notify != 0 ? number_name(SPACE_NOTIFY, info->notify) : "nothing");
        verdict_cell(page, look->reason);
        fprintf(page, " | ");
        page_cell(page, look->where);
        fprintf(page, " |\n");
        is_shown[look->reason] = true;
    }
    for (unsigned reason = 0; reason < REASON_COUNT; reason++) {
        if (!is_shown[reason]) {
            fprintf(stderr, "tools/docs/look.def has no row for %s\n", reason_info(reason)->name);
            exit(1);
        }
    }
    page_end(page);
}
