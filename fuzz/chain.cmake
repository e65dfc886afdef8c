camseal_add_fuzz(chain SOURCES chain.c)
