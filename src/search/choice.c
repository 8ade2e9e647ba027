/* What can happen next, doing it, and saying it. */
#include "base/check.h"
#include "search/world.h"

#include <string.h>

static const char *const site_names[SITES] = {"west", "east"};
static const struct endpoint nowhere = {{0}, 0};

struct list {
    struct choice *at;
    size_t count;
};

static void add(struct list *list, enum choice_kind kind, int index)
{
    CHECK(list->count < CHOICES_MAX);
    list->at[list->count++] = (struct choice){.kind = (uint8_t)kind, .index = (uint8_t)index};
}

static void add_datagrams(struct list *list, const struct world *world)
{
    for (int i = 0; i < SENT_MAX; i++) {
        const struct sent *sent = &world->sent[i];

        if (sent->under_way > 0) {
            add(list, CHOICE_DELIVER, i);
            if (world->bounds[SEARCH_LOSSES] > 0)
                add(list, CHOICE_LOSE, i);
            if (world->bounds[SEARCH_REPEATS] > 0 && sent->held < 2)
                add(list, CHOICE_REPEAT, i);
            if (world->bounds[SEARCH_HOLDS] > 0 && sent->held < 2)
                add(list, CHOICE_HOLD, i);
        }
        if (sent->held > 0)
            add(list, CHOICE_DELIVER_HELD, i);
    }
}

static void add_answers(struct list *list, const struct world *world)
{
    for (int i = 0; i < ASKS_MAX; i++) {
        if (!world->asks[i].is_used)
            continue;
        add(list, CHOICE_ANSWER, i);
        if (world->bounds[SEARCH_FAILURES] > 0)
            add(list, CHOICE_FAIL, i);
        if (world->bounds[SEARCH_HOLDS] > 0 && !world->asks[i].is_held)
            add(list, CHOICE_HOLD_ANSWER, i);
    }
    for (int i = 0; i < INSTALLS_MAX; i++) {
        if (!world->installs[i].is_used)
            continue;
        add(list, CHOICE_INSTALL, i);
        if (world->bounds[SEARCH_FAILURES] > 0)
            add(list, CHOICE_REFUSE, i);
        if (world->bounds[SEARCH_HOLDS] > 0 && !world->installs[i].is_held)
            add(list, CHOICE_HOLD_INSTALL, i);
    }
}

/* Of two timers at the same moment either may be first. */
static void add_timers(struct list *list, const struct stage *stage)
{
    uint64_t due_ms[SITES];

    if (!stage_is_quiet(stage))
        return;
    for (int site = 0; site < SITES; site++)
        due_ms[site] = ike_deadline_ms(stage->ikes[site]);
    for (int site = 0; site < SITES; site++)
        if (due_ms[site] != UINT64_MAX && due_ms[site] <= due_ms[!site])
            add(list, CHOICE_TIMER, site);
}

size_t choices_of(const struct stage *stage, struct choice choices[static CHOICES_MAX])
{
    const struct world *world = stage->world;
    struct list list = {choices, 0};

    add_datagrams(&list, world);
    add_answers(&list, world);
    for (int i = 0; i < SEARCH_COMMANDS_MAX; i++)
        if (world->commands_left & 1u << i)
            add(&list, CHOICE_COMMAND, i);
    for (int site = 0; site < SITES; site++)
        if (world->is_cut[site])
            add(&list, CHOICE_HEAL, site);
        else if (world->bounds[SEARCH_CUTS] > 0)
            add(&list, CHOICE_CUT, site);
    add_timers(&list, stage);
    return list.count;
}

static void deliver(struct stage *stage, struct sent *sent)
{
    uint8_t data[SENT_LEN_MAX], to = !sent->site;
    size_t len = sent->len;
    struct endpoint ends[SITES] = {nowhere, nowhere};

    for (int i = 0; i < SITES; i++)
        ends[i] = (struct endpoint){stage->policies[i].interface.ip, 500};
    memcpy(data, sent->data, len);
    if (sent->under_way + sent->held == 0) {
        sent->len = 0;
        memset(sent->data, 0, sizeof sent->data);
    }
    site_feed(stage, to,
              &(struct ike_input){.kind = IKE_IN_DATAGRAM, .datagram = {ends[to], ends[!to], bytes_of(data, len)}});
}

static void lose(struct sent *sent)
{
    sent->under_way--;
    if (sent->under_way + sent->held > 0)
        return;
    sent->len = 0;
    memset(sent->data, 0, sizeof sent->data);
}

