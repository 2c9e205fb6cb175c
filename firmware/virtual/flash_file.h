/* Flash for the model slot: memory that behaves like NOR flash, kept in a file when one is named. */
#ifndef VIRTUAL_FLASH_FILE_H
#define VIRTUAL_FLASH_FILE_H

#include <stdbool.h>

#include "hal.h"

/* path NULL: nothing outlives the process. False: the file cannot be used (errno says why). */
bool flash_file_open(const char *path, core_flash *flash);

#endif
