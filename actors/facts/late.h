/* late - what is heard of a job that is over here: it is put off like what comes before its job (inbox.h), and folded when
 * nothing else waits.
 *
 * The jobs of which something is put off are looked through in table backlog. One that is over takes a seat for a while: its
 * counts come from its summary, each slot's row is read before it changes, no room hears of it. So stores with equal logs
 * come to equal rows, whichever of them heard of the end first. A job that turns out to go on is opened like any other, when
 * all that was promised about its end is said.
 * Errors   what cannot be read now, or finds no seat, is looked for again after LATE_PAUSE_MS.
 */
#ifndef ZYG_LATE_H
#define ZYG_LATE_H

#include "actors/facts/seat.h"
#include "actors/kit/core.h"

enum { LATE_PAUSE_MS = 1000 };

struct late {
    bool wanted;                     /* something may be put off of a job that is over */
    bool once_more;                  /* ... or could not be done this time */
    when_ms not_before;              /* 0: at once */
    uint8_t after[JOB_ID_BYTES + 8]; /* of table backlog, as far as it was looked through */
    size_t after_len;
};

struct facts;

bool late_is_due(const struct facts *f, when_ms now);
when_ms late_deadline(const struct facts *f);
void late_scan(struct facts *f, struct says *out);
/* The next job of the backlog; empty: that was all. */
void late_found(struct facts *f, struct span key, struct says *out);
void late_again(struct facts *f);
/* An errand has read it: it is over, and has this summary. False: no seat. */
bool late_open(struct facts *f, const struct seat *read, const struct msg_job_row *row);
/* It gives up its seat when what was folded is on the disk. */
void late_leave(struct facts *f, struct seat *s);

#endif
