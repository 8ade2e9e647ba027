/* Wireshark's ikev1_decryption_table: "cookie,key" a line, hex, quoted or not. */
#include "source/parts.h"

#include <string.h>

static size_t read_hex(struct bytes text, uint8_t *out, size_t max)
{
    size_t len = 0;

    while (text.len >= 2 && len < max) {
        uint64_t byte;

        if (!bytes_number(bytes_of(text.data, 2), 16, &byte))
            return 0;
        out[len++] = (uint8_t)byte;
        text = bytes_after(text, 2);
    }
    return text.len == 0 ? len : 0;
}

static struct bytes unquoted(struct bytes text)
{
    text = bytes_trim(text);
    if (text.len > 0 && text.data[text.len - 1] == '\r')
        text.len--;
    text = bytes_trim(text);
    if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
        text = bytes_of(text.data + 1, text.len - 2);
    bytes_take(&text, "0x");
    return text;
}

size_t source_add_keys(struct source *s, struct bytes table)
{
    struct packets *p = &s->packets;

    while (table.len > 0 && p->opener_count < OPENERS_MAX) {
        struct bytes line = bytes_to(table, "\n"), cookie = bytes_to(line, ",");
        struct opener o = {0};

        table = bytes_after(table, line.len + 1);
        o.key_len = (uint8_t)read_hex(unquoted(bytes_after(line, cookie.len + 1)), o.key, sizeof o.key);
        if (o.key_len >= 8 && read_hex(unquoted(cookie), o.cookie, sizeof o.cookie) == sizeof o.cookie)
            p->openers[p->opener_count++] = o;
        bytes_wipe(&o, sizeof o);
    }
    return p->opener_count;
}
