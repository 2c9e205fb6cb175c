#include "frontend/microfrontend/pcan.h"

#include "frontend/fixed_point/product.h"

#define SNR_BITS 12
#define OUTPUT_BITS 6

static int16_t gain_of(uint32_t noise, const int16_t *gains)
{
    if (noise < 2) {
        return gains[noise];
    }
    unsigned bits = 32 - fe_leading_zeros(noise);
    const int16_t *curve = gains + (4 * bits - 6);
    uint32_t fraction = (bits < 11 ? noise << (11 - bits) : noise >> (bits - 11)) & 0x3FFu;
    uint32_t value = (uint32_t)((curve[2] * (int32_t)fraction) >> 5) + ((uint32_t)curve[1] << 5);

    value = value * fraction + (UINT32_C(1) << 14);
    return (int16_t)((fe_wrap(value) >> 15) + curve[0]);
}

static uint32_t flattened(uint32_t snr)
{
    if (snr < (UINT32_C(2) << SNR_BITS)) {
        return (snr * snr) >> (2 + 2 * SNR_BITS - OUTPUT_BITS);
    }
    return (snr >> (SNR_BITS - OUTPUT_BITS)) - (UINT32_C(1) << OUTPUT_BITS);
}

void mf_apply_pcan(const mf_config *config, const uint32_t *estimates, uint32_t *bands)
{
    unsigned shift = config->header->gain_shift;

    for (size_t i = 0; i < config->header->bands; i++) {
        uint32_t gain = (uint32_t)gain_of(estimates[i], config->gains);
        uint32_t snr = fx_product(bands[i], gain & 0xffffu, shift);

        if (gain > 0xffffu) { /* curves of strange settings can be below 0 */
            snr = (uint32_t)(((uint64_t)bands[i] * gain) >> shift);
        }
        bands[i] = flattened(snr);
    }
}
