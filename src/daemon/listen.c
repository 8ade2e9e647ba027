#include "daemon/listen.h"

#include "daemon/log.h"
#include "doctor/owner.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

static bool is_wanted(const struct policy_interface *interface)
{
    return interface->is_ikev1_enabled && ip_is_set(interface->ip) && interface->linux_name[0] != '\0';
}

static void say_why_not_open(struct text *why, const struct policy_interface *interface, int error)
{
    char ip[IP_TEXT_SIZE];
    struct owner owner;

    text_add(why, "UDP 500 and 4500 of %s (%s): %s", ip_text(interface->ip, ip), interface->name, strerror(error));
    if (error != EADDRINUSE)
        return;
    text_add(why, "; another IKE daemon has them");
    if (!owner_find(interface->ip, PORT_ISAKMP, &owner) && !owner_find(interface->ip, PORT_NAT_T, &owner))
        return;
    text_add(why, ": ");
    text_add_escaped(why, bytes_of_text(owner.name));
    text_add(why, ", process %s", owner.pid);
}

static int open_interface(struct daemon *daemon, const struct policy_interface *interface)
{
    char ip[IP_TEXT_SIZE];
    int fd_4500;
    int error = plane_open_local(daemon->plane, interface->ip, &fd_4500);

    if (error != 0)
        return error;
    error = gate_open(daemon->gate, interface->ip, fd_4500);
    if (error != 0) {
        plane_close_local(daemon->plane, interface->ip);
        return error;
    }
    log_note(daemon->log, LOG_INFO, "ISAKMP is enabled on %s: listening on %s, UDP 500 and 4500", interface->name,
             ip_text(interface->ip, ip));
    return 0;
}

bool listen_open(struct daemon *daemon, struct text *why)
{
    const struct policy *policy = &daemon->config->conf.policy;
    bool ok = true;

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        if (!is_wanted(interface) || gate_is_open(daemon->gate, interface->ip))
            continue;
        int error = open_interface(daemon, interface);
        /* The address may still come: look_again sees to it. */
        if (error == 0 || error == EADDRNOTAVAIL)
            continue;
        if (ok)
            say_why_not_open(why, interface, error);
        ok = false;
    }
    return ok;
}

bool listen_can_open(const struct daemon *daemon, struct text *why)
{
    const struct policy *policy = &daemon->config->conf.policy;

    if (if_nametoindex(TUN_NAME) != 0) {
        text_add(why, "there is a device " TUN_NAME " already: another ikewised runs here");
        return false;
    }
    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        int error = is_wanted(interface) ? gate_try(interface->ip) : 0;
        if (error != 0 && error != EADDRNOTAVAIL) {
            say_why_not_open(why, interface, error);
            return false;
        }
    }
    return true;
}

void listen_close_unwanted(struct daemon *daemon, const struct policy *old, const struct policy *new)
{
    for (uint16_t i = 0; i < old->interface_count; i++) {
        uint16_t index = policy_interface_of(new, old->interfaces[i].ip);
        if (!gate_is_open(daemon->gate, old->interfaces[i].ip) ||
            (index != NO_INDEX && is_wanted(&new->interfaces[index])))
            continue;
        gate_close(daemon->gate, old->interfaces[i].ip);
        plane_close_local(daemon->plane, old->interfaces[i].ip);
    }
}

void listen_warn_of_missing(struct daemon *daemon)
{
    const struct policy *policy = &daemon->config->conf.policy;
    char ip[IP_TEXT_SIZE];

    for (uint16_t i = 0; i < policy->interface_count; i++) {
        const struct policy_interface *interface = &policy->interfaces[i];
        if (interface->is_ikev1_enabled && !gate_is_open(daemon->gate, interface->ip))
            log_note(daemon->log, LOG_WARNING,
                     "no interface of this machine has the address of %s (%s), %s: it is used as soon as one has",
                     interface->name, interface->hardware,
                     ip_is_set(interface->ip) ? ip_text(interface->ip, ip) : "none");
    }
}
