/* Screens of show commands, read back. They come cut, folded and with line breaks lost, so each line is searched for
 * the words that it holds, and a block ends where the next begins. */
#include "source/parts.h"

#include <string.h>

/* The word behind a title, wherever that stands: "#pkts encaps: 61, " gives 61. */
static bool word_behind(struct bytes line, const char *title, struct bytes *word)
{
    size_t at;

    if (!bytes_has(line, title, &at))
        return false;
    struct bytes rest = bytes_after(line, at + strlen(title));
    *word = bytes_word(&rest);
    while (word->len > 0 && strchr(",;)", word->data[word->len - 1]))
        word->len--;
    return word->len > 0;
}

static bool address_behind(struct bytes line, const char *title, struct ip *ip)
{
    struct bytes word;
    size_t len = 0;

    if (!word_behind(line, title, &word))
        return false;
    while (len < word.len && word.data[len] != '/' && word.data[len] != '#' && word.data[len] != 'l' &&
           word.data[len] != ',')
        len++;                                   /* 11.11.11.11local ident: a line break was lost */
    while (len > 0 && word.data[len - 1] == '.') /* "local crypto endpt.: 202.2.202.2." */
        len--;
    return ip_parse(ip, bytes_of(word.data, len));
}

static bool number_behind(struct bytes line, const char *title, unsigned base, uint64_t *number)
{
    struct bytes word;
    size_t len = 0;

    if (!word_behind(line, title, &word))
        return false;
    if (base == 16)
        bytes_take(&word, "0x");
    uint64_t digit;
    while (len < word.len && bytes_number(bytes_of(word.data + len, 1), base, &digit))
        len++;
    return bytes_number(bytes_of(word.data, len), base, number);
}

/* ---- ISAKMP SAs ---- */

static enum reading say_screen(struct source *s, struct event *e)
{
    source_say(s, e);
    return READ_SAID;
}

/* 11.11.11.2      10.10.10.2      MM_SA_SETUP           1       0   (deleted) */
static enum reading ios_sa_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, first = bytes_word(&rest), second = bytes_word(&rest), state = bytes_word(&rest);
    struct ip destination, source;
    uint64_t number;
    size_t at;
    struct event e = event_of(EV_SCREEN_SA);

    if (!ip_parse(&destination, first) || !ip_parse(&source, second) || state.len < 5)
        return READ_NOT_MINE;
    event_add_ip(&e, FIELD_SOURCE, source); /* of message 1 */
    event_add_ip(&e, FIELD_DESTINATION, destination);
    event_add_bytes(&e, FIELD_IOS_STATE, state);
    if (bytes_number(bytes_word(&rest), 10, &number))
        event_add_number(&e, FIELD_CONN_ID, number);
    if (bytes_has(line, "deleted", &at))
        event_add_text(&e, FIELD_CAUSE, "deleted");
    return say_screen(s, &e);
}

/* 1   IKE Peer: 10.9.2.2; then, in one line or two: Type : L2L  Role : initiator, Rekey : no  State : MM_WAIT_MSG4 */
static enum reading asa_sa_line(struct source *s, struct bytes line)
{
    struct bytes word;
    struct ip peer;
    bool is_mine = false;

    if (address_behind(line, "IKE Peer: ", &peer)) {
        screen_end(s);
        s->screen = event_of(EV_SCREEN_SA);
        s->screen_line = s->line;
        event_add_ip(&s->screen, FIELD_PEER, peer);
        is_mine = true;
    }
    if (s->screen.kind != EV_SCREEN_SA)
        return is_mine ? READ_SAID : READ_NOT_MINE;
    if (word_behind(line, "Role    : ", &word) || word_behind(line, "Role : ", &word)) {
        event_add_bytes(&s->screen, FIELD_ROLE, word);
        is_mine = true;
    }
    if ((word_behind(line, "Rekey   : ", &word) || word_behind(line, "Rekey : ", &word)) && word.data[0] == 'y')
        event_add_number(&s->screen, FIELD_REKEY, 1);
    if (word_behind(line, "State   : ", &word) || word_behind(line, "State : ", &word)) {
        event_add_bytes(&s->screen, FIELD_STATE, word);
        screen_end(s);
        is_mine = true;
    }
    return is_mine ? READ_SAID : READ_NOT_MINE;
}

/* 1 209.165.200.225 User  Resp  No   AM_Active  3des    SHA   preshrd 86400 */
static enum reading asa_table_row(struct source *s, struct bytes line)
{
    struct bytes rest = line, first = bytes_word(&rest), second = bytes_word(&rest), role, state;
    uint64_t number;
    struct ip peer;
    struct event e = event_of(EV_SCREEN_SA);

