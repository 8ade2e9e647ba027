/* What the log says of a configuration when it is taken. */
#include "daemon/config.h"

/* Of a finding, with its line. */
enum { SENTENCE_SIZE = 1024 };

static void log_other_keys(const struct policy *policy, struct log *log)
{
    for (uint16_t i = 0; i < policy->trustpoint_count; i++) {
        struct event e = event_of(EV_KEY_KIND_UNSUPPORTED);

        if (policy->trustpoints[i].other_key == NULL)
            continue;
        event_add_text(&e, FIELD_DETAIL, policy->trustpoints[i].other_key);
        event_add_text(&e, FIELD_CONNECTION, policy->trustpoints[i].name);
        log_event(log, &e);
    }
}

static void log_parked(const struct config *config, struct log *log)
{
    const struct policy *policy = &config->conf.policy;

    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        const struct tunnel *tunnel = &policy->tunnels[i];
        struct event e = event_of(EV_TUNNEL_PARKED);

        if (tunnel->parked == NULL)
            continue;
        if (tunnel->peer_count > 0)
            event_add_ip(&e, FIELD_PEER, tunnel->peers[0]);
        event_add_text(&e, FIELD_MAP, tunnel->map_name);
        event_add_number(&e, FIELD_SEQUENCE, tunnel->sequence);
        event_add_text(&e, FIELD_DETAIL, tunnel->parked);
        if (tunnel->parked_for != NULL)
            event_add_text(&e, FIELD_CAUSE, tunnel->parked_for);
        log_event(log, &e);
    }
}

void config_log(const struct config *config, struct log *log)
{
    static const int severities[] = {[CONF_NOTE] = LOG_INFO, [CONF_WARNING] = LOG_WARNING, [CONF_ERROR] = LOG_ERR};
    const struct conf *conf = &config->conf;
    const struct policy *policy = &conf->policy;

    for (uint32_t i = 0; i < conf->finding_count; i++) {
        char space[SENTENCE_SIZE];
        struct text line = text_of(space, sizeof space);
        text_add_finding(&line, &conf->findings[i]);
        log_note(log, severities[conf->findings[i].severity], "%s", space);
    }
    if (conf->findings_left_out > 0)
        log_note(log, LOG_WARNING, "%u more findings are not listed", conf->findings_left_out);
    log_other_keys(policy, log);
    log_parked(config, log);
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i].is_weak && policy->tunnels[i].parked == NULL)
            log_note(log, LOG_WARNING, "crypto map %s %u uses weak algorithms", policy->tunnels[i].map_name,
                     policy->tunnels[i].sequence);
    log_note(log, LOG_INFO, "%s: %u tunnels run, %u are parked, %u statements are not used", config->path,
             conf->running_count, conf->parked_count, conf->unused_count + conf->unused_left_out);
}
