/* What is known of a situation is not judged again (diag/known.h), and what looks like something that is known is not
 * told in full (event/sight.h). Nothing may be different for that: all stored files, of three peers each, leave the
 * same views where every observation is told and judged. */
#include "base/check.h"
#include "diag/collect.h"
#include "diag/known.h"
#include "source/source.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_MAX = 4 << 20, VIEWS = 300, PEERS = 3 };

static uint8_t file[FILE_MAX];
static unsigned files, compared;

struct diagnosis {
    void *space;
    struct arena arena;
    struct diag *d;
};

static void begin(struct diagnosis *it)
{
    it->space = calloc(1, diag_space(VIEWS));
    CHECK(it->space);
    it->arena = arena_of(it->space, diag_space(VIEWS));
    it->d = diag_new(&it->arena, VIEWS);
    CHECK(it->d);
}

/* The same, of another negotiation between others. */
static void move(struct event *e, unsigned peer)
{
    static const enum event_field_id ends[] = {FIELD_PEER, FIELD_SOURCE, FIELD_DESTINATION, FIELD_LOCAL};
    char cookies[64];

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct ip ip = event_ip(e, ends[i]);

        if (!ip_is_set(ip))
            continue;
        ip.octets[0] = (uint8_t)(ip.octets[0] + peer);
        event_add_ip(e, ends[i], ip);
    }
    if (peer > 0 && *event_text(e, FIELD_COOKIES)) {
        snprintf(cookies, sizeof cookies, "%s", event_text(e, FIELD_COOKIES));
        cookies[0] = "?bc"[peer];
        event_add_text(e, FIELD_COOKIES, cookies);
    }
}

/* As the moved observation would have it. */
static struct sight move_sight(struct sight at, const struct observation *to, unsigned peer)
{
    at.source = to->source;
    at.one.octets[0] = (uint8_t)(at.one.octets[0] + (ip_is_set(at.one) ? peer : 0));
    at.other.octets[0] = (uint8_t)(at.other.octets[0] + (ip_is_set(at.other) ? peer : 0));
    at.cookie = sight_of(to).cookie;
    return at;
}

/* Its line, as it would be of the moved packet. */
static const char *move_text(struct sight *at, struct source *s, unsigned peer)
{
    static struct packet_seen packet;
    static char space[SOURCE_TEXT_SIZE];
    struct text t = text_of(space, sizeof space);

    if (!at->packet)
        return source_text(s);
    packet = *at->packet;
    packet.source.octets[0] = (uint8_t)(packet.source.octets[0] + peer);
    packet.destination.octets[0] = (uint8_t)(packet.destination.octets[0] + peer);
    packet_add_text(&t, &packet);
    CHECK(peer > 0 || strcmp(space, source_text(s)) == 0);
    at->packet = &packet;
    return space;
}

static struct observation moved;
static unsigned looked, told;

static const struct observation *tell(void *of)
{
    (void)of;
    told++;
    return &moved;
}

static struct bytes say(void *of)
{
    return source_line(of);
}

static struct bytes say_moved(void *of)
{
    (void)of;
    return bytes_of_text("a packet");
}

/* Two sights of one look are of events that look the same; more are held against each other than there is room for. */
static void check_look(const struct sight *at, const struct observation *seen)
{
    static struct {
        uint64_t look, happening;
    } known[1 << 16];
    static const struct view nowhere;
    struct sight plain = *at;
    struct witness w = {&plain, seen, NULL, NULL, NULL};
    size_t place = (size_t)(at->look >> 1) % COUNT_OF(known);

    if (at->look == 0)
        return;
    looked++;
    plain.look = plain.product = 0; /* whose words they are is asked besides */
    uint64_t happening = known_happening(&nowhere, &w);
    CHECK(ip_equal(at->one, event_ip(&seen->event, at->vantage == VANTAGE_WIRE ? FIELD_SOURCE : FIELD_PEER)));
    CHECK(at->kind == seen->event.kind && at->cookie == sight_of(seen).cookie && at->number == sight_of(seen).number);
    if (known[place].look == at->look && known[place].happening != happening)
        fail_msg("line %u has the look of another that tells something else: %s", at->line,
                 event_name((enum event_kind)at->kind));
    known[place].look = at->look;
    known[place].happening = happening;
}

