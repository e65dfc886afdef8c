"""Suites and key derivation (§1, §2)."""
import hashlib
import hmac
from collections import namedtuple

Suite = namedtuple("Suite", "name mac key_bytes encrypts")

SAFETY = 0x00
SUITES = {
    0x00: Suite("SAFETY", None, 0, False),
    0x01: Suite("EFF-128", "CMAC", 16, False),
    0x02: Suite("EFF-256", "CMAC", 32, False),
    0x11: Suite("PERF-128-I", "GMAC", 16, False),
    0x12: Suite("PERF-256-I", "GMAC", 32, False),
    0x21: Suite("PERF-128-IE", "GMAC", 16, True),
    0x22: Suite("PERF-256-IE", "GMAC", 32, True),
}
TAG_LENGTHS = {"CMAC": (8, 12, 16), "GMAC": (12, 16), None: (0,)}

PROTOCOLS = {"SEP": 1, "FSED": 2, "CCISE": 3}
TO_SINK, TO_TARGET, TO_CONTROLLER = 0, 1, 2  # dir

Keys = namedtuple("Keys", "k_int iv_int k_enc iv_enc")


def extract(salt, loaded):
    """Effective context root key: HKDF-Extract of RFC 5869."""
    return hmac.new(salt, loaded, hashlib.sha256).digest()


def info(label, protocol, ctx_id, direction, suite, epoch):
    ids = bytes([protocol, ctx_id, direction, suite])
    return b"OP1 " + label.encode() + b"\0" + ids + epoch.to_bytes(4, "big")


def expand(crk, info_bytes, length):
    """HKDF-Expand of RFC 5869."""
    out, block, n = b"", b"", 0
    while len(out) < length:
        n += 1
        block = hmac.new(crk, block + info_bytes + bytes([n]), hashlib.sha256).digest()
        out += block
    return out[:length]


def lengths(suite):
    """Label -> bytes of the key, for every label that the suite has."""
    s = SUITES[suite]
    if not s.mac:
        return {}
    out = {"int": s.key_bytes, "iv.int": 12}
    if s.encrypts:
        out.update({"enc": s.key_bytes, "iv.enc": 12})
    return out


def derive(crk, protocol, ctx_id, direction, suite, epoch):
    made = {label: expand(crk, info(label, protocol, ctx_id, direction, suite, epoch), n)
            for label, n in lengths(suite).items()}
    return Keys(*(made.get(label) for label in ("int", "iv.int", "enc", "iv.enc")))
