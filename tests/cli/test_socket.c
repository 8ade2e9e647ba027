/* The control socket from outside: the server in one thread, shells in the other. */
#include "server.h"

#include "daemon/control_client.h"

static void a_short_and_a_long_answer_arrive_whole(void **state)
{
    static const uint32_t counts[] = {0, 1, 20000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct reply reply;

        gateway.sa_count = counts[i];
        assert_int_equal(ask("sh cry isa sa", &reply), CLIENT_DONE);
        assert_int_equal(reply.count, counts[i] + 2);
        assert_int_equal(record_number(reply_find(&reply, RECORD_done), COL_done_count), counts[i]);
        reply_free(&reply);
    }
}

static void what_the_gateway_does_is_answered_there_and_nothing_else(void **state)
{
    (void)state;
    for (unsigned id = 0; id < CONTROL_REQUEST_COUNT; id++) {
        const struct control_request_info *info = control_request_info((enum control_request_id)id);

        if (control_is_answered((enum control_request_id)id) != (info->where == CONTROL_GATEWAY))
            fail_msg("%s", info->help);
    }
}

static void each_question_is_answered_by_records_of_its_kind(void **state)
{
    static const struct {
        const char *line;
        enum control_record_kind kind;
    } cases[] = {
        {"show vpn-sessiondb", RECORD_session_summary},
        {"show vpn-sessiondb summary", RECORD_session_summary},
        {"show vpn-sessiondb ratio encryption", RECORD_session_summary},
        {"show vpn-sessiondb ratio protocol", RECORD_isakmp_sa},
        {"show vpn-sessiondb index 1", RECORD_isakmp_sa},
        {"show vpn-sessiondb l2l filter ipaddress 192.0.2.1 sort name", RECORD_isakmp_sa},
        {"show crypto session brief", RECORD_ipsec_pair},
        {"show crypto isakmp peers", RECORD_isakmp_sa},
        {"show crypto isakmp key", RECORD_isakmp_key},
        {"show crypto isakmp profile", RECORD_profile},
        {"show vpn-sessiondb license-summary", RECORD_session_summary},
        {"show vpn-sessiondb full l2l", RECORD_isakmp_sa},
        {"show ip nat statistics", RECORD_connection_count},
        {"show crypto ipsec security-association lifetime", RECORD_sa_lifetime},
        {"show crypto ipsec transform-set", RECORD_transform_set},
        {"show crypto call admission statistics", RECORD_admission},
        {"show crypto dynamic-map", RECORD_map_entry},
        {"show crypto map tag MAP", RECORD_map_entry},
        {"show crypto ca trustpoints", RECORD_trustpoint},
    };
    static const struct tunnel_group groups[] = {{.name = "192.0.2.1", .has_key = true}, {.name = "other"}};
    static const struct transform_set sets[] = {{"SET", CIPHER_AES256_CBC, HASH_SHA1, false, false}};
    static const struct trustpoint trustpoints[] = {{.name = "LAB"}};
    static struct tunnel tunnels[2];

    (void)state;
    gateway.sa_count = gateway.pair_count = 2;
    memcpy(tunnels, policy.tunnels, sizeof tunnels);
    tunnels[1].is_dynamic = true;
    policy.tunnels = tunnels;
    policy.tunnel_groups = groups;
    policy.tunnel_group_count = COUNT_OF(groups);
    policy.transform_sets = sets;
    policy.transform_set_count = COUNT_OF(sets);
    policy.trustpoints = trustpoints;
    policy.trustpoint_count = COUNT_OF(trustpoints);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply reply;

        assert_int_equal(ask(cases[i].line, &reply), CLIENT_DONE);
        if (!reply_find(&reply, cases[i].kind))
            fail_msg("%s", cases[i].line);
        reply_free(&reply);
    }
}

