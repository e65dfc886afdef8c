# The bulk port. The portable provider is tested a second time with 32-bit slices, as a Cortex-M4
# runs it: the same sources under other names.
add_library(bulk_soft32 STATIC
    ${PROJECT_SOURCE_DIR}/src/crypto/soft/aes.c ${PROJECT_SOURCE_DIR}/src/crypto/soft/soft.c)
target_include_directories(bulk_soft32 PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(bulk_soft32 PUBLIC camseal_core)
target_compile_definitions(bulk_soft32 PRIVATE CAMSEAL_SLICE_32
    camseal_bulk_soft=test_bulk_soft32
    camseal_priv_aes_expand=test_aes_expand_32
    camseal_priv_aes_lanes=test_aes_lanes_32
    camseal_priv_aes_block=test_aes_block_32)
camseal_warnings(bulk_soft32)

foreach(topic mac ctr crc selftest)
    camseal_add_test(NAME crypto_bulk_${topic} LABEL unit SOURCES t_bulk_${topic}.c bulk_judge.h
                     LIBS bulk_soft32)
endforeach()

# Constant time under valgrind; a sanitizer build cannot run there.
function(add_bulk_ct name)
    add_test(NAME ct.${name} COMMAND ${ARGN})
    set_tests_properties(ct.${name} PROPERTIES LABELS ct TIMEOUT 120 SKIP_RETURN_CODE 77)
endfunction()

include(CheckIncludeFile)
find_program(VALGRIND valgrind)
check_include_file(valgrind/memcheck.h HAVE_MEMCHECK_H)
string(TOUPPER "CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}" config_flags)
set(ct_obstacle "")
if(NOT VALGRIND OR NOT HAVE_MEMCHECK_H)
    set(ct_obstacle "valgrind or its headers are not installed")
elseif("${CMAKE_C_FLAGS} ${${config_flags}}" MATCHES "-fsanitize")
    set(ct_obstacle "valgrind cannot run a sanitizer build: see the dev preset")
endif()
if(ct_obstacle)
    add_bulk_ct(crypto_bulk sh -c "echo 'SKIPPED: ${ct_obstacle}' && exit 77")
    return()
endif()
add_executable(ct_bulk ct_bulk.c)
target_link_libraries(ct_bulk PRIVATE camseal_core bulk_soft32)
camseal_warnings(ct_bulk)
# valgrind 3.19 gives up on the debug information of clang 14.
target_link_options(ct_bulk PRIVATE $<$<C_COMPILER_ID:Clang>:-Wl,--strip-debug>)
set(ct_run "'${VALGRIND}' -q --error-exitcode=99 '$<TARGET_FILE:ct_bulk>'")
add_bulk_ct(crypto_bulk sh -c "exec ${ct_run}")
add_bulk_ct(crypto_bulk_sees_a_leak sh -c "${ct_run} leak && exit 1 || test $? -eq 99")
