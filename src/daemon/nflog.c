#include "daemon/nflog.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { READS_PER_TURN = 16, MESSAGE_SIZE = 256, SHOWN_LEN = 64 };

struct nflog {
    struct mnl_socket *socket;
    uv_poll_t poll;
    void *context;
    nflog_taker *take;
};

static int on_message(const struct nlmsghdr *header, void *data)
{
    const struct nflog *log = data;
    const struct nlattr *attribute;
    struct nflog_packet told = {0};

    if (header->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
        return MNL_CB_OK;
    mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
    {
        struct bytes value = bytes_of(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));

        switch (mnl_attr_get_type(attribute)) {
        case NFULA_PAYLOAD: told.packet = value; break;
        case NFULA_PREFIX: told.prefix = value; break;
        case NFULA_IFINDEX_INDEV:
            told.in_device = mnl_attr_get_len(attribute) < 8 ? 0 : ntohl(mnl_attr_get_u32(attribute));
            break;
        case NFULA_IFINDEX_OUTDEV:
            told.out_device = mnl_attr_get_len(attribute) < 8 ? 0 : ntohl(mnl_attr_get_u32(attribute));
            break;
        }
    }
    if (told.packet.len > 0)
        log->take(log->context, &told);
    return MNL_CB_OK;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct nflog *log = poll->data;
    uint8_t space[8192];

    (void)status;
    (void)events;
    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t len = recv(mnl_socket_get_fd(log->socket), space, sizeof space, MSG_DONTWAIT);
        if (len <= 0)
            return;
        mnl_cb_run(space, (size_t)len, 0, 0, on_message, log);
    }
}

static struct nlmsghdr *message_begin(void *space, uint16_t number)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(space);
    struct nfgenmsg *group;

    header->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    group = mnl_nlmsg_put_extra_header(header, sizeof *group);
    group->nfgen_family = AF_UNSPEC;
    group->version = NFNETLINK_V0;
    group->res_id = htons(number);
    return header;
}

static bool ask(struct mnl_socket *socket, const struct nlmsghdr *header)
{
    uint8_t space[4096];
    ssize_t len;

    if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
        return false;
    len = mnl_socket_recvfrom(socket, space, sizeof space);
    return len > 0 && mnl_cb_run(space, (size_t)len, 0, 0, NULL, NULL) >= 0;
}

/* As they come, one by one, and only their beginning. */
static bool join_group(struct mnl_socket *socket, uint16_t number)
{
    _Alignas(struct nlmsghdr) uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, number);

    mnl_attr_put(header, NFULA_CFG_CMD, sizeof(struct nfulnl_msg_config_cmd),
                 &(struct nfulnl_msg_config_cmd){.command = NFULNL_CFG_CMD_BIND});
    if (!ask(socket, header))
        return false;
    header = message_begin(space, number);
    mnl_attr_put(header, NFULA_CFG_MODE, sizeof(struct nfulnl_msg_config_mode),
                 &(struct nfulnl_msg_config_mode){.copy_range = htonl(SHOWN_LEN), .copy_mode = NFULNL_COPY_PACKET});
    mnl_attr_put_u32(header, NFULA_CFG_QTHRESH, htonl(1));
    return ask(socket, header);
}

struct nflog *nflog_open(uv_loop_t *loop, uint16_t group, void *context, nflog_taker *take)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    struct nflog *log = calloc(1, sizeof *log);

    CHECK(log != NULL);
    if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 || !join_group(socket, group)) {
        if (socket != NULL)
            mnl_socket_close(socket);
        free(log);
        return NULL;
    }
    *log = (struct nflog){.socket = socket, .context = context, .take = take};
    CHECK(uv_poll_init(loop, &log->poll, mnl_socket_get_fd(socket)) == 0);
    log->poll.data = log;
    CHECK(uv_poll_start(&log->poll, UV_READABLE, on_readable) == 0);
    return log;
}

static void is_closed(uv_handle_t *handle)
{
    struct nflog *log = handle->data;

    mnl_socket_close(log->socket);
    free(log);
}

void nflog_close(struct nflog *log)
{
    uv_poll_stop(&log->poll);
    uv_close((uv_handle_t *)&log->poll, is_closed);
}
