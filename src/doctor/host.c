/* What this machine is, and lets us do. */
#include "doctor/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name;
} capability_rows[] = {
    {CAP_NET_ADMIN, "CAP_NET_ADMIN"},
    {CAP_NET_RAW, "CAP_NET_RAW"},
    {CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"},
};

void examine_capabilities(struct doctor *doctor);
void examine_tun(struct doctor *doctor);

bool line_find(const char *path, const char *begins, char *rest, size_t size)
{
    FILE *file = fopen(path, "re");
    char line[512];
    bool is_found = false;

    if (file == NULL)
        return false;
    while (!is_found && fgets(line, sizeof line, file) != NULL) {
        is_found = strncmp(line, begins, strlen(begins)) == 0;
        line[strcspn(line, "\n")] = '\0';
    }
    fclose(file);
    if (is_found)
        snprintf(rest, size, "%s", line + strlen(begins));
    return is_found;
}

int setting_read(const char *format, ...)
{
    char path[128] = "/proc/sys/net/", value[16];
    size_t len = strlen(path);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path + len, sizeof path - len, format, arguments);
    va_end(arguments);
    return line_find(path, "", value, sizeof value) ? atoi(value) : -1;
}

static struct ip ip_of_address(const struct sockaddr *address)
{
    if (address != NULL && address->sa_family == AF_INET)
        return ip_of_bytes(bytes_of(&((const struct sockaddr_in *)(const void *)address)->sin_addr, 4));
    if (address != NULL && address->sa_family == AF_INET6)
        return ip_of_bytes(bytes_of(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16));
    return (struct ip){0};
}

bool address_find(struct ip ip, struct address *address)
{
    struct ifaddrs *all = NULL;
    bool is_found = false;

    if (getifaddrs(&all) < 0)
        return false;
    for (const struct ifaddrs *one = all; one != NULL && !is_found; one = one->ifa_next)
        if (ip_equal(ip_of_address(one->ifa_addr), ip)) {
            snprintf(address->device, sizeof address->device, "%s", one->ifa_name);
            address->is_up = (one->ifa_flags & IFF_UP) != 0;
            is_found = true;
        }
    freeifaddrs(all);
    return is_found;
}

/* ---- What a gateway must be allowed ---- */

void examine_capabilities(struct doctor *doctor)
{
    char value[64];
    uint64_t have = 0;

    if (!line_find("/proc/self/status", "CapEff:", value, sizeof value))
        return;
    have = strtoull(value, NULL, 16);
    for (size_t i = 0; i < COUNT_OF(capability_rows); i++)
        if (!(have & UINT64_C(1) << capability_rows[i].number))
            doctor_find(doctor, geteuid() == 0 ? DOCTOR_CAPABILITY : DOCTOR_NOT_ROOT,
                        &(struct fields){.capability = capability_rows[i].name});
}

/* /proc/misc: "200 tun" once the module is there. */
static bool has_tun_module(void)
{
    char rest[64];

    return line_find("/proc/misc", "200 ", rest, sizeof rest);
}

void examine_tun(struct doctor *doctor)
{
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (fd >= 0) {
        close(fd);
        return;
    }
    int error = errno;
    if (error == ENOENT || error == ENOTDIR || error == ENXIO || error == ENODEV)
        doctor_find(doctor, error == ENOENT && has_tun_module() ? DOCTOR_NO_TUN_DEVICE : DOCTOR_NO_TUN_MODULE,
                    &(struct fields){0});
    else if (geteuid() == 0)
        doctor_find(doctor, DOCTOR_TUN_REFUSED, &(struct fields){.error = strerror(error)});
}
