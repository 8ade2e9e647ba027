#include "trial/foreign.h"

#include "conf/line.h"

#include <string.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void copy(char *to, size_t size, const char *from)
{
    struct text t = text_of(to, size);

    text_add(&t, "%s", from);
}

void foreign_begin(struct foreign *f)
{
    memset(f, 0, sizeof *f);
}

void foreign_wipe(struct foreign *f)
{
    bytes_wipe(f, sizeof *f);
}

void foreign_assume(struct foreign *f, const char *sentence)
{
    for (size_t i = 0; i < f->note_count; i++)
        if (is(f->notes[i], sentence))
            return;
    if (f->note_count < FOREIGN_NOTES_MAX)
        f->notes[f->note_count++] = sentence;
}

static void take_suite(struct foreign_suite *s, const struct event *e, enum event_field_id owner)
{
    *s = (struct foreign_suite){.key_len = (unsigned)event_number(e, FIELD_KEY_LENGTH),
                                .group = (unsigned)event_number(e, FIELD_DH_GROUP),
                                .priority = (unsigned)event_number(e, FIELD_PRIORITY),
                                .phase = (unsigned)event_number(e, FIELD_PHASE),
                                .seconds = event_number(e, FIELD_SECONDS)};
    copy(s->owner, sizeof s->owner, event_text(e, owner));
    copy(s->encryption, sizeof s->encryption, event_text(e, FIELD_ENCRYPTION));
    copy(s->hash, sizeof s->hash, event_text(e, FIELD_HASH));
    copy(s->authentication, sizeof s->authentication, event_text(e, FIELD_AUTHENTICATION));
    copy(s->mode, sizeof s->mode, event_text(e, FIELD_DETAIL));
}

static bool is_same_suite(const struct foreign_suite *a, const struct foreign_suite *b)
{
    return is(a->encryption, b->encryption) && is(a->hash, b->hash) && is(a->owner, b->owner) &&
           a->key_len == b->key_len && a->group == b->group;
}

static void add_suite(struct foreign_suite *list, size_t *count, size_t max, const struct foreign_suite *s)
{
    for (size_t i = 0; i < *count; i++)
        if (is_same_suite(&list[i], s))
            return;
    if (*count < max)
        list[(*count)++] = *s;
}

static void take_transform(struct foreign *f, const struct event *e, enum event_field_id owner, bool is_phase1)
{
    struct foreign_suite s;

    take_suite(&s, e, owner);
    if (is_phase1)
        add_suite(f->policies, &f->policy_count, FOREIGN_POLICIES_MAX, &s);
    else
        add_suite(f->sets, &f->set_count, FOREIGN_SETS_MAX, &s);
}

static struct foreign_entry *entry_of(struct foreign *f, const char *map, unsigned sequence)
{
    for (size_t i = 0; i < f->entry_count; i++)
        if (is(f->entries[i].map, map) && f->entries[i].sequence == sequence)
            return &f->entries[i];
    if (f->entry_count == FOREIGN_ENTRIES_MAX)
        return NULL;

    struct foreign_entry *entry = &f->entries[f->entry_count++];

    copy(entry->map, sizeof entry->map, map);
    entry->sequence = sequence;
    return entry;
}

static void take_peer(struct foreign_entry *entry, struct ip peer)
{
    if (ip_is_set(peer) && entry->peer_count < COUNT_OF(entry->peers))
        entry->peers[entry->peer_count++] = peer;
}

static void take_entry(struct foreign *f, const struct event *e)
{
    struct foreign_entry *entry = entry_of(f, event_text(e, FIELD_MAP), (unsigned)event_number(e, FIELD_SEQUENCE));

    if (!entry)
        return;
    take_peer(entry, event_ip(e, FIELD_PEER));
    if (*event_text(e, FIELD_GROUP))
        copy(entry->acl, sizeof entry->acl, event_text(e, FIELD_GROUP));
    if (*event_text(e, FIELD_DETAIL))
        copy(entry->sets, sizeof entry->sets, event_text(e, FIELD_DETAIL));
    if (event_has(e, FIELD_DH_GROUP)) {
        entry->has_pfs = true;
        entry->pfs = (unsigned)event_number(e, FIELD_DH_GROUP);
    }
}

/* strongSwan and libreswan: a connection is an entry of its own, its name that of the access-list and of the sets. */
static void take_connection(struct foreign *f, const struct event *e)
{
    const char *name = event_text(e, FIELD_CONNECTION);
    struct foreign_entry *entry = entry_of(f, name, 0);

    if (!entry)
        return;
    take_peer(entry, event_ip(e, FIELD_PEER));
    entry->local = event_ip(e, FIELD_LOCAL);
    copy(entry->acl, sizeof entry->acl, name);
    copy(entry->version, sizeof entry->version, event_text(e, FIELD_VERSION));
    copy(entry->sent_id, sizeof entry->sent_id, event_text(e, FIELD_ID));
    copy(entry->expected_id, sizeof entry->expected_id, event_text(e, FIELD_WANTED));
    if (is(event_text(e, FIELD_EXCHANGE), "AM"))
        foreign_assume(f, "aggressive mode is configured, and main mode was tried");
    if (is(event_text(e, FIELD_AUTHENTICATION), "pubkey") || is(event_text(e, FIELD_AUTHENTICATION), "rsasig"))
        for (size_t i = 0; i < f->policy_count; i++)
            if (is(f->policies[i].owner, name))
                copy(f->policies[i].authentication, sizeof f->policies[i].authentication, "RSA sig");
}

