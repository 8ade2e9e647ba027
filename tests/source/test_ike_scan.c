/* What ike-scan prints. */
#include "source/texts.h"

#define STARTING "Starting ike-scan 1.9.5 with 1 hosts (http://www.nta-monitor.com/tools/ike-scan/)\n"
#define ENDING "\nEnding ike-scan 1.9.5: 1 hosts scanned in 0.021 seconds (47.43 hosts/sec).  "
#define CHOSEN "SA=(Enc=3DES Hash=SHA1 Auth=PSK Group=2:modp1024 LifeType=Seconds LifeDuration(4)=0x00007080)"

static const struct told_text texts[] = {
    {STARTING "192.0.2.9\tMain Mode Handshake returned HDR=(CKY-R=25d1a6dd29cc7266) " CHOSEN "\n" ENDING
              "1 returned handshake; 0 returned notify\n",
     "2 probe-answered 192.0.2.9", SOURCE_IKE_SCAN, "an answer"},
    {STARTING "192.0.2.9\tMain Mode Handshake returned\n\tHDR=(CKY-R=1055116cfa47f6b1)\n\t" CHOSEN
              "\n\tVID=4a131c81070358455c5728f20e95452f (RFC 3947 NAT-T)\n\tVID=afcad71368a1f1c96b8696fc77570100 (Dead "
              "Peer Detection v1.0)\n\tVID=00112233\n" ENDING "1 returned handshake; 0 returned notify\n",
     "4 probe-answered 192.0.2.9; 5 probe-answered 192.0.2.9; 5 vendor-read 192.0.2.9; 6 vendor-read 192.0.2.9",
     SOURCE_IKE_SCAN, "--multiline, NAT traversal announced, a vendor that nobody knows"},
    {"2001:db8::9\tAggressive Mode Handshake returned HDR=(CKY-R=25d1a6dd29cc7266) " CHOSEN
     " KeyExchange(128 bytes) Nonce(20 bytes) ID(Type=ID_IPV4_ADDR, Value=192.0.2.9) Hash(20 bytes)\n",
     "1 probe-answered 2001:db8::9", SOURCE_IKE_SCAN, "aggressive mode, without the frame"},
    {STARTING "192.0.2.9\tNotify message 14 (NO-PROPOSAL-CHOSEN) HDR=(CKY-R=0000000000000000)\n" ENDING
              "0 returned handshake; 1 returned notify\n",
     "2 message-sent 192.0.2.9; 2 notify-in-clear 192.0.2.9", SOURCE_IKE_SCAN, "a refusal"},
    {STARTING ENDING "0 returned handshake; 0 returned notify\n", "3 message-sent; 3 exchange-failed", SOURCE_IKE_SCAN,
     "nobody answers"},
    {"# ike-scan -M --aggressive --id=staff 192.0.2.9\n" STARTING ENDING "0 returned handshake; 0 returned notify\n",
     "4 message-sent 192.0.2.9; 4 exchange-failed 192.0.2.9", SOURCE_IKE_SCAN, "the command tells who was asked"},
    {"Starting ike-scan 1.9.5 with 256 hosts (http://www.nta-monitor.com/tools/ike-scan/)\n\nEnding ike-scan 1.9.5: "
     "256 "
     "hosts scanned in 9.021 seconds (28.38 hosts/sec).  0 returned handshake; 0 returned notify\n",
     "", SOURCE_IKE_SCAN, "that nobody of a network answers tells nothing"},
    {"192.0.2.9 Main Mode\n192.0.2.9\tNotify message x\n\tVID=\n\tSA=(\nEnding ike-scan\n", "", SOURCE_IKE_SCAN,
     "what is cut off"},
};

static void each_text_is_read(void **state)
{
    (void)state;
    check_told(texts, COUNT_OF(texts));
}

static void what_is_chosen_is_told(void **state)
{
    static const char line[] = "192.0.2.9\tMain Mode Handshake returned HDR=(CKY-R=5df18239591bc909) SA=(Enc=AES "
                               "KeyLength=256 Hash=SHA2-256 Group=14:modp2048 Auth=PSK LifeDuration=28800)\n";
    void *space = malloc(source_space());
    struct arena arena = arena_of(space, source_space());
    struct source *s = source_new(&arena, 0);
    struct observation seen;

    (void)state;
    source_feed(s, bytes_of_text(line));
    CHECK(source_next(s, &seen) && seen.event.kind == EV_PROBE_ANSWERED);
    CHECK(strcmp(event_text(&seen.event, FIELD_ENCRYPTION), "AES-CBC") == 0);
    CHECK(event_number(&seen.event, FIELD_KEY_LENGTH) == 256 && event_number(&seen.event, FIELD_DH_GROUP) == 14);
    CHECK(strcmp(event_text(&seen.event, FIELD_HASH), "SHA256") == 0);
    CHECK(strcmp(event_text(&seen.event, FIELD_AUTHENTICATION), "pre-share") == 0);
    CHECK(strcmp(event_text(&seen.event, FIELD_EXCHANGE), "MM") == 0);
    free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_read),
        cmocka_unit_test(what_is_chosen_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
