/* Telling a scenario: gateways, faults, and then line by line. */
#include "sim/scenario.h"

#include "base/check.h"
#include "sim/seed.h"

#include <string.h>

enum { STEP_MS = 100, PATIENCE_MS = 300000 };

struct telling {
    const struct scenario *s;
    struct sim *sim;
    struct sim_site sites[SIM_SITES_MAX];
    uint64_t begun_ms, at_ms; /* of the last `at` */
    struct text *error;
};

static const char group_of_users[] = "staff";

/* The first site has a tunnel to each other one, and they to it. */
static uint16_t tunnel_between(uint32_t from, uint32_t to)
{
    return (uint16_t)(from == 0 ? to - 1 : 0);
}

static void make_sites(const struct scenario *s, struct sim_site *sites)
{
    for (uint32_t i = 0; i < s->site_count; i++) {
        sites[i] = (struct sim_site){
            .address = 0xc0000201 + i * 0x100,
            .cipher = CIPHER_AES256_CBC,
            .hash = HASH_SHA256,
            .group = GROUP_ECP256,
            .esp_cipher = CIPHER_AES128_CBC,
            .esp_integrity = HASH_SHA1,
            .lifetime_s = 86400,
            .esp_lifetime_s = 28800,
        };
        for (uint32_t k = 0; k < (i == 0 ? s->site_count - 1 : 1); k++) {
            uint32_t other = i == 0 ? k + 1 : 0;

            sites[i].peers[k] = (struct sim_peer){.address = 0xc0000201 + other * 0x100,
                                                  .key = "correct horse",
                                                  .local_net = 0x0a010000 + i * 0x10000,
                                                  .remote_net = 0x0a010000 + other * 0x10000};
        }
    }
}

static enum hash_id hash_named(const char *name)
{
    for (int i = HASH_NONE + 1; i < HASH_COUNT; i++)
        if (strcmp(hash_info((enum hash_id)i)->name, name) == 0)
            return (enum hash_id)i;
    return HASH_NONE;
}

static bool verdict_of(const char *name, enum password_verdict *verdict)
{
    for (int i = 0; i < PASSWORD_VERDICT_COUNT; i++)
        if (strcmp(password_verdict_name((enum password_verdict)i), name) == 0) {
            *verdict = (enum password_verdict)i;
            return true;
        }
    return false;
}

static enum schedule_id schedule_named(const char *word)
{
    for (int i = 0; i < SCHEDULE_COUNT; i++)
        if (strcmp(schedule_info((enum schedule_id)i)->word, word) == 0)
            return (enum schedule_id)i;
    return SCHEDULE_COUNT;
}

static void put_behind_nat(const struct scenario *s, struct sim_site *sites, uint32_t index)
{
    uint32_t outside = 0xcb007105 + index;

    for (uint32_t i = 0; i < s->site_count; i++)
        for (uint32_t k = 0; k < SIM_TUNNELS_MAX; k++)
            if (sites[i].peers[k].address == sites[index].address)
                sites[i].peers[k].address = outside;
    sites[index].nat_address = outside;
}

static void set_keys(struct sim_site *site, const char *key)
{
    for (uint32_t k = 0; k < SIM_TUNNELS_MAX && site->peers[k].address != 0; k++)
        site->peers[k].key = key;
}

static const struct sim_credential *credential_named(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->credential_count; i++)
        if (strcmp(s->credentials[i].name, name) == 0)
            return &s->credentials[i];
    return NULL;
}

static bool has_policy(struct sim_site *site)
{
    site->group_policy.name = "group";
    site->group_policy.banner = site->group_policy.default_domain = site->group_policy.split_dns = "";
    return true;
}

static struct group_policy *user_policy(struct sim_site *site)
{
    site->user_policy.name = "group";
    site->user_policy.user = SIM_USER;
    site->user_policy.banner = site->user_policy.default_domain = site->user_policy.split_dns = "";
    return &site->user_policy;
}

