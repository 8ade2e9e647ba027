/* The doctor from inside: what the functions of checks.def are given, and what they ask the machine. */
#ifndef DOCTOR_PARTS_H
#define DOCTOR_PARTS_H

#include "doctor/doctor.h"

/* Each check is asked through its function. What it finds, it hands to doctor_find. */
struct doctor {
    struct doctor_report *report;
    const struct policy *policy; /* NULL: none */
    const char *file_name;
};

struct fields {
#define CHECK_ROW(...)
#define FIELD(name) const char *name;
#include "doctor/checks.def"
#undef CHECK_ROW
#undef FIELD
};

/* The same sentence is reported once. */
void doctor_find(struct doctor *doctor, enum doctor_check check, const struct fields *fields);

enum { NUMBER_SIZE = 24, RANGE_SIZE = 2 * IP_TEXT_SIZE + 8 };
const char *number_text(uint64_t number, char space[static NUMBER_SIZE]);
const char *range_text(struct ip_range range, char space[static RANGE_SIZE]);

/* The running tunnels with an interface, and its address: NULL when this one is not. */
const struct policy_interface *interface_of_tunnel(const struct policy *policy, const struct tunnel *tunnel);

/* place.c: the line of the configuration that has to change, and what it is about */
struct place {
    struct fields fields;
    char sequence[NUMBER_SIZE], line[NUMBER_SIZE], network[RANGE_SIZE], other[RANGE_SIZE];
};

void place_of(struct place *place, const struct doctor *doctor, const struct tunnel *tunnel,
              const struct crypto_ace *ace);

/* host.c: what this machine is */
enum { DEVICE_SIZE = 16 };

struct address {
    char device[DEVICE_SIZE];
    bool is_up;
};

bool address_find(struct ip ip, struct address *address); /* false: no interface has it */

/* A number of /proc/sys/net/; -1: there is none, or it cannot be read. */
int setting_read(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The first line of a file that begins so; false: none. The rest of it, without its line break, is put into `rest`. */
bool line_find(const char *path, const char *begins, char *rest, size_t size);

/* route.c */
struct route {
    char device[DEVICE_SIZE];
    struct ip gateway; /* IP_NONE: it is a neighbour */
    uint32_t mtu;      /* of the device, or of the route when that is smaller; 0: not known */
};

/* 0, or an errno: the kernel has no route there. `from` may be IP_NONE. */
int route_find(struct ip to, struct ip from, struct route *route);

#endif
