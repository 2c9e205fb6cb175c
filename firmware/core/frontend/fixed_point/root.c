#include "frontend/fixed_point/root.h"

#include "frontend/arith.h"

/* Digit by digit, from the one of `bit` on; the rest is what is left of x. */
FE_INLINE uint32_t digits(uint32_t x, uint32_t bit, uint32_t *rest)
{
    uint32_t root = 0;

    for (; bit != 0; bit >>= 2) {
        uint32_t trial = root + bit;

        root >>= 1;
        if (x >= trial) {
            x -= trial;
            root += bit;
        }
    }
    *rest = x;
    return root;
}

static uint32_t root_of_32(uint32_t x)
{
    uint32_t rest, root = digits(x, UINT32_C(1) << ((31 - fe_leading_zeros(x | 1u)) & ~1u), &rest);

    return rest > root && root != UINT16_MAX ? root + 1 : root;
}

static uint32_t root_of_64(uint64_t x)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 62; bit != 0; bit >>= 2) {
        uint64_t trial = root + bit;

        root >>= 1;
        if (x >= trial) {
            x -= trial;
            root += bit;
        }
    }
    return (uint32_t)(x > root && root != UINT32_MAX ? root + 1 : root);
}

uint32_t fx_root(uint64_t x)
{
    uint32_t high = (uint32_t)(x >> 32), low = (uint32_t)x;

    if (high == 0) {
        return root_of_32(low);
    }
    if (high >= UINT32_C(1) << 26) { /* no sum of energies is */
        return root_of_64(x);
    }
    /* The root of the upper 32 bits, then the digits of what is left, the rest of which never needs more bits. */
    unsigned up = fe_leading_zeros(high) & ~1u; /* 6..30 */
    uint32_t rest, root = digits(high << up | low >> (32 - up), UINT32_C(1) << 30, &rest);

    low <<= up;
    for (unsigned left = 16 - up / 2; left > 0; left--) {
        uint32_t trial = 4 * root + 1;

        rest = rest << 2 | low >> 30;
        low <<= 2;
        root *= 2;
        if (rest >= trial) {
            rest -= trial;
            root++;
        }
    }
    return rest > root ? root + 1 : root;
}
