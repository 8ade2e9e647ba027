#include "trial/values.h"

#include "base/check.h"
#include "policy/ace_words.h"

#include <string.h>

struct value *values_add(struct values *v, const char *name)
{
    CHECK(v->count < VALUES_MAX);
    v->list[v->count] = (struct value){.name = name};
    return &v->list[v->count++];
}

static void value_set(char to[static VALUE_SIZE], const char *text)
{
    struct text t = text_of(to, VALUE_SIZE);

    text_add(&t, "%s", text);
}

void values_put(struct values *v, const char *name, const char *text)
{
    struct value *value = values_add(v, name);

    for (size_t w = 0; w < WORDS_COUNT; w++)
        value_set(value->text[w], text);
}

void values_put_number(struct values *v, const char *name, unsigned number)
{
    char space[16];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "%u", number);
    values_put(v, name, space);
}

void values_put_ip(struct values *v, const char *name, struct ip ip)
{
    char space[IP_TEXT_SIZE];

    values_put(v, name, ip_text(ip, space));
}

void values_put_identity(struct values *v, const char *name, const char *id)
{
    struct ip ip;
    struct text t;

    values_put(v, name, id);
    if (ip_parse(&ip, bytes_of_text(id)))
        return;
    t = text_of(v->list[v->count - 1].text[WORDS_LIBRESWAN], VALUE_SIZE);
    text_add(&t, "@%s", id);
}

/* ---- algorithms ---- */

static const struct {
    enum cipher_id cipher;
    const char *words[WORDS_COUNT], *esp[WORDS_COUNT];
} ciphers[] = {
    {CIPHER_DES_CBC, {"des", "des", "des", "des"}, {"esp-des", "esp-des", "des", "des"}},
    {CIPHER_3DES_CBC, {"3des", "3des", "3des", "3des"}, {"esp-3des", "esp-3des", "3des", "3des"}},
    {CIPHER_AES128_CBC, {"aes", "aes", "aes128", "aes128"}, {"esp-aes", "esp-aes", "aes128", "aes128"}},
    {CIPHER_AES192_CBC, {"aes-192", "aes 192", "aes192", "aes192"}, {"esp-aes-192", "esp-aes 192", "aes192", "aes192"}},
    {CIPHER_AES256_CBC, {"aes-256", "aes 256", "aes256", "aes256"}, {"esp-aes-256", "esp-aes 256", "aes256", "aes256"}},
    {CIPHER_AES128_GCM, {"", "", "", ""}, {"esp-gcm", "esp-gcm", "aes128gcm16", "aes_gcm128"}},
    {CIPHER_AES192_GCM, {"", "", "", ""}, {"esp-gcm-192", "esp-gcm 192", "aes192gcm16", "aes_gcm192"}},
    {CIPHER_AES256_GCM, {"", "", "", ""}, {"esp-gcm-256", "esp-gcm 256", "aes256gcm16", "aes_gcm256"}},
    {CIPHER_AES128_GCM12, {"", "", "", ""}, {"esp-gcm12", "", "aes128gcm12", "aes_gcm_b128"}},
    {CIPHER_AES192_GCM12, {"", "", "", ""}, {"esp-gcm12-192", "", "aes192gcm12", "aes_gcm_b192"}},
    {CIPHER_AES256_GCM12, {"", "", "", ""}, {"esp-gcm12-256", "", "aes256gcm12", "aes_gcm_b256"}},
    {CIPHER_AES128_GCM8, {"", "", "", ""}, {"esp-gcm8", "", "aes128gcm8", "aes_gcm_a128"}},
    {CIPHER_AES192_GCM8, {"", "", "", ""}, {"esp-gcm8-192", "", "aes192gcm8", "aes_gcm_a192"}},
    {CIPHER_AES256_GCM8, {"", "", "", ""}, {"esp-gcm8-256", "", "aes256gcm8", "aes_gcm_a256"}},
    {CIPHER_AES128_GMAC, {"", "", "", ""}, {"esp-gmac", "esp-gmac", "aes128gmac", "null_auth_aes_gmac128"}},
    {CIPHER_AES192_GMAC, {"", "", "", ""}, {"esp-gmac-192", "esp-gmac 192", "aes192gmac", "null_auth_aes_gmac192"}},
    {CIPHER_AES256_GMAC, {"", "", "", ""}, {"esp-gmac-256", "esp-gmac 256", "aes256gmac", "null_auth_aes_gmac256"}},
    {CIPHER_NULL, {"", "", "", ""}, {"esp-null", "esp-null", "null", "null"}},
};

