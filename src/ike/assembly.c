#include "ike/assembly.h"

#include "base/check.h"

#include <string.h>

static uint32_t bit_of(const struct fragment *fragment)
{
    return 1u << (fragment->number - 1);
}

static bool is_last(const struct fragment *fragment)
{
    return (fragment->flags & FRAGMENT_LAST) != 0;
}

static uint32_t all_of(const struct assembly *a)
{
    return a->count == 0 ? 0 : UINT32_MAX >> (ASSEMBLY_FRAGMENTS_MAX - a->count);
}

static bool is_same_set(const struct assembly *a, const struct header *carrier, uint16_t id)
{
    return a->id == id && a->carrier.exchange == carrier->exchange && a->carrier.message_id == carrier->message_id &&
           memcmp(a->carrier.cookies, carrier->cookies, sizeof carrier->cookies) == 0;
}

static struct bytes kept(const struct assembly *a, uint8_t number)
{
    return bytes_of(a->data + a->at[number - 1], a->lens[number - 1]);
}

/* One place, one content; one last one, and none behind it. */
static bool fits(const struct assembly *a, const struct fragment *fragment)
{
    if ((a->kept & bit_of(fragment)) != 0 && !bytes_equal(kept(a, fragment->number), fragment->data))
        return false;
    return is_last(fragment) ? (a->count == 0 || a->count == fragment->number) && fragment->number >= a->highest
                             : a->count == 0 || fragment->number < a->count;
}

static void begin(struct assembly *a, const struct header *carrier, uint16_t id)
{
    a->carrier = *carrier;
    a->id = id;
    a->count = a->highest = 0;
    a->kept = a->again_len = 0;
    a->len = 0;
}

static bool keep(struct assembly *a, const struct fragment *fragment)
{
    if ((a->kept & bit_of(fragment)) != 0)
        return true;
    if (a->len + fragment->data.len > ASSEMBLY_LEN_MAX)
        return false;
    memcpy(a->data + a->len, fragment->data.data, fragment->data.len);
    a->at[fragment->number - 1] = a->len;
    a->lens[fragment->number - 1] = (uint16_t)fragment->data.len;
    a->len = (uint16_t)(a->len + fragment->data.len);
    a->kept |= bit_of(fragment);
    return true;
}

static bool is_whole(const struct assembly *a)
{
    return a->count != 0 && a->kept == all_of(a);
}

bool assembly_is_open(const struct assembly *a)
{
    return a->kept != 0 && !is_whole(a);
}

enum assembly_result assembly_add(struct assembly *a, const struct header *carrier, const struct fragment *fragment)
{
    enum assembly_result result = ASSEMBLY_WAITS;

    CHECK(fragment->number != 0);
    if (fragment->number > ASSEMBLY_FRAGMENTS_MAX)
        return ASSEMBLY_TOO_MANY;
    if (a->kept == 0 || !is_same_set(a, carrier, fragment->id) || !fits(a, fragment)) {
        if (assembly_is_open(a))
            result = is_same_set(a, carrier, fragment->id) ? ASSEMBLY_MIXED : ASSEMBLY_ANOTHER;
        begin(a, carrier, fragment->id);
    }
    bool was_whole = is_whole(a);
    if (!keep(a, fragment)) {
        begin(a, carrier, fragment->id);
        return ASSEMBLY_TOO_LONG;
    }
    if (fragment->number > a->highest)
        a->highest = fragment->number;
    if (is_last(fragment))
        a->count = fragment->number;
    a->again_len += was_whole ? (uint32_t)fragment->data.len : 0;
    if (!is_whole(a) || (was_whole && a->again_len < a->len))
        return result;
    a->again_len = 0;
    return ASSEMBLY_WHOLE;
}

struct bytes assembly_write(const struct assembly *a, uint8_t *space)
{
    size_t len = 0;

    CHECK(is_whole(a));
    for (uint8_t number = 1; number <= a->count; number++) {
        struct bytes part = kept(a, number);

        memcpy(space + len, part.data, part.len);
        len += part.len;
    }
    return bytes_of(space, len);
}
