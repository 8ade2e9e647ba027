/* The configuration: text in, meaning out. Nothing is refused whole unless it cannot be split into statements; what is
 * wrong with one tunnel parks that tunnel, and everything that was found is listed at once.
 *
 *     struct arena arena = arena_of(malloc(size), size);             size = conf_space(file_len)
 *     struct conf conf;
 *     bool ok = conf_read(&conf, text, "ikewise.conf", &arena);      the caller may wipe and free the text now
 *     ok = ok && conf_read_secrets(&conf, secrets, "ikewise.secrets", &arena);    only when there is such a file
 *     ... conf.policy, conf.keys (to the vault, then conf_wipe), conf.findings, conf.unused
 *
 * Everything that conf points to lives in the arena. The keys are in conf.keys only, never in conf.policy and never in
 * a finding. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/arena.h"
#include "base/text.h"
#include "policy/policy.h"

#define CONF_FILE_DEFAULT "/etc/ikewise/ikewise.conf"

enum conf_severity {
    CONF_NOTE,    /* good to know: a default that was taken, a key that ends in a blank */
    CONF_WARNING, /* something is left out or weaker than it looks; all tunnels that it concerns still run */
    CONF_ERROR,   /* a statement is not understood, or a tunnel is parked */
};

struct conf_finding {
    enum conf_severity severity;
    uint32_t line, column; /* from 1; line 0: the file as a whole; column 0: the whole line */
    const char *file_name;
    const char *sentence; /* printable ASCII, without a full stop at the end; never a secret */
    const char *expected; /* what could have stood there, as the help shows it; "" when that is not the point */
};

/* A statement that is kept and written back, but has no effect in ikewise. Its sub-statements come with it. */
struct conf_unused {
    uint32_t line;
    uint32_t line_count;
    const char *begins; /* its first words, printable, cut before anything that may be a secret */
    const char *why;    /* it is not used */
};

/* The pre-shared key of policy.tunnel_groups[tunnel_group]. */
struct conf_key {
    uint16_t tunnel_group;
    struct bytes key;
};

/* The private key (DER) of policy.trustpoints[trustpoint]. */
struct conf_private_key {
    uint16_t trustpoint;
    struct bytes der;
};

/* A user, and the hash of his password; or the password itself, where the file has it so. */
struct conf_user {
    struct bytes name, password;
};

/* Our own user for the gateway of policy.tunnel_groups[tunnel_group]. No password: somebody is asked for it. */
struct conf_credential {
    uint16_t tunnel_group;
    struct bytes user, password;
    struct ip gateway;
};

/* A file that a trustpoint names. */
struct conf_file {
    struct bytes path;
    bool is_keypair;      /* `path` is the label of a key pair: conf_keypair_path */
    bool is_secret;       /* a private key may be in it */
    struct bytes content; /* for conf_read_files */
    const char *why;      /* it cannot be read; NULL: it could */
};

/* A peer that is named as DNS knows it; or, with CONF_DEVICE before its name, a device of Linux whose interface here
 * has its address by DHCP. */
struct conf_host {
    struct bytes name;
    struct ip ip; /* not set: not known, or not yet */
};

#define CONF_DEVICE "device:"

enum { CONF_HOSTS_MAX = 64 };
enum { CONF_TRUSTPOINTS_MAX = 64, CONF_FILES_MAX = 256, CONF_TRUST_FILE_MAX = 256 * 1024 };
enum { CONF_FINDINGS_MAX = 500, CONF_UNUSED_MAX = 2000, CONF_LINE_MAX = 65535, CONF_FILE_MAX = 8 * 1024 * 1024 };

struct statement;  /* conf/statement.h */
struct statements; /* the same */
struct filter;     /* policy/filter.h */

struct conf {
    const char *file_name;
    enum ios_release ios_release;
    bool is_ios; /* it was a router's; its statements are the ASA's all the same */
    struct policy policy;
    struct conf_key *keys;
    uint16_t key_count;
    struct conf_user *users;
    uint32_t user_count;
    struct conf_credential *credentials;
    uint32_t credential_count;
    bool has_passphrase; /* of a PKCS #12 file, in the configuration */
    struct conf_private_key *private_keys;
    uint16_t private_key_count;
    const struct conf_file *files; /* of conf_read_files; NULL: nobody has looked at any */
    uint32_t file_count;
    const struct secrets *secrets; /* of conf_read_secrets */
    const struct conf_host *hosts; /* of conf_read_hosts; NULL: nobody has looked any up */
    uint32_t host_count;
    struct bytes *wanted_hosts; /* what is to be looked up, at most CONF_HOSTS_MAX */
    uint32_t wanted_host_count;
    struct conf_finding *findings; /* by line */
    uint32_t finding_count;
    uint32_t findings_left_out; /* more than CONF_FINDINGS_MAX were found: so many are not listed */
    uint32_t error_count, warning_count;
    struct conf_unused *unused; /* by line */
    uint32_t unused_count;
    uint32_t unused_left_out;
    uint16_t running_count, parked_count;           /* of policy.tunnels */
    struct policy_interface *interfaces;            /* the same as policy.interfaces, for conf_match_interface */
    const struct statements *statements;            /* what show running-config is written from */
    struct bytes secret_keys;                       /* conf_read_secrets: its copy, wiped by conf_wipe */
    const struct conf_finding *findings_of_reading; /* before what the statements mean was judged */
    uint32_t findings_of_reading_count, findings_of_reading_left_out;
};

