/* The commands of the shell, as values: requests.def.
 *
 *     struct control_request request;
 *     struct control_parse parse;
 *     if (!control_request_parse(&request, words, word_count, &parse))
 *         control_parse_explain(&parse, words, word_count, &text);        "% Ambiguous command", a caret under the
 * wrong word, the choices
 *
 * On the socket a request is one line of JSON, {"words": ["show", "crypto", "isakmp", "sa"]}, and the daemon parses the
 * words again: nothing that the shell made of them is trusted. The answer is one line of JSON a record (record.h),
 * closed by `done` or `error`. */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include "base/ip.h"

#define CONTROL_SOCKET_DEFAULT "/run/ikewise/ikewise.sock"

enum {
    CONTROL_WORDS_MAX = 32,
    CONTROL_WORD_SIZE = 512,             /* one word with its closing zero */
    CONTROL_LINE_MAX = 12 * 1024 * 1024, /* a request's line, without the newline: a whole configuration */
    CONTROL_READER_LINE_MAX = 4096,      /* of somebody who may not change anything */
    CONTROL_EXPECTED_MAX = 48,
    CONTROL_REST_SIZE = CONTROL_WORDS_MAX * CONTROL_WORD_SIZE,
    CONTROL_CAPTURE_NAME_SIZE = 32,
    CONTROL_DROP_NAME_SIZE = 40,
};

enum control_request_id {
#define REQUEST(name, ...) CONTROL_##name,
#define ALSO(...)
#include "control/requests.def"
#undef REQUEST
#undef ALSO
    CONTROL_REQUEST_COUNT
};

enum control_where { CONTROL_GATEWAY, CONTROL_SHELL, CONTROL_SESSION, CONTROL_CONFIGURING };
enum control_who { CONTROL_READER, CONTROL_ADMIN, CONTROL_ROOT };
enum control_how { CONTROL_ONCE, CONTROL_STREAM };

struct control_request_info {
    const char *name;  /* SHOW_ISAKMP_SA */
    const char *words; /* first spelling */
    enum control_where where;
    enum control_who who;
    enum control_how how;
    const char *help;
};

const struct control_request_info *control_request_info(enum control_request_id id);

/* Every spelling: index 0, 1, ...; NULL: no more. `id` may be NULL. */
const char *control_spelling(size_t index, enum control_request_id *id);

enum control_session_type { CONTROL_SESSION_ANY, CONTROL_SESSION_L2L, CONTROL_SESSION_USER };
enum control_sort { CONTROL_SORT_NONE, CONTROL_SORT_NAME, CONTROL_SORT_ADDRESS, CONTROL_SORT_ENCRYPTION };
enum control_capture_type { CONTROL_CAPTURE_RAW, CONTROL_CAPTURE_ISAKMP, CONTROL_CAPTURE_DROPS };

struct control_request {
    enum control_request_id id;
    bool is_detail;
    bool is_ike, is_ipsec; /* of `debug crypto condition`: one of both was named */
    struct ip peer;        /* IP_NONE: not given */
    bool is_all;
    struct { /* of `packet-tracer` */
        char nameif[64];
        struct ip from, to;
        uint8_t protocol;
        bool is_decrypted;
        uint16_t numbers[2]; /* ports of source and destination; of ICMP type and code */
    } packet;
    uint16_t level;        /* 0: not given */
    uint32_t conn_id, spi; /* 0: not given */
    enum control_session_type session_type;
    bool is_ios; /* of `configure` */
    bool is_brief, is_full, is_count, is_active, is_nat;
    bool is_sorted;
    enum control_sort sort;    /* the last word that may name an order; means one when is_sorted */
    struct ip mask;            /* of `debug crypto condition`; IP_NONE: not given */
    struct ip inner, local;    /* IP_NONE: not given */
    char domain[24];           /* of `show asp table classify`; "": not given */
    char kind[16], cipher[16]; /* a protocol and a cipher as a screen shows them; "": not given */
    uint32_t line_count;       /* of `terminal pager` */
    char object[CONTROL_WORD_SIZE];
    uint32_t watched;          /* of `show sla`, `show track`: a number; 0: all */
    uint32_t repeat_count;     /* of `ping`; 0: not given */
    struct {
        uint32_t size, timeout_s; /* 0: not given */
        bool has_df;
        char pattern[5]; /* hex digits; "": not given */
    } ping;
    uint32_t probe_count, hops[2]; /* of `traceroute`; 0: not given */
    bool is_icmp;
    uint32_t watch_s; /* of `probe`; 0: not given */
    enum control_capture_type capture_type;
    bool is_circular;
    uint32_t buffer_size, packet_len;        /* of `capture`, bytes; 0: not given */
    uint32_t packet_number, packet_count;    /* of `show capture`; 0: not given */
    char drop[CONTROL_DROP_NAME_SIZE];       /* "": not given */
    char capture[CONTROL_CAPTURE_NAME_SIZE]; /* "": not given */
    char acl[CONTROL_WORD_SIZE];             /* an access-list; "": not given */
    char trustpoint[CONTROL_WORD_SIZE];      /* "": not given */
    char keypair[CONTROL_WORD_SIZE];         /* the label of a key pair; "": not given */
    char passphrase[CONTROL_WORD_SIZE];      /* "": not given; who takes it wipes it */
    uint32_t key_bits;                       /* 0: not given */
    bool is_ecdsa, is_unasked;
    char map[CONTROL_WORD_SIZE];   /* a crypto map; "": not given */
    char group[CONTROL_WORD_SIZE]; /* a tunnel-group; "": not given */
    char user[CONTROL_WORD_SIZE];  /* "": not given */
    char file[CONTROL_WORD_SIZE];  /* a file, or the source of `ping`; "": not given */
    char rest[CONTROL_REST_SIZE];  /* the words that were left, a blank between them; "": none */
};

