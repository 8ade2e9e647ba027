#include "daemon/control_words.h"

#include "base/check.h"
#include "policy/choose.h"

const char *df_name(enum df_policy df)
{
    static const char *const names[] = {[DF_COPY] = "copy-df", [DF_SET] = "set-df", [DF_CLEAR] = "clear-df"};

    CHECK(df < COUNT_OF(names));
    return names[df];
}

const char *auth_name(uint16_t auth)
{
    switch (policy_signature_of(auth)) {
    case SIGNATURE_RSA: return "rsa";
    case SIGNATURE_NONE: return "preshared";
    default: return "ecdsa";
    }
}

const char *role_name(bool is_initiator)
{
    return is_initiator ? "initiator" : "responder";
}

uint64_t age_s(uint64_t now_ms, uint64_t then_ms)
{
    return now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
}

void text_add_ident(struct text *t, struct ip_range range, uint8_t protocol, struct port_range ports)
{
    int prefix_len = ip_range_prefix_len(range);

    text_add_ip(t, range.first);
    text_add(t, prefix_len < 0 ? "-" : "/");
    text_add_ip(t, prefix_len < 0 ? range.last : ip_mask((enum ip_family)range.first.family, (unsigned)prefix_len));
    text_add(t, "/%u/%u", protocol, ports.first == ports.last ? ports.first : 0);
}
