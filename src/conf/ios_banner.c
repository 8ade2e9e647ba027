/* `banner`: a text between two marks, over as many lines as it likes. Of a group of users it is what its users are
 * shown; that of the router itself is kept, and its lines are no statements. */
#include "conf/ios_parts.h"

#include <string.h>

static const struct bytes nothing;

/* ^C as a router writes the character, or the character, or any that is no letter. Empty: it is none. */
static struct bytes mark_of(struct bytes text)
{
    uint8_t first = text.len > 0 ? text.data[0] : 'a', letter = first | 0x20;
    bool is_word = (letter >= 'a' && letter <= 'z') || (first >= '0' && first <= '9') || first >= 0x80;

    if (bytes_begin_with(text, bytes_of_text("^C")))
        return bytes_of(text.data, 2);
    return bytes_of(text.data, is_word ? 0 : 1);
}

static bool find_mark(struct bytes text, struct bytes mark, size_t *at)
{
    const uint8_t *found = text.len == 0 ? NULL : memmem(text.data, text.len, mark.data, mark.len);

    *at = found == NULL ? text.len : (size_t)(found - text.data);
    return found != NULL;
}

static void put_line(struct translation *t, struct bytes text)
{
    text = bytes_trim(text);
    if (text.len == 0)
        return;
    if (t->banner.is_of_group)
        ios_put_line(t, " banner value ", text, "", nothing);
    else
        ios_put_line(t, "banner ", t->banner.of, " ", text);
}

/* What has no end is a text of one line; typed it is not begun, for its other lines would be read as statements. */
static void begin(struct translation *t, struct bytes of, bool is_of_group, struct bytes text)
{
    struct bytes mark = mark_of(text), behind = bytes_after(text, mark.len);
    size_t end, later;
    bool is_ended = mark.len == 0 || find_mark(behind, mark, &end);

    if (mark.len == 0)
        end = behind.len;
    t->banner.of = of;
    t->banner.is_of_group = is_of_group;
    t->banner.mark = mark;
    t->banner.is_open = !is_ended && find_mark(t->ahead, mark, &later);
    if (!is_ended && !t->banner.is_open && t->running != NULL) {
        ios_put_line(t, "banner", nothing, "", nothing); /* which ends too early */
        return;
    }
    if (is_of_group)
        ios_put_line(t, "group-policy ", of, " attributes", nothing);
    put_line(t, bytes_of(behind.data, end));
}

bool ios_call_banner(struct translation *t, struct bytes name, const struct bytes *arguments, const struct parts *parts)
{
    bool is_of_group = bytes_equal(name, bytes_of_text("banner-group"));

    if (!is_of_group && !bytes_equal(name, bytes_of_text("banner-router")))
        return false;
    begin(t, arguments[0], is_of_group, parts->list[0]);
    return true;
}

bool ios_take_banner(struct translation *t, const struct line *line)
{
    size_t end;

    if (!t->banner.is_open)
        return false;
    t->number = line->number;
    t->banner.is_open = !find_mark(line->text_with_blanks, t->banner.mark, &end);
    put_line(t, bytes_of(line->text_with_blanks.data, end));
    return true;
}