static struct observation moved_to(const struct observation *seen, unsigned peer)
{
    struct observation o = *seen;

    o.source = (uint16_t)peer;
    move(&o.event, peer);
    return o;
}

/* Each observation of so many negotiations, one behind the other, each in a file of its own. Those of one are expected
 * as they stand there, those of several one by one. With one of them, what is of the same one as the observation before
 * is found without a search, but where everything is judged. */
static void take(struct diagnosis to[static 2], struct source *s, unsigned peers)
{
    struct sight sights[PEERS];
    size_t waited = source_waiting(s);
    const struct sight *first;

    for (; (first = source_glance(s)) != NULL; waited = source_waiting(s)) {
        const struct teller teller = {tell, say, s};

        if (peers == 1 && waited == 0)
            diag_expect(to[0].d, first, 1 + source_waiting(s));
        const struct observation *seen = source_tell(s);

        check_look(first, seen);
        for (unsigned peer = 0; peer < peers; peer++) {
            moved = moved_to(seen, peer);
            sights[peer] = move_sight(*first, &moved, peer);
        }
        if (peers > 1)
            diag_expect(to[0].d, sights, peers);
        for (unsigned peer = 0; peer < peers; peer++) {
            moved = moved_to(seen, peer);
            const char *text = move_text(&sights[peer], s, peer);

            diag_see(to[0].d, peers > 1 ? &sights[peer] : first, &teller);
            to[1].d->last = UINT32_MAX;
            diag_add(to[1].d, &moved, text);
        }
    }
}

static void read_file(struct diagnosis to[static 2], struct bytes bytes, unsigned peers)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);

    CHECK(s);
    source_feed(s, bytes);
    take(to, s, peers);
    source_end(s);
    take(to, s, peers);
    free(space);
}

static bool same_facts(const struct view *a, const struct view *b)
{
    for (enum fact f = 0; f < FACTS_SEEN; f++) {
        const struct fact_seen *x = view_fact(a, f), *y = view_fact(b, f);

        if (view_has(a, f) != view_has(b, f) || x->count != y->count || x->last_line != y->last_line ||
            x->since_ms != y->since_ms || x->evidence != y->evidence)
            return false;
    }
    return true;
}

static bool same_words(const struct view *a, const struct view *b)
{
    for (unsigned i = 1; i <= a->evidence_count; i++)
        if (view_line(a, i)->line != view_line(b, i)->line || view_line(a, i)->time_ms != view_line(b, i)->time_ms ||
            strcmp(view_words(a, view_line(a, i)), view_words(b, view_line(b, i))) != 0)
            return false;
    for (enum detail d = 0; d < DETAIL_COUNT; d++)
        if (strcmp(view_detail(a, d), view_detail(b, d)) != 0)
            return false;
    return a->cookie == b->cookie && strcmp(a->state, b->state) == 0 && strcmp(a->ios_state, b->ios_state) == 0;
}

static bool same(const struct view *a, const struct view *b)
{
    return a->is_used == b->is_used && ip_equal(a->local, b->local) && ip_equal(a->peer, b->peer) &&
           a->role == b->role && a->mode == b->mode && a->vantage == b->vantage && a->product == b->product &&
           a->is_ended == b->is_ended && a->is_screen_only == b->is_screen_only && a->has_time == b->has_time &&
           a->first_ms == b->first_ms && a->last_ms == b->last_ms && a->attempts == b->attempts &&
           a->order == b->order && a->conn_id == b->conn_id && a->pending == b->pending &&
           a->fact_count == b->fact_count && a->evidence_count == b->evidence_count &&
           memcmp(a->has, b->has, sizeof a->has) == 0 &&
           memcmp(view_offers(a), view_offers(b), sizeof *a->offers) == 0 && same_facts(a, b) && same_words(a, b);
}

