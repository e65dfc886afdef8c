camseal_add_fuzz(ssm_message SOURCES ssm_message.c)
