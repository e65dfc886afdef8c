"""FSED (§6): the image packets stay as they are; up to three packets a frame carry header, top-block tag and frame tag."""
import hashlib

from . import csi2, mac, nonce
from .context import FP_BOTTOM, FP_IMAGE, FP_TOP, TAG_FRAME, pack_header
from .crc import crc32, crc32_wire
from .errors import Broken
from .stride import cov, covered

UNKNOWN = 0xFFFF  # expected count
TYPE_FSH, TYPE_TBT, TYPE_FTG = 1, 2, 3
NAMES = {TYPE_FSH: "FSH", TYPE_TBT: "TBT", TYPE_FTG: "FTG"}
DATA_TYPES = {TYPE_FSH: csi2.FSH, TYPE_TBT: csi2.TBT, TYPE_FTG: csi2.FTG}


def le(value, size):
    return value.to_bytes(size, "little")


# ---- the three packets, without tag and CRC ----

def fsh_header(ctx, frame_count, line_length, expected, timestamp, flags):
    """48 bytes. flags: bits 4...6 of byte 3."""
    own = [s for s in ctx.streams if s[2] == ctx.evc]
    variants = ctx.sv[0] | ctx.sv[1] << 3 | ctx.sv[2] << 6
    s = ctx.stride
    digest = hashlib.sha256(ctx.config_tlvs).digest()[:8] if ctx.config_tlvs is not None else bytes(8)
    return (bytes([1, TYPE_FSH, ctx.ctx_id, flags | ctx.epoch & 15]) + le(frame_count, 8)
            + bytes([ctx.evc, ctx.suite]) + le(variants, 2)
            + bytes([s.unit, len({stream[3] for stream in own})]) + le(s.offset, 2) + le(s.run, 2) + le(s.period, 2)
            + b"".join(le(n, 2) for n in expected) + le(line_length, 2) + le(timestamp, 8) + digest)


def tbt_header(fsh, frame_count, unit):
    head = bytes([1, TYPE_TBT]) + fsh[2:4] + le(frame_count & 0xFFFFFFFF, 4)
    return head + le(unit.n_messages, 4) + le(unit.covered_bytes, 4)


def ftg_header(ctx, fsh, frame_count, payloads, covered_bytes, status):
    head = bytes([1, TYPE_FTG]) + fsh[2:4] + le(frame_count & 0xFFFFFFFF, 4)
    everything = b"".join(payloads)
    return (head + le(len(payloads), 4) + le(len(everything), 4) + le(covered_bytes, 8)
            + le(crc32(ctx.crc, everything), 4) + le(status, 4))


# ---- the canonical header of a counted packet ----

def canonical(ctx, frame_count, m, data_length):
    first = int(m["message_count"] == 0)
    return pack_header(version=1, crc_p=0, tag_p=0, enc=m["enc"], sof=first, evc=ctx.evc, edt=m["edt"],
                       message_count=m["message_count"], fp=m["fp"], sv=m["sv"], eof=0, cov=m["cov"],
                       frame_count=frame_count & 0xFFFFFFFF, data_length=data_length, ctx_id=ctx.ctx_id,
                       epoch=ctx.epoch & 15, tag_mode=TAG_FRAME, pad=0)


def listed(ctx, wire_vc, wire_dt):
    """(edt, embedded) of a packet that counts, else None."""
    if not csi2.is_counted_type(wire_dt):
        return None
    for vc, dt, evc, edt, embedded in ctx.streams:
        if (vc, dt, evc) == (wire_vc, wire_dt, ctx.evc):
            return edt, embedded
    return None


