/* What the words of a command put into the request: arguments.def, and the keywords that are more than a way. */
#ifndef CONTROL_ARGUMENT_H
#define CONTROL_ARGUMENT_H

#include "control/request.h"

enum argument {
#define ARGUMENT(name, ...) ARGUMENT_##name,
#include "control/arguments.def"
#undef ARGUMENT
    ARGUMENT_COUNT
};

enum argument_kind { KIND_ADDRESS, KIND_NUMBER, KIND_SPI, KIND_NAME, KIND_REST, KIND_STATEMENT };

enum argument argument_of(struct bytes name); /* ARGUMENT_COUNT: it is a keyword */
enum argument_kind argument_kind(enum argument argument);

/* False: the word cannot be such an argument. */
bool argument_take(struct control_request *request, enum argument argument, struct bytes word);
void keyword_take(struct control_request *request, struct bytes keyword);

#endif
