#define _GNU_SOURCE
#include "actors/node/rest.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

void rest_init(struct rest *r) {
    *r = (struct rest){.at = WHEN_NEVER};
}

bool rest_due(struct rest *r, uint64_t work, when_ms now) {
    if (work != r->work) {
        *r = (struct rest){.work = work, .at = now + REST_MS};
        return false;
    }
    bool due = r->at <= now;
    if (due)
        r->at = WHEN_NEVER;
    return due;
}

/* Pages of private memory that are given back read as zeros. */
static void give(void *context, void *memory, size_t len) {
    const uintptr_t page = (uintptr_t) * (const long *)context;
    const uintptr_t from = ((uintptr_t)memory + page - 1) / page * page;
    const uintptr_t to = ((uintptr_t)memory + len) / page * page;
    if (from < to)
        madvise((uint8_t *)memory + (from - (uintptr_t)memory), to - from, MADV_DONTNEED);
}

/* What deeper calls than this one have used of the thread's stack. */
static void give_stack(long page) {
    enum { NEAR = 64 << 10 }; /* more than what is called from here needs */
    pthread_attr_t attributes;
    void *stack;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &stack, &size) == 0) {
        const size_t depth = (uintptr_t)&attributes - (uintptr_t)stack;
        if (depth > NEAR && depth < size)
            give(&page, stack, depth - NEAR);
    }
    pthread_attr_destroy(&attributes);
}

void rest_give(struct board *board) {
    long page = sysconf(_SC_PAGESIZE);
    board_spare(board, &(struct spare){.take = give, .context = &page});
    give_stack(page);
}
