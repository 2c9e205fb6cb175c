#ifndef CORE_FRONTEND_LOG_H
#define CORE_FRONTEND_LOG_H

#include "frontend/log_mel/mel.h"
#include "frontend/log_mel/log_mel.h"

#define FE_OCTAVE_DB_Q16 197283 /* 10 log10(2) */

/* 10 log10(1 + i / 64) in Q16 */
extern const int32_t fe_octave_db_q16[65];

/* The bands' log-mel values, dB in Q16: 10 log10 of the energy, with norm and scale of band_db_q16, not below the floor.
   Error of the logarithm below 0.0002 dB. segments: [bands + 1] as fe_mel leaves them, db_q16: [bands]. */
void fe_log(const fe_config *config, const fe_segment *segments, int32_t *db_q16);

#endif
