#include "flash_file.h"

#include <stdio.h>
#include <string.h>

#define FLASH_SIZE 0x40000u /* the ESP32's partition is as large: firmware/esp32/partitions.csv */
#define SECTOR_SIZE 4096u

static _Alignas(16) uint8_t cells[FLASH_SIZE]; /* an image in it lies as in real flash */
static FILE *file;

static const uint8_t *map(void *context)
{
    (void)context;
    return cells;
}

static bool keep(uint32_t offset, uint32_t length)
{
    return file == NULL || (fseek(file, (long)offset, SEEK_SET) == 0 && fwrite(cells + offset, length, 1, file) == 1 &&
                            fflush(file) == 0);
}

static bool erase(void *context, uint32_t offset, uint32_t length)
{
    (void)context;
    if (offset % SECTOR_SIZE != 0 || length % SECTOR_SIZE != 0 || offset > FLASH_SIZE || length > FLASH_SIZE - offset) {
        return false;
    }
    memset(cells + offset, 0xFF, length);
    return length == 0 || keep(offset, length);
}

static bool write_bytes(void *context, uint32_t offset, const uint8_t *data, uint32_t length)
{
    (void)context;
    if (offset % 4 != 0 || length % 4 != 0 || offset > FLASH_SIZE || length > FLASH_SIZE - offset) {
        return false;
    }
    for (uint32_t i = 0; i < length; i++) {
        cells[offset + i] &= data[i]; /* NOR flash clears bits, it never sets them */
    }
    return length == 0 || keep(offset, length);
}

bool flash_file_open(const char *path, core_flash *flash)
{
    memset(cells, 0xFF, FLASH_SIZE);
    *flash =
        (core_flash){.size = FLASH_SIZE, .sector_size = SECTOR_SIZE, .map = map, .erase = erase, .write = write_bytes};
    if (path == NULL) {
        return true;
    }
    file = fopen(path, "r+b");
    if (file == NULL) {
        file = fopen(path, "w+b");
        return file != NULL && keep(0, FLASH_SIZE);
    }
    /* a shorter file is one whose rest is still erased */
    (void)fread(cells, 1, FLASH_SIZE, file);
    return ferror(file) == 0;
}
