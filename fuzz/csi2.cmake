camseal_add_fuzz(csi2 SOURCES csi2.c)
