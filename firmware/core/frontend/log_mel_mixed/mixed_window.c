#include "frontend/log_mel_mixed/mixed.h"
#include "frontend/log_mel_options/weighted.h"

/* The sample behind the one at `index`, in the order of reversed digits: the first step's digit counts by the largest
   stride and carries into the next one's. */
FE_INLINE size_t next(const fe_mixed_plan *plan, size_t index, size_t n)
{
    size_t limit = n;

    for (size_t i = 0; i < plan->steps; i++) {
        size_t stride = limit / plan->step[i].radix;

        index += stride;
        if (index < limit) {
            return index;
        }
        index -= limit;
        limit = stride;
    }
    return 0;
}

void fe_mixed_window(const fe_mixed_plan *plan, size_t n, const fe_factor *weights, const fe_factor *emphasis,
                     const int16_t *samples, int32_t *out)
{
    size_t stride = n / plan->step[0].radix;

    for (size_t first = 0, done = 0; done < n; first = next(plan, first + (n - stride), n)) {
        for (size_t index = first; index < n; index += stride, done++) {
            out[done] =
                fe_wrap(fe_weighted(samples + index, weights + done, emphasis == NULL ? NULL : emphasis + done));
        }
    }
}
