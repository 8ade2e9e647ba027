/* Configurations of ASA and IOS, also in fragments and between other lines: what they say of tunnels, in the words of
 * statements.def. A whole file of our own language is conf's business. */
#include "source/parts.h"

#include "source/suite.h"

#include <string.h>

enum row_kind { SAYS, BEGINS, PART, EACH };

static const struct row {
    uint8_t kind, product;
    const char *statement, *says, *words;
} rows[] = {
#define SAYS(statement, product, words) {SAYS, PRODUCT_##product, #statement, #statement, words},
#define BEGINS(statement, product, words) {BEGINS, PRODUCT_##product, #statement, #statement, words},
#define PART(statement, words) {PART, PRODUCT_UNKNOWN, #statement, #statement, words},
#define EACH(statement, says, words) {EACH, PRODUCT_UNKNOWN, #statement, #says, words},
#define SETTING(...)
#define TELLTALE(...)
#include "source/statements.def"
#undef SAYS
#undef BEGINS
#undef PART
#undef EACH
#undef SETTING
#undef TELLTALE
};

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---- Networks and names ---- */

static const char *object_text(const struct source *s, struct bytes name)
{
    for (size_t i = 0; i < s->object_count; i++)
        if (bytes_equal(name, bytes_of_text(s->objects[i].name)))
            return s->objects[i].text;
    return NULL;
}

/* 255.255.0.0 as the ASA writes a mask, 0.0.255.255 as IOS does in access-lists. */
static bool add_prefix(struct text *t, struct ip ip, struct ip mask)
{
    int len = ip_mask_len(mask);

    if (len < 0 || (mask.octets[0] == 0 && ip_is_set(ip) && ip_to_v4(ip) != 0)) {
        for (size_t i = 0; i < 4; i++)
            mask.octets[i] ^= 0xff;
        len = ip_mask_len(mask);
    }
    text_add_ip(t, ip);
    text_add(t, "/%d", len);
    return len >= 0;
}

/* any, host A, A MASK, A, object NAME */
static bool take_network(const struct source *s, struct bytes *line, struct text *t)
{
    struct bytes word = bytes_word(line), rest = *line;
    struct ip ip, mask;
    const char *text;

    if (bytes_begin_with(word, bytes_of_text("any"))) {
        text_add(t, "0.0.0.0/0");
        return true;
    }
    if (bytes_begin_with(word, bytes_of_text("object"))) {
        struct bytes name = bytes_word(line);

        text = object_text(s, name);
        text_add(t, "%s%.*s", text ? text : "object ", text ? 0 : (int)name.len, (const char *)name.data);
        return name.len > 0;
    }
    if (bytes_equal(word, bytes_of_text("host")))
        word = bytes_word(line), rest = (struct bytes){0};
    text = object_text(s, word);
    if (!ip_parse(&ip, text ? bytes_to(bytes_of_text(text), "/") : word))
        return false;
    if (ip_parse(&mask, bytes_word(&rest))) {
        *line = rest;
        return add_prefix(t, ip, mask);
    }
    text_add_ip(t, ip);
    text_add(t, "/%u", ip.family == IP_V6 ? 128 : 32);
    return true;
}

static void pass_ports(struct bytes *line)
{
    struct bytes rest = *line, word = bytes_word(&rest);
    bool is_range = bytes_equal(word, bytes_of_text("range"));

    if (!is_range && !bytes_equal(word, bytes_of_text("eq")) && !bytes_equal(word, bytes_of_text("gt")) &&
        !bytes_equal(word, bytes_of_text("lt")) && !bytes_equal(word, bytes_of_text("neq")))
        return;
    bytes_word(&rest);
    if (is_range)
        bytes_word(&rest);
    *line = rest;
}

static bool take_ace(const struct source *s, struct bytes *line, struct event *e)
{
    char local[80], remote[80];
    struct text l = text_of(local, sizeof local), r = text_of(remote, sizeof remote);
    struct bytes protocol = bytes_word(line);

    if (bytes_begin_with(protocol, bytes_of_text("object")))
        bytes_word(line);
    if (!take_network(s, line, &l))
        return false;
    pass_ports(line);
    if (!take_network(s, line, &r))
        return false;
    event_add_text(e, FIELD_LOCAL_PROXY, local);
    event_add_text(e, FIELD_REMOTE_PROXY, remote);
    return true;
}

static void add_object(const struct source *s, struct event *e, enum event_field_id id, struct bytes name)
{
    const char *text = object_text(s, name);

    if (text)
        event_add_text(e, id, text);
    else
        event_add_bytes(e, id, name);
}