static void sessions_are_counted_from_what_happens(void **state)
{
    static const enum event_kind kinds[] = {EV_PHASE1_BEGUN, EV_PHASE1_COMPLETED, EV_PHASE2_COMPLETED, EV_SESSION_ENDED,
                                            EV_PHASE1_ASKED, EV_PHASE1_ASKED,     EV_LIMIT_REACHED};
    struct reply reply;
    const struct control_record *r;

    (void)state;
    gateway.sa_count = 3;
    gateway.pair_count = 1;
    assert_int_equal(ask("show vpn-sessiondb", &reply), CLIENT_DONE);
    reply_free(&reply);
    gateway.sa_count = 2;
    gateway.told = kinds;
    gateway.told_count = COUNT_OF(kinds);
    assert_int_equal(ask("clear crypto isakmp sa", &reply), CLIENT_DONE);
    reply_free(&reply);
    assert_int_equal(ask("show vpn-sessiondb", &reply), CLIENT_DONE);
    r = reply_find(&reply, RECORD_session_summary);
    assert_non_null(r);
    assert_int_equal(record_number(r, COL_session_summary_l2l_active), 2);
    assert_int_equal(record_number(r, COL_session_summary_l2l_peak), 3);
    assert_int_equal(record_number(r, COL_session_summary_l2l_cumulative), 3); /* one has ended */
    assert_int_equal(record_number(r, COL_session_summary_ipsec_active), 1);
    assert_int_equal(record_number(r, COL_session_summary_capacity), 100);
    reply_free(&reply);
    assert_int_equal(ask("show crypto call admission statistics", &reply), CLIENT_DONE);
    r = reply_find(&reply, RECORD_admission);
    assert_non_null(r);
    assert_int_equal(record_number(r, COL_admission_incoming), 2);
    assert_int_equal(record_number(r, COL_admission_outgoing), 1);
    assert_int_equal(record_number(r, COL_admission_rejected), 1);
    assert_int_equal(record_number(r, COL_admission_negotiating_limit), 20);
    reply_free(&reply);
}

static void the_socket_is_for_root_and_its_group(void **state)
{
    struct stat status;
    struct control *other;

    (void)state;
    CHECK(stat(path, &status) == 0 && S_ISSOCK(status.st_mode) && (status.st_mode & 07777) == 0660);
    assert_int_equal(control_open(&other, &loop, &source, path, NULL), EADDRINUSE);
    assert_int_equal(control_open(&other, &loop, &source, path, "no-such-group"), ENOENT);
    expect_alive();
}