static void compare_with(const char *name, struct bytes all, unsigned peers)
{
    struct diagnosis both[2];

    begin(&both[0]);
    begin(&both[1]);
    known_stop(both[1].d->all.known);
    read_file(both, all, peers);
    if (both[0].d->view_count != both[1].d->view_count || both[0].d->dropped != both[1].d->dropped)
        fail_msg("%s: %zu views, %zu where all is judged", name, both[0].d->view_count, both[1].d->view_count);
    for (size_t i = 0; i < both[0].d->view_count; i++, compared++)
        if (!same(view_at(both[0].d, i), view_at(both[1].d, i)))
            fail_msg("%s: negotiation %zu is another one where all is judged", name, i);
    free(both[0].space);
    free(both[1].space);
}

static void compare(const char *name, struct bytes all)
{
    compare_with(name, all, PEERS);
    compare_with(name, all, 1);
}

static int take_file(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    FILE *in = kind == FTW_F ? fopen(path, "rb") : NULL;
    size_t len = in ? fread(file, 1, sizeof file, in) : 0;

    (void)about;
    (void)place;
    if (!in)
        return 0;
    fclose(in);
    compare(path, bytes_of(file, len));
    files++;
    return 0;
}

static void walk(int (*visit)(const char *, const struct stat *, int, struct FTW *))
{
    static const char *const folders[] = {"explain", "source"};
    char path[512];

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", TESTS_DIR, folders[i]);
        CHECK(nftw(path, visit, 16, FTW_PHYS) == 0);
    }
}

static void what_is_known_of_a_situation_is_what_judging_would_say(void **state)
{
    (void)state;
    walk(take_file);
    CHECK(files > 300 && compared > 900 && looked > 1000 && told > 1000);
}

/* ---- Lines that nobody has written ---- */

static uint8_t made[FILE_MAX];
static size_t made_len;
static uint32_t random_state = 1;

static unsigned next_random(unsigned below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

/* The message behind a head that stays, with other figures in it, and now and then another byte. */
static void make_line(struct bytes message)
{
    static const char head[] = "Jun 10 2010 17:36:05 fw1 : ", odd[] = " ,.:%[\\K0x(\r\x1b\xff";
    enum { TAG_LEN = 15 };

    memcpy(made + made_len, head, sizeof head - 1);
    made_len += sizeof head - 1;
    for (size_t i = 0; i < message.len; i++) {
        uint8_t c = message.data[i];

        if (i >= TAG_LEN && c >= '0' && c <= '9' && next_random(4) == 0)
            c = (uint8_t)('0' + next_random(10));
        if (i >= TAG_LEN && next_random(2000) == 0)
            c = (uint8_t)odd[next_random(sizeof odd - 1)];
        made[made_len++] = c;
    }
    made[made_len++] = '\n';
}

static int make_lines(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    enum { VARIANTS = 8, MESSAGE_MAX = 400 };
    FILE *in = kind == FTW_F ? fopen(path, "rb") : NULL;
    struct bytes rest = bytes_of(file, in ? fread(file, 1, sizeof file, in) : 0), line;

    (void)about;
    (void)place;
    if (in)
        fclose(in);
    for (; rest.len > 0; rest = bytes_after(rest, line.len + 1)) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);

        line = bytes_of(rest.data, end ? (size_t)(end - rest.data) : rest.len);
        const uint8_t *tag = memmem(line.data, line.len, "%ASA-", 5);
        struct bytes message = tag ? bytes_after(line, (size_t)(tag - line.data)) : (struct bytes){0};

        for (size_t i = 0;
             i < VARIANTS && message.len > 0 && message.len < MESSAGE_MAX && made_len + 2 * MESSAGE_MAX < sizeof made;
             i++)
            make_line(message);
    }
    return 0;
}

static void lines_with_other_figures_are_known_for_what_they_are(void **state)
{
    unsigned before = looked;

    (void)state;
    made_len = 0;
    walk(make_lines);
    compare("lines with other figures", bytes_of(made, made_len));
    CHECK(looked > before + 5000);
}

static void make_message(const char *message, unsigned tunnel)
{
    made_len += (size_t)sprintf((char *)made + made_len, "Jun 10 2010 17:36:05 fw1 : ");
    for (; *message; message++)
        if (*message == '@')
            made_len += (size_t)sprintf((char *)made + made_len, "192.0.2.%u", tunnel);
        else if (*message == '#')
            made[made_len++] = (uint8_t)('0' + next_random(2));
        else
            made[made_len++] = (uint8_t)*message;
    made[made_len++] = '\n';
}

