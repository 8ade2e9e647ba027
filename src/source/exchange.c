#include "source/exchange.h"

#include "wire/numbers.h"

#include <string.h>

static const struct {
    const char *names[3], *ours;
    bool is_ikev2;
} exchanges[] = {
#define EXCHANGE(charon, pluto, client, ours, is_ikev2) {{charon, pluto, client}, ours, is_ikev2},
#define PAYLOAD(...)
#define NOTIFY(...)
#include "source/exchange.def"
#undef EXCHANGE
#undef PAYLOAD
#undef NOTIFY
};

static const struct {
    const char *names[3];
    uint32_t number;
} payloads[] = {
#define EXCHANGE(...)
#define PAYLOAD(charon, pluto, client, number) {{charon, pluto, client}, number},
#define NOTIFY(...)
#include "source/exchange.def"
#undef EXCHANGE
#undef PAYLOAD
#undef NOTIFY
};

static const struct {
    const char *name;
    uint32_t number;
} notifies[] = {
#define EXCHANGE(...)
#define PAYLOAD(...)
#define NOTIFY(name, number) {name, number},
#include "source/exchange.def"
#undef EXCHANGE
#undef PAYLOAD
#undef NOTIFY
};

const char *exchange_named(enum namer namer, struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(exchanges); i++)
        if (name.len > 0 && bytes_equal(name, bytes_of_text(exchanges[i].names[namer])))
            return exchanges[i].ours;
    return NULL;
}

void payload_list_begin(struct payload_list *list)
{
    *list = (struct payload_list){.text = "HDR"};
}

static void add_text(struct payload_list *list, uint32_t number)
{
    struct text t = {list->text, strlen(list->text), sizeof list->text - sizeof " + NONE (0)", false};

    text_add(&t, " + ");
    text_add_number(&t, SPACE_PL, number);
}

void payload_list_add(struct payload_list *list, uint32_t number)
{
    add_text(list, number);
    list->count++;
    list->has_sa |= number == PL_SA;
    list->has_ke |= number == PL_KE;
    list->has_id |= number == PL_ID;
    list->has_hash |= number == PL_HASH;
    list->has_sig |= number == PL_SIG;
    list->has_nonce |= number == PL_NONCE;
    list->has_notify |= number == PL_NOTIFY;
    list->has_delete |= number == PL_DELETE;
    list->has_attr |= number == PL_ATTR;
}

const char *payload_list_end(struct payload_list *list)
{
    if (list->count > 0)
        strcat(list->text, " + NONE (0)"); /* add_text leaves room for it */
    return list->text;
}

static uint32_t notify_named(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(notifies); i++)
        if (bytes_equal(name, bytes_of_text(notifies[i].name)))
            return notifies[i].number;
    uint32_t number;
    return number_of_name(SPACE_NOTIFY, name, &number) ? number : 0;
}

/* "N(NO_PROP)", "NOTIFY:NO_PROPOSAL_CHOSEN": what stands behind the payload's name; empty: nothing does. */
static struct bytes take_qualifier(struct bytes *name)
{
    size_t len = 0;

    while (len < name->len && name->data[len] != '(' && name->data[len] != ':')
        len++;
    struct bytes rest = bytes_after(*name, len + (len < name->len));
    if (rest.len > 0 && rest.data[rest.len - 1] == ')')
        rest.len--;
    *name = bytes_of(name->data, len);
    return rest;
}

bool payload_list_add_named(struct payload_list *list, enum namer namer, struct bytes name)
{
    struct bytes kind = name, qualifier = take_qualifier(&kind);

    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        if (kind.len == 0 || !bytes_equal(kind, bytes_of_text(payloads[i].names[namer])))
            continue;
        payload_list_add(list, payloads[i].number);
        if (payloads[i].number == PL_NOTIFY && qualifier.len > 0)
            list->notify = notify_named(qualifier);
        return true;
    }
    return false;
}

bool payload_list_notify(const struct payload_list *list, bool is_received, struct event *e)
{
    const char *name = number_name(SPACE_NOTIFY, list->notify);

    if (!list->has_notify || list->notify == 0)
        return false;
    *e = event_of(!is_received ? EV_NOTIFY_SENT : list->has_hash ? EV_NOTIFY_RECEIVED : EV_NOTIFY_IN_CLEAR);
    if (list->notify == NOTIFY_R_U_THERE)
        *e = event_of(is_received ? EV_DPD_RECEIVED : EV_DPD_SENT);
    else if (list->notify == NOTIFY_R_U_THERE_ACK)
        *e = event_of(is_received ? EV_DPD_ANSWERED : EV_DPD_ACK_SENT);
    else
        event_add_text(e, FIELD_NOTIFY, name ? name : "");
    event_add_number(e, FIELD_NOTIFY_NUMBER, list->notify);
    event_add_number(e, FIELD_PROTECTED, list->has_hash);
    return true;
}

unsigned message_number(const char *exchange, const struct payload_list *l, bool is_from_initiator)
{
    unsigned of_responder = is_from_initiator ? 0 : 1;

    if (strcmp(exchange, "MM") == 0)
        return l->has_sa ? 1 + of_responder : l->has_ke ? 3 + of_responder : l->has_id ? 5 + of_responder : 0;
    if (strcmp(exchange, "AM") == 0)
        return l->has_sa ? 1 + of_responder : is_from_initiator && (l->has_hash || l->has_sig) ? 3 : 0;
    if (strcmp(exchange, "QM") == 0)
        return l->has_sa ? 1 + of_responder : is_from_initiator && l->has_hash ? 3 : 0;
    return 0;
}
