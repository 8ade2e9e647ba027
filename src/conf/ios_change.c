/* Lines of a router that are added to what is running. What is typed stands alone: interfaces, keepalives and numbers
 * of address pools are those of the configuration that is in use. */
#include "conf/ios_parts.h"

#include "conf/line.h"
#include "conf/statement.h"

#include <string.h>

enum { SPARE = 256 * 1024 };

static const struct bytes nothing;

size_t ios_change_space(size_t len)
{
    return sizeof(struct translation) + 2 * (len * GROWTH + 4096) + SPARE;
}

/* ---- what is running ---- */

static bool is_running(const struct conf *running, struct bytes statement)
{
    struct bytes words[TOKENS_MAX];
    struct token tokens[TOKENS_MAX];
    struct conf_part part = {.words = words};
    struct lines lines = lines_of(statement);
    struct line line;
    char space[64];
    struct text unseen = text_of(space, sizeof space);
    bool is_cut = false;

    if (!line_next(&lines, &line))
        return false;
    part.count = line_tokens(&line, tokens, TOKENS_MAX, &is_cut);
    for (size_t i = 0; i < part.count; i++)
        words[i] = tokens[i].text;
    return conf_write_part(running, CONF_KEYS_MASKED, part, &unseen) > 0;
}

bool ios_is_known(const struct translation *t, struct bytes statement, size_t len)
{
    struct lines lines = lines_of(bytes_of(t->text.data, len));
    struct line line;

    while (line_next(&lines, &line))
        if (line.indent == 0 && bytes_equal(line.text, statement))
            return true;
    return t->running != NULL && is_running(t->running, statement);
}

struct bytes ios_nameif(const struct translation *t, struct bytes interface)
{
    const struct policy *policy = t->running == NULL ? NULL : &t->running->policy;

    for (uint16_t i = 0; policy != NULL && i < policy->interface_count; i++)
        if (bytes_equal(bytes_of_text(policy->interfaces[i].hardware), interface))
            return bytes_of_text(policy->interfaces[i].name);
    return interface;
}

static void take_interfaces(struct translation *t, const struct policy *policy)
{
    for (uint16_t i = 0; i < policy->interface_count && t->interface_count < INTERFACES_MAX; i++)
        if (ip_is_set(policy->interfaces[i].ip))
            t->interfaces[t->interface_count++] =
                (struct ios_interface){bytes_of_text(policy->interfaces[i].name),
                                       ip_range_of_prefix(policy->interfaces[i].ip, policy->interfaces[i].prefix_len)};
}

static void take_pools(struct translation *t, const struct conf *running)
{
    for (const struct statement *s = NULL; (s = statements_next(running->statements, s, STATEMENT_global)) != NULL;)
        if (statement_number(s, "nat-id") > t->first_nat)
            t->first_nat = statement_number(s, "nat-id");
}

/* A router keeps all its peers alive alike: as those that there are. */
void ios_add_known_keepalive(struct translation *t, struct bytes group)
{
    const struct policy *policy = &t->running->policy;
    const struct tunnel_group *like = NULL;

    for (uint16_t i = 0; i < policy->tunnel_group_count; i++) {
        const struct tunnel_group *g = &policy->tunnel_groups[i];

        if (bytes_equal(bytes_of_text(g->name), group))
            like = g;
        else if (g->has_dpd && !g->is_remote_access && like == NULL)
            like = g;
    }
    if (like == NULL || !like->has_dpd)
        ios_put_line(t, " isakmp keepalive disable", nothing, "", nothing);
    else {
        text_add(&t->text, " isakmp keepalive threshold %u retry %u", like->dpd_threshold_s, like->dpd_retry_s);
        ios_put_line(t, like->dpd_is_on_demand ? " on-demand" : " periodic", nothing, "", nothing);
    }
}

/* `crypto isakmp keepalive` is for all peers. */
static void take_groups(struct translation *t)
{
    const struct policy *policy = &t->running->policy;

    for (uint16_t i = 0; t->keepalive[0].len > 0 && i < policy->tunnel_group_count; i++)
        if (!policy->tunnel_groups[i].is_remote_access && t->group_count < GROUPS_MAX)
            t->groups[t->group_count++] = bytes_of_text(policy->tunnel_groups[i].name);
}

/* ---- lines ---- */

