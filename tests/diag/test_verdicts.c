/* What follows from what was seen: rows of events and the cause that must come first. */
#include "diag/diag.h"
#include "diag/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 10, VIEWS = 64 };

/* One event of a device's log; the peer is 192.0.2.2 unless the row is of no peer. */
struct told {
    enum event_kind kind;
    enum event_field_id field, also; /* FIELD_NONE: none */
    const char *text, *also_text;    /* a number is written in digits */
};

#define SENT(exchange, number)                                                                                         \
    {                                                                                                                  \
        EV_MESSAGE_SENT, FIELD_EXCHANGE, FIELD_MESSAGE_NUMBER, exchange, number                                        \
    }
#define GOT(exchange, number)                                                                                          \
    {                                                                                                                  \
        EV_MESSAGE_RECEIVED, FIELD_EXCHANGE, FIELD_MESSAGE_NUMBER, exchange, number                                    \
    }
#define AGAIN(exchange, number)                                                                                        \
    {                                                                                                                  \
        EV_MESSAGE_RESENT, FIELD_EXCHANGE, FIELD_MESSAGE_NUMBER, exchange, number                                      \
    }
#define NOTIFIED(kind, name)                                                                                           \
    {                                                                                                                  \
        EV_NOTIFY_##kind, FIELD_NOTIFY, FIELD_NONE, name, NULL                                                         \
    }
#define SAID(kind)                                                                                                     \
    {                                                                                                                  \
        EV_##kind, FIELD_NONE, FIELD_NONE, NULL, NULL                                                                  \
    }
#define SAID_IN(kind, field, value)                                                                                    \
    {                                                                                                                  \
        EV_##kind, FIELD_##field, FIELD_NONE, value, NULL                                                              \
    }