/* Among those that are expected at a time are several of one tunnel: what the first one does decides what is known of
 * the next. */
static void lines_of_few_tunnels_in_any_order_are_known_for_what_they_are(void **state)
{
    static const char *const messages[] = {
        "%ASA-5-713041: IP = @, IKE Initiator: New Phase 1, Intf inside, IKE Peer @  local Proxy Address 10.#.0.0, "
        "remote Proxy Address 10.2.0.#,  Crypto map (outside_map)",
        "%ASA-7-715047: IP = @, processing SA payload",
        "%ASA-7-713236: IP = @, IKE_DECODE SENDING Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + NONE "
        "(0) total length : 148",
        "%ASA-7-713236: IP = @, IKE_DECODE RECEIVED Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + "
        "NONE "
        "(0) total length : 108",
        "%ASA-7-713236: IP = @, IKE_DECODE RECEIVED Message (msgid=1) with payloads : HDR + HASH (8) + NOTIFY (11) + "
        "NONE (0) total length : 84",
        "%ASA-5-713119: Group = @, IP = @, PHASE 1 COMPLETED",
        "%ASA-5-713120: Group = @, IP = @, PHASE 2 COMPLETED (msgid=00000001)",
        "%ASA-3-713902: Group = @, IP = @, QM FSM error (P2 struct &0x00000001, mess id 0x#)!",
        "%ASA-5-713904: IP = @, Received an un-encrypted INVALID_COOKIE notify message, dropping",
        "%ASA-4-113019: Group = @, Username = @, IP = @, Session disconnected. Session Type: LAN-to-LAN, Duration: "
        "0h:00m:01s, Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested",
    };
    enum { TUNNELS = 12, LINES = 6000 };

    (void)state;
    made_len = 0;
    for (unsigned i = 0; i < LINES; i++)
        make_message(messages[next_random(COUNT_OF(messages))], next_random(TUNNELS) + 1);
    CHECK(made_len < sizeof made);
    compare("few tunnels", bytes_of(made, made_len));
}

/* ---- looks.def ---- */

static bool stands_in(const char *text, const char *before, const char *field)
{
    char words[80];
    size_t len = (size_t)snprintf(words, sizeof words, "%s%s", before, field);

    for (const char *at = text; (at = strstr(at, words)) != NULL; at += len)
        if (!(at[len] >= 'A' && at[len] <= 'Z') && at[len] != '_')
            return true;
    return false;
}

static void no_condition_asks_for_a_field_that_is_never_looked_at(void **state)
{
    enum { NEVER, WHETHER, VALUE, END, COOKIES };
    static const struct {
        const char *field;
        int look;
    } looks[] = {
#define LOOK(field, look) {#field, look},
#define LOOK_AT(...)
#include "event/looks.def"
#undef LOOK
#undef LOOK_AT
    };
    static const char *const sources[] = {"facts.def", "shown.c", "take.c", "view.c", "diag.c"};
    static const char *const befores[] = {"FIELD_", "NUM(", "IS(", "MENTIONS("};
    char path[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        snprintf(path, sizeof path, "%s/diag/%s", SOURCE_DIR, sources[i]);
        FILE *in = fopen(path, "rb");

        CHECK(in);
        file[fread(file, 1, sizeof file - 1, in)] = '\0';
        fclose(in);
        for (size_t k = 0; k < COUNT_OF(looks) * COUNT_OF(befores); k++)
            if (looks[k / COUNT_OF(befores)].look == NEVER &&
                stands_in((const char *)file, befores[k % COUNT_OF(befores)], looks[k / COUNT_OF(befores)].field))
                fail_msg("%s asks for %s", sources[i], looks[k / COUNT_OF(befores)].field);
    }
}

/* ---- Attempts side by side ---- */

static struct observation message(unsigned attempt, unsigned number)
{
    struct packet_seen p = {.source = ip_of_v4(number % 2 == 1 ? 0x0a000001 : 0x0a000002),
                            .destination = ip_of_v4(number % 2 == 1 ? 0x0a000002 : 0x0a000001),
                            .cookies = {(uint8_t)attempt, 1},
                            .from = 500,
                            .to = 500,
                            .count = 1,
                            .exchange = 2, /* main mode */
                            .number = (uint8_t)number};
    struct observation o = {.vantage = VANTAGE_WIRE, .line = 100 * attempt + number};

