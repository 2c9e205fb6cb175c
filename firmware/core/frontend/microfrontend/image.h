#ifndef CORE_FRONTEND_MICROFRONTEND_IMAGE_H
#define CORE_FRONTEND_MICROFRONTEND_IMAGE_H

#include "frontend/microfrontend/microfrontend.h"

/* Makes `config` point into an image, every size and index of which is checked. 0 or a negative fe_error. */
int mf_config_from_image(mf_config *config, const uint8_t *image, size_t length);

#endif
