/* The policy as records: show crypto isakmp policy, show crypto map. */
#include "daemon/control_client.h"
#include "daemon/control_words.h"
#include "policy/ace_words.h"

#include <string.h>

static const struct policy *policy_of(const struct client *client)
{
    return client->control->source->policy(client->control->source->context);
}

bool show_policies(struct client *client)
{
    const struct policy *policy = policy_of(client);
    struct control_record r = control_record_of(RECORD_isakmp_policy);

    if (client->index >= policy->isakmp_policy_count)
        return false;
    const struct isakmp_policy *p = &policy->isakmp_policies[client->index++];

    record_set_number(&r, COL_isakmp_policy_priority, p->priority);
    record_set_text(&r, COL_isakmp_policy_encryption, cipher_info(p->cipher)->asa_name);
    record_set_number(&r, COL_isakmp_policy_key_bits, 8 * cipher_info(p->cipher)->key_len);
    record_set_text(&r, COL_isakmp_policy_hash, hash_info(p->hash)->asa_name);
    record_set_text(&r, COL_isakmp_policy_auth, auth_name(p->auth));
    record_set_number(&r, COL_isakmp_policy_group, group_info(p->group)->number);
    record_set_number(&r, COL_isakmp_policy_group_bits,
                      8 * group_info(p->group)->public_len / (group_info(p->group)->kind == GROUP_KIND_MODP ? 1 : 2));
    record_set_number(&r, COL_isakmp_policy_lifetime_s, p->lifetime_s);
    client_send(client, &r);
    return true;
}

static void set_lists(struct control_record *r, const struct policy *policy, const struct tunnel *tunnel)
{
    char space[1024], ip[IP_TEXT_SIZE];
    struct text t = text_of(space, sizeof space);

    for (size_t i = 0; i < tunnel->peer_count; i++)
        text_add(&t, "%s%s", i ? " " : "", ip_text(tunnel->peers[i], ip));
    record_set_text(r, COL_map_entry_peers, space);
    t = text_of(space, sizeof space);
    for (size_t i = 0; i < tunnel->transform_set_count; i++)
        text_add(&t, "%s%s", i ? " " : "", policy->transform_sets[tunnel->transform_sets[i]].name);
    record_set_text(r, COL_map_entry_transform_sets, space);
    t = text_of(space, sizeof space);
    for (size_t i = 0; i < tunnel->transform_set_count; i++) {
        const struct transform_set *set = &policy->transform_sets[tunnel->transform_sets[i]];

        text_add(&t, "%s%s %s", i ? "|" : "", cipher_info(set->cipher)->asa_name,
                 set->integrity == HASH_NONE ? "none" : hash_info(set->integrity)->asa_name);
    }
    record_set_text(r, COL_map_entry_transforms, space);
    t = text_of(space, sizeof space);
    for (size_t i = 0; i < tunnel->ace_count && !t.is_cut; i++) {
        text_add(&t, "%s", i ? "|" : "");
        text_add_ios_acl_line(&t, tunnel->acl_name, &tunnel->aces[i]);
    }
    record_set_text(r, COL_map_entry_lines, space);
}

static bool is_entry_asked_for(const struct client *client, const struct tunnel *tunnel)
{
    const struct control_request *request = &client->request;
    const struct policy *policy = policy_of(client);
    const char *interface =
        tunnel->interface < policy->interface_count ? policy->interfaces[tunnel->interface].name : "";

    return (request->id != CONTROL_SHOW_DYNAMIC_MAP || tunnel->is_dynamic) &&
           (request->map[0] == '\0' || strcmp(request->map, tunnel->map_name) == 0) &&
           (request->packet.nameif[0] == '\0' || strcmp(request->packet.nameif, interface) == 0);
}

