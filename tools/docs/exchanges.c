/* The page of the exchanges: a picture of each, the rows it is drawn from, and what its states prove. */
#include "page.h"
#include "picture.h"

#include "base/check.h"
#include "wire/numbers.h"

#include <stdlib.h>

enum { ROWS_MAX = 256 };

/* What the table does not say of a kind of exchange. */
struct kind_words {
    const char *file, *heads[2], *story;
};

static const struct kind_words *words_of(enum exchange_kind kind)
{
    static const struct kind_words main_mode = {
        "main-mode",
        {"initiator", "responder"},
        "Phase 1, RFC 2409 sections 5.4 (pre-shared keys) and 5.1 (signatures); NAT detection is RFC 3947 section 3. "
        "It "
        "makes the ISAKMP SA, under which all that follows is encrypted. From message 5 on it is encrypted itself; a "
        "pre-shared key goes into that encryption, which is why a wrong key shows at messages 5 and 6 and nowhere "
        "else. "
        "With signatures the messages open, and it is the certificate, the identity or the signature in them that is "
        "refused. With hybrid the responder alone signs; the initiator's hash says no more than that it is who "
        "exchanged the keys, and its user proves himself by XAUTH. "
        "Where NAT was found, message 5 and what follows goes over UDP 4500."};
    static const struct kind_words aggressive_mode = {
        "aggressive-mode",
        {"initiator", "responder"},
        "Phase 1 in three messages, RFC 2409 sections 5.4 (pre-shared keys) and 5.1 (signatures); NAT detection is RFC "
        "3947 section 3. The identity comes in "
        "message 1, so the key can be chosen by it: that is what it is for, with peers whose address is not known. It "
        "comes in clear, and so does the responder's hash: whoever sees both can try keys on them, and whoever begins "
        "in a name that he knows is given such a hash. So it is answered only when `no crypto ikev1 am-disable` says "
        "so, and the answer to an identity that is not known looks like any other. With signatures there is no such "
        "hash, but whoever asks is shown the responder's certificate; so it is with hybrid. Message 3 may come in "
        "clear, too, but not with hybrid. "
        "Where NAT was found, it and what follows goes over UDP 4500."};
    static const struct kind_words quick_mode = {
        "quick-mode",
        {"initiator", "responder"},
        "Phase 2, RFC 2409 section 5.5, under an ISAKMP SA that is up. It makes a pair of IPsec SAs for the networks "
        "of one line of the crypto ACL. KE is there with PFS. A responder answers only when its inbound SA is in "
        "place, so "
        "that no ESP of the peer comes too early."};
    static const struct kind_words xauth = {
        "xauth",
        {"gateway", "user's end"},
        "Under an ISAKMP SA whose method wants a user, draft-ietf-ipsec-isakmp-xauth-06: the gateway asks for his name "
        "and "
        "password, which the vault judges. Until he is proved there is no address and no quick mode. One try an ISAKMP "
        "SA; a user or an address with too many wrong ones is refused unheard for a while."};
    static const struct kind_words status = {
        "xauth-status",
        {"gateway", "user's end"},
        "The gateway says whether it takes the user, and after a no ends the ISAKMP SA."};
    static const struct kind_words conf = {
        "mode-config",
        {"user's end", "gateway"},
        "The user's end asks for an address, draft-dukes-ike-mode-cfg-02, and for what belongs to it: "
        "`src/ike/conf.def` "
        "has what a gateway gives. Quick mode is then from that address and no other."};
    static const struct kind_words informational = {
        "informational",
        {"either end", "the other"},
        "Notifies (DPD's R-U-THERE among them) and deletes under an ISAKMP SA that is up, RFC 2409 section 5.7: one "
        "message, and no state. What comes in clear, or before the SA is up, is evidence only: it is logged and "
        "changes "
        "nothing."};

    switch (kind) {
    case EXCHANGE_MM: return &main_mode;
    case EXCHANGE_AM: return &aggressive_mode;
    case EXCHANGE_QM: return &quick_mode;
    case EXCHANGE_XAUTH: return &xauth;
    case EXCHANGE_STATUS: return &status;
    case EXCHANGE_CONF: return &conf;
    case EXCHANGE_INFO: return &informational;
    case EXCHANGE_COUNT: break;
    }
    CHECK(!"a kind of exchange without words");
    return NULL;
}

static void holds(FILE *page, const struct step *step, bool is_needed)
{
    bool is_first = true;

    for (unsigned i = 0; i < HOLDS_MAX && step->holds[i].max > 0; i++) {
        const struct payload_count *count = &step->holds[i];

        if ((count->min > 0) != is_needed)
            continue;
        fprintf(page, "%s%s (%u)", is_first ? "" : ", ", payload_name(count->type), count->type);
        if (count->is_first)
            fprintf(page, " first");
        if (count->max > 1)
            fprintf(page, " up to %u", count->max);
        is_first = false;
    }
}

