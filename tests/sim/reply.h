/* reply - which question a node answers, and whether more will come to it. */
#ifndef ZYG_SIM_REPLY_H
#define ZYG_SIM_REPLY_H

#include "proto/msg.h"

/* 0: it is no answer. */
static inline uint64_t reply_ticket(const struct msg *m) {
    switch (m->kind) {
    case MSG_welcome: return m->welcome.ticket;
    case MSG_accepted: return m->accepted.ticket;
    case MSG_refused: return m->refused.ticket;
    case MSG_job_row: return m->job_row.ticket;
    case MSG_job_spec: return m->job_spec.ticket;
    case MSG_trial_row: return m->trial_row.ticket;
    case MSG_log_part: return m->log_part.ticket;
    case MSG_point_row: return m->point_row.ticket;
    case MSG_event_row: return m->event_row.ticket;
    case MSG_end: return m->end.ticket;
    default: return 0;
    }
}

static inline bool reply_ends(enum msg_kind reply) {
    return reply == MSG_welcome || reply == MSG_accepted || reply == MSG_refused ||
           reply == MSG_end;
}

#endif
