camseal_add_fuzz(spdm_responder SOURCES spdm_responder.c ${PROJECT_SOURCE_DIR}/tests/unit/spdm/spdm_toy.c)
