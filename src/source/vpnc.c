/* What vpnc prints: the steps of a client in aggressive mode, from --debug 1 on; what went wrong, always. It names no
 * address, and tells few messages: what a line proves to have gone before is said with it. */
#include "event/readings.h"
#include "source/parts.h"

#include <string.h>

/* In front of what went wrong stands how it was called; of syslog, with a process. */
static const char *const names[] = {"vpnc: ", "vpnc-connect: ", "vpnc.exe: "};
static const char *const processes[] = {"vpnc[", "vpnc-connect["};

/* How lines begin that nobody else writes. */
static const char *const own[] = {"vpnc version ",
                                  "VPNC started in ",
                                  "IKE SA selected ",
                                  "IPSEC SA selected ",
                                  "NAT status: ",
                                  "---!!!!!!!!! entering phase2_fatal",
                                  "S4.",
                                  "S5.",
                                  "S7."};

enum step { NOTHING, AM_1, AM_2, AM_3, TRANSACTION, QM_1, QM_2, QM_3 };

static const struct {
    enum event_kind kind;
    const char *exchange;
    unsigned number;
} steps[] = {
    [AM_1] = {EV_MESSAGE_SENT, "AM", 1}, [AM_2] = {EV_MESSAGE_RECEIVED, "AM", 2},
    [AM_3] = {EV_MESSAGE_SENT, "AM", 3}, [TRANSACTION] = {EV_MESSAGE_RECEIVED, "TM", 0},
    [QM_1] = {EV_MESSAGE_SENT, "QM", 1}, [QM_2] = {EV_MESSAGE_RECEIVED, "QM", 2},
    [QM_3] = {EV_MESSAGE_SENT, "QM", 3},
};

/* Which step has been taken by whom such an event is told of. */
static const struct {
    enum event_kind kind;
    enum step step;
} reached[] = {
    {EV_PHASE1_BEGUN, AM_1},
    {EV_MESSAGE_REFUSED, AM_1},
    {EV_EXCHANGE_FAILED, AM_1},
    {EV_NOTIFY_IN_CLEAR, AM_1},
    {EV_HINT, AM_1},
    {EV_PROPOSAL_ACCEPTED, AM_2},
    {EV_AUTHENTICATION_FAILED, AM_2},
    {EV_NAT_DETECTED, AM_3},
    {EV_MESSAGE_RECEIVED, TRANSACTION},
    {EV_QUICK_MODE_STEP, QM_1},
    {EV_PAIR_NEGOTIATED, QM_3},
    {EV_USER_REFUSED, TRANSACTION},
    {EV_USER_ACCEPTED, TRANSACTION},
    {EV_ADDRESS_ASSIGNED, QM_1},
    {EV_TRANSFORM_ACCEPTED, QM_2},
    {EV_PHASE2_COMPLETED, QM_3},
    {EV_DPD_LOST, QM_3},
};

/* False: it is no line of vpnc, as far as its beginning tells. */
static bool find_text(const struct source *s, struct bytes line, struct bytes *text, size_t *head)
{
    size_t at;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (bytes_has(line, names[i], &at) && at < 120) {
            *head = at;
            *text = bytes_trim(bytes_after(line, at + bytes_of_text(names[i]).len));
            return true;
        }
    for (size_t i = 0; i < COUNT_OF(processes); i++)
        if (bytes_has(line, processes[i], &at) && at < 120) {
            struct bytes rest = bytes_after(line, at);
            size_t end;

            if (!bytes_has(rest, "]: ", &end) || end > 24)
                continue;
            *head = at;
            *text = bytes_trim(bytes_after(rest, end + 3));
            return true;
        }
    *head = 0;
    *text = bytes_trim(line);
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (bytes_begin_with(*text, bytes_of_text(own[i])))
            return true;
    return s->kind_before == SOURCE_VPNC_LOG;
}

/* [2026-11-21 19:07:19] stands below the step that it is of. */
static bool is_stamp(struct bytes text)
{
    return text.len == 21 && text.data[0] == '[' && text.data[20] == ']' &&
           stamp_place(bytes_of(text.data, text.len)) == 0;
}

static void say_step(struct source *s, enum step step)
{
    struct event e = event_of(steps[step].kind);

    event_add_text(&e, FIELD_EXCHANGE, steps[step].exchange);
    if (steps[step].number)
        event_add_number(&e, FIELD_MESSAGE_NUMBER, steps[step].number);
    event_add_text(&e, FIELD_ROLE, "initiator");
    if (s->vpnc.is_natted && steps[step].kind == EV_MESSAGE_SENT && step >= AM_3)
        event_add_number(&e, FIELD_PORT, 4500);
    if (s->vpnc.is_natted && steps[step].kind == EV_MESSAGE_RECEIVED && step > AM_3)
        event_add_number(&e, FIELD_LOCAL_PORT, 4500);
    source_say(s, &e);
}

/* The gateway asks for the user when it has taken message 3. */
static void say_phase1(struct source *s)
{
    struct event e = event_of(EV_PHASE1_COMPLETED);

    event_add_text(&e, FIELD_ROLE, "initiator");
    source_say(s, &e);
}

static void say_steps(struct source *s, enum step last)
{
    while (s->vpnc.step < last) {
        s->vpnc.step++;
        say_step(s, (enum step)s->vpnc.step);
        if (s->vpnc.step == TRANSACTION)
            say_phase1(s);
    }
}

static void say_before(struct source *s, const struct event *e)
{
    for (size_t i = 0; i < COUNT_OF(reached); i++)
        if (reached[i].kind == e->kind)
            say_steps(s, reached[i].step);
}

static void note(struct source *s, const struct event *e)
{
    if (e->kind == EV_STARTED)
        s->vpnc.step = NOTHING, s->vpnc.is_natted = false;
    if (e->kind == EV_NAT_DETECTED)
        s->vpnc.is_natted = event_number(e, FIELD_WE_ARE_BEHIND_NAT) || event_number(e, FIELD_THEY_ARE_BEHIND_NAT);
}

/* Only said once the step is taken: the same line twice is no repeat of the message. */
static bool is_step_alone(const struct event *e)
{
    return e->kind == EV_PHASE1_BEGUN || e->kind == EV_MESSAGE_RECEIVED || e->kind == EV_QUICK_MODE_STEP ||
           e->kind == EV_PAIR_NEGOTIATED;
}

enum reading vpnc_line(struct source *s, struct bytes line)
{
    struct bytes text;
    struct event e;
    size_t head;

    if (!find_text(s, line, &text, &head))
        return READ_NOT_MINE;
    bool is_named = head > 0 || text.len < line.len;
    if (text.len == 0 || is_stamp(text)) {
        source_is(s, SOURCE_VPNC_LOG, PRODUCT_VPNC);
        source_stamp(s, text);
        return READ_SAID;
    }
    if (!reading_read_by(s->index, PRODUCT_VPNC, text, &e)) {
        if (!is_named)
            return READ_NOT_MINE;
        source_is(s, SOURCE_VPNC_LOG, PRODUCT_VPNC);
        return READ_OTHER;
    }
    source_is(s, SOURCE_VPNC_LOG, PRODUCT_VPNC);
    source_stamp(s, bytes_of(line.data, head));
    if (e.kind == EV_NONE)
        return READ_SAID;
    note(s, &e);
    say_before(s, &e);
    if (!is_step_alone(&e))
        source_say(s, &e);
    return READ_SAID;
}
