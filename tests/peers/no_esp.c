/* Preloaded into pluto, and into charon where it is to have no ESP of its own, where the kernel has XFRM and no ESP: whatever would put an SA or a policy in place is turned into
 * a message that the kernel acknowledges and does nothing for. So quick mode ends as it would elsewhere; no ESP flows.
 * SPIs are still the kernel's: when the SA for one of them is to be completed, the kernel's half of it is taken away. */
#include <dlfcn.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_MAX = 8192 };

static int is_for_xfrm(int fd)
{
    int domain = 0, protocol = 0;
    socklen_t len = sizeof domain;

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 || domain != AF_NETLINK)
        return 0;
    len = sizeof protocol;
    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 && protocol == NETLINK_XFRM;
}

/* XFRM_MSG_UPDSA into XFRM_MSG_DELSA of the same SPI. */
static void take_away(struct nlmsghdr *header)
{
    struct xfrm_usersa_info info;
    struct xfrm_usersa_id id = {0};

    memcpy(&info, NLMSG_DATA(header), sizeof info);
    id.daddr = info.id.daddr;
    id.spi = info.id.spi;
    id.family = info.family;
    id.proto = info.id.proto;
    memcpy(NLMSG_DATA(header), &id, sizeof id);
    header->nlmsg_type = XFRM_MSG_DELSA;
    header->nlmsg_len = NLMSG_LENGTH(sizeof id);
}

static void defuse(struct nlmsghdr *header)
{
    switch (header->nlmsg_type) {
    case XFRM_MSG_UPDSA: take_away(header); break;
    case XFRM_MSG_NEWSA:
    case XFRM_MSG_DELSA:
    case XFRM_MSG_NEWPOLICY:
    case XFRM_MSG_UPDPOLICY:
    case XFRM_MSG_DELPOLICY: header->nlmsg_type = NLMSG_NOOP; break;
    default: return;
    }
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
}

union message {
    struct nlmsghdr header;
    char bytes[MESSAGE_MAX];
};

/* False: it goes as it is. */
static int is_defused(int fd, const void *data, size_t len, union message *message)
{
    if (len < sizeof message->header || len > sizeof *message || !is_for_xfrm(fd))
        return 0;
    memcpy(message->bytes, data, len);
    if (message->header.nlmsg_type != XFRM_MSG_UPDSA || len >= NLMSG_LENGTH(sizeof(struct xfrm_usersa_info)))
        defuse(&message->header);
    return 1;
}

/* pluto's way */
ssize_t write(int fd, const void *data, size_t len)
{
    static ssize_t (*next)(int, const void *, size_t);
    union message message;

    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "write");
    if (!is_defused(fd, data, len, &message))
        return next(fd, data, len);
    return next(fd, message.bytes, message.header.nlmsg_len) < 0 ? -1 : (ssize_t)len;
}

/* charon's */
ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
    static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    union message message;

    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "sendto");
    if (!is_defused(fd, data, len, &message))
        return next(fd, data, len, flags, to, to_len);
    return next(fd, message.bytes, message.header.nlmsg_len, flags, to, to_len) < 0 ? -1 : (ssize_t)len;
}