static const struct {
    enum hash_id hash;
    const char *words[WORDS_COUNT], *esp[WORDS_COUNT];
} hashes[] = {
    {HASH_MD5, {"md5", "md5", "md5", "md5"}, {" esp-md5-hmac", " esp-md5-hmac", "-md5", "-md5"}},
    {HASH_SHA1, {"sha", "sha", "sha1", "sha1"}, {" esp-sha-hmac", " esp-sha-hmac", "-sha1", "-sha1"}},
    {HASH_SHA256,
     {"sha256", "sha256", "sha256", "sha2_256"},
     {" esp-sha256-hmac", " esp-sha256-hmac", "-sha256", "-sha2_256"}},
    {HASH_SHA384,
     {"sha384", "sha384", "sha384", "sha2_384"},
     {" esp-sha384-hmac", " esp-sha384-hmac", "-sha384", "-sha2_384"}},
    {HASH_SHA512,
     {"sha512", "sha512", "sha512", "sha2_512"},
     {" esp-sha512-hmac", " esp-sha512-hmac", "-sha512", "-sha2_512"}},
};

static const struct {
    enum group_id group;
    const char *word, *libreswan;
} groups[] = {
    {GROUP_MODP768, "modp768", "modp768"},    {GROUP_MODP1024, "modp1024", "modp1024"},
    {GROUP_MODP1536, "modp1536", "modp1536"}, {GROUP_MODP2048, "modp2048", "modp2048"},
    {GROUP_MODP3072, "modp3072", "modp3072"}, {GROUP_MODP4096, "modp4096", "modp4096"},
    {GROUP_MODP6144, "modp6144", "modp6144"}, {GROUP_MODP8192, "modp8192", "modp8192"},
    {GROUP_ECP256, "ecp256", "dh19"},         {GROUP_ECP384, "ecp384", "dh20"},
    {GROUP_ECP521, "ecp521", "dh21"},
};

static size_t cipher_row(enum cipher_id cipher)
{
    for (size_t i = 0; i < COUNT_OF(ciphers); i++)
        if (ciphers[i].cipher == cipher)
            return i;
    CHECK(false);
    return 0;
}

static const char *hash_word(enum hash_id hash, enum words words, bool is_esp)
{
    for (size_t i = 0; i < COUNT_OF(hashes); i++)
        if (hashes[i].hash == hash)
            return is_esp ? hashes[i].esp[words] : hashes[i].words[words];
    return "";
}

static const char *group_word(enum group_id group, enum words words)
{
    for (size_t i = 0; i < COUNT_OF(groups); i++)
        if (groups[i].group == group)
            return words == WORDS_LIBRESWAN ? groups[i].libreswan : groups[i].word;
    return "";
}

void values_put_phase1(struct values *v, const struct isakmp_policy *p, bool has_cipher, bool has_hash, bool has_group)
{
    struct value *suite = values_add(v, "SUITE");
    size_t row = cipher_row(p->cipher);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(suite->text[w], VALUE_SIZE);

        text_add(&t, "%s-%s-%s", ciphers[row].words[w], hash_word(p->hash, w, false), group_word(p->group, w));
    }
    if (has_cipher) {
        struct value *enc = values_add(v, "ENC");

        for (enum words w = 0; w < WORDS_COUNT; w++)
            value_set(enc->text[w], ciphers[row].words[w]);
    }
    if (has_hash) {
        struct value *hash = values_add(v, "HASH");

        for (enum words w = 0; w < WORDS_COUNT; w++)
            value_set(hash->text[w], hash_word(p->hash, w, false));
    }
    if (has_group)
        values_put_number(v, "GROUP", group_info(p->group)->number);
}

