/* banned - what no source of zyg may call; the build puts this header in front of every one of them
 * (-include).
 *
 * Each function is declared once more with an attribute that makes its use an error. A poisoned
 * name or a macro of the same name would also hit the declarations in the system's and CZMQ's own
 * headers; an attribute does not, and nothing has to be included here, so a source may still set
 * its feature macros before its first include. alloca is a macro of the system's; -Walloca of the
 * build stands in for it.
 */
#ifndef ZYG_BANNED_H
#define ZYG_BANNED_H

#ifdef __has_attribute
#if __has_attribute(unavailable)
#define BANNED(instead) __attribute__((unavailable(instead)))
#elif __has_attribute(error)
#define BANNED(instead) __attribute__((error(instead)))
#endif
#endif
#ifndef BANNED
#define BANNED(instead)
#endif

/* They write past the end of what they are given. */
char *strcpy(char *, const char *) BANNED("use a buf");
char *stpcpy(char *, const char *) BANNED("use a buf");
char *strcat(char *, const char *) BANNED("use a buf");
char *strncpy(char *, const char *, __SIZE_TYPE__)
    BANNED("it may leave out the closing zero: use a buf");
char *strncat(char *, const char *, __SIZE_TYPE__) BANNED("use a buf");
int sprintf(char *, const char *, ...) BANNED("use snprintf or a buf");
int vsprintf(char *, const char *, __builtin_va_list) BANNED("use vsnprintf or a buf");
char *gets(char *) BANNED("use read with a length");

/* They keep state that the whole process shares. */
char *strtok(char *, const char *) BANNED("use a span");
int rand(void) BANNED("use proto/base/rng.h");
void srand(unsigned) BANNED("use proto/base/rng.h");
long random(void) BANNED("use proto/base/rng.h");
void srandom(unsigned) BANNED("use proto/base/rng.h");
double drand48(void) BANNED("use proto/base/rng.h");
char *setlocale(int, const char *) BANNED("numbers must read the same everywhere");

/* They cannot say that they failed. */
int atoi(const char *) BANNED("use num_parse_i64");
long atol(const char *) BANNED("use num_parse_i64");
long long atoll(const char *) BANNED("use num_parse_i64");
double atof(const char *) BANNED("use num_parse");

/* They run a shell, or guess a free file name. */
int system(const char *) BANNED("programs are started by zyg-run");
char *tmpnam(char *) BANNED("use mkstemp or mkdtemp");
char *tempnam(const char *, const char *) BANNED("use mkstemp or mkdtemp");
char *mktemp(char *) BANNED("use mkstemp or mkdtemp");

/* They wait for nothing in particular: wait for a descriptor, with a deadline. */
unsigned sleep(unsigned) BANNED("wait for a descriptor");
int usleep(unsigned) BANNED("wait for a descriptor");
void zclock_sleep(int) BANNED("wait for a descriptor");

#undef BANNED

#endif
