#include "cli/sessions.h"

#include "base/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool session_is_live_sa(const struct control_record *r)
{
    return r->kind == RECORD_isakmp_sa && !record_flag(r, COL_isakmp_sa_dead);
}

bool session_is(const struct control_record *r)
{
    return session_is_live_sa(r) && !record_flag(r, COL_isakmp_sa_rekey) && record_has(r, COL_isakmp_sa_encryption);
}

static bool is_text(const struct control_record *r, enum control_column column, const char *text)
{
    return strcmp(record_text(r, column), text) == 0;
}

bool session_is_user(const struct control_record *sa)
{
    return is_text(sa, COL_isakmp_sa_type, "user") && is_text(sa, COL_isakmp_sa_role, "responder");
}

bool session_has_pair(const struct control_record *sa, const struct control_record *pair)
{
    const char *assigned = record_text(sa, COL_isakmp_sa_assigned);
    size_t len = strlen(assigned);

    if (pair->kind != RECORD_ipsec_pair || !is_text(pair, COL_ipsec_pair_peer, record_text(sa, COL_isakmp_sa_peer)))
        return false;
    const char *ident = record_text(pair, COL_ipsec_pair_remote_ident);

    return len == 0 || is_text(pair, COL_ipsec_pair_assigned, assigned) ||
           (strncmp(ident, assigned, len) == 0 && ident[len] == '/');
}

void text_add_cipher(struct text *t, const char *name)
{
    for (name = strcmp(name, "aes") == 0 ? "aes-128" : name; *name; name++) {
        if (*name != '-')
            text_add(t, "%c", toupper((unsigned char)*name));
    }
}

/* ---- what is asked for ---- */

static bool is_address(const struct control_record *r, enum control_column column, struct ip wanted)
{
    struct ip ip;

    return !ip_is_set(wanted) || (ip_parse(&ip, bytes_of_text(record_text(r, column))) && ip_equal(ip, wanted));
}

static bool is_name(const struct control_record *r, enum control_column column, const char *wanted)
{
    return *wanted == '\0' || is_text(r, column, wanted);
}

static bool is_cipher(const struct control_record *r, enum control_column column, const char *wanted)
{
    char space[64];
    struct text t = text_of(space, sizeof space);

    text_add_cipher(&t, record_text(r, column));
    return *wanted == '\0' || strcasecmp(space, wanted) == 0;
}

/* As the screen calls the protocol of its packets; IKEv1 is every session's. */
static bool is_kind(const struct control_record *pair, const char *wanted)
{
    return strcasecmp(wanted, record_flag(pair, COL_ipsec_pair_nat_t) ? "IPsecOverNatT" : "IPsec") == 0;
}

static bool has_such_pair(const struct reply *reply, const struct control_record *sa,
                          const struct control_request *request)
{
    bool is_any_kind = request->kind[0] == '\0' || strcasecmp(request->kind, "IKEv1") == 0;

    if (is_any_kind && is_cipher(sa, COL_isakmp_sa_encryption, request->cipher) && request->packet.nameif[0] == '\0')
        return true;
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (session_has_pair(sa, r) && (is_any_kind || is_kind(r, request->kind)) &&
            is_cipher(r, COL_ipsec_pair_encryption, request->cipher) &&
            is_name(r, COL_ipsec_pair_interface, request->packet.nameif))
            return true;
    }
    return false;
}

static bool is_sa_asked_for(const struct reply *reply, const struct control_record *sa,
                            const struct control_request *request)
{
    uint64_t number = request->conn_id;

    return is_address(sa, COL_isakmp_sa_peer, request->peer) && is_address(sa, COL_isakmp_sa_local, request->local) &&
           is_address(sa, COL_isakmp_sa_assigned, request->inner) &&
           is_name(sa, COL_isakmp_sa_tunnel_group, request->group) &&
           is_name(sa, COL_isakmp_sa_username, request->user) &&
           (number == 0 || number == record_number(sa, COL_isakmp_sa_conn_id)) &&
           (!request->is_active || (session_is_live_sa(sa) && is_text(sa, COL_isakmp_sa_ios_state, "QM_IDLE"))) &&
           (!request->is_nat || record_flag(sa, COL_isakmp_sa_nat_t)) && has_such_pair(reply, sa, request);
}

/* Without its ISAKMP SA a pair is still one of the peer's. */
static bool is_lone_pair_asked_for(const struct control_record *pair, const struct control_request *request)
{
    return !request->is_active && !request->is_nat && request->conn_id == 0 && request->group[0] == '\0' &&
           request->kind[0] == '\0' && request->cipher[0] == '\0' && !ip_is_set(request->inner) &&
           is_address(pair, COL_ipsec_pair_peer, request->peer) &&
           is_address(pair, COL_ipsec_pair_local, request->local) &&
           is_name(pair, COL_ipsec_pair_username, request->user) &&
           is_name(pair, COL_ipsec_pair_interface, request->packet.nameif);
}

/* Of the ISAKMP SAs at these places one is the pair's. */
static bool is_of_any(const struct reply *reply, const size_t *places, size_t count, const struct control_record *pair)
{
    for (size_t i = 0; i < count; i++) {
        const struct control_record *sa = &reply->records[places[i]];

        if (session_is_live_sa(sa) && session_has_pair(sa, pair))
            return true;
    }
    return false;
}

