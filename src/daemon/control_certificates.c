/* The certificates of trustpoints as records: show crypto ca certificates. What a configuration holds, never a key. */
#include "crypto/certificate.h"
#include "daemon/control_client.h"

#include <time.h>

static const struct trustpoint *trustpoint_at(const struct client *client)
{
    const struct policy *policy = client->control->source->policy(client->control->source->context);

    return client->stage < policy->trustpoint_count ? &policy->trustpoints[client->stage] : NULL;
}

static const char *status_of(const struct certificate *certificate)
{
    int64_t now_s = (int64_t)time(NULL);

    return now_s < certificate->not_before_s  ? "Not yet valid"
           : now_s > certificate->not_after_s ? "Expired"
                                              : "Available";
}

static void set_name(struct control_record *r, enum control_column column, const uint8_t *der, uint16_t len)
{
    char space[512];
    struct text t = text_of(space, sizeof space);

    text_add_name(&t, bytes_of(der, len));
    record_set_text(r, column, space);
}

static void set_certificate(struct control_record *r, const struct certificate *certificate)
{
    char serial[2 * SERIAL_MAX + 1];
    struct text t = text_of(serial, sizeof serial);

    for (uint8_t i = 0; i < certificate->serial_len; i++)
        text_add(&t, "%02x", certificate->serial[i]);
    record_set_text(r, COL_certificate_serial, serial);
    record_set_text(r, COL_certificate_status, status_of(certificate));
    record_set_text(r, COL_certificate_key_type, certificate->key_name);
    record_set_number(r, COL_certificate_key_bits, certificate->key_bits);
    record_set_text(r, COL_certificate_signature, certificate->signature_name);
    set_name(r, COL_certificate_issuer, certificate->issuer, certificate->issuer_len);
    set_name(r, COL_certificate_subject, certificate->subject, certificate->subject_len);
    record_set_number(r, COL_certificate_valid_from,
                      certificate->not_before_s < 0 ? 0 : (uint64_t)certificate->not_before_s);
    record_set_number(r, COL_certificate_valid_to,
                      certificate->not_after_s < 0 ? 0 : (uint64_t)certificate->not_after_s);
}

/* Trustpoint after trustpoint (`stage`): ours and the chain, then the authorities (`index` counts through both). */
bool show_certificates(struct client *client)
{
    struct control_record r = control_record_of(RECORD_certificate);
    const struct trustpoint *trustpoint = trustpoint_at(client);
    static struct certificate certificate;

    while (trustpoint != NULL && client->index >= (uint32_t)trustpoint->certificate_count + trustpoint->anchor_count) {
        client->stage++;
        client->index = 0;
        trustpoint = trustpoint_at(client);
    }
    if (trustpoint == NULL)
        return false;
    uint32_t index = client->index++;
    bool is_anchor = index >= trustpoint->certificate_count;

    record_set_text(&r, COL_certificate_trustpoint, trustpoint->name);
    record_set_text(&r, COL_certificate_kind, is_anchor ? "authority" : index == 0 ? "own" : "chain");
    if (certificate_read(&certificate, is_anchor ? trustpoint->anchors[index - trustpoint->certificate_count]
                                                 : trustpoint->certificates[index]))
        set_certificate(&r, &certificate);
    client_send(client, &r);
    return true;
}