static void answer(struct stage *stage, struct asked *asked, bool do_fail)
{
    struct asked taken = *asked;
    uint8_t randomness[VAULT_RANDOM_LEN];

    memset(asked, 0, sizeof *asked);
    for (size_t i = 0; i < sizeof randomness; i++)
        randomness[i] = (uint8_t)(taken.serial * 7 + i * 13 + taken.site * 101 + 1);
    if (do_fail)
        stage->answer = (struct answer){.fault = QUESTION_FAULT_FULL};
    else
        vault_answer(stage->vaults[taken.site], &taken.question, BYTES_OF(randomness), &stage->answer);
    site_feed(stage, taken.site,
              &(struct ike_input){.kind = IKE_IN_ANSWER, .answer = {taken.exchange, taken.ask_number, &stage->answer}});
}

static void installed(struct stage *stage, struct installing *installing, bool do_fail)
{
    struct installing taken = *installing;

    memset(installing, 0, sizeof *installing);
    for (size_t k = 0; k < WORLD_PAIRS_MAX && !do_fail; k++) {
        struct planted_pair *pair = &stage->world->pairs[taken.site][k];

        if (!pair->is_used || !handle_equal(pair->pair, taken.pair))
            continue;
        pair->is_inbound |= taken.is_inbound;
        pair->is_outbound |= taken.is_outbound;
    }
    site_feed(stage, taken.site,
              &(struct ike_input){.kind = IKE_IN_PLANE,
                                  .plane = {.kind = do_fail ? IKE_PLANE_REFUSED : IKE_PLANE_INSTALLED,
                                            .pair = taken.pair,
                                            .error = do_fail ? 12 : 0}});
}

static void command(struct stage *stage, int index)
{
    const struct search_command *c = &stage->scenario->commands[index];
    struct ike_input in = {.kind = IKE_IN_ACQUIRE};

    stage->world->commands_left &= (uint8_t) ~(1u << index);
    if (c->kind == SEARCH_COMMAND)
        in = (struct ike_input){.kind = IKE_IN_COMMAND,
                                .command = {.kind = c->command, .peer = stage->policies[c->site].group.peer}};
    if (c->kind == SEARCH_PLANE)
        in = (struct ike_input){.kind = IKE_IN_PLANE,
                                .plane = {.kind = c->plane, .pair = pool_first(&stage->ikes[c->site]->pairs)}};
    site_feed(stage, c->site, &in);
}

static void cut(struct stage *stage, uint8_t site)
{
    struct world *world = stage->world;

    world->is_cut[site] = true;
    for (int i = 0; i < SENT_MAX; i++)
        while (world->sent[i].site == site && world->sent[i].under_way > 0)
            lose(&world->sent[i]);
    oracle_state(stage);
}

static void timer(struct stage *stage, uint8_t site)
{
    uint64_t due_ms = ike_deadline_ms(stage->ikes[site]);

    if (due_ms > stage->world->now_ms) {
        stage->world->now_ms = due_ms;
        stage->world->burst = 0;
        oracle_state(stage);
    }
    site_feed(stage, site, &(struct ike_input){.kind = IKE_IN_TIMER});
}

static void draw_otherwise(struct stage *stage, uint8_t luck)
{
    for (uint8_t site = 0; site < SITES; site++) {
        uint8_t seed[DRBG_SEED_LEN] = {site, luck};

        drbg_reseed(&stage->ikes[site]->drbg, BYTES_OF(seed));
    }
}

void choice_take(struct stage *stage, struct choice choice)
{
    struct world *world = stage->world;
    struct sent *sent = &world->sent[choice.index % SENT_MAX];

    if (choice.luck > 0)
        draw_otherwise(stage, choice.luck);
    switch ((enum choice_kind)choice.kind) {
    case CHOICE_NONE: return;
    case CHOICE_DELIVER:
        sent->under_way--;
        deliver(stage, sent);
        return;
    case CHOICE_DELIVER_HELD:
        sent->held--;
        deliver(stage, sent);
        return;
    case CHOICE_REPEAT:
        world->bounds[SEARCH_REPEATS]--;
        sent->under_way--;
        sent->held++;
        deliver(stage, sent);
        return;
    case CHOICE_HOLD:
        world->bounds[SEARCH_HOLDS]--;
        sent->under_way--;
        sent->held++;
        return;
    case CHOICE_LOSE:
        world->bounds[SEARCH_LOSSES]--;
        lose(sent);
        return;
    case CHOICE_ANSWER: answer(stage, &world->asks[choice.index], false); return;
    case CHOICE_FAIL:
        world->bounds[SEARCH_FAILURES]--;
        world->was_disturbed = true;
        answer(stage, &world->asks[choice.index], true);
        return;
    case CHOICE_HOLD_ANSWER:
        world->bounds[SEARCH_HOLDS]--;
        world->was_disturbed = true;
        world->asks[choice.index].is_held = true;
        return;
    case CHOICE_INSTALL: installed(stage, &world->installs[choice.index], false); return;
    case CHOICE_REFUSE:
        world->bounds[SEARCH_FAILURES]--;
        world->was_disturbed = true;
        installed(stage, &world->installs[choice.index], true);
        return;
    case CHOICE_HOLD_INSTALL:
        world->bounds[SEARCH_HOLDS]--;
        world->was_disturbed = true;
        world->installs[choice.index].is_held = true;
        return;
    case CHOICE_COMMAND: command(stage, choice.index); return;
    case CHOICE_CUT:
        world->bounds[SEARCH_CUTS]--;
        world->was_disturbed = true;
        cut(stage, choice.index);
        return;
    case CHOICE_HEAL: world->is_cut[choice.index] = false; return;
    case CHOICE_TIMER: timer(stage, choice.index); return;
    }
}

