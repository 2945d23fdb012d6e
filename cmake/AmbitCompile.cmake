# How every target of ours is compiled. `ambit_target(NAME)` is called once for each.

find_package(Git QUIET)
set(AMBIT_COMMIT "unknown")
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --abbrev=12
                  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(described)
    set(AMBIT_COMMIT "${described}")
  endif()
endif()

function(ambit_target target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes
    -Wmissing-prototypes $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed> -Wpointer-arith -Wvla -fno-common -fvisibility=hidden
    # Results must not depend on what the compiler knows of errno or of traps; the order of
    # additions stays as written (no -ffast-math), so results are the same in every build.
    -fno-math-errno -fno-trapping-math -ffp-contract=off)
  target_compile_definitions(${target} PRIVATE _XOPEN_SOURCE=700 _DEFAULT_SOURCE)
  if(AMBIT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(AMBIT_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${AMBIT_SANITIZE}
                           -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${AMBIT_SANITIZE})
  endif()
  if(AMBIT_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  set_target_properties(${target} PROPERTIES C_VISIBILITY_PRESET hidden)
endfunction()
