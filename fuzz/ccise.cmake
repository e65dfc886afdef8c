camseal_add_fuzz(ccise SOURCES ccise.c)
