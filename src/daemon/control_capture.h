/* One capture, as the files of captures see it: control_capture.c keeps packets, control_captures.c makes captures and
 * changes them, control_capture_show.c shows them. */
#ifndef DAEMON_CONTROL_CAPTURE_H
#define DAEMON_CONTROL_CAPTURE_H

#include "daemon/capture.h"
#include "daemon/control_client.h"

enum { CONTROL_MATCHES_SIZE = 2048 };

/* An access-list as it stood when somebody asked for it, of its own memory; free() ends it. */
struct capture_list {
    struct filter filter; /* without its name */
    struct crypto_ace aces[];
};

struct capture {
    struct control *control;
    uv_poll_t poll; /* not started when the buffer is full; without a socket, never */
    int fd;         /* -1: what is captured comes through the plane */
    char name[CONTROL_CAPTURE_NAME_SIZE], nameif[64];
    char words[CONTROL_MATCHES_SIZE]; /* of each match, a | between them */
    enum control_capture_type type;
    bool is_stopped;
    char acl[CONTROL_WORD_SIZE];       /* packets that it permits; "": all */
    struct capture_list *list;         /* NULL: there is no such list, or none is asked for */
    char drop[CONTROL_DROP_NAME_SIZE]; /* of packets dropped for that reason; "": for any */
    uint32_t packet_len;               /* bytes of each that are kept */
    struct capture_match match;
    struct capture_buffer buffer;
};

/* On the Linux interface of that name; -1: errno says why. */
int capture_open_socket(const char *device);
void capture_listen(struct capture *capture, int fd);
void capture_go_on(struct capture *capture); /* after it was stopped, or full; what came meanwhile is not kept */
void capture_stop(struct capture *capture);
bool capture_is_over(const struct capture *capture); /* nothing more is kept */
void capture_free(struct capture *capture);          /* one that was never listening */
void capture_end(struct control *control, size_t index);
void captures_want_clear(const struct control *control); /* after one was made or has ended */

size_t capture_find(const struct control *control, const char *name); /* CONTROL_CAPTURES_MAX: none */
/* NULL: there is none that can be used; `why` says so. */
struct capture_list *capture_list_of(const struct control *control, const char *acl, struct text *why);

#endif
