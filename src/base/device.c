#include "base/device.h"

#include "base/ip.h"

#include <string.h>

static const struct {
    const char *name, *of_linux;
} devices[] = {
#define DEVICE(name, of_linux) {name, of_linux},
#include "base/devices.def"
#undef DEVICE
};

static bool is_letter(uint8_t octet)
{
    return ((octet | 0x20) >= 'a' && (octet | 0x20) <= 'z') || octet == '-';
}

/* 0, 0/1, 1/0/2, 0/1.100: it begins and ends with a digit. */
static bool is_place(struct bytes text)
{
    uint8_t before = '/';

    for (size_t i = 0; i < text.len; i++) {
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';

        if (!is_digit && (memchr("/.:", text.data[i], 3) == NULL || memchr("/.:", before, 3) != NULL))
            return false;
        before = text.data[i];
    }
    return before >= '0' && before <= '9';
}

static bool begins(const char *name, struct bytes letters)
{
    for (size_t i = 0; i < letters.len; i++)
        if (name[i] == '\0' || (uint8_t)(name[i] | 0x20) != (letters.data[i] | 0x20))
            return false;
    return letters.len > 0;
}

const char *device_kind(size_t index)
{
    return index < COUNT_OF(devices) ? devices[index].name : NULL;
}

bool device_is_kind(struct bytes typed)
{
    bool is_kind = false;

    for (size_t i = 0; i < COUNT_OF(devices); i++)
        is_kind |= begins(devices[i].name, typed);
    return is_kind;
}

bool device_is_place(struct bytes typed)
{
    struct ip ip;

    return is_place(typed) && !ip_parse(&ip, typed);
}

void text_add_device(struct text *t, struct bytes typed)
{
    size_t len = 0;

    while (len < typed.len && is_letter(typed.data[len]))
        len++;

    struct bytes letters = bytes_of(typed.data, len), behind = bytes_after(typed, len), place = bytes_trim(behind);
    bool may_be_linux = behind.len == place.len && bytes_are_digits(place);

    for (size_t i = 0; is_place(place) && i < COUNT_OF(devices); i++) {
        if (!begins(devices[i].name, letters))
            continue;
        if (may_be_linux && bytes_equal(letters, bytes_of_text(devices[i].of_linux)))
            return;
        text_add_words(t, devices[i].name);
        text_add_plain(t, place);
        return;
    }
}

struct bytes device_in_full(struct bytes typed, struct arena *arena)
{
    char space[DEVICE_NAME_SIZE], *kept;
    struct text name = text_of(space, sizeof space);

    text_add_device(&name, typed);
    if (name.len == 0 || name.is_cut || (kept = arena_take(arena, name.len)) == NULL)
        return typed;
    memcpy(kept, space, name.len);
    return bytes_of(kept, name.len);
}

bool device_is_meant(struct bytes name, struct bytes typed)
{
    char space[DEVICE_NAME_SIZE];
    struct text t = text_of(space, sizeof space);

    if (bytes_equal(name, typed))
        return true;
    text_add_device(&t, typed);
    return t.len > 0 && !t.is_cut && bytes_equal(name, bytes_of_text(space));
}
