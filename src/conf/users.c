/* Users: those of the configuration, and who knows others. */
#include "conf/compile.h"

#include <string.h>

struct bytes first_word(struct bytes *text)
{
    struct bytes word = bytes_of(text->data, 0);

    while (word.len < text->len && text->data[word.len] != ' ')
        word.len++;
    *text = bytes_after(*text, word.len);
    while (text->len > 0 && text->data[0] == ' ')
        *text = bytes_after(*text, 1);
    return word;
}

/* ---- servers of users */

enum { PAM_SECONDS = 10, PAM_SECONDS_MAX = 60 };
static const char pam_service[] = "ikewise";

/* PAM makes it the name of a file. */
static bool is_service(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '/' || (i == 0 && name.data[i] == '.'))
            return false;
    return name.len > 0;
}

static struct user_server read_server(struct compiler *c, const struct statement *block)
{
    struct user_server server = {
        .name = name_of(c, first_argument(block)), .service = pam_service, .timeout_s = PAM_SECONDS};

    for (const struct statement *s = NULL; (s = next_child(c, block, s)) != NULL;) {
        struct bytes service = statement_argument(s, "pam-service", 0);

        if (s->state != STATEMENT_IS_KNOWN || s->is_no)
            continue;
        if (s->row->kind == STATEMENT_aaa_timeout) {
            uint32_t timeout_s = statement_number(s, "aaa-seconds");

            if (timeout_s > PAM_SECONDS_MAX)
                say(c, CONF_WARNING, s, "aaa-server %.64s: a user's end does not wait for longer than %d seconds",
                    server.name, PAM_SECONDS_MAX);
            server.timeout_s = timeout_s > PAM_SECONDS_MAX ? PAM_SECONDS_MAX : (uint16_t)timeout_s;
        } else if (s->row->kind == STATEMENT_pam_service && is_service(service))
            server.service = name_of(c, service);
        else if (s->row->kind == STATEMENT_pam_service)
            say(c, CONF_ERROR, s, "aaa-server %.64s: %.64s is no name of a file in /etc/pam.d; %s is asked",
                server.name, name_of(c, service), pam_service);
    }
    return server;
}

void compile_user_servers(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_aaa_pam);
    struct user_server *servers = arena_take(c->arena, count * sizeof *servers);
    uint16_t used = 0;

    if (servers == NULL)
        return;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_aaa_pam)) != NULL;)
        if (used < NO_INDEX - 1)
            servers[used++] = read_server(c, s);
    c->conf->policy.user_servers = servers;
    c->conf->policy.user_server_count = used;
}

static uint16_t server_number(const struct compiler *c, struct bytes name)
{
    for (uint16_t i = 0; i < c->conf->policy.user_server_count; i++)
        if (bytes_equal(bytes_of_text(c->conf->policy.user_servers[i].name), name))
            return i + 1;
    return 0;
}

/* Whoever expects a RADIUS server to be asked must not find its users let in or kept out by chance: it is said. */
void compile_servers_of_users(struct compiler *c, struct tunnel_group *group, const struct statement *s)
{
    bool is_local = false;
    struct bytes name;

    group->user_server = 0;
    for (unsigned i = 0; (name = statement_argument(s, "server-group", i)).len > 0; i++) {
        uint16_t number = server_number(c, name);

        if (name.data[0] == '(') /* an interface */
            continue;
        if (bytes_equal(name, bytes_of_text("group"))) /* as a router says it: group NAME */
            continue;
        if (bytes_equal(name, bytes_of_text("LOCAL")) || bytes_begin_with(name, bytes_of_text("local")))
            is_local = true;
        else if (number == 0)
            say(c, CONF_WARNING, s,
                "tunnel-group %.64s: there is no `aaa-server %.64s protocol pam`, so it is not asked: users are those "
                "of "
                "this configuration",
                group->name, name_of(c, name));
        else if (is_local || group->user_server != 0)
            say(c, CONF_WARNING, s, "tunnel-group %.64s: aaa-server %.64s stands behind another and is not asked",
                group->name, name_of(c, name));
        else
            group->user_server = number;
    }
    group->is_local_asked_after = is_local && group->user_server != 0;
}

/* ---- users */

/* PASSWORD [encrypted|nt-encrypted|pbkdf2|mschap] [privilege N]. What a device has made of a password, only the device
 * can check; a hash of crypt(5) is known by its beginning. */
static void take_user(struct compiler *c, const struct statement *s)
{
    static const char *const device_forms[] = {"encrypted", "nt-encrypted", "pbkdf2", "mschap"};
    struct bytes rest = statement_argument(s, "user-password", 0), name = first_argument(s);
    struct bytes password = first_word(&rest), form = first_word(&rest);
    bool is_crypt = password.len > 3 && password.data[0] == '$' && memchr(password.data + 1, '$', password.len - 1);
    bool is_device_form = false;

    for (size_t i = 0; i < COUNT_OF(device_forms); i++)
        is_device_form = is_device_form || bytes_equal(form, bytes_of_text(device_forms[i]));
    if (password.len == 0)
        say(c, CONF_WARNING, s, "user %.64s has no password and is let in nowhere", name_of(c, name));
    else if (text_is_masked_key(password))
        say(c, CONF_WARNING, s, "the password of user %.64s is masked: he is let in nowhere until it is set anew",
            name_of(c, name));
    else if (is_device_form && !is_crypt)
        say(c, CONF_WARNING, s,
            "the password of user %.64s is stored as only that device can check it: he is let in nowhere until it is "
            "set "
            "anew",
            name_of(c, name));
    else
        c->conf->users[c->conf->user_count++] = (struct conf_user){name, password};
}

void compile_users(struct compiler *c)
{
    uint32_t count = statement_count(c->statements, STATEMENT_username);

    c->conf->user_count = 0;
    c->conf->users = arena_take(c->arena, count * sizeof *c->conf->users);
    if (c->conf->users == NULL)
        return;
    for (const struct statement *s = NULL; (s = statements_next(c->statements, s, STATEMENT_username)) != NULL;)
        take_user(c, s);
}
