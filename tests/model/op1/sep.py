"""SEP (§5): one protected message a line, with the tag on the message, the data type or the frame."""
from . import csi2, mac, nonce
from .context import FP_TRAILER, TAG_DATA_TYPE, TAG_FRAME, TAG_MESSAGE, pack_header, unpack_header
from .crc import crc32_wire
from .errors import Broken
from .stride import cov, covered

FRAME_TRAILER = 0x01FF


class Source:
    """Builds the messages of one frame of one eVC."""

    def __init__(self, ctx, keys, frame_count):
        ctx.check()
        self.ctx, self.keys, self.frame_count = ctx, keys, frame_count
        self.count, self.units = 0, {}

    def message(self, fp, edt, data, tagged=False, eof=False):
        """A line. tagged: the last message of its slot or frame (in message mode every message is tagged anyway)."""
        m = {"fp": fp, "sv": self.ctx.variant(fp), "edt": edt, "data": data}
        if self.ctx.tag_mode == TAG_DATA_TYPE:
            m["slot"] = self.ctx.slots.index((self.ctx.evc, fp, edt))
        return self._send(m, tagged, eof)

    def trailer(self, slot=None, eof=False):
        """A message without data that carries the tag of a slot, or of the frame."""
        edt = FRAME_TRAILER if slot is None else 0x0100 + slot
        m = {"fp": FP_TRAILER, "sv": 5 if self.ctx.all_open() else 2, "edt": edt, "data": b""}
        if slot is not None:
            m["slot"] = slot
        return self._send(m, True, eof)

    def open_slots(self):
        """Slots that had a message and have no tag yet, in slot order."""
        return sorted(self.units)

    def _send(self, m, tagged, eof):
        ctx = self.ctx
        m["message_count"] = self.count
        tagged = bool(ctx.algorithm()) and not ctx.all_open() and (tagged or ctx.tag_mode == TAG_MESSAGE)
        payload = self._encrypt(m)
        m.update(sof=int(self.count == 0), eof=int(eof), tag_p=int(tagged), pad=-len(payload) % 4,
                 cov=cov(m["sv"], ctx.stride, self.count))
        m["header"] = header(ctx, self.frame_count, m, len(payload))
        unit = self.units.setdefault(unit_key(ctx, m), mac.Unit())
        unit.add(m["header"], covered(m["sv"], ctx.stride, self.count, payload))
        if tagged:
            m["mac"] = tag_of(ctx, self.keys, self.frame_count, m, unit)
            del self.units[unit_key(ctx, m)]
        m["packet"] = packet(ctx, m, payload)
        self.count += 1
        return m

    def _encrypt(self, m):
        m["enc"] = int(m["sv"] == 1)
        if not m["enc"]:
            return m["data"]
        m["ctr_struct"] = self.ctx.nonce_struct(nonce.CTR, self.frame_count, self.count)
        m["ctr_nonce"] = nonce.mask(m["ctr_struct"], self.keys.iv_enc)
        m["ciphertext"] = mac.ctr(self.keys.k_enc, m["ctr_nonce"], m["data"])
        return m["ciphertext"]


def header(ctx, frame_count, m, data_length):
    return pack_header(version=1, crc_p=1, tag_p=m["tag_p"], enc=m["enc"], sof=m["sof"], evc=ctx.evc, edt=m["edt"],
                       message_count=m["message_count"], fp=m["fp"], sv=m["sv"], eof=m["eof"], cov=m["cov"],
                       frame_count=frame_count & 0xFFFFFFFF, data_length=data_length, ctx_id=ctx.ctx_id,
                       epoch=ctx.epoch & 15, tag_mode=ctx.tag_mode, pad=m["pad"])


def unit_key(ctx, m):
    """Messages with the same key share a tag."""
    return {TAG_MESSAGE: m["message_count"], TAG_DATA_TYPE: m.get("slot")}.get(ctx.tag_mode)


def tag_of(ctx, keys, frame_count, m, unit):
    unit_type, number = {TAG_MESSAGE: (nonce.MESSAGE_TAG, m["message_count"]),
                         TAG_DATA_TYPE: (nonce.DATA_TYPE_TAG, m.get("slot")),
                         TAG_FRAME: (nonce.FRAME_TAG, 0)}[ctx.tag_mode]
    made = unit.finish(ctx.algorithm(), keys, ctx.nonce_struct(unit_type, frame_count, number), unit_type)
    if ctx.tag_length < 16:
        made["tag_full"] = made["tag"]
        made["tag"] = made["tag"][:ctx.tag_length]
    return made


