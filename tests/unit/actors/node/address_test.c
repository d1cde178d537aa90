#include "actors/node/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void an_address_stays(void **state) {
    (void)state;
    static const char *const endpoints[] = {"tcp://10.0.0.5:7420", "tcp://[2001:db8::1]:1",
                                            "tcp://node.lab:65535", "tcp://127.0.0.1:9"};
    char out[ENDPOINT_BYTES_MAX];
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        assert_true(address_for_others(endpoints[i], out));
        assert_string_equal(out, endpoints[i]);
        assert_true(address_can_be_dialled(endpoints[i]));
    }
}

static void any_address_becomes_one(void **state) {
    (void)state;
    static const char *const endpoints[] = {"tcp://0.0.0.0:7420", "tcp://*:7420",
                                            "tcp://[::]:7420"};
    char out[ENDPOINT_BYTES_MAX];
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        assert_true(address_for_others(endpoints[i], out));
        assert_true(address_can_be_dialled(out));
        assert_null(strstr(out, "0.0.0.0"));
        assert_string_equal(strrchr(out, ':'), ":7420");
    }
}

static void what_is_no_endpoint_is_refused(void **state) {
    (void)state;
    static const char *const endpoints[] = {
        "",          "tcp://",        "tcp://host", "tcp://:7420", "tcp://host:", "ipc://host:7420",
        "host:7420", "tcp://a b:7420"};
    char out[ENDPOINT_BYTES_MAX];
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        assert_false(address_for_others(endpoints[i], out));
        assert_false(address_can_be_dialled(endpoints[i]));
    }
    assert_false(address_can_be_dialled("tcp://host:*"));
    assert_false(address_can_be_dialled("tcp://*:7420"));
    assert_false(address_can_be_dialled("tcp://host:0"));
    assert_false(address_can_be_dialled("tcp://host:65536"));
    char longest[ENDPOINT_BYTES_MAX + 1];
    memset(longest, 'h', sizeof longest);
    memcpy(longest, "tcp://", 6);
    memcpy(longest + ENDPOINT_BYTES_MAX - 3, ":77", 4);
    assert_false(address_for_others(longest, out));
    memcpy(longest + ENDPOINT_BYTES_MAX - 4, ":77", 4);
    assert_true(address_for_others(longest, out));
}

static void a_port_to_bind_is_any_or_a_number(void **state) {
    (void)state;
    static const char *const good[] = {"tcp://0.0.0.0:*", "tcp://*:7420", "tcp://[::1]:65535",
                                       "tcp://10.0.0.7:0"};
    static const char *const bad[] = {
        "tcp://0.0.0.0:65536", "tcp://0.0.0.0:-1",   "tcp://0.0.0.0:x",
        "tcp://0.0.0.0:",      "ipc://0.0.0.0:7420", "0.0.0.0:7420"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(address_can_be_bound(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(address_can_be_bound(bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(address_host_is_here(good[i]));
    assert_true(address_host_is_here("tcp://lo:7420"));
    assert_false(address_host_is_here("tcp://localhost:7420"));
}

static void any_port_is_the_one_it_was_before(void **state) {
    (void)state;
    char out[ENDPOINT_BYTES_MAX];
    assert_true(address_any_port("tcp://0.0.0.0:7420", out));
    assert_string_equal(out, "tcp://0.0.0.0:*");
    assert_false(address_any_port("0.0.0.0:7420", out));
    assert_true(address_with_port_of("tcp://0.0.0.0:*", "tcp://10.0.0.7:40123", out));
    assert_string_equal(out, "tcp://0.0.0.0:40123");
    assert_false(address_with_port_of("tcp://0.0.0.0:7420", "tcp://10.0.0.7:40123", out));
    assert_false(address_with_port_of("tcp://0.0.0.0:*", "tcp://10.0.0.7:*", out));
    assert_false(address_with_port_of("tcp://0.0.0.0:*", "", out));
}

static void loopback_is_this_machine_alone(void **state) {
    (void)state;
    assert_true(address_is_loopback("tcp://127.0.0.1:1"));
    assert_true(address_is_loopback("tcp://127.3.2.1:1"));
    assert_true(address_is_loopback("tcp://localhost:1"));
    assert_true(address_is_loopback("tcp://[::1]:1"));
    assert_false(address_is_loopback("tcp://12.0.0.1:1"));
    assert_false(address_is_loopback("tcp://node:1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_stays),
        cmocka_unit_test(any_address_becomes_one),
        cmocka_unit_test(what_is_no_endpoint_is_refused),
        cmocka_unit_test(a_port_to_bind_is_any_or_a_number),
        cmocka_unit_test(any_port_is_the_one_it_was_before),
        cmocka_unit_test(loopback_is_this_machine_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
