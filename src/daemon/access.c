#include "daemon/access.h"

#include "base/names.h"
#include "base/protocol.h"
#include "daemon/access_rules.h"
#include "daemon/nft_json.h"
#include "doctor/nft.h"
#include "esp/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool run_nft(const char *json, struct text *why)
{
    return nft_run(bytes_of_text(json), true, "rules of access-groups", "filters by access-groups", why);
}

static bool write_rules(const struct policy *policy, bool has_log, struct text *why)
{
    char *json = access_rules_json(policy, has_log);
    bool ok = json != NULL && run_nft(json, why);

    if (json == NULL)
        text_add(why, "the rules of access-groups: %s", strerror(ENOMEM));
    free(json);
    return ok;
}

bool access_close_up(const struct policy *old, const struct policy *policy, struct text *why)
{
    char first_try[400];
    struct text without_log = text_of(first_try, sizeof first_try);

    if (policy->access_group_count == 0)
        return (old != NULL && old->access_group_count == 0) || access_take_away(why);
    return write_rules(policy, true, &without_log) || write_rules(policy, false, why);
}

bool access_is_same(const struct policy *a, const struct policy *b)
{
    if (a->access_group_count == 0 || b->access_group_count == 0)
        return a->access_group_count == b->access_group_count;

    char *one = access_rules_json(a, true), *other = access_rules_json(b, true);
    bool is_same = one != NULL && other != NULL && strcmp(one, other) == 0;

    free(one);
    free(other);
    return is_same;
}

bool access_take_away(struct text *why)
{
    return run_nft(access_rules_removal, why);
}

bool access_read_counters(const struct policy *policy, uint64_t *hits, uint64_t *dropped)
{
    json_t *root = policy->access_group_count == 0 ? NULL : nft_read_counters("list", NFT_ACCESS_TABLE);
    char name[ACCESS_COUNTER_SIZE];

    for (uint16_t i = 0; root != NULL && i < policy->filter_count; i++)
        for (uint32_t ace = 0; ace <= policy->filters[i].ace_count; ace++)
            hits[policy->filters[i].first_hit + ace] =
                nft_counter_packets(root, access_counter_name(&policy->filters[i], (uint16_t)ace, name));
    if (root != NULL)
        *dropped = nft_counter_packets(root, ACCESS_DROPPED);
    json_decref(root);
    return root != NULL;
}

/* ---- what was denied ---- */

/* The TUN stands for the interface of the crypto map. */
static const char *nameif_of(const struct policy *policy, const char *device)
{
    for (uint16_t i = 0; strcmp(device, TUN_NAME) == 0 && i < policy->interface_count; i++)
        if (policy->interfaces[i].map_name[0] != '\0')
            return policy->interfaces[i].name;
    for (uint16_t i = 0; i < policy->interface_count; i++)
        if (device[0] != '\0' && strcmp(policy->interfaces[i].linux_name, device) == 0)
            return policy->interfaces[i].name;
    return device[0] == '\0' ? "identity" : device; /* an ASA's name for itself */
}

static const char *protocol_text(uint8_t protocol, char space[static 16])
{
    struct text t = text_of(space, 16);

    text_add(&t, protocol_name(protocol) == NULL ? "protocol " : "");
    text_add_protocol(&t, protocol);
    return space;
}

bool access_event(const struct policy *policy, struct bytes prefix, struct bytes packet, const char *in_device,
                  const char *out_device, struct event *event)
{
    char space[16];
    unsigned group = 0;
    struct inner inner;

    for (size_t i = 0; i < prefix.len && prefix.data[i] >= '0' && prefix.data[i] <= '9' && group < NO_INDEX; i++)
        group = group * 10 + prefix.data[i] - '0';
    if (prefix.len == 0 || group >= policy->access_group_count || !inner_read_beginning(&inner, packet))
        return false;
    *event = event_of(EV_PACKET_DENIED);
    event_add_text(event, FIELD_REASON, "ACCESS_GROUP");
    if (policy->access_groups[group].way == ACCESS_CONTROL_PLANE)
        event_add_text(event, FIELD_DIRECTION, "control-plane");
    event_add_text(event, FIELD_FILTER, policy->filters[policy->access_groups[group].filter].name);
    event_add_text(event, FIELD_INNER_PROTOCOL, protocol_text(inner.protocol, space));
    event_add_text(event, FIELD_INTERFACE, nameif_of(policy, in_device));
    event_add_ip(event, FIELD_INNER_SOURCE, inner.source);
    event_add_text(event, FIELD_INTERFACE_TO, nameif_of(policy, out_device));
    event_add_ip(event, FIELD_INNER_DESTINATION, inner.destination);
    if (inner.has_ports) {
        event_add_number(event, FIELD_INNER_SOURCE_PORT, inner.source_port);
        event_add_number(event, FIELD_INNER_DESTINATION_PORT, inner.destination_port);
    }
    return true;
}
