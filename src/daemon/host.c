#include "daemon/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void host_harden(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    /* The leak checker of debug builds has to trace its own process. */
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* The value after `name` in a file of lines "name value"; false: there is none. */
static bool read_line_value(const char *path, const char *name, int base, uint64_t *value)
{
    FILE *file = fopen(path, "re");
    char line[256];
    bool is_found = false;

    if (file == NULL)
        return false;
    while (!is_found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0) {
            *value = strtoull(line + strlen(name), NULL, base);
            is_found = true;
        }
    fclose(file);
    return is_found;
}

static bool has_capabilities(void)
{
    static const int wanted[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE};
    uint64_t have = 0;

    if (!read_line_value("/proc/self/status", "CapEff:", 16, &have))
        return geteuid() == 0;
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        if (!(have & (UINT64_C(1) << wanted[i])))
            return false;
    return true;
}

bool host_can_run(struct text *why)
{
    if (!has_capabilities()) {
        text_add(why, "a gateway wants root, or the capabilities CAP_NET_ADMIN, CAP_NET_RAW and CAP_NET_BIND_SERVICE: "
                      "start ikewised as root");
        return false;
    }
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno == ENOENT)
        text_add(
            why,
            "there is no /dev/net/tun: load the kernel's module (modprobe tun), or give the device to this container");
    else
        text_add(why, "/dev/net/tun cannot be opened: %s", strerror(errno));
    return false;
}