def packet(ctx, m, payload):
    body = m["header"] + payload + bytes(m["pad"])
    if "mac" in m:
        body += m["mac"]["tag"]
    return csi2.long_packet(ctx.wire_vc, csi2.SEP, body + crc32_wire(ctx.crc, body))


def build_frame(ctx, keys, frame_count, lines, tagged=(), trailer=False):
    """The messages of a frame. lines: (fp, edt, data). tagged: indices of lines that are known to be the last of
    their slot or of the frame. trailer: close what is still open with trailer messages."""
    source = Source(ctx, keys, frame_count)
    out = [source.message(*line, tagged=i in tagged, eof=i == len(lines) - 1 and not trailer)
           for i, line in enumerate(lines)]
    if not trailer:
        return out
    if ctx.tag_mode != TAG_DATA_TYPE:
        return out + [source.trailer(eof=True)]
    slots = source.open_slots()
    return out + [source.trailer(slot, eof=slot == slots[-1]) for slot in slots]


def open_frame(ctx, keys, frame_count, packets):
    """The plaintexts of a whole frame, everything checked. Raises Broken."""
    ctx.check()
    units, out, ended = {}, [], False
    for count, wire in enumerate(packets):
        h, head, payload, tag = split(ctx, wire)
        agree(ctx, frame_count, h, count, ended)
        slot = slot_of(ctx, h)
        m = {"message_count": count, "slot": slot}
        key = unit_key(ctx, m)
        unit = units.setdefault(key, mac.Unit())
        unit.add(head, covered(h["sv"], ctx.stride, count, payload))
        if tag is not None:
            if tag_of(ctx, keys, frame_count, m, unit)["tag"] != tag:
                raise Broken(f"tag of message {count}")
            del units[key]
        ended = bool(h["eof"])
        out.append(decrypt(ctx, keys, frame_count, count, payload) if h["enc"] else payload)
    if not ended:
        raise Broken("no EOF")
    if units and ctx.algorithm() and not ctx.all_open():
        raise Broken("messages without a tag")
    return out


def split(ctx, wire):
    """(header fields, header, payload, tag or None) of one packet; checks both CRCs, pad and length."""
    vc, dt, _, body = csi2.parse(wire)
    if vc != ctx.wire_vc or dt != csi2.SEP or len(body) < 20 or len(body) % 4:
        raise Broken("no SEP packet of this channel")
    if crc32_wire(ctx.crc, body[:-4]) != body[-4:]:
        raise Broken("CRC-32")
    h = unpack_header(body[:16])
    end = 16 + h["data_length"]
    tag_at = end + h["pad"]
    expected = tag_at + (ctx.tag_length if h["tag_p"] else 0) + 4
    if len(body) != expected or h["pad"] != -h["data_length"] % 4 or any(body[end:tag_at]):
        raise Broken("length or pad")
    return h, body[:16], body[16:end], body[tag_at:-4] if h["tag_p"] else None


def agree(ctx, frame_count, h, count, ended):
    """The header against the context: never the other way round."""
    trailer = h["fp"] == FP_TRAILER
    sv = (5 if ctx.all_open() else 2) if trailer else ctx.variant(h["fp"])
    want = {"version": 1, "crc_p": 1, "enc": int(sv == 1), "sof": int(count == 0), "evc": ctx.evc,
            "message_count": count, "sv": sv, "cov": cov(sv, ctx.stride, count),
            "frame_count": frame_count & 0xFFFFFFFF, "ctx_id": ctx.ctx_id, "epoch": ctx.epoch & 15,
            "tag_mode": ctx.tag_mode}
    for name, value in want.items():
        if h[name] != value:
            raise Broken(f"{name} of message {count}")
    if ended:
        raise Broken("message after EOF")
    if ctx.tag_mode == TAG_MESSAGE and h["tag_p"] == ctx.all_open():
        raise Broken(f"TAG_P of message {count}")


def slot_of(ctx, h):
    if ctx.tag_mode != TAG_DATA_TYPE:
        return None
    if h["fp"] == FP_TRAILER:
        return h["edt"] - 0x0100
    return ctx.slots.index((ctx.evc, h["fp"], h["edt"]))


def decrypt(ctx, keys, frame_count, count, payload):
    masked = nonce.mask(ctx.nonce_struct(nonce.CTR, frame_count, count), keys.iv_enc)
    return mac.ctr(keys.k_enc, masked, payload)
