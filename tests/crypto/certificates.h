/* The certificates of tests/certificates, for tests. */
#ifndef TESTS_CRYPTO_CERTIFICATES_H
#define TESTS_CRYPTO_CERTIFICATES_H

#include "base/check.h"
#include "crypto/certificate.h"

#include <stdio.h>
#include <string.h>

/* All that a file holds. `name` has its ending. One at a time: the pieces stay until the next call with that place. */
enum { FILES_AT_ONCE = 10 };

static inline const struct pieces *file_pieces(int place, const char *name, const char *passphrase)
{
    static struct pieces pieces[FILES_AT_ONCE];
    static uint8_t content[FILES_AT_ONCE][65536];
    const char *why = "";
    char path[512];

    CHECK(place < FILES_AT_ONCE);
    snprintf(path, sizeof path, "%s/certificates/%s", TESTS_DIR, name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t len = fread(content[place], 1, sizeof content[place], file);
    fclose(file);
    CHECK(pieces_read(&pieces[place], bytes_of(content[place], len), bytes_of_text(passphrase), &why));
    return &pieces[place];
}

static inline struct bytes file_der(int place, const char *name)
{
    return file_pieces(place, name, "")->list[0].der;
}

#endif
