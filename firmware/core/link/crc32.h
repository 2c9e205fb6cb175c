/* CRC-32 as zlib, Ethernet and PNG compute it (reflected polynomial 0xEDB88320). */
#ifndef CORE_LINK_CRC32_H
#define CORE_LINK_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const uint8_t *bytes, size_t count);

/* Goes on from `crc`, the result for the bytes before; 0 at the start. */
uint32_t crc32_continue(uint32_t crc, const uint8_t *bytes, size_t count);

#endif
