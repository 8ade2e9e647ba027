/* Configurations of four kinds: the same tunnel reads as the same facts, and no key ever comes out. */
#include "base/check.h"
#include "source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char told[8192];

static void tell(const struct event *e)
{
    struct text t = text_of(told + strlen(told), sizeof told - strlen(told));
    char ip[IP_TEXT_SIZE];

    text_add(&t, "%s", event_text(e, FIELD_STATEMENT));
    for (size_t i = 0; i < e->field_count; i++) {
        enum event_field_id id = e->fields[i].id;

        if (id == FIELD_STATEMENT)
            continue;
        text_add(&t, " %s=", event_field_name(id));
        switch (event_field_type(id)) {
        case FIELD_TYPE_NUMBER: text_add(&t, "%llu", (unsigned long long)event_number(e, id)); break;
        case FIELD_TYPE_IP: text_add(&t, "%s", ip_text(event_ip(e, id), ip)); break;
        case FIELD_TYPE_TEXT: text_add(&t, "%s", event_text(e, id)); break;
        }
    }
    text_add(&t, "\n");
}

/* No text of an observation, and no sample of what was not understood, may hold the key. */
static void check_secret(struct source *s, const struct observation *o)
{
    CHECK(!strstr(source_text(s), "sesame"));
    for (size_t i = 0; i < o->event.field_count; i++)
        if (event_field_type(o->event.fields[i].id) == FIELD_TYPE_TEXT)
            CHECK(!strstr(event_text(&o->event, o->event.fields[i].id), "sesame"));
}

static void take_all(struct source *s)
{
    struct observation o;

    while (source_next(s, &o)) {
        CHECK(o.event.kind == EV_CONFIGURED && o.vantage == VANTAGE_CONFIGURATION && o.line > 0);
        check_secret(s, &o);
        tell(&o.event);
    }
}

static struct source_summary read_text(const char *text, size_t step)
{
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct bytes rest = bytes_of_text(text);
    uint32_t line;

    CHECK(s);
    told[0] = '\0';
    while (rest.len > 0) {
        size_t len = rest.len < step ? rest.len : step;
        uint8_t *exact = malloc(len);

        memcpy(exact, rest.data, len);
        source_feed(s, bytes_of(exact, len));
        take_all(s);
        free(exact);
        rest = bytes_after(rest, len);
    }
    source_end(s);
    take_all(s);
    for (size_t i = 0; source_unread(s, i, &line); i++)
        CHECK(!strstr(source_unread(s, i, &line), "sesame"));
    struct source_summary sum = source_summary(s);
    free(space);
    return sum;
}

