/* ikewised-pam: asks PAM about one user, for ikewised, which runs it anew for each. A module may do whatever it likes
 * here, and take its time: it has neither keys nor sockets of the gateway, and is killed when its time is over.
 *
 *     ikewised-pam SERVICE REMOTE-HOST [DIRECTORY]
 *
 * On standard input: the user's name, a zero byte, the password, a zero byte. The exit status is
 * PASSWORD_STATUS and the verdict; on standard output stands why when PAM could not be asked. DIRECTORY has the files
 * of services in place of /etc/pam.d. */
#include "base/bytes.h"
#include "base/text.h"
#include "policy/question.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { INPUT_MAX = USER_NAME_MAX + USER_PASSWORD_MAX + 2, PATH_SIZE = 512 };

struct asked {
    char input[INPUT_MAX + 1];
    const char *user, *password;
    bool was_password_given, was_more_asked;
};

static const char service_directory[] = "/etc/pam.d";

/* The password once: a module that asks for a second one wants something else. */
static char *answer_to(struct asked *asked, const struct pam_message *message)
{
    if (message->msg_style == PAM_PROMPT_ECHO_ON)
        return strdup(asked->user);
    if (message->msg_style != PAM_PROMPT_ECHO_OFF)
        return strdup("");
    asked->was_more_asked = asked->was_password_given;
    asked->was_password_given = true;
    return asked->was_more_asked ? NULL : strdup(asked->password);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *context)
{
    struct pam_response *made = count > 0 && count <= PAM_MAX_NUM_MSG ? calloc((size_t)count, sizeof *made) : NULL;

    if (made == NULL)
        return PAM_CONV_ERR;
    for (int i = 0; i < count; i++) {
        made[i].resp = answer_to(context, messages[i]);
        if (made[i].resp == NULL)
            return PAM_CONV_ERR; /* the process ends: what was made goes with it */
    }
    *responses = made;
    return PAM_SUCCESS;
}

static enum password_verdict verdict_of(int code)
{
    static const struct {
        int code;
        enum password_verdict verdict;
    } rows[] = {
#define CODE(code, verdict) {code, PASSWORD_##verdict},
#include "pam/codes.def"
#undef CODE
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].code == code)
            return rows[i].verdict;
    return PASSWORD_UNANSWERED;
}

/* Without a file of its own a service is what the file `other` says, which lets in every user of the machine on Debian:
 * that is never what is meant. */
static bool has_service(const char *directory, const char *service)
{
    char path[PATH_SIZE];
    int len = snprintf(path, sizeof path, "%s/%s", directory, service);

    if (len > 0 && (size_t)len < sizeof path && access(path, R_OK) == 0)
        return true;
    printf("%s: %s", path, strerror(errno));
    return false;
}

static int authenticate(pam_handle_t *pam, const char *remote_host)
{
    int code = pam_set_item(pam, PAM_RHOST, remote_host);

    if (code == PAM_SUCCESS)
        code = pam_set_item(pam, PAM_TTY, "ikewise");
    if (code == PAM_SUCCESS)
        code = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (code == PAM_SUCCESS)
        code = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    return code;
}

static enum password_verdict ask(struct asked *asked, const char *service, const char *remote_host,
                                 const char *directory)
{
    const struct pam_conv conversation = {converse, asked};
    pam_handle_t *pam = NULL;

    if (!has_service(directory, service))
        return PASSWORD_UNANSWERED;
    int code = pam_start_confdir(service, asked->user, &conversation, directory, &pam);
    if (code == PAM_SUCCESS)
        code = authenticate(pam, remote_host);
    if (asked->was_more_asked)
        return PASSWORD_MORE_ASKED;
    if (verdict_of(code) == PASSWORD_UNANSWERED)
        printf("%s", pam_strerror(pam, code));
    if (pam != NULL)
        pam_end(pam, code);
    return verdict_of(code);
}

static bool read_input(struct asked *asked)
{
    size_t len = fread(asked->input, 1, INPUT_MAX, stdin);
    const char *zero = memchr(asked->input, '\0', len);

    if (zero == NULL || memchr(zero + 1, '\0', len - (size_t)(zero + 1 - asked->input)) == NULL)
        return false;
    asked->user = asked->input;
    asked->password = zero + 1;
    return true;
}

int main(int argc, char **argv)
{
    static struct asked asked;

    /* With the gateway goes what it has asked; and nothing else that it has open is for modules. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    prctl(PR_SET_DUMPABLE, 0);
    if ((argc != 3 && argc != 4) || !read_input(&asked)) {
        printf("ikewised-pam is run by ikewised");
        return PASSWORD_STATUS + PASSWORD_UNANSWERED;
    }
    enum password_verdict verdict = ask(&asked, argv[1], argv[2], argc == 4 ? argv[3] : service_directory);
    bytes_wipe(&asked, sizeof asked);
    fflush(stdout);
    _exit(PASSWORD_STATUS + (int)verdict); /* nothing that a module has left behind is run */
}
