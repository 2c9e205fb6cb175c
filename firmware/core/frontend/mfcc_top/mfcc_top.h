/* Cepstral coefficients of a window whose log-mel is not further below its loudest cell than `top`: librosa's and torchaudio's
   MFCC with top_db, the window being the clip.

   Column after column log-mel becomes levels, which are kept and sent as bytes (frontend/normalised/level_bytes.h). When a
   window is complete, its largest level is known: each column's levels are raised to that less `top`, are dB again, and go
   through the DCT of the kind mfcc.

   An image, behind the head that all kinds have, 8-byte numbers as two words:

    24  level_factor (i32)  28 level_shift  32 top (u32)  36 unit  40 base (i32)  44 zero
    48  level_bias (i64)
    56  an image of the kind mfcc */
#ifndef CORE_FRONTEND_MFCC_TOP_MFCC_TOP_H
#define CORE_FRONTEND_MFCC_TOP_MFCC_TOP_H

#include "frontend/mfcc/mfcc.h"
#include "frontend/normalised/level_bytes.h"

typedef struct mfcc_top_config {
    level_bytes levels;
    uint32_t top; /* levels, 0..65535 */
    int32_t unit; /* a level's dB in Q32, 0..2^24 */
    int32_t base; /* dB of level 0 in Q16, magnitude at most 2^25: with all levels above it, below mfcc_dct's 2^26 */
    mfcc_config mfcc;
} mfcc_top_config;

/* Makes `config` point into an image: 4-byte aligned, must outlive it. Returns 0, or a negative fe_error with `config`
   unspecified, but of FE_ERROR_KIND its log-mel. */
int mfcc_top_config_from_image(mfcc_top_config *config, const uint8_t *image, size_t length);

#endif
