# esp-tflite-micro and ESP-NN: found, linked to each other, compiled alike on every route, and named in BUILD.
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

describe_component(tflm_text esp-tflite-micro ${tflm})
describe_component(esp_nn_text esp-nn ${esp_nn})
# A header and no definition on the command line: PlatformIO does not carry a blank in one.
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/kernels/kernels.h"
     CONTENT "#define HIL_KERNELS \"${tflm_text}\\n${esp_nn_text}\"\n")
target_include_directories(${COMPONENT_LIB} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/kernels")
