/* What the tests of the search have in common: words for scenarios, the space, and a ladder for whatever fails. */
#ifndef TESTS_SEARCH_SCENARIOS_H
#define TESTS_SEARCH_SCENARIOS_H

#include "base/check.h"
#include "ike/objects.h"
#include "ike/steps.h"
#include "search/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WEST, EAST };

#define WANTS(who)                                                                                                     \
    {                                                                                                                  \
        .what = "wants the tunnel", .site = who, .kind = SEARCH_ACQUIRE                                                \
    }
#define IS_TOLD(who, order)                                                                                            \
    {                                                                                                                  \
        .what = "is told " #order, .site = who, .kind = SEARCH_COMMAND, .command = IKE_##order                         \
    }
#define PLANE_SAYS(who, news)                                                                                          \
    {                                                                                                                  \
        .what = "has its plane say " #news, .site = who, .kind = SEARCH_PLANE, .plane = IKE_PLANE_##news               \
    }
#define UP_TO(n, bound) [SEARCH_##bound] = n

enum { SPACE = 512 * 1024 * 1024, LADDER_MAX = 256 * 1024 };

static void *space;
static struct search *search;
static struct text ladder;
static char ladder_space[LADDER_MAX];

static inline int begin_search(void **state)
{
    (void)state;
    space = malloc(SPACE);
    if (space == NULL)
        return -1;
    search = search_make(space, SPACE);
    return 0;
}

static inline int end_search(void **state)
{
    (void)state;
    free(space);
    return 0;
}

static inline const char *explain(void)
{
    ladder = text_of(ladder_space, sizeof ladder_space);
    search_explain(search, &ladder);
    return ladder_space;
}

_Noreturn void __wrap_check_failed(const char *condition, const char *file, int line);

/* A CHECK of the engine that fails has a way that leads to it: it is walked again, up to the CHECK. */
_Noreturn void __wrap_check_failed(const char *condition, const char *file, int line)
{
    static bool is_explaining;

    if (!is_explaining && search != NULL) {
        is_explaining = true;
        fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
        explain();
    }
    fprintf(stderr, "%s", ladder_space);
    abort();
}

#endif