bool show_map(struct client *client)
{
    const struct policy *policy = policy_of(client);
    struct control_record r = control_record_of(RECORD_map_entry);

    if (client->index >= policy->tunnel_count)
        return false;
    const struct tunnel *tunnel = &policy->tunnels[client->index++];

    if (!is_entry_asked_for(client, tunnel))
        return true;

    record_set_text(&r, COL_map_entry_map, tunnel->map_name);
    record_set_number(&r, COL_map_entry_sequence, tunnel->sequence);
    record_set_text(&r, COL_map_entry_acl, tunnel->acl_name);
    record_set_number(&r, COL_map_entry_lifetime_s, tunnel->lifetime_s);
    record_set_number(&r, COL_map_entry_lifetime_kb, tunnel->lifetime_kb);
    record_set_number(&r, COL_map_entry_pfs_group, tunnel->pfs == GROUP_NONE ? 0 : group_info(tunnel->pfs)->number);
    if (tunnel->interface < policy->interface_count)
        record_set_text(&r, COL_map_entry_interface, policy->interfaces[tunnel->interface].name);
    record_set_flag(&r, COL_map_entry_answers_only, tunnel->connection_type == CONNECTION_ANSWER_ONLY);
    if (tunnel->is_dynamic)
        record_set_flag(&r, COL_map_entry_dynamic, true);
    record_set_text(&r, COL_map_entry_parked, tunnel->parked);
    set_lists(&r, policy, tunnel);
    client_send(client, &r);
    return true;
}

/* Never the key itself: the daemon's gate does not have it. */
bool show_keys(struct client *client)
{
    const struct policy *policy = policy_of(client);
    struct control_record r = control_record_of(RECORD_isakmp_key);

    if (client->index >= policy->tunnel_group_count)
        return false;
    const struct tunnel_group *group = &policy->tunnel_groups[client->index++];

    if (!group->has_key && !group->is_key_hidden)
        return true;
    record_set_text(&r, COL_isakmp_key_name, group->name);
    record_set_flag(&r, COL_isakmp_key_usable, group->has_key);
    client_send(client, &r);
    return true;
}

bool show_lifetime(struct client *client)
{
    struct control_record r = control_record_of(RECORD_sa_lifetime);

    record_set_number(&r, COL_sa_lifetime_seconds, policy_of(client)->ipsec_lifetime_s);
    record_set_number(&r, COL_sa_lifetime_kilobytes, policy_of(client)->ipsec_lifetime_kb);
    client_send(client, &r);
    return false;
}

bool show_transforms(struct client *client)
{
    const struct policy *policy = policy_of(client);
    struct control_record r = control_record_of(RECORD_transform_set);

    if (client->index >= policy->transform_set_count)
        return false;
    const struct transform_set *set = &policy->transform_sets[client->index++];

    record_set_text(&r, COL_transform_set_name, set->name);
    record_set_text(&r, COL_transform_set_encryption, cipher_info(set->cipher)->asa_name);
    record_set_text(&r, COL_transform_set_integrity,
                    set->integrity == HASH_NONE ? "none" : hash_info(set->integrity)->asa_name);
    record_set_flag(&r, COL_transform_set_transport, set->is_transport);
    client_send(client, &r);
    return true;
}

static const char *identity_word(const struct policy *policy, uint16_t group)
{
    static const char *const words[] = {[IDENTITY_AUTO] = "ip-address",
                                        [IDENTITY_ADDRESS] = "ip-address",
                                        [IDENTITY_HOSTNAME] = "fqdn",
                                        [IDENTITY_USER_FQDN] = "user-fqdn",
                                        [IDENTITY_KEY_ID] = "key-id"};
    enum identity_kind kind = policy_identity_to(policy, group).kind;

    return kind == IDENTITY_AUTO && policy->tunnel_groups[group].trustpoint > 0 ? "dn" : words[kind];
}

bool show_profiles(struct client *client)
{
    const struct policy *policy = policy_of(client);
    struct control_record r = control_record_of(RECORD_profile);

    if (client->index >= policy->tunnel_group_count)
        return false;
    uint16_t index = (uint16_t)client->index++;
    const struct tunnel_group *group = &policy->tunnel_groups[index];

    if (client->request.group[0] != '\0' && strcmp(client->request.group, group->name) != 0)
        return true;
    record_set_text(&r, COL_profile_name, group->name);
    if (ip_is_set(group->peer))
        record_set_ip(&r, COL_profile_address, group->peer);
    else if (group->is_by_identity)
        record_set_text(&r, COL_profile_group, group->name);
    record_set_text(&r, COL_profile_identity, identity_word(policy, index));
    record_set_flag(&r, COL_profile_has_key, group->has_key || group->is_key_hidden);
    if (group->trustpoint > 0 && group->trustpoint <= policy->trustpoint_count)
        record_set_text(&r, COL_profile_trustpoint, policy->trustpoints[group->trustpoint - 1].name);
    client_send(client, &r);
    return true;
}