/* clang-format off */
static const struct {
    const char *why;
    struct told told[STEPS_MAX];
    const char *first; /* the cause */
    enum strength strength;
    enum outcome outcome;
    const char *stage;
} rows[] = {
    {"message 1 alone proves nothing but that it was sent", {SAID(PHASE1_BEGUN), SENT("MM", "1"), AGAIN("MM", "1")}, "peer_down", STRENGTH_POSSIBLE, OUTCOME_FAILED, "MM_WAIT_MSG2"},
    {"silence exactly where the peer needs the key", {SENT("MM", "1"), GOT("MM", "2"), SENT("MM", "3"), AGAIN("MM", "3")}, "psk_not_found", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_WAIT_MSG4"},
    {"the device itself says that it has no key", {GOT("MM", "1"), SENT("MM", "2"), GOT("MM", "3"), SAID(GROUP_MISSING)}, "psk_not_found", STRENGTH_PROVEN, OUTCOME_FAILED, "none"},
    {"message 5 does not open with the responder's key", {GOT("MM", "1"), SENT("MM", "2"), GOT("MM", "3"), SENT("MM", "4"), SAID(MESSAGE_UNREADABLE)}, "psk_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_WAIT_MSG5"},
    {"a notify that opens proves that the key is right", {SENT("MM", "1"), GOT("MM", "2"), SENT("MM", "3"), GOT("MM", "4"), SENT("MM", "5"), NOTIFIED(RECEIVED, "AUTHENTICATION_FAILED")}, "id_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_WAIT_MSG6"},
    {"the peer's identity is not the one that is expected", {SENT("MM", "5"), GOT("MM", "6"), SAID(ID_DIFFERS)}, "id_mismatch", STRENGTH_PROVEN, OUTCOME_FAILED, "MM_WAIT_MSG6"},
    {"nobody tells whether the certificate is revoked", {SENT("MM", "5"), GOT("MM", "6"), SAID_IN(MESSAGE_REFUSED, REASON, "CERT_NO_STATUS")}, "cert_unchecked", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_WAIT_MSG6"},
    {"no responder answers, and the certificate is refused", {SENT("MM", "5"), GOT("MM", "6"), SAID(STATUS_MISSING), SAID(CERTIFICATE_REFUSED)}, "cert_unchecked", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_WAIT_MSG6"},
    {"no responder answers, and that is fine", {SAID(STATUS_MISSING), SAID(PHASE1_COMPLETED), SAID(PHASE2_COMPLETED)}, "none", STRENGTH_LIKELY, OUTCOME_UP, "MM_ACTIVE"},
    {"a private address behind NAT is another fault than a wrong name", {SENT("MM", "5"), GOT("MM", "6"), {EV_ID_DIFFERS, FIELD_OFFERED, FIELD_WANTED, "10.0.0.7", "198.51.100.7"}}, "id_nat_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_WAIT_MSG6"},
    {"message 5 went to UDP 4500 and nothing came back from there", {SENT("MM", "1"), GOT("MM", "2"), SENT("MM", "3"), GOT("MM", "4"), SAID_IN(NAT_DETECTED, WE_ARE_BEHIND_NAT, "1"), {EV_MESSAGE_SENT, FIELD_MESSAGE_NUMBER, FIELD_PORT, "5", "4500"}}, "udp4500_blocked", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_WAIT_MSG6"},
    {"the responder names the attribute", {GOT("MM", "1"), SAID_IN(PROPOSAL_DIFFERS, ATTRIBUTE, "group"), SAID(PROPOSAL_REFUSED)}, "p1_dh_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, "none"},
    {"a transform that differs does no harm when another one fits", {GOT("MM", "1"), SAID_IN(PROPOSAL_DIFFERS, ATTRIBUTE, "group"), SAID(PROPOSAL_ACCEPTED), SENT("MM", "2"), GOT("MM", "5"), SAID(PHASE1_COMPLETED), SAID(PHASE2_COMPLETED)}, "none", STRENGTH_LIKELY, OUTCOME_UP, "MM_ACTIVE"},
    {"no policy fits, and nobody says why", {SENT("MM", "1"), NOTIFIED(IN_CLEAR, "NO_PROPOSAL_CHOSEN")}, "p1_policy_mismatch", STRENGTH_POSSIBLE, OUTCOME_FAILED, "MM_WAIT_MSG2"},
    {"the notify names ESP: it is of phase 2, whatever else was cut away", {{EV_NOTIFY_IN_CLEAR, FIELD_NOTIFY, FIELD_PROTOCOL, "NO_PROPOSAL_CHOSEN", "3"}}, "p2_transform_mismatch", STRENGTH_POSSIBLE, OUTCOME_FAILED, NULL},
    {"so it is when it was read under an SA", {{EV_NOTIFY_RECEIVED, FIELD_NOTIFY, FIELD_PROTOCOL, "NO_PROPOSAL_CHOSEN", "3"}}, "p2_transform_mismatch", STRENGTH_POSSIBLE, OUTCOME_FAILED, NULL},
    {"and one that names ISAKMP is of phase 1", {SENT("MM", "1"), {EV_NOTIFY_IN_CLEAR, FIELD_NOTIFY, FIELD_PROTOCOL, "NO_PROPOSAL_CHOSEN", "1"}}, "p1_policy_mismatch", STRENGTH_POSSIBLE, OUTCOME_FAILED, "MM_WAIT_MSG2"},
    {"no connection for that address", {GOT("MM", "1"), SAID(PEER_UNKNOWN)}, "peer_not_configured", STRENGTH_LIKELY, OUTCOME_FAILED, "none"},
    {"the host has no route", {SENT("MM", "1"), SAID_IN(SEND_FAILED, ERRNO, "101")}, "route_missing", STRENGTH_PROVEN, OUTCOME_FAILED, "MM_WAIT_MSG2"},
    {"the host's own filter", {SENT("MM", "1"), SAID_IN(SEND_FAILED, ERRNO, "1")}, "local_send_blocked", STRENGTH_PROVEN, OUTCOME_FAILED, "MM_WAIT_MSG2"},
    {"phase 1 proven and then reset is phase 2", {SAID(PHASE1_COMPLETED), SENT("QM", "1"), SAID(SESSION_ENDED)}, "p2_selector_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_ACTIVE"},
    {"the networks do not mirror", {SAID(PHASE1_COMPLETED), GOT("QM", "1"), SAID(PROXY_MISSING)}, "p2_selector_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_ACTIVE"},
    {"the transform sets differ, or PFS, or the networks", {SAID(PHASE1_COMPLETED), SENT("QM", "1"), NOTIFIED(RECEIVED, "NO_PROPOSAL_CHOSEN")}, "p2_transform_mismatch", STRENGTH_POSSIBLE, OUTCOME_FAILED, "MM_ACTIVE"},
    {"PFS is named", {SAID(PHASE1_COMPLETED), GOT("QM", "1"), SAID_IN(PROPOSAL_DIFFERS, ATTRIBUTE, "group"), SAID(TRANSFORM_REFUSED)}, "p2_pfs_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_ACTIVE"},
    {"the kernel does not take the SA", {SAID(PHASE1_COMPLETED), SENT("QM", "1"), SAID(SA_INSTALL_FAILED)}, "kernel_or_plugin_missing", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_ACTIVE"},
    {"the user is refused", {SAID_IN(PHASE1_BEGUN, EXCHANGE, "AM"), SENT("AM", "1"), GOT("AM", "2"), SENT("AM", "3"), SAID(USER_REFUSED)}, "xauth_failure", STRENGTH_PROVEN, OUTCOME_FAILED, "AM_ACTIVE"},
    {"it was up, and the peer is gone", {SAID(PHASE1_COMPLETED), SAID(PHASE2_COMPLETED), SAID(DPD_LOST)}, "dpd_failure", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_ACTIVE"},
    {"the peer has lost an SA that this end uses", {SAID(PHASE1_COMPLETED), SAID(PHASE2_COMPLETED), NOTIFIED(IN_CLEAR, "INVALID_COOKIE")}, "stale_sa", STRENGTH_LIKELY, OUTCOME_FAILED, "MM_ACTIVE"},
    {"packets go and none comes", {{EV_SCREEN_IPSEC, FIELD_ENCAPSULATED, FIELD_DECAPSULATED, "61", "0"}}, "one_way_traffic", STRENGTH_LIKELY, OUTCOME_FAILED, NULL},
    {"packets go both ways", {{EV_SCREEN_IPSEC, FIELD_ENCAPSULATED, FIELD_DECAPSULATED, "61", "60"}}, "none", STRENGTH_LIKELY, OUTCOME_UP, NULL},
    {"an entry of a crypto map is shown without SAs", {SAID(PHASE1_COMPLETED), SENT("QM", "1"), NOTIFIED(RECEIVED, "NO_PROPOSAL_CHOSEN"), {EV_SCREEN_IPSEC, FIELD_ENCAPSULATED, FIELD_SPI_OUT, "0", "0"}}, "p2_transform_mismatch", STRENGTH_POSSIBLE, OUTCOME_FAILED, "MM_ACTIVE"},
    {"and with a pair that has carried nothing yet", {SAID(PHASE1_COMPLETED), {EV_SCREEN_IPSEC, FIELD_ENCAPSULATED, FIELD_SPI_OUT, "0", "4660"}}, "none", STRENGTH_LIKELY, OUTCOME_UP, "MM_ACTIVE"},
    {"no pair is shown, for no entry fits what the peer proposes", {SAID(SCREEN_NO_IPSEC), SAID_IN(SESSION_ENDED, REASON, "NO_PROXY_MATCH")}, "p2_selector_mismatch", STRENGTH_LIKELY, OUTCOME_FAILED, NULL},
    {"a tunnel that is up is healthy", {SAID(PHASE1_COMPLETED), SAID(PHASE2_COMPLETED)}, "none", STRENGTH_LIKELY, OUTCOME_UP, "MM_ACTIVE"},
    {"the paranoid keepalives are no fault", {SAID(PHASE1_COMPLETED), SAID(PHASE2_COMPLETED), SAID_IN(KEEPALIVE_KIND, DETAIL, "None")}, "none", STRENGTH_LIKELY, OUTCOME_UP, "MM_ACTIVE"},
    {"a lifetime that differs is no fault", {SAID(PHASE1_COMPLETED), SAID(LIFETIME_SHORTENED), SAID(PHASE2_COMPLETED)}, "none", STRENGTH_LIKELY, OUTCOME_UP, "MM_ACTIVE"},
};
/* clang-format on */

static void add_field(struct event *e, enum event_field_id field, const char *value)
{
    if (field == FIELD_NONE)
        return;
    if (event_field_type(field) == FIELD_TYPE_NUMBER)
        event_add_number(e, field, strtoul(value, NULL, 10));
    else
        event_add_text(e, field, value);
}

static struct observation observation_of(const struct told *told, uint16_t source, uint32_t line)
{
    struct observation seen = {
        .event = event_of(told->kind), .source = source, .line = line, .record = line, .vantage = VANTAGE_DEVICE};

    event_add_ip(&seen.event, FIELD_PEER, ip_of_v4(0xc0000202));
    event_add_ip(&seen.event, FIELD_LOCAL, ip_of_v4(0xc0000201));
    add_field(&seen.event, told->field, told->text);
    add_field(&seen.event, told->also, told->also_text);
    if (told->kind == EV_MESSAGE_SENT || told->kind == EV_MESSAGE_RECEIVED || told->kind == EV_MESSAGE_RESENT) {
        bool is_odd = event_number(&seen.event, FIELD_MESSAGE_NUMBER) % 2 == 1;

        event_add_text(&seen.event, FIELD_ROLE,
                       is_odd == (told->kind != EV_MESSAGE_RECEIVED) ? "initiator" : "responder");
    }
    return seen;
}

struct judged {
    void *memory;
    struct arena arena;
    struct diag *d;
    struct report *report;
};

static void begin(struct judged *j)
{
    size_t size = diag_space(VIEWS) + 4 * 1024 * 1024;

    j->memory = calloc(1, size);
    j->arena = arena_of(j->memory, size);
    j->d = diag_new(&j->arena, VIEWS);
    assert_non_null(j->d);
}

static void tell(struct judged *j, const struct told *told, size_t count, uint16_t source)
{
    diag_add_file(j->d, source, VANTAGE_DEVICE);
    for (size_t i = 0; i < count && told[i].kind != EV_NONE; i++) {
        struct observation seen = observation_of(&told[i], source, (uint32_t)i + 1);

        diag_add(j->d, &seen, "a line");
    }
}

static void end(struct judged *j)
{
    j->report = diag_report(j->d, &j->arena);
    assert_non_null(j->report);
}

static void what_was_seen_leads_to_its_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct judged j;

        begin(&j);
        tell(&j, rows[i].told, STEPS_MAX, 0);
        end(&j);
        if (j.report->negotiation_count != 1)
            fail_msg("%s: %zu negotiations", rows[i].why, j.report->negotiation_count);
        const struct report_negotiation *n = &j.report->negotiations[0];

        if (strcmp(n->causes[0].id, rows[i].first) != 0 || n->causes[0].strength != rows[i].strength ||
            n->outcome != rows[i].outcome || (rows[i].stage && strcmp(n->stage.asa, rows[i].stage) != 0))
            fail_msg("%s: %s, %s (%.2f), %s, %s", rows[i].why, n->causes[0].id, strength_name(n->causes[0].strength),
                     n->causes[0].score, outcome_name(n->outcome), n->stage.asa);
        free(j.memory);
    }
}

/* The same messages, at the end of a file and long before it. */
static void what_has_stopped_is_not_under_way(void **state)
{
    static const struct {
        const char *why;
        struct told told[STEPS_MAX];
        uint64_t seconds; /* that the file goes on behind the last of it */
        const char *first, *sentence;
        enum outcome outcome;
    } stops[] = {
        {"message 6 has just come", {SENT("MM", "1"), GOT("MM", "2"), SENT("MM", "3"), GOT("MM", "4"), SENT("MM", "5"), GOT("MM", "6")}, 10, "none", "it is under way", OUTCOME_IN_PROGRESS},
        {"and nothing after it", {SENT("MM", "1"), GOT("MM", "2"), SENT("MM", "3"), GOT("MM", "4"), SENT("MM", "5"), GOT("MM", "6")}, 600, "none", "it stopped there", OUTCOME_UNKNOWN},
        {"a policy is agreed just now", {SENT("MM", "1"), GOT("MM", "2")}, 10, "none", "it is under way", OUTCOME_IN_PROGRESS},
        {"and then silence where the key is needed", {SENT("MM", "1"), GOT("MM", "2")}, 600, "psk_not_found", "no key", OUTCOME_FAILED},
        {"phase 1 that stands is not stopped", {SENT("MM", "5"), GOT("MM", "6"), SAID(PHASE1_COMPLETED)}, 600, "none", "nothing is wrong", OUTCOME_UP},
        {"a tunnel that is up has nothing more to say", {SAID(PHASE1_COMPLETED), SAID(PHASE2_COMPLETED)}, 600, "none", "nothing is wrong", OUTCOME_UP},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(stops); i++) {
        struct judged j;

        begin(&j);
        for (size_t k = 0; k < STEPS_MAX && stops[i].told[k].kind != EV_NONE; k++) {
            struct observation seen = observation_of(&stops[i].told[k], 0, (uint32_t)k + 1);

            seen.has_time = true;
            seen.time_ms = 1280000000000;
            diag_add(j.d, &seen, "a line");
        }
        diag_end_file(j.d, 0, 1280000000000 + stops[i].seconds * 1000);
        end(&j);
        assert_int_equal(j.report->negotiation_count, 1);
        const struct report_negotiation *n = &j.report->negotiations[0];

        if (strcmp(n->causes[0].id, stops[i].first) != 0 || n->outcome != stops[i].outcome ||
            strncmp(n->causes[0].sentence, stops[i].sentence, strlen(stops[i].sentence)) != 0)
            fail_msg("%s: %s, \"%s\", %s", stops[i].why, n->causes[0].id, n->causes[0].sentence, outcome_name(n->outcome));
        free(j.memory);
    }
}

/* What concerns no peer is of every tunnel there, and of the one that it makes itself. */
static void what_speaks_for_a_cause_is_told_once(void **state)
{
    struct judged j;

    (void)state;
    begin(&j);
    diag_add_file(j.d, 0, VANTAGE_DEVICE);
    for (uint32_t line = 1; line <= 3; line++) {
        struct observation seen = {
            .event = event_of(EV_ACQUIRE_REFUSED), .line = line, .record = line, .vantage = VANTAGE_DEVICE};

        diag_add(j.d, &seen, "a line");
    }
    end(&j);
    assert_int_equal(j.report->negotiation_count, 1);
    const struct report_cause *cause = &j.report->negotiations[0].causes[0];

    assert_string_equal(cause->id, "crypto_map_missing");
    assert_int_equal(cause->evidence_count, 1);
    assert_int_equal(cause->evidence[0].count, 3);
    free(j.memory);
}

/* The list that other tools rely on. */
static void every_cause_is_known_and_has_its_evidence(void **state)
{
    static const char *const without_rule[] = {"implementation_bug"};
    const struct rule *rule;
    size_t count = 0;

    (void)state;
    for (const char *id; (id = diag_cause_name(count)); count++) {
        bool has_rule = strcmp(id, without_rule[0]) == 0;

        for (size_t i = 0; (rule = judge_rule(i)); i++)
            has_rule |= strcmp(cause_id(rule->cause), id) == 0 && (rule->kind == RULE_FOR || rule->kind == RULE_PROOF);
        if (!has_rule)
            fail_msg("nothing speaks for %s", id);
        assert_string_equal(diag_cause_family(id), cause_family((enum cause)count));
    }
    assert_int_equal(count, 57);
}

/* The gateway's log names causes by rows of its own: the engine does not know explain. */
static void what_the_log_calls_a_failure_is_a_cause_of_explain(void **state)
{
    static const char *const said[] = {
#define VERDICT(reason, where, cause) cause,
#define TOLD(reason, notify, where, cause) cause,
#define SIGNED(reason, where, cause) cause,
#include "ike/verdicts.def"
#undef SIGNED
#undef TOLD
#undef VERDICT
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        const char *id = "";

        for (size_t k = 0; id && strcmp(id, said[i]) != 0; k++)
            id = diag_cause_name(k);
        if (!id)
            fail_msg("%s is no cause", said[i]);
    }
}

static void a_fault_has_a_test_that_decides(void **state)
{
    (void)state;
    for (enum cause c = 0; c < CAUSE_COUNT; c++)
        if (cause_is_fault(c) && !*cause_next(c, CAUSE_COUNT))
            fail_msg("%s has no test", cause_id(c));
}

static void no_rule_stands_twice(void **state)
{
    const struct rule *a, *b;

    (void)state;
    for (size_t i = 0; (a = judge_rule(i)); i++)
        for (size_t k = i + 1; (b = judge_rule(k)); k++)
            if (a->cause == b->cause && a->fact == b->fact)
                fail_msg("%s and %s have two rules", cause_id(a->cause), fact_name(a->fact));
}

static void attempts_that_look_alike_are_one(void **state)
{
    static const struct told attempt[] = {SAID(PHASE1_BEGUN), SENT("MM", "1"), AGAIN("MM", "1"), SAID(EXCHANGE_FAILED)};
    struct judged j;

    (void)state;
    begin(&j);
    for (size_t i = 0; i < 1000; i++)
        tell(&j, attempt, COUNT_OF(attempt), 0);
    end(&j);
    assert_int_equal(j.report->negotiation_count, 1);
    assert_int_equal(j.report->negotiations[0].attempts, 1000);
    assert_int_equal(j.report->dropped, 0);
    free(j.memory);
}

/* IOS refuses networks that do not fit with the same notify as transform sets: from one end they are not told apart. */
static void a_refused_quick_mode_may_be_the_networks(void **state)
{
    static const struct told told[] = {SAID(PHASE1_COMPLETED), SENT("QM", "1"),
                                       NOTIFIED(RECEIVED, "NO_PROPOSAL_CHOSEN")};
    bool is_ranked = false;
    struct judged j;

    (void)state;
    begin(&j);
    tell(&j, told, COUNT_OF(told), 0);
    end(&j);
    for (size_t i = 0; i < 3; i++)
        is_ranked |= strcmp(j.report->negotiations[0].causes[i].id, "p2_selector_mismatch") == 0;
    assert_true(is_ranked);
    free(j.memory);
}

static bool proves(const struct report_negotiation *n, const char *what)
{
    for (size_t i = 0; i < n->proven_count; i++)
        if (strcmp(n->proven[i], what) == 0)
            return true;
    return false;
}

static void message_6_proves_nothing_of_what_the_initiator_thinks_of_it(void **state)
{
    static const struct told sent[] = {GOT("MM", "1"), SENT("MM", "2"), GOT("MM", "3"),
                                       SENT("MM", "4"), GOT("MM", "5"), SENT("MM", "6")},
                             quick = GOT("QM", "1");

    (void)state;
    for (unsigned is_answered = 0; is_answered < 2; is_answered++) {
        struct judged j;

        begin(&j);
        tell(&j, sent, COUNT_OF(sent), 0);
        if (is_answered)
            tell(&j, &quick, 1, 0);
        end(&j);
        const struct report_negotiation *n = &j.report->negotiations[0];

        assert_string_equal(n->stage.asa, "MM_ACTIVE");
        assert_true(proves(n, "the keys are equal"));
        assert_int_equal(proves(n, "both identities are accepted"), is_answered);
        assert_int_equal(proves(n, "the initiator's identity is accepted"), !is_answered);
        free(j.memory);
    }
}

/* Where the log goes on to a tunnel that is up, nothing is stuck. */
static void ios_names_the_state_of_message_1_before_it_begins(void **state)
{
    static const struct told told[] = {SAID_IN(STATE_CHANGED, IOS_STEP, "IKE_I_MM1"), SAID(PHASE1_BEGUN),
                                       SAID_IN(STATE_CHANGED, IOS_STEP, "IKE_I_MM6"), SAID(PHASE1_COMPLETED),
                                       SAID(PHASE2_COMPLETED)};
    struct judged j;

    (void)state;
    begin(&j);
    diag_add_file(j.d, 0, VANTAGE_DEVICE);
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        struct observation seen = observation_of(&told[i], 0, (uint32_t)i + 1);

        seen.product = PRODUCT_IOS;
        diag_add(j.d, &seen, "a line");
    }
    end(&j);
    assert_int_equal(j.report->negotiation_count, 1);
    assert_string_equal(j.report->negotiations[0].causes[0].id, "none");
    free(j.memory);
}

/* The responder's log, with the addresses exchanged. */
static struct observation of_responder(const struct told *told, uint32_t line, int64_t ahead_ms, uint64_t at_ms)
{
    struct observation seen = observation_of(told, 1, line);

    event_add_ip(&seen.event, FIELD_PEER, ip_of_v4(0xc0000201));
    event_add_ip(&seen.event, FIELD_LOCAL, ip_of_v4(0xc0000202));
    seen.has_time = true;
    seen.time_ms = (uint64_t)((int64_t)at_ms + ahead_ms);
    return seen;
}

static void two_ends_become_one_negotiation_and_show_what_was_lost(void **state)
{
    static const struct told initiator[] = {SENT("MM", "1"), GOT("MM", "2"), SENT("MM", "3"), AGAIN("MM", "3")};
    static const struct told responder[] = {GOT("MM", "1"), SENT("MM", "2"), AGAIN("MM", "2")};
    struct judged j;

    (void)state;
    begin(&j);
    diag_add_file(j.d, 0, VANTAGE_DEVICE);
    diag_add_file(j.d, 1, VANTAGE_DEVICE);
    for (size_t i = 0; i < COUNT_OF(initiator); i++) {
        struct observation seen = observation_of(&initiator[i], 0, (uint32_t)i + 1);

        seen.has_time = true;
        seen.time_ms = 10000 + 20 * i; /* 1 at 10000, 2 at 10020: 20 ms for the way there and back */
        diag_add(j.d, &seen, "a line");
    }
    for (size_t i = 0; i < COUNT_OF(responder); i++) {
        struct observation seen = of_responder(&responder[i], (uint32_t)i + 1, 5000, 10010);

        diag_add(j.d, &seen, "a line");
    }
    end(&j);
    assert_int_equal(j.report->negotiation_count, 1);
    const struct report_negotiation *n = &j.report->negotiations[0];

    assert_int_equal(n->end_count, 2);
    assert_string_equal(n->ends[0].stage.asa, "MM_WAIT_MSG4");
    assert_string_equal(n->ends[1].stage.asa, "MM_WAIT_MSG3");
    assert_string_equal(n->causes[0].id, "path_loss");
    assert_int_equal(n->clock_count, 1);
    assert_int_equal(n->clocks[0].ahead_ms, 5000);
    for (size_t i = 0; i < n->step_count; i++)
        assert_int_equal(*n->steps[i].fate != '\0', strcmp(n->steps[i].name, "3") == 0);
    free(j.memory);
}

/* Messages 1 and 2 of one attempt after another, of a capture. */
static void a_capture_of_more_attempts_than_there_is_room_for_leaves_none_out(void **state)
{
    enum { ATTEMPTS = 3 * VIEWS };
    struct ip ends[] = {ip_of_v4(0xc0000201), ip_of_v4(0xc6336402)};
    struct judged j;

    (void)state;
    begin(&j);
    diag_add_file(j.d, 0, VANTAGE_WIRE);
    for (uint32_t i = 0; i < 2 * ATTEMPTS; i++) {
        struct observation seen = {.line = i + 1, .record = i + 1, .vantage = VANTAGE_WIRE};
        char cookies[40];

        snprintf(cookies, sizeof cookies, "%016x%016x", i / 2 + 1, i % 2);
        seen.event = event_of(EV_PACKET_SEEN);
        event_add_ip(&seen.event, FIELD_SOURCE, ends[i % 2]);
        event_add_ip(&seen.event, FIELD_DESTINATION, ends[1 - i % 2]);
        event_add_text(&seen.event, FIELD_COOKIES, cookies);
        event_add_text(&seen.event, FIELD_EXCHANGE, "MM");
        event_add_number(&seen.event, FIELD_MESSAGE_NUMBER, 1 + i % 2);
        diag_add(j.d, &seen, "a packet");
    }
    end(&j);
    assert_int_equal(j.report->dropped, 0);
    assert_int_equal(j.report->negotiation_count, 1);
    assert_int_equal(j.report->negotiations[0].attempts, ATTEMPTS);
    assert_int_equal(j.report->negotiations[0].outcome, OUTCOME_FAILED);
    free(j.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_leads_to_its_cause),
        cmocka_unit_test(what_has_stopped_is_not_under_way),
        cmocka_unit_test(what_speaks_for_a_cause_is_told_once),
        cmocka_unit_test(every_cause_is_known_and_has_its_evidence),
        cmocka_unit_test(what_the_log_calls_a_failure_is_a_cause_of_explain),
        cmocka_unit_test(a_fault_has_a_test_that_decides),
        cmocka_unit_test(no_rule_stands_twice),
        cmocka_unit_test(attempts_that_look_alike_are_one),
        cmocka_unit_test(a_refused_quick_mode_may_be_the_networks),
        cmocka_unit_test(message_6_proves_nothing_of_what_the_initiator_thinks_of_it),
        cmocka_unit_test(ios_names_the_state_of_message_1_before_it_begins),
        cmocka_unit_test(a_capture_of_more_attempts_than_there_is_room_for_leaves_none_out),
        cmocka_unit_test(two_ends_become_one_negotiation_and_show_what_was_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