/* LOCAL LOCAL destination static REMOTE REMOTE: nothing is translated */
static bool take_twice(const struct source *s, struct bytes *line, struct event *e)
{
    struct bytes local = bytes_word(line), local_mapped = bytes_word(line);

    if (!bytes_equal(local, local_mapped) || !bytes_equal(bytes_word(line), bytes_of_text("destination")) ||
        !bytes_equal(bytes_word(line), bytes_of_text("static")))
        return false;
    struct bytes remote_mapped = bytes_word(line), remote = bytes_word(line);
    if (!bytes_equal(remote, remote_mapped) || remote.len == 0)
        return false;
    add_object(s, e, FIELD_LOCAL_PROXY, local);
    add_object(s, e, FIELD_REMOTE_PROXY, remote);
    return true;
}

/* ---- Words ---- */

/* des; aes 256: the length may be a word of its own */
static bool take_cipher(struct bytes *line, struct event *e)
{
    struct bytes rest;
    uint64_t key_len;

    if (!suite_add(e, bytes_word(line)))
        return false;
    rest = *line;
    if (bytes_number(bytes_word(&rest), 10, &key_len)) {
        event_add_number(e, FIELD_KEY_LENGTH, key_len);
        *line = rest;
    }
    return true;
}

static bool take_esp(struct bytes *line, struct event *e)
{
    bool is_any = false;

    for (struct bytes word; (word = bytes_word(line)).len > 0;) {
        uint64_t key_len;

        if (bytes_number(word, 10, &key_len))
            event_add_number(e, FIELD_KEY_LENGTH, key_len);
        else if (bytes_take(&word, "esp-"))
            is_any |= suite_add(e, word);
    }
    return is_any;
}

/* group2, 2 */
static bool take_group(struct bytes *line, struct event *e)
{
    struct bytes word = bytes_word(line);
    uint64_t group;

    bytes_take(&word, "group");
    if (!bytes_number(word, 10, &group))
        return false;
    event_add_number(e, FIELD_DH_GROUP, group);
    return true;
}

static bool take_special(const struct source *s, struct bytes name, struct bytes *line, struct event *e)
{
    char network[80];
    struct text t = text_of(network, sizeof network);

    if (bytes_equal(name, bytes_of_text("$ENC")))
        return take_cipher(line, e);
    if (bytes_equal(name, bytes_of_text("$HASH")) || bytes_equal(name, bytes_of_text("$AUTH")))
        return suite_add(e, bytes_word(line));
    if (bytes_equal(name, bytes_of_text("$GROUP")))
        return take_group(line, e);
    if (bytes_equal(name, bytes_of_text("$ESP")))
        return take_esp(line, e);
    if (bytes_equal(name, bytes_of_text("$ACE")))
        return take_ace(s, line, e);
    if (bytes_equal(name, bytes_of_text("$TWICE")))
        return take_twice(s, line, e);
    if (bytes_equal(name, bytes_of_text("$REST"))) {
        event_add_bytes(e, FIELD_DETAIL, bytes_trim(*line));
        return bytes_trim(*line).len > 0;
    }
    if (bytes_equal(name, bytes_of_text("$NET"))) {
        if (!take_network(s, line, &t))
            return false;
        event_add_text(e, FIELD_REMOTE_PROXY, network);
        return true;
    }
    struct bytes key = bytes_word(line); /* $KEY */
    event_add_text(e, FIELD_KEY, key.len > 0 && key.data[0] == '*' ? "masked" : "present");
    return key.len > 0;
}

static enum event_field_id field_named(struct bytes name)
{
    for (enum event_field_id id = FIELD_NONE + 1; id < FIELD_IDS; id++)
        if (name.data[0] == (uint8_t)event_field_name(id)[0] && bytes_equal(name, bytes_of_text(event_field_name(id))))
            return id;
    return FIELD_NONE;
}

static bool take_value(const struct source *s, struct event *e, enum event_field_id id, struct bytes word)
{
    const char *text;
    uint64_t number;
    struct ip ip;

    switch (event_field_type(id)) {
    case FIELD_TYPE_NUMBER:
        if (!bytes_number(word, 10, &number))
            return false;
        event_add_number(e, id, number);
        return true;
    case FIELD_TYPE_IP:
        text = object_text(s, word);
        if (!ip_parse(&ip, text ? bytes_to(bytes_of_text(text), "/") : word))
            return false;
        event_add_ip(e, id, ip);
        return true;
    case FIELD_TYPE_TEXT: event_add_bytes(e, id, word); return true;
    }
    return false;
}

