/* A peer that takes no lifetime but its own: some products do, and ikewise does not. It stands in front of the site's
 * engine and refuses a first message of main mode, in clear, as such a peer does. */
#include "sim/world.h"

#include "wire/message.h"
#include "wire/payloads.h"
#include "wire/proposal.h"

#include <string.h>

static bool offers_lifetime(const struct sa_payload *offer, uint32_t seconds)
{
    for (size_t i = 0; i < offer->transform_count; i++)
        if (offer->transforms[i].has_seconds && offer->transforms[i].life_seconds == seconds)
            return true;
    return false;
}

bool strict_refuses(const struct site *site, struct bytes datagram)
{
    static const uint8_t none[COOKIE_LEN];
    struct sa_payload offer;
    struct message m;

    return site->as.is_lifetime_strict && wire_message_read(&m, datagram) == WIRE_OK &&
           m.header.exchange == XCHG_MAIN && memcmp(m.header.cookies[1], none, COOKIE_LEN) == 0 &&
           sa_read(&offer, message_body(&m, PL_SA)) == WIRE_OK && !offers_lifetime(&offer, site->as.lifetime_s);
}

struct bytes strict_refusal(struct bytes datagram, uint8_t space[static STRICT_REFUSAL_MAX])
{
    struct writer w = writer_of(space, STRICT_REFUSAL_MAX);
    struct header header = {.exchange = XCHG_INFORMATIONAL};
    const struct notify notify = {.doi = DOI_IPSEC, .protocol = PROTO_ISAKMP, .type = NOTIFY_NO_PROPOSAL_CHOSEN};

    memcpy(header.cookies[0], datagram.data, COOKIE_LEN);
    struct message_writer m = message_begin(&w, &header);
    notify_write(payload_begin(&m, PL_NOTIFY), &notify);
    payload_end(&m);
    return message_end(&m);
}