/* False: the word is unknown. */
static bool give(const struct scenario *s, struct sim_site *sites, const struct scenario_line *line)
{
    struct sim_site *site = &sites[line->sites[0]];

    switch (line->kind) {
    case LINE_IS_BEHIND_NAT: put_behind_nat(s, sites, line->sites[0]); return true;
    case LINE_IS_BESIDE: site->nat_address = sites[line->sites[1]].nat_address; return site->nat_address != 0;
    case LINE_USES_DPD: site->has_dpd = true; return true;
    case LINE_USES_DPD_ON_DEMAND: site->has_dpd = site->dpd_is_on_demand = true; return true;
    case LINE_RESTARTS: site->has_dpd = site->dpd_restarts = true; return true;
    case LINE_HAS_LONG_NUMBERS: site->has_esn = true; return true;
    case LINE_USES_TRANSPORT: site->is_transport = true; return true;
    case LINE_CHECKS_NO_REPLAY: site->is_replay_off = true; return true;
    case LINE_HAS_KEY: set_keys(site, line->text); return true;
    case LINE_HAS_CERTIFICATE:
        site->credential = credential_named(s, line->text);
        site->has_lost_key = false;
        return site->credential != NULL;
    case LINE_NO_CERTIFICATE: site->has_lost_key = true; return site->credential != NULL;
    case LINE_POOL_SIZE: site->pool_size = line->number; return line->number > 0;
    case LINE_SHOWS_ADDRESS: site->identity.kind = IDENTITY_ADDRESS; return true;
    case LINE_WANTS_IDENTITY: site->peer_identity = line->text; return true;
    case LINE_HAS_NO_KEY: set_keys(site, NULL); return true;
    case LINE_HAS_NO_GROUP: set_keys(site, ""); return true;
    case LINE_WANTS_PFS:
        for (uint32_t k = 0; k < SIM_TUNNELS_MAX; k++)
            site->peers[k].pfs = GROUP_ECP256;
        return true;
    case LINE_HASH: site->hash = hash_named(line->text); return site->hash != HASH_NONE;
    case LINE_POLICY_COUNT:
        site->policy_count = (uint8_t)line->number;
        return line->number > 0 && line->number <= SIM_POLICIES_MAX;
    case LINE_REPEATS_LIKE: site->schedule = schedule_named(line->text); return site->schedule != SCHEDULE_COUNT;
    case LINE_LIFETIME_STRICT: site->is_lifetime_strict = true; return true;
    case LINE_ISAKMP_LIFETIME: site->lifetime_s = (uint32_t)(line->time_ms[0] / 1000); return true;
    case LINE_IPSEC_LIFETIME: site->esp_lifetime_s = (uint32_t)(line->time_ms[0] / 1000); return true;
    case LINE_IPSEC_VOLUME: site->esp_lifetime_kb = line->number; return true;
    case LINE_INNER_IPV6: site->is_inner_ipv6 = true; return true;
    case LINE_OTHER_ACL: site->peers[0].remote_net ^= 0x100; return true;
    case LINE_TAKES_ANY_PEER: site->takes_any_peer = true; return true;
    case LINE_HAS_BACKUP:
        site->peers[tunnel_between(line->sites[0], line->sites[1])].backup = sites[line->sites[2]].address;
        return true;
    case LINE_SAME_NETWORK: site->peers[0].local_net = sites[line->sites[1]].peers[0].local_net; return true;
    case LINE_FRAGMENTS: site->fragment_len = (uint16_t)line->number; return true;
    case LINE_NO_NAT_T: site->is_nat_t_off = true; return true;
    case LINE_BEGINS_AGGRESSIVE: site->is_aggressive = true; return true;
    case LINE_ANSWERS_AGGRESSIVE: site->is_aggressive_answered = true; return true;
    case LINE_HAS_KEY_ID: site->key_id = line->text; return true;
    case LINE_NAMES_GROUP: site->group_name = line->text; return true;
    case LINE_NO_IKEV1: site->group_policy.is_ikev1_refused = true; return has_policy(site);
    case LINE_SESSION_TIMEOUT:
        site->group_policy.session_timeout_s = (uint32_t)(line->time_ms[0] / 1000);
        return has_policy(site);
    case LINE_IDLE_TIMEOUT:
        site->group_policy.idle_timeout_s = (uint32_t)(line->time_ms[0] / 1000);
        return has_policy(site);
    case LINE_USERS_WANT_PFS: site->group_policy.wants_pfs = true; return has_policy(site);
    case LINE_RECOVERS_SPIS: site->recovers_spis = true; return true;
    case LINE_PAIR_IDLE_TIME: site->esp_idle_time_s = (uint32_t)(line->time_ms[0] / 1000); return true;
    case LINE_PAIR_PER_HOST: site->is_per_host = true; return true;
    case LINE_LOGIN_LIMIT:
        site->group_policy.are_logins_limited = true;
        site->group_policy.login_limit = (uint16_t)line->number;
        return has_policy(site);
    case LINE_USER_LOCKED: user_policy(site)->group_lock = line->text; return true;
    case LINE_USER_LIMIT:
        user_policy(site)->are_logins_limited = true;
        site->user_policy.login_limit = (uint16_t)line->number;
        return true;
    case LINE_USER_SESSION: user_policy(site)->session_timeout_s = (uint32_t)(line->time_ms[0] / 1000); return true;
    case LINE_USER_ADDRESS:
        site->user_rights.mask = ip_mask(IP_V4, 24);
        return ip_parse(&site->user_rights.address, bytes_of_text(line->text));
    case LINE_USER_SERVICE: site->user_rights.is_refused = true; return true;
    case LINE_SERVES_USERS:
        site->serves_users = true;
        site->group_name = group_of_users;
        return true;
    case LINE_SERVES_ANY_USERS: site->serves_users = true; return true;
    case LINE_PAM_SAYS: site->has_pam = true; return verdict_of(line->text, &site->pam_verdict);
    case LINE_ASKS_LOCAL_AFTER: site->is_local_asked_after = true; return true;
    case LINE_BEGINS_MAIN: site->is_main_mode_of_users = true; return true;
    case LINE_HAS_USER:
        site->user = line->text;
        site->password = SIM_PASSWORD;
        site->key_id = group_of_users;
        return true;
    case LINE_HAS_PASSWORD: site->password = line->text; return true;
    default: return true;
    }
}