static void take_selector(struct foreign *f, bool is_deny, const char *owner, const char *local, const char *remote)
{
    struct foreign_selector *s = &f->selectors[f->selector_count];

    if (f->selector_count == FOREIGN_SELECTORS_MAX)
        return;
    for (size_t i = 0; i < f->selector_count; i++)
        if (is(f->selectors[i].owner, owner) && is(f->selectors[i].local, local) &&
            is(f->selectors[i].remote, remote) && f->selectors[i].is_deny == is_deny)
            return;
    s->is_deny = is_deny;
    copy(s->owner, sizeof s->owner, owner);
    copy(s->local, sizeof s->local, local);
    copy(s->remote, sizeof s->remote, remote);
    if (strchr(local, ',') || strchr(remote, ','))
        foreign_assume(f, "of several networks of one child only the first is negotiated (IKEv1 has one a quick mode)");
    s->local[strcspn(s->local, ", ")] = s->remote[strcspn(s->remote, ", ")] = '\0';
    f->selector_count++;
}

static struct foreign_interface *interface_of(struct foreign *f, const char *name)
{
    for (size_t i = 0; i < f->interface_count; i++)
        if (is(f->interfaces[i].name, name))
            return &f->interfaces[i];
    if (f->interface_count == FOREIGN_INTERFACES_MAX)
        return NULL;
    copy(f->interfaces[f->interface_count].name, FOREIGN_NAME_SIZE, name);
    return &f->interfaces[f->interface_count++];
}

static void take_interface(struct foreign *f, const struct event *e)
{
    struct foreign_interface *i = interface_of(f, event_text(e, FIELD_INTERFACE));

    if (!i)
        return;
    if (*event_text(e, FIELD_MAP))
        copy(i->map, sizeof i->map, event_text(e, FIELD_MAP));
    if (ip_is_set(event_ip(e, FIELD_LOCAL))) {
        i->ip = event_ip(e, FIELD_LOCAL);
        i->mask = event_ip(e, FIELD_ID_MASK);
    }
}

/* ---- keys: the observations only tell that there is one ---- */

static struct bytes after_word(struct bytes line, const char *word)
{
    size_t len = strlen(word);

    for (size_t at = line.len; at-- > 0;)
        if (line.len - at >= len && memcmp(line.data + at, word, len) == 0)
            return bytes_of(line.data + at + len, line.len - at - len);
    return (struct bytes){0};
}

static struct bytes first_word(struct bytes text)
{
    size_t len = 0;

    while (text.len > 0 && text.data[0] == ' ')
        text = bytes_after(text, 1);
    while (len < text.len && text.data[len] != ' ')
        len++;
    return bytes_of(text.data, len);
}

/* crypto isakmp key [0|6] KEY address A; pre-shared-key address A key [0|6] KEY. Type 6 is encrypted. */
static struct bytes key_of_ios(struct bytes line)
{
    struct bytes rest = after_word(line, " key "), word = first_word(rest);

    if (word.len != 1 || (word.data[0] != '0' && word.data[0] != '6'))
        return word;
    return word.data[0] == '6' ? (struct bytes){0} : first_word(bytes_after(rest, (size_t)(word.data - rest.data) + 1));
}

/* secret = "KEY", : PSK "KEY". 0x and 0s begin other spellings. */
static struct bytes key_of_quotes(struct bytes line)
{
    struct bytes rest = {0};
    size_t len = 0;

    for (size_t i = 0; i < line.len && rest.len == 0; i++)
        if (line.data[i] == '"')
            rest = bytes_after(line, i + 1);
    while (len < rest.len && rest.data[len] != '"')
        len++;
    return len < rest.len ? bytes_of(rest.data, len) : (struct bytes){0};
}

static struct bytes key_at(const struct foreign *f, struct bytes file, uint32_t number)
{
    struct lines lines = lines_of(file);
    struct bytes found = {0};
    struct line line;

    while (line_next(&lines, &line) && line.number <= number) {
        if (f->product == PRODUCT_IOS) {
            if (line.number == number)
                found = key_of_ios(line.text);
        } else if (after_word(line.text, "secret").len > 0 || after_word(line.text, ": PSK ").len > 0) {
            found = key_of_quotes(line.text); /* the last before the end of its section */
        }
    }
    return found;
}

static void take_key(struct foreign *f, const struct observation *seen, struct bytes file)
{
    struct foreign_key *k = &f->keys[f->key_count];
    const char *state = event_text(&seen->event, FIELD_KEY);
    struct bytes key;

    if (f->key_count == FOREIGN_KEYS_MAX || is(state, "missing"))
        return;
    key = is(state, "present") ? key_at(f, file, seen->line) : (struct bytes){0};
    k->peer = event_ip(&seen->event, FIELD_PEER);
    k->is_known = key.len > 0 && key.len < sizeof k->key && key.data[0] != '*';
    memcpy(k->key, key.data ? key.data : (const uint8_t *)"", k->is_known ? key.len : 0);
    f->key_count++;
}

