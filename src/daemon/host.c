#include "daemon/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* The inode of a socket with that local port, from a table such as /proc/net/udp; 0: none. */
static uint64_t inode_of_port(const char *path, uint16_t port)
{
    FILE *file = fopen(path, "re");
    char line[512];
    uint64_t found = 0;

    if (file == NULL)
        return 0;
    while (found == 0 && fgets(line, sizeof line, file) != NULL) {
        unsigned line_port;
        uint64_t inode;
        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %*s %" SCNu64, &line_port, &inode) == 2 &&
            line_port == port)
            found = inode;
    }
    fclose(file);
    return found;
}

static bool process_has_socket(const char *pid, const char *link_text)
{
    char path[300], target[64];
    bool is_found = false;

    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *fds = opendir(path);
    if (fds == NULL)
        return false;
    for (const struct dirent *fd; !is_found && (fd = readdir(fds)) != NULL;) {
        snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, fd->d_name);
        ssize_t len = readlink(path, target, sizeof target - 1);
        if (len > 0) {
            target[len] = '\0';
            is_found = strcmp(target, link_text) == 0;
        }
    }
    closedir(fds);
    return is_found;
}

static void add_process(struct text *t, const char *pid)
{
    char path[40], name[64];
    size_t len = 0;

    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t got = read(fd, name, sizeof name);
        len = got > 1 ? (size_t)got - 1 : 0; /* without the line break */
        close(fd);
    }
    text_add_escaped(t, bytes_of(name, len));
    text_add(t, ", process %.20s", pid);
}

void host_add_port_owner(struct text *t, uint16_t port)
{
    uint64_t inode = inode_of_port("/proc/net/udp", port);
    char link_text[40];

    if (inode == 0)
        inode = inode_of_port("/proc/net/udp6", port);
    DIR *processes = inode == 0 ? NULL : opendir("/proc");
    if (processes == NULL)
        return;
    snprintf(link_text, sizeof link_text, "socket:[%" PRIu64 "]", inode);
    for (const struct dirent *p; (p = readdir(processes)) != NULL;)
        if (p->d_name[0] >= '1' && p->d_name[0] <= '9' && process_has_socket(p->d_name, link_text)) {
            add_process(t, p->d_name);
            break;
        }
    closedir(processes);
}

void host_log_settings(struct log *log)
{
    uint64_t value;

    if (read_line_value("/proc/sys/net/ipv4/ip_forward", "", 10, &value) && value == 0)
        log_note(
            log, LOG_WARNING,
            "this machine does not forward packets (net.ipv4.ip_forward is 0): only its own traffic can use a tunnel");
    if (read_line_value("/proc/sys/net/ipv4/conf/all/rp_filter", "", 10, &value) && value == 1)
        log_note(log, LOG_WARNING,
                 "the kernel checks reverse paths strictly (net.ipv4.conf.all.rp_filter is 1): packets from a tunnel "
                 "are dropped unless "
                 "a route, such as the default route, leads to their source; 2 is loose");
}
