/* request - what a client asks for by a fact that it has signed: a job, or that one is cancelled or extended.
 *
 * Shape, signature and authority are checked here, before anything else looks at it.
 * Errors   ERR_BAD_FACT, ERR_NOT_ALLOWED; err says what and why.
 */
#ifndef ZYG_REQUEST_H
#define ZYG_REQUEST_H

#include "proto/trust/bundle.h"

/* `fact` points into `bytes`; `job` is the one that is meant. */
bool request_read(struct span bytes, struct bundle *bundle, struct msg *fact, struct job_id *job,
                  struct err *err);

#endif