static void commands_reach_the_engine(void **state)
{
    static const struct {
        const char *line;
        enum ike_command_kind kind;
        bool has_peer;
    } cases[] = {
        {"clear crypto isakmp sa", IKE_CLEAR_ISAKMP, false},
        {"clear crypto ikev1 sa 192.0.2.1", IKE_CLEAR_ISAKMP, true},
        {"clear ipsec sa", IKE_CLEAR_IPSEC, false},
        {"clear crypto ipsec sa peer 192.0.2.1", IKE_CLEAR_IPSEC, true},
        {"down 192.0.2.1", IKE_DOWN, true},
        {"clear crypto sa peer 192.0.2.1", IKE_CLEAR_IPSEC, true},
        {"clear crypto session", IKE_CLEAR_ISAKMP, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct reply reply;

        gateway.command.kind = IKE_SHUT_DOWN;
        assert_int_equal(ask(cases[i].line, &reply), CLIENT_DONE);
        assert_int_equal(gateway.command.kind, cases[i].kind);
        CHECK(ip_is_set(gateway.command.peer) == cases[i].has_peer);
        reply_free(&reply);
    }
}

static void what_cannot_be_done_is_refused_with_its_reason(void **state)
{
    struct reply reply;

    (void)state;
    expect_refused("up 192.0.2.9", "NO_SUCH_PEER");
    expect_refused("down 192.0.2.9", "NO_SUCH_PEER");
    expect_refused("show tunnel 192.0.2.9", "NO_SUCH_PEER");
    expect_refused("check /etc/passwd", "UNKNOWN_COMMAND");
    assert_int_equal(ask("up 192.0.2.2", &reply), CLIENT_REFUSED);
    assert_non_null(strstr(text_of_first(&reply, RECORD_error, COL_error_sentence), "line 9: the key is masked"));
    reply_free(&reply);
    assert_int_equal(ask("reload", &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_sentence), "line 7 is too long");
    reply_free(&reply);
}

static enum client_end configure(const char *const *lines, size_t count, struct reply *reply)
{
    struct bytes list[8], word = bytes_of_text("configure");
    char space[512];
    struct text why = text_of(space, sizeof space);

    *reply = (struct reply){0};
    for (size_t i = 0; i < count; i++)
        list[i] = bytes_of_text(lines[i]);
    return client_ask_lines(
        path, &(struct client_question){.words = &word, .word_count = 1, .lines = list, .line_count = count}, keep,
        reply, &why);
}

static void statements_reach_the_configuration_and_are_told_without_keys(void **state)
{
    static const char *const lines[] = {"hostname west", "tunnel-group 192.0.2.9 ipsec-attributes",
                                        " ikev1 pre-shared-key secret-of-this-test"};
    struct reply reply;

    (void)state;
    assert_int_equal(configure(lines, COUNT_OF(lines), &reply), CLIENT_DONE);
    assert_string_equal(changed.lines, "hostname west\ntunnel-group 192.0.2.9 ipsec-attributes\n"
                                       " ikev1 pre-shared-key secret-of-this-test\n");
    /* The line that only says where the next one belongs is no command. */
    assert_string_equal(changed.told, "hostname west;ikev1 pre-shared-key *****;");
    reply_free(&reply);
    assert_int_equal(ask("clear configure tunnel-group 192.0.2.9", &reply), CLIENT_DONE);
    assert_string_equal(changed.taken_away, "tunnel-group 192.0.2.9");
    reply_free(&reply);
    assert_int_equal(ask("clear configure all", &reply), CLIENT_DONE);
    assert_string_equal(changed.taken_away, "");
    reply_free(&reply);
}

static void a_change_that_is_refused_names_the_line(void **state)
{
    static const char *const lines[] = {"hostname west", "hostnam east", "two\nlines"};
    struct reply reply;

    (void)state;
    changed.is_refused = true;
    assert_int_equal(configure(lines, 2, &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_finding, COL_finding_sentence), "it is wrong");
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), "CHANGE_REFUSED");
    reply_free(&reply);
    changed.lines[0] = '\0';
    assert_int_equal(configure(lines, 3, &reply), CLIENT_REFUSED);
    assert_string_equal(text_of_first(&reply, RECORD_error, COL_error_name), "BAD_REQUEST");
    assert_string_equal(changed.lines, "");
    reply_free(&reply);
    expect_refused("configure", "BAD_REQUEST");
    expect_refused("write memory", "FILE_REFUSED");
    expect_refused("configure terminal", "UNKNOWN_COMMAND");
}

static void what_is_saved_is_added_to_what_is_running(void **state)
{
    struct reply reply;

    (void)state;
    assert_int_equal(ask("copy startup-config running-config", &reply), CLIENT_DONE);
    assert_string_equal(changed.lines, "hostname saved\n");
    reply_free(&reply);
    changed.is_refused = true;
    expect_refused("copy startup-config running-config", "CHANGE_REFUSED");
}

static void a_configuration_comes_line_by_line(void **state)
{
    struct reply reply;

    (void)state;
    assert_int_equal(ask("more system:running-config", &reply), CLIENT_DONE);
    assert_int_equal(reply.count, 4);
    assert_string_equal(record_text(&reply.records[2], COL_config_line_text), "key secret-of-this-test");
    reply_free(&reply);
    assert_int_equal(ask("show startup-config", &reply), CLIENT_DONE);
    assert_string_equal(text_of_first(&reply, RECORD_config_line, COL_config_line_text), "hostname west");
    reply_free(&reply);
    assert_string_equal(changed.told, "more system:running-config;show startup-config;");
}

