#include "doctor/owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEX_SIZE = 33 };

/* An address as /proc/net/udp and udp6 spell it: words as they lie in memory. */
static void spell(const uint8_t *octets, size_t len, char hex[static HEX_SIZE])
{
    for (size_t i = 0; i < len; i += 4) {
        uint32_t word;
        memcpy(&word, octets + i, sizeof word);
        snprintf(hex + 2 * i, 9, "%08" PRIX32, word);
    }
}

/* What is bound to all addresses of IPv6 has those of IPv4 too, unless it has said otherwise. */
static bool is_same_address(const char *hex, struct ip ip)
{
    char wanted[HEX_SIZE], mapped[HEX_SIZE];
    uint8_t octets[16] = {[10] = 0xff, [11] = 0xff};

    if (!ip_is_set(ip) || strspn(hex, "0") == strlen(hex))
        return true;
    spell(ip.octets, ip_len(ip), wanted);
    memcpy(octets + 12, ip.octets, 4);
    spell(octets, sizeof octets, mapped);
    return strcmp(hex, wanted) == 0 || (ip.family == IP_V4 && strcmp(hex, mapped) == 0);
}

/* 0: none. */
static uint64_t inode_find(const char *path, struct ip ip, uint16_t port)
{
    FILE *file = fopen(path, "re");
    char line[512], hex[HEX_SIZE];
    uint64_t found = 0, inode;
    unsigned line_port;

    if (file == NULL)
        return 0;
    while (found == 0 && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %*s %" SCNu64, hex, &line_port, &inode) ==
                3 &&
            line_port == port && is_same_address(hex, ip))
            found = inode;
    fclose(file);
    return found;
}

static bool has_socket(const char *pid, const char *link_text)
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

static void describe(const char *pid, struct owner *owner)
{
    char path[40];
    ssize_t len = 0;

    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        len = read(fd, owner->name, sizeof owner->name - 1);
        close(fd);
    }
    owner->name[len > 0 ? len - 1 : 0] = '\0'; /* without its line break */
    snprintf(owner->pid, sizeof owner->pid, "%.20s", pid);
}

bool owner_find(struct ip ip, uint16_t port, struct owner *owner)
{
    char link_text[40];
    bool is_found = false;
    uint64_t inode = inode_find("/proc/net/udp", ip, port);

    if (inode == 0)
        inode = inode_find("/proc/net/udp6", ip, port);
    DIR *processes = inode == 0 ? NULL : opendir("/proc");
    if (processes == NULL)
        return false;
    snprintf(link_text, sizeof link_text, "socket:[%" PRIu64 "]", inode);
    for (const struct dirent *p; !is_found && (p = readdir(processes)) != NULL;)
        if (p->d_name[0] >= '1' && p->d_name[0] <= '9' && has_socket(p->d_name, link_text)) {
            describe(p->d_name, owner);
            is_found = true;
        }
    closedir(processes);
    return is_found;
}
