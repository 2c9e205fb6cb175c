#ifndef CORE_FRONTEND_LOG_MEL_OPTIONS_LEVELS_H
#define CORE_FRONTEND_LOG_MEL_OPTIONS_LEVELS_H

#include "frontend/log_mel/log.h"
#include "frontend/log_mel/mel.h"
#include "frontend/log_mel_options/options.h"

/* From a column's spectrum to its logarithms, by the options. spectrum: int32[fft], db_q16: int32[bands], both may lie in the same
   place. */
FE_INLINE void fe_options_levels(const fe_config *config, const fe_options *options, int32_t *spectrum, int32_t *db_q16,
                                 const fe_probe *probe)
{
    fe_segment segments[CORE_MAX_BANDS + 1];

    fe_show(probe, FE_STAGE_SPECTRUM, spectrum, config->fft * sizeof spectrum[0]);
    if ((options->flags & FE_MAGNITUDE) != 0) {
        fe_mel_magnitude(config, spectrum, segments);
    } else {
        fe_mel(config, spectrum, segments);
    }
    fe_show(probe, FE_STAGE_MEL, segments, (config->bands + 1u) * sizeof segments[0]);
    if ((options->flags & (FE_MAGNITUDE | FE_OFFSET)) != 0) {
        fe_log_options(config, options, segments, db_q16);
    } else {
        fe_log(config, segments, db_q16);
    }
    fe_show(probe, FE_STAGE_LOG, db_q16, config->bands * sizeof db_q16[0]);
}

#endif
