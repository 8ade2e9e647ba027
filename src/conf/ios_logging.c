/* `logging ...` of a router as an ASA says it. */
#include "conf/conf.h"
#include "conf/ios_parts.h"

static const struct bytes nothing;

/* Typed it is refused in the router's own words; in a file it is kept, and listed as not used. */
static void leave(struct translation *t, const char *begin, struct bytes what)
{
    if (t->running == NULL) {
        ios_put_line(t, "!", nothing, "", nothing);
        text_add(&t->text, "ios: ");
    }
    ios_put_line(t, begin, what, "", nothing);
}

static void remember_host(struct translation *t, bool is_tcp, struct bytes address, struct bytes port)
{
    struct ip ip;

    if (!ip_parse(&ip, address) || t->log_host_count == LOGGING_HOSTS_MAX) {
        leave(t, "logging host ", address);
        return;
    }
    t->log_hosts[t->log_host_count].address = address;
    t->log_hosts[t->log_host_count].port = port;
    t->log_hosts[t->log_host_count].is_tcp = is_tcp;
    t->log_hosts[t->log_host_count].is_no = t->is_no;
    t->log_hosts[t->log_host_count++].number = t->number;
}

/* A level, by name or from 0 to 7; else the size of the buffer, with all levels. */
static void add_buffer(struct translation *t, struct bytes what)
{
    uint32_t number;
    bool is_size = bytes_decimal(what, UINT32_MAX, &number) && number > 7;

    ios_put_line(t, "logging buffered ", is_size ? bytes_of_text("debugging") : what, "", nothing);
}

/* local0 to local7; an ASA has no other. */
static void add_facility(struct translation *t, struct bytes name)
{
    enum { LOCAL0 = 16, LOCAL_LEN = 5 };
    uint32_t number;

    if (bytes_begin_with(name, bytes_of_text("local")) && bytes_decimal(bytes_after(name, LOCAL_LEN), 7, &number)) {
        text_add(&t->text, "logging facility %u", (unsigned)(LOCAL0 + number));
        ios_end_line(t);
        return;
    }
    leave(t, "logging facility ", name);
}

bool ios_call_logging(struct translation *t, struct bytes name, const struct bytes *arguments)
{
    if (bytes_equal(name, bytes_of_text("log-host"))) {
        remember_host(t, arguments[0].data[0] == 't', arguments[1], arguments[2]);
    } else if (bytes_equal(name, bytes_of_text("log-buffer"))) {
        add_buffer(t, arguments[0]);
    } else if (bytes_equal(name, bytes_of_text("log-facility"))) {
        add_facility(t, arguments[0]);
    } else if (bytes_equal(name, bytes_of_text("log-off"))) {
        t->is_log_off = true;
        ios_put_line(t, "no logging enable", nothing, "", nothing);
    } else {
        return false;
    }
    return true;
}

/* An ASA says behind which interface a host is: one that is there already by its own, else the one with its network,
 * else the first. */
static struct bytes interface_of(const struct translation *t, struct bytes address)
{
    const struct logging *running = t->running == NULL ? NULL : &t->running->policy.logging;
    struct ip ip;

    if (!ip_parse(&ip, address))
        return nothing;
    for (uint8_t i = 0; running != NULL && i < running->host_count; i++)
        if (ip_equal(running->hosts[i].ip, ip))
            return bytes_of_text(running->hosts[i].interface);
    for (size_t i = 0; i < t->interface_count; i++)
        if (ip_range_holds(t->interfaces[i].network, ip))
            return t->interfaces[i].name;
    return t->interface_count > 0 ? t->interfaces[0].name : bytes_of_text("any");
}

/* A router logs unless it is told not to. */
void ios_add_log_hosts(struct translation *t)
{
    bool is_enabled = t->is_log_off || (t->running != NULL && t->running->policy.logging.is_enabled);

    for (size_t i = 0; i < t->log_host_count; i++) {
        bool is_no = t->log_hosts[i].is_no, has_port = t->log_hosts[i].port.len > 0;
        const char *tcp = has_port ? " tcp/" : " tcp/601";

        t->number = t->log_hosts[i].number;
        if (!is_enabled && !is_no)
            ios_put_line(t, "logging enable", nothing, "", nothing);
        is_enabled |= !is_no;
        text_add(&t->text, "%slogging host ", is_no ? "no " : "");
        ios_put(t, interface_of(t, t->log_hosts[i].address));
        text_add(&t->text, " ");
        ios_put_line(t, "", t->log_hosts[i].address,
                     is_no                    ? ""
                     : t->log_hosts[i].is_tcp ? tcp
                     : has_port               ? " udp/"
                                              : "",
                     is_no ? nothing : t->log_hosts[i].port);
    }
}
