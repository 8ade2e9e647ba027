/* serve_file PORT FILE     answers every request over HTTP on the loopback with that file; says "listening" on standard
 *                          error when it does, and goes on until it is ended */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char content[1 << 20];
static size_t content_len;

static int fail(const char *what)
{
    fprintf(stderr, "serve_file: %s: %s\n", what, strerror(errno));
    return 1;
}

static void answer(int visitor)
{
    char asked[4096];
    size_t len = 0;
    ssize_t got;

    while (len < sizeof asked - 1 && (got = read(visitor, asked + len, sizeof asked - 1 - len)) > 0) {
        len += (size_t)got;
        asked[len] = '\0';
        if (strstr(asked, "\r\n\r\n") == NULL)
            continue;
        dprintf(visitor, "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n", content_len);
        if (write(visitor, content, content_len) < 0)
            fail("write");
        break;
    }
    close(visitor);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;

    if (argc != 3)
        return fprintf(stderr, "serve_file PORT FILE\n"), 2;
    FILE *file = fopen(argv[2], "rb");
    if (file == NULL)
        return fail(argv[2]);
    content_len = fread(content, 1, sizeof content, file);
    fclose(file);
    signal(SIGPIPE, SIG_IGN);
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0)
        return fail("listen");
    fprintf(stderr, "listening\n");
    for (int visitor; (visitor = accept(listener, NULL, NULL)) >= 0;)
        answer(visitor);
    return fail("accept");
}
