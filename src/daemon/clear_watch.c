#include "daemon/clear_watch.h"

#include "base/check.h"
#include "daemon/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { READS_PER_TURN = 16, MESSAGE_SIZE = 256, SHOWN_LEN = 64 };

struct clear_watch {
    struct mnl_socket *socket;
    uv_poll_t poll;
    void *context;
    void (*on_event)(void *context, const struct event *event);
};

static const char *protocol_name(uint8_t protocol, char space[static 4])
{
    struct text t = text_of(space, 4);

    switch (protocol) {
    case IPPROTO_ICMP: return "ICMP";
    case IPPROTO_TCP: return "TCP";
    case IPPROTO_UDP: return "UDP";
    default: text_add(&t, "%u", protocol); return space;
    }
}

static void tell(const struct clear_watch *watch, struct bytes packet)
{
    struct event e = event_of(EV_PACKET_REFUSED);
    char space[4];

    event_add_text(&e, FIELD_REASON, "IN_CLEAR");
    if (packet.len >= 20 && packet.data[0] >> 4 == 4) {
        event_add_text(&e, FIELD_INNER_PROTOCOL, protocol_name(packet.data[9], space));
        event_add_ip(&e, FIELD_INNER_SOURCE, ip_of_bytes(bytes_of(packet.data + 12, 4)));
        event_add_ip(&e, FIELD_INNER_DESTINATION, ip_of_bytes(bytes_of(packet.data + 16, 4)));
    } else if (packet.len >= 40 && packet.data[0] >> 4 == 6) {
        event_add_text(&e, FIELD_INNER_PROTOCOL, protocol_name(packet.data[6], space));
        event_add_ip(&e, FIELD_INNER_SOURCE, ip_of_bytes(bytes_of(packet.data + 8, 16)));
        event_add_ip(&e, FIELD_INNER_DESTINATION, ip_of_bytes(bytes_of(packet.data + 24, 16)));
    } else {
        return;
    }
    watch->on_event(watch->context, &e);
}

static int on_message(const struct nlmsghdr *header, void *data)
{
    const struct nlattr *attribute;

    if (header->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
        return MNL_CB_OK;
    mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attribute) == NFULA_PAYLOAD)
        tell(data, bytes_of(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute)));
    return MNL_CB_OK;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct clear_watch *watch = poll->data;
    uint8_t space[8192];

    (void)status;
    (void)events;
    for (int i = 0; i < READS_PER_TURN; i++) {
        ssize_t len = recv(mnl_socket_get_fd(watch->socket), space, sizeof space, MSG_DONTWAIT);
        if (len <= 0)
            return;
        mnl_cb_run(space, (size_t)len, 0, 0, on_message, watch);
    }
}

static struct nlmsghdr *message_begin(void *space)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(space);
    struct nfgenmsg *group;

    header->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    group = mnl_nlmsg_put_extra_header(header, sizeof *group);
    group->nfgen_family = AF_UNSPEC;
    group->version = NFNETLINK_V0;
    group->res_id = htons(CLEAR_LOG_GROUP);
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
static bool join_group(struct mnl_socket *socket)
{
    _Alignas(struct nlmsghdr) uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space);

    mnl_attr_put(header, NFULA_CFG_CMD, sizeof(struct nfulnl_msg_config_cmd),
                 &(struct nfulnl_msg_config_cmd){.command = NFULNL_CFG_CMD_BIND});
    if (!ask(socket, header))
        return false;
    header = message_begin(space);
    mnl_attr_put(header, NFULA_CFG_MODE, sizeof(struct nfulnl_msg_config_mode),
                 &(struct nfulnl_msg_config_mode){.copy_range = htonl(SHOWN_LEN), .copy_mode = NFULNL_COPY_PACKET});
    mnl_attr_put_u32(header, NFULA_CFG_QTHRESH, htonl(1));
    return ask(socket, header);
}

struct clear_watch *clear_watch_open(uv_loop_t *loop, void *context,
                                     void (*on_event)(void *context, const struct event *event))
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    struct clear_watch *watch = calloc(1, sizeof *watch);

    CHECK(watch != NULL);
    if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 || !join_group(socket)) {
        if (socket != NULL)
            mnl_socket_close(socket);
        free(watch);
        return NULL;
    }
    *watch = (struct clear_watch){.socket = socket, .context = context, .on_event = on_event};
    CHECK(uv_poll_init(loop, &watch->poll, mnl_socket_get_fd(socket)) == 0);
    watch->poll.data = watch;
    CHECK(uv_poll_start(&watch->poll, UV_READABLE, on_readable) == 0);
    return watch;
}

static void is_closed(uv_handle_t *handle)
{
    struct clear_watch *watch = handle->data;

    mnl_socket_close(watch->socket);
    free(watch);
}

void clear_watch_close(struct clear_watch *watch)
{
    uv_poll_stop(&watch->poll);
    uv_close((uv_handle_t *)&watch->poll, is_closed);
}