    if (!bytes_number(first, 10, &number) || !ip_parse(&peer, second))
        return READ_NOT_MINE;
    bytes_word(&rest);
    role = bytes_word(&rest);
    bytes_word(&rest);
    state = bytes_word(&rest);
    event_add_ip(&e, FIELD_PEER, peer);
    event_add_text(&e, FIELD_ROLE, bytes_begin_with(role, bytes_of_text("Init")) ? "initiator" : "responder");
    event_add_bytes(&e, FIELD_STATE, state);
    return say_screen(s, &e);
}

/* ---- IPsec SAs ---- */

static const struct {
    const char *title;
    enum event_field_id field;
    unsigned base;
} counters[] = {
    {"seq num: ", FIELD_SEQUENCE, 10},
    {"#pkts encaps: ", FIELD_ENCAPSULATED, 10},
    {"#pkts decaps: ", FIELD_DECAPSULATED, 10},
    {"#send errors: ", FIELD_SEND_ERRORS, 10},
    {"#send errors ", FIELD_SEND_ERRORS, 10},
    {"#recv errors: ", FIELD_RECEIVE_ERRORS, 10},
    {"#recv errors ", FIELD_RECEIVE_ERRORS, 10},
    {"current outbound spi: ", FIELD_SPI_OUT, 16},
    {"current inbound spi : ", FIELD_SPI_IN, 16},
};

static const struct {
    const char *title;
    enum event_field_id field;
} addresses[] = {
    {"local addr: ", FIELD_LOCAL}, {"local addr ", FIELD_LOCAL},           {"current_peer: ", FIELD_PEER},
    {"current_peer ", FIELD_PEER}, {"local crypto endpt.: ", FIELD_LOCAL}, {"remote crypto endpt.: ", FIELD_PEER},
};

/* (192.168.11.0/255.255.255.0/0/0) */
static void add_ident(struct event *e, struct bytes line, const char *title, enum event_field_id id)
{
    struct bytes word;

    if (word_behind(line, title, &word) && word.data[0] == '(')
        event_add_bytes(e, id, bytes_after(word, 1));
}

static bool begins_ipsec(const struct source *s, struct bytes line)
{
    size_t at;

    if (bytes_has(line, "Crypto map tag: ", &at))
        return true;
    if (bytes_has(line, "local ident (addr/mask/prot/port)", &at) ||
        bytes_has(line, "local  ident (addr/mask/prot/port)", &at))
        return s->screen.kind != EV_SCREEN_IPSEC || event_has(&s->screen, FIELD_LOCAL_PROXY);
    return bytes_has(line, "#pkts encaps: ", &at) &&
           (s->screen.kind != EV_SCREEN_IPSEC || event_has(&s->screen, FIELD_ENCAPSULATED));
}

static enum reading ipsec_line(struct source *s, struct bytes line)
{
    struct bytes word;
    bool is_mine = false;

    if (begins_ipsec(s, line)) {
        struct event map = s->screen; /* one entry of a map may have several pairs */

        screen_end(s);
        s->screen = event_of(EV_SCREEN_IPSEC);
        s->screen_line = s->line;
        if (map.kind == EV_SCREEN_IPSEC && event_has(&map, FIELD_MAP))
            event_add_text(&s->screen, FIELD_MAP, event_text(&map, FIELD_MAP));
        if (map.kind == EV_SCREEN_IPSEC && event_has(&map, FIELD_LOCAL))
            event_add_ip(&s->screen, FIELD_LOCAL, event_ip(&map, FIELD_LOCAL));
        is_mine = true;
    }
    if (s->screen.kind != EV_SCREEN_IPSEC)
        return READ_NOT_MINE;
    if (word_behind(line, "Crypto map tag: ", &word))
        event_add_bytes(&s->screen, FIELD_MAP, word);
    add_ident(&s->screen, line, "local ident (addr/mask/prot/port): ", FIELD_LOCAL_PROXY);
    add_ident(&s->screen, line, "local  ident (addr/mask/prot/port): ", FIELD_LOCAL_PROXY);
    add_ident(&s->screen, line, "remote ident (addr/mask/prot/port): ", FIELD_REMOTE_PROXY);
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct ip ip;

        if (address_behind(line, addresses[i].title, &ip))
            event_add_ip(&s->screen, addresses[i].field, ip), is_mine = true;
    }
    for (size_t i = 0; i < COUNT_OF(counters); i++) {
        uint64_t number;

        if (number_behind(line, counters[i].title, counters[i].base, &number))
            event_add_number(&s->screen, counters[i].field, number), is_mine = true;
    }
    size_t at;
    is_mine = is_mine || bytes_has(line, " ident (addr/mask/prot/port)", &at) || bytes_has(line, "#pkts ", &at);
    if (bytes_has(line, "outbound esp sas", &at)) /* nothing of ours follows */
        screen_end(s);
    return is_mine ? READ_SAID : READ_NOT_MINE;
}

