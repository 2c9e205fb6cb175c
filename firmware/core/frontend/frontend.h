/* Streaming front ends: 16-bit samples in, one column of int8 cells per hop out. Integer only and bit-exact: the same
   samples give the same bytes on every machine, compiler and optimisation level.

   A front end is a kind: a folder here with an `fe_kind`, and a line in kinds.h. Whoever uses front ends knows this header only.
   Column i covers the samples [i*hop - lead, i*hop - lead + span). Everything that depends on the settings is an image made on the computer
   (host/frontend/), used where it lies and never changed. What a stream needs of memory the caller gives, once a bundle
   is known. */
#ifndef CORE_FRONTEND_FRONTEND_H
#define CORE_FRONTEND_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The images are little-endian and used in place"
#endif

#define FE_ALIGNMENT 8u /* of a stream's memory */

/* Where an image begins. Older than kinds are the images that begin with FE_MAGIC_LOG_MEL. */
#define FE_MAGIC "HFE2"
#define FE_MAGIC_LOG_MEL "HFE1"
#define FE_MAGIC_BYTES 4
#define FE_KIND_BYTES 16 /* a kind's name, with at least one zero byte at its end */
typedef struct fe_image_head {
    char magic[FE_MAGIC_BYTES];
    uint32_t length; /* of the image */
    char kind[FE_KIND_BYTES];
} fe_image_head;

/* What fe_open returns when it refuses. */
typedef enum fe_error {
    FE_ERROR_LENGTH = -1,    /* shorter or longer than its header says */
    FE_ERROR_FORMAT = -2,    /* not a front-end image, or of another format version */
    FE_ERROR_ALIGNMENT = -3, /* not 4-byte aligned */
    FE_ERROR_LIMIT = -4,     /* a size is beyond what this build holds */
    FE_ERROR_TABLE = -5,     /* a table's content is out of range */
    FE_ERROR_KIND = -6       /* this build lacks the kind: fe_image_kind names it, of the image that fe_open tells */
} fe_error;

/* The image that a stream computes with, in pieces that follow each other without a gap, read from where it computes
   with it. */
#define FE_IMAGE_HEADER_BYTES 48
#define FE_IMAGE_PIECES 7
typedef struct fe_image_piece {
    const uint8_t *bytes;
    size_t length;
} fe_image_piece;

struct fe_kind;

/* Who looks at what the stages give for a column, each before the next one begins. */
typedef struct fe_probe {
    void (*take)(void *taker, unsigned stage, void *bytes, size_t size); /* stage: number in the kind's list */
    void *taker;
} fe_probe;

/* A front end with its settings. */
typedef struct fe_front_end {
    const struct fe_kind *kind;
    const uint8_t *image;          /* 4-byte aligned */
    uint32_t length;               /* of the image */
    uint32_t sample_rate;          /* Hz */
    uint16_t span;                 /* samples that a column covers, at least 1 */
    uint16_t hop;                  /* samples from one column to the next, at least 1 */
    uint16_t bands;                /* bytes of a column, 1..CORE_MAX_COLUMN: its cells, where the kind has no windows */
    uint16_t model_bands;          /* cells of a column in the model's input, 1..CORE_MAX_BANDS */
    uint16_t analysis_window, fft; /* informative; 0 where the kind has none */
    uint16_t lead;                 /* samples of column 0 before the stream's beginning, below span: they are 0 ... */
    bool mirrored;                 /* ... or the stream's first ones in reverse order; then lead is below span / 2 */
} fe_front_end;

/* The least room from one part of a stream's memory to the next: `bytes`, and what is missing to FE_ALIGNMENT. */
static inline size_t fe_aligned(size_t bytes)
{
    return (bytes + (FE_ALIGNMENT - 1)) & ~(size_t)(FE_ALIGNMENT - 1);
}

