/* How often packets have wanted the tunnel of each line of the crypto ACLs, whether there was a pair for them or not.
 */
#include "daemon/plane_parts.h"

#include <stdlib.h>
#include <string.h>

static uint32_t place_lines(const struct policy *policy, uint32_t *first)
{
    uint32_t count = 0;

    for (uint16_t i = 0; i < policy->tunnel_count; i++) {
        first[i] = count;
        count += policy->tunnels[i].ace_count;
    }
    return count;
}

static struct plane_lines lines_of(const struct policy *policy)
{
    struct plane_lines lines = {0};

    if (policy == NULL || policy->tunnel_count == 0)
        return lines;
    lines.first = calloc(policy->tunnel_count, sizeof *lines.first);
    if (lines.first != NULL)
        lines.hits = calloc(place_lines(policy, lines.first) + 1u, sizeof *lines.hits);
    if (lines.hits == NULL)
        plane_lines_free(&lines);
    return lines;
}

/* Of an entry there is a tunnel for each family of its interface. */
static bool is_of_same_entry(const struct tunnel *a, const struct tunnel *b)
{
    return a->sequence == b->sequence && strcmp(a->map_name, b->map_name) == 0;
}

static bool carry_to(struct plane_lines *lines, const struct policy *to, uint16_t tunnel, uint16_t ace,
                     const struct crypto_ace *line, uint64_t hits)
{
    const struct tunnel *t = &to->tunnels[tunnel];

    for (uint16_t i = 0; i < t->ace_count; i++) {
        uint16_t at = (uint16_t)((ace + i) % t->ace_count);

        if (t->aces[at].is_permit == line->is_permit && selector_equal(&t->aces[at].selector, &line->selector)) {
            lines->hits[lines->first[tunnel] + at] += hits;
            return true;
        }
    }
    return false;
}

/* Into the same line of the same entry, whatever else has changed; most often both stand in the same places. */
static void carry_line(struct plane_lines *lines, const struct policy *to, const struct tunnel *tunnel, uint16_t place,
                       uint16_t ace, uint64_t hits)
{
    for (uint32_t i = 0; i < to->tunnel_count; i++) {
        uint16_t at = (uint16_t)((place + i) % to->tunnel_count);

        if (is_of_same_entry(&to->tunnels[at], tunnel) && carry_to(lines, to, at, ace, &tunnel->aces[ace], hits))
            return;
    }
}

void plane_lines_repolicy(struct plane *plane, const struct policy *from, const struct policy *to)
{
    struct plane_lines lines = lines_of(to);
    bool is_carried = from != NULL && lines.hits != NULL && plane->lines.hits != NULL;

    for (uint16_t i = 0; is_carried && i < from->tunnel_count; i++)
        for (uint16_t ace = 0; ace < from->tunnels[i].ace_count; ace++) {
            uint64_t hits = plane->lines.hits[plane->lines.first[i] + ace];

            if (hits > 0)
                carry_line(&lines, to, &from->tunnels[i], i, ace, hits);
        }
    plane_lines_free(&plane->lines);
    plane->lines = lines;
}

void plane_lines_free(struct plane_lines *lines)
{
    free(lines->first);
    free(lines->hits);
    *lines = (struct plane_lines){0};
}

void plane_count_line(struct plane *plane, uint16_t tunnel, uint16_t ace)
{
    const struct policy *policy = plane->policy;

    if (plane->lines.hits != NULL && tunnel < policy->tunnel_count && ace < policy->tunnels[tunnel].ace_count)
        plane->lines.hits[plane->lines.first[tunnel] + ace]++;
}

uint64_t plane_line_hits(const struct plane *plane, uint16_t tunnel, uint16_t ace)
{
    return plane->lines.hits == NULL ? 0 : plane->lines.hits[plane->lines.first[tunnel] + ace];
}
