"""The kernels that a firmware can have, by name. Standard library only: PlatformIO's Python reads it."""

ESP_NN = "esp-nn"  # ESP-NN's optimised kernels, as they come
ESP_NN_ANSI = "esp-nn-ansi"  # its plain C versions, behind the same wrappers
REFERENCE = "reference"  # TFLite Micro's own
KERNELS = (ESP_NN, ESP_NN_ANSI, REFERENCE)
