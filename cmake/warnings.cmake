# Warnings for our own targets; errors only when asked (CI), never for consumers.
function(camseal_warnings target)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wundef -Wvla
        -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-align -Wwrite-strings
        $<$<BOOL:${CAMSEAL_WERROR}>:-Werror>)
endfunction()
