/* Endpoints as other machines name them. */
#include "proto/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_same(const char *text) {
    struct endpoint e, again;
    char printed[ENDPOINT_TEXT_BYTES];
    assert_true(endpoint_parse(&e, span_text(text)));
    endpoint_print(&e, printed);
    assert_string_equal(printed, text);
    assert_true(endpoint_parse(&again, span_text(printed)));
    assert_true(endpoint_equal(&e, &again));
}

static void what_is_good_is_printed_as_it_was(void **state) {
    (void)state;
    assert_same("tcp://10.0.0.1:1");
    assert_same("tcp://255.255.255.255:65535");
    assert_same("tcp://[::1]:7000");
    assert_same("tcp://[2001:db8:1:2:3:4:5:6]:65535");
    assert_same("tcp://[fe80:1111:2222:3333:4444:5555:6666:7777]:10000");
}

static void the_parts_are_right(void **state) {
    (void)state;
    struct endpoint e, other;
    char address[ADDRESS_TEXT_BYTES];
    assert_true(endpoint_parse(&e, span_text("tcp://192.168.7.9:4711")));
    assert_false(e.v6);
    assert_int_equal(e.port, 4711);
    assert_memory_equal(e.address, ((uint8_t[16]){192, 168, 7, 9}), 16);
    endpoint_address(&e, address);
    assert_string_equal(address, "192.168.7.9");
    assert_true(endpoint_parse(&other, span_text("tcp://192.168.7.9:4712")));
    assert_false(endpoint_equal(&e, &other));
    assert_true(endpoint_parse(&other, span_text("tcp://[c0a8:709::]:4711")));
    assert_memory_equal(other.address, e.address, 16);
    assert_false(endpoint_equal(&e, &other));
}

static void everything_else_is_none(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "tcp://",
                                      "tcp://:1",
                                      "tcp://1.2.3.4",
                                      "tcp://1.2.3.4:",
                                      "tcp://1.2.3.4:0",
                                      "tcp://1.2.3.4:01",
                                      "tcp://1.2.3.4:65536",
                                      "tcp://1.2.3.4:99999",
                                      "tcp://1.2.3.4:100000",
                                      "tcp://1.2.3.4:*",
                                      "tcp://1.2.3.4:+1",
                                      "tcp://1.2.3.4:1 ",
                                      "tcp://1.2.3.4:1\n",
                                      " tcp://1.2.3.4:1",
                                      "TCP://1.2.3.4:1",
                                      "tcp://1.2.3:1",
                                      "tcp://1.2.3.256:1",
                                      "tcp://0.0.0.0:1",
                                      "tcp://[::]:1",
                                      "tcp://*:1",
                                      "tcp://localhost:1",
                                      "tcp://eth0:1",
                                      "tcp://1.2.3.4;5.6.7.8:1",
                                      "tcp://5.6.7.8:2;1.2.3.4:1",
                                      "tcp://::1:7000",
                                      "tcp://[::1:7000",
                                      "tcp://[::1]7000",
                                      "tcp://[fe80::1%eth0]:1",
                                      "tcp://[1.2.3.4]:1",
                                      "tcp://[]:1",
                                      "udp://1.2.3.4:1",
                                      "ipc:///tmp/x:1",
                                      "inproc://x:1",
                                      "tcp://[0000:0000:0000:0000:0000:0000:0000:0000:0000]:1"};
    struct endpoint e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(endpoint_parse(&e, span_text(bad[i])));
    assert_false(endpoint_parse(&e, span_of("tcp://1.2.3.4\0:1", 16)));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_good_is_printed_as_it_was),
                                       cmocka_unit_test(the_parts_are_right),
                                       cmocka_unit_test(everything_else_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
