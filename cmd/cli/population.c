#include "cmd/cli/population.h"

#include "actors/member/member.h"
#include "cmd/cli/pages.h"
#include "proto/job/ladder.h"

#include <inttypes.h>
#include <stdio.h>

struct crew {
    uint64_t nodes, slots;
};

static bool count_row(void *context, const struct msg *answer) {
    struct crew *crew = context;
    if (answer->kind != MSG_node_row)
        return true;
    crew->nodes++;
    if (answer->node_row.state == MEMBER_ALIVE)
        crew->slots += answer->node_row.slots;
    return true;
}

bool population_say(struct client *c, const struct job *job, struct err *err) {
    struct crew crew = {0};
    struct msg request = {.kind = MSG_list_nodes};
    const struct pages_reader reader = {.row = count_row, .context = &crew};
    if (!job_copies(job) || job->parallel == 0)
        return true;
    if (!pages_read(c, &request, &reader, err))
        return err->code != ERR_INTERRUPTED;
    if (crew.nodes == 0) /* it is alone */
        crew.slots = client_slots(c);
    if (crew.slots > 0 && crew.slots < job->parallel)
        fprintf(stderr,
                "zyg: the population is %" PRIu64 " as long as there are no more slots, not "
                "the %" PRIu32 " of 'parallel'\n",
                crew.slots, job->parallel);
    return true;
}
