#include "daemon/usage.h"

#include <stdlib.h>

enum { CHAINS = 4096 };

struct entry {
    struct entry *next;
    struct usage_session session;
    struct usage_bytes bytes;
};

struct usage {
    struct entry *chains[CHAINS];
};

struct usage *usage_open(void)
{
    return calloc(1, sizeof(struct usage));
}

void usage_close(struct usage *usage)
{
    for (size_t i = 0; i < CHAINS && usage != NULL; i++)
        while (usage->chains[i] != NULL)
            usage_take(usage, &usage->chains[i]->session);
    free(usage);
}

static bool is_same(const struct usage_session *a, const struct usage_session *b)
{
    return a->number == b->number && ip_equal(a->peer, b->peer);
}

/* The link to the entry of the session, or to the end of its chain. Only peers that have proved themselves have pairs:
 * nobody fills one chain on purpose. */
static struct entry **link_to(struct usage *usage, const struct usage_session *session)
{
    struct bytes octets = ip_bytes(&session->peer);
    uint32_t hash = session->peer.family + session->number;

    for (size_t i = 0; i < octets.len; i++)
        hash = hash * 31 + octets.data[i];
    struct entry **link = &usage->chains[hash % CHAINS];
    while (*link != NULL && !is_same(&(*link)->session, session))
        link = &(*link)->next;
    return link;
}

void usage_add(struct usage *usage, const struct usage_session *session, struct usage_bytes bytes)
{
    struct entry **link = link_to(usage, session);

    if (*link == NULL) {
        *link = calloc(1, sizeof **link);
        if (*link == NULL)
            return;
        (*link)->session = *session;
    }
    (*link)->bytes.sent += bytes.sent;
    (*link)->bytes.received += bytes.received;
}

struct usage_bytes usage_take(struct usage *usage, const struct usage_session *session)
{
    struct entry **link = link_to(usage, session), *entry = *link;
    struct usage_bytes bytes = {0, 0};

    if (entry == NULL)
        return bytes;
    bytes = entry->bytes;
    *link = entry->next;
    free(entry);
    return bytes;
}
