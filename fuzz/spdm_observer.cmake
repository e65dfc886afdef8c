camseal_add_fuzz(spdm_observer SOURCES spdm_observer.c)