static void impair_world(struct sim *sim, const struct scenario_line *line)
{
    struct sim_network *network = sim_network(sim);
    struct ike_limits limits = sim_limits;

    switch (line->kind) {
    case LINE_SMALL_POOLS:
        limits.exchanges = line->number;
        sim_limit(sim, line->sites[0], &limits);
        break;
    case LINE_IMPAIR: sim_impair(sim, line->sites[0], line->nth, line->impairment, false); break;
    case LINE_IMPAIR_ALWAYS: sim_impair(sim, line->sites[0], line->nth, line->impairment, true); break;
    case LINE_LOSS: network->loss_percent = line->number; break;
    case LINE_REPEATED: network->repeat_percent = 100; break;
    case LINE_OWN_FILTER: network->is_refused[line->sites[0]] = true; break;
    case LINE_PORTS_TAKEN: network->is_taken[line->sites[0]] = true; break;
    case LINE_CUT_OFF: network->is_cut[line->sites[0]] = true; break;
    case LINE_NO_PORT: network->cut_port[line->sites[0]] = (uint16_t)line->number; break;
    case LINE_NO_ESP: network->is_esp_cut[line->sites[0]] = true; break;
    case LINE_PATH_MTU: network->datagram_max = line->number; break;
    case LINE_DELAY: network->delay_max_ms = (uint32_t)line->time_ms[0]; break;
    case LINE_VAULT_SLOW: network->answer_min_ms = network->answer_max_ms = (uint32_t)line->time_ms[0]; break;
    case LINE_VAULT_FAILS: network->answer_fails_percent = 100; break;
    case LINE_PLANE_SLOW: network->plane_min_ms = network->plane_max_ms = (uint32_t)line->time_ms[0]; break;
    case LINE_PLANE_REFUSES: network->install_fails_percent = 100; break;
    default: break;
    }
}

