set(tool ${PROJECT_SOURCE_DIR}/tools/camseal)
camseal_add_fuzz(y4m SOURCES y4m.c ${tool}/picture_y4m.c ${tool}/picture.c)
target_include_directories(fuzz_y4m PRIVATE ${tool})
