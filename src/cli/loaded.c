#include "cli/loaded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SECRETS_MAX = 64 * 1024 };

/* The secrets file need not be there. */
static void read_secrets(struct loaded *loaded, const char *path)
{
    struct file file;

    if (file_name_secrets(loaded->secrets, path) && file_read(&file, loaded->secrets, SECRETS_MAX) == 0) {
        conf_read_secrets(&loaded->conf, bytes_of(file.data, file.len), loaded->secrets, &loaded->arena);
        file_free(&file);
    }
}

/* As the daemon reads them; what cannot be read is told as a finding of its line. */
static void read_files(struct loaded *loaded, const char *config_path)
{
    struct arena *arena = &loaded->arena;
    struct conf_file *files = arena_take(arena, CONF_FILES_MAX * sizeof *files);
    uint32_t count = 0;

    for (; files != NULL && count < CONF_FILES_MAX && conf_file_wanted(&loaded->conf, count, &files[count]); count++) {
        char path[FILE_PATH_SIZE];
        struct text t = text_of(path, sizeof path);
        struct file file;
        bool has_path = files[count].is_keypair && conf_keypair_path(config_path, files[count].path, &t);

        if (!files[count].is_keypair) {
            text_add(&t, "%.*s", (int)files[count].path.len, (const char *)files[count].path.data);
            has_path = !t.is_cut;
        }

        int error = has_path ? file_read(&file, path, CONF_TRUST_FILE_MAX) : ENAMETOOLONG;

        if (error) {
            files[count].why = strerror(error);
            continue;
        }
        char *copy = arena_copy_text(arena, bytes_of(file.data, file.len));
        files[count].content = bytes_of(copy, copy == NULL ? 0 : file.len);
        file_free(&file);
    }
    if (count > 0)
        conf_read_files(&loaded->conf, files, count, arena);
}

struct loaded *loaded_open(const char *path, int *error)
{
    struct loaded *loaded = calloc(1, sizeof *loaded);
    struct file file;

    *error = loaded ? file_read(&file, path, CONF_FILE_MAX) : ENOMEM;
    if (*error) {
        free(loaded);
        return NULL;
    }
    loaded->arena = arena_of(malloc(conf_space(file.len)), conf_space(file.len));
    if (!loaded->arena.data) {
        *error = ENOMEM;
        file_free(&file);
        free(loaded);
        return NULL;
    }
    loaded->is_split = conf_read(&loaded->conf, bytes_of(file.data, file.len), path, &loaded->arena);
    if (loaded->is_split)
        read_secrets(loaded, path);
    if (loaded->is_split)
        read_files(loaded, path);
    file_free(&file);
    return loaded;
}

void loaded_close(struct loaded *loaded)
{
    conf_wipe(&loaded->conf);
    arena_wipe(&loaded->arena);
    free(loaded->arena.data);
    free(loaded);
}
