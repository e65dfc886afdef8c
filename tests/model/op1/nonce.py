"""Nonces and the frame counter on the wire (§3)."""

MESSAGE_TAG, DATA_TYPE_TAG, FRAME_TAG, FSH_TAG, TOP_BLOCK_TAG, CTR = range(6)  # unit type
COMMAND, RESPONSE = 0x30, 0x31  # byte 0 of CCISE


def struct(domain, unit_type, evc, frame_count, unit):
    head = bytes([domain << 4 | unit_type, evc])
    return head + frame_count.to_bytes(5, "big") + b"\0" + unit.to_bytes(4, "big")


def ccise_struct(first, counter):
    return bytes([first, 0, 0, 0]) + counter.to_bytes(8, "big")


def mask(struct_bytes, iv):
    return bytes(a ^ b for a, b in zip(struct_bytes, iv, strict=True))


def extend(last, low32):
    """(frame_count, replay): the value nearest to the last verified one, tie upward; one below zero is a replay."""
    base = last & ~0xFFFFFFFF | low32
    nearest = min((base - (1 << 32), base, base + (1 << 32)), key=lambda v: (abs(v - last), -v))
    return nearest, nearest <= last
