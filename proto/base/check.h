/* check - assert what you believe.
 *
 * ensure() stays on in release builds and stops the program with file, line and condition. It guards what this program
 * itself promised. What a peer, a file, a child or a user said is checked and answered with an err, never ensured.
 */
#ifndef ZYG_CHECK_H
#define ZYG_CHECK_H

#define ensure(condition) ((condition) ? (void)0 : ensure_failed(#condition, __FILE__, __LINE__))

_Noreturn void ensure_failed(const char *condition, const char *file, int line);

#endif
