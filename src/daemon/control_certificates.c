/* The certificates and CRLs of trustpoints as records: show crypto ca certificates, crls. Never a key. */
#include "crypto/certificate.h"
#include "crypto/crl.h"
#include "daemon/control_client.h"
#include "daemon/crls.h"

#include <string.h>
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

static void set_serial(struct control_record *r, enum control_column column, const struct certificate *certificate)
{
    char serial[2 * SERIAL_MAX + 1];
    struct text t = text_of(serial, sizeof serial);

    for (uint8_t i = 0; i < certificate->serial_len; i++)
        text_add(&t, "%02x", certificate->serial[i]);
    record_set_text(r, column, serial);
}

static void set_certificate(struct control_record *r, const struct certificate *certificate)
{
    set_serial(r, COL_certificate_serial, certificate);
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

static bool is_wanted(const struct client *client, const char *trustpoint)
{
    const char *wanted = client->request.trustpoint;

    return *wanted == '\0' || strcmp(wanted, trustpoint) == 0;
}

/* Trustpoint after trustpoint (`stage`): ours and the chain, then the authorities (`index` counts through both). */
bool show_certificates(struct client *client)
{
    struct control_record r = control_record_of(RECORD_certificate);
    const struct trustpoint *trustpoint = trustpoint_at(client);
    static struct certificate certificate;

    while (trustpoint != NULL &&
           (!is_wanted(client, trustpoint->name) ||
            client->index >= (uint32_t)trustpoint->certificate_count + trustpoint->anchor_count)) {
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

static void set_authority(struct control_record *r, struct bytes der)
{
    static struct certificate certificate;

    if (!certificate_read(&certificate, der))
        return;
    set_name(r, COL_trustpoint_authority, certificate.subject, certificate.subject_len);
    set_serial(r, COL_trustpoint_authority_serial, &certificate);
}

bool show_trustpoints(struct client *client)
{
    struct control_record r = control_record_of(RECORD_trustpoint);
    const struct trustpoint *trustpoint = trustpoint_at(client);

    if (trustpoint == NULL)
        return false;
    client->stage++;
    if (!is_wanted(client, trustpoint->name))
        return true;
    record_set_text(&r, COL_trustpoint_name, trustpoint->name);
    record_set_number(&r, COL_trustpoint_authorities, trustpoint->anchor_count);
    if (trustpoint->anchor_count > 0)
        set_authority(&r, trustpoint->anchors[0]);
    if (trustpoint->subject.len > 0)
        set_name(&r, COL_trustpoint_subject, trustpoint->subject.data, (uint16_t)trustpoint->subject.len);
    if (trustpoint->kind != SIGNATURE_NONE)
        record_set_text(&r, COL_trustpoint_key, trustpoint->kind == SIGNATURE_RSA ? "RSA" : "ECDSA");
    record_set_text(&r, COL_trustpoint_revocation, revocation_info(trustpoint->revocation)->words);
    client_send(client, &r);
    return true;
}

/* ---- CRLs ---- */

static void set_crl(struct control_record *r, const struct crl *crl, size_t len)
{
    bool has_end = crl->next_update_s > 0;

    set_name(r, COL_crl_issuer, crl->issuer, crl->issuer_len);
    record_set_text(r, COL_crl_status, has_end && crl->next_update_s <= (int64_t)time(NULL) ? "Expired" : "Available");
    record_set_number(r, COL_crl_last_update, crl->this_update_s < 0 ? 0 : (uint64_t)crl->this_update_s);
    if (has_end)
        record_set_number(r, COL_crl_next_update, (uint64_t)crl->next_update_s);
    record_set_number(r, COL_crl_revoked, crl->revoked_count);
    record_set_number(r, COL_crl_bytes, len);
}

static void send_fetched(struct client *client, const struct crls_view *view)
{
    struct control_record r = control_record_of(RECORD_crl);

    record_set_text(&r, COL_crl_trustpoint, view->trustpoint);
    if (view->crl != NULL)
        set_crl(&r, view->crl, view->len);
    else
        record_set_text(&r, COL_crl_status, "None");
    record_set_text(&r, COL_crl_url, view->url);
    if (view->is_under_way)
        record_set_text(&r, COL_crl_attempt, "it is under way");
    else if (view->why_not != NULL)
        record_set_text(&r, COL_crl_attempt, view->why_not);
    record_set_number(&r, COL_crl_next_attempt_s, view->next_attempt_s);
    client_send(client, &r);
}

/* `index` counts the CRLs of this trustpoint's files. */
static void send_of_file(struct client *client, const struct trustpoint *trustpoint)
{
    struct control_record r = control_record_of(RECORD_crl);
    struct bytes der = trustpoint->crls[client->index++], read;
    static struct crl crl;

    if (!is_wanted(client, trustpoint->name) || !crl_read(&crl, der, NULL, &read))
        return;
    record_set_text(&r, COL_crl_trustpoint, trustpoint->name);
    set_crl(&r, &crl, der.len);
    client_send(client, &r);
}

/* Those from files, trustpoint after trustpoint (`stage`); then those that were fetched, or should be. */
bool show_crls(struct client *client)
{
    const struct control_source *source = client->control->source;
    const struct trustpoint *trustpoint = trustpoint_at(client);
    struct crls_view view;

    if (trustpoint != NULL && client->index < trustpoint->crl_count) {
        send_of_file(client, trustpoint);
        return true;
    }
    if (trustpoint != NULL) {
        client->stage++;
        client->index = 0;
        return true;
    }
    if (source->crl == NULL || !source->crl(source->context, client->index, &view))
        return false;
    client->index++;
    if (is_wanted(client, view.trustpoint))
        send_fetched(client, &view);
    return true;
}

static bool has_trustpoint(const struct policy *policy, const char *name)
{
    for (uint16_t i = 0; i < policy->trustpoint_count; i++)
        if (strcmp(policy->trustpoints[i].name, name) == 0)
            return true;
    return false;
}

void do_crls(struct client *client)
{
    const struct control_source *source = client->control->source;
    const char *name = client->request.trustpoint;
    bool is_request = client->request.id == CONTROL_FETCH_CRLS;

    if (*name != '\0' && !has_trustpoint(source->policy(source->context), name))
        client_fail(client, CONTROL_ERROR_NO_SUCH_TRUSTPOINT, NULL);
    else if ((source->fetch_crls == NULL || source->fetch_crls(source->context, name, is_request) == 0) && is_request)
        client_fail(client, CONTROL_ERROR_NO_CRL_URL, NULL);
    else
        client_done(client);
}
