/* Counts what libcrypto takes from the heap, so that a test sees that nothing is taken for each packet. */
#ifndef TESTS_CRYPTO_COUNTED_HEAP_H
#define TESTS_CRYPTO_COUNTED_HEAP_H

#include "base/check.h"

#include <stdlib.h>

#include <openssl/crypto.h>

static size_t allocation_count;

static void *counted_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    allocation_count++;
    return malloc(len);
}

static void *counted_realloc(void *old, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    allocation_count++;
    return realloc(old, len);
}

static void counted_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

/* Before anything else of libcrypto is called. */
static inline void count_allocations(void)
{
    CHECK(CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1);
}

#endif
