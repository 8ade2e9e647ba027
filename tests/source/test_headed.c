/* Logs whose text stands below its head: of the VPN 3000 Concentrator and of Cisco's VPN Client. */
#include "source/texts.h"

#define HEAD "45 03/22/2006 14:05:09.123 SEV=4 IKE/97 RPT=12 192.0.2.9 \n"
#define CLIENT "12     14:05:09.123  03/22/06  Sev=Info/4\tIKE/0x63000013\r\n"
#define GROUP "Group [192.0.2.9]\n"

static const struct told_text texts[] = {
    {HEAD GROUP "PHASE 1 COMPLETED\n\n", "3 phase1-completed 192.0.2.9", SOURCE_VPN3000_LOG,
     "the names in front stand in a line of their own"},
    {HEAD "No Group found matching 192.0.2.9 for Pre-shared key peer 192.0.2.9", "2 group-missing 192.0.2.9",
     SOURCE_VPN3000_LOG, "the last text of a file, without a line break"},
    {"Mar 22 14:05:09 10.0.0.1 45 03/22/2006 14:05:09.123 SEV=4 IKE/119 RPT=12 192.0.2.9 Group [192.0.2.9] PHASE 1 "
     "COMPLETED\n",
     "1 phase1-completed 192.0.2.9", SOURCE_VPN3000_LOG, "a syslog has both in one line"},
    {HEAD GROUP "PHASE 1 COMPLETED\n" HEAD GROUP "PHASE 2 COMPLETED (msgid=9ae2a1e7)\n",
     "3 phase1-completed 192.0.2.9; 6 phase2-completed 192.0.2.9", SOURCE_VPN3000_LOG,
     "without empty lines, as a page shows it"},
    {HEAD "RECEIVED Message (msgid=0) with payloads :\nHDR + SA (1) + NONE (0) ... total length : 84\n\n",
     "3 message-received 192.0.2.9", SOURCE_VPN3000_LOG, "a message, in two lines"},
    {HEAD "Group [sales] User [kim]\nRemote peer has failed user authentication -\ncheck configured username and "
          "password\n\n",
     "4 user-refused 192.0.2.9", SOURCE_VPN3000_LOG, "the ASA's words, broken"},
    {HEAD "Parsing received transform:\nPhase 1 failure against global IKE proposal # 1:\nMismatched attr types for "
          "class Hash Alg:\nRcv'd: MD5\nCfg'd: SHA\nPhase 1 failure against global IKE proposal # 2:\nMismatched attr "
          "types for class DH Group:\nRcv'd: Oakley Group 1\nCfg'd: Oakley Group 2\n\n",
     "10 proposal-differs 192.0.2.9; 10 proposal-differs 192.0.2.9", SOURCE_VPN3000_LOG,
     "each policy that does not fit is told"},
    {HEAD "IKE MM Initiator FSM error history (struct &0x1d2c3b4)\n<state>, <event>:\nMM_DONE, EV_ERROR\nMM_WAIT_MSG2, "
          "EV_TIMEOUT\n\n",
     "5 exchange-failed 192.0.2.9", SOURCE_VPN3000_LOG, "a history, a line each"},
    {HEAD GROUP "%ASA-5-713119: Group = 192.0.2.9, IP = 192.0.2.9, PHASE 1 COMPLETED\n", "3 phase1-completed 192.0.2.9",
     SOURCE_VPN3000_LOG, "a line of another device is no part of the text"},
    {HEAD GROUP "PHASE 1 COMPLETED\n02:08:21.893 05[IKE] giving up after 3 retransmits\n",
     "3 phase1-completed 192.0.2.9; 4 exchange-failed", SOURCE_VPN3000_LOG, "nor is one with a stamp"},
    {CLIENT "SENDING >>> ISAKMP OAK AG (SA, KE, NON, ID, VID(Xauth), VID(?)) to 192.0.2.9\r\n\r\n",
     "2 message-sent 192.0.2.9", SOURCE_VPN_CLIENT_LOG, "a message of the client"},
    {CLIENT "SENDING >>> ISAKMP OAK AG (SA, KE, NON, ID) to 192.0.2.9\n" CLIENT
            "SENDING >>> ISAKMP OAK AG (Retransmission) to 192.0.2.9\n",
     "2 message-sent 192.0.2.9; 4 message-resent 192.0.2.9", SOURCE_VPN_CLIENT_LOG, "and the same again"},
    {CLIENT "RECEIVING <<< ISAKMP OAK INFO (NOTIFY:NO_PROPOSAL_CHOSEN) from 192.0.2.9\n",
     "2 message-received 192.0.2.9; 2 notify-in-clear 192.0.2.9", SOURCE_VPN_CLIENT_LOG, "a notify in clear"},
    {CLIENT "RECEIVING <<< ISAKMP OAK INFO *(HASH, NOTIFY:NO_PROPOSAL_CHOSEN) from 192.0.2.9\n",
     "2 message-received 192.0.2.9; 2 notify-received 192.0.2.9", SOURCE_VPN_CLIENT_LOG, "a notify that was sealed"},
    {CLIENT "Automatic NAT Detection Status:\n   Remote end is NOT behind a NAT device\n   This   end IS behind a NAT "
            "device\n",
     "4 nat-detected", SOURCE_VPN_CLIENT_LOG, "a text of three lines"},
    {CLIENT "Marking IKE SA for deletion  (I_Cookie=0123456789ABCDEF R_Cookie=0000000000000000) reason = "
            "DEL_REASON_PEER_NOT_RESPONDING\n\n" CLIENT "Unable to establish Phase 1 SA with server \"gw\" because of "
            "\"DEL_REASON_PEER_NOT_RESPONDING\"\n\n",
     "2 exchange-failed", SOURCE_VPN_CLIENT_LOG, "an end is told once"},
    {"12 14:05:09.123 03/22/06 Sev=Info/4 IKE/0x63000013 SENDING >>> ISAKMP OAK AG (SA, KE, NON, ID) to 192.0.2.9 13 "
     "14:05:09.220 03/22/06 Sev=Info/4 IKE/0x63000014 RECEIVING <<< ISAKMP OAK INFO (NOTIFY:NO_PROPOSAL_CHOSEN) from "
     "192.0.2.9\n",
     "1 message-sent 192.0.2.9; 1 message-received 192.0.2.9; 1 notify-in-clear 192.0.2.9", SOURCE_VPN_CLIENT_LOG,
     "a page has lost the line breaks"},
    {CLIENT "SENDING &gt;&gt;&gt; ISAKMP OAK AG (SA, KE, NON, ID) to 192.0.2.9\n", "2 message-sent 192.0.2.9",
     SOURCE_VPN_CLIENT_LOG, "the source of a page"},
    {"Secure VPN Connection terminated by Peer.\nReason 413: User Authentication failed.\n", "2 user-refused",
     SOURCE_VPN_CLIENT_LOG, "what its user sees"},
    {CLIENT "SPLIT_NET #1\n\tsubnet = 10.2.0.0 \n\tmask = 255.255.0.0\n\n", "", SOURCE_VPN_CLIENT_LOG,
     "what is no business of ours, with lines of its own"},
};

