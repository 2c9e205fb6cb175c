/* The single-precision operations that Debian's libgcc for the LX106 leaves out (the ESP8266 has them in its ROM): lean
   ones that round to nearest and take denormals for 0. Infinities and NaN do not occur here. */
#include <stdint.h>

typedef union bits {
    float value;
    uint32_t word;
} bits;

float __mulsf3(float a, float b);
float __addsf3(float a, float b);
float __subsf3(float a, float b);
float __floatsisf(int32_t i);

static float from_word(uint32_t word)
{
    return (bits){.word = word}.value;
}

float __mulsf3(float a, float b)
{
    uint32_t x = (bits){a}.word, y = (bits){b}.word, sign = (x ^ y) & 0x80000000u;
    int32_t exponent = (int32_t)((x >> 23) & 255u) + (int32_t)((y >> 23) & 255u) - 127;

    if ((x & 0x7f800000u) == 0 || (y & 0x7f800000u) == 0 || exponent <= 0) {
        return from_word(sign);
    }
    uint32_t m = (x & 0x7fffffu) | 0x800000u, n = (y & 0x7fffffu) | 0x800000u;
    uint32_t m_low = m & 0xfffu, n_low = n & 0xfffu, m_high = m >> 12, n_high = n >> 12;
    uint32_t middle = m_high * n_low + m_low * n_high + ((m_low * n_low) >> 12);
    uint32_t product = m_high * n_high + (middle >> 12); /* 23 or 24 bits, one more below */
    uint32_t rest = middle & 0xfffu;

    if ((product & 0x800000u) != 0) {
        exponent++;
        product += rest >> 11;
    } else {
        product = product << 1 | rest >> 11;
        product += (rest >> 10) & 1u;
    }
    return from_word(sign | (((uint32_t)exponent << 23) + (product - 0x800000u)));
}

float __addsf3(float a, float b)
{
    uint32_t x = (bits){a}.word, y = (bits){b}.word;

    if ((x << 1) < (y << 1)) {
        uint32_t t = x;
        x = y;
        y = t;
    }
    uint32_t sign = x & 0x80000000u, x_exponent = (x >> 23) & 255u, y_exponent = (y >> 23) & 255u;
    if (y_exponent == 0 || x_exponent - y_exponent > 24) {
        return from_word(x);
    }
    uint32_t m = ((x & 0x7fffffu) | 0x800000u) << 6;
    uint32_t n = (((y & 0x7fffffu) | 0x800000u) << 6) >> (x_exponent - y_exponent);
    uint32_t sum = ((x ^ y) & 0x80000000u) != 0 ? m - n : m + n;

    if (sum == 0) {
        return 0.0f;
    }
    uint32_t zeros = (uint32_t)__builtin_clz(sum);
    int32_t exponent = (int32_t)x_exponent + 2 - (int32_t)zeros;
    if (exponent <= 0) {
        return from_word(sign);
    }
    sum <<= zeros; /* the leading one is bit 31 */
    sum = (sum >> 8) + ((sum >> 7) & 1u);
    return from_word(sign | (((uint32_t)exponent << 23) + (sum - 0x800000u)));
}

float __subsf3(float a, float b)
{
    return __addsf3(a, from_word((bits){b}.word ^ 0x80000000u));
}

float __floatsisf(int32_t i)
{
    uint32_t magnitude = i < 0 ? 0u - (uint32_t)i : (uint32_t)i;

    if (i == 0) {
        return 0.0f;
    }
    uint32_t zeros = (uint32_t)__builtin_clz(magnitude);
    uint32_t m = magnitude << zeros;
    m = (m >> 8) + ((m >> 7) & 1u);
    return from_word((i < 0 ? 0x80000000u : 0u) | (((158u - zeros) << 23) + (m - 0x800000u)));
}
