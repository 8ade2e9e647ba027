#include "daemon/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { MESSAGE_SIZE = 1024, ANSWER_SIZE = 32768 };

/* ---- how long a connection is remembered ---- */

/* In the order in which they are asked. */
static const struct {
    uint8_t protocol;  /* 0: any */
    uint8_t tcp_state; /* 0: any */
    bool is_assured;
    const char *name; /* below /proc/sys/net/netfilter/nf_conntrack_ */
} timeouts[] = {
#define TIMEOUT(protocol, tcp_state, is_assured, name) {protocol, tcp_state, is_assured, name},
#include "daemon/conntrack_timeouts.def"
#undef TIMEOUT
};

struct taking {
    void *context;
    connection_taker *take;
    bool is_over;
    uint32_t timeouts_s[COUNT_OF(timeouts)]; /* as they are set now */
};

static uint64_t read_number(const char *name)
{
    char path[96], line[24] = "0";
    FILE *file;

    snprintf(path, sizeof path, "/proc/sys/net/netfilter/nf_conntrack_%s", name);
    file = fopen(path, "re");
    if (file != NULL && fgets(line, sizeof line, file) == NULL)
        line[0] = '0';
    if (file != NULL)
        fclose(file);
    return strtoull(line, NULL, 10);
}

static void read_timeouts(struct taking *taking)
{
    for (size_t i = 0; i < COUNT_OF(timeouts); i++)
        taking->timeouts_s[i] = (uint32_t)read_number(timeouts[i].name);
}

static uint32_t timeout_of(const struct taking *taking, const struct connection *c)
{
    bool is_assured = c->status & IPS_ASSURED;

    for (size_t i = 0; i < COUNT_OF(timeouts); i++)
        if ((timeouts[i].protocol == 0 || timeouts[i].protocol == c->protocol) &&
            (timeouts[i].tcp_state == 0 || timeouts[i].tcp_state == c->tcp_state) &&
            (!timeouts[i].is_assured || is_assured))
            return taking->timeouts_s[i];
    return 0;
}

uint64_t conntrack_count(void)
{
    return read_number("count");
}

/* The attributes of one nest, by type. */
static void attributes_of(const struct nlattr *nest, const struct nlattr **list, uint16_t max)
{
    const struct nlattr *attribute;

    for (uint16_t i = 0; i <= max; i++)
        list[i] = NULL;
    if (nest == NULL)
        return;
    mnl_attr_for_each_nested(attribute, nest)
    {
        if (mnl_attr_get_type(attribute) <= max)
            list[mnl_attr_get_type(attribute)] = attribute;
    }
}

static struct ip ip_of(const struct nlattr *attribute)
{
    return attribute == NULL
               ? (struct ip){0}
               : ip_of_bytes(bytes_of(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute)));
}

static uint16_t u16_of(const struct nlattr *attribute)
{
    return attribute == NULL ? 0 : ntohs(mnl_attr_get_u16(attribute));
}

static uint8_t u8_of(const struct nlattr *attribute)
{
    return attribute == NULL ? 0 : mnl_attr_get_u8(attribute);
}

static uint32_t u32_of(const struct nlattr *attribute)
{
    return attribute == NULL ? 0 : ntohl(mnl_attr_get_u32(attribute));
}

static void read_counters(const struct nlattr *nest, uint64_t *bytes, uint64_t *packets)
{
    const struct nlattr *list[CTA_COUNTERS_MAX + 1];

    attributes_of(nest, list, CTA_COUNTERS_MAX);
    *bytes = list[CTA_COUNTERS_BYTES] == NULL ? 0 : be64toh(mnl_attr_get_u64(list[CTA_COUNTERS_BYTES]));
    *packets = list[CTA_COUNTERS_PACKETS] == NULL ? 0 : be64toh(mnl_attr_get_u64(list[CTA_COUNTERS_PACKETS]));
}