static void the_log_comes_the_oldest_line_first(void **state)
{
    struct reply reply;

    (void)state;
    assert_int_equal(ask("show logging", &reply), CLIENT_DONE);
    assert_int_equal(reply.count, 1 + 1 + 2 + 1);
    assert_int_equal(record_number(&reply.records[1], COL_logging_messages), 2);
    assert_non_null(strstr(record_text(&reply.records[2], COL_log_line_text), "executed the 'first' command"));
    assert_non_null(strstr(record_text(&reply.records[3], COL_log_line_text), "executed the 'second' command"));
    reply_free(&reply);
}

static void the_journal_has_messages_inputs_and_lines(void **state)
{
    struct reply reply;

    (void)state;
    assert_int_equal(ask("show journal", &reply), CLIENT_DONE);
    assert_int_equal(reply.count, 1 + 1 + 2 + 1 + 2 + 1);
    assert_string_equal(record_text(&reply.records[1], COL_log_line_text), "ikewise-journal/1");
    assert_non_null(strstr(record_text(&reply.records[2], COL_log_line_text), "Z %ASA-5-111008: User 'anna'"));
    assert_string_equal(record_text(&reply.records[4], COL_log_line_text), "1970-01-01T00:00:00.000Z input acquire");
    assert_non_null(
        strstr(record_text(&reply.records[5], COL_log_line_text), "Z out 198.51.100.2 500 192.0.2.1 500 1500 0 1f00"));
    assert_non_null(
        strstr(record_text(&reply.records[6], COL_log_line_text), "Z out 198.51.100.2 500 192.0.2.1 500 1500 1024 00"));
    for (size_t i = 0; i < reply.count; i++)
        CHECK(!reply.records[i].is_cut);
    reply_free(&reply);

    gateway.sa_count = 1;
    assert_int_equal(ask("show journal 192.0.2.1 session-keys", &reply), CLIENT_DONE);
    assert_string_equal(record_text(&reply.records[2], COL_log_line_text),
                        "1970-01-01T00:00:00.000Z key 0000000000000000,00112233");
    CHECK(*text_of_first(&reply, RECORD_warning, COL_warning_sentence));
    reply_free(&reply);

    /* of another peer: neither its messages nor what brought them about */
    assert_int_equal(ask("show journal 192.0.2.9 session-keys", &reply), CLIENT_DONE);
    assert_int_equal(reply.count, 1 + 1 + 1 + 1);
    reply_free(&reply);
}

static void what_happens_is_counted(void **state)
{
    struct reply reply;
    const struct control_record *stats;

    (void)state;
    assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
    reply_free(&reply);
    assert_int_equal(ask("show isakmp stats", &reply), CLIENT_DONE);
    stats = reply_find(&reply, RECORD_ike_stats);
    CHECK(stats && record_number(stats, COL_ike_stats_out_packets) == 1);
    CHECK(record_number(stats, COL_ike_stats_in_packets) == 1);
    CHECK(record_number(stats, COL_ike_stats_in_p2_exchanges) == 0);
    reply_free(&reply);
}

static void done(const char *line)
{
    struct reply reply;

    assert_int_equal(ask(line, &reply), CLIENT_DONE);
    reply_free(&reply);
}

static void what_is_cleared_counts_from_0_again(void **state)
{
    struct reply reply;

    (void)state;
    done("up 192.0.2.1");
    done("clear crypto ikev1 stats");
    assert_int_equal(ask("show isakmp stats", &reply), CLIENT_DONE);
    assert_int_equal(record_number(reply_find(&reply, RECORD_ike_stats), COL_ike_stats_out_packets), 0);
    reply_free(&reply);
    done("clear logging buffer");
    assert_int_equal(ask("show logging", &reply), CLIENT_DONE);
    assert_int_equal(record_number(&reply.records[1], COL_logging_messages), 0);
    assert_null(reply_find(&reply, RECORD_log_line));
    reply_free(&reply);
    done("clear crypto ipsec sa counters");
    assert_int_equal(changed.cleared, 1);
    done("clear crypto ipsec stats");
}

