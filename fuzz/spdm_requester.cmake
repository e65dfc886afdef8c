camseal_add_fuzz(spdm_requester SOURCES spdm_requester.c ${PROJECT_SOURCE_DIR}/tests/unit/spdm/spdm_toy.c)
