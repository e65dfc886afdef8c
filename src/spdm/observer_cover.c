/* Which messages went into a running hash: so that a failed check can name what it depends on. */
#include "observer_state.h"

#include <string.h>

/* Ranges that touch become one. */
void camseal_spdm_cover_add(spdm_cover *c, uint32_t first, uint32_t last)
{
    for (unsigned i = 0; i < c->n; i++) {
        if (first < c->range[i].first || first > c->range[i].last + 1u)
            continue;
        if (last > c->range[i].last)
            c->range[i].last = last;
        return;
    }
    if (c->n == SPDM_COVER_RANGES) {
        c->range[c->n - 1u].last = last;
        return;
    }
    c->range[c->n].first = first;
    c->range[c->n].last = last;
    c->n++;
}

void camseal_spdm_cover_join(spdm_cover *c, const spdm_cover *other)
{
    for (unsigned i = 0; i < other->n; i++)
        camseal_spdm_cover_add(c, other->range[i].first, other->range[i].last);
}

void camseal_spdm_watch_drop(camseal_spdm_observer *o, spdm_watch *w)
{
    camseal_spdm_run_drop(&o->t, &w->run);
    memset(&w->cover, 0, sizeof w->cover);
}

void camseal_spdm_watch_fork(camseal_spdm_observer *o, spdm_watch *w)
{
    camseal_spdm_watch_drop(o, w);
    if (camseal_spdm_run_fork(&o->t, &w->run) == CAMSEAL_OK)
        w->cover = o->vca;
}

void camseal_spdm_watch_copy(camseal_spdm_observer *o, spdm_watch *to, const spdm_watch *from)
{
    camseal_spdm_watch_drop(o, to);
    if (!from->run.open)
        return;
    to->run.open =
        o->t.hash->clone(o->t.crypto->user, &to->run.state, &from->run.state) == CAMSEAL_OK;
    to->cover = from->cover;
}

void camseal_spdm_watch_add(camseal_spdm_observer *o, spdm_watch *w, camseal_span bytes,
                            const spdm_cover *cover)
{
    if (camseal_spdm_run_add(&o->t, &w->run, bytes) != CAMSEAL_OK)
        camseal_spdm_watch_drop(o, w);
    else
        camseal_spdm_cover_join(&w->cover, cover);
}

void camseal_spdm_watch_pair(camseal_spdm_observer *o, spdm_watch *w, const spdm_pending *request,
                             const spdm_layer *l, camseal_span response)
{
    camseal_spdm_watch_add(o, w, camseal_spdm_observer_request(request), &request->cover);
    camseal_spdm_watch_add(o, w, response, &l->cover);
}

bool camseal_spdm_watch_peek(const camseal_spdm_observer *o, const spdm_watch *w, uint8_t *digest)
{
    return camseal_spdm_run_peek(&o->t, &w->run, digest) == CAMSEAL_OK;
}