/* ---- what is configured, what was seen ---- */

static void take_nat(struct foreign *f, const struct event *e)
{
    if (f->nat_count == FOREIGN_NATS_MAX || !event_has(e, FIELD_MAP) || !event_has(e, FIELD_INTERFACE))
        return;
    copy(f->nats[f->nat_count].acl, FOREIGN_NAME_SIZE, event_text(e, FIELD_MAP));
    copy(f->nats[f->nat_count++].interface, FOREIGN_NAME_SIZE, event_text(e, FIELD_INTERFACE));
}

static void take_route_map(struct foreign *f, const struct event *e)
{
    if (f->route_map_count == FOREIGN_NATS_MAX)
        return;
    copy(f->route_maps[f->route_map_count].name, FOREIGN_NAME_SIZE, event_text(e, FIELD_MAP));
    copy(f->route_maps[f->route_map_count++].acl, FOREIGN_NAME_SIZE, event_text(e, FIELD_GROUP));
}

static void take_configured(struct foreign *f, const struct observation *seen, struct bytes file)
{
    const struct event *e = &seen->event;
    const char *statement = event_text(e, FIELD_STATEMENT);
    bool is_swan = seen->product == PRODUCT_STRONGSWAN || seen->product == PRODUCT_LIBRESWAN;

    bool is_of_both = is(statement, "interface") || is(statement, "crypto-map-interface");

    f->asa_count += seen->product == PRODUCT_ASA && !is_of_both;
    f->ios_count += seen->product == PRODUCT_IOS && !is_of_both;
    if (is_swan)
        f->product = (enum product)seen->product;
    else if (f->ios_count > f->asa_count)
        f->product = PRODUCT_IOS;
    else
        f->product = PRODUCT_ASA;
    if (is(statement, "policy"))
        take_transform(f, e, FIELD_CONNECTION, true);
    else if (is(statement, "transform"))
        take_transform(f, e, is_swan ? FIELD_CONNECTION : FIELD_GROUP, false);
    else if (is(statement, "crypto-map-entry") || is(statement, "crypto-map-peer"))
        take_entry(f, e);
    else if (is(statement, "connection"))
        take_connection(f, e);
    else if (is(statement, "selector") || is(statement, "acl-deny"))
        take_selector(f, is(statement, "acl-deny"), event_text(e, is_swan ? FIELD_CONNECTION : FIELD_MAP),
                      event_text(e, FIELD_LOCAL_PROXY), event_text(e, FIELD_REMOTE_PROXY));
    else if (is(statement, "interface") || is(statement, "crypto-map-interface"))
        take_interface(f, e);
    else if (is(statement, "key"))
        take_key(f, seen, file);
    else if (is(statement, "nat-translate") && seen->product == PRODUCT_IOS)
        take_nat(f, e);
    else if (is(statement, "route-map-list"))
        take_route_map(f, e);
    else if (is(statement, "no-nat-traversal"))
        f->is_nat_t_off = true;
}

/* Message 1 of the first negotiation says who is who. */
static void take_seen(struct foreign *f, const struct event *e)
{
    bool is_phase1 = event_number(e, FIELD_PHASE) == 1;

    f->is_capture = true;
    if (!ip_is_set(f->initiator) && is_phase1) {
        f->initiator = event_ip(e, FIELD_SOURCE);
        f->responder = event_ip(e, FIELD_DESTINATION);
    }
    if (!ip_equal(event_ip(e, FIELD_SOURCE), f->initiator) && !ip_equal(event_ip(e, FIELD_SOURCE), f->responder))
        return;
    if (e->kind == EV_PROPOSAL_SEEN) {
        struct event owned = *e;

        event_add_text(&owned, FIELD_CONNECTION, ip_equal(event_ip(e, FIELD_SOURCE), f->initiator) ? "i" : "r");
        if (!is_phase1)
            f->has_phase2 = true;
        take_transform(f, &owned, FIELD_CONNECTION, is_phase1);
    } else if (!is_phase1) {
        take_selector(f, false, "seen", event_text(e, FIELD_LOCAL_PROXY), event_text(e, FIELD_REMOTE_PROXY));
    } else if (*event_text(e, FIELD_ID)) {
        foreign_assume(f, "identities were seen, and are taken as accepted");
    }
}

void foreign_take(struct foreign *f, const struct observation *seen, struct bytes file)
{
    const struct event *e = &seen->event;

    if (e->kind == EV_CONFIGURED)
        take_configured(f, seen, file);
    else if (seen->vantage == VANTAGE_WIRE && (e->kind == EV_PROPOSAL_SEEN || e->kind == EV_ID_SEEN))
        take_seen(f, e);
    else if (e->kind == EV_PACKET_SEEN && is(event_text(e, FIELD_NOTIFY), "NO_PROPOSAL_CHOSEN"))
        f->refused++;
}
