/* Products of 64 bits and quotients, which Debian's libgcc for the LX106 leaves out (the ESP8266 has them in its ROM):
   as GCC's own do it where products of 32 bits have no upper half. */
#include <stdint.h>

uint64_t __umulsidi3(uint32_t a, uint32_t b);
uint64_t __muldi3(uint64_t a, uint64_t b);
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);

static inline __attribute__((always_inline)) uint64_t product(uint32_t a, uint32_t b)
{
    uint32_t a_low = a & 0xffffu, a_high = a >> 16, b_low = b & 0xffffu, b_high = b >> 16;
    uint32_t low = a_low * b_low, cross = a_low * b_high, other = a_high * b_low;
    uint32_t middle = cross + (low >> 16), high = a_high * b_high;

    middle += other;
    high += (middle < other ? 0x10000u : 0u) + (middle >> 16);
    return (uint64_t)high << 32 | (middle << 16 | (low & 0xffffu));
}

uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    return product(a, b);
}

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    uint32_t cross = (uint32_t)(a >> 32) * (uint32_t)b + (uint32_t)a * (uint32_t)(b >> 32);

    return product((uint32_t)a, (uint32_t)b) + ((uint64_t)cross << 32);
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t quotient = 0, rest = 0;

    for (int bit = 63; bit >= 0; bit--) {
        rest = rest << 1 | (a >> bit & 1u);
        quotient <<= 1;
        if (rest >= b) {
            rest -= b;
            quotient |= 1;
        }
    }
    return quotient;
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint32_t quotient = 0;
    int bit = a == 0 || b > a ? -1 : __builtin_clz(b) - __builtin_clz(a); /* the quotient's highest, or one above */

    for (; bit >= 0; bit--) {
        quotient <<= 1;
        if (a >= b << bit) {
            a -= b << bit;
            quotient |= 1;
        }
    }
    return quotient;
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    return a - __udivsi3(a, b) * b;
}

int32_t __divsi3(int32_t a, int32_t b)
{
    uint32_t quotient = __udivsi3(a < 0 ? 0u - (uint32_t)a : (uint32_t)a, b < 0 ? 0u - (uint32_t)b : (uint32_t)b);

    return (int32_t)((a < 0) != (b < 0) ? 0u - quotient : quotient);
}
