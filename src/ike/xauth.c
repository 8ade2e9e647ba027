/* XAUTH, draft-ietf-ipsec-isakmp-xauth-06 = draft-beaulieu-ike-xauth-02: after phase 1 the gateway asks for the user,
 * and says in another transaction whether it takes him. One try an ISAKMP SA: who is refused loses it. */
#include "base/check.h"
#include "ike/transaction.h"

#include <string.h>

enum { XAUTH_GENERIC = 0, XAUTH_FAILED = 0, XAUTH_OK = 1, ANSWERS_MAX = 3 };

step_action xauth_ask, xauth_take_request, xauth_answer, xauth_take_reply, xauth_judge, status_tell, status_take,
    status_take_ack;

/* ---- the gateway */

enum reason xauth_ask(struct step_work *work)
{
    uint8_t space[BLOB_MAX];
    struct writer w = attributes_begin(space, CFG_REQUEST, work->draft->exchange.transaction.id);

    attribute_write_basic(&w, CFG_ATTR_XAUTH_TYPE, XAUTH_GENERIC);
    attribute_write_long(&w, CFG_ATTR_XAUTH_USER_NAME, bytes_of(NULL, 0));
    attribute_write_long(&w, CFG_ATTR_XAUTH_USER_PASSWORD, bytes_of(NULL, 0));
    return attributes_keep(work, &w);
}

/* Attack list X09: a name and a password, as they were asked for, and nothing that belongs to another method. */
static bool read_reply(const struct config *config, struct bytes *user, struct bytes *password)
{
    static const uint16_t others[] = {CFG_ATTR_XAUTH_PASSCODE, CFG_ATTR_XAUTH_CHALLENGE, CFG_ATTR_XAUTH_NEXT_PIN,
                                      CFG_ATTR_XAUTH_ANSWER, CFG_ATTR_XAUTH_STATUS};
    struct attribute name, secret, found;

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (config_find(config, others[i], &found))
            return false;
    if (config_find(config, CFG_ATTR_XAUTH_TYPE, &found) && attribute_number(&found) != XAUTH_GENERIC)
        return false;
    if (!config_find(config, CFG_ATTR_XAUTH_USER_NAME, &name) ||
        !config_find(config, CFG_ATTR_XAUTH_USER_PASSWORD, &secret))
        return false;
    *user = name.value;
    *password = secret.value;
    return !name.is_basic && !secret.is_basic && user->len > 0 && user->len <= USER_NAME_MAX &&
           memchr(user->data, '\0', user->len) == NULL && password->len <= USER_PASSWORD_MAX;
}

/* Of the policy that holds now; NULL: the users of the configuration. */
static const struct user_server *user_server_of(const struct ike *ike, const struct isakmp_sa *sa)
{
    uint16_t number = sa->tunnel_group == NO_INDEX ? 0 : ike->policy->tunnel_groups[sa->tunnel_group].user_server;

    return number == 0 ? NULL : &ike->policy->user_servers[number - 1];
}

/* Hybrid, and the group that was named does not exist: see am_choose_hybrid. */
static bool is_of_no_group(const struct isakmp_sa *sa)
{
    return sa->tunnel_group == NO_INDEX;
}

enum reason xauth_take_reply(struct step_work *work)
{
    struct transaction *transaction = &work->draft->exchange.transaction;
    struct config config;
    struct attribute name;
    struct bytes user, password;
    const struct user_server *server = user_server_of(work->ike, &work->draft->sa);
    enum reason reason = transaction_open(work, CFG_REPLY, &config);

    if (reason != REASON_OK)
        return reason;
    if (config_find(&config, CFG_ATTR_XAUTH_USER_NAME, &name) && name.value.len > USER_NAME_MAX)
        tell_payload_fault(work, "long-name");
    if (!read_reply(&config, &user, &password))
        return REASON_BAD_TRANSACTION;
    if (!draft_set(work, BLOB_HEARD, user))
        return REASON_LIMIT;
    transaction->is_over = user_is_locked_out(work->ike, work->now_ms, work->draft->sa.remote.ip, user);
    *work->question = (struct question){.kind = QUESTION_PASSWORD,
                                        .key_index = work->draft->sa.tunnel_group,
                                        .user = user,
                                        .password = password,
                                        .user_ip = work->draft->sa.remote.ip,
                                        .is_decoy = transaction->is_over || is_of_no_group(&work->draft->sa)};
    if (server != NULL) {
        work->question->pam_service = bytes_of_text(server->service);
        work->question->pam_timeout_s = server->timeout_s;
        work->question->is_local_asked_after =
            work->ike->policy->tunnel_groups[work->draft->sa.tunnel_group].is_local_asked_after;
    }
    return REASON_OK;
}

