/* Cells that depend on all of a window: the features of another kind, related to their least, largest or mean.

   Column after column the other kind's values become levels, 0..65535, which are kept and sent as two bytes each
   (level_bytes.h). When a window is complete, its levels are measured and become cells:

     cell = clamp((x * factor + bias) >> 40),  x and factor by the rule (window.c)

   An image, behind the head that all kinds have, 8-byte numbers as two words:

    24  rule  28 top (u32)  32 level_factor (i32)  36 level_shift (u32)  40 level_bias  48 gain  56 bias (i64)
    64  the other kind's image */
#ifndef CORE_FRONTEND_NORMALISED_NORMALISED_H
#define CORE_FRONTEND_NORMALISED_NORMALISED_H

#include "frontend/frontend.h"
#include "frontend/normalised/level_bytes.h"

#define NORMALISED_SHIFT 40

typedef enum normalised_rule {
    NORMALISED_MIN_MAX = 0,  /* 0 at the window's least level, 1 at its largest; 0 where they are the same */
    NORMALISED_PEAK = 1,     /* less the window's largest level, and not below -top */
    NORMALISED_MEAN_STD = 2, /* less the mean, over the standard deviation; 0 where that is 0 */
    NORMALISED_TOP = 3,      /* as it is, but not below the window's largest level less top */
    NORMALISED_RULES
} normalised_rule;

typedef struct normalised_config {
    uint32_t rule;
    uint32_t top; /* levels, 0..65535 */
    level_bytes levels;
    int64_t gain; /* cells per 1 of the rule's, or per level, times 2^40; below 2^51 */
    int64_t bias; /* cells, times 2^40; 1/2 for rounding is in it */
    fe_front_end inner;
} normalised_config;

/* What a window's levels are like. */
typedef struct normalised_window {
    uint32_t count, least, largest;
    uint64_t sum, squares;
    /* from these, before the first cell: */
    int64_t factor;
    int32_t zero; /* the level that is 0, times `per_level` */
    int32_t per_level;
    int32_t lowest; /* of what is multiplied */
    bool known;
} normalised_window;

/* Makes `config` point into an image: 4-byte aligned, must outlive it. Returns 0, or a negative fe_error with `config`
   unspecified. */
int normalised_config_from_image(normalised_config *config, const uint8_t *image, size_t length);

void normalised_begin(normalised_window *window);

/* columns: int8[count][2 * bands] */
void normalised_measure(normalised_window *window, const int8_t *columns, size_t count, size_t bands);

/* column: int8[2 * bands], cells: int8[bands] */
void normalised_cells(const normalised_config *config, normalised_window *window, const int8_t *column, int8_t *cells,
                      size_t bands);

#endif