/* Each part by the name of its row, for the reader who looks for it in parts.def. */
static void sends(FILE *page, const struct step *step)
{
    /* clang-format off */
    static const char *const names[PART_COUNT] = {
#define PART(name, ...) [PART_##name] = #name,
#include "ike/parts.def"
#undef PART
    };
    /* clang-format on */

    if (!step_sends(step)) {
        fprintf(page, "nothing");
        return;
    }
    fprintf(page, "%s: ", step->sends_sealed == SEALED ? "encrypted" : "clear");
    for (unsigned i = 0; i < SENDS_MAX && step->sends[i] != PART_END; i++)
        fprintf(page, "%s%s", i > 0 ? ", " : "", names[step->sends[i]]);
}

static void rows(FILE *page, enum exchange_kind kind, uint16_t auth)
{
    fprintf(page, "| side | in state | takes | must hold | may hold | sends | is then |\n"
                  "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; step_row(i) != NULL; i++) {
        const struct step *step = step_row(i);

        if (state_info(step->from)->kind != kind || (step->auth != 0 && step->auth != auth))
            continue;
        fprintf(page, "| %s | %s | ", side_name(step->side), state_info(step->from)->name);
        if (step->input == INPUT_MESSAGE)
            fprintf(page, "a message %s", step->sealing == SEALED ? "encrypted" : "in clear");
        else
            fprintf(page, "%s", input_words(step->input));
        fprintf(page, " | ");
        holds(page, step, true);
        fprintf(page, " | ");
        holds(page, step, false);
        fprintf(page, " | ");
        sends(page, step);
        fprintf(page, " | %s |\n", state_info(step->to)->name);
    }
    fprintf(page, "\n");
}

static void states(FILE *page, enum exchange_kind kind)
{
    fprintf(page, "| state | proven | open |\n|---|---|---|\n");
    for (unsigned state = 0; state < STATE_COUNT; state++) {
        const struct state_info *info = state_info(state);

        if (info->kind != kind)
            continue;
        fprintf(page, "| %s | ", info->name);
        page_cell(page, info->proven);
        fprintf(page, " | ");
        page_cell(page, info->open);
        fprintf(page, " |\n");
    }
    fprintf(page, "\n");
}

static void exchange(FILE *page, enum exchange_kind kind, uint16_t auth, bool *is_taken)
{
    const struct kind_words *words = words_of(kind);
    const char *method = auth == AUTH_SIGNED ? "signatures" : auth != 0 ? number_name(SPACE_OAKLEY_AUTH, auth) : NULL;
    char title[128], file[128];
    struct ladder ladder;

    snprintf(title, sizeof title, "%s%s%s", exchange_info(kind)->title, method != NULL ? ", " : "",
             method != NULL ? method : "");
    snprintf(file, sizeof file, "exchanges/%s%s%s.svg", words->file, method != NULL ? "-" : "",
             method != NULL ? method : "");
    for (char *at = file; *at != '\0'; at++)
        if (*at == ' ')
            *at = '-';
    ladder_walk(&ladder, kind, auth, is_taken);
    picture_draw(file, title, words->heads, &ladder);

    fprintf(page, "## %s\n\n%s\n\n![%s](%s)\n\n", title, words->story, title, file);
    rows(page, kind, auth);
    states(page, kind);
}

void write_exchanges(void)
{
    FILE *page = page_begin("exchanges.md", "Exchanges");
    bool is_taken[ROWS_MAX] = {false};
    uint16_t auth;

    fprintf(
        page,
        "The pictures are drawn from the rows that the engine runs on: `src/ike/mm.def`, `am.def`, `qm.def`, `tm.def` "
        "and "
        "`info.def`. "
        "Each row says what may arrive in a state, what that message must and may hold, what is sent, and which "
        "state follows. A message that no row allows is refused, by a reason of [reasons.md](reasons.md), and changes "
        "nothing.\n\n"
        "The boxes have the ASA's name of the state and, below it, what IOS shows. Each end stays in its box until "
        "the next arrow: a tunnel that hangs shows the box above the message that did not come. What each state "
        "means is in [states.md](states.md).\n\n"
        "In the tables, a number in parentheses is the payload's type. What is sent has the names of "
        "`src/ike/parts.def`; some parts are left out when they do not apply, as KE without PFS.\n\n");
    for (int kind = 0; kind < EXCHANGE_COUNT; kind++)
        for (unsigned index = 0; ladder_auth((enum exchange_kind)kind, index, &auth); index++)
            exchange(page, (enum exchange_kind)kind, auth, is_taken);

    /* A row in no picture would make the page a lie. */
    for (size_t i = 0; step_row(i) != NULL; i++) {
        CHECK(i < ROWS_MAX);
        if (!is_taken[i]) {
            fprintf(stderr, "no picture has the row of %s, %s\n", state_info(step_row(i)->from)->name,
                    side_name(step_row(i)->side));
            exit(1);
        }
    }
    page_end(page);
}
