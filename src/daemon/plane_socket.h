/* The plane's doors to the system: the sockets for ESP, the TUN device, and what the kernel knows of a path. Each
 * returns 0 or an errno, and leaves its results untouched on failure. Descriptors are non-blocking and closed on exec.
 */
#ifndef DAEMON_PLANE_SOCKET_H
#define DAEMON_PLANE_SOCKET_H

#include "base/ip.h"

#include <netinet/in.h>

enum { PLANE_PORT = 4500 };

/* Both sockets on UDP 4500 of one address. A classic BPF program gives datagrams that begin with four zero bytes (the
 * non-ESP marker, RFC 3948 2.2) to the gate, and all others to the plane: ESP, keepalives, and what is nothing. */
int plane_socket_pair(struct ip local, int *gate_fd, int *plane_fd);

/* ESP as IP protocol 50, RFC 4303. The kernel hands over the packets with their IPv4 header, of IPv6 without. */
int plane_socket_esp(struct ip local, int *fd);

/* Throws away what the kernel reports of packets that left by it: of a raw socket of IPv6 only who asks for reports
 * lets the kernel learn from ICMPv6 how wide the path is. */
void plane_socket_drain_errors(int fd);

/* DF on what leaves by that socket from now on. */
int plane_socket_set_df(int fd, enum ip_family family, bool has_df);

/* What the kernel believes of the way to `remote`: its MTU, narrowed by ICMP "fragmentation needed" that quoted our
 * packets. */
int plane_socket_path_mtu(struct ip local, struct ip remote, uint32_t *mtu);

/* The MTU of the device that has this address. */
int plane_socket_media_mtu(struct ip local, uint32_t *mtu);

/* Makes the device (IFF_TUN, IFF_NO_PI), sets its MTU and brings it up. It goes when the descriptor is closed. */
int plane_tun_open(const char *name, uint32_t mtu, int *fd);

/* Of either family. */
struct plane_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

socklen_t plane_sockaddr(struct plane_address *address, struct endpoint e); /* its length */
struct endpoint plane_endpoint(const struct plane_address *address);

#endif
