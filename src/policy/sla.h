/* Addresses that are asked again and again whether they answer: `sla monitor`, and what hangs on the answer: `track`.
 */
#ifndef POLICY_SLA_H
#define POLICY_SLA_H

#include "base/ip.h"

enum { SLA_MONITORS_MAX = 256, SLA_PACKETS_MAX = 100, SLA_SIZE_MAX = 16384 };

enum sla_start { SLA_UNSCHEDULED, SLA_PENDING, SLA_NOW, SLA_AFTER, SLA_AT };

struct sla_schedule {
    enum sla_start start;
    uint32_t after_s;   /* of SLA_AFTER */
    uint32_t at_s;      /* of SLA_AT: of the day, in local time */
    uint8_t day, month; /* of SLA_AT; 0: the next day that has that time */
    uint32_t life_s;    /* 0: forever */
    uint32_t ageout_s;
    bool is_recurring; /* of SLA_AT: every day */
};

struct sla_monitor {
    uint32_t number;
    struct ip target; /* not set: it has no type, or cannot be run */
    uint16_t interface;
    uint16_t packet_count, size;
    uint8_t tos;
    uint32_t threshold_ms, timeout_ms, frequency_s;
    struct sla_schedule schedule;
};

struct track {
    uint32_t number;
    uint32_t monitor; /* number */
};

#endif
