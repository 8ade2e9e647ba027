/* An observation: an event, and where it was seen. What the diagnosis folds, whether it came from our own engine, from
 * a log of a device that we never met, from a capture or from a screen.
 *
 * In an event of a log, PEER is the other end as the log's device names it, LOCAL its own address where the line tells
 * it, ROLE its own role. In one from a capture (EV_PACKET_SEEN, EV_ESP_SEEN, EV_ICMP_SEEN) nobody is "we": SOURCE and
 * DESTINATION are the addresses of the packet. */
#ifndef EVENT_OBSERVATION_H
#define EVENT_OBSERVATION_H

#include "event/event.h"

/* Who tells it. */
enum vantage {
    VANTAGE_DEVICE,        /* a log or screen of one end */
    VANTAGE_WIRE,          /* a capture */
    VANTAGE_CONFIGURATION, /* what is configured, not what happened */
};

/* The product whose words these are; for the repair, and for what that product does on failure. */
enum product {
    PRODUCT_UNKNOWN,
    PRODUCT_ASA, /* PIX, FTD too */
    PRODUCT_IOS,
    PRODUCT_STRONGSWAN,
    PRODUCT_LIBRESWAN,
    PRODUCT_RACOON,
    PRODUCT_VPNC,
    PRODUCT_VPN3000,
    PRODUCT_VPN_CLIENT,
    PRODUCT_IKE_SCAN, /* asks, and is no end of a tunnel */
    PRODUCT_IKEWISE,
};

struct observation {
    struct event event;
    uint16_t source; /* which file, from 0 */
    uint32_t line;   /* of the file, from 1; of a capture the packet's number */
    uint32_t record; /* of this source, from 1: the order in which they were read */
    bool has_time;
    uint64_t time_ms; /* since 1970 by that source's clock; without a year the present one is not guessed: years count
                         from 0 then */
    uint8_t vantage;  /* enum vantage */
    uint8_t product;  /* enum product */
};

#endif
