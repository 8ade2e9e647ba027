/* What bench/source measures with: it makes logs and captures, and reads them as `ikewise explain` does.
 *
 *     bench_source log MB SHARE        an ASA's syslog on standard output, one line in SHARE of a VPN, 10,000 tunnels
 *                                      whose negotiations are interleaved
 *     bench_source mixed MB            97 lines in 100 of a VPN, of 10,000 tunnels in any order, with fresh numbers in
 * most of them: message ids, SPIs, counters bench_source capture COUNT       a capture of so many ISAKMP messages
 *     bench_source read [FILE]         reads it; seconds of the processor, bytes and lines or packets a second of it */
#include "source/source.h"
#include "base/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TUNNELS = 10000, BLOCK_LEN = 256 * 1024 };

static uint32_t random_state = 1;

static unsigned next_random(unsigned below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

/* ---- Logs ---- */

/* What an ASA says of a tunnel from one attempt to the next, in this order. */
static const char *const vpn_lines[] = {
    "%%ASA-5-713041: IP = %s, IKE Initiator: New Phase 1, Intf inside, IKE Peer %s  local Proxy Address 10.1.0.0, "
    "remote Proxy Address 10.2.0.0,  Crypto map (outside_map)\n",
    "%%ASA-7-715046: IP = %s, constructing ISAKMP SA payload\n",
    "%%ASA-7-713236: IP = %s, IKE_DECODE SENDING Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + VENDOR "
    "(13) + NONE (0) total length : 148\n",
    "%%ASA-7-713236: IP = %s, IKE_DECODE RECEIVED Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + NONE "
    "(0) total length : 108\n",
    "%%ASA-7-715047: IP = %s, processing SA payload\n",
    "%%ASA-7-713906: IP = %s, Oakley proposal is acceptable\n",
    "%%ASA-5-713119: Group = %s, IP = %s, PHASE 1 COMPLETED\n",
    "%%ASA-5-713120: Group = %s, IP = %s, PHASE 2 COMPLETED (msgid=%08x)\n",
    "%%ASA-5-713904: IP = %s, Received an un-encrypted INVALID_COOKIE notify message, dropping\n",
};

static void write_other(const char *head)
{
    unsigned a = next_random(254), b = next_random(60000), c = next_random(254);

    switch (next_random(4)) {
    case 0:
        printf(
            "%s%%ASA-6-302013: Built outbound TCP connection %u for outside:198.51.100.%u/443 (198.51.100.%u/443) to "
            "inside:10.1.2.%u/%u (203.0.113.9/%u)\n",
            head, b * 7, a, a, c, b, b);
        return;
    case 1:
        printf("%s%%ASA-6-302014: Teardown TCP connection %u for outside:198.51.100.%u/443 to inside:10.1.2.%u/%u "
               "duration 0:00:%02u bytes %u TCP FINs\n",
               head, b * 7, a, c, b, a % 60, b * 3);
        return;
    case 2:
        printf("%s%%ASA-4-106023: Deny tcp src outside:198.51.100.%u/%u dst inside:10.1.2.%u/23 by access-group "
               "\"outside_in\" [0x0, 0x0]\n",
               head, a, b, c);
        return;
    default:
        printf("%s%%ASA-6-305011: Built dynamic TCP translation from inside:10.1.2.%u/%u to outside:203.0.113.9/%u\n",
               head, c, b, b);
    }
}

static void write_log(uint64_t bytes, unsigned share)
{
    static uint8_t told[TUNNELS]; /* of each tunnel, how far its attempt is */
    char head[64], peer[24];
    uint64_t second = 0;

    for (uint64_t line = 0; (uint64_t)line * 130 < bytes; line++) {
        second = line / 2000;
        snprintf(head, sizeof head, "Jun %u 2010 %02u:%02u:%02u fw1 : ", (unsigned)(second / 86400 % 30 + 1),
                 (unsigned)(second / 3600 % 24), (unsigned)(second / 60 % 60), (unsigned)(second % 60));
        if (line % share != 0) {
            write_other(head);
            continue;
        }
        unsigned tunnel = next_random(TUNNELS);
        snprintf(peer, sizeof peer, "10.%u.%u.2", tunnel / 250, tunnel % 250);
        fputs(head, stdout);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
        printf(vpn_lines[told[tunnel]], peer, peer, random_state);
#pragma GCC diagnostic pop
        told[tunnel] = (uint8_t)((told[tunnel] + 1) % COUNT_OF(vpn_lines));
    }
}

/* Each so often among a hundred, of a tunnel that is drawn anew for each line. Its networks are those of its crypto map
 * entry: the same each time. */
static void write_mixed_line(void)
{
    enum { NUMBERS = 1 << 24 };
    unsigned tunnel = next_random(TUNNELS), a = next_random(NUMBERS), b = next_random(NUMBERS), kind = next_random(100);
    char p[24];

    snprintf(p, sizeof p, "10.%u.%u.2", tunnel / 250, tunnel % 250);
    if (kind < 8)
        printf("%%ASA-5-713041: IP = %s, IKE Initiator: New Phase 1, Intf inside, IKE Peer %s  local Proxy Address "
               "10.1.%u.0, remote Proxy Address 10.2.%u.0,  Crypto map (outside_map)\n",
               p, p, tunnel % 200, tunnel % 250);
    else if (kind < 20)
        printf("%%ASA-7-715047: IP = %s, processing VID payload\n", p);
    else if (kind < 48)
        printf("%%ASA-7-713236: IP = %s, IKE_DECODE %s Message (msgid=%x) with payloads : HDR + HASH (8) + %sNOTIFY "
               "(11) + NONE (0) total length : %u\n",
               p, kind < 34 ? "RECEIVED" : "SENDING", a, kind < 34 ? "" : "SA (1) + NONCE (10) + ID (5) + ID (5) + ",
               kind < 34 ? 84 : 200);
    else if (kind < 60)
        printf("%%ASA-7-715075: Group = %s, IP = %s, Received keep-alive of type DPD R-U-THERE (seq number 0x%x)\n", p,
               p, a);
    else if (kind < 72)
        printf("%%ASA-5-713119: Group = %s, IP = %s, PHASE 1 COMPLETED\n", p, p);
    else if (kind < 82)
        printf("%%ASA-5-713049: Group = %s, IP = %s, Security negotiation complete for LAN-to-LAN Group (%s)  "
               "Initiator, Inbound SPI = 0x%08x, Outbound SPI = 0x%08x\n",
               p, p, p, a, b);
    else if (kind < 90)
        printf("%%ASA-5-713120: Group = %s, IP = %s, PHASE 2 COMPLETED (msgid=%08x)\n", p, p, a);
    else if (kind < 94)
        printf("%%ASA-4-113019: Group = %s, Username = %s, IP = %s, Session disconnected. Session Type: LAN-to-LAN, "
               "Duration: %uh:%02um:%02us, Bytes xmt: %u, Bytes rcv: %u, Reason: User Requested\n",
               p, p, p, a % 24, a % 60, b % 60, a, b);
    else if (kind < 97)
        printf("%%ASA-3-713902: Group = %s, IP = %s, QM FSM error (P2 struct &0x%08x, mess id 0x%08x)!\n", p, p, a, b);
    else
        printf(
            "%%ASA-6-302015: Built outbound UDP connection %u for outside:%s/500 (%s/500) to identity:198.51.100.1/500 "
            "(198.51.100.1/500)\n",
            a, p, p);
}

static void write_mixed(uint64_t bytes)
{
    for (uint64_t line = 0; line * 150 < bytes; line++) {
        unsigned second = (unsigned)(line / 50);

        printf("Mar %2u %02u:%02u:%02u fw1 ", second / 86400 % 28 + 1, second / 3600 % 24, second / 60 % 60,
               second % 60);
        write_mixed_line();
    }
}

/* ---- Captures ---- */

static void put(const void *data, size_t len)
{
    CHECK(fwrite(data, 1, len, stdout) == len);
}

/* Messages 1 to 4 of main mode in clear with an SA or a key share, 5 and 6 sealed: of so many negotiations. */
static void write_capture(uint32_t count)
{
    static const uint8_t file_header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0xff, 0xff, [20] = 1};
    static const uint8_t sa[] = {0, 0, 0,    56, 0,  0,  0,    1, 0, 0,    0,    1,  0, 0,    0,    44, 1,    1,    0,
                                 1, 0, 0,    0,  36, 1,  1,    0, 0, 0x80, 1,    0,  7, 0x80, 14,   1,  0,    0x80, 2,
                                 0, 2, 0x80, 4,  0,  14, 0x80, 3, 0, 1,    0x80, 11, 0, 1,    0x80, 12, 0x70, 0x80};
    uint8_t packet[700];

    put(file_header, sizeof file_header);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t negotiation = i / 6, step = i % 6;
        size_t body = step < 2 ? sizeof sa : step < 4 ? 4 + 256 : 64, len = 14 + 20 + 8 + 28 + body;
        uint8_t *ip = packet + 14, *udp = ip + 20, *isakmp = udp + 8;

        memset(packet, 0, sizeof packet);
        packet[12] = 8;
        ip[0] = 0x45, ip[2] = (uint8_t)((len - 14) >> 8), ip[3] = (uint8_t)(len - 14), ip[8] = 64, ip[9] = 17;
        ip[step % 2 ? 16 : 12] = 10, ip[step % 2 ? 17 : 13] = (uint8_t)(negotiation % TUNNELS / 250);
        ip[step % 2 ? 18 : 14] = (uint8_t)(negotiation % 250), ip[step % 2 ? 19 : 15] = 2;
        ip[step % 2 ? 12 : 16] = 192, ip[step % 2 ? 15 : 19] = 1;
        udp[0] = udp[2] = 1, udp[1] = udp[3] = 0xf4;
        udp[4] = (uint8_t)((len - 34) >> 8), udp[5] = (uint8_t)(len - 34);
        memcpy(isakmp, &negotiation, 4), isakmp[7] = 1;
        if (step > 0)
            memcpy(isakmp + 8, &negotiation, 4), isakmp[15] = 2;
        isakmp[16] = step < 2 ? 1 : step < 4 ? 4 : 5;
        isakmp[17] = 0x10, isakmp[18] = 2, isakmp[19] = step >= 4;
        isakmp[26] = (uint8_t)((28 + body) >> 8), isakmp[27] = (uint8_t)(28 + body);
        if (step < 2)
            memcpy(isakmp + 28, sa, sizeof sa);
        else
            memset(isakmp + 32, (int)(i % 251) + 1, body - 4);
        if (step == 2 || step == 3)
            isakmp[30] = (uint8_t)(body >> 8), isakmp[31] = (uint8_t)body;
        uint32_t record[4] = {1276191373 + i / 1000, i % 1000 * 1000, (uint32_t)len, (uint32_t)len};
        put(record, sizeof record);
        put(packet, len);
    }
}

