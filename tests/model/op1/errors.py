class Broken(Exception):
    """The bytes are not what an OP1 sink accepts; the text says why."""
