/* Includes grammar.def with every kind of row that the includer did not define left out. No include guard: included
 * once for each use. */
#ifndef MODE
#define MODE(...)
#endif
#ifndef INSIDE
#define INSIDE(...)
#endif
#ifndef FAMILY
#define FAMILY(...)
#endif
#ifndef STATEMENT
#define STATEMENT(...)
#endif
#ifndef WHY
#define WHY(...)
#endif
#ifndef ARGUMENT
#define ARGUMENT(...)
#endif
#ifndef WORD
#define WORD(...)
#endif
#include "conf/grammar.def"
#undef MODE
#undef INSIDE
#undef FAMILY
#undef STATEMENT
#undef WHY
#undef ARGUMENT
#undef WORD
