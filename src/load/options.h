/* The command line of ikewise-load. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include "base/ip.h"
#include "crypto/algorithm.h"

enum { LOAD_PEERS_MAX = 20000, LOAD_KEY_MAX = 128, LOAD_SECONDS_MAX = 3600 };

struct load_options {
    struct ip target, first, inner, net;
    unsigned net_prefix_len;
    uint32_t peers, rate, window, time_s, hold_s;
    enum cipher_id cipher;
    enum hash_id hash;
    enum group_id group;
    uint8_t key[LOAD_KEY_MAX];
    size_t key_len;
    bool is_help;
};

/* False: `why` has one sentence. */
bool load_options_read(struct load_options *options, int argc, char **argv, struct text *why);
void load_options_help(struct text *t);

#endif