/* ---- Reading ---- */

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int read_file(const char *path)
{
    static uint8_t buffer[BLOCK_LEN];
    int fd = path ? open(path, O_RDONLY) : STDIN_FILENO;
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct observation o;
    uint64_t seen = 0;
    ssize_t len;

    if (fd < 0) {
        perror(path);
        return 1;
    }
    double begun = now_s();
    struct source *s = source_new(&arena, 0);
    CHECK(s);
    while ((len = read(fd, buffer, sizeof buffer)) > 0) {
        source_feed(s, bytes_of(buffer, (size_t)len));
        while (source_next(s, &o))
            seen++;
    }
    source_end(s);
    while (source_next(s, &o))
        seen++;
    double seconds = now_s() - begun;
    struct source_summary sum = source_summary(s);
    printf("%.3f s, %.0f MB/s, %.0f lines or packets/s, %llu observations, %u not understood\n", seconds,
           (double)sum.bytes / 1e6 / seconds, sum.lines / seconds, (unsigned long long)seen, sum.unread);
    free(space);
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 4 && strcmp(arguments[1], "log") == 0)
        write_log(strtoull(arguments[2], NULL, 10) * 1000000, (unsigned)strtoul(arguments[3], NULL, 10));
    else if (count == 3 && strcmp(arguments[1], "mixed") == 0)
        write_mixed(strtoull(arguments[2], NULL, 10) * 1000000);
    else if (count == 3 && strcmp(arguments[1], "capture") == 0)
        write_capture((uint32_t)strtoul(arguments[2], NULL, 10));
    else if (count >= 2 && strcmp(arguments[1], "read") == 0)
        return read_file(count > 2 ? arguments[2] : NULL);
    else
        return 2;
    return 0;
}
