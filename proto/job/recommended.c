#include "proto/job/recommended.h"

#include "proto/base/mp.h"

enum { PARTS = 6 };

void recommended_encode(const struct recommended *r, struct buf *out) {
    mp_put_array(out, PARTS);
    mp_put_u64(out, r->slot);
    mp_put_u64(out, r->runs);
    mp_put_f64(out, r->value);
    mp_put_f64(out, r->error);
    mp_put_f64(out, r->expected);
    mp_put_bin(out, r->config);
}

static bool is_finite(double x) {
    return x - x == 0;
}

bool recommended_decode(struct recommended *r, const struct job *job, struct span bytes) {
    struct mp in = mp_of(bytes);
    struct value values[LIMIT_PARAMS];
    if (bytes.len == 0 || bytes.len > RECOMMENDED_BYTES || mp_array(&in) != PARTS)
        return false;
    r->slot = mp_u64(&in);
    r->runs = mp_u64(&in);
    r->value = mp_f64(&in);
    r->error = mp_f64(&in);
    r->expected = mp_f64(&in);
    r->config = mp_bin(&in);
    return mp_done(&in) && r->slot < job->trials && r->runs > 0 && r->runs <= job->trials &&
           is_finite(r->value) && is_finite(r->error) && r->error >= 0 && is_finite(r->expected) &&
           job_config_read(job, r->config, values);
}