/* GROUP: and DETAIL, of screens: the word in the line ends so, too. */
static bool take_punctuation(struct bytes *word, struct bytes *given)
{
    uint8_t last = word->data[word->len - 1];

    if (last != ':' && last != ',')
        return true;
    word->len--;
    return given->len > 1 && given->data[--given->len] == last;
}

static bool matches(const struct source *s, const char *words, struct bytes line, struct event *e)
{
    struct bytes wanted = bytes_of_text(words), word;

    while ((word = bytes_word(&wanted)).len > 0) {
        bool is_capital = word.data[0] >= 'A' && word.data[0] <= 'Z';

        if (word.data[0] == '$') {
            if (!take_special(s, word, &line, e))
                return false;
            continue;
        }
        struct bytes given = bytes_word(&line);
        if (given.len == 0 || (!is_capital && word.data[0] != '*' && !bytes_equal(word, given)) ||
            (is_capital && (!take_punctuation(&word, &given) || !take_value(s, e, field_named(word), given))))
            return false;
    }
    return true;
}

/* ---- Blocks ---- */

static void keep_object(struct source *s, const struct event *e)
{
    const char *name = event_text(e, FIELD_GROUP), *text = event_text(e, FIELD_REMOTE_PROXY);

    if (!*name || !*text || s->object_count == COUNT_OF(s->objects))
        return;
    struct text n = text_of(s->objects[s->object_count].name, sizeof s->objects[0].name);
    struct text t = text_of(s->objects[s->object_count].text, sizeof s->objects[0].text);
    text_add(&n, "%s", name);
    text_add(&t, "%s", text);
    s->object_count += !n.is_cut && !t.is_cut;
}

/* IOS writes only what is not its default. */
static void add_policy_defaults(struct event *e)
{
    if (!event_has(e, FIELD_ENCRYPTION))
        event_add_text(e, FIELD_ENCRYPTION, "DES-CBC");
    if (!event_has(e, FIELD_HASH))
        event_add_text(e, FIELD_HASH, "SHA");
    if (!event_has(e, FIELD_DH_GROUP))
        event_add_number(e, FIELD_DH_GROUP, 1);
    if (!event_has(e, FIELD_AUTHENTICATION))
        event_add_text(e, FIELD_AUTHENTICATION, "RSA sig");
    if (!event_has(e, FIELD_SECONDS))
        event_add_number(e, FIELD_SECONDS, 86400);
}

void configuration_say(struct source *s, const char *statement, enum product product, struct event *e, const char *text)
{
    struct ip ip;

    event_add_text(e, FIELD_STATEMENT, statement);
    if (!event_has(e, FIELD_PEER) && ip_parse(&ip, bytes_of_text(event_text(e, FIELD_GROUP))))
        event_add_ip(e, FIELD_PEER, ip); /* a LAN-to-LAN tunnel-group is named so */
    s->kind = SOURCE_CONFIGURATION;
    s->product = product;
    if (event_has(e, FIELD_KEY))
        source_say_as(s, e, "a pre-shared key");
    else if (text)
        source_say_as(s, e, text);
    else
        source_say(s, e);
}

static void say_block(struct source *s, struct event *e)
{
    uint32_t here = s->line;
    enum source_kind kind = s->kind;
    enum product product = s->product;
    struct stamp stamp = s->stamp;

    s->line = s->block_line;
    s->stamp = (struct stamp){STAMP_NONE, 0, 0, 0};
    configuration_say(s, s->block_statement, (enum product)s->block_product, e, s->block_text);
    s->line = here;
    s->kind = kind;
    s->product = product;
    s->stamp = stamp;
}

void configuration_end(struct source *s)
{
    const char *statement = s->block_statement;

    if (s->block_event.kind == EV_NONE)
        return;
    struct event e = s->block_event;
    s->block_event = event_of(EV_NONE);
    if (is(statement, "object"))
        keep_object(s, &e);
    if (is(statement, "object") || is(statement, "acl") || (is(statement, "interface") && !event_has(&e, FIELD_LOCAL)))
        return;
    if (is(statement, "policy"))
        add_policy_defaults(&e);
    if (is(statement, "key") && !event_has(&e, FIELD_KEY))
        event_add_text(&e, FIELD_KEY, "missing");
    say_block(s, &e);
}