/* A tunnel that is not in the configuration any more: its peer is nobody's address. */
static void forget_peer(struct sim_site *site, uint16_t tunnel)
{
    site->peers[tunnel].address = 0xc0000001;
    site->peers[tunnel].key = "";
}

static void reload(struct telling *t, const struct scenario_line *line)
{
    struct sim_site *site = &t->sites[line->sites[0]];

    if (line->kind == LINE_AT_LOSES_PEER)
        forget_peer(site, tunnel_between(line->sites[0], line->sites[1]));
    if (line->kind == LINE_AT_CHANGES_KEY)
        set_keys(site, line->text);
    sim_site(t->sim, line->sites[0], site);
}

static void run_until(struct telling *t, uint64_t at_ms)
{
    t->at_ms = t->begun_ms + at_ms;
    if (t->at_ms > sim_now_ms(t->sim))
        sim_run(t->sim, t->at_ms - sim_now_ms(t->sim));
}

/* What a `given` says comes true now; what NAT changes, all sites have in their configurations. */
static bool mend(struct telling *t, const struct scenario_line *line)
{
    run_until(t, line->at_ms);
    if (!give(t->s, t->sites, line))
        return false;
    for (uint32_t i = 0; i < t->s->site_count; i++)
        sim_site(t->sim, i, &t->sites[i]);
    return true;
}

static bool is_happening(const struct scenario_line *line)
{
    return line->kind >= LINE_AT_WANTS && line->kind <= LINE_AT_ALL_WELL;
}

/* To the first host there. */
static void send_of_host(struct telling *t, const struct scenario_line *line, uint16_t tunnel)
{
    const struct sim_site *site = &t->sites[line->sites[0]];
    struct flow flow = {.local = sim_inner_ip(site, site->peers[tunnel].local_net + line->nth),
                        .remote = sim_inner_ip(site, site->peers[tunnel].remote_net + 1),
                        .protocol = 17,
                        .has_ports = true,
                        .local_port = 7,
                        .remote_port = 7};

    for (uint32_t i = 0; i < line->number; i++)
        sim_packet_of(t->sim, line->sites[0], &flow, 1024);
}

/* False: it is no `at` line. */
static bool happen(struct telling *t, const struct scenario_line *line)
{
    struct sim *sim = t->sim;
    uint32_t site = line->sites[0];
    uint16_t tunnel = tunnel_between(line->sites[0], line->sites[1]);

    if (!is_happening(line))
        return false;
    run_until(t, line->time_ms[0]);
    switch (line->kind) {
    case LINE_AT_WANTS: sim_acquire(sim, site, tunnel); break;
    case LINE_AT_PACKETS:
        for (uint32_t i = 0; i < line->number; i++)
            sim_packet(sim, site, tunnel, 1024);
        break;
    case LINE_AT_HOST_PACKETS: send_of_host(t, line, tunnel); break;
    case LINE_AT_CRASHES: sim_crash(sim, site, line->time_ms[1]); break;
    case LINE_AT_SLEEPS: sim_sleep(sim, site, line->time_ms[1]); break;
    case LINE_AT_JUMPS: sim_jump(sim, site, line->time_ms[1]); break;
    case LINE_AT_REBINDS: sim_rebind(sim, site); break;
    case LINE_AT_RELOADS:
    case LINE_AT_LOSES_PEER:
    case LINE_AT_CHANGES_KEY: reload(t, line); break;
    case LINE_AT_DOWN: sim_command(sim, site, IKE_DOWN); break;
    case LINE_AT_CLEARS_ISAKMP: sim_command(sim, site, IKE_CLEAR_ISAKMP); break;
    case LINE_AT_CLEARS_IPSEC: sim_command(sim, site, IKE_CLEAR_IPSEC); break;
    case LINE_AT_SHUTS_DOWN: sim_command(sim, site, IKE_SHUT_DOWN); break;
    case LINE_AT_CUT_OFF: sim_network(sim)->is_cut[site] = true; break;
    case LINE_AT_ALL_WELL: *sim_network(sim) = (struct sim_network){.delay_min_ms = 10, .delay_max_ms = 10}; break;
    default: break;
    }
    return true;
}

