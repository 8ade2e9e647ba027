/* Observations that are read and not handed out yet. Most stand there as sights alone: what they tell in full, and the
 * line that they stand in, is made for whoever asks. */
#include "source/parts.h"

#include "base/check.h"
#include "wire/message.h"

#include <string.h>

/* ---- In ---- */

bool source_is_full(const struct source *s)
{
    return s->queue_count == s->queue_end;
}

static const uint8_t vantages[] = {
#define KIND(name, json, product, vantage, meaning) VANTAGE_##vantage,
#include "source/kinds.def"
#undef KIND
};

struct queued *source_enqueue(struct source *s, enum event_kind kind)
{
    struct sight *at = &s->sights[s->queue_count];

    CHECK(kind != EV_NONE && !source_is_full(s));
    at->one = at->other = (struct ip){0};
    at->look = at->words = 0;
    s->sum.ikev2 += kind == EV_IKEV2_SEEN;
    struct queued *q = source_enqueue_as(s, kind, (enum vantage)vantages[s->kind]);
    q->line = (struct bytes){0};
    return q;
}

bool source_has(const struct source *s, struct bytes bytes)
{
    return bytes.data >= s->fed.data && bytes.data < s->fed.data + s->fed.len;
}

void source_say(struct source *s, const struct event *e)
{
    if (source_is_full(s))
        return;
    size_t index = s->queue_count;

    event_copy(&source_enqueue(s, (enum event_kind)e->kind)->seen.event, e);
    sight_take(&s->sights[index], e);
}

void source_say_as(struct source *s, const struct event *e, const char *text)
{
    size_t before = s->queue_count, own = s->own_text_count < OWN_TEXTS_MAX ? s->own_text_count++ : OWN_TEXTS_MAX - 1;
    struct text t = text_of(s->own_texts[own], sizeof s->own_texts[0]);

    text_add(&t, "%s", text);
    source_say(s, e);
    if (s->queue_count > before)
        s->queue[before].own = (uint8_t)(own + 1);
}

struct text source_text_begin(struct source *s)
{
    s->text_line = (struct bytes){0};
    return text_of(s->text, sizeof s->text);
}

/* ---- Out ---- */

const struct sight *source_glance(struct source *s)
{
    while (s->queue_next == s->queue_count) {
        s->queue_next = s->queue_count = 0;
        s->own_text_count = 0;
        s->queue_end = SAID_AT_ONCE;
        if (!source_step(s) && s->queue_count == 0)
            return NULL;
    }
    return &s->sights[s->queue_next++];
}

size_t source_waiting(const struct source *s)
{
    return s->queue_count - s->queue_next;
}

static void make_event(const struct source *s, struct queued *q)
{
    switch (q->tell) {
    case TELL_EVENT: break;
    case TELL_PACKET: isakmp_tell(q); break;
    case TELL_PROPOSAL: proposal_tell(q); break;
    case TELL_LINE: CHECK(said_read(&s->said, q->of, &q->seen.event)); break;
    }
    q->tell = TELL_EVENT;
}

const struct observation *source_told(struct source *s, size_t index)
{
    const struct sight *at = &s->sights[index];
    struct queued *q = &s->queue[index];

    make_event(s, q);
    q->seen.source = at->source;
    q->seen.line = at->line;
    q->seen.record = at->record;
    q->seen.has_time = at->has_time;
    q->seen.time_ms = at->time_ms;
    q->seen.vantage = at->vantage;
    q->seen.product = at->product;
    return &q->seen;
}

const struct observation *source_tell(struct source *s)
{
    return source_told(s, s->queue_next > 0 ? s->queue_next - 1 : 0);
}

bool source_next(struct source *s, struct observation *out)
{
    if (!source_glance(s))
        return false;
    const struct observation *o = source_tell(s);

    event_copy(&out->event, &o->event);
    memcpy((uint8_t *)out + sizeof out->event, (const uint8_t *)o + sizeof o->event, sizeof *out - sizeof out->event);
    return true;
}

/* Of the observation that was handed out last. */
struct bytes source_line(struct source *s)
{
    size_t last = s->queue_next > 0 ? s->queue_next - 1 : 0;
    const struct queued *q = &s->queue[last];

    if (s->sights[last].packet) {
        struct text t = text_of(s->made_text, sizeof s->made_text);

        packet_add_text(&t, s->sights[last].packet);
        return bytes_of(t.data, t.len);
    }
    if (q->own > 0)
        return bytes_of_text(s->own_texts[q->own - 1]);
    return q->line.len > 0 ? q->line : s->text_line.len > 0 ? s->text_line : bytes_of_text(s->text);
}

const char *source_text(struct source *s)
{
    struct bytes line = source_line(s);

    if (line.data != (const uint8_t *)s->made_text) {
        struct text t = text_of(s->made_text, sizeof s->made_text);

        text_add_plain(&t, line);
    }
    return s->made_text;
}
