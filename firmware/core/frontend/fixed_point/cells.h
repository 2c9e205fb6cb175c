/* The last step of the fixed-point front ends: a feature is looked up in the table of cells. */
#ifndef CORE_FRONTEND_FIXED_POINT_CELLS_H
#define CORE_FRONTEND_FIXED_POINT_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "frontend/arith.h"

/* Features of 16 bits, and their cells. From the table's last entry on they are all alike.
   bands: uint32[count]; table: int8[entries], entries >= 1; cells: int8[count]; values: int32[count] or NULL */
FE_INLINE void fx_cells(const uint32_t *bands, size_t count, const int8_t *table, uint32_t entries, int8_t *cells,
                        int32_t *values)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t feature = bands[i] < UINT16_MAX ? bands[i] : UINT16_MAX;

        cells[i] = table[feature < entries ? feature : entries - 1];
        if (values != NULL) {
            values[i] = (int32_t)feature;
        }
    }
}

#endif