    packet_event(&o.event, &p);
    return o;
}

/* They differ in their cookies alone; each message is taken twice, the second time as the one behind itself. */
static void attempts_of_the_same_ends_are_told_apart_by_their_cookies(void **state)
{
    enum { ATTEMPTS = 3, MESSAGES = 4 };
    struct diagnosis it;

    (void)state;
    begin(&it);
    for (unsigned number = 1; number <= MESSAGES; number++)
        for (unsigned attempt = 1; attempt <= ATTEMPTS; attempt++)
            for (int time = 0; time < 2; time++) {
                moved = message(attempt, number);
                struct sight at = sight_of(&moved);

                diag_see(it.d, &at, &(struct teller){tell, say_moved, NULL});
            }
    assert_int_equal(it.d->view_count, ATTEMPTS);
    for (size_t i = 0; i < ATTEMPTS; i++) {
        const struct view *v = view_at(it.d, i);

        assert_int_equal(v->cookie >> 56, i + 1);
        assert_int_equal(view_fact(v, FACT_MSG_1)->count, 2);
        assert_int_equal(view_fact(v, FACT_MSG_4)->count, 2);
        assert_int_equal(view_fact(v, FACT_MSG_4)->last_line, 100 * (i + 1) + MESSAGES);
    }
    free(it.space);
}

/* Each begins otherwise than the first in one thing, and so in a situation of its own: what became of the one says
 * nothing of the other. */
static void views_that_begin_otherwise_are_in_another_situation(void **state)
{
    static const struct {
        const char *what;
        enum role role;
        uint8_t vantage, product;
        bool is_like_first;
    } cases[] = {
        {"the first", ROLE_UNKNOWN, VANTAGE_DEVICE, PRODUCT_STRONGSWAN, true},
        {"another like it", ROLE_UNKNOWN, VANTAGE_DEVICE, PRODUCT_STRONGSWAN, true},
        {"the role is known", ROLE_INITIATOR, VANTAGE_DEVICE, PRODUCT_STRONGSWAN, false},
        {"the role is not known again", ROLE_UNKNOWN, VANTAGE_DEVICE, PRODUCT_STRONGSWAN, true},
        {"on the wire", ROLE_UNKNOWN, VANTAGE_WIRE, PRODUCT_STRONGSWAN, false},
        {"in a log again", ROLE_UNKNOWN, VANTAGE_DEVICE, PRODUCT_STRONGSWAN, true},
        {"of another product", ROLE_UNKNOWN, VANTAGE_DEVICE, PRODUCT_ASA, false},
        {"of the first product again", ROLE_UNKNOWN, VANTAGE_DEVICE, PRODUCT_STRONGSWAN, true},
    };
    static struct view views[COUNT_OF(cases)];
    void *space = calloc(1, known_space());
    struct arena arena = arena_of(space, known_space());
    struct known *known = known_new(&arena);

    (void)state;
    assert_non_null(known);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sight at = {.vantage = cases[i].vantage, .product = cases[i].product};

        view_begin(&views[i], &at, NULL);
        views[i].role = cases[i].role;
        known_begin(known, &views[i]);
        CHECK(views[i].situation != 0);
        if ((views[i].situation == views[0].situation) != cases[i].is_like_first)
            fail_msg("%s", cases[i].what);
        for (size_t k = 0; k < i; k++)
            if (!cases[i].is_like_first && views[k].situation == views[i].situation)
                fail_msg("%s: as %s", cases[i].what, cases[k].what);
    }
    free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_that_begin_otherwise_are_in_another_situation),
        cmocka_unit_test(attempts_of_the_same_ends_are_told_apart_by_their_cookies),
        cmocka_unit_test(what_is_known_of_a_situation_is_what_judging_would_say),
        cmocka_unit_test(lines_with_other_figures_are_known_for_what_they_are),
        cmocka_unit_test(lines_of_few_tunnels_in_any_order_are_known_for_what_they_are),
        cmocka_unit_test(no_condition_asks_for_a_field_that_is_never_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
