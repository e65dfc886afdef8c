set(tool ../tools/camseal)
camseal_add_fuzz(attack SOURCES attack.c ${tool}/attack.c ${tool}/attack_control.c ${tool}/attack_data.c
    ${tool}/attack_frames.c ${tool}/attack_log.c ${tool}/attack_parse.c ${tool}/number.c ${tool}/packet_view.c)
target_include_directories(fuzz_attack PRIVATE ${PROJECT_SOURCE_DIR}/tools/camseal ${PROJECT_SOURCE_DIR}/ports/posix)
