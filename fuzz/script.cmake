if(TARGET camseal_tool)
    camseal_add_fuzz(script SOURCES script.c LIBS camseal_tool)
    target_include_directories(fuzz_script PRIVATE ${PROJECT_SOURCE_DIR}/tools/camseal)
endif()