enum reason xauth_judge(struct step_work *work)
{
    struct transaction *transaction = &work->draft->exchange.transaction;

    transaction->verdict = work->answer->password_verdict;
    transaction->is_server_silent = work->answer->is_server_silent;
    transaction->is_accepted =
        transaction->verdict == PASSWORD_RIGHT && !transaction->is_over && !is_of_no_group(&work->draft->sa);
    draft_intend(work, INTENT_USER_JUDGED);
    return REASON_OK;
}

enum reason status_tell(struct step_work *work)
{
    const struct transaction *transaction = &work->draft->exchange.transaction;
    uint8_t space[BLOB_MAX];
    struct writer w = attributes_begin(space, CFG_SET, transaction->id);

    attribute_write_basic(&w, CFG_ATTR_XAUTH_STATUS, transaction->is_accepted ? XAUTH_OK : XAUTH_FAILED);
    return attributes_keep(work, &w);
}

enum reason status_take_ack(struct step_work *work)
{
    struct config config;
    enum reason reason = transaction_open(work, CFG_ACK, &config);

    if (reason != REASON_OK)
        return reason;
    draft_intend(work, INTENT_USER_TOLD);
    return REASON_OK;
}

/* ---- the client. Whoever has the group's key could ask in the gateway's place (attack list X02): it is the
 * configuration that says that there is a user for this peer. */

/* Only what a name and a password answer. */
enum reason xauth_take_request(struct step_work *work)
{
    static const uint16_t others[] = {CFG_ATTR_XAUTH_PASSCODE, CFG_ATTR_XAUTH_CHALLENGE, CFG_ATTR_XAUTH_NEXT_PIN,
                                      CFG_ATTR_XAUTH_ANSWER};
    const struct isakmp_sa *sa = &work->draft->sa;
    struct config config;
    struct attribute found;
    enum reason reason = transaction_open(work, CFG_REQUEST, &config);

    if (reason != REASON_OK)
        return reason;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (config_find(&config, others[i], &found))
            return REASON_BAD_TRANSACTION;
    if (!is_client(sa) || sa->user_answer_count == ANSWERS_MAX ||
        (config_find(&config, CFG_ATTR_XAUTH_TYPE, &found) && attribute_number(&found) != XAUTH_GENERIC))
        return REASON_BAD_TRANSACTION;
    work->draft->exchange.transaction.id = config.id;
    *work->question = (struct question){.kind = QUESTION_CREDENTIALS, .key_index = sa->tunnel_group};
    return REASON_OK;
}

enum reason xauth_answer(struct step_work *work)
{
    uint8_t space[BLOB_MAX];
    struct writer w = attributes_begin(space, CFG_REPLY, work->draft->exchange.transaction.id);
    const struct answer *answer = work->answer;

    attribute_write_basic(&w, CFG_ATTR_XAUTH_TYPE, XAUTH_GENERIC);
    attribute_write_long(&w, CFG_ATTR_XAUTH_USER_NAME, bytes_of(answer->user, answer->user_len));
    attribute_write_long(&w, CFG_ATTR_XAUTH_USER_PASSWORD, bytes_of(answer->password, answer->password_len));
    enum reason reason = attributes_keep(work, &w);
    bytes_wipe(space, sizeof space);
    draft_intend(work, INTENT_USER_ANSWERED);
    return reason;
}

enum reason status_take(struct step_work *work)
{
    struct config config;
    struct attribute status;
    uint8_t space[BLOB_MAX];
    enum reason reason = transaction_open(work, CFG_SET, &config);

    if (reason != REASON_OK)
        return reason;
    if (!is_client(&work->draft->sa) || !config_find(&config, CFG_ATTR_XAUTH_STATUS, &status))
        return REASON_BAD_TRANSACTION;
    struct writer w = attributes_begin(space, CFG_ACK, config.id);
    attribute_write_long(&w, CFG_ATTR_XAUTH_STATUS, bytes_of(NULL, 0));
    draft_intend(work, attribute_number(&status) == XAUTH_OK ? INTENT_USER_ACCEPTED : INTENT_USER_REFUSED);
    return attributes_keep(work, &w);
}

/* ---- what follows at the gateway */

static void add_user_server(const struct ike *ike, struct event *e, const struct isakmp_sa *sa)
{
    const struct user_server *server = user_server_of(ike, sa);

    if (server != NULL)
        event_add_text(e, FIELD_AAA_SERVER, server->name);
}

