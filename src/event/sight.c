#include "event/sight.h"

/* 16 figures; false when there is something else among them. */
static bool read_figures(const char *figures, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < PACKET_COOKIES_LEN; i++) {
        char c = figures[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
        *number = *number << 4 | (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return true;
}

/* As packet_cookie gives it; of what is no such number, a digest. */
static uint64_t cookie_of(const char *cookies)
{
    uint64_t cookie;

    if (*cookies == '\0')
        return 0;
    if (!read_figures(cookies, &cookie))
        cookie = text_hash(TEXT_HASH_BEGIN, cookies);
    return cookie != 0 ? cookie : 1;
}

void sight_take(struct sight *at, const struct event *e)
{
    at->one = event_ip(e, FIELD_SOURCE);
    at->other = event_ip(e, FIELD_DESTINATION);
    at->number = e->kind == EV_PACKET_SEEN ? (uint8_t)event_number(e, FIELD_MESSAGE_NUMBER) : 0;
    at->cookie = cookie_of(event_text(e, FIELD_COOKIES));
}

struct sight sight_of(const struct observation *o)
{
    struct sight at = {.source = o->source,
                       .kind = o->event.kind,
                       .vantage = o->vantage,
                       .product = o->product,
                       .has_time = o->has_time,
                       .time_ms = o->time_ms,
                       .line = o->line,
                       .record = o->record};

    sight_take(&at, &o->event);
    return at;
}
