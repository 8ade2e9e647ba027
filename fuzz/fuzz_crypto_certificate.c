/* Any bytes as a file, a certificate, a name and an identity of a peer: reading ends within its memory, what is printed
 * is printable, and nobody is believed: there is no signature here that any key has made. */
#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_printed(struct bytes name)
{
    char space[1024];
    struct text text = text_of(space, sizeof space);

    text_add_name(&text, name);
    for (size_t i = 0; i < text.len; i++)
        CHECK(space[i] >= ' ' && space[i] <= '~');
    (void)name_equal(name, name);
}

static void check_pieces(struct bytes file)
{
    static struct pieces pieces;
    const char *why = NULL;

    if (!pieces_read(&pieces, file, bytes_of_text("passphrase"), &why)) {
        CHECK(why != NULL);
        return;
    }
    CHECK(pieces.count <= PIECES_MAX && pieces.space_len <= PIECES_SPACE);
    for (size_t i = 0; i < pieces.count; i++)
        CHECK(pieces.list[i].der.data >= pieces.space &&
              pieces.list[i].der.data + pieces.list[i].der.len <= pieces.space + pieces.space_len);
}

/* The first byte says of what kind; what follows is split in two: the peer's own certificate, and one of its chain. */
static void check_trust(const uint8_t *data, size_t len)
{
    static const uint8_t zeros[SIGNATURE_MAX], digest[32];
    struct bytes all = bytes_of(data + 1, len - 1), own = bytes_of(all.data, all.len / 2);
    struct trust *trust = trust_make();
    struct trust_question q = {
        .certificates = {data[0] & 0x80 ? own : all, bytes_after(all, own.len)},
        .certificate_count = data[0] & 0x80 ? 2 : 1,
        .now_s = 1800000000,
        .kind = SIGNATURE_RSA + data[0] % 4,
        .digest = BYTES_OF(digest),
        .signature = bytes_of(zeros, data[0] & 0x40 ? 64 : 256),
        .subject_kind = (enum subject_kind)(data[0] / 4 % 5),
        .subject = own,
        .identity_check = data[0] & 0x20 ? IDENTITY_UNCHECKED : IDENTITY_REQUIRED,
        .revocation = data[0] & 0x10 ? REVOCATION_CRL : REVOCATION_NONE,
    };

    CHECK(trust != NULL);
    (void)trust_add_anchor(trust, all);
    (void)trust_add_crl(trust, all);
    CHECK(trust_check(trust, &q, NULL) != TRUST_OK);
    trust_free(trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct certificate certificate;
    struct bytes all = bytes_of(data, len);

    if (len < 2)
        return 0;
    check_printed(all);
    check_pieces(all);
    if (certificate_read(&certificate, bytes_after(all, 1)))
        check_printed(bytes_of(certificate.subject, certificate.subject_len));
    check_trust(data, len);
    signing_key_free(signing_key_read(all));
    return 0;
}