void values_put_esp(struct values *v, const struct transform_set *set, enum group_id pfs)
{
    struct value *esp = values_add(v, "ESP");
    struct value *suite = values_add(v, "ESP_SUITE");
    size_t row = cipher_row(set->cipher);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(esp->text[w], VALUE_SIZE), s = text_of(suite->text[w], VALUE_SIZE);

        text_add(&t, "%s%s", ciphers[row].esp[w], hash_word(set->integrity, w, true));
        text_add(&s, "%s%s%s%s", ciphers[row].esp[w], hash_word(set->integrity, w, true), pfs == GROUP_NONE ? "" : "-",
                 group_word(pfs, w));
    }
}

void values_put_pfs(struct values *v, const char *name, enum group_id pfs)
{
    char space[16];
    struct text t = text_of(space, sizeof space);

    text_add(&t, "group%u", group_info(pfs)->number);
    values_put(v, name, space);
}

/* ---- networks ---- */

/* False: not one network, as a range of addresses. */
static bool add_network(struct text *t, struct ip_range range, enum words words)
{
    int len = ip_range_prefix_len(range);

    if (len < 0 || range.first.family != IP_V4)
        return false;
    if (words_have_prefixes(words)) {
        text_add_ip_range(t, range);
        text_add(t, "%s", len == 32 ? "/32" : "");
        return true;
    }
    text_add_ace_network(t, range, words == WORDS_IOS);
    return true;
}

void values_put_network(struct values *v, const char *name, struct ip_range range)
{
    struct value *value = values_add(v, name);

    for (enum words w = 0; w < WORDS_COUNT; w++) {
        struct text t = text_of(value->text[w], VALUE_SIZE);

        if (!add_network(&t, range, w)) {
            v->count--;
            return;
        }
    }
}

void values_put_ports(struct values *v, const char *name, struct port_range ports)
{
    char space[40];
    struct text t = text_of(space, sizeof space);

    space[0] = '\0';
    text_add_ace_ports(&t, ports);
    values_put(v, name, space);
}

void values_put_protocol(struct values *v, const char *name, uint8_t protocol)
{
    if (protocol == 0)
        values_put(v, name, "ip");
    else
        values_put_number(v, name, protocol);
}

void values_put_subnet(struct values *v, const char *name, struct ip_range range)
{
    char space[2 * IP_TEXT_SIZE];
    struct text t = text_of(space, sizeof space);
    int len = ip_range_prefix_len(range);

    if (len < 0 || range.first.family != IP_V4)
        return;
    text_add_ip(&t, range.first);
    text_add(&t, " ");
    text_add_ip(&t, ip_mask(IP_V4, (unsigned)len));
    values_put(v, name, space);
}

/* ---- lines ---- */

static const struct value *value_named(const struct values *v, const char *name, size_t len)
{
    for (size_t i = 0; i < v->count; i++)
        if (strlen(v->list[i].name) == len && memcmp(v->list[i].name, name, len) == 0)
            return &v->list[i];
    return NULL;
}

/* False: a value is not there. */
bool values_fill(const struct values *v, const char *line, enum words words, bool is_applied, struct text *out)
{
    while (*line) {
        size_t len = *line == '{' ? strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") : 0;
        const struct value *value;

        if (len == 0 || line[len + 1] != '}') {
            text_add(out, "%c", *line++);
            continue;
        }
        value = value_named(v, line + 1, len);
        if (!value)
            return false;
        if (is_applied && len >= 3 && memcmp(line + len - 2, "KEY", 3) == 0)
            text_add_plain(out, v->key);
        else
            text_add(out, "%s", value->text[words]);
        line += len + 2;
    }
    return true;
}
