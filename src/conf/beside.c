/* Where what belongs to a configuration lies beside it: for x.conf the directory x.keys. */
#include "conf/conf.h"

#include <string.h>

bool conf_is_keypair_label(struct bytes label)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    if (label.len == 0 || label.len >= CONF_KEYPAIR_LABEL_SIZE || strchr(".-_", label.data[0]) != NULL)
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (memchr(characters, label.data[i], sizeof characters - 1) == NULL)
            return false;
    return true;
}

void conf_keypairs_directory(const char *config_path, struct text *path)
{
    size_t len = strlen(config_path);

    if (len > 5 && strcmp(config_path + len - 5, ".conf") == 0)
        len -= 5;
    text_add(path, "%.*s.keys", (int)len, config_path);
}

bool conf_keypair_path(const char *config_path, struct bytes label, struct text *path)
{
    conf_keypairs_directory(config_path, path);
    text_add(path, "/%.*s" CONF_KEYPAIR_ENDING, (int)label.len, (const char *)label.data);
    return conf_is_keypair_label(label) && !path->is_cut;
}
