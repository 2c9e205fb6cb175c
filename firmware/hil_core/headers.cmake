# The headers of a bundle: never edited, never committed. Made when CMake configures, because PlatformIO runs no build-time
# rule of CMake's; a changed bundle or generator makes CMake configure again.
#   HIL_BUNDLE   the bundle, as CMake or environment variable; relative paths count from the repository's root
#   HIL_HEADERS  instead of that a folder of headers that `python -m host generate` wrote elsewhere
foreach(name HIL_BUNDLE HIL_HEADERS)
    if(NOT ${name} AND DEFINED ENV{${name}})
        set(${name} "$ENV{${name}}")
    endif()
endforeach()
get_filename_component(repository "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

function(generate_headers out)
    if(NOT HIL_BUNDLE)
        set(HIL_BUNDLE "models/default")
    endif()
    get_filename_component(bundle "${HIL_BUNDLE}" ABSOLUTE BASE_DIR "${repository}")
    idf_build_get_property(python PYTHON)
    execute_process(COMMAND "${python}" "${repository}/firmware/platform/generate_headers.py"
                            --bundle "${bundle}" --out "${out}"
                    WORKING_DIRECTORY "${repository}" RESULT_VARIABLE failed ERROR_VARIABLE message)
    if(failed)
        message(FATAL_ERROR "The headers of ${bundle} could not be generated:\n${message}")
    endif()
    execute_process(COMMAND "${python}" -m host.sources commands.generate WORKING_DIRECTORY "${repository}"
                    OUTPUT_VARIABLE generator OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "What the generator of the headers is made of could not be found out.")
    endif()
    string(REPLACE "\n" ";" generator "${generator}")
    file(GLOB bundle_files CONFIGURE_DEPENDS "${bundle}/*.json" "${bundle}/*.tflite")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${bundle_files} ${generator})
endfunction()

if(HIL_HEADERS)
    get_filename_component(generated "${HIL_HEADERS}" ABSOLUTE BASE_DIR "${repository}")
    if(NOT EXISTS "${generated}/bundle.h")
        message(FATAL_ERROR "HIL_HEADERS=${generated} holds no bundle.h: `python -m host generate --out` writes it.")
    endif()
else()
    set(generated "${CMAKE_CURRENT_BINARY_DIR}/generated")
    generate_headers("${generated}")
endif()
# The application includes them too.
target_include_directories(${COMPONENT_LIB} PUBLIC "${generated}")