/* What stood in several lines, in one. */
static void set_screen_text(struct source *s, const struct event *e)
{
    struct text t = source_text_begin(s);
    char peer[IP_TEXT_SIZE];

    if (e->kind == EV_SCREEN_IPSEC)
        text_add(&t, "IPsec SA with %s: %llu packets encapsulated, %llu decapsulated",
                 ip_text(event_ip(e, FIELD_PEER), peer), (unsigned long long)event_number(e, FIELD_ENCAPSULATED),
                 (unsigned long long)event_number(e, FIELD_DECAPSULATED));
    else
        text_add(&t, "ISAKMP SA with %s: %s, %s", ip_text(event_ip(e, FIELD_PEER), peer), event_text(e, FIELD_ROLE),
                 event_text(e, FIELD_STATE));
}

void screen_end(struct source *s)
{
    struct event e = s->screen;
    bool is_whole = e.kind == EV_SCREEN_IPSEC ? event_has(&e, FIELD_ENCAPSULATED) || event_has(&e, FIELD_DECAPSULATED)
                                              : e.kind != EV_NONE;

    s->screen = event_of(EV_NONE);
    if (!is_whole)
        return;
    uint32_t here = s->line;
    enum source_kind kind = s->kind;
    struct stamp stamp = s->stamp;
    s->line = s->screen_line;
    s->kind = SOURCE_SCREEN;
    s->stamp = (struct stamp){STAMP_NONE, 0, 0};
    set_screen_text(s, &e);
    source_say(s, &e);
    s->line = here;
    s->kind = kind;
    s->stamp = stamp;
}

/* ---- Lines that are the whole of what they tell ---- */

static const struct {
    const char *words;
    enum event_kind kind;
} sentences[] = {
    {"Gateway of last resort is not set", EV_NO_DEFAULT_ROUTE},
    {"There are no isakmp sas", EV_SCREEN_NO_SA},
    {"There are no IKEv1 SAs", EV_SCREEN_NO_SA},
    {"There are no ipsec sas", EV_SCREEN_NO_IPSEC},
};

static const struct {
    const char *words;
    int table;
} heads[] = {
    {"dst src state conn-id", TABLE_IOS_SA},
    {"IKE Peer Type Dir Rky State", TABLE_ASA_SA},
};

/* The head of a table, with any number of blanks between its words. */
static bool is_head(struct bytes line, const char *words)
{
    struct bytes wanted = bytes_of_text(words), word;

    while ((word = bytes_word(&wanted)).len > 0)
        if (!bytes_equal(word, bytes_word(&line)))
            return false;
    return true;
}

static void end_table(struct source *s)
{
    if (s->table == TABLE_IOS_SA && s->table_rows == 0) {
        struct event e = event_of(EV_SCREEN_NO_SA);

        source_say(s, &e);
    }
    s->table = TABLE_NONE;
}

static enum reading table_line(struct source *s, struct bytes line)
{
    enum reading reading = READ_NOT_MINE;

    if (s->table == TABLE_IOS_SA)
        reading = ios_sa_row(s, line);
    else if (s->table == TABLE_ASA_SA)
        reading = asa_table_row(s, line);
    if (reading == READ_SAID)
        s->table_rows++;
    else if (s->table != TABLE_NONE)
        end_table(s);
    return reading;
}

enum reading screen_line(struct source *s, struct bytes line)
{
    size_t at;
    enum reading reading;

    s->kind = SOURCE_SCREEN;
    s->product = s->table == TABLE_IOS_SA ? PRODUCT_IOS : PRODUCT_UNKNOWN;
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        if (is_head(line, heads[i].words)) {
            s->table = (enum source_table)heads[i].table;
            s->table_rows = 0;
            return READ_SAID;
        }
    for (size_t i = 0; i < COUNT_OF(sentences); i++)
        if (bytes_has(line, sentences[i].words, &at)) {
            struct event e = event_of(sentences[i].kind);

            return say_screen(s, &e);
        }
    if ((reading = table_line(s, line)) != READ_NOT_MINE || (reading = ipsec_line(s, line)) != READ_NOT_MINE)
        return reading;
    s->product = PRODUCT_ASA;
    if ((reading = asa_sa_line(s, line)) != READ_NOT_MINE)
        return reading;
    s->kind = SOURCE_UNKNOWN;
    s->product = PRODUCT_UNKNOWN;
    return READ_NOT_MINE;
}
