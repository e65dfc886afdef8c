camseal_add_fuzz(fsed_sink SOURCES fsed_sink.c)
camseal_add_fuzz(fsed_format SOURCES fsed_format.c)
