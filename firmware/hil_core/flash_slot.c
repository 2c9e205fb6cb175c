#include "flash_slot.h"

#include "esp_log.h"
#include "esp_partition.h"

#define SUBTYPE 0x40 /* the first that is left to applications: partitions.csv */

static const char TAG[] = "slot";
static const esp_partition_t *partition;
static const void *mapped;

static const uint8_t *map(void *context)
{
    return mapped;
}

static bool erase(void *context, uint32_t offset, uint32_t length)
{
    return esp_partition_erase_range(partition, offset, length) == ESP_OK;
}

static bool write(void *context, uint32_t offset, const uint8_t *data, uint32_t length)
{
    return length == 0 || esp_partition_write(partition, offset, data, length) == ESP_OK;
}

void flash_slot_open(core_flash *flash)
{
    esp_partition_mmap_handle_t handle; /* never unmapped */

    partition = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, (esp_partition_subtype_t)SUBTYPE, "model");
    if (partition == NULL) {
        ESP_LOGW(TAG, "no partition named model: deploying is not possible");
        return;
    }
    if (esp_partition_mmap(partition, 0, partition->size, ESP_PARTITION_MMAP_DATA, &mapped, &handle) != ESP_OK) {
        ESP_LOGE(TAG, "the model partition cannot be mapped");
        return;
    }
    *flash = (core_flash){
        .size = partition->size, .sector_size = partition->erase_size, .map = map, .erase = erase, .write = write};
}
