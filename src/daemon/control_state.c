/* What is told beside a state: the rows of ike/states.def, by the ASA's name. */
#include "daemon/control_client.h"

#include <string.h>

const struct control_state *control_state_of(const char *asa_state)
{
    static const struct control_state states[] = {
#define STATE(name, kind, asa, ios, waits, story, proven, open) {asa, ios, story, proven, open},
#include "ike/states.def"
#undef STATE
    };

    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcmp(states[i].asa, asa_state) == 0)
            return &states[i];
    }
    return NULL;
}
