"""The three checksums of OP1 (§5, §11), bit by bit."""


def _reflected(data, poly, value):
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (poly if value & 1 else 0)
    return value


def crc16(data):
    """CSI-2 payload CRC (§11): no final XOR, so an empty payload gives 0xFFFF."""
    return _reflected(data, 0x8408, 0xFFFF)


POLYNOMIALS = {"crc32c": 0x82F63B78, "ieee": 0xEDB88320}


def crc32(poly, data):
    """CRC-32C or IEEE CRC-32, as the context says (§5)."""
    return _reflected(data, POLYNOMIALS[poly], 0xFFFFFFFF) ^ 0xFFFFFFFF


def crc32_wire(poly, data):
    return crc32(poly, data).to_bytes(4, "little")
