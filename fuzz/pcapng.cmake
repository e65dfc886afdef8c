camseal_add_fuzz(pcapng SOURCES pcapng.c ../tools/camseal/pcapng.c)
target_include_directories(fuzz_pcapng PRIVATE ${PROJECT_SOURCE_DIR}/tools/camseal)
