/* Deletes, RFC 2408 section 3.15, and why: a notify of ours beside the Delete names the reason, where the peer has
 * announced that it takes such (VENDOR_DELETE_REASON). Others would find an unknown notify there, and get the Delete
 * alone. What is read is a word of capitals and nothing else, whoever has sent it. */
#include "base/check.h"
#include "ike/engine.h"
#include "wire/payloads.h"

#include <string.h>

static const char *const meanings[REASON_COUNT] = {
#define REASON(name, notify, payload, meaning) [REASON_##name] = "the peer deleted it, and says why: " meaning,
#include "ike/reasons.def"
#undef REASON
};

const char *delete_reason_meaning(enum reason told)
{
    return meanings[told];
}

enum reason delete_reason_of(const char *name)
{
    for (int reason = REASON_OK + 1; reason < REASON_COUNT; reason++)
        if (strcmp(reason_info((enum reason)reason)->name, name) == 0)
            return (enum reason)reason;
    return REASON_OK;
}

void delete_reason_read(struct bytes data, char name[static REASON_NAME_SIZE])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

    name[0] = '\0';
    if (data.len >= REASON_NAME_SIZE)
        return;
    for (size_t i = 0; i < data.len; i++)
        if (memchr(letters, data.data[i], sizeof letters - 1) == NULL)
            return;
    memcpy(name, data.data, data.len);
    name[data.len] = '\0';
}

struct bytes delete_send(struct ike *ike, const struct isakmp_sa *sa, uint8_t protocol, struct bytes spis,
                         enum reason why, struct ike_outputs *out)
{
    uint8_t delete_space[64], reason_space[64];
    struct writer d = writer_of(delete_space, sizeof delete_space), r = writer_of(reason_space, sizeof reason_space);
    bool has_reason = why != REASON_OK;
    const char *name = reason_info(why)->name;
    struct delete delete = {.doi = DOI_IPSEC,
                            .protocol = protocol,
                            .spi_len = protocol == PROTO_ISAKMP ? 2 * COOKIE_LEN : SPI_LEN,
                            .spis = spis};
    const struct notify notify = {.doi = DOI_IPSEC,
                                  .protocol = protocol,
                                  .type = NOTIFY_DELETE_REASON,
                                  .data = bytes_of((const uint8_t *)name, strlen(name))};

    CHECK(notify.data.len < REASON_NAME_SIZE);
    delete.spi_count = (uint16_t)(spis.len / delete.spi_len);
    delete_write(&d, &delete);
    notify_write(&r, &notify);
    CHECK(writer_is_ok(&d) && writer_is_ok(&r));
    struct event *e = tell_sa(ike, out, EV_DELETE_SENT, sa);
    event_add_number(e, FIELD_PHASE, protocol == PROTO_ISAKMP ? 1 : 2);
    if (has_reason)
        event_add_text(e, FIELD_REASON, name);
    const struct info_part bodies[] = {{PL_DELETE, writer_bytes(&d)}, {PL_NOTIFY, writer_bytes(&r)}};
    return info_send(ike, sa, bodies, has_reason && sa->peer_takes_reasons ? 2 : 1, out);
}
