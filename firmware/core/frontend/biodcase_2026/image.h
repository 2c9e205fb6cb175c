#ifndef CORE_FRONTEND_BIODCASE_2026_IMAGE_H
#define CORE_FRONTEND_BIODCASE_2026_IMAGE_H

#include "frontend/biodcase_2026/biodcase_2026.h"

/* Makes `config` point into an image, every size and index of which is checked. 0 or a negative fe_error. */
int bd_config_from_image(bd_config *config, const uint8_t *image, size_t length);

#endif