static uint32_t times_sent(const struct sim *sim, uint32_t site, uint32_t nth)
{
    uint32_t count = 0;

    for (uint32_t i = 0; sim_datagram(sim, i) != NULL; i++)
        count += sim_datagram(sim, i)->site == site && sim_datagram(sim, i)->number == nth;
    return count;
}

static bool has_outcome(const struct sim *sim, uint32_t site, const char *reason)
{
    struct ike_peer_view peer;

    for (uint32_t i = 0; ike_view_peer(sim_ike(sim, site), 0, i, &peer); i++)
        for (uint8_t k = 0; k < peer.outcome_count; k++)
            if (!peer.outcomes[k].is_success && strcmp(peer.outcomes[k].reason, reason) == 0)
                return true;
    return false;
}

static bool names_cause(const struct sim *sim, uint32_t site, const char *cause)
{
    const struct event *e = sim_last_event(sim, site, EV_EXCHANGE_FAILED);

    return e != NULL && strcmp(event_text(e, FIELD_VERDICT), cause) == 0;
}

static bool has_found_key(const struct sim *sim, uint32_t site, const char *hypothesis)
{
    struct ike_peer_view peer;

    for (uint32_t i = 0; ike_view_peer(sim_ike(sim, site), 0, i, &peer); i++)
        for (uint8_t k = 0; k < peer.outcome_count; k++)
            if (strcmp(peer.outcomes[k].hypothesis, hypothesis) == 0)
                return true;
    return false;
}

static bool last_refusal_is(const struct sim *sim, uint32_t site, const char *reason)
{
    static const enum event_kind kinds[] = {EV_MESSAGE_REFUSED, EV_AUTHENTICATION_FAILED};

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct event *e = sim_last_event(sim, site, kinds[i]);

        if (e != NULL && strcmp(event_text(e, FIELD_REASON), reason) == 0)
            return true;
    }
    return false;
}

static uint32_t times_told(const struct sim *sim, uint32_t site, const char *name)
{
    for (int kind = EV_NONE + 1; kind < EV_COUNT; kind++)
        if (strcmp(event_name((enum event_kind)kind), name) == 0)
            return sim_event_count(sim, site, (enum event_kind)kind);
    return UINT32_MAX;
}

static bool is_empty(const struct sim *sim, uint32_t site)
{
    struct ike_use use = ike_view_use(sim_ike(sim, site));

    return use.sas + use.exchanges + use.pairs + use.blobs + use.drafts + vault_secret_count(sim_vault(sim, site)) == 0;
}

/* As a client, of its gateway. */
static bool has_address(const struct sim *sim, uint32_t site, const char *address)
{
    struct ike_sa_view view;
    struct ip wanted;

    for (uint32_t i = 0; ip_parse(&wanted, bytes_of_text(address)) && ike_view_sa(sim_ike(sim, site), 0, i, &view); i++)
        if (ip_equal(view.assigned, wanted))
            return true;
    return false;
}

static bool is_in_state(const struct sim *sim, uint32_t site, const char *state)
{
    return strcmp(state, "none") == 0 ? ike_view_use(sim_ike(sim, site)).exchanges == 0 : sim_is_in(sim, site, state);
}

