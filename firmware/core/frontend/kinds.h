/* Which kinds of front ends there are: a line each, and one in host/frontend/kinds.py. firmware/README.md tells how one is added.

   A firmware holds its own bundle's kind (generated: bundle_limits.h), or all of them where FE_ALL_KINDS is defined. */
#ifndef CORE_FRONTEND_KINDS_H
#define CORE_FRONTEND_KINDS_H

#include "core_limits.h"
#include "frontend/frontend.h"

#if defined(BUNDLE_KINDS) && !defined(FE_ALL_KINDS)
#define FE_KINDS(KIND) BUNDLE_KINDS(KIND)
#else
#define FE_KINDS(KIND) \
    KIND(biodcase_2026) \
    KIND(log_mel) \
    KIND(log_mel_mixed) \
    KIND(log_mel_options) \
    KIND(mfcc) \
    KIND(mfcc_top) \
    KIND(microfrontend) \
    KIND(normalised) \
    KIND(waveform)
#endif

/* In this build, closed by NULL. */
extern const fe_kind *const fe_kinds[];

#define FE_DECLARE(kind) extern const fe_kind fe_##kind;
FE_KINDS(FE_DECLARE)

#endif
