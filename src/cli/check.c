#include "cli/check.h"

#include "cli/file.h"
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SECRETS_MAX = 64 * 1024 };

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

/* The secrets file need not be there. */
static void read_secrets(struct conf *conf, const char *path, char secrets[static FILE_PATH_SIZE], struct arena *arena)
{
    struct file file;

    if (file_name_secrets(secrets, path) && file_read(&file, secrets, SECRETS_MAX) == 0) {
        conf_read_secrets(conf, bytes_of(file.data, file.len), secrets, arena);
        file_free(&file);
    }
}

static enum check_verdict check_text(struct reply *reply, const char *path, const struct file *file, void *space,
                                     size_t space_len)
{
    char secrets[FILE_PATH_SIZE];
    struct arena arena = arena_of(space, space_len);
    struct conf conf;
    bool is_readable = conf_read(&conf, bytes_of(file->data, file->len), path, &arena);

    if (is_readable)
        read_secrets(&conf, path, secrets, &arena);
    add_findings(reply, &conf);
    if (is_readable) {
        add_tunnels(reply, &conf);
        add_unused(reply, &conf);
    }
    conf_wipe(&conf);
    if (!is_readable)
        return CHECK_UNREADABLE;
    return conf.error_count > 0 || conf.parked_count > 0 ? CHECK_FAULTS : CHECK_CLEAN;
}

enum check_verdict check_file(struct reply *reply, const char *path, struct text *why)
{
    struct file file;
    int error = file_read(&file, path, CONF_FILE_MAX);
    size_t space_len = error ? 0 : conf_space(file.len);
    void *space = error ? NULL : malloc(space_len);
    enum check_verdict verdict = CHECK_UNREADABLE;

    if (!error && !space) {
        file_free(&file);
        error = ENOMEM;
    }
    if (error) {
        text_add_escaped(why, bytes_of_text(path));
        text_add(why, ": %s", strerror(error));
        return verdict;
    }
    verdict = check_text(reply, path, &file, space, space_len);
    if (verdict == CHECK_UNREADABLE) {
        text_add_escaped(why, bytes_of_text(path));
        text_add(why, " cannot be split into statements");
    }
    bytes_wipe(space, space_len);
    free(space);
    file_free(&file);
    return verdict;
}
