/* Packets of a capture: what is remembered from one to the next. All of it is bounded; of too many the oldest goes. */
#ifndef SOURCE_PACKET_H
#define SOURCE_PACKET_H

#include "base/ip.h"
#include "crypto/algorithm.h"
#include "event/packet.h"

/* Of IP. */
enum { PROTOCOL_ICMP = 1, PROTOCOL_UDP = 17, PROTOCOL_FRAGMENT = 44, PROTOCOL_ESP = 50, PROTOCOL_ICMPV6 = 58 };

enum {
    PACKET_LEN_MAX = 72 * 1024,
    FRAGMENTED_LEN_MAX = 16 * 1024, /* of a datagram that we put together */
    FRAGMENTED_MAX = 4,             /* at a time */
    INTERFACES_MAX = 16,            /* of a pcapng section */
    SAS_MAX = 256,
    SA_DIGESTS = 16,
    SA_EXCHANGES = 8,
    OPENERS_MAX = 128,
    SHARES_MAX = 16,
    PSKS_MAX = 16,
    PSK_OFFERS_MAX = 8,
    IKE_FRAGMENTED_MAX = 4, /* IKE messages that come in fragments, at a time */
    IKE_FRAGMENTS_MAX = 24, /* of one */
    IKE_FRAGMENT_LEN_MAX = 1500,
    KNOWN_SAS = 16, /* SA payloads that are remembered */
    KNOWN_SA_LEN = 256,
};

/* The key of an ISAKMP SA. */
struct opener {
    bool is_any; /* whose it is was not said: it is tried on every SA until it opens something */
    uint8_t cookie[8];
    uint8_t key[CIPHER_KEY_MAX];
    uint8_t key_len;
};

/* g^xi, until g^xr is here: their hash begins the chain of IVs, RFC 2409 appendix B. */
struct share {
    uint8_t cookie[8];
    uint32_t last; /* packet */
    uint16_t len;
    uint8_t data[GROUP_PUBLIC_MAX];
};

/* A pre-shared key that aggressive mode is tested with. */
struct psk {
    uint8_t len;
    uint8_t key[128];
};

/* What the first message of an aggressive mode said, until the second is here. */
struct psk_offer {
    uint8_t cookie[8];
    uint32_t last; /* packet */
    uint16_t share_len, nonce_len, sa_len;
    uint8_t share[GROUP_PUBLIC_MAX], nonce[256], sa[1024];
};

/* Fragments of one IKE message, payload 132. */
struct ike_fragments {
    bool is_used;
    uint8_t cookie[8];
    struct ip source;
    uint16_t id;
    uint32_t last; /* packet */
    uint8_t count; /* of all; 0 until the last is here */
    uint32_t have; /* a bit each */
    uint16_t lens[IKE_FRAGMENTS_MAX];
    uint8_t data[IKE_FRAGMENTS_MAX][IKE_FRAGMENT_LEN_MAX];
};

/* An exchange with a message ID of its own. */
struct seen_exchange {
    uint32_t message_id;
    struct ip first_from;
    uint8_t iv[CIPHER_BLOCK_MAX];
    bool is_begun;
};

struct seen_sa {
    bool is_used;
    uint32_t last; /* packet */
    uint8_t cookie[8];
    struct ip initiator;
    struct seen_message {
        uint64_t digest;
        uint16_t count;
        uint8_t number;     /* 0: not sure */
    } messages[SA_DIGESTS]; /* the last ones: a repeat is the same bytes from the same address */
    uint8_t message_next, message_count;
    struct seen_exchange exchanges[SA_EXCHANGES];
    uint8_t exchange_next;
    uint8_t cipher, hash; /* enum cipher_id, hash_id; NONE until message 2 */
    bool has_iv;
    uint8_t iv[CIPHER_BLOCK_MAX]; /* last block of phase 1, or its initial IV */
};

/* An SA payload that was read: gateways offer the same to all their peers. */
struct known_sa {
    uint64_t look;        /* of the body; 0: nothing is known */
    uint8_t count;        /* of its transforms */
    uint8_t cipher, hash; /* enum cipher_id, hash_id of the first of them; NONE: it names none that we have */
    uint16_t len;
    uint8_t body[KNOWN_SA_LEN];
};

struct fragmented {
    struct ip source, destination;
    uint32_t id;
    uint8_t protocol;
    uint16_t len; /* 0 until the last fragment is here */
    uint32_t last;
    bool is_used;
    uint8_t have[FRAGMENTED_LEN_MAX / 64]; /* a bit for each 8 bytes */
    uint8_t data[FRAGMENTED_LEN_MAX];
};

/* A packet of the network layer, as far as it was captured. */
struct datagram {
    struct ip source, destination;
    uint8_t protocol;
    struct bytes body;
    uint8_t ttl;
    bool is_cut; /* shorter than its header says */
};

struct packets {
    enum { AT_FILE_HEADER, AT_RECORD, AT_PACKET, AT_BLOCK, AT_SKIP } at;
    bool is_swapped, is_ng;
    uint32_t ticks_a_second;
    uint32_t link_type;
    struct {
        uint16_t link_type;
        uint64_t ticks_a_second;
    } interfaces[INTERFACES_MAX];
    uint32_t interface_count;
    uint32_t block_type, block_len;
    uint32_t captured, skip;
    uint64_t time_ms;
    struct seen_sa sas[SAS_MAX];
    struct seen_sa *last_sa; /* that was looked for; NULL: none */
    struct fragmented fragmented[FRAGMENTED_MAX];
    struct opener openers[OPENERS_MAX];
    size_t opener_count;
    struct share shares[SHARES_MAX];
    struct ike_fragments ike_fragments[IKE_FRAGMENTED_MAX];
    struct psk psks[PSKS_MAX];
    size_t psk_count;
    struct psk_offer psk_offers[PSK_OFFERS_MAX];
    struct known_sa known_sas[KNOWN_SAS]; /* each at its place */
    struct known_sa long_sa;              /* the last whose body is longer than these keep */
    struct text *print;                   /* NULL: nobody wants it */
};

struct source;

/* One frame of a link type of pcap; true when it is a VPN's. */
bool frame_read(struct source *s, uint32_t link_type, struct bytes frame);

/* IP header and extension headers, without fragments put together; false when it is no packet. */
bool datagram_of(struct bytes packet, struct datagram *d, uint32_t *fragment_id, uint32_t *fragment_at, bool *has_more);

/* What the payloads of a message hold, as observations beside that of the message itself, whose sight looks like
 * `look`. `hash` is that of the ISAKMP SA, HASH_NONE when it is not known. */
struct queued;
struct message;
void contents_say(struct source *s, const struct message *m, const struct packet_seen *packet, uint64_t look,
                  enum hash_id hash);
void proposal_tell(struct queued *q);

/* Until the next call. */
const struct known_sa *known_sa_of(struct packets *p, struct bytes body);

/* Holds the keys that were given against the second message of an aggressive mode. */
void psk_test(struct source *s, const struct seen_sa *sa, const struct message *m, const struct packet_seen *packet);

/* An ISAKMP message in a UDP datagram. */
void isakmp_read(struct source *s, const struct datagram *d, uint16_t source_port, uint16_t destination_port,
                 struct bytes message, bool is_cut);
void isakmp_tell(struct queued *q);

#endif
