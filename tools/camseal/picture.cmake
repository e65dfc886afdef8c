# Pictures, scenes, mosaics: a library of its own, so that tests need no command.
enable_language(ASM)

add_library(camseal_picture STATIC)
target_sources(camseal_picture PRIVATE
    bayer.c bayer.h
    builtin_picture.S builtin_picture.h
    develop.c develop.h
    glyphs.c glyphs.h
    picture.c picture.h picture_format.h
    picture_ffmpeg.c
    overview.c overview.h picture_draw.c picture_draw.h picture_mark.c picture_mark.h
    picture_png.c
    picture_pnm.c
    picture_raw.c
    picture_source.c picture_source.h
    picture_write.c picture_write.h
    picture_y4m.c
    scale.c scale.h
    scene.c scene.h
)
# .incbin finds the picture by the include path.
set_source_files_properties(builtin_picture.S PROPERTIES
    INCLUDE_DIRECTORIES ${PROJECT_SOURCE_DIR}/assets
    OBJECT_DEPENDS ${PROJECT_SOURCE_DIR}/assets/hdr_room.png)
target_include_directories(camseal_picture PUBLIC ${CMAKE_CURRENT_LIST_DIR} PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(camseal_picture PRIVATE _POSIX_C_SOURCE=200809L)
# camseal_tool has outfile.c, and its verbs use the pictures: static libraries may form a ring.
target_link_libraries(camseal_picture PUBLIC camseal_core PNG::PNG m PRIVATE camseal_tool)
target_link_libraries(camseal_tool PUBLIC camseal_picture)
camseal_warnings(camseal_picture)
