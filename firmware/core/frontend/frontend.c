#include "frontend/frontend.h"

#include <string.h>

#include "frontend/kinds.h"

bool fe_is_kind_name(const char text[FE_KIND_BYTES])
{
    size_t length = 0;

    while (length < FE_KIND_BYTES && ((text[length] >= 'a' && text[length] <= 'z') || text[length] == '-' ||
                                      (text[length] >= '0' && text[length] <= '9'))) {
        length++;
    }
    for (size_t i = length; i < FE_KIND_BYTES; i++) {
        if (text[i] != '\0') {
            return false;
        }
    }
    return length < FE_KIND_BYTES;
}

void fe_image_kind(const uint8_t *image, size_t length, char kind[FE_KIND_BYTES])
{
    fe_image_head head;

    kind[0] = '\0';
    if (length < sizeof head) {
        return;
    }
    memcpy(&head, image, sizeof head); /* both are little-endian */
    if (memcmp(head.magic, FE_MAGIC_LOG_MEL, FE_MAGIC_BYTES) == 0) {
        strcpy(kind, "log-mel");
    } else if (memcmp(head.magic, FE_MAGIC, FE_MAGIC_BYTES) == 0 && fe_is_kind_name(head.kind)) {
        memcpy(kind, head.kind, FE_KIND_BYTES);
    }
}

const fe_kind *fe_find_kind(const char *name)
{
    const fe_kind *const *kind = fe_kinds;

    while (*kind != NULL && strcmp((*kind)->name, name) != 0) {
        kind++;
    }
    return *kind;
}

uint16_t fe_max_fft(const fe_kind *kind)
{
    return kind->max_fft != 0 ? kind->max_fft : CORE_MAX_FFT;
}

int fe_open(fe_front_end *front_end, const uint8_t *image, size_t length)
{
    char name[FE_KIND_BYTES];
    uint32_t named;

    if (((uintptr_t)image & 3u) != 0) {
        return FE_ERROR_ALIGNMENT;
    }
    if (length < sizeof(fe_image_head)) {
        return FE_ERROR_LENGTH;
    }
    memcpy(&named, image + FE_MAGIC_BYTES, sizeof named);
    fe_image_kind(image, length, name);
    if (name[0] == '\0') {
        return FE_ERROR_FORMAT;
    }
    if (named != length) {
        return FE_ERROR_LENGTH;
    }
    const fe_kind *kind = fe_find_kind(name);

    *front_end = (fe_front_end){.kind = kind, .image = image, .length = named};
    if (kind == NULL) {
        return FE_ERROR_KIND;
    }
    int error = kind->open(front_end);
    front_end->model_bands = front_end->model_bands != 0 ? front_end->model_bands : front_end->bands;
    return error;
}

/* Samples that a column may read; what comes before the window shifts it by one. */
static size_t room(const fe_front_end *front_end)
{
    size_t samples = front_end->fft > front_end->span ? front_end->fft : front_end->span;

    return samples + (front_end->lead != 0);
}

size_t fe_memory_bytes(const fe_front_end *front_end)
{
    return fe_aligned(front_end->kind->own_bytes(front_end)) + fe_aligned(room(front_end) * sizeof(int16_t));
}

void fe_init(fe_state *state, const fe_front_end *front_end, void *memory)
{
    state->front_end = front_end;
    state->own = memory;
    /* Through void: the memory is aligned, and so is what lies at a multiple of the alignment. */
    state->samples = (int16_t *)(void *)((uint8_t *)memory + fe_aligned(front_end->kind->own_bytes(front_end)));
    memset(state->samples, 0, room(front_end) * sizeof(int16_t));
    front_end->kind->init(memory, front_end);
    fe_reset(state);
}

void fe_reset(fe_state *state)
{
    state->skip = 0;
    state->probe = NULL;
    state->filled = state->front_end->lead;
    state->mirror = state->front_end->mirrored;
    memset(state->samples, 0, state->filled * sizeof(int16_t));
    state->front_end->kind->reset(state->own);
}

size_t fe_image_pieces(const fe_state *state, uint8_t header[FE_IMAGE_HEADER_BYTES],
                       fe_image_piece pieces[FE_IMAGE_PIECES])
{
    const fe_front_end *front_end = state->front_end;

    if (state->own == NULL) {
        return 0;
    }
    if (front_end->kind->image_of != NULL) {
        return front_end->kind->image_of(state->own, header, pieces);
    }
    pieces[0] = (fe_image_piece){front_end->image, front_end->length};
    return 1;
}

static const char *const *stages_of(const fe_front_end *front_end)
{
    const fe_kind *kind = front_end->kind;

    return kind->stages_of != NULL ? kind->stages_of(front_end) : kind->stages;
}

unsigned fe_stages(const fe_front_end *front_end)
{
    const char *const *names = stages_of(front_end);
    unsigned count = 0;

    while (names != NULL && names[count] != NULL) {
        count++;
    }
    return count;
}

const char *fe_stage_name(const fe_front_end *front_end, unsigned stage)
{
    return stage < fe_stages(front_end) ? stages_of(front_end)[stage] : NULL;
}

void fe_look(fe_state *state, const fe_probe *probe, uint32_t column)
{
    state->probe = probe;
    state->probed_column = column;
}

/* Out of the way of every column that nobody looks at. */
static __attribute__((noinline)) void look(fe_state *state, int8_t *column, int32_t *values)
{
    const fe_kind *kind = state->front_end->kind;

    if (state->probed_column > 0) {
        state->probed_column--;
        kind->column(state->own, state->samples, column, values);
        return;
    }
    kind->probed_column(state->own, state->samples, column, values, state->probe);
    state->probe = NULL;
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

/* samples[lead] is the stream's first: what is before it mirrors what is behind. */
static void mirror(int16_t *samples, size_t lead)
{
    for (size_t i = 1; i <= lead; i++) {
        samples[lead - i] = samples[lead + i];
    }
}

size_t fe_push(fe_state *state, const int16_t *samples, size_t n, int8_t *column, int32_t *values, bool *ready)
{
    const fe_front_end *front_end = state->front_end;
    size_t skipped = n < state->skip ? n : state->skip;
    size_t room = front_end->span - state->filled;
    size_t taken = n - skipped < room ? n - skipped : room;

    state->skip -= (uint32_t)skipped;
    copy(state->samples + state->filled, samples + skipped, taken);
    state->filled += (uint32_t)taken;
    *ready = state->filled == front_end->span;
    if (*ready) {
        if (state->mirror) {
            mirror(state->samples, front_end->lead);
            state->mirror = false;
        }
        if (state->probe == NULL) {
            front_end->kind->column(state->own, state->samples, column, values);
        } else {
            look(state, column, values);
        }
        uint32_t kept = front_end->hop < front_end->span ? (uint32_t)front_end->span - front_end->hop : 0;
        copy(state->samples, state->samples + (front_end->span - kept), kept);
        state->filled = kept;
        state->skip = front_end->hop - (front_end->span - kept);
    }
    return skipped + taken;
}

size_t fe_columns(const fe_state *state, size_t n)
{
    size_t missing = state->skip + (state->front_end->span - state->filled);

    return n < missing ? 0 : 1 + (n - missing) / state->front_end->hop;
}

size_t fe_bands(const fe_front_end *front_end)
{
    return front_end->bands;
}

size_t fe_front_end_size(void)
{
    return sizeof(fe_front_end);
}

size_t fe_state_size(void)
{
    return sizeof(fe_state);
}
