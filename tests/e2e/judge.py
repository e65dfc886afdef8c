"""Judges a capture of the ECU with a library that is not ours: judge.py CAPTURE KEYLOG SUITE SV PACKETS.

Out of the key log's context root key it derives all keys (RFC 5869), then recomputes every message's tag over the
captured bytes, decrypts, and encrypts the sensor's embedded record anew: all must be equal to what was on the link.
"""
import struct
import sys

try:
    from cryptography.hazmat.primitives import cmac, hashes
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
except ImportError:
    print("SKIPPED: python3-cryptography is not here")
    sys.exit(77)

SUITES = {"EFF-128": 0x01, "EFF-256": 0x02, "PERF-128-I": 0x11, "PERF-256-I": 0x12, "PERF-128-IE": 0x21, "PERF-256-IE": 0x22}


def blocks(data):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        yield kind, data[at + 8 : at + length - 4]
        at += length


def data_packets(path):
    """CSI-2 packets of the interface named "data": behind the tags of the exported PDU."""
    names = []
    for kind, body in blocks(open(path, "rb").read()):
        if kind == 1:
            at, name = 8, ""
            while True:
                code, length = struct.unpack_from("<HH", body, at)
                if code == 0:
                    break
                if code == 2:
                    name = body[at + 4 : at + 4 + length].decode()
                at += 4 + (length + 3 & ~3)
            names.append(name)
        if kind == 6 and names[struct.unpack_from("<I", body, 0)[0]] == "data":
            length = struct.unpack_from("<I", body, 12)[0]
            packet, at = body[20 : 20 + length], 0
            while True:
                tag, size = struct.unpack_from(">HH", packet, at)
                at += 4 + size
                if tag == 0:
                    break
            yield packet[at:]


def root_keys(path):
    """(ctx_id, epoch) -> effective context root key"""
    keys = {}
    for line in open(path):
        label, ident, value = line.split()
        if label == "OP1_CRK":
            ident = bytes.fromhex(ident)
            keys[ident[1], int.from_bytes(ident[4:8], "big")] = bytes.fromhex(value)
    return keys


def expand(crk, label, ctx, suite, epoch, length):
    info = b"OP1 " + label + b"\0" + bytes([1, ctx, 0, suite]) + struct.pack(">I", epoch)
    return HKDFExpand(hashes.SHA256(), length, info).derive(crk)


def nonce(unit, evc, frame, message, iv):
    plain = bytes([0x10 | unit, evc]) + frame.to_bytes(5, "big") + b"\0" + struct.pack(">I", message)
    return bytes(a ^ b for a, b in zip(plain, iv))


def tag_of(suite, key, the_nonce, text):
    if suite < 0x10:
        mac = cmac.CMAC(algorithms.AES(key))
        mac.update(b"OP1C" + the_nonce + text)
        return mac.finalize()
    return AESGCM(key).encrypt(the_nonce, b"", text)


def counter_mode(key, the_nonce, data):
    worker = Cipher(algorithms.AES(key), modes.CTR(the_nonce + b"\0\0\0\1")).encryptor()
    return worker.update(data) + worker.finalize()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def main():
    capture, keylog, suite_name, sv, wanted = sys.argv[1:6]
    suite, keys, judged, embedded = SUITES[suite_name], root_keys(keylog), 0, 0
    for packet in data_packets(capture):
        if packet[0] & 0x3F != 0x37:
            continue
        payload = packet[4 : 4 + struct.unpack_from("<H", packet, 1)[0]]
        header = payload[:16]
        w0, w1, frame, w3 = struct.unpack("<IIII", header)
        length, ctx = w3 & 0xFFFF, w3 >> 16 & 0xFF
        data, tag = payload[16 : 16 + length], payload[-20:-4]
        epoch = next(e for c, e in keys if c == ctx and e & 15 == w3 >> 24 & 15)
        key_bytes = 32 if suite & 3 == 2 else 16
        derive = lambda label, n: expand(keys[ctx, epoch], label, ctx, suite, epoch, n)
        evc, message = w0 >> 8 & 0xFF, w1 & 0xFFFFFF
        assert w1 >> 27 & 7 == int(sv), "variant"
        text = header + data + bytes(-length % 16) + b"\xff\0\0\0" + struct.pack("<IQ", 1, length)
        expected = tag_of(suite, derive(b"int", key_bytes), nonce(0, evc, frame, message, derive(b"iv.int", 12)), text)
        assert tag == expected, f"frame {frame} message {message}: the tag is {tag.hex()} and not {expected.hex()}"
        assert crc32c(payload[:-4]) == struct.unpack("<I", payload[-4:])[0], "CRC-32"
        assert bool(w0 >> 6 & 1) == (sv == "1"), "ENC"
        if message == 0:
            record = b"CSER\x01" + bytes([0, 1, 0x2C]) + struct.pack("<HHI", 64, 48, frame) + bytes(48)
            if sv == "1":
                record = counter_mode(derive(b"enc", key_bytes), nonce(5, evc, frame, 0, derive(b"iv.enc", 12)), record)
            assert data == record, f"frame {frame}: the embedded line is {data.hex()} and not {record.hex()}"
            embedded += 1
        judged += 1
    assert judged == int(wanted) and embedded, f"{judged} messages instead of {wanted}"
    print(f"{suite_name} SV-{sv}: {judged} tags and {embedded} embedded lines are right")


main()
