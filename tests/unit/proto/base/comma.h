/* comma - a locale whose decimal sign is a comma, as half the world's programs have it; on any machine
 * with this C library, whether or not a language is installed. */
#ifndef ZYG_TEST_COMMA_H
#define ZYG_TEST_COMMA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() (void)0
#define __lsan_enable() (void)0
#endif

/* For freelocale; (locale_t)0: another C library. The bytes are what `localedef` makes of LC_NUMERIC. */
static inline locale_t comma_locale(void) {
    char folder[] = "/tmp/zyg-num-XXXXXX";
    static const uint8_t numeric[] = {
        0x14, 0x11, 0x03, 0x20, 6,   0, 0,    0, 0x20, 0, 0,    0, 0x22, 0,   0,   0,   0x24, 0,
        0,    0,    0x28, 0,    0,   0, 0x2c, 0, 0,    0, 0x30, 0, 0,    0,   ',', 0,   '.',  0,
        3,    3,    0,    0,    ',', 0, 0,    0, '.',  0, 0,    0, 'U',  'T', 'F', '-', '8',  0};
    char path[200];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/comma", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/comma/LC_NUMERIC", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(numeric, 1, sizeof numeric, file), sizeof numeric);
    assert_int_equal(fclose(file), 0);
    setenv("LOCPATH", folder, 1);
    __lsan_disable(); /* glibc 2.36 forgets the list that it makes of LOCPATH */
    locale_t comma = newlocale(LC_NUMERIC_MASK, "comma", (locale_t)0);
    __lsan_enable();
    unlink(path);
    snprintf(path, sizeof path, "%s/comma", folder);
    rmdir(path);
    rmdir(folder);
    return comma;
}

#endif