static void up_shows_each_message_and_ends_with_both_spis(void **state)
{
    struct reply reply;
    const struct control_record *result;

    (void)state;
    assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
    assert_int_equal(gateway.command.kind, IKE_UP);
    assert_string_equal(text_of_first(&reply, RECORD_step, COL_step_direction), "sent");
    result = reply_find(&reply, RECORD_result);
    CHECK(result && record_flag(result, COL_result_up));
    assert_string_equal(record_text(result, COL_result_state), "MM_ACTIVE");
    CHECK(record_number(result, COL_result_spi_in) == 0x1234 && record_number(result, COL_result_spi_out) == 0x5678);
    assert_int_equal(reply.count, 1 + 2 + 1 + 1);
    reply_free(&reply);
}

static void up_that_fails_says_where_and_why(void **state)
{
    struct reply reply;
    const struct control_record *result;

    (void)state;
    gateway.does_up_fail = true;
    assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
    result = reply_find(&reply, RECORD_result);
    CHECK(result && !record_flag(result, COL_result_up));
    assert_string_equal(record_text(result, COL_result_state), "MM_WAIT_MSG6");
    assert_string_equal(record_text(result, COL_result_reason), "NO_ANSWER");
    CHECK(record_has(result, COL_result_open));
    reply_free(&reply);
}

/* The one who waits sees what a peer, a router or a forger says meanwhile, and how far to trust it. */
static void up_names_the_notify_or_icmp_error_that_came_meanwhile(void **state)
{
    static const struct {
        enum event_kind kind;
        const char *notify;
        uint64_t number, errnum, icmp;
        const char *heard, *step;
    } rows[] = {
        {EV_NOTIFY_IN_CLEAR, "NO_PROPOSAL_CHOSEN", 14, 0, 0, "NO_PROPOSAL_CHOSEN (14), in clear",
         "a notify in clear is here: evidence, nothing more: NO_PROPOSAL_CHOSEN (14), in clear"},
        {EV_NOTIFY_RECEIVED, "INVALID_ID_INFORMATION", 18, 0, 0, "INVALID_ID_INFORMATION (18), encrypted",
         "an authenticated notify is here: INVALID_ID_INFORMATION (18), encrypted"},
        {EV_HINT, NULL, 0, ECONNREFUSED, 3 << 8 | 3, "Connection refused (ICMP type 3 code 3)",
         "an ICMP error or a local error that concerns an exchange: evidence: Connection refused (ICMP type 3 code 3)"},
        {EV_HINT, NULL, 0, ENETUNREACH, 0, "Network is unreachable",
         "an ICMP error or a local error that concerns an exchange: evidence: Network is unreachable"},
    };

    (void)state;
    gateway.does_up_fail = true;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct event e = event_of(rows[i].kind);
        struct reply reply;
        bool is_step = false;

        gateway.has_up_ended = false;
        event_add_ip(&e, FIELD_PEER, peer_ip);
        if (rows[i].notify != NULL) {
            event_add_text(&e, FIELD_NOTIFY, rows[i].notify);
            event_add_number(&e, FIELD_NOTIFY_NUMBER, rows[i].number);
        } else {
            event_add_number(&e, FIELD_ERRNO, rows[i].errnum);
            event_add_number(&e, FIELD_COUNT, rows[i].icmp);
        }
        gateway.heard = &e;
        assert_int_equal(ask("up 192.0.2.1", &reply), CLIENT_DONE);
        assert_string_equal(text_of_first(&reply, RECORD_result, COL_result_heard), rows[i].heard);
        for (size_t k = 0; k < reply.count; k++)
            is_step |= reply.records[k].kind == RECORD_step &&
                       strcmp(record_text(&reply.records[k], COL_step_sentence), rows[i].step) == 0;
        CHECK(is_step);
        reply_free(&reply);
    }
}