static void tell_user(struct ike *ike, const struct isakmp_sa *sa, struct bytes user, const struct transaction *t,
                      struct ike_outputs *out)
{
    char name[4 * USER_NAME_MAX + 1];
    struct text text = text_of(name, sizeof name);

    text_add_escaped(&text, user);
    if (t->is_server_silent) {
        struct event *silent = tell_sa(ike, out, EV_USER_SERVER_SILENT, sa);

        event_add_text(silent, FIELD_USERNAME, name);
        event_add_text(silent, FIELD_CAUSE, "AAA server not accessible");
        add_user_server(ike, silent, sa);
    }
    struct event *e = tell_sa(ike, out, t->is_accepted ? EV_USER_ACCEPTED : EV_USER_REFUSED, sa);
    event_add_text(e, FIELD_USERNAME, name);
    if (!t->is_server_silent || t->verdict == PASSWORD_UNANSWERED) /* else it was LOCAL that knew */
        add_user_server(ike, e, sa);
    if (!t->is_accepted)
        event_add_text(e, FIELD_CAUSE,
                       t->login != LOGIN_ALLOWED ? login_refusal(t->login)
                       : t->is_over              ? "Too many wrong passwords"
                       : is_of_no_group(sa)      ? "No tunnel-group of that name"
                                                 : password_verdict_words(t->verdict));
}

/* Of a group-policy that is his by his attributes. */
static void tell_policy(const struct ike *ike, const struct isakmp_sa *sa, const char *user, struct ike_outputs *out)
{
    uint16_t number = policy_group_policy_of(ike->policy, sa->tunnel_group, user);

    if (number != 0 && number != policy_group_policy_of(ike->policy, sa->tunnel_group, ""))
        event_add_text(tell_sa(ike, out, EV_USER_POLICY, sa), FIELD_GROUP_POLICY,
                       ike->policy->group_policies[number - 1].name);
}

static void tell_locked_out(struct ike *ike, const struct isakmp_sa *sa, struct bytes user, uint32_t exceeded,
                            struct ike_outputs *out)
{
    char name[4 * USER_NAME_MAX + 1];
    struct text text = text_of(name, sizeof name);
    struct event *e = tell_sa(ike, out, EV_USER_LOCKED_OUT, sa);

    text_add_escaped(&text, user);
    event_add_text(e, FIELD_USERNAME, name);
    event_add_number(e, FIELD_COUNT, exceeded);
}

/* As a session keeps it; it has no zero in it. */
static const char *user_name(struct bytes user, char space[static USER_NAME_MAX + 1])
{
    memcpy(space, user.data, user.len);
    space[user.len] = '\0';
    return space;
}

void user_judged(struct ike *ike, uint64_t now_ms, struct exchange *exchange, struct isakmp_sa *sa,
                 struct ike_outputs *out)
{
    struct transaction judged = exchange->transaction;
    struct bytes user = blob_bytes(&ike->blobs, exchange->blobs[BLOB_HEARD]);
    char space[USER_NAME_MAX + 1];
    uint32_t exceeded = 0;

    if (!judged.is_over && judged.verdict != PASSWORD_UNANSWERED)
        exceeded = user_note_try(ike, now_ms, sa->remote.ip, user, judged.is_accepted);
    if (judged.is_accepted) {
        judged.login = limits_log_in(ike, sa, user_name(user, space));
        judged.is_accepted = judged.login == LOGIN_ALLOWED;
    }
    tell_user(ike, sa, user, &judged, out);
    if (exceeded > 0)
        tell_locked_out(ike, sa, user, exceeded, out);
    if (judged.is_accepted) {
        struct session *session = session_make(ike, now_ms, sa, user);

        if (session == NULL) {
            sa_end(ike, now_ms, sa, REASON_LIMIT, true, out);
            return;
        }
        sa->session = session->self;
        sa->user_due_ms = 0;
        sa_file(ike, sa);
        tell_policy(ike, sa, session->user, out);
    }
    if (!transaction_begin(ike, now_ms, sa, EXCHANGE_STATUS, judged.is_accepted, out))
        sa_end(ike, now_ms, sa, REASON_LIMIT, true, out);
}

void user_told(struct ike *ike, uint64_t now_ms, const struct exchange *exchange, struct isakmp_sa *sa,
               struct ike_outputs *out)
{
    if (!exchange->transaction.is_accepted)
        sa_end(ike, now_ms, sa, REASON_USER_REFUSED, true, out);
}
