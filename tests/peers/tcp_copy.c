/* tcp_copy receive PORT > FILE        says "listening" on standard error when it does; ends with the connection
 * tcp_copy send ADDRESS PORT < FILE   true when the receiver has taken all and closed
 *
 * Netcat's dialects differ in when they end; a transfer that is compared by checksum must not depend on that. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
    fprintf(stderr, "tcp_copy: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void copy(int from, int to)
{
    static char block[1 << 16];
    ssize_t got;

    while ((got = read(from, block, sizeof block)) > 0)
        for (ssize_t done = 0, put; done < got; done += put)
            if ((put = write(to, block + done, (size_t)(got - done))) < 0)
                die("write");
    if (got < 0)
        die("read");
}

static struct sockaddr_in address_of(const char *address, const char *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

    if (inet_pton(AF_INET, address, &in.sin_addr) != 1)
        die(address);
    return in;
}

static void receive_file(const char *port)
{
    struct sockaddr_in here = address_of("0.0.0.0", port);
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
        bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1))
        die("listen");
    fprintf(stderr, "listening\n");

    int connection = accept(listener, NULL, NULL);
    if (connection < 0)
        die("accept");
    copy(connection, STDOUT_FILENO);
    close(connection);
}

static void send_file(const char *address, const char *port)
{
    struct sockaddr_in there = address_of(address, port);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    if (connect(connection, (struct sockaddr *)&there, sizeof there))
        die("connect");
    copy(STDIN_FILENO, connection);
    shutdown(connection, SHUT_WR);
    if (read(connection, &byte, 1) != 0)
        die("close");
    close(connection);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "receive") == 0)
        receive_file(argv[2]);
    else if (argc == 4 && strcmp(argv[1], "send") == 0)
        send_file(argv[2], argv[3]);
    else
        return fprintf(stderr, "tcp_copy receive PORT | tcp_copy send ADDRESS PORT\n"), 2;
    return 0;
}
