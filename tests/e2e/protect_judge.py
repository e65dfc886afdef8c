"""Judges captures of `camseal protect` with the Python model: protect_judge.py MODEL CAPTURE KEYLOG VARIANTS FRAMES RAW.

Key and context come from the key log, VARIANTS (2/3/2) from the test. The model opens every frame of every interface: each
tag, checksum, counter and header is made anew. The image lines must then be the bytes of RAW, again in each frame.
"""
import struct
import sys

sys.path.insert(0, sys.argv[1])
try:
    from op1 import csi2, fsed, keys, sep
    from op1.context import Context
    from op1.stride import Stride
except ImportError as error:
    print("SKIPPED:", error)
    sys.exit(77)


def packets_of(path):
    """(interface, CSI-2 packet): behind the tags of the exported PDU."""
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        body = data[at + 8 : at + length - 4]
        at += length
        if kind != 6:
            continue
        interface, size = struct.unpack_from("<I", body)[0], struct.unpack_from("<I", body, 12)[0]
        packet, start, tag = body[20 : 20 + size], 0, None
        while tag != 0:
            tag, value = struct.unpack_from(">HH", packet, start)
            start += 4 + value
        yield interface, packet[start:]


def read_log(path):
    """(id, root key, elements by type) of the one context in a key log"""
    crk, elements = bytes(32), {}
    for line in open(path):
        label, ident, value = line.split()
        value = bytes.fromhex(value)
        if label == "OP1_CRK":
            crk = value
        while label == "OP1_CONTEXT" and value:
            size = struct.unpack_from("<H", value, 2)[0]
            elements.setdefault(value[0], []).append(value[4 : 4 + size])
            value = value[4 + size :]
    return bytes.fromhex(ident), crk, elements


def context_of(ident, elements, evc, variants):
    first = lambda kind: elements[kind][0]
    unit, _, offset, run, period = struct.unpack("<BBHHH", first(0x0F))
    streams = [struct.unpack("<BBBBH", value) for value in elements[0x06]]
    polynomial, line = struct.unpack("<BH", first(0x11))
    carriage = first(0x7F)[0]
    return Context(
        protocol={1: "SEP", 2: "FSED"}[ident[0]], ctx_id=ident[1], suite=ident[3], tag_mode=first(0x04)[0],
        tag_length=first(0x05)[0] if 0x05 in elements else 0, epoch=int.from_bytes(ident[4:], "big"),
        crc="ieee" if polynomial else "crc32c", stride=Stride(unit, offset, run, period), sv=variants, evc=evc,
        wire_vc=next(s[0] for s in streams if s[2] == evc),
        slots=[struct.unpack("<BBH", value) for value in elements.get(0x07, [])],
        streams=[(vc, dt, e, edt, flags) for vc, dt, e, flags, edt in streams], tbt=bool(carriage & 2),
        line_carried=line if carriage & 1 else 0)


def frames_of(path):
    """(interface, packets from FS to FE)"""
    frame = {}
    for interface, packet in packets_of(path):
        if csi2.parse(packet)[1] == csi2.FS:
            frame[interface] = []
        frame[interface].append(packet)
        if csi2.parse(packet)[1] == csi2.FE:
            yield interface, frame.pop(interface)


def main():
    capture, log, variants, frames, raw = sys.argv[2:7]
    ident, crk, elements = read_log(log)
    variants, image, judged = tuple(map(int, variants.split("/"))), open(raw, "rb").read(), {}
    for interface, packets in frames_of(capture):
        vc = csi2.parse(packets[0])[0]
        ctx = context_of(ident, elements, vc, variants)
        judged[interface] = judged.get(interface, 0) + 1
        number = judged[interface]
        if ctx.protocol == "SEP":
            lines = sep.open_frame(ctx, ctx.derive(crk), number, packets[1:-1])
        else:
            lines = fsed.open_frame(ctx, ctx.derive(crk), number, packets)
        top = next(i for i, line in enumerate(lines) if line[:4] != b"CSER")
        body = b"".join(line for line in lines[top:] if line[:4] != b"CSER")
        assert body == image, f"frame {number}: other image bytes"
    assert judged and set(judged.values()) == {int(frames)}, f"{judged} frames instead of {frames}"
    print(f"{sum(judged.values())} frames are right")


main()
