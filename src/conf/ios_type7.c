/* Passwords of type 7: reversible by anybody, and made only so that nobody reads them over a shoulder. Two decimal
 * digits say where in a fixed text the exclusive or begins; then come two hexadecimal digits a character. */
#include "conf/ios_parts.h"

static int digit_of(uint8_t octet)
{
    if (octet >= '0' && octet <= '9')
        return octet - '0';
    octet |= 0x20;
    return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

/* -1: these are no digits of that base. */
static int pair_at(struct bytes text, size_t at, int base)
{
    int high = digit_of(text.data[at]), low = digit_of(text.data[at + 1]);

    return high < 0 || low < 0 || high >= base || low >= base ? -1 : high * base + low;
}

void ios_put_type_7(struct translation *t, struct bytes typed)
{
    static const char fixed[] = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";
    size_t begin = t->text.len;
    int from = typed.len >= 4 && typed.len % 2 == 0 ? pair_at(typed, 0, 10) : -1;
    bool is_good = from >= 0;

    for (size_t i = 2; is_good && i < typed.len; i += 2) {
        int pair = pair_at(typed, i, 16);
        int octet = pair ^ fixed[((size_t)from + i / 2 - 1) % (sizeof fixed - 1)];

        is_good = pair >= 0 && octet > ' ' && octet < 0x7f;
        if (is_good)
            text_add(&t->text, "%c", octet);
    }
    if (is_good || t->text.is_cut)
        return;
    bytes_wipe(t->text.data + begin, t->text.len - begin);
    t->text.len = begin;
    text_add(&t->text, "*****");
}