class Frame:
    """The state that both ends keep: partition, message numbers, MAC input."""

    def __init__(self, ctx, keys, frame_count, fsh):
        self.ctx, self.keys, self.frame_count, self.fsh = ctx, keys, frame_count, fsh
        self.image_seen, self.payloads, self.messages = False, [], []
        self.unit = mac.Unit(fsh)

    def partition(self, embedded):
        if not embedded:
            self.image_seen = True
            return FP_IMAGE
        return FP_BOTTOM if self.image_seen else FP_TOP

    def start(self, edt, embedded):
        """A counted packet begins: the fields of its header."""
        fp, count = self.partition(embedded), len(self.messages)
        sv = self.ctx.variant(fp)
        m = {"message_count": count, "fp": fp, "sv": sv, "edt": edt, "cov": cov(sv, self.ctx.stride, count),
             "enc": int(sv == 1)}
        if m["enc"]:
            m["ctr_struct"] = self.ctx.nonce_struct(nonce.CTR, self.frame_count, count)
            m["ctr_nonce"] = nonce.mask(m["ctr_struct"], self.keys.iv_enc)
        return m

    def crypt(self, m, data):
        return mac.ctr(self.keys.k_enc, m["ctr_nonce"], data) if m["enc"] else data

    def count(self, m, payload):
        """Its payload as sent goes into the MAC. A frame that is SV-5 throughout covers not even headers."""
        m["header"] = canonical(self.ctx, self.frame_count, m, len(payload))
        if not self.ctx.all_open():
            self.unit.add(m["header"], covered(m["sv"], self.ctx.stride, m["message_count"], payload))
        self.payloads.append(payload)
        self.messages.append(m)

    def fsh_mac(self):
        unit = mac.Unit(self.fsh)
        unit.n_messages, unit.covered_bytes = 1, len(self.fsh)
        return self._tag(unit, nonce.FSH_TAG, nonce.FSH_TAG, b"")

    def tbt_mac(self, header):
        # Under CMAC the running state is forked, so the first block is that of the frame tag.
        struct_type = nonce.FRAME_TAG if self.ctx.algorithm() == "CMAC" else nonce.TOP_BLOCK_TAG
        return self._tag(self.unit, struct_type, nonce.TOP_BLOCK_TAG, header)

    def ftg_mac(self, header):
        return self._tag(self.unit, nonce.FRAME_TAG, nonce.FRAME_TAG, header)

    def _tag(self, unit, struct_type, unit_type, suffix):
        if not self.ctx.algorithm():
            return None
        struct = self.ctx.nonce_struct(struct_type, self.frame_count)
        return unit.finish(self.ctx.algorithm(), self.keys, struct, unit_type, suffix)


# ---- source ----

def finished(ctx, header, made):
    """A packet of the three as an object of a vector: header, mac, crc32."""
    tag = made["tag"] if made else b""
    out = {"header": header}
    if made:
        out["mac"] = made
    out["crc32"] = crc32_wire(ctx.crc, header + tag)
    return out


def carry(ctx, kind, made):
    """That packet on the wire."""
    body = made["header"] + (made["mac"]["tag"] if "mac" in made else b"") + made["crc32"]
    if not ctx.line_carried:
        return csi2.long_packet(ctx.wire_vc, DATA_TYPES[kind], body)
    return csi2.long_packet(ctx.wire_vc, csi2.EMBEDDED, body + bytes(ctx.line_carried - len(body)))


def line_length(items):
    sizes = {len(data) for edt, data in items if edt is not None}
    return sizes.pop() if len(sizes) == 1 else 0


def build_frame(ctx, keys, frame_count, items, *, expected=None, timestamp=0, flags=0, status=0, number=1):
    """A frame as the members fsh, [tbt], ftg, messages, wire of a vector. items: (edt, data) of a counted packet, or
    (None, packet) of one that is not. expected: messages in FP-2, FP-3, FP-4. number: of FS and FE."""
    ctx.check()
    fsh = fsh_header(ctx, frame_count, line_length(items), expected or (UNKNOWN,) * 3, timestamp, flags)
    frame = Frame(ctx, keys, frame_count, fsh)
    out = {"fsh": finished(ctx, fsh, frame.fsh_mac())}
    wire = [("FS", csi2.header(ctx.wire_vc, csi2.FS, number)), ("FSH", carry(ctx, TYPE_FSH, out["fsh"]))]
    by_edt = {s[3]: (s[1], s[4]) for s in ctx.streams if s[2] == ctx.evc}
    want_tbt = ctx.tbt and ctx.algorithm() and not ctx.all_open()
    for edt, data in items:
        if edt is None:
            wire.append(("UNCOUNTED", data))
            continue
        wire_dt, embedded = by_edt[edt]
        if want_tbt and "tbt" not in out and not embedded:
            wire.append(("TBT", top_block(frame, out)))
        m = frame.start(edt, embedded)
        m["data"], payload = data, frame.crypt(m, data)
        if m["enc"]:
            m["ciphertext"] = payload
        frame.count(m, payload)
        wire.append(("MSG", csi2.long_packet(ctx.wire_vc, wire_dt, payload)))
    if want_tbt and "tbt" not in out:
        wire.append(("TBT", top_block(frame, out)))
    ftg = ftg_header(ctx, fsh, frame_count, frame.payloads, frame.unit.covered_bytes, status)
    out["ftg"] = finished(ctx, ftg, frame.ftg_mac(ftg))
    wire += [("FTG", carry(ctx, TYPE_FTG, out["ftg"])), ("FE", csi2.header(ctx.wire_vc, csi2.FE, number))]
    out["messages"] = frame.messages
    out["wire"] = [{"kind": kind, "packet": bytes_} for kind, bytes_ in wire]
    return out