/* The beginning of the line in `text` that ends at `end`. */
static size_t line_begin(const char *text, size_t end)
{
    while (end > 0 && text[end - 1] != '\n')
        end--;
    return end;
}

/* What was written from `from` on, taken back: a block goes by its first line, settings by theirs, below the last
 * statement that they stand under. False: nothing was written. */
static bool take_back(struct translation *t, size_t from, uint32_t line_count, bool is_block)
{
    char written[4 * IOS_LINE_SIZE];
    struct text kept = text_of(written, sizeof written);
    size_t len = t->text.len, at;
    struct lines lines;
    struct line line;

    if (len == from)
        return false;
    at = is_block ? from : line_begin(t->text.data, len - 1);
    while (at > from && t->text.data[at] == ' ')
        at = line_begin(t->text.data, at - 1);
    text_add(&kept, "%.*s", is_block ? (int)strcspn(t->text.data + at, "\n") : (int)(len - at), t->text.data + at);
    t->text.len = from;
    t->text.data[from] = '\0';
    t->line_count = line_count;
    lines = lines_of(bytes_of_text(written));
    for (bool is_header = strstr(written, "\n ") != NULL; line_next(&lines, &line); is_header = false)
        ios_put_line(t, is_header ? "" : line.indent > 0 ? " no " : "no ", line.text_with_blanks, "", nothing);
    bytes_wipe(written, sizeof written);
    return !kept.is_cut;
}

/* False: no row knows the line without its `no`, or what it stands for cannot be taken back so. */
static bool take_no(struct translation *t, enum ios_mode mode, const struct token *tokens, uint16_t count)
{
    size_t from = t->text.len, routes = t->route_count, applied = t->applied_count, nats = t->nat_count;
    size_t groups = t->group_count, log_hosts = t->log_host_count;
    size_t split_dns = t->split_dns_count;
    uint32_t line_count = t->line_count;
    enum ios_mode before = t->mode;
    bool is_taken;

    t->is_no = true;
    t->is_taken_back = false;
    is_taken = ios_take(t, mode, tokens, count);
    t->is_no = false;
    t->group_count = groups;
    if (is_taken && (t->is_taken_back || t->route_count > routes || t->applied_count > applied || t->nat_count > nats ||
                     t->log_host_count > log_hosts || t->split_dns_count > split_dns))
        return true;
    if (is_taken && take_back(t, from, line_count, mode == IOS_GLOBAL && t->mode != IOS_GLOBAL))
        return true;
    t->mode = before;
    return false;
}

static void add_line(struct translation *t, const struct line *line)
{
    struct token tokens[TOKENS_MAX];
    bool is_cut = false;
    bool is_text = ios_take_banner(t, line);
    uint16_t count = is_text || line_is_noise(line) ? 0 : line_tokens(line, tokens, TOKENS_MAX, &is_cut);
    bool is_inside = line->indent > 0 && t->mode != IOS_GLOBAL;
    enum ios_mode mode = is_inside ? t->mode : IOS_GLOBAL;

    t->number = line->number;
    if (count == 0)
        return;
    ios_spell_devices(t, tokens, count);
    if (!is_cut && (is_inside || line->indent == 0)) {
        if (ios_take(t, mode, tokens, count))
            return;
        if (bytes_equal(tokens[0].text, bytes_of_text("no")) && count > 1 &&
            take_no(t, mode, tokens + 1, (uint16_t)(count - 1)))
            return;
    }
    if (line->indent == 0)
        t->mode = IOS_GLOBAL;
    /* Under a line of the router's it would belong to whatever stands before it. */
    ios_put_line(t, line->indent > 0 && !is_inside ? " " : "", line->text_with_blanks, "", nothing);
}

bool ios_translate_change(struct ios *ios, struct bytes lines, const struct conf *running, struct arena *arena)
{
    struct translation *t = ios_begin(lines.len, arena);
    struct lines each = lines_of(lines);
    struct line line;

    if (t == NULL)
        return false;
    t->running = running;
    take_interfaces(t, &running->policy);
    take_pools(t, running);
    while (line_next(&each, &line)) {
        t->ahead = each.rest;
        add_line(t, &line);
    }
    take_groups(t);
    ios_add_remembered(t);
    *ios = (struct ios){bytes_of(t->text.data, t->text.len), t->lines, t->line_count};
    return !t->text.is_cut;
}
