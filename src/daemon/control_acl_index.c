#include "conf/statement.h"
#include "daemon/control_acl.h"
#include "policy/filter.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 256 };

/* Lists by name: index + 1, a power of 2 of places, at most half of them taken. */
struct names {
    uint32_t *places;
    size_t room;
};

static uint32_t hash_of(struct bytes name)
{
    char space[NAME_SIZE];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "%.*s", (int)name.len, (const char *)name.data);
    return text_hash(TEXT_HASH_BEGIN, space);
}

/* Of the list with that name; a new one is made with nothing in it. */
static struct acl_entry *entry_of(struct acl_index *index, const struct names *names, struct bytes name)
{
    size_t at = hash_of(name) & (names->room - 1);

    while (names->places[at] != 0 && !bytes_equal(index->lists[names->places[at] - 1].name, name))
        at = (at + 1) & (names->room - 1);
    if (names->places[at] == 0) {
        index->lists[index->list_count] = (struct acl_entry){.name = name, .filter = NO_INDEX, .tunnel = NO_INDEX};
        names->places[at] = ++index->list_count;
    }
    return &index->lists[names->places[at] - 1];
}

static const struct statement *next_statement(const struct conf *conf, const struct statement *s)
{
    return conf->statements == NULL ? NULL : statements_next(conf->statements, s, STATEMENT_acl_extended);
}

/* From the last to the first, so that each chain is in the order of the entries. */
static void chain_tunnels(struct acl_index *index, const struct policy *policy, const struct names *names)
{
    for (uint16_t i = 0; i < policy->tunnel_count; i++)
        if (policy->tunnels[i].acl_name != NULL && policy->tunnels[i].acl_name[0] != '\0')
            (void)entry_of(index, names, bytes_of_text(policy->tunnels[i].acl_name));
    for (uint16_t i = policy->tunnel_count; i-- > 0;) {
        index->next_tunnel[i] = NO_INDEX;
        if (policy->tunnels[i].acl_name == NULL || policy->tunnels[i].acl_name[0] == '\0')
            continue;
        struct acl_entry *entry = entry_of(index, names, bytes_of_text(policy->tunnels[i].acl_name));

        index->next_tunnel[i] = entry->tunnel;
        entry->tunnel = i;
    }
}

static void fill(struct acl_index *index, const struct conf *conf, const struct names *names)
{
    const struct policy *policy = &conf->policy;

    for (uint16_t i = 0; i < policy->filter_count; i++)
        entry_of(index, names, bytes_of_text(policy->filters[i].name))->filter = i;
    chain_tunnels(index, policy, names);
    for (const struct statement *s = NULL; (s = next_statement(conf, s)) != NULL;)
        (void)entry_of(index, names, statement_argument(s, "acl", 0));
}

bool acl_index_make(struct acl_index *index, const struct conf *conf)
{
    const struct policy *policy = &conf->policy;
    size_t count = 0, most;
    struct names names = {.room = 2};

    for (const struct statement *s = NULL; (s = next_statement(conf, s)) != NULL;)
        count++;
    most = count + policy->filter_count + policy->tunnel_count + 1;
    while (names.room < 2 * most)
        names.room *= 2;
    names.places = calloc(names.room, sizeof *names.places);
    *index = (struct acl_index){.lists = calloc(most, sizeof *index->lists),
                                .next_tunnel = calloc(policy->tunnel_count + 1u, sizeof *index->next_tunnel)};

    bool ok = names.places != NULL && index->lists != NULL && index->next_tunnel != NULL;
    if (ok)
        fill(index, conf, &names);
    else
        acl_index_free(index);
    free(names.places);
    return ok;
}

void acl_index_free(struct acl_index *index)
{
    free(index->lists);
    free(index->next_tunnel);
    *index = (struct acl_index){0};
}
