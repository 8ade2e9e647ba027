#include "doctor/parts.h"

void place_of(struct place *place, const struct doctor *doctor, const struct tunnel *tunnel,
              const struct crypto_ace *ace)
{
    place->fields = (struct fields){
        .map = tunnel->map_name,
        .sequence = number_text(tunnel->sequence, place->sequence),
        .line = number_text(ace->line, place->line),
        .file = doctor->file_name,
        .network = range_text(ace->selector.local, place->network),
        .other = range_text(ace->selector.remote, place->other),
    };
}
