/* Transactions: what all of them have in common. The rows are in tm.def. */
#include "ike/transaction.h"

#include "base/check.h"

#include <string.h>

bool is_transaction(enum exchange_kind kind)
{
    return exchange_info(kind)->wire == XCHG_TRANSACTION;
}

static uint32_t fresh_message_id(struct ike *ike, const struct isakmp_sa *sa)
{
    uint8_t random[4];
    uint32_t message_id;

    do {
        drbg_fill(&ike->drbg, random, sizeof random);
        message_id = (uint32_t)random[0] << 24 | (uint32_t)random[1] << 16 | (uint32_t)random[2] << 8 | random[3];
    } while (message_id == 0 || exchange_of_message(ike, sa->self, message_id) != NULL ||
             message_id_was_heard(ike, sa, EXCHANGE_QM, message_id));
    return message_id;
}

bool transaction_begin(struct ike *ike, uint64_t now_ms, struct isakmp_sa *sa, enum exchange_kind kind,
                       bool is_accepted, struct ike_outputs *out)
{
    uint32_t message_id = fresh_message_id(ike, sa);
    struct exchange *exchange = exchange_make(ike, now_ms, sa, kind, exchange_info(kind)->start, INITIATOR, message_id);

    if (exchange == NULL) {
        event_add_text(tell(out, EV_LIMIT_REACHED, sa->remote.ip), FIELD_DETAIL, "no room for another transaction");
        return false;
    }
    exchange->transaction =
        (struct transaction){.id = (uint16_t)(message_id >> 16 ^ message_id), .is_accepted = is_accepted};
    message_id_keep(ike, sa, EXCHANGE_QM, message_id);
    iv_begin(sa, exchange);
    step_take(ike, now_ms, INPUT_BEGIN, exchange, sa, out);
    return true;
}

bool config_find(const struct config *config, uint16_t type, struct attribute *found)
{
    struct reader r = reader_of(config->attributes);
    struct attribute a;

    while (r.rest.len > 0 && attribute_read(&r, &a))
        if (a.type == type) {
            *found = a;
            return true;
        }
    return false;
}

enum exchange_kind transaction_kind(const struct message *m)
{
    static const uint16_t of_user[] = {CFG_ATTR_XAUTH_TYPE,     CFG_ATTR_XAUTH_USER_NAME, CFG_ATTR_XAUTH_USER_PASSWORD,
                                       CFG_ATTR_XAUTH_PASSCODE, CFG_ATTR_XAUTH_CHALLENGE, CFG_ATTR_XAUTH_ANSWER};
    struct config config;
    struct attribute found;

    if (message_payload(m, PL_ATTR) == NULL || config_read(&config, message_body(m, PL_ATTR)) != WIRE_OK)
        return EXCHANGE_CONF;
    if (config_find(&config, CFG_ATTR_XAUTH_STATUS, &found))
        return EXCHANGE_STATUS;
    for (size_t i = 0; i < COUNT_OF(of_user); i++)
        if (config_find(&config, of_user[i], &found))
            return EXCHANGE_XAUTH;
    return EXCHANGE_CONF;
}

enum reason transaction_open(struct step_work *work, uint8_t type, struct config *config)
{
    const struct payload *hash = message_payload(work->in, PL_HASH);
    uint8_t expected[DIGEST_MAX];

    if (!bytes_equal_secret(hash_quick(work, 1, message_after(work->in, hash), expected), hash->body))
        return REASON_BAD_HASH;
    work->draft->is_authenticated = true;
    if (config_read(config, message_body(work->in, PL_ATTR)) != WIRE_OK)
        return REASON_MALFORMED;
    if (config->type == type)
        return REASON_OK;
    event_add_number(tell_payload_fault(work, "transaction"), FIELD_COUNT, config->type);
    return REASON_BAD_TRANSACTION;
}

struct writer attributes_begin(uint8_t space[static BLOB_MAX], uint8_t type, uint16_t id)
{
    struct writer w = writer_of(space, BLOB_MAX);

    config_write(&w, &(struct config){.type = type, .id = id});
    return w;
}

enum reason attributes_keep(struct step_work *work, const struct writer *w)
{
    return writer_is_ok(w) && draft_set(work, BLOB_ATTRIBUTES, writer_bytes(w)) ? REASON_OK : REASON_LIMIT;
}