static bool holds(const struct sim *sim, const struct scenario_line *line)
{
    uint32_t site = line->sites[0];

    switch (line->kind) {
    case LINE_BOTH_UP: return sim_pairs_up(sim, 0) > 0 && sim_pairs_up(sim, 1) > 0;
    case LINE_SAME_KEYS: return sim_pairs_up(sim, 0) > 0 && sim_pairs_up(sim, 1) > 0 && sim_pairs_agree(sim, 0, 1);
    case LINE_UP_WITH: return sim_pairs_agree_for(sim, site, tunnel_between(site, line->sites[1]), line->sites[1]);
    case LINE_HAS_NO_PAIR: return sim_pairs_up(sim, site) == 0;
    case LINE_HAS_PAIRS: return sim_pairs_up(sim, site) == line->number;
    case LINE_HAS_ADDRESS: return has_address(sim, site, line->text);
    case LINE_IN_STATE: return is_in_state(sim, site, line->text);
    case LINE_SENDS_NTH: return times_sent(sim, site, line->nth) == line->times;
    case LINE_GIVES_UP: return has_outcome(sim, site, line->text);
    case LINE_NAMES_CAUSE: return names_cause(sim, site, line->text);
    case LINE_FINDS_KEY: return has_found_key(sim, site, line->text);
    case LINE_REFUSES: return last_refusal_is(sim, site, line->text);
    case LINE_TELLS: return times_told(sim, site, line->text) == line->times;
    case LINE_DELIVERED: return sim_packets(sim).delivered == line->number;
    case LINE_EMPTY: return is_empty(sim, site);
    default: return true;
    }
}

static bool expect(struct telling *t, const struct scenario_line *line)
{
    uint64_t until_ms = line->is_within ? t->at_ms + line->within_ms : sim_now_ms(t->sim) + PATIENCE_MS;

    if (line->is_at) {
        uint64_t at_ms = t->begun_ms + line->at_ms;

        if (at_ms > sim_now_ms(t->sim))
            sim_run(t->sim, at_ms - sim_now_ms(t->sim));
        return holds(t->sim, line);
    }
    while (!holds(t->sim, line)) {
        if (sim_now_ms(t->sim) >= until_ms)
            return false;
        sim_run(t->sim, STEP_MS);
    }
    return true;
}

static bool fail(struct telling *t, uint32_t line, const char *what)
{
    text_add(t->error, "line %u, after %llu ms: %s", line, (unsigned long long)(sim_now_ms(t->sim) - t->begun_ms),
             what);
    for (uint32_t i = 0; i < t->s->site_count; i++) {
        const struct event *e = sim_last_event(t->sim, i, EV_MESSAGE_REFUSED);

        text_add(t->error, "; %s has %u pairs", t->s->names[i], sim_pairs_up(t->sim, i));
        if (e != NULL)
            text_add(t->error, ", refused a message: %s", event_text(e, FIELD_REASON));
    }
    return false;
}

const struct scenario_line *scenario_repair(const struct scenario *s)
{
    for (uint32_t i = 0; i < s->line_count; i++)
        if (s->lines[i].is_repair)
            return &s->lines[i];
    return NULL;
}

bool scenario_run(const struct scenario *s, void *space, uint64_t seed, struct sim **sim, struct text *error)
{
    struct telling t = {.s = s, .error = error};

    make_sites(s, t.sites);
    t.sim = *sim = sim_make(space, s->site_count, seed);
    if (s->listener != NULL)
        sim_listen(t.sim, s->listener, s->listener_context);
    for (uint32_t i = 0; i < s->line_count; i++)
        if (!s->lines[i].is_repair && !give(s, t.sites, &s->lines[i]))
            return fail(&t, s->lines[i].line, "that word is not known here");
    for (uint32_t i = 0; i < s->site_count; i++)
        sim_site(t.sim, i, &t.sites[i]);
    for (uint32_t i = 0; i < s->line_count; i++)
        impair_world(t.sim, &s->lines[i]);
    t.begun_ms = t.at_ms = sim_now_ms(t.sim);
    for (uint32_t i = 0; i < s->line_count; i++) {
        const struct scenario_line *line = &s->lines[i];

        if (line->is_repair && !is_happening(line)) {
            if (!mend(&t, line))
                return fail(&t, line->line, "that word is not known here");
            continue;
        }
        if (!happen(&t, line) && !expect(&t, line))
            return fail(&t, line->line, "it is not so");
    }
    for (uint32_t i = 0; i < s->line_count; i++) {
        const struct scenario_line *line = &s->lines[i];

        if ((line->kind == LINE_SENDS_NTH || line->kind == LINE_TELLS) && !line->is_at && !holds(t.sim, line))
            return fail(&t, line->line, "it was so, and is so no more");
    }
    return sim_fault(t.sim) == NULL || fail(&t, 0, sim_fault(t.sim));
}
