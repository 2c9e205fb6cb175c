# esp-tflite-micro and ESP-NN: found, linked to each other, compiled alike on every route, and named in BUILD.
#   HIL_KERNELS   which of them compute, as CMake or environment variable; not set: as the options of ESP-IDF say
#     esp-nn        ESP-NN's optimised kernels
#     esp-nn-ansi   its plain C versions behind the same wrappers: CONFIG_NN_ANSI_C (esp32/sdkconfig.ansi)
#     reference     TFLite Micro's own
# The component manager puts a namespace before a name: espressif__esp-nn.
function(find_component found name)
    idf_build_get_property(components BUILD_COMPONENTS)
    set(${found} "${name}" PARENT_SCOPE)
    foreach(component ${components})
        if(component MATCHES "^([A-Za-z0-9-]+__)?${name}$")
            set(${found} "${component}" PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

# "name version, options' last -O" of a component.
function(describe_component text name component)
    idf_component_get_property(folder ${component} COMPONENT_DIR)
    idf_component_get_property(library ${component} COMPONENT_LIB)
    set(version "?")
    if(EXISTS "${folder}/idf_component.yml")
        file(STRINGS "${folder}/idf_component.yml" line REGEX "^version:" LIMIT_COUNT 1)
        string(REGEX REPLACE "^version:[ \"']*([^\"' ]+).*$" "\\1" version "${line}")
    endif()
    get_target_property(options ${library} COMPILE_OPTIONS)
    string(REGEX MATCHALL "-O[0-9sgz]+" levels "${options}")
    set(level "")
    if(levels)
        list(GET levels -1 level)
        string(REPLACE "-" " " level "${level}")
    endif()
    set(${text} "${name} ${version}${level}" PARENT_SCOPE)
endfunction()

find_component(tflm esp-tflite-micro)
find_component(esp_nn esp-nn)
idf_component_get_property(tflm_library ${tflm} COMPONENT_LIB)
idf_component_get_property(tflm_folder ${tflm} COMPONENT_DIR)
if("$ENV{IDF_COMPONENT_MANAGER}" STREQUAL "0")
    # The component manager would add it to esp-tflite-micro's requirements; by itself that does not find esp_nn.h.
    idf_component_get_property(esp_nn_library ${esp_nn} COMPONENT_LIB)
    target_link_libraries(${tflm_library} PRIVATE ${esp_nn_library})
endif()

# esp-tflite-micro compiles this file with -O2 and all others with -O3. PlatformIO adds an option once only, and the -O2 is
# there already, before the -O3; written in another way it stays the last one there too.
set_property(SOURCE "${tflm_folder}/tensorflow/lite/micro/kernels/esp_nn/depthwise_conv.cc"
             TARGET_DIRECTORY ${tflm_library} APPEND PROPERTY COMPILE_OPTIONS --optimize=2)

if(NOT HIL_KERNELS)
    set(HIL_KERNELS "$ENV{HIL_KERNELS}")
endif()
get_target_property(tflm_options ${tflm_library} COMPILE_OPTIONS)
if(HIL_KERNELS STREQUAL "reference")
    # Taken out, not undone by a -UESP_NN after it: PlatformIO puts every definition behind all other options.
    list(REMOVE_ITEM tflm_options -DESP_NN)
    set_property(TARGET ${tflm_library} PROPERTY COMPILE_OPTIONS "${tflm_options}")
endif()

# What runs is read from what was set, so that BUILD cannot say what was only wished for.
get_target_property(tflm_definitions ${tflm_library} COMPILE_DEFINITIONS)
if(NOT "${tflm_options};${tflm_definitions}" MATCHES "(^|;)(-D)?ESP_NN(=1)?(;|$)")
    set(kernels "reference")
elseif(CONFIG_NN_ANSI_C)
    set(kernels "esp-nn-ansi")
else()
    set(kernels "esp-nn")
endif()
if(HIL_KERNELS AND NOT HIL_KERNELS STREQUAL kernels)
    message(FATAL_ERROR "HIL_KERNELS=${HIL_KERNELS}, and this build would run ${kernels}. Known are esp-nn, esp-nn-ansi and "
                        "reference. Between the first two the option CONFIG_NN_ANSI_C decides, in a file of options that "
                        "may be older than the wish: remove the generated sdkconfig.")
endif()
set(kernels_text "kernels ${kernels}")
if(CONFIG_NN_SKIP_NUDGE AND kernels STREQUAL "esp-nn")
    string(APPEND kernels_text " not bit-exact: CONFIG_NN_SKIP_NUDGE")
endif()
message(STATUS "Kernels: ${kernels}")

describe_component(tflm_text esp-tflite-micro ${tflm})
describe_component(esp_nn_text esp-nn ${esp_nn})
# A header and no definition on the command line: PlatformIO does not carry a blank in one.
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/kernels/kernels.h"
     CONTENT "#define HIL_KERNELS \"${tflm_text}\\n${esp_nn_text}\\n${kernels_text}\"\n")
target_include_directories(${COMPONENT_LIB} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/kernels")