/* The same policy, entry, list or group goes on in this line. */
static bool goes_on(const struct source *s, const struct row *row, const struct event *e)
{
    const struct event *open = &s->block_event;

    if (open->kind == EV_NONE || !is(s->block_statement, row->statement) || is(row->statement, "selector") ||
        is(row->statement, "object") || is(row->statement, "interface") || is(row->statement, "transform"))
        return false;
    if (is(row->statement, "policy"))
        return event_number(open, FIELD_PRIORITY) == event_number(e, FIELD_PRIORITY);
    return is(row->statement, "crypto-map-entry") && is(event_text(open, FIELD_MAP), event_text(e, FIELD_MAP)) &&
           event_number(open, FIELD_SEQUENCE) == event_number(e, FIELD_SEQUENCE);
}

void configuration_merge(struct event *to, const struct event *from)
{
    for (size_t i = 0; i < from->field_count; i++) {
        enum event_field_id id = from->fields[i].id;

        if (id == FIELD_PEER && event_has(to, id)) /* the first is preferred */
            continue;
        switch (event_field_type(id)) {
        case FIELD_TYPE_NUMBER: event_add_number(to, id, event_number(from, id)); break;
        case FIELD_TYPE_IP: event_add_ip(to, id, event_ip(from, id)); break;
        case FIELD_TYPE_TEXT: event_add_text(to, id, event_text(from, id)); break;
        }
    }
}

/* One more peer of an entry. */
static void say_peer(struct source *s, const struct event *e)
{
    const struct event *open = &s->block_event;

    if (!is(s->block_statement, "crypto-map-entry") || !event_has(open, FIELD_PEER) || !event_has(e, FIELD_PEER))
        return;
    struct event peer = event_of(EV_CONFIGURED);
    event_add_text(&peer, FIELD_MAP, event_text(open, FIELD_MAP));
    event_add_number(&peer, FIELD_SEQUENCE, event_number(open, FIELD_SEQUENCE));
    event_add_ip(&peer, FIELD_PEER, event_ip(e, FIELD_PEER));
    configuration_say(s, "crypto-map-peer", (enum product)s->block_product, &peer, NULL);
}

static void begin(struct source *s, const struct row *row, const struct event *e, struct bytes line)
{
    struct text t = text_of(s->block_text, sizeof s->block_text);

    if (goes_on(s, row, e)) {
        say_peer(s, e);
        configuration_merge(&s->block_event, e);
        return;
    }
    configuration_end(s);
    text_add(&t, "%.*s", (int)(line.len < 100 ? line.len : 100), (const char *)line.data);
    s->block_event = *e;
    s->block_statement = row->statement;
    s->block_product = row->product;
    s->block_line = s->line;
}

static bool take_row(struct source *s, const struct row *row, struct bytes line)
{
    struct event e = event_of(EV_CONFIGURED);
    bool is_open = s->block_event.kind != EV_NONE && is(s->block_statement, row->statement);

    if ((row->kind >= PART && !is_open) || !matches(s, row->words, line, &e))
        return false;
    if (row->kind == BEGINS || row->kind == SAYS)
        source_is(s, SOURCE_CONFIGURATION, (enum product)row->product);
    else
        source_is(s, SOURCE_CONFIGURATION, (enum product)s->block_product);
    if (row->kind == BEGINS) {
        begin(s, row, &e, line);
    } else if (row->kind == PART) {
        say_peer(s, &e);
        configuration_merge(&s->block_event, &e);
    } else {
        struct event whole = row->kind == EACH ? s->block_event : e;

        if (row->kind == SAYS)
            configuration_end(s);
        configuration_merge(&whole, &e);
        configuration_say(s, row->says, (enum product)(row->kind == SAYS ? row->product : s->block_product), &whole,
                          NULL);
    }
    return true;
}

/* A prompt before a command: "asa(config)# crypto map ...". */
static struct bytes after_prompt(struct bytes line)
{
    size_t at;

    return bytes_has(line, "# ", &at) && at < 48 && !bytes_has(bytes_of(line.data, at), " ", &(size_t){0})
               ? bytes_after(line, at + 2)
               : line;
}

enum reading configuration_line(struct source *s, struct bytes line)
{
    bool is_below = line.len > 0 && line.data[0] == ' ';
    struct bytes command = bytes_trim(after_prompt(line));

    if (!is_below && s->block_event.kind != EV_NONE && is(s->block_statement, "object"))
        configuration_end(s); /* this line may name it */
    for (const struct row *row = rows; row < rows + COUNT_OF(rows) && command.len > 0; row++) {
        uint8_t first = (uint8_t)row->words[0];

        if ((first == '*' || first == command.data[0]) && take_row(s, row, command))
            return READ_SAID;
    }
    if (!is_below && command.len > 0 && command.data[0] != '!')
        configuration_end(s);
    return swan_line(s, line);
}