static void each_text_is_read(void **state)
{
    (void)state;
    check_told(texts, COUNT_OF(texts));
}

static void all_lines_of_a_text_are_counted(void **state)
{
    struct source_summary sum;

    (void)state;
    sum = read_told(HEAD GROUP "PHASE 1 COMPLETED\n\n" HEAD "Some other\nbusiness\n", 100);
    CHECK(sum.lines == 7 && sum.understood == 3 && sum.ignored + sum.unread == 4);
}

/* Its lines are joined in a space of fixed size: what does not fit is not read, and the next head is. */
static void a_text_without_an_end_is_bounded(void **state)
{
    static char text[64 * 1024];
    struct text t = text_of(text, sizeof text);

    (void)state;
    text_add(&t, "%s", HEAD "Group [x]\n");
    for (unsigned i = 0; i < 1000; i++)
        text_add(&t, "a line that belongs to nothing, number %u\n", i);
    text_add(&t, "%s", HEAD GROUP "PHASE 1 COMPLETED\n\n");
    CHECK(!t.is_cut);
    read_told(text, 1000);
    CHECK(strcmp(told, "1005 phase1-completed 192.0.2.9") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_read),
        cmocka_unit_test(all_lines_of_a_text_are_counted),
        cmocka_unit_test(a_text_without_an_end_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
