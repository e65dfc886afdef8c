camseal_add_fuzz(spdm_requester SOURCES spdm_requester.c spdm_play.c spdm_operations.c spdm_manage.c spdm_attack.c
    spdm_engines.c spdm_steps.c spdm_owner.c ${PROJECT_SOURCE_DIR}/tests/unit/spdm/spdm_toy.c)
