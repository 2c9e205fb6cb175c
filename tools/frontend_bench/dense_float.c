#include "dense_float.h"

#define MAX_FFT 1024

static float re[MAX_FFT], im[MAX_FFT], power[MAX_FFT / 2 + 1];

/* Radix 2, in place. */
static void transform(const dense_float_config *config)
{
    int n = config->fft;

    for (int i = 1, j = 0; i < n; i++) {
        int bit = n >> 1;
        for (; (j & bit) != 0; bit >>= 1) {
            j ^= bit;
        }
        j |= bit;
        if (i < j) {
            float t = re[i];
            re[i] = re[j];
            re[j] = t;
        }
    }
    for (int size = 2, stride = n / 2; size <= n; size *= 2, stride /= 2) {
        for (int base = 0; base < n; base += size) {
            for (int k = 0; k < size / 2; k++) {
                int a = base + k, b = a + size / 2;
                float c = config->cosine[k * stride], s = config->sine[k * stride];
                float x = re[b] * c + im[b] * s, y = im[b] * c - re[b] * s;
                re[b] = re[a] - x;
                im[b] = im[a] - y;
                re[a] += x;
                im[a] += y;
            }
        }
    }
}

/* 10 log10(x), within 0.001 dB: the exponent's part and a polynomial for the rest. */
static float decibels(float x)
{
    union {
        float value;
        uint32_t word;
    } bits = {x};
    int octaves = (int)((bits.word >> 23) & 255u) - 127;

    bits.word = (bits.word & 0x7fffffu) | 0x3f800000u;
    float m = bits.value - 1.0f;
    float log2 = m * (1.4418397f + m * (-0.7096080f + m * (0.4173294f + m * (-0.1949044f + m * 0.0453434f))));
    return 3.0103000f * ((float)octaves + log2);
}

void dense_float_window(const dense_float_config *config, const int16_t *samples, float *features)
{
    int bins = config->fft / 2 + 1;

    for (int column = 0; column < config->columns; column++) {
        for (int i = 0; i < config->fft; i++) {
            re[i] = (float)samples[column * config->hop + i] * (1.0f / 32768.0f) * config->window[i];
            im[i] = 0.0f;
        }
        transform(config);
        for (int k = 0; k < bins; k++) {
            power[k] = re[k] * re[k] + im[k] * im[k];
        }
        for (int band = 0; band < config->bands; band++) {
            const float *weights = config->mel + band * bins;
            float sum = 0.0f;
            for (int k = 0; k < bins; k++) {
                sum += weights[k] * power[k];
            }
            features[column * config->bands + band] = decibels(sum > config->floor ? sum : config->floor);
        }
    }
}