static uint8_t tcp_state_of(const struct nlattr *nest)
{
    const struct nlattr *list[CTA_PROTOINFO_MAX + 1], *tcp[CTA_PROTOINFO_TCP_MAX + 1];

    attributes_of(nest, list, CTA_PROTOINFO_MAX);
    attributes_of(list[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX);
    return u8_of(tcp[CTA_PROTOINFO_TCP_STATE]);
}

static bool read_connection(const struct nlmsghdr *header, const struct taking *taking, struct connection *c)
{
    const struct nlattr *all[CTA_MAX + 1] = {NULL}, *attribute, *tuple[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1],
                                       *proto[CTA_PROTO_MAX + 1];

    mnl_attr_for_each(attribute, header, sizeof(struct nfgenmsg))
    {
        if (mnl_attr_get_type(attribute) <= CTA_MAX)
            all[mnl_attr_get_type(attribute)] = attribute;
    }
    if (all[CTA_TUPLE_ORIG] == NULL || all[CTA_TUPLE_REPLY] == NULL)
        return false;
    attributes_of(all[CTA_TUPLE_ORIG], tuple, CTA_TUPLE_MAX);
    attributes_of(tuple[CTA_TUPLE_IP], ip, CTA_IP_MAX);
    attributes_of(tuple[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX);
    *c = (struct connection){.protocol = u8_of(proto[CTA_PROTO_NUM]),
                             .source = ip_of(ip[CTA_IP_V4_SRC]),
                             .destination = ip_of(ip[CTA_IP_V4_DST]),
                             .source_port = u16_of(proto[CTA_PROTO_SRC_PORT]),
                             .destination_port = u16_of(proto[CTA_PROTO_DST_PORT]),
                             .icmp_type = u8_of(proto[CTA_PROTO_ICMP_TYPE]),
                             .icmp_code = u8_of(proto[CTA_PROTO_ICMP_CODE]),
                             .icmp_id = u16_of(proto[CTA_PROTO_ICMP_ID]),
                             .left_s = u32_of(all[CTA_TIMEOUT]),
                             .status = u32_of(all[CTA_STATUS]),
                             .orig = all[CTA_TUPLE_ORIG],
                             .orig_len = all[CTA_TUPLE_ORIG]->nla_len};
    attributes_of(all[CTA_TUPLE_REPLY], tuple, CTA_TUPLE_MAX);
    attributes_of(tuple[CTA_TUPLE_IP], ip, CTA_IP_MAX);
    attributes_of(tuple[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX);
    c->back_source = ip_of(ip[CTA_IP_V4_SRC]);
    c->back_destination = ip_of(ip[CTA_IP_V4_DST]);
    c->back_source_port = u16_of(proto[CTA_PROTO_SRC_PORT]);
    c->back_destination_port = u16_of(proto[CTA_PROTO_DST_PORT]);
    read_counters(all[CTA_COUNTERS_ORIG], &c->bytes[0], &c->packets[0]);
    read_counters(all[CTA_COUNTERS_REPLY], &c->bytes[1], &c->packets[1]);
    c->is_counted = all[CTA_COUNTERS_ORIG] != NULL;
    c->tcp_state = tcp_state_of(all[CTA_PROTOINFO]);
    c->timeout_s = timeout_of(taking, c);
    return ip_is_set(c->source) && ip_is_set(c->back_source);
}

static int on_message(const struct nlmsghdr *header, void *data)
{
    struct taking *taking = data;
    struct connection connection;

    if (!taking->is_over && read_connection(header, taking, &connection))
        taking->is_over = !taking->take(taking->context, &connection);
    return MNL_CB_OK;
}

static struct nlmsghdr *message_begin(void *space, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(space);
    struct nfgenmsg *family;

    header->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    header->nlmsg_seq = 1;
    family = mnl_nlmsg_put_extra_header(header, sizeof *family);
    family->nfgen_family = AF_INET;
    family->version = NFNETLINK_V0;
    return header;
}

static int ask(const struct nlmsghdr *request, struct taking *taking)
{
    uint8_t answer[ANSWER_SIZE];
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    int error = 0, state = MNL_CB_OK;

    if (socket == NULL)
        return errno;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        error = errno;
    while (error == 0 && state > MNL_CB_STOP) {
        ssize_t len = mnl_socket_recvfrom(socket, answer, sizeof answer);

        state = len < 0 ? MNL_CB_ERROR
                        : mnl_cb_run(answer, (size_t)len, 1, mnl_socket_get_portid(socket),
                                     taking == NULL ? NULL : on_message, taking);
        if (state == MNL_CB_ERROR)
            error = errno;
    }
    mnl_socket_close(socket);
    return error;
}

int conntrack_each(void *context, connection_taker *take)
{
    uint8_t space[MESSAGE_SIZE];
    struct taking taking = {.context = context, .take = take};

    read_timeouts(&taking);
    return ask(message_begin(space, IPCTNL_MSG_CT_GET, NLM_F_DUMP), &taking);
}

int conntrack_remove(const struct connection *connection)
{
    uint8_t space[MESSAGE_SIZE];
    struct nlmsghdr *header = message_begin(space, IPCTNL_MSG_CT_DELETE, NLM_F_ACK);
    const struct nlattr *orig = connection->orig;

    mnl_attr_put(header, CTA_TUPLE_ORIG | NLA_F_NESTED, mnl_attr_get_payload_len(orig), mnl_attr_get_payload(orig));

    int error = ask(header, NULL);

    return error == ENOENT ? 0 : error;
}