/* What a kind provides. `own` is its part of a stream's memory, aligned to FE_ALIGNMENT. */
typedef struct fe_kind {
    const char *name; /* as bundle.json's `frontend.kind`; shorter than FE_KIND_BYTES */
    uint16_t max_fft; /* points; 0: CORE_MAX_FFT */

    /* Fills in what `front_end` says of the settings, after every size and value in its image was checked: it may come from
       anywhere. Alignment and the length that the image names are right. Returns 0 or a negative fe_error. */
    int (*open)(fe_front_end *front_end);

    /* Bytes of `own`, for an image that `open` accepted. */
    size_t (*own_bytes)(const fe_front_end *front_end);
    void (*init)(void *own, const fe_front_end *front_end);
    void (*reset)(void *own); /* a new stream begins */

    /* One column. samples: int16[span], then zeros up to `fft`, and one more with a `lead`; cells: int8[bands]; values: NULL, or int32[bands], what the cells were quantised
       from, in the kind's own unit. */
    void (*column)(void *own, const int16_t *samples, int8_t *cells, int32_t *values);

    /* One column's values alone, for kinds that go on from them, and the same with somebody who looks; NULL: no kind does.
       values: int32[bands] */
    void (*values)(void *own, const int16_t *samples, int32_t *values);
    void (*probed_values)(void *own, const int16_t *samples, int32_t *values, const fe_probe *probe);

    /* Names of the stages, NULL at the end, or those of another kind inside this one; NULL: it tells of none. And `column` with somebody who looks:
       a function of its own, so that every other column is computed as if nobody ever could. */
    const char *const *stages;
    const char *const *(*stages_of)(const fe_front_end *front_end);
    void (*probed_column)(void *own, const int16_t *samples, int8_t *cells, int32_t *values, const fe_probe *probe);

    /* For kinds whose cells depend on all of a window; NULL: a column is cells. A window begins, all its columns are
       measured, oldest first, and then cells are given for one column after the other.
       columns: int8[count][bands]; cells: int8[model_bands]. */
    void (*window_begin)(void *own);
    void (*window_measure)(void *own, const int8_t *columns, size_t count);
    void (*window_cells)(void *own, const int8_t *column, int8_t *cells);

    /* The image that would give `own`, for a kind that does not use the image where it lies; NULL: the others.
       Returns the number of pieces. */
    size_t (*image_of)(const void *own, uint8_t header[FE_IMAGE_HEADER_BYTES], fe_image_piece pieces[FE_IMAGE_PIECES]);
} fe_kind;

/* One stream. The caller allocates it and treats it as opaque. */
typedef struct fe_state {
    const fe_front_end *front_end;
    void *own;              /* NULL: the stream has no memory */
    int16_t *samples;       /* [span], then zeros up to fft */
    uint32_t skip;          /* samples to drop before the next column begins (hop longer than span) */
    uint32_t filled;        /* samples in `samples` */
    bool mirror;            /* the next column is a stream's first, and what is before the stream mirrors it */
    const fe_probe *probe;  /* NULL: nobody wants to see anything; it is again once it was told */
    uint32_t probed_column; /* columns before the one to be seen */
} fe_state;

/* Finds the kind of an image and opens it. image: 4-byte aligned, must outlive `front_end`.
   Returns 0, or a negative fe_error with `front_end` unspecified; but after FE_ERROR_KIND its image and length are those of
   the image whose kind is missing, which may lie within the one given. */
int fe_open(fe_front_end *front_end, const uint8_t *image, size_t length);

/* Whether `text` is a kind's name: letters, digits and hyphens, then zeros. A refusal shows it to people. */
bool fe_is_kind_name(const char text[FE_KIND_BYTES]);

/* The kind that an image names, as text; "" where it is no front end's image. */
void fe_image_kind(const uint8_t *image, size_t length, char kind[FE_KIND_BYTES]);

/* This build's kind of that name; NULL: it lacks it. */
const struct fe_kind *fe_find_kind(const char *name);

/* The most points of an FFT that the kind takes. */
uint16_t fe_max_fft(const struct fe_kind *kind);

/* Bytes of memory that a stream needs. */
size_t fe_memory_bytes(const fe_front_end *front_end);

/* Starts a stream. `front_end` and `memory` (aligned to FE_ALIGNMENT) must stay where they are as long as `state` is used. */
void fe_init(fe_state *state, const fe_front_end *front_end, void *memory);

/* Starts a new stream with the same front end. */
void fe_reset(fe_state *state);

/* The image that the stream computes with. Returns the number of pieces; 0: the stream has no memory. */
size_t fe_image_pieces(const fe_state *state, uint8_t header[FE_IMAGE_HEADER_BYTES],
                       fe_image_piece pieces[FE_IMAGE_PIECES]);

/* How many stages there are, and their names; NULL: it has no such. */
unsigned fe_stages(const fe_front_end *front_end);
const char *fe_stage_name(const fe_front_end *front_end, unsigned stage);

/* Lets a probe look at column number `column` from here on. It must stay where it is until then, or until the stream begins
   anew. */
void fe_look(fe_state *state, const fe_probe *probe, uint32_t column);

/* For kinds: shows what a stage gave. The compiler removes it where nobody looks. */
static inline void fe_show(const fe_probe *probe, unsigned stage, void *bytes, size_t size)
{
    if (probe != NULL) {
        probe->take(probe->taker, stage, bytes, size);
    }
}

/* Consumes samples until one new column is complete or all are consumed.
   column: int8[bands], written when *ready becomes true; values: NULL, or int32[bands], see fe_kind.column.
   Returns the number of samples consumed. */
size_t fe_push(fe_state *state, const int16_t *samples, size_t n, int8_t *column, int32_t *values, bool *ready);

/* How many columns the next n samples complete. */
size_t fe_columns(const fe_state *state, size_t n);

/* sizeof and a field, for callers without this header. */
size_t fe_bands(const fe_front_end *front_end);
size_t fe_front_end_size(void);
size_t fe_state_size(void);

#endif
