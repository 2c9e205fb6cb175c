#include "frontend/normalised/level_bytes.h"

void level_bytes_of(const level_bytes *levels, const int32_t *values, size_t bands, int8_t *cells, int32_t *shown)
{
    for (size_t band = 0; band < bands; band++) {
        int64_t level = ((int64_t)values[band] * levels->factor + levels->bias) >> levels->shift;

        level = level < 65535 ? level : 65535;
        level = level > 0 ? level : 0;
        cells[band] = (int8_t)((level >> 8) - 128);
        cells[bands + band] = (int8_t)((level & 255) - 128);
        if (shown != NULL) {
            shown[band] = (int32_t)level;
        }
    }
}
