#include "vault/trust.h"

struct trust *trust_of_trustpoint(const struct trustpoint *trustpoint, struct bytes private_key)
{
    struct trust *trust = trust_make();

    if (trust == NULL)
        return NULL;
    for (uint16_t i = 0; i < trustpoint->anchor_count; i++)
        (void)trust_add_anchor(trust, trustpoint->anchors[i]);
    for (uint16_t i = 0; i < trustpoint->crl_count; i++)
        (void)trust_add_crl(trust, trustpoint->crls[i]);
    if (trustpoint->ocsp_url != NULL &&
        !trust_set_responder(trust, trustpoint->name, trustpoint->ocsp_url, trustpoint->is_nonce_left_out)) {
        trust_free(trust);
        return NULL;
    }
    if (private_key.len > 0)
        trust_set_key(trust, signing_key_read(private_key));
    return trust;
}
