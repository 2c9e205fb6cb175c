#include "frontend/microfrontend/noise.h"

#define ONE_Q14 16384u

void mf_suppress_noise(const mf_header *header, uint32_t *estimates, uint32_t *bands)
{
    for (size_t i = 0; i < header->bands; i++) {
        uint32_t smoothing = header->smoothing[i & 1], signal = bands[i];
        uint32_t raised = signal << header->smoothing_bits; /* loud bands wrap, here as everywhere */
        uint32_t noise =
            (uint32_t)(((uint64_t)raised * smoothing + (uint64_t)estimates[i] * (ONE_Q14 - smoothing)) >> 14);

        estimates[i] = noise;
        noise = noise < raised ? noise : raised;

        uint32_t least = (uint32_t)(((uint64_t)signal * header->remaining) >> 14);
        uint32_t rest = (raised - noise) >> header->smoothing_bits;

        bands[i] = rest > least ? rest : least;
    }
}
