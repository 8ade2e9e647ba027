/* One line of a crypto ACL asks for its tunnel in a world of two gateways; what both tell goes to the diagnosis. */
#include "trial/parts.h"

#include "event/phrases.h"
#include "ike/view.h"

#include <string.h>

enum { SEED = 1, PATIENCE_MS = 75000, STEP_MS = 500, VIEWS = 16, SETTLE_MS = 3000 };

struct heard {
    struct diag *diag;
    uint32_t records[2];
    struct {
        char state[REASON_SIZE], refusal[REASON_SIZE], text[EVENT_TEXT_SIZE];
    } ends[2];
};

static void keep(char *to, size_t size, const char *from)
{
    struct text t = text_of(to, size);

    text_add(&t, "%s", from);
}

static void hear(void *context, uint32_t site, uint64_t at_ms, const struct event *e)
{
    struct heard *h = context;
    struct observation seen = {.source = (uint16_t)site,
                               .record = ++h->records[site],
                               .line = h->records[site],
                               .has_time = true,
                               .time_ms = at_ms,
                               .vantage = VANTAGE_DEVICE,
                               .product = PRODUCT_IKEWISE};
    char line[PHRASE_LINE_SIZE];
    struct text t = text_of(line, sizeof line);
    struct phrase_head head;

    if (!phrase_write(DIALECT_ASA_SYSLOG, e, 0, &head, &t))
        text_add(&t, "%s", event_meaning((enum event_kind)e->kind));
    event_copy(&seen.event, e);
    diag_add(h->diag, &seen, line);
    if (*event_text(e, FIELD_STATE))
        keep(h->ends[site].state, REASON_SIZE, event_text(e, FIELD_STATE));
    if (e->kind == EV_MESSAGE_REFUSED && !*h->ends[site].refusal)
        keep(h->ends[site].refusal, REASON_SIZE, event_text(e, FIELD_REASON));
}

static struct sim_gateway gateway_of(const struct end *e)
{
    return (struct sim_gateway){
        .address = ip_to_v4(e->address),
        .nat_address = ip_equal(e->address, e->seen_as) ? 0 : ip_to_v4(e->seen_as),
        .policy = &e->policy,
        .keys = e->keys,
        .key_count = e->key_count,
    };
}

/* The newest end that was no success: why this end gave up. */
static void take_stop(struct trial *t, const struct sim *sim, const struct heard *h, unsigned end,
                      struct trial_stop *stop)
{
    struct ike_peer_view view;

    *stop = (struct trial_stop){"none", "none", "", ""};
    for (uint32_t i = 0; ike_view_peer(sim_ike(sim, end), sim_now_ms(sim), i, &view); i++)
        for (uint8_t k = view.outcome_count; k-- > 0;)
            if (!view.outcomes[k].is_success && !view.outcomes[k].is_end)
                *stop = (struct trial_stop){view.outcomes[k].asa_state, view.outcomes[k].ios_state,
                                            view.outcomes[k].reason, view.outcomes[k].meaning};
    if (strcmp(stop->asa, "none") == 0 && *h->ends[end].state)
        stop->asa = say_text(t, "%s", h->ends[end].state);
}

static void take_verdict(struct trial *t, struct heard *h, struct trial_attempt *a)
{
    struct arena arena = arena_of(t->diag_memory + t->diag_memory_size / 2, t->diag_memory_size / 2);
    struct report *report = diag_report(h->diag, &arena);
    const struct report_negotiation *n = NULL;

    for (size_t i = 0; report && i < report->negotiation_count; i++)
        if (!n || strcmp(n->causes[0].id, "none") == 0)
            n = &report->negotiations[i];
    if (!n)
        return;
    const struct report_cause *cause = &n->causes[0];

    a->cause = diag_cause_name(0);
    for (size_t i = 0; diag_cause_name(i); i++)
        if (strcmp(diag_cause_name(i), cause->id) == 0)
            a->cause = diag_cause_name(i);
    a->family = cause->family;
    a->sentence = say_text(t, "%s", cause->sentence);
    a->strength = strength_name(cause->strength);
    for (size_t i = 0; i < cause->evidence_count && a->evidence_count < TRIAL_EVIDENCE_MAX; i++) {
        a->evidence_ends[a->evidence_count] = (uint8_t)cause->evidence[i].source;
        a->evidence[a->evidence_count++] = say_text(t, "%s", cause->evidence[i].sentence);
    }
}

