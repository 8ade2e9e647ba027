#include "cli/check.h"

#include "cli/loaded.h"

#include <string.h>

static void add_findings(struct reply *reply, const struct conf *conf)
{
    for (size_t i = 0; i < conf->finding_count; i++) {
        const struct conf_finding *f = &conf->findings[i];
        struct control_record r = control_record_of(RECORD_finding);

        record_set_text(&r, COL_finding_file, f->file_name);
        record_set_number(&r, COL_finding_line, f->line);
        record_set_number(&r, COL_finding_column, f->column);
        record_set_text(&r, COL_finding_severity, conf_severity_name(f->severity));
        record_set_text(&r, COL_finding_sentence, f->sentence);
        if (*f->expected)
            record_set_text(&r, COL_finding_expected, f->expected);
        reply_add(reply, &r);
    }
}

static void add_unused(struct reply *reply, const struct conf *conf)
{
    for (size_t i = 0; i < conf->unused_count; i++) {
        struct control_record r = control_record_of(RECORD_unused);

        record_set_text(&r, COL_unused_file, conf->file_name);
        record_set_number(&r, COL_unused_line, conf->unused[i].line);
        record_set_number(&r, COL_unused_lines, conf->unused[i].line_count);
        record_set_text(&r, COL_unused_begins, conf->unused[i].begins);
        record_set_text(&r, COL_unused_why, conf->unused[i].why);
        reply_add(reply, &r);
    }
}

static void add_tunnels(struct reply *reply, const struct conf *conf)
{
    for (size_t i = 0; i < conf->policy.tunnel_count; i++) {
        const struct tunnel *tunnel = &conf->policy.tunnels[i];
        struct control_record r = control_record_of(RECORD_tunnel);

        if (tunnel->peer_count)
            record_set_ip(&r, COL_tunnel_peer, tunnel->peers[0]);
        record_set_text(&r, COL_tunnel_map, tunnel->map_name);
        record_set_number(&r, COL_tunnel_sequence, tunnel->sequence);
        record_set_text(&r, COL_tunnel_acl, tunnel->acl_name);
        if (tunnel->interface < conf->policy.interface_count)
            record_set_text(&r, COL_tunnel_interface, conf->policy.interfaces[tunnel->interface].name);
        record_set_number(&r, COL_tunnel_line, tunnel->line);
        record_set_text(&r, COL_tunnel_state, tunnel->parked ? "parked" : "ready");
        record_set_text(&r, COL_tunnel_parked, tunnel->parked);
        record_set_flag(&r, COL_tunnel_weak, tunnel->is_weak);
        reply_add(reply, &r);
    }
}

enum check_verdict check_file(struct reply *reply, const char *path, struct text *why)
{
    int error;
    struct loaded *loaded = loaded_open(path, &error);
    enum check_verdict verdict = CHECK_UNREADABLE;

    if (!loaded) {
        text_add_escaped(why, bytes_of_text(path));
        text_add(why, ": %s", strerror(error));
        return verdict;
    }
    add_findings(reply, &loaded->conf);
    if (loaded->is_split) {
        add_tunnels(reply, &loaded->conf);
        add_unused(reply, &loaded->conf);
        verdict = loaded->conf.error_count > 0 || loaded->conf.parked_count > 0 ? CHECK_FAULTS : CHECK_CLEAN;
    } else {
        text_add_escaped(why, bytes_of_text(path));
        text_add(why, " cannot be split into statements");
    }
    loaded_close(loaded);
    return verdict;
}
