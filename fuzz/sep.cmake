camseal_add_fuzz(sep_sink SOURCES sep_sink.c)
camseal_add_fuzz(sep_format SOURCES sep_format.c)
