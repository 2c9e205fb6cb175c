#include "frontend/frontend.h"

#include <string.h>

#include "frontend/hann.h"
#include "frontend/log.h"
#include "frontend/mel.h"
#include "frontend/quantise.h"
#include "frontend/rfft.h"

void fe_init(fe_state *state, const fe_config *config)
{
    state->config = config;
    fe_reset(state);
}

void fe_reset(fe_state *state)
{
    state->skip = 0;
    state->filled = 0;
}

static void compute_column(fe_state *state, int8_t *column, int32_t *logmel_q16)
{
    const fe_config *config = state->config;
    fe_segment segments[CORE_MAX_BANDS + 1];
    int32_t *db_q16 = logmel_q16 != NULL ? logmel_q16 : state->work; /* the spectrum is no longer needed by then */

    fe_hann(config, state->samples, state->work);
    fe_rfft(state->work, config->fft, config->twiddles);
    fe_mel(config, state->work, segments);
    fe_log(config, segments, db_q16);
    fe_quantise(config, db_q16, column);
}

/* Built in, by name: ESP-IDF 5.5 compiles with -fno-builtin-memcpy, and two calls a word cost a third of the front end. */
static inline uint32_t load_word(const int16_t *aligned)
{
    uint32_t word;

    __builtin_memcpy(&word, __builtin_assume_aligned(aligned, 4), sizeof word);
    return word;
}

static inline void store_word(int16_t *aligned, uint32_t word)
{
    __builtin_memcpy(__builtin_assume_aligned(aligned, 4), &word, sizeof word);
}

/* memmove towards lower addresses; small C libraries move single bytes, here it is words where that is possible. */
static void copy(int16_t *to, const int16_t *from, size_t n)
{
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        for (const int16_t *end = from + (n & ~(size_t)7); from != end; from += 8, to += 8) {
            uint32_t a = load_word(from), b = load_word(from + 2);
            uint32_t c = load_word(from + 4), d = load_word(from + 6);
            store_word(to, a);
            store_word(to + 2, b);
            store_word(to + 4, c);
            store_word(to + 6, d);
        }
        n &= 7;
    }
    for (; n > 0; n--) {
        *to++ = *from++;
    }
}

size_t fe_push(fe_state *state, const int16_t *samples, size_t n, int8_t *column, int32_t *logmel_q16, bool *ready)
{
    const fe_config *config = state->config;
    size_t skipped = n < state->skip ? n : state->skip;
    size_t room = config->fft - state->filled;
    size_t taken = n - skipped < room ? n - skipped : room;

    state->skip -= (uint32_t)skipped;
    copy(state->samples + state->filled, samples + skipped, taken);
    state->filled += (uint32_t)taken;
    *ready = state->filled == config->fft;
    if (*ready) {
        compute_column(state, column, logmel_q16);
        uint32_t kept = config->hop < config->fft ? (uint32_t)config->fft - config->hop : 0;
        copy(state->samples, state->samples + (config->fft - kept), kept);
        state->filled = kept;
        state->skip = config->hop - (config->fft - kept);
    }
    return skipped + taken;
}

size_t fe_columns(const fe_state *state, size_t n)
{
    size_t missing = state->skip + (state->config->fft - state->filled);

    return n < missing ? 0 : 1 + (n - missing) / state->config->hop;
}

size_t fe_config_size(void)
{
    return sizeof(fe_config);
}

size_t fe_state_size(void)
{
    return sizeof(fe_state);
}
