"""Security context of a stream, and the canonical header that SEP sends and FSED synthesises (§1, §5)."""
from dataclasses import dataclass, field

from . import keys, nonce, stride
from .errors import Broken

FP_TRAILER, FP_TOP, FP_IMAGE, FP_BOTTOM = 0, 2, 3, 4
TAG_NONE, TAG_MESSAGE, TAG_DATA_TYPE, TAG_FRAME = range(4)


@dataclass
class Context:
    protocol: str  # "SEP" or "FSED"
    ctx_id: int
    suite: int
    tag_mode: int
    tag_length: int
    epoch: int
    crc: str  # "crc32c" or "ieee"
    stride: stride.Stride
    sv: tuple  # of FP-2, FP-3, FP-4
    evc: int
    wire_vc: int
    slots: list = field(default_factory=list)  # data-type mode: (evc, fp, edt)
    streams: list = field(default_factory=list)  # FSED: (wire vc, wire dt, evc, edt, embedded)
    tbt: bool = False  # FSED
    line_carried: int = 0  # FSED: length of the 0x12 lines that carry FSH, TBT, FTG; 0: own data types
    config_tlvs: bytes = None  # FSED: input of the configuration digest

    def check(self):
        """What §1 and §4 forbid."""
        suite = keys.SUITES[self.suite]
        used = set(self.sv)
        legal = {"SEP": (TAG_MESSAGE, TAG_DATA_TYPE, TAG_FRAME), "FSED": (TAG_FRAME,)}[self.protocol]
        if not suite.mac and (self.sv != (5, 5, 5) or self.tag_mode or self.epoch):
            raise Broken("safety suite: SV 5, tag mode 0, epoch 0")
        if suite.mac and self.tag_mode not in legal:
            raise Broken("tag mode")
        if self.tag_length not in keys.TAG_LENGTHS[suite.mac]:
            raise Broken("tag length")
        if self.tag_mode > TAG_MESSAGE and self.tag_length != 16:
            raise Broken("data-type and frame tags have 16 bytes")
        if 1 in used and not suite.encrypts:
            raise Broken("SV-1 only with -IE suites")
        if {3, 4} <= used or self.stride.unit != (1 if 3 in used else 2 if 4 in used else 0):
            raise Broken("stride and variants disagree")
        if not self.stride.unit and any(self.stride):
            raise Broken("stride without a unit")

    def all_open(self):
        return tuple(self.sv) == (5, 5, 5)

    def variant(self, fp):
        return self.sv[fp - FP_TOP]

    def algorithm(self):
        return keys.SUITES[self.suite].mac

    def domain(self):
        return keys.PROTOCOLS[self.protocol]

    def derive(self, crk):
        return keys.derive(crk, self.domain(), self.ctx_id, keys.TO_SINK, self.suite, self.epoch)

    def nonce_struct(self, unit_type, frame_count, unit=0):
        return nonce.struct(self.domain(), unit_type, self.evc, frame_count, unit)


HEADER_FIELDS = (  # (name, first bit, bits) of the 128-bit little-endian header
    ("version", 0, 4), ("crc_p", 4, 1), ("tag_p", 5, 1), ("enc", 6, 1), ("sof", 7, 1), ("evc", 8, 8), ("edt", 16, 16),
    ("message_count", 32, 24), ("fp", 56, 3), ("sv", 59, 3), ("eof", 62, 1), ("cov", 63, 1),
    ("frame_count", 64, 32),
    ("data_length", 96, 16), ("ctx_id", 112, 8), ("epoch", 120, 4), ("tag_mode", 124, 2), ("pad", 126, 2),
)


def pack_header(**fields):
    value = 0
    for name, first, bits in HEADER_FIELDS:
        number = fields.pop(name)
        if number >> bits:
            raise Broken(f"{name} does not fit its {bits} bits")
        value |= number << first
    assert not fields
    return value.to_bytes(16, "little")


def unpack_header(header):
    value = int.from_bytes(header, "little")
    return {name: value >> first & (1 << bits) - 1 for name, first, bits in HEADER_FIELDS}
