/* Wireshark's ikev1_decryption_table, which ikewise exports too: "cookie,key" a line, hex, quoted or not. And charon's
 * log at level 4, where a key is told as "encryption key Ka => 32 bytes @ 0x7f..." and a dump of it in the next lines:
 * "05[IKE]    0: 27 4C B3 ..."; it does not say there whose key it is. A line "psk,TEXT" is a pre-shared key, with
 * which aggressive mode is tested. */
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

/* A key of charon's log that is being read: over two lines, with those of other threads between them. */
struct dump {
    size_t wanted, len; /* 0: none */
    uint8_t bytes[CIPHER_KEY_MAX];
};

static void begin_dump(struct dump *dump, struct bytes line)
{
    size_t at;
    uint64_t len;

    if (!bytes_has(line, "encryption key Ka => ", &at) ||
        !bytes_number(bytes_to(bytes_after(line, at + 21), " bytes"), 10, &len) || len < 8 || len > sizeof dump->bytes)
        return;
    dump->wanted = (size_t)len;
    dump->len = 0;
}

/* "   16: BC 5F C9 F9 ...  ._..": the offset must be the one that is due. */
static bool go_on_with_dump(struct dump *dump, struct bytes line)
{
    struct bytes rest, word;
    uint64_t offset, byte;
    size_t at;

    if (dump->wanted == 0 || !bytes_has(line, "] ", &at))
        return false;
    rest = bytes_trim(bytes_after(line, at + 2));
    if (rest.len > 0 && rest.data[0] == '<' && bytes_has(rest, "> ", &at))
        rest = bytes_trim(bytes_after(rest, at + 2));
    word = bytes_word(&rest);
    if (word.len < 2 || word.data[word.len - 1] != ':' ||
        !bytes_number(bytes_of(word.data, word.len - 1), 10, &offset) || offset != dump->len)
        return false;
    for (size_t i = 0; i < 16 && dump->len < dump->wanted; i++) {
        word = bytes_word(&rest);
        if (word.len != 2 || !bytes_number(word, 16, &byte))
            break;
        dump->bytes[dump->len++] = (uint8_t)byte;
    }
    return dump->len == dump->wanted;
}

static bool read_row(struct bytes line, struct opener *o)
{
    struct bytes cookie = bytes_to(line, ",");

    o->key_len = (uint8_t)read_hex(unquoted(bytes_after(line, cookie.len + 1)), o->key, sizeof o->key);
    return o->key_len >= 8 && read_hex(unquoted(cookie), o->cookie, sizeof o->cookie) == sizeof o->cookie;
}

/* psk,TEXT */
static bool read_psk(struct bytes line, struct psk *psk)
{
    if (!bytes_take(&line, "psk,"))
        return false;
    line = unquoted(line);
    if (line.len == 0 || line.len > sizeof psk->key)
        return false;
    psk->len = (uint8_t)line.len;
    memcpy(psk->key, line.data, line.len);
    return true;
}

size_t source_add_keys(struct source *s, struct bytes table)
{
    struct packets *p = &s->packets;
    struct dump dump = {0};

    while (table.len > 0 && p->opener_count < OPENERS_MAX) {
        struct bytes line = bytes_to(table, "\n");
        struct opener o = {0};

        table = bytes_after(table, line.len + 1);
        begin_dump(&dump, line);
        if (go_on_with_dump(&dump, line)) {
            o.is_any = true;
            o.key_len = (uint8_t)dump.len;
            memcpy(o.key, dump.bytes, dump.len);
            dump.wanted = 0;
            p->openers[p->opener_count++] = o;
        } else if (p->psk_count < PSKS_MAX && read_psk(line, &p->psks[p->psk_count])) {
            p->psk_count++;
        } else if (read_row(line, &o)) {
            p->openers[p->opener_count++] = o;
        }
        bytes_wipe(&o, sizeof o);
    }
    bytes_wipe(&dump, sizeof dump);
    return p->opener_count + p->psk_count;
}
