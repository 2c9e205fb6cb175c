#include "frontend/microfrontend/noise.h"

#include "frontend/fixed_point/product.h"

#define ONE_Q14 16384u

void mf_suppress_noise(const mf_header *header, uint32_t *estimates, uint32_t *bands)
{
    for (size_t i = 0; i < header->bands; i++) {
        uint32_t smoothing = header->smoothing[i & 1], signal = bands[i];
        uint32_t raised = signal << header->smoothing_bits; /* loud bands wrap, here as everywhere */
        uint32_t high = (raised >> 16) * smoothing + (estimates[i] >> 16) * (ONE_Q14 - smoothing);
        uint32_t low = (raised & 0xffffu) * smoothing + (estimates[i] & 0xffffu) * (ONE_Q14 - smoothing);
        uint32_t noise = (high << 2) + (low >> 14);

        estimates[i] = noise;
        noise = noise < raised ? noise : raised;

        uint32_t least = fx_product(signal, header->remaining, 14);
        uint32_t rest = (raised - noise) >> header->smoothing_bits;

        bands[i] = rest > least ? rest : least;
    }
}