static void debug_shows_what_was_asked_for(void **state)
{
    static const struct {
        const char *condition, *line, *heard, *not_heard;
        bool is_router;
    } cases[] = {
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ikev1\"]}\n", "a line of phase 1", "a debug line of phase 1",
         false},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"isakmp\"]}\n", "a debug line of phase 1", "a line of phase 2",
         true},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ikev1\",\"127\"]}\n", "a debug line of phase 1",
         "a line of phase 2", false},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ikev1\",\"127\"]}\n", "a debug line of phase 1",
         "a line of a command", false},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2", "of a command", false},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2", "phase 1", false},
        {"peer 192.0.2.9", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "done", "a line of phase 2",
         false},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2", "phase 1", false},
        {"peer 192.0.9.0 255.255.255.0", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "done",
         "a line of phase 2", false},
        {"group nobody", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "done", "a line of phase 2", false},
        {"spi 0x99", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "done", "a line of phase 2", false},
        {"peer 192.0.2.0 255.255.255.0", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2",
         "phase 1", false},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2", "phase 1", false},
        {"peer 192.0.2.9", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "done", "a line of phase 2",
         false},
        {"peer 192.0.2.1", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2", "phase 1",
         false},
        {"reset", "{\"words\":[\"debug\",\"crypto\",\"ipsec\",\"127\"]}\n", "a line of phase 2", "phase 1", false},
    };

    (void)state;
    gateway.log_lines = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char space[BYTE_STEP] = "";
        size_t len = 0;
        struct reply reply;
        char condition[64];
        int fd = connect_raw();
        ssize_t got;

        policy.is_ios = cases[i].is_router;
        snprintf(condition, sizeof condition, "debug crypto condition %s", cases[i].condition);
        done(condition);
        send_raw(fd, cases[i].line, strlen(cases[i].line));
        CHECK(hears(fd, "gateway"));
        assert_int_equal(ask("clear ipsec sa", &reply), CLIENT_DONE);
        reply_free(&reply);
        assert_int_equal(ask("undebug all", &reply), CLIENT_DONE);
        reply_free(&reply);
        while (!strstr(space, "\"done\"") && (got = read(fd, space + len, sizeof space - 1 - len)) > 0)
            space[len += (size_t)got] = '\0';
        assert_non_null(strstr(space, cases[i].heard));
        assert_null(strstr(space, cases[i].not_heard));
        close(fd);
    }
    policy.is_ios = false;
}

static void keys_are_written_to_a_private_file_only(void **state)
{
    char file[128], line[256], space[BYTE_STEP];
    struct stat status;
    struct reply reply;
    FILE *in;

    (void)state;
    gateway.sa_count = 1;
    snprintf(file, sizeof file, "%s/keys", directory);
    snprintf(line, sizeof line, "debug crypto ikev1 keys %s", file);
    assert_int_equal(ask(line, &reply), CLIENT_DONE);
    CHECK(*text_of_first(&reply, RECORD_warning, COL_warning_sentence));
    reply_free(&reply);
    CHECK(stat(file, &status) == 0 && (status.st_mode & 07777) == 0600);

    gateway.sa_count = 2;
    gateway.does_up_fail = true;
    assert_int_equal(ask("undebug all", &reply), CLIENT_DONE);
    reply_free(&reply);
    in = fopen(file, "r");
    CHECK(in && fread(space, 1, sizeof space, in) == strlen("0000000000000000,00112233\n"));
    fclose(in);

    CHECK(chmod(file, 0644) == 0);
    expect_refused(line, "FILE_REFUSED");
    unlink(file);
    CHECK(symlink("/dev/null", file) == 0);
    expect_refused(line, "FILE_REFUSED");
    unlink(file);
    expect_refused("debug crypto ikev1 keys keys", "FILE_REFUSED");
}

/* How many keys the journal has. */
static unsigned keys_in_journal(const char *peer)
{
    struct reply reply;
    char line[96];
    unsigned count = 0;

    snprintf(line, sizeof line, "show journal %s session-keys", peer);
    assert_int_equal(ask(line, &reply), CLIENT_DONE);
    for (size_t i = 0; i < reply.count; i++)
        count += reply.records[i].kind == RECORD_log_line &&
                 strstr(record_text(&reply.records[i], COL_log_line_text), "Z key 00000000") != NULL;
    reply_free(&reply);
    return count;
}

