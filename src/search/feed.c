/* One input to one site, and what comes of it: datagrams, questions and installs get under way. */
#include "base/check.h"
#include "search/world.h"

#include <string.h>

struct sent *sent_find(struct world *world, uint8_t site, struct bytes data)
{
    uint64_t tag = tag_of(data);

    for (int i = 0; i < SENT_MAX; i++)
        if (world->sent[i].is_used && world->sent[i].site == site && world->sent[i].tag == tag)
            return &world->sent[i];
    return NULL;
}

static bool is_same_talk(const struct sent *a, const struct sent *b)
{
    return a->is_used && a->message_id == b->message_id && memcmp(a->cookies, b->cookies, 2 * COOKIE_LEN) == 0;
}

/* What nobody can send or get again makes room: no message id is used twice. */
static struct sent *sent_place(struct stage *stage)
{
    struct world *world = stage->world;

    for (int i = 0; i < SENT_MAX; i++)
        if (!world->sent[i].is_used)
            return &world->sent[i];
    for (int i = 0; i < SENT_MAX; i++) {
        if (world->sent[i].len > 0 || is_talk_live(stage, world->sent[i].cookies, world->sent[i].message_id))
            continue;
        /* in order of sending: the key counts on it */
        memmove(&world->sent[i], &world->sent[i + 1], (size_t)(SENT_MAX - 1 - i) * sizeof world->sent[0]);
        memset(&world->sent[SENT_MAX - 1], 0, sizeof world->sent[0]);
        return &world->sent[SENT_MAX - 1];
    }
    return NULL;
}

static struct sent *sent_new(struct stage *stage, uint8_t site, struct bytes data)
{
    struct sent *sent = sent_place(stage);
    struct message m;

    CHECK(data.len <= SENT_LEN_MAX && wire_header_read(&m, data) == WIRE_OK);
    if (sent == NULL) {
        stage_violate(stage, "there is no end to the messages");
        return NULL;
    }
    *sent = (struct sent){
        .is_used = true,
        .is_sealed = m.header.flags & FLAG_ENCRYPTION,
        .site = site,
        .exchange = m.header.exchange,
        .message_id = m.header.message_id,
        .tag = tag_of(data),
    };
    memcpy(sent->cookies, m.header.cookies, sizeof sent->cookies);
    for (int i = 0; i < SENT_MAX; i++)
        sent->number += is_same_talk(&stage->world->sent[i], sent) && stage->world->sent[i].site == site;
    if (sent->is_sealed)
        memcpy(sent->last_block, data.data + data.len - CIPHER_BLOCK_MAX, CIPHER_BLOCK_MAX);
    return sent;
}

static void fly(struct stage *stage, uint8_t site, const struct ike_output *item, const struct ike_input *in)
{
    struct world *world = stage->world;
    struct bytes data = item->datagram.data;
    struct sent *sent = sent_find(world, site, data);
    bool is_new = sent == NULL;

    if (is_new)
        sent = sent_new(stage, site, data);
    if (sent == NULL)
        return;
    if (++world->burst > BURST_MAX)
        stage_violate(stage, "the sites do not stop answering each other");
    sent->len = (uint16_t)data.len;
    memcpy(sent->data, data.data, data.len);
    oracle_sent(stage, sent, is_new, in);
    /* A third copy would arrive like the second. */
    if (!world->is_cut[site] && sent->under_way < 2)
        sent->under_way++;
    if (sent->under_way + sent->held == 0) {
        sent->len = 0;
        memset(sent->data, 0, sizeof sent->data);
    }
}

static void ask(struct stage *stage, uint8_t site, const struct ike_output *item)
{
    uint8_t randomness[VAULT_RANDOM_LEN] = {0};

    if (item->ask.question->kind == QUESTION_FORGET) {
        vault_answer(stage->vaults[site], item->ask.question, BYTES_OF(randomness), &stage->answer);
        return;
    }
    for (int i = 0; i < ASKS_MAX; i++) {
        struct asked *asked = &stage->world->asks[i];

        if (asked->is_used)
            continue;
        *asked = (struct asked){
            .is_used = true,
            .site = site,
            .exchange = item->ask.exchange,
            .ask_number = item->ask.ask_number,
            .serial = ++stage->world->last_serial,
            .question = *item->ask.question,
        };
        return;
    }
    stage_violate(stage, "the vault is asked more than this world holds");
}

static void install(struct stage *stage, uint8_t site, const struct ike_install *i)
{
    struct planted_pair *pair = NULL;
    size_t k = 0;

    for (k = 0; k < WORLD_PAIRS_MAX && pair == NULL; k++)
        if (stage->world->pairs[site][k].is_used && handle_equal(stage->world->pairs[site][k].pair, i->pair))
            pair = &stage->world->pairs[site][k];
    for (k = 0; k < WORLD_PAIRS_MAX && pair == NULL; k++)
        if (!stage->world->pairs[site][k].is_used)
            pair = &stage->world->pairs[site][k];
    CHECK(pair != NULL);
    pair->is_used = true;
    pair->pair = i->pair;
    pair->spi_in = i->spi_in;
    pair->spi_out = i->spi_out;
    pair->key_in = tag_of(bytes_of(i->key_in, i->key_len));
    pair->key_out = tag_of(bytes_of(i->key_out, i->key_len));
    for (k = 0; k < INSTALLS_MAX; k++) {
        struct installing *installing = &stage->world->installs[k];

        if (installing->is_used)
            continue;
        *installing = (struct installing){
            .is_used = true, .site = site, .is_inbound = i->is_inbound, .is_outbound = i->is_outbound, .pair = i->pair};
        return;
    }
    stage_violate(stage, "the plane is told more than this world holds");
}

static void remove_pair(struct stage *stage, uint8_t site, const struct ike_output *item)
{
    for (size_t k = 0; k < WORLD_PAIRS_MAX; k++) {
        struct planted_pair *pair = &stage->world->pairs[site][k];

        if (!pair->is_used || !handle_equal(pair->pair, item->remove.pair))
            continue;
        pair->is_outbound = false;
        pair->is_leaving = true;
        if (!item->remove.is_outbound_only)
            memset(pair, 0, sizeof *pair);
    }
}

void site_feed(struct stage *stage, uint8_t site, const struct ike_input *in)
{
    struct ike *ike = stage->ikes[site];
    struct ike_outputs *out = &stage->out;

    oracle_before(stage, site);
    ike_feed(ike, stage->world->now_ms, in, out);
    oracle_after(stage, site, in);
    for (size_t i = 0; i < out->count; i++) {
        const struct ike_output *item = &out->items[i];

        switch (item->kind) {
        case IKE_OUT_DATAGRAM: fly(stage, site, item, in); break;
        case IKE_OUT_ASK: ask(stage, site, item); break;
        case IKE_OUT_INSTALL: install(stage, site, item->install); break;
        case IKE_OUT_REMOVE: remove_pair(stage, site, item); break;
        case IKE_OUT_EVENT:
        case IKE_OUT_CLIENT:
        case IKE_OUT_MOVE: break;
        }
    }
    /* Nothing of the engine's working space may matter for the next input. */
    memset(&ike->draft, 0, sizeof ike->draft);
    memset(&ike->question, 0, sizeof ike->question);
    memset(ike->message_space, 0, sizeof ike->message_space);
    memset(ike->opened_space, 0, sizeof ike->opened_space);
    talks_update(stage);
    oracle_state(stage);
}