static const struct {
    const char *what, *text, *told;
} configurations[] = {
    {"ASA 8.4",
     "interface GigabitEthernet0/0\n nameif outside\n ip address 198.51.100.2 255.255.255.0\n!\n"
     "object network LAN\n subnet 10.1.0.0 255.255.0.0\nobject network FAR\n subnet 10.2.0.0 255.255.0.0\n"
     "access-list VPN extended permit ip object LAN object FAR\n"
     "nat (inside,outside) source static LAN LAN destination static FAR FAR no-proxy-arp route-lookup\n"
     "nat (inside,outside) after-auto source dynamic any interface\nobject network LAN\n nat (inside,outside) dynamic "
     "interface\n"
     "crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac\n"
     "crypto map OUT 10 match address VPN\ncrypto map OUT 10 set pfs group5\ncrypto map OUT 10 set peer 192.0.2.9\n"
     "crypto map OUT 10 set ikev1 transform-set STRONG\ncrypto map OUT interface outside\n"
     "crypto ikev1 enable outside\ncrypto ikev1 policy 10\n authentication pre-share\n encryption aes-256\n hash sha\n"
     " group 5\n lifetime 86400\ntunnel-group 192.0.2.9 type ipsec-l2l\ntunnel-group 192.0.2.9 ipsec-attributes\n"
     " ikev1 pre-shared-key sesame-1\n",
     "interface INTERFACE=outside LOCAL=198.51.100.2 ID_MASK=255.255.255.0\n"
     "selector MAP=VPN LOCAL_PROXY=10.1.0.0/16 REMOTE_PROXY=10.2.0.0/16\n"
     "nat-exempt LOCAL_PROXY=10.1.0.0/16 REMOTE_PROXY=10.2.0.0/16\nnat-translate DETAIL=any interface\n"
     "nat-translate GROUP=LAN DETAIL=interface\n"
     "transform GROUP=STRONG ENCRYPTION=AES-CBC KEY_LENGTH=256 HASH=SHA\n"
     "crypto-map-entry MAP=OUT SEQUENCE=10 GROUP=VPN DH_GROUP=5 PEER=192.0.2.9 DETAIL=STRONG\n"
     "crypto-map-interface MAP=OUT INTERFACE=outside\nisakmp-enable INTERFACE=outside\n"
     "policy PRIORITY=10 AUTHENTICATION=pre-share ENCRYPTION=AES-CBC KEY_LENGTH=256 HASH=SHA DH_GROUP=5 "
     "SECONDS=86400\ntunnel-group GROUP=192.0.2.9 CAUSE=ipsec-l2l PEER=192.0.2.9\n"
     "key GROUP=192.0.2.9 KEY=present PEER=192.0.2.9\n"},
    {"a peer whose address ends with colons", "tunnel-group 2001:db8:: type ipsec-l2l\n",
     "tunnel-group GROUP=2001:db8:: CAUSE=ipsec-l2l PEER=2001:db8::\n"},
    {"ASA 8.2: a name for the peer, nat 0, a masked key, and a group without one",
     "name 192.0.2.9 partner\naccess-list NONAT extended permit ip 10.1.0.0 255.255.0.0 host 10.2.0.7\n"
     "nat (inside) 0 access-list NONAT\nnat (dmz) 0 10.3.0.0 255.255.0.0\nnat (inside) 1 10.1.0.0 255.255.0.0\ncrypto "
     "ipsec transform-set T esp-3des esp-md5-hmac\n"
     "crypto map OUT 10 set peer partner\ncrypto map OUT 20 set peer 192.0.2.10\ncrypto isakmp policy 10\n"
     " authentication pre-share\n encryption 3des\n hash md5\n group 2\n lifetime 28800\n"
     "tunnel-group 192.0.2.9 ipsec-attributes\n pre-shared-key *****\ntunnel-group 192.0.2.10 ipsec-attributes\n"
     " isakmp keepalive threshold 10 retry 2\n",
     "selector MAP=NONAT LOCAL_PROXY=10.1.0.0/16 REMOTE_PROXY=10.2.0.7/32\nnat-exempt MAP=NONAT\n"
     "nat-exempt DETAIL=10.3.0.0 255.255.0.0\nnat-translate PRIORITY=1 DETAIL=10.1.0.0 255.255.0.0\n"
     "transform GROUP=T ENCRYPTION=3DES-CBC HASH=MD5\ncrypto-map-entry MAP=OUT SEQUENCE=10 PEER=192.0.2.9\n"
     "crypto-map-entry MAP=OUT SEQUENCE=20 PEER=192.0.2.10\n"
     "policy PRIORITY=10 AUTHENTICATION=pre-share ENCRYPTION=3DES-CBC HASH=MD5 DH_GROUP=2 SECONDS=28800\n"
     "key GROUP=192.0.2.9 KEY=masked PEER=192.0.2.9\nkey GROUP=192.0.2.10 KEY=missing PEER=192.0.2.10\n"},
    {"IOS: defaults are not written, two peers, wildcards",
     "crypto isakmp policy 10\n encr aes 256\n authentication pre-share\n group 5\n"
     "crypto isakmp key 6 sesame-2 address 192.0.2.9\ncrypto isakmp key sesame-3 address 192.0.2.10\n"
     "crypto ipsec transform-set T esp-aes 256 esp-sha-hmac\n mode tunnel\n"
     "crypto map OUT 10 ipsec-isakmp\n set peer 192.0.2.9 default\n set peer 192.0.2.10\n set transform-set T\n"
     " set pfs group2\n match address 110\ninterface GigabitEthernet0/0\n ip address 198.51.100.2 255.255.255.0\n"
     " crypto map OUT\naccess-list 110 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
     "ip access-list extended NAMED\n permit tcp host 10.1.0.1 eq 443 any\n",
     "policy PRIORITY=10 ENCRYPTION=AES-CBC KEY_LENGTH=256 AUTHENTICATION=pre-share DH_GROUP=5 HASH=SHA "
     "SECONDS=86400\nkey KEY=present PEER=192.0.2.9\nkey KEY=present PEER=192.0.2.10\n"
     "transform GROUP=T ENCRYPTION=AES-CBC KEY_LENGTH=256 HASH=SHA DETAIL=tunnel\n"
     "crypto-map-peer MAP=OUT SEQUENCE=10 PEER=192.0.2.10\n"
     "crypto-map-entry MAP=OUT SEQUENCE=10 PEER=192.0.2.9 DETAIL=T DH_GROUP=2 GROUP=110\n"
     "crypto-map-interface INTERFACE=GigabitEthernet0/0 LOCAL=198.51.100.2 ID_MASK=255.255.255.0 MAP=OUT\n"
     "interface INTERFACE=GigabitEthernet0/0 LOCAL=198.51.100.2 ID_MASK=255.255.255.0\n"
     "selector MAP=110 LOCAL_PROXY=10.1.0.0/16 REMOTE_PROXY=10.2.0.0/16\n"
     "selector MAP=NAMED LOCAL_PROXY=10.1.0.1/32 REMOTE_PROXY=0.0.0.0/0\n"},
    {"swanctl.conf",
     "connections {\n  site {\n    version = 1\n    local_addrs = 198.51.100.2\n    remote_addrs = 192.0.2.9\n"
     "    proposals = aes256-sha1-modp1536, 3des-md5-modp1024   # two\n    rekey_time = 8h\n"
     "    local { auth = psk\n      id = 198.51.100.2 }\n    remote {\n      id = \"gw.example.net\"\n    }\n"
     "    children {\n      net {\n        local_ts = 10.1.0.0/16\n        remote_ts = 10.2.0.0/16\n"
     "        esp_proposals = aes256-sha1-modp1536\n      }\n    }\n  }\n}\nsecrets {\n  ike-1 {\n"
     "    id = 192.0.2.9\n    secret = \"sesame-4\"\n  }\n}\n",
     "policy CONNECTION=site PEER=192.0.2.9 PHASE=1 PROPOSAL=1 ENCRYPTION=AES-CBC KEY_LENGTH=256 HASH=SHA DH_GROUP=5\n"
     "policy CONNECTION=site PEER=192.0.2.9 PHASE=1 PROPOSAL=2 ENCRYPTION=3DES-CBC HASH=MD5 DH_GROUP=2\n"
     "transform CONNECTION=site PEER=192.0.2.9 PHASE=2 PROPOSAL=1 ENCRYPTION=AES-CBC KEY_LENGTH=256 HASH=SHA "
     "DH_GROUP=5\nselector GROUP=net LOCAL_PROXY=10.1.0.0/16 REMOTE_PROXY=10.2.0.0/16 CONNECTION=site "
     "PEER=192.0.2.9\nconnection CONNECTION=site VERSION=1 LOCAL=198.51.100.2 PEER=192.0.2.9 SECONDS=28800 "
     "AUTHENTICATION=psk ID=198.51.100.2 WANTED=gw.example.net\nkey GROUP=ike-1 WANTED=192.0.2.9 KEY=present "
     "PEER=192.0.2.9\n"},
    {"ipsec.conf and ipsec.secrets, of libreswan",
     "config setup\n    uniqueids=no\n\nconn net\n    left=198.51.100.2\n    leftsubnet=10.1.0.0/16\n"
     "    right=192.0.2.9\n    rightsubnet=10.2.0.0/16\n    authby=secret\n    ike=aes256-sha1;modp1536\n"
     "    ikelifetime=8h\n    auto=add\n198.51.100.2 192.0.2.9 : PSK \"sesame-5\"\n",
     "policy CONNECTION=net PEER=192.0.2.9 PHASE=1 PROPOSAL=1 ENCRYPTION=AES-CBC KEY_LENGTH=256 HASH=SHA DH_GROUP=5\n"
     "key PEER=192.0.2.9 LOCAL=198.51.100.2 WANTED=192.0.2.9 KEY=present\n"
     "selector CONNECTION=net PEER=192.0.2.9 LOCAL_PROXY=10.1.0.0/16 REMOTE_PROXY=10.2.0.0/16\n"
     "connection CONNECTION=net LOCAL=198.51.100.2 LOCAL_PROXY=10.1.0.0/16 PEER=192.0.2.9 REMOTE_PROXY=10.2.0.0/16 "
     "AUTHENTICATION=secret SECONDS=28800\n"},
    {"what an ASA may have for ESP besides",
     "crypto ipsec ikev1 transform-set A esp-gcm8-256\ncrypto ipsec ikev1 transform-set B esp-gcm12\n"
     "crypto ipsec ikev1 transform-set C esp-gmac-192\ncrypto ipsec ikev1 transform-set D esp-null esp-sha-hmac\n"
     "crypto ipsec ikev1 transform-set E esp-gcm-192\n",
     "transform GROUP=A ENCRYPTION=AES-GCM-8 KEY_LENGTH=256\ntransform GROUP=B ENCRYPTION=AES-GCM-12 KEY_LENGTH=128\n"
     "transform GROUP=C ENCRYPTION=AES-GMAC KEY_LENGTH=192\ntransform GROUP=D ENCRYPTION=NULL HASH=SHA\n"
     "transform GROUP=E ENCRYPTION=AES-GCM KEY_LENGTH=192\n"},
    {"and swanctl.conf",
     "connections {\n  site {\n    version = 1\n    remote_addrs = 192.0.2.9\n    children {\n      net {\n"
     "        esp_proposals = aes128gcm8, aes256gcm96, aes128gmac, null-sha1\n      }\n    }\n  }\n}\n",
     "transform CONNECTION=site PEER=192.0.2.9 PHASE=2 PROPOSAL=1 ENCRYPTION=AES-GCM-8 KEY_LENGTH=128\n"
     "transform CONNECTION=site PEER=192.0.2.9 PHASE=2 PROPOSAL=2 ENCRYPTION=AES-GCM-12 KEY_LENGTH=256\n"
     "transform CONNECTION=site PEER=192.0.2.9 PHASE=2 PROPOSAL=3 ENCRYPTION=AES-GMAC KEY_LENGTH=128\n"
     "transform CONNECTION=site PEER=192.0.2.9 PHASE=2 PROPOSAL=4 ENCRYPTION=NULL HASH=SHA\n"
     "selector GROUP=net CONNECTION=site PEER=192.0.2.9\nconnection CONNECTION=site VERSION=1 PEER=192.0.2.9\n"},
    {"braces that are something else's",
     "{\n  \"connections\": {\n    \"id\": 1\n  }\n}\nint main(void) { return 0; }\n", ""},
    {"prose that begins like a statement", "access-list is a word\ncrypto map of the town\nkey to success\n", ""},
};

static void each_configuration_tells_what_it_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(configurations); i++)
        for (size_t step = 1; step < 100000; step *= 300) {
            struct source_summary sum = read_text(configurations[i].text, step);

            if (strcmp(told, configurations[i].told) != 0 || sum.unread != 0)
                fail_msg("%s:\n%snot\n%s", configurations[i].what, told, configurations[i].told);
            CHECK(!*configurations[i].told || sum.kind == SOURCE_CONFIGURATION);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_configuration_tells_what_it_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