/* Bytes of arena that a file of that length needs at most, with a secrets file of up to 64 KiB. */
size_t conf_space(size_t file_len);

/* False: the file cannot be split into statements (a zero byte, a line over CONF_LINE_MAX, longer than CONF_FILE_MAX)
 * or the arena is too small; then the one finding says why and conf holds nothing else. True otherwise, whatever is
 * wrong with single statements. `file_name` is borrowed and must live as long as conf. */
bool conf_read(struct conf *conf, struct bytes file_text, const char *file_name, struct arena *arena);

/* Adds the keys of a secrets file, one a line: `pre-shared-key PEER KEY`, PEER being the name of a tunnel-group. They
 * are used for tunnel groups whose key is masked or missing; the policy is made anew and tunnels that had been parked
 * for it run. Call it before anything points into conf.policy. False as conf_read; then conf is as it was but for one
 * more finding. */
bool conf_read_secrets(struct conf *conf, struct bytes file_text, const char *file_name, struct arena *arena);

/* The nth file that a trustpoint names, from 0; false: no more. */
bool conf_file_wanted(const struct conf *conf, uint32_t nth, struct conf_file *file);

/* Key pairs that were made or imported here: a file each, called by its label, in a directory beside the configuration.
 * Letters, digits, and . - _ that do not come first. False: the label is none, or the path does not fit. */
#define CONF_KEYPAIR_ENDING ".pem"
enum { CONF_KEYPAIR_LABEL_SIZE = 65 };
bool conf_is_keypair_label(struct bytes label);
void conf_keypairs_directory(const char *config_path, struct text *path);
bool conf_keypair_path(const char *config_path, struct bytes label, struct text *path);

/* Adds what these files hold to the trustpoints that name them: copied, private keys to conf->private_keys. As
 * conf_read_secrets; call it after that one. */
bool conf_read_files(struct conf *conf, const struct conf_file *files, uint32_t count, struct arena *arena);

/* Takes these addresses for the names; peers whose name has none are left out. `hosts` is borrowed. As
 * conf_read_secrets; call it last, and again when an address has changed. */
bool conf_read_hosts(struct conf *conf, const struct conf_host *hosts, uint32_t count, struct arena *arena);

/* Overwrites every key in the arena. The rest of conf stays usable; writing with keys then writes masked ones. */
void conf_wipe(struct conf *conf);

/* The interface with that address (of `interface X` / `ip address`) is this one of Linux. The name is copied. False: no
 * interface has this address, it was mapped by a `linux-interface` statement before, or the arena is full. NO_INDEX is
 * left in *index then. */
bool conf_match_interface(struct conf *conf, struct ip ip, const char *linux_name, struct arena *arena,
                          uint16_t *index);

enum conf_keys_shown { CONF_KEYS_MASKED, CONF_KEYS_SHOWN };

/* The whole configuration in the ASA's canonical order, keys as ***** (CONF_KEYS_SHOWN is `more system:running-config`:
 * for whoever may see them). What is written reads as the same configuration. text->is_cut when it did not fit. */
void conf_write(const struct conf *conf, enum conf_keys_shown keys, struct text *text);

/* Statements that begin with these words, as typed: keywords may be shortened, arguments are as they stand. What stands
 * below a statement belongs to it. No words: all of them. */
struct conf_part {
    const struct bytes *words;
    size_t count;
    bool is_left_out;                             /* all the others instead */
    bool (*is_wanted)(const struct statement *s); /* of them those only, and what stands below; NULL: all */
};

/* Returns how many statements were written, those below others not counted. */
uint32_t conf_write_part(const struct conf *conf, enum conf_keys_shown keys, struct conf_part part, struct text *text);

/* Lines that say what holds because nothing else is said; to be read before the configuration itself. Without `is_all`
 * only what an ASA always shows. */
void conf_write_implied(const struct conf *conf, bool is_all, struct text *text);

/* The lines of one extended access-list as they stand, for whoever asks which packets it permits (policy/filter.h); all
 * of it in the arena, which wants conf_list_space() bytes. False: there is no such list, or a line of it cannot be
 * used; `why` says so. */
size_t conf_list_space(void);
bool conf_read_list(const struct conf *conf, struct bytes name, struct arena *arena, struct filter *list,
                    struct text *why);

/* "note", "warning", "error" */
const char *conf_severity_name(enum conf_severity severity);

/* ikewise.conf:12:8: error: ..., expected ... */
void text_add_finding(struct text *t, const struct conf_finding *finding);

#endif
