/* CHECK: we are wrong, so stop. Stays on in releases; NDEBUG is never defined.
 *
 *     CHECK(out->count < OUTPUTS_MAX);
 *
 * Use it for what only our own mistake can cause. What a peer sends wrong is a reason, what the system does wrong is an
 * errno. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

/* Prints one line on standard error and aborts. */
_Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
