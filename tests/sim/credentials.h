/* Gateways of the simulator with the certificates of tests/certificates. */
#ifndef TESTS_SIM_CREDENTIALS_H
#define TESTS_SIM_CREDENTIALS_H

#include "crypto/certificates.h"
#include "sim/sim.h"
#include "vault/trust.h"

#include <stdlib.h>

enum { CREDENTIALS_MAX = 20, CREDENTIAL_DERS = 4 };

/* Each stays for the life of the program. */
static inline const struct sim_credential *credentials(size_t *count)
{
    /* west-asks: west-rsa, and a responder must say that the peer's certificate is not revoked */
    static const char *const names[] = {
        "west-rsa",       "west-ecdsa-256", "west-ecdsa-384", "west-ecdsa-521", "east-rsa",   "east-rsa4096",
        "east-ecdsa-256", "east-ecdsa-384", "east-ecdsa-521", "east-issued",    "east-other", "east-expired",
        "east-early",     "east-stranger",  "east-code",      "west-asks",
    };
    static struct sim_credential list[CREDENTIALS_MAX];
    static struct bytes ders[CREDENTIALS_MAX][CREDENTIAL_DERS], issuers[CREDENTIALS_MAX][CREDENTIAL_DERS], anchors[1],
        anchor_names[1];
    static struct certificate root, own[CREDENTIALS_MAX];
    static struct pieces kept[CREDENTIALS_MAX + 2];

    *count = COUNT_OF(names);
    if (list[0].trust != NULL)
        return list;
    kept[0] = *file_pieces(0, "root.pem", "");
    kept[1] = *file_pieces(0, "issuing.pem", "");
    anchors[0] = bytes_of(kept[0].space, kept[0].list[0].der.len);
    CHECK(certificate_read(&root, anchors[0]));
    anchor_names[0] = bytes_of(root.subject, root.subject_len);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct sim_credential *c = &list[i];
        bool asks = strcmp(names[i], "west-asks") == 0;
        const char *name = asks ? "west-rsa" : names[i];
        char file[64];

        snprintf(c->name, sizeof c->name, "%s", names[i]);
        snprintf(file, sizeof file, "%s.pem", name);
        kept[i + 2] = *file_pieces(0, file, "");
        ders[i][0] = bytes_of(kept[i + 2].space, kept[i + 2].list[0].der.len);
        ders[i][1] = bytes_of(kept[1].space, kept[1].list[0].der.len);
        CHECK(certificate_read(&own[i], ders[i][0]));
        issuers[i][0] = bytes_of(own[i].issuer, own[i].issuer_len);
        issuers[i][1] = anchor_names[0];
        c->trustpoint = (struct trustpoint){
            .name = "LAB",
            .certificates = ders[i],
            .issuer_names = issuers[i],
            .certificate_count = strcmp(names[i], "east-issued") == 0 ? 2 : 1,
            .anchors = anchors,
            .anchor_count = 1,
            .anchor_names = anchor_names,
            .subject = bytes_of(own[i].subject, own[i].subject_len),
            .kind = own[i].key,
            .revocation = asks ? REVOCATION_OCSP : REVOCATION_NONE,
        };
        snprintf(file, sizeof file, "%s.key", name);
        const struct pieces *key = file_pieces(0, file, "");
        c->trust = trust_of_trustpoint(&c->trustpoint, key->list[key->count - 1].der);
        CHECK(c->trust != NULL);
    }
    return list;
}

static inline const struct sim_credential *credential(const char *name)
{
    size_t count;
    const struct sim_credential *list = credentials(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    CHECK(!"a name of the list above");
    return NULL;
}

#endif
