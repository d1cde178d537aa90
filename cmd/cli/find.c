#include "cmd/cli/client.h"
#include "cmd/cli/pages.h"

enum { LISTED_MAX = 5 /* jobs named when a selector means none or several */ };

/* The handles of the first few rows, for people to choose from; the first row itself is put aside.
 * */
struct handles {
    struct client *client;
    char text[512];
    struct buf list;
    uint32_t count;
};

static bool handles_row(void *context, const struct msg *answer) {
    struct handles *h = context;
    if (answer->kind != MSG_job_row)
        return true;
    if (h->count == 0)
        client_keep(h->client);
    if (++h->count > LISTED_MAX)
        return false;
    buf_text(&h->list, h->count > 1 ? ", " : "");
    job_handle_print(&h->list, answer->job_row.name, &answer->job_row.job);
    return true;
}

static bool handles_read(struct handles *h, struct client *c, struct msg *request,
                         struct err *err) {
    *h = (struct handles){.client = c};
    h->list = buf_of(h->text, sizeof h->text - 1);
    struct pages_reader reader = {.row = handles_row, .context = h};
    if (!pages_read(c, request, &reader, err))
        return false;
    if (h->count > LISTED_MAX)
        buf_text(&h->list, ", ...");
    buf_zero(&h->list);
    return true;
}

bool job_unknown(const char *selector, struct err *err) {
    err_set(err, ERR_NOT_FOUND, "no job '%.80s': there are none here yet", selector);
    return err_context(err, "start one: zyg submit JOB_FILE --wait");
}

static bool selector_refuse(struct client *c, const char *selector, const struct handles *meant,
                            struct err *err) {
    if (meant->count > 1)
        return err_set(err, ERR_NOT_FOUND, "'%.80s' means more than one job: %s", selector,
                       meant->text);
    struct msg list = {.kind = MSG_list_jobs};
    struct handles all;
    if (!handles_read(&all, c, &list, err))
        return false;
    if (all.count == 0)
        return job_unknown(selector, err);
    err_set(err, ERR_NOT_FOUND, "no job '%.80s'; there %s %s", selector,
            all.count == 1 ? "is" : "are", all.text);
    return all.count > LISTED_MAX ? err_context(err, "all jobs: zyg ls") : false;
}

/* How many jobs are meant, one of them put aside; what was submitted at another node is waited for. */
static bool selector_ask(struct client *c, struct msg *find, struct handles *meant,
                         struct err *err) {
    for (;;) {
        if (!handles_read(meant, c, find, err))
            return false;
        if (meant->count > 0 || !client_may_be_behind(c))
            return true;
        client_pause(c);
    }
}

bool client_find(struct client *c, const char *selector, struct job_id *job,
                 struct msg_job_row *row, struct err *err) {
    struct msg find = {.kind = MSG_find, .find = {.selector = span_text(selector)}};
    if (!span_is_utf8(find.find.selector))
        return err_set(err, ERR_NOT_FOUND, "no job has such a name");

    struct handles meant;
    if (!selector_ask(c, &find, &meant, err))
        return false;
    if (meant.count != 1)
        return selector_refuse(c, selector, &meant, err);
    struct msg found;
    client_kept(c, &found);
    *job = found.job_row.job;
    if (row != NULL)
        *row = found.job_row;
    return true;
}
