/* The front end's products for Xtensa's small LX106, which multiplies 16 x 16 bits. No board of ours has one: the benchmark
   counts its instructions, because Debian has its compiler. See firmware/core/frontend/arith.h, which includes this. */
#ifndef LX106_ARITH_H
#define LX106_ARITH_H

#define FE_HAVE_UPPER 0
#define FE_MORE(count, pointer, end) \
    ((void)(count), (pointer) != (end)) /* no loops of its own: by the pointer at hand */

FE_INLINE int32_t fe_raised(int32_t x, unsigned up)
{
    (void)up;
    return x;
}

FE_INLINE int32_t fe_scale(int32_t x, const fe_factor *w, unsigned up)
{
    int32_t x_high = x >> 16, w_high = w->half.high;
    uint32_t x_low = (uint32_t)x & 0xffffu, w_low = w->half.low;
    int32_t middle = fe_wrap((uint32_t)x_high * w_low + x_low * (uint32_t)w_high + ((x_low * w_low) >> 16));

    return fe_wrap(((uint32_t)x_high * (uint32_t)w_high << up) + (uint32_t)(middle >> (16 - up)));
}

FE_INLINE int32_t fe_scale_sample(int16_t x, const fe_factor *w)
{
    return x * w->half.high + ((x * (int32_t)w->half.low) >> 16);
}

#endif