static bool has_filter(const struct control_request *request)
{
    return ip_is_set(request->peer) || ip_is_set(request->local) || ip_is_set(request->inner) || request->group[0] ||
           request->user[0] || request->conn_id || request->kind[0] || request->cipher[0] || request->is_active ||
           request->is_nat || request->packet.nameif[0];
}

static size_t places_of_sas(const struct reply *reply, const struct control_request *request, size_t *places)
{
    size_t count = 0;

    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        if (r->kind == RECORD_isakmp_sa && (request == NULL || is_sa_asked_for(reply, r, request)))
            places[count++] = i;
    }
    return count;
}

static void leave_out(struct reply *reply, const struct control_request *request)
{
    size_t *all = calloc(reply->count + 1, sizeof *all), *asked = calloc(reply->count + 1, sizeof *asked);
    bool *are_kept = calloc(reply->count + 1, sizeof *are_kept);
    size_t all_count, asked_count, kept = 0;

    CHECK(all && asked && are_kept);
    all_count = places_of_sas(reply, NULL, all);
    asked_count = places_of_sas(reply, request, asked);
    for (size_t i = 0; i < reply->count; i++) {
        const struct control_record *r = &reply->records[i];

        are_kept[i] = r->kind != RECORD_isakmp_sa;
        if (r->kind == RECORD_ipsec_pair)
            are_kept[i] = is_of_any(reply, asked, asked_count, r) ||
                          (is_lone_pair_asked_for(r, request) && !is_of_any(reply, all, all_count, r));
    }
    for (size_t i = 0; i < asked_count; i++)
        are_kept[asked[i]] = true;
    for (size_t i = 0; i < reply->count; i++) {
        if (are_kept[i])
            reply->records[kept++] = reply->records[i];
    }
    reply->count = kept;
    free(all);
    free(asked);
    free(are_kept);
}

/* ---- order ---- */

static int compare_names(const struct control_record *a, const struct control_record *b)
{
    enum control_column name = session_is_user(a) ? COL_isakmp_sa_username : COL_isakmp_sa_tunnel_group;

    return strcmp(record_text(a, name), record_text(b, name));
}

static int compare_addresses(const struct control_record *a, const struct control_record *b)
{
    struct ip first = {0}, second = {0};

    ip_parse(&first, bytes_of_text(record_text(a, COL_isakmp_sa_peer)));
    ip_parse(&second, bytes_of_text(record_text(b, COL_isakmp_sa_peer)));
    return first.family != second.family ? (first.family < second.family ? -1 : 1) : ip_compare(first, second);
}

static int compare_ciphers(const struct control_record *a, const struct control_record *b)
{
    return strcmp(record_text(a, COL_isakmp_sa_encryption), record_text(b, COL_isakmp_sa_encryption));
}

struct order {
    const struct reply *reply;
    int (*compare)(const struct control_record *a, const struct control_record *b);
};

/* What is alike stays as it was. */
static int compare_places(const void *a, const void *b, void *order_)
{
    const struct order *order = order_;
    size_t first = *(const size_t *)a, second = *(const size_t *)b;
    int compared = order->compare(&order->reply->records[first], &order->reply->records[second]);

    return compared != 0 ? compared : first < second ? -1 : first > second;
}

/* Records are large: their places are sorted. */
static void put_in_order(struct reply *reply, struct order order)
{
    size_t *places = calloc(reply->count + 1, sizeof *places);
    struct reply sorted = {0};
    size_t count = places_of_sas(reply, NULL, places), next = 0;

    CHECK(places);
    order.reply = reply;
    qsort_r(places, count, sizeof *places, compare_places, &order);
    for (size_t i = 0; i < reply->count; i++)
        reply_add(&sorted, &reply->records[reply->records[i].kind == RECORD_isakmp_sa ? places[next++] : i]);
    reply_free(reply);
    *reply = sorted;
    free(places);
}

void sessions_select(struct reply *reply, const struct control_request *request)
{
    static int (*const orders[])(const struct control_record *, const struct control_record *) = {
        [CONTROL_SORT_NAME] = compare_names,
        [CONTROL_SORT_ADDRESS] = compare_addresses,
        [CONTROL_SORT_ENCRYPTION] = compare_ciphers,
    };
    static const enum control_request_id selected[] = {
        CONTROL_SHOW_ISAKMP_SA,    CONTROL_SHOW_IKEV1_SA,        CONTROL_SHOW_PEERS,   CONTROL_SHOW_SESSIONDB,
        CONTROL_SHOW_SESSIONDB_RA, CONTROL_SHOW_SESSIONDB_INDEX, CONTROL_SHOW_SESSION,
    };
    bool is_selected = false;

    for (size_t i = 0; i < COUNT_OF(selected); i++)
        is_selected |= selected[i] == request->id;
    if (is_selected && has_filter(request))
        leave_out(reply, request);
    if (is_selected && request->is_sorted && request->sort != CONTROL_SORT_NONE)
        put_in_order(reply, (struct order){.compare = orders[request->sort]});
}
