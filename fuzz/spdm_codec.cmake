camseal_add_fuzz(spdm_codec SOURCES spdm_codec.c)