static bool is_up(const struct sim *sim, unsigned initiator)
{
    return sim_pairs_up(sim, initiator) > 0 && sim_pairs_up(sim, !initiator) > 0 && sim_pairs_agree(sim, 0, 1);
}

/* The quick mode of a line that is refused is over long before the schedule of an unanswered message is. */
static bool is_settled(const struct sim *sim, unsigned initiator)
{
    return is_up(sim, initiator) || (sim_event_count(sim, initiator, EV_EXCHANGE_FAILED) > 0 &&
                                     ike_view_use(sim_ike(sim, initiator)).exchanges == 0);
}

/* The initiator waits for message 6 in vain, or is the one who does not take it. */
static void refuse(struct trial_attempt *a, unsigned initiator)
{
    static const struct trial_stop waits_for_5 = {"MM_WAIT_MSG5", "MM_KEY_EXCH", "", ""},
                                   waits_for_6 = {"MM_WAIT_MSG6", "MM_KEY_EXCH", "", ""},
                                   is_done = {"MM_ACTIVE", "QM_IDLE", "", ""};

    a->stops[initiator] = waits_for_6;
    a->stops[!initiator] = a->obstacle_end == initiator ? is_done : waits_for_5;
}

static void negotiate(struct trial *t, unsigned initiator, const struct tunnel *tunnel, const struct crypto_ace *ace,
                      bool is_known, struct trial_attempt *a)
{
    const struct end *own = &t->ends[initiator];
    struct arena arena = arena_of(t->diag_memory, t->diag_memory_size / 2);
    struct heard heard = {.diag = diag_new(&arena, VIEWS)};
    struct sim *sim = sim_make(t->sim_memory, 2, SEED);
    uint16_t index = (uint16_t)(tunnel - own->policy.tunnels);

    sim_listen(sim, hear, &heard);
    for (uint16_t i = 0; i < 2; i++) {
        struct sim_gateway gateway = gateway_of(&t->ends[i]);

        diag_add_file(heard.diag, i, VANTAGE_DEVICE);
        sim_gateway(sim, i, &gateway);
    }
    sim_acquire_line(sim, initiator, index, (uint16_t)(ace - tunnel->aces));
    for (uint64_t ms = 0; ms < PATIENCE_MS && !is_settled(sim, initiator); ms += STEP_MS)
        sim_run(sim, STEP_MS);
    sim_run(sim, SETTLE_MS);
    for (unsigned end = 0; end < 2; end++)
        take_stop(t, sim, &heard, end, &a->stops[end]);
    a->is_agreed = is_up(sim, initiator) && !a->is_refused;
    a->is_up = a->is_agreed && !is_known;
    if (a->is_refused && is_up(sim, initiator))
        refuse(a, initiator);
    if (!a->is_up && !is_known)
        take_verdict(t, &heard, a);
    ike_wipe((struct ike *)sim_ike(sim, 0));
    ike_wipe((struct ike *)sim_ike(sim, 1));
}

void attempt_make(struct trial *t, unsigned initiator, const struct tunnel *tunnel, const struct crypto_ace *ace,
                  struct trial_attempt *a)
{
    static const struct selector none;
    struct trial_stop nothing = {"none", "none", "", ""};

    *a = (struct trial_attempt){.map = tunnel ? tunnel->map_name : "",
                                .sequence = tunnel ? tunnel->sequence : 0,
                                .selector = ace ? ace->selector : none,
                                .is_begun = true,
                                .cause = "none",
                                .family = "none",
                                .sentence = "",
                                .strength = "",
                                .why = "",
                                .stops = {nothing, nothing}};
    bool is_known = obstacle_find(t, initiator, tunnel, &a->selector, a);

    if (!ace || !tunnel)
        a->is_begun = false;
    if (!a->is_begun)
        return;
    negotiate(t, initiator, tunnel, ace, is_known, a);
    if (!a->is_up && !is_known)
        differ_refine(t, initiator, tunnel, a);
}
