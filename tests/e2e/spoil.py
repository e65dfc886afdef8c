"""Spoils a capture of protected packets: spoil.py IN OUT ACTION...

Packets are numbered from 1, as `camseal inspect` does. Actions: flip:N:AT (bit 0 of payload byte AT of SEP packet N,
checksums made right again), noise:N:AT (the same, checksums left wrong), drop:N-M, swap:N:M, dup:N (again at the end).
"""
import struct
import sys


def crc(data, polynomial, value, final):
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return value ^ final


def start_of(block):
    """Where the CSI-2 packet begins in an enhanced packet block: behind the tags of the exported PDU."""
    at = 28
    while True:
        tag, size = struct.unpack_from(">HH", block, at)
        at += 4 + size
        if tag == 0:
            return at


def flip(block, at, repair):
    start = start_of(block)
    length = struct.unpack_from("<H", block, start + 1)[0]
    payload = slice(start + 4, start + 4 + length)
    block[start + 4 + at] ^= 1
    if repair:
        inner = bytes(block[payload])
        struct.pack_into("<I", block, start + length, crc(inner[:-4], 0x82F63B78, 0xFFFFFFFF, 0xFFFFFFFF))
        struct.pack_into("<H", block, start + 4 + length, crc(block[payload], 0x8408, 0xFFFF, 0))


def main():
    data, blocks, at = open(sys.argv[1], "rb").read(), [], 0
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 4)[0]
        blocks.append(bytearray(data[at : at + length]))
        at += length
    packets = [i for i, block in enumerate(blocks) if struct.unpack_from("<I", block)[0] == 6]
    gone, more = set(), []
    for action in sys.argv[3:]:
        name, *rest = action.split(":")
        if name in ("flip", "noise"):
            flip(blocks[packets[int(rest[0]) - 1]], int(rest[1]), name == "flip")
        elif name == "drop":
            first, last = (rest[0].split("-") * 2)[:2]
            gone |= {packets[n - 1] for n in range(int(first), int(last) + 1)}
        elif name == "swap":
            a, b = (packets[int(n) - 1] for n in rest)
            blocks[a], blocks[b] = blocks[b], blocks[a]
        elif name == "dup":
            more.append(blocks[packets[int(rest[0]) - 1]])
        else:
            sys.exit(f"no action {action}")
    kept = [block for i, block in enumerate(blocks) if i not in gone]
    open(sys.argv[2], "wb").write(b"".join(kept + more))


main()
