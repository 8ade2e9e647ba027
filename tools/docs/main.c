/* Writes the pages of docs/ that say what the tables of the program say: exchanges with their pictures, states,
 * reasons, events, configuration statements; and, in man/ beside it, the manual. A test holds
 * both against the tables. */
#include "page.h"

#include <sys/stat.h>

int main(int argc, char **argv)
{
    char pictures[4096], manual[4096];

    if (argc != 4) {
        fprintf(stderr, "usage: ikewise-docs FOLDER SAMPLES PROSE\n");
        return 2;
    }
    page_folder = argv[1];
    snprintf(pictures, sizeof pictures, "%s/exchanges", page_folder);
    mkdir(page_folder, 0777);
    mkdir(pictures, 0777);
    snprintf(manual, sizeof manual, "%s/../man", page_folder);
    mkdir(manual, 0777);

    write_exchanges();
    write_states();
    write_reasons();
    write_events();
    write_configuration();
    write_manual(argv[3], argv[2]);
    return 0;
}
