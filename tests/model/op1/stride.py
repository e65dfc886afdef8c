"""Which bytes a security variant covers (§4)."""
from collections import namedtuple

Stride = namedtuple("Stride", "unit offset run period")  # unit: 0 none, 1 message (SV-3), 2 byte (SV-4)
NONE = Stride(0, 0, 0, 0)


def inside(stride, n):
    return (n - stride.offset) % stride.period < stride.run  # Python's % is the floor modulo


def cov(sv, stride, message_count):
    """The COV bit of a message."""
    return int(sv in (1, 2, 4) or (sv == 3 and inside(stride, message_count)))


def covered(sv, stride, message_count, payload):
    """The payload bytes that go into the MAC; with SV-1 payload is the ciphertext."""
    if not cov(sv, stride, message_count):
        return b""
    if sv == 4:
        return bytes(b for i, b in enumerate(payload) if inside(stride, i))
    return payload