/* Which rows there are for somebody. */
struct control_scope {
    bool is_session;     /* in an open shell */
    bool is_admin;       /* after `enable`, or outside a session */
    bool is_configuring; /* in one after `configure terminal` */
};

extern const struct control_scope control_scope_once; /* one command, without a session */

enum control_parse_result { CONTROL_PARSED, CONTROL_INCOMPLETE, CONTROL_INVALID, CONTROL_AMBIGUOUS };

struct control_parse {
    enum control_parse_result result;
    size_t word;                                /* the wrong one; the number of words when incomplete */
    const char *expected[CONTROL_EXPECTED_MAX]; /* keywords and arguments that could stand there; when ambiguous, those
                                                   that it may mean */
    uint8_t expected_len[CONTROL_EXPECTED_MAX]; /* they are parts of the rows, not closed by a zero */
    size_t expected_count;
    bool is_device_begun;   /* the last word that was taken is an interface's name, whose number may follow */
    bool takes_rest;        /* an argument that takes all words that are left begins, or could begin, */
    size_t rest_at;         /* with this one; */
    bool rest_is_statement; /* they are words of conf/grammar.def */
    struct bytes spelled[CONTROL_WORDS_MAX]; /* PARSED: keywords in full, arguments as they were typed */
};

/* Words are bytes as they were typed; `request` is untouched on failure. control_request_parse: as control_scope_once.
 */
bool control_request_parse(struct control_request *request, const struct bytes *words, size_t word_count,
                           struct control_parse *parse);
bool control_request_parse_in(struct control_scope scope, struct control_request *request, const struct bytes *words,
                              size_t word_count, struct control_parse *parse);

/* What can stand after these words, for help and completion: `parse->expected`, keywords only as far as they begin with
 * `prefix`, arguments only when it is empty. False: a word does not fit (parse->result and parse->word). */
bool control_request_next(struct control_scope scope, const struct bytes *words, size_t word_count, struct bytes prefix,
                          struct control_parse *parse, bool *may_end);

/* Why it failed, several lines: the words escaped, a caret under the wrong one, what could stand there. Empty after
 * CONTROL_PARSED. */
void control_parse_explain(const struct control_parse *parse, const struct bytes *words, size_t word_count,
                           struct text *t);

/* "PEER" -> "the peer's address"; NULL when `name` is not an argument. */
const char *control_argument_meaning(struct bytes name);
const char *control_argument_shown(struct bytes name); /* "A.B.C.D" */
const char *control_word_meaning(struct bytes word);   /* of a keyword: words.def */

/* A line split at blanks; false: more than CONTROL_WORDS_MAX. The words are views into the line. */
bool control_split(struct bytes line, struct bytes words[static CONTROL_WORDS_MAX], size_t *word_count);

/* The list of commands, one paragraph a request. */
void control_help(struct text *t);

enum control_error {
#define ERROR(name, ...) CONTROL_ERROR_##name,
#include "control/errors.def"
#undef ERROR
    CONTROL_ERROR_COUNT
};

const char *control_error_name(enum control_error error); /* bad-request */
const char *control_error_sentence(enum control_error error);

#endif
