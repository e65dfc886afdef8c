camseal_add_fuzz(ssm_component SOURCES ssm_component.c)
