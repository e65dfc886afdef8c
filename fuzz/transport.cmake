# The link's codec is pure and is compiled in: fuzzing builds have no command.
camseal_add_fuzz(transport SOURCES transport.c
    ${PROJECT_SOURCE_DIR}/ports/posix/emu.c ${PROJECT_SOURCE_DIR}/ports/posix/link_codec.c)
target_include_directories(fuzz_transport PRIVATE ${PROJECT_SOURCE_DIR}/ports/posix)
