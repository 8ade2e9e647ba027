#include "trial/foreign.h"

static bool is_to_one_of(const struct foreign_entry *e, const struct ip *addresses, size_t count)
{
    for (uint8_t k = 0; k < e->peer_count; k++)
        for (size_t i = 0; i < count; i++)
            if (ip_equal(e->peers[k], addresses[i]))
                return true;
    return false;
}

void foreign_meet(struct foreign *f, const struct ip *addresses, size_t count)
{
    f->met = 0;
    for (size_t i = f->entry_count; i > 0; i--)
        if (f->entries[i - 1].peer_count == 0)
            f->met = i - 1;
    for (size_t i = f->entry_count; i > 0; i--)
        if (is_to_one_of(&f->entries[i - 1], addresses, count))
            f->met = i - 1;
}

static void add(struct ip addresses[static FOREIGN_ENTRIES_MAX], size_t *count, struct ip ip)
{
    if (ip_is_set(ip) && *count < FOREIGN_ENTRIES_MAX)
        addresses[(*count)++] = ip;
}

size_t foreign_addresses(const struct foreign *f, struct ip addresses[static FOREIGN_ENTRIES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < f->interface_count; i++)
        add(addresses, &count, f->interfaces[i].ip);
    for (size_t i = 0; i < f->entry_count; i++)
        add(addresses, &count, f->entries[i].local);
    return count;
}

/* A leading @ says that it is a name. */
static const char *plain_id(const char *id)
{
    return *id == '@' ? id + 1 : id;
}

const char *foreign_expects(const struct foreign *f)
{
    return f->met < f->entry_count ? plain_id(f->entries[f->met].expected_id) : "";
}

const char *foreign_says(const struct foreign *f)
{
    return f->met < f->entry_count ? plain_id(f->entries[f->met].sent_id) : "";
}
