#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "actors/jobfile/tree.h"

static uint8_t arena_memory[16 << 20];
static struct tree_fault fault;

static const struct tree_node *read_text(struct span text) {
    struct arena arena = arena_of(arena_memory, sizeof arena_memory);
    return tree_read(text, &arena, &fault);
}

static void print_node(const struct tree_node *node, struct buf *out) {
    if (node->kind == NODE_SCALAR) {
        buf_text(out, node->quoted ? "'" : "");
        buf_span(out, node->text);
        return;
    }
    buf_byte(out, node->kind == NODE_MAP ? '{' : '[');
    for (const struct tree_node *i = node->first; i != NULL; i = i->next) {
        print_node(i, out);
        if (node->kind == NODE_MAP) {
            buf_byte(out, '=');
            print_node(i->value, out);
        }
        if (i->next != NULL)
            buf_byte(out, ' ');
    }
    buf_byte(out, node->kind == NODE_MAP ? '}' : ']');
}

static void assert_tree(const char *yaml, const char *expected) {
    static char text[1024];
    struct buf out = buf_of(text, sizeof text - 1);
    const struct tree_node *root = read_text(span_text(yaml));
    if (root == NULL)
        fail_msg("%s: %u:%u: %s", yaml, fault.line, fault.column, fault.what);
    print_node(root, &out);
    text[out.len] = '\0';
    assert_string_equal(text, expected);
}

static void documents_become_nodes(void **state) {
    (void)state;
    assert_tree("a", "a");
    assert_tree("a: 1\nb: [x, 'y', \"z\", {c: d}]\n", "{a=1 b=[x 'y 'z {c=d}]}");
    assert_tree("- - 1\n  - 2\n- {}\n- []\n", "[[1 2] {} []]");
    assert_tree("a:\nb: no\n", "{a= b=no}");
    assert_tree("a: |\n  x\n  y\n", "{a='x\ny\n}");
    assert_tree("--- {a: 1}\n...\n", "{a=1}");
    assert_tree("a: 1\r\nb: 2\r\n", "{a=1 b=2}");
    assert_tree("{\"zyg\": 1, \"x\": [true, null]}", "{'zyg=1 'x=[true null]}");
}

static void nodes_know_their_place(void **state) {
    (void)state;
    const struct tree_node *root = read_text(span_text("a: 1\nb:\n  - x\n  - \xc3\xa4: y\n"));
    const struct tree_node *b = node_get(root, span_text("b"));
    assert_int_equal(b->line, 2);
    assert_int_equal(b->column, 1);
    const struct tree_node *second = b->value->first->next;
    assert_int_equal(second->first->value->line, 4);
    assert_int_equal(second->first->value->column, 8);
    assert_null(node_get(root, span_text("c")));
}

static void places_inside_text(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        size_t offset;
        uint32_t line, column;
    } cases[] = {
        {"a: hello", 0, 1, 4},
        {"a: hello", 4, 1, 8},
        {"a: \"hello\"", 0, 1, 4},
        {"a: \"h\\tllo\"", 2, 1, 8},
        {"a: \"\\x41\\u0042c\"", 2, 1, 15},
        {"a: 'it''s'", 3, 1, 9},
        {"a: \xc3\xa4x", 2, 1, 5},
        {"a: |\n  xyz\n", 2, 1, 4},
        {"a: \"x\n  y\"", 2, 1, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span file = span_text(cases[i].yaml);
        const struct tree_node *root = read_text(file);
        uint32_t line;
        uint32_t column;
        node_place(file, root->first->value, cases[i].offset, &line, &column);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
}

static void nothing_is_nothing(void **state) {
    (void)state;
    const struct tree_node *root = read_text(span_text("[null, ~, '', 'null', x, ]"));
    static const bool expected[] = {true, true, false, false, false};
    size_t i = 0;
    for (const struct tree_node *n = root->first; n != NULL; n = n->next)
        assert_int_equal(node_is_null(n), expected[i++]);
    assert_int_equal(i, 5);
}

static void assert_fault(struct span text, const char *expected) {
    char got[400];
    assert_null(read_text(text));
    snprintf(got, sizeof got, "%u:%u: %s", fault.line, fault.column, fault.what);
    assert_string_equal(got, expected);
}

static void hostile_files_are_refused(void **state) {
    (void)state;
    static char text[1 << 20];
    memset(text, '[', sizeof text);
    assert_fault(span_of(text, sizeof text), "1:17: nested deeper than 16");
    struct buf out = buf_of(text, sizeof text);
    buf_byte(&out, '[');
    for (int i = 0; i < TREE_NODES_MAX; i++)
        buf_text(&out, "1,");
    buf_byte(&out, ']');
    assert_fault(buf_view(&out), "1:131072: more than 65536 values; a job file is not that long");
    buf_clear(&out);
    for (int i = 0; i <= TREE_KEYS_MAX; i++) {
        buf_byte(&out, 'k');
        buf_u64(&out, (uint64_t)i);
        buf_text(&out, ": 1\n");
    }
    assert_fault(buf_view(&out), "1025:1: more than 1024 keys in one mapping");
    assert_fault(span_text("a: &x [1]\nb: *x\n"), "1:4: anchors (&name) are not used in job files");
    assert_fault(span_text("b: *x\n"),
                 "1:4: text that begins with '*' needs quotes (aliases are not used in job files)");
    assert_fault(span_text("a: !!float 1\n"), "1:4: tags (!name) are not used in job files");
    assert_fault(span_of("a: 1\nb: \xc3\xa4\xff\n", 12), "2:5: not UTF-8 (byte 0xff)");
    assert_fault(span_of("a: \0\n", 5), "1:4: a control character (byte 0x00)");
    assert_fault(span_of("\xff\xfe"
                         "a\0",
                         4),
                 "1:1: not UTF-8 (byte 0xff)");
    assert_fault(span_text("a: 1\rb: 2"), "1:5: a control character (byte 0x0d)");
}

static void a_small_arena_is_a_fault(void **state) {
    (void)state;
    struct span text = span_text("{a: [b, c], d: 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'}");
    for (size_t size = 0; size < 400; size += 16) {
        struct arena arena = arena_of(arena_memory, size);
        assert_null(tree_read(text, &arena, &fault));
        assert_string_equal(fault.what, "there is not enough memory to read this file");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_nodes),    cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(places_inside_text),        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(hostile_files_are_refused), cmocka_unit_test(a_small_arena_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