def top_block(frame, out):
    header = tbt_header(frame.fsh, frame.frame_count, frame.unit)
    out["tbt"] = finished(frame.ctx, header, frame.tbt_mac(header))
    return carry(frame.ctx, TYPE_TBT, out["tbt"])


# ---- sink ----

def split(ctx, kind, payload):
    """(header, tag) of FSH, TBT or FTG: checks the CRC-32 and what follows it in a carried line."""
    size = {TYPE_FSH: 48, TYPE_TBT: 16, TYPE_FTG: 32}[kind]
    end = size + (16 if ctx.algorithm() else 0)
    length = ctx.line_carried or end + 4
    if len(payload) != length or payload[end:end + 4] != crc32_wire(ctx.crc, payload[:end]) or any(payload[end + 4:]):
        raise Broken(f"length, filling or CRC-32 of {NAMES[kind]}")
    if payload[:2] != bytes([1, kind]):
        raise Broken(f"version or type of {NAMES[kind]}")
    return payload[:size], payload[size:end]


def check_tag(made, tag, kind):
    if (made["tag"] if made else b"") != tag:
        raise Broken(f"tag of {NAMES[kind]}")


def check_fsh(ctx, frame_count, fsh):
    """Everything that the context fixes; expected counts, line length, timestamp and flags are the source's."""
    u16 = [int.from_bytes(fsh[i:i + 2], "little") for i in (24, 26, 28, 30)]
    timestamp = int.from_bytes(fsh[32:40], "little")
    if fsh[3] & 0x80 or fsh != fsh_header(ctx, frame_count, u16[3], u16[:3], timestamp, fsh[3] & 0x70):
        raise Broken("FSH and context disagree")


def told(ctx, position, vc, dt, payload):
    """Which of the three this packet is, by data type or, if carried as 0x12, by place: right after FS, right before
    the first image packet, right before FE. Returns None for all others."""
    if vc != ctx.wire_vc:
        return None
    if not ctx.line_carried:
        return {v: k for k, v in DATA_TYPES.items()}.get(dt)
    return position if dt == csi2.EMBEDDED and position else None


def places(ctx, packets):
    """Place -> kind, for packets carried as 0x12."""
    image = [i for i, p in enumerate(packets) if (listed(ctx, p[0], p[1]) or (0, 1))[1] == 0]
    out = {1: TYPE_FSH, len(packets) - 2: TYPE_FTG}
    if ctx.tbt and ctx.algorithm() and not ctx.all_open():
        out[(image[0] if image else len(packets) - 2) - 1] = TYPE_TBT
    return out


def open_frame(ctx, keys, frame_count, wire):
    """The plaintexts of a whole frame, FS...FE, everything checked. Raises Broken."""
    ctx.check()
    packets = [csi2.parse(packet) for packet in wire]
    place = places(ctx, packets)
    frame, out, done = None, [], False
    for i, (vc, dt, _, payload) in enumerate(packets):
        kind = told(ctx, place.get(i), vc, dt, payload)
        if done and (kind or listed(ctx, vc, dt)):
            raise Broken("packet after FTG")
        if kind == TYPE_FSH:
            fsh, tag = split(ctx, kind, payload)
            check_fsh(ctx, frame_count, fsh)
            frame = Frame(ctx, keys, frame_count, fsh)
            check_tag(frame.fsh_mac(), tag, kind)
        elif kind and not frame:
            raise Broken("no FSH")
        elif kind == TYPE_TBT:
            header, tag = split(ctx, kind, payload)
            if header != tbt_header(frame.fsh, frame_count, frame.unit):
                raise Broken("TBT disagrees with what came")
            check_tag(frame.tbt_mac(header), tag, kind)
        elif kind == TYPE_FTG:
            close_frame(frame, payload)
            done = True
        elif listed(ctx, vc, dt):
            out.append(receive(frame, listed(ctx, vc, dt), payload))
    if not done:
        raise Broken("no FTG")
    return out


def receive(frame, entry, payload):
    if not frame:
        raise Broken("no FSH")
    m = frame.start(*entry)
    frame.count(m, payload)
    return frame.crypt(m, payload)


def close_frame(frame, payload):
    header, tag = split(frame.ctx, TYPE_FTG, payload)
    status = int.from_bytes(header[28:], "little")
    want = ftg_header(frame.ctx, frame.fsh, frame.frame_count, frame.payloads, frame.unit.covered_bytes, status)
    if header != want:
        raise Broken("FTG disagrees with what came")
    check_tag(frame.ftg_mac(header), tag, TYPE_FTG)


