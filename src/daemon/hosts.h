/* The names of peers: looked up beside everything else, by a process of its own without rights (`getent ahosts`, so
 * /etc/hosts, nsswitch.conf and resolv.conf hold as for every program), again and again. An address stays for as long
 * as the name still has it; when a lookup fails, the last one does. And, without a process, the addresses that devices
 * of this machine have from DHCP.
 *
 *     hosts = hosts_create(loop, log, context, on_change)
 *     hosts_want(hosts, &conf)         these names from now on, with what is known of them
 *     hosts_list(hosts, list)          for conf_read_hosts
 *     hosts_close(hosts)               freed in the next turns of the loop */
#ifndef DAEMON_HOSTS_H
#define DAEMON_HOSTS_H

#include "conf/conf.h"
#include "daemon/log.h"

#include <uv.h>

enum { HOSTS_NAME_SIZE = 64 }; /* names that are longer are not looked up */
enum { HOSTS_DEVICE_MS = 2000, HOSTS_AGAIN_MS = 60000, HOSTS_RETRY_MS = 5000, HOSTS_PATIENCE_MS = 20000 };

struct hosts;

/* `on_change`: some name has another address, or its first. NULL: no memory. */
struct hosts *hosts_create(uv_loop_t *loop, struct log *log, void *context, void (*on_change)(void *context));
void hosts_want(struct hosts *hosts, const struct conf *conf);
void hosts_again(struct hosts *hosts); /* all of them, now */
/* At most CONF_HOSTS_MAX; the names are those of `hosts`, until the next hosts_want. Returns how many. */
uint32_t hosts_list(const struct hosts *hosts, struct conf_host *list);
void hosts_close(struct hosts *hosts);

#endif
