/* What later releases of IOS say, line by line, and that it is read as the event that it was. */
#include "base/check.h"
#include "event/phrases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct event told(enum event_kind kind, const char *before, const char *state, const char *ios)
{
    struct event e = event_of(kind);
    struct ip peer = ip_of_v4(0xc0000201), local = ip_of_v4(0xc6336402);

    event_add_ip(&e, FIELD_PEER, peer);
    event_add_ip(&e, FIELD_LOCAL, local);
    event_add_text(&e, FIELD_ROLE, "initiator");
    event_add_number(&e, FIELD_CONN_ID, 1);
    event_add_number(&e, FIELD_PORT, 500);
    event_add_number(&e, FIELD_LOCAL_PORT, 500);
    if (before && strncmp(before, "QM", 2) == 0)
        event_add_number(&e, FIELD_MESSAGE_ID, 0x8a3d2c11);
    if (before)
        event_add_text(&e, FIELD_STATE_BEFORE, before);
    if (state)
        event_add_text(&e, FIELD_STATE, state);
    if (ios)
        event_add_text(&e, FIELD_IOS_STATE, ios);
    return e;
}

static const struct {
    enum event_kind kind;
    const char *before, *state, *ios;
    unsigned index;
    const char *middle, *new;
    const char *why;
} lines[] = {
    {EV_MESSAGE_SENT, NULL, "MM_WAIT_MSG2", "MM_NO_STATE", 0,
     "ISAKMP:(0): sending packet to 192.0.2.1 my_port 500 peer_port 500 (I) MM_NO_STATE",
     "ISAKMP-PAK: (0):sending packet to 192.0.2.1 my_port 500 peer_port 500 (I) MM_NO_STATE",
     "the SA has no number before its keys are made"},
    {EV_MESSAGE_SENT, NULL, "MM_WAIT_MSG6", "MM_KEY_EXCH", 0,
     "ISAKMP:(1001): sending packet to 192.0.2.1 my_port 500 peer_port 500 (I) MM_KEY_EXCH",
     "ISAKMP-PAK: (1001):sending packet to 192.0.2.1 my_port 500 peer_port 500 (I) MM_KEY_EXCH",
     "a packet that leaves"},
    {EV_MESSAGE_SENT, NULL, "MM_WAIT_MSG6", "MM_KEY_EXCH", 1, "ISAKMP:(1001):Sending an IKE IPv4 Packet.",
     "ISAKMP: (1001):Sending an IKE IPv4 Packet.", "and what follows it"},
    {EV_MESSAGE_RECEIVED, NULL, "MM_WAIT_MSG6", "MM_KEY_EXCH", 0,
     "ISAKMP (0:1001): received packet from 192.0.2.1 dport 500 sport 500 Global (I) MM_KEY_EXCH",
     "ISAKMP-PAK: (1001):received packet from 192.0.2.1 dport 500 sport 500 Global (I) MM_KEY_EXCH",
     "a packet that has come"},
    {EV_STATE_CHANGED, "MM_WAIT_MSG2", "MM_WAIT_MSG4", "MM_SA_SETUP", 0,
     "ISAKMP:(0):Input = IKE_MESG_FROM_PEER, IKE_MM_EXCH", "ISAKMP: (0):Input = IKE_MESG_FROM_PEER, IKE_MM_EXCH",
     "the machine's input"},
    {EV_STATE_CHANGED, "MM_WAIT_MSG2", "MM_WAIT_MSG4", "MM_SA_SETUP", 5,
     "ISAKMP:(0):Old State = IKE_I_MM2  New State = IKE_I_MM3 ",
     "ISAKMP: (0):Old State = IKE_I_MM2  New State = IKE_I_MM3 ", "and its last step with message 3"},
    {EV_STATE_CHANGED, "QM_START", "QM_WAIT_MSG2", NULL, 1,
     "ISAKMP:(1001):Old State = IKE_QM_READY  New State = IKE_QM_I_QM1",
     "ISAKMP: (1001):Old State = IKE_QM_READY  New State = IKE_QM_I_QM1", "quick mode has a machine of its own"},
    {EV_GROUP_FOUND, NULL, NULL, NULL, 0, "ISAKMP: Looking for a matching key for 192.0.2.1 in default : success",
     "ISAKMP: (0):local preshared key found", "new ones do not say that they look for the key"},
    {EV_GROUP_FOUND, NULL, NULL, NULL, 1, "ISAKMP:(0): local preshared key found", NULL, "the key"},
    {EV_SPI_MADE, NULL, NULL, NULL, 0, "ISAKMP:(1001):QM Initiator gets spi", "ISAKMP: (1001):QM Initiator gets spi",
     "quick mode begins"},
    {EV_ACQUIRE_DEQUEUED, NULL, NULL, NULL, 0, NULL,
     "ISAKMP: (1001):SA has outstanding requests  (local 198.51.100.2 port 500, remote 192.0.2.1 port 500)",
     "only new ones say what waited"},
    {EV_ACQUIRE_DEQUEUED, NULL, NULL, NULL, 1, NULL,
     "ISAKMP: (1001):sitting IDLE. Starting QM immediately (QM_IDLE      )", "and what follows it"},
    {EV_PROPOSAL_REFUSED, NULL, NULL, NULL, 1, "ISAKMP (0:0): SA not acceptable!",
     "ISAKMP-ERROR: (0):phase 1 SA policy not acceptable! (local 198.51.100.2 remote 192.0.2.1)", "phase 1"},
    {EV_PHASE1_COMPLETED, NULL, NULL, NULL, 0, "ISAKMP:(1001):SA authentication status:\n        authenticated",
     "ISAKMP: (1001):SA authentication status:\n        authenticated", "the device breaks this line"},
    {EV_KEYS_MADE, NULL, NULL, NULL, 0, "ISAKMP:(1001): SKEYID state generated",
     "ISAKMP: (1001):SKEYID state generated", "an old line under the later tag"},
};

static void later_releases_have_their_own_tags_and_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct event e = told(lines[i].kind, lines[i].before, lines[i].state, lines[i].ios);
        enum dialect dialects[] = {DIALECT_IOS_MIDDLE, DIALECT_IOS_NEW};

        for (int k = 0; k < 2; k++) {
            char space[PHRASE_LINE_SIZE];
            struct text t = text_of(space, sizeof space);
            struct phrase_head head;

            const char *line = k ? lines[i].new : lines[i].middle;

            if (phrase_write(dialects[k], &e, lines[i].index, &head, &t) != (line != NULL))
                fail_msg("%s: %s", lines[i].why, line != NULL ? "no such line" : space);
            if (line != NULL)
                assert_string_equal(space, line);
        }
    }
}

static void a_change_of_state_that_IOS_does_not_have_is_no_line(void **state)
{
    struct event e = told(EV_STATE_CHANGED, "MM_WAIT_MSG9", "MM_WAIT_MSG4", "MM_SA_SETUP");
    char space[PHRASE_LINE_SIZE];
    struct text t = text_of(space, sizeof space);
    struct phrase_head head;

    (void)state;
    assert_false(phrase_write(DIALECT_IOS_NEW, &e, 0, &head, &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_releases_have_their_own_tags_and_lines),
        cmocka_unit_test(a_change_of_state_that_IOS_does_not_have_is_no_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