static void sent_tell(const struct world *world, const struct sent *sent, const char *what, struct text *text)
{
    const char *kind = number_name(SPACE_XCHG, sent->exchange);

    text_add(text, "%s's %s message %u", site_names[sent->site], kind == NULL ? "?" : kind, sent->number);
    for (size_t i = 0; i < world->talk_count; i++)
        if (world->talks[i].message_id == sent->message_id &&
            memcmp(world->talks[i].cookies, sent->cookies, 2 * COOKIE_LEN) == 0)
            text_add(text, " of exchange %zu", i + 1);
    if (sent->about != 0)
        text_add(text, " (%s %u)", sent->about < 16 ? "delete" : "notify", sent->about);
    text_add(text, " %s", what);
}

void choice_tell(const struct stage *stage, struct choice choice, struct text *text)
{
    const struct world *world = stage->world;
    const struct sent *sent = &world->sent[choice.index % SENT_MAX];
    const struct asked *asked = &world->asks[choice.index % ASKS_MAX];
    const struct installing *installing = &world->installs[choice.index % INSTALLS_MAX];

    switch ((enum choice_kind)choice.kind) {
    case CHOICE_NONE: return;
    case CHOICE_DELIVER: sent_tell(world, sent, "arrives", text); return;
    case CHOICE_DELIVER_HELD: sent_tell(world, sent, "arrives, late", text); return;
    case CHOICE_REPEAT: sent_tell(world, sent, "arrives; a copy stays under way", text); return;
    case CHOICE_HOLD: sent_tell(world, sent, "is held up", text); return;
    case CHOICE_LOSE: sent_tell(world, sent, "is lost", text); return;
    case CHOICE_ANSWER:
    case CHOICE_FAIL:
    case CHOICE_HOLD_ANSWER:
        text_add(text, "%s's vault %s %s", site_names[asked->site],
                 choice.kind == CHOICE_ANSWER ? "answers"
                 : choice.kind == CHOICE_FAIL ? "fails"
                                              : "takes long over",
                 question_name(asked->question.kind));
        return;
    case CHOICE_INSTALL:
    case CHOICE_REFUSE:
    case CHOICE_HOLD_INSTALL:
        text_add(text, "%s's plane %s the %s SA", site_names[installing->site],
                 choice.kind == CHOICE_INSTALL  ? "has put in place"
                 : choice.kind == CHOICE_REFUSE ? "refuses"
                                                : "takes long over",
                 installing->is_inbound ? "inbound" : "outbound");
        return;
    case CHOICE_COMMAND:
        text_add(text, "%s %s", site_names[stage->scenario->commands[choice.index].site],
                 stage->scenario->commands[choice.index].what);
        return;
    case CHOICE_CUT: text_add(text, "the line from %s is cut", site_names[choice.index]); return;
    case CHOICE_HEAL: text_add(text, "the line from %s is whole again", site_names[choice.index]); return;
    case CHOICE_TIMER: text_add(text, "%s's timer", site_names[choice.index]); return;
    }
}

/* The ISAKMP SAs of a site that live, their exchanges, and its pairs. */
void states_tell(const struct stage *stage, uint8_t site, struct text *text)
{
    const struct ike *ike = stage->ikes[site];
    size_t begun_at = text->len;

    for (struct handle h = pool_first(&ike->exchanges); handle_is_set(h); h = pool_next(&ike->exchanges, h)) {
        const struct exchange *exchange = exchange_of(ike, h);

        text_add(text, "%s%s%s", text->len > begun_at ? " " : "", state_info(exchange->state)->name,
                 handle_is_set(exchange->parked) ? "(asks)" : "");
    }
    for (struct handle h = pool_first(&ike->sas); handle_is_set(h); h = pool_next(&ike->sas, h))
        if (sa_of(ike, h)->state == SA_UP)
            text_add(text, "%sup", text->len > begun_at ? " " : "");
    for (struct handle h = pool_first(&ike->pairs); handle_is_set(h); h = pool_next(&ike->pairs, h))
        text_add(text, " %s", pair_of(ike, h)->is_up ? "pair" : "half-pair");
    if (text->len == begun_at)
        text_add(text, "-");
}
