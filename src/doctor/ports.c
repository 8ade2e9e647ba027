/* Whether the ports of IKE are free. ikewised itself may have them. */
#include "base/names.h"
#include "doctor/owner.h"
#include "doctor/parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const char *process, *service;
} services[] = {
#define SERVICE(process, service) {process, service},
#include "doctor/services.def"
#undef SERVICE
};

void examine_ports(struct doctor *doctor);

/* Tried as ikewised would bind it: only the kernel knows what may share a port. */
static bool is_taken(struct ip ip, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_v6 = ip.family == IP_V6;
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    memcpy(&in.sin_addr, ip.octets, 4);
    memcpy(&in6.sin6_addr, ip.octets, 16);
    bool is_bound =
        bind(fd, is_v6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in, is_v6 ? sizeof in6 : sizeof in) == 0;
    int error = errno;
    close(fd);
    return !is_bound && error == EADDRINUSE;
}

static const char *service_of(const char *process)
{
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (strcmp(services[i].process, process) == 0)
            return services[i].service;
    return NULL;
}

static void examine_port(struct doctor *doctor, struct ip ip, uint16_t port)
{
    char address[IP_TEXT_SIZE], number[NUMBER_SIZE];
    struct owner owner;
    struct fields fields = {.address = ip_is_set(ip) ? ip_text(ip, address) : "every address",
                            .port = number_text(port, number)};

    if (!is_taken(ip, port))
        return;
    if (!owner_find(ip, port, &owner)) {
        doctor_find(doctor, DOCTOR_PORT_TAKEN, &fields);
        return;
    }
    if (strcmp(owner.name, PROCESS_NAME) == 0)
        return;
    fields.process = owner.name;
    fields.pid = owner.pid;
    fields.service = service_of(owner.name);
    doctor_find(doctor, fields.service != NULL ? DOCTOR_PORT_OF_SERVICE : DOCTOR_PORT_OF_PROCESS, &fields);
}

void examine_ports(struct doctor *doctor)
{
    static const uint16_t ports[] = {PORT_ISAKMP, PORT_NAT_T};
    const struct policy *policy = doctor->policy;

    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        if (policy == NULL)
            examine_port(doctor, (struct ip){0}, ports[i]);
        for (uint16_t j = 0; policy != NULL && j < policy->interface_count; j++)
            if (policy->interfaces[j].is_ikev1_enabled && ip_is_set(policy->interfaces[j].ip))
                examine_port(doctor, policy->interfaces[j].ip, ports[i]);
    }
}
