/* The vault keeps pre-shared keys, private keys and private Diffie-Hellman values, and answers the engine's questions
 * (policy/question.h).
 *
 *     void *space = ...vault_space(tunnel_group_count, 256)...;
 *     struct vault *vault = vault_make(space, tunnel_group_count, 256);
 *     vault_set_key(vault, index, key);                        copied; the caller wipes its own copy
 *     random_fill(randomness, VAULT_RANDOM_LEN);
 *     vault_answer(vault, &question, bytes_of(randomness, VAULT_RANDOM_LEN), &answer);
 *
 * Pure: randomness is handed in, a fresh piece for each question. The keys themselves never come out.
 * One thread at a time: a vault has no lock. (What crypto keeps once made may be used by any number of threads.) */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include "crypto/trust.h"
#include "policy/question.h"
#include "vault/users.h"

struct vault;

enum { VAULT_RANDOM_LEN = 128, PSK_MAX = 128, VAULT_TRUSTS_MAX = 64 };

/* Bytes for a vault with room for `key_count` pre-shared keys and `secret_count` key pairs that wait for their peers.
 */
size_t vault_space(uint32_t key_count, uint32_t secret_count);
struct vault *vault_make(void *space, uint32_t key_count, uint32_t secret_count);

/* Replaces the key of that index; an empty key takes it away. What another key replaces is remembered among the earlier
 * ones, for autopsies. False: longer than PSK_MAX, or no such index. */
bool vault_set_key(struct vault *vault, uint32_t index, struct bytes key);

/* Replaces what that trustpoint trusts and signs with: borrowed until it is replaced, NULL takes it away. False: no
 * such index. */
bool vault_set_trust(struct vault *vault, uint32_t index, const struct trust *trust);

/* Whom PASSWORD is asked about; the list is borrowed until it is replaced. */
void vault_set_users(struct vault *vault, struct users users);

/* What CREDENTIALS is answered with; borrowed as well. */
void vault_set_credentials(struct vault *vault, struct credentials credentials);

/* Seconds since 1970, by which certificates are judged from now on. Until it is said nothing is valid. */
void vault_set_time(struct vault *vault, int64_t now_s);

/* Whoever can ask responders (crypto/status.h) says so once. An answer may then be left open: it is whole, and says
 * that the peer is refused, until whoever takes the status has been told otherwise. Nobody asks: it is as if no
 * responder answered. */
void vault_set_asking(struct vault *vault, bool is_asking);

/* Of the last answer: the caller's to free. NULL: the answer is final. */
struct status *vault_take_open(struct vault *vault);

/* Always answers. `randomness` has VAULT_RANDOM_LEN bytes, or none when the system gave none (then what needs it
 * fails). */
void vault_answer(struct vault *vault, const struct question *question, struct bytes randomness, struct answer *answer);

/* Key pairs that wait, and what is kept of them for an autopsy; for the leak tests. */
uint32_t vault_secret_count(const struct vault *vault);

void vault_wipe(struct vault *vault);

#endif