/* The mapping that it is in, by /proc/self/smaps. */
static bool is_dumped(const void *address)
{
    char line[256];
    unsigned long begin, end;
    bool is_here = false, is_found = false, is_left_out = false;
    FILE *maps = fopen("/proc/self/smaps", "r");

    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            is_here = (unsigned long)address >= begin && (unsigned long)address < end;
        else if (is_here && strncmp(line, "VmFlags:", strlen("VmFlags:")) == 0) {
            is_found = true;
            is_left_out = strstr(line, " dd") != NULL;
        }
    }
    fclose(maps);
    CHECK(is_found);
    return !is_left_out;
}

static void keys_of_an_sa_that_has_ended_are_kept_while_keys_are_debugged_and_in_no_core_file(void **state)
{
    char line[256];

    (void)state;
    snprintf(line, sizeof line, "debug crypto ikev1 keys %s/keys", directory);
    gateway.sa_count = 2;
    assert_int_equal(keys_in_journal(""), 2);
    done(line);
    assert_int_equal(keys_in_journal(""), 2); /* and none of them twice */
    gateway.sa_count = 1;
    assert_int_equal(keys_in_journal(""), 2);
    gateway.sa_count = 0;
    assert_int_equal(keys_in_journal("192.0.2.1"), 2);
    assert_int_equal(keys_in_journal("192.0.2.9"), 0); /* another peer */
    CHECK(!is_dumped(control->keys.kept) && is_dumped(line));
    done("undebug all");
    assert_int_equal(keys_in_journal(""), 0);
    CHECK(control->keys.kept == NULL);
    snprintf(line, sizeof line, "%s/keys", directory);
    unlink(line);
}

/* The socket's mode keeps others out; here it is opened to them, to see that the second lock holds too. */
static void nobody_there_is_said_in_one_sentence(void **state)
{
    struct bytes words[] = {bytes_of_text("show"), bytes_of_text("version")};
    char space[512];
    struct text why = text_of(space, sizeof space);
    struct reply reply = {0};

    (void)state;
    assert_int_equal(client_ask("/tmp/no/such.sock", words, 2, CONTROL_ONCE, keep, &reply, &why), CLIENT_UNREACHABLE);
    assert_string_equal(space, "ikewised is not running: nobody answers at /tmp/no/such.sock");
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_short_and_a_long_answer_arrive_whole),
        WITH_SERVER(each_question_is_answered_by_records_of_its_kind),
        WITH_SERVER(sessions_are_counted_from_what_happens),
        WITH_SERVER(the_socket_is_for_root_and_its_group),
        WITH_SERVER(commands_reach_the_engine),
        WITH_SERVER(statements_reach_the_configuration_and_are_told_without_keys),
        WITH_SERVER(a_change_that_is_refused_names_the_line),
        WITH_SERVER(what_is_saved_is_added_to_what_is_running),
        WITH_SERVER(a_configuration_comes_line_by_line),
        WITH_SERVER(the_log_comes_the_oldest_line_first),
        WITH_SERVER(the_journal_has_messages_inputs_and_lines),
        WITH_SERVER(what_happens_is_counted),
        WITH_SERVER(what_is_cleared_counts_from_0_again),
        WITH_SERVER(what_cannot_be_done_is_refused_with_its_reason),
        WITH_SERVER(up_shows_each_message_and_ends_with_both_spis),
        WITH_SERVER(up_that_fails_says_where_and_why),
        WITH_SERVER(up_names_the_notify_or_icmp_error_that_came_meanwhile),
        WITH_SERVER(debug_shows_what_was_asked_for),
        WITH_SERVER(keys_are_written_to_a_private_file_only),
        WITH_SERVER(keys_of_an_sa_that_has_ended_are_kept_while_keys_are_debugged_and_in_no_core_file),
        cmocka_unit_test(nobody_there_is_said_in_one_sentence),
        cmocka_unit_test(what_the_gateway_does_is_answered_there_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
