camseal_add_fuzz(spdm_record SOURCES spdm_record.c)
