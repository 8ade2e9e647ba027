/* The forms of `show crypto ipsec sa`: what the entries stand under, and how much of each is shown. */
#include "base/check.h"
#include "cli/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"

/* Two peers of one map, and one of another on another interface; the SAs are of no interest here. */
static const char pairs[] =
    "{\"record\":\"ipsec_pair\",\"interface\":\"outside\",\"map\":\"OUT\",\"sequence\":10,\"local\":\"192.0.2.1\","
    "\"peer\":\"198.51.100.7\",\"local_ident\":\"10.1.0.0/255.255.0.0/0/0\",\"remote_ident\":"
    "\"10.7.0.0/255.255.0.0/0/0\",\"spi_in\":\"0x00000071\",\"spi_out\":\"0x00000072\",\"encryption\":\"aes\","
    "\"integrity\":\"sha\"}\n"
    "{\"record\":\"ipsec_pair\",\"interface\":\"backup\",\"map\":\"BACK\",\"sequence\":10,\"local\":\"192.0.2.2\","
    "\"peer\":\"198.51.100.7\",\"local_ident\":\"10.1.0.0/255.255.0.0/0/0\",\"remote_ident\":"
    "\"10.8.0.0/255.255.0.0/0/0\",\"spi_in\":\"0x00000081\",\"spi_out\":\"0x00000082\",\"encryption\":\"aes\","
    "\"integrity\":\"sha\"}\n"
    "{\"record\":\"ipsec_pair\",\"interface\":\"outside\",\"map\":\"OUT\",\"sequence\":20,\"local\":\"192.0.2.1\","
    "\"peer\":\"198.51.100.3\",\"local_ident\":\"10.1.0.0/255.255.0.0/0/0\",\"remote_ident\":"
    "\"10.3.0.0/255.255.0.0/0/0\",\"spi_in\":\"0x00000031\",\"spi_out\":\"0x00000032\",\"encryption\":\"aes\","
    "\"integrity\":\"sha\"}\n";

static bool is_begun_by(const char *line, size_t len, const char *word)
{
    while (len > 0 && *line == ' ') {
        line++;
        len--;
    }
    return len >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* Only the lines that say what stands under what. */
static void skeleton_of(const char *screen, char *skeleton, size_t size)
{
    static const char *const words[] = {"interface:",      "fvrf/address:", "peer address:", "cryptomap:",
                                        "Crypto map tag:", "spi:",          "remote ident",  "inbound esp sas:"};
    struct text t = text_of(skeleton, size);

    for (size_t len; *screen != '\0'; screen += len) {
        len = strcspn(screen, "\n");
        for (size_t i = 0; i < COUNT_OF(words); i++) {
            if (is_begun_by(screen, len, words[i]))
                text_add(&t, "%.*s\n", (int)len, screen);
        }
        len += screen[len] == '\n';
    }
}

#define ENTRY_7                                                                                                        \
    "    Crypto map tag: OUT, seq num: 10, local addr: 192.0.2.1\n"                                                    \
    "      remote ident (addr/mask/prot/port): (10.7.0.0/255.255.0.0/0/0)\n"
#define ENTRY_8                                                                                                        \
    "    Crypto map tag: BACK, seq num: 10, local addr: 192.0.2.2\n"                                                   \
    "      remote ident (addr/mask/prot/port): (10.8.0.0/255.255.0.0/0/0)\n"
#define ENTRY_3                                                                                                        \
    "    Crypto map tag: OUT, seq num: 20, local addr: 192.0.2.1\n"                                                    \
    "      remote ident (addr/mask/prot/port): (10.3.0.0/255.255.0.0/0/0)\n"
#define SAS(in, out) "    inbound esp sas:\n      spi: 0x" in "\n      spi: 0x" out "\n"
#define SAS_7 SAS("00000071 (113)", "00000072 (114)")
#define SAS_8 SAS("00000081 (129)", "00000082 (130)")
#define SAS_3 SAS("00000031 (49)", "00000032 (50)")

static void entries_stand_under_what_was_asked_for(void **state)
{
    static const struct {
        struct control_request request;
        const char *skeleton;
    } rows[] = {
        {{.id = CONTROL_SHOW_IPSEC_SA},
         "interface: backup\n" ENTRY_8 SAS_8 "interface: outside\n" ENTRY_7 SAS_7 ENTRY_3 SAS_3},
        {{.id = CONTROL_SHOW_IPSEC_ENTRY},
         "peer address: 198.51.100.3\n" ENTRY_3 SAS_3 "peer address: 198.51.100.7\n" ENTRY_8 SAS_8 ENTRY_7 SAS_7},
        {{.id = CONTROL_SHOW_IPSEC_SPI},
         "peer address: 198.51.100.3\n" ENTRY_3 SAS_3 "peer address: 198.51.100.7\n" ENTRY_8 SAS_8 ENTRY_7 SAS_7},
        {{.id = CONTROL_SHOW_IPSEC_MAP},
         "cryptomap: BACK\n" ENTRY_8 SAS_8 "cryptomap: OUT\n" ENTRY_7 SAS_7 ENTRY_3 SAS_3},
        {{.id = CONTROL_SHOW_IPSEC_INTERFACE},
         "interface: backup\n" ENTRY_8 SAS_8 "interface: outside\n" ENTRY_7 SAS_7 ENTRY_3 SAS_3},
        {{.id = CONTROL_SHOW_IPSEC_ADDRESS},
         "fvrf/address: (none)/192.0.2.1\n      spi: 0x00000071 (113)\n      spi: 0x00000031 (49)\n"
         "fvrf/address: (none)/192.0.2.2\n      spi: 0x00000081 (129)\n"
         "fvrf/address: (none)/198.51.100.3\n      spi: 0x00000032 (50)\n"
         "fvrf/address: (none)/198.51.100.7\n      spi: 0x00000082 (130)\n      spi: 0x00000072 (114)\n"},
        {{.id = CONTROL_SHOW_IPSEC_IDENTITY}, "interface: backup\n" ENTRY_8 "interface: outside\n" ENTRY_7 ENTRY_3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reply reply = reply_of(pairs);
        struct screen_view view = {.dialect = DIALECT_ASA};
        char *screen = NULL, skeleton[4096];
        size_t len;
        FILE *out = open_memstream(&screen, &len);

        screen_write(out, &reply, &rows[i].request, &view);
        CHECK(fclose(out) == 0);
        skeleton_of(screen, skeleton, sizeof skeleton);
        assert_string_equal(skeleton, rows[i].skeleton);
        free(screen);
        reply_free(&reply);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_stand_under_what_was_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
