#include "frontend/fixed_point/root.h"

#include "frontend/arith.h"

uint32_t fx_root(uint64_t x)
{
    uint32_t limit = x >> 32 == 0 ? UINT16_MAX : UINT32_MAX;
    unsigned top = x >> 32 != 0 ? 63 - fe_leading_zeros((uint32_t)(x >> 32)) : 31 - fe_leading_zeros((uint32_t)x | 1u);
    uint64_t root = 0, bit = UINT64_C(1) << (top & ~1u);

    while (bit != 0) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    return (uint32_t)(x > root && root != limit ? root + 1 : root);
}
