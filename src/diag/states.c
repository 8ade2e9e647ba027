#include "diag/states.h"

#include "base/bytes.h"

#include <string.h>

static const struct state_row rows[] = {
#define STATE(name, kind, asa, ios, waits, story, proven, open) {asa, ios, story, proven, open},
#include "ike/states.def"
#undef STATE
#define STAGE(asa, ios, story, proven, open) {asa, ios, story, proven, open},
#include "diag/stages.def"
#undef STAGE
};

const struct state_row *states_find(const char *asa)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].asa, asa) == 0)
            return &rows[i];
    return NULL;
}

static const struct {
    enum mode mode;
    enum role role;
    unsigned first, last; /* messages reached */
    const char *asa;
} waits[] = {
    {MODE_MAIN, ROLE_INITIATOR, 1, 1, "MM_WAIT_MSG2"},       {MODE_MAIN, ROLE_INITIATOR, 2, 3, "MM_WAIT_MSG4"},
    {MODE_MAIN, ROLE_INITIATOR, 4, 6, "MM_WAIT_MSG6"},       {MODE_MAIN, ROLE_RESPONDER, 1, 2, "MM_WAIT_MSG3"},
    {MODE_MAIN, ROLE_RESPONDER, 3, 5, "MM_WAIT_MSG5"},       {MODE_MAIN, ROLE_RESPONDER, 6, 6, "MM_ACTIVE"},
    {MODE_AGGRESSIVE, ROLE_INITIATOR, 1, 2, "AM_WAIT_MSG2"}, {MODE_AGGRESSIVE, ROLE_INITIATOR, 3, 3, "AM_ACTIVE"},
    {MODE_AGGRESSIVE, ROLE_RESPONDER, 1, 2, "AM_WAIT_MSG3"}, {MODE_AGGRESSIVE, ROLE_RESPONDER, 3, 3, "AM_ACTIVE"},
};

static struct stage stage_of(const char *asa)
{
    const struct state_row *row = states_find(asa);

    return row ? (struct stage){row->asa, row->ios} : (struct stage){"none", "none"};
}

struct stage states_of(enum mode mode, enum role role, unsigned reached, bool is_up, bool is_in_transaction)
{
    bool is_main = mode != MODE_AGGRESSIVE;

    if (is_in_transaction && is_main)
        return stage_of("MM_TM_INIT_XAUTH");
    if (is_in_transaction)
        return stage_of(role == ROLE_RESPONDER ? "AM_TM_INIT_XAUTH_V6H" : "AM_TM_INIT_XAUTH_V6C");
    if (is_up)
        return stage_of(is_main ? "MM_ACTIVE" : "AM_ACTIVE");
    for (size_t i = 0; i < COUNT_OF(waits); i++)
        if (waits[i].mode == (is_main ? MODE_MAIN : MODE_AGGRESSIVE) &&
            waits[i].role == (role == ROLE_RESPONDER ? ROLE_RESPONDER : ROLE_INITIATOR) && reached >= waits[i].first &&
            reached <= waits[i].last)
            return stage_of(waits[i].asa);
    return stage_of("none");
}

unsigned states_reached_ios(const char *ios, enum role role)
{
    static const struct {
        const char *ios;
        unsigned initiator, responder;
    } told[] = {
        {"MM_NO_STATE", 1, 1}, {"MM_SA_SETUP", 3, 2}, {"MM_KEY_EXCH", 5, 4}, {"MM_KEY_AUTH", 6, 6}, {"QM_IDLE", 7, 7},
    };

    for (size_t i = 0; i < COUNT_OF(told); i++)
        if (strcmp(told[i].ios, ios) == 0)
            return role == ROLE_RESPONDER ? told[i].responder : told[i].initiator;
    return 0;
}
