#include "frontend/kinds.h"

#define FE_LIST(kind) &fe_##kind,

const fe_kind *const fe_kinds[] = {FE_KINDS(FE_LIST) NULL};
