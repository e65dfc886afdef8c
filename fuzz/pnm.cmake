set(tool ${PROJECT_SOURCE_DIR}/tools/camseal)
camseal_add_fuzz(pnm SOURCES pnm.c ${tool}/picture_pnm.c ${tool}/picture.c)
target_include_directories(fuzz_pnm PRIVATE ${tool})
