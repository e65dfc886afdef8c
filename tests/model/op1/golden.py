"""The golden vectors: every suite, protocol, tag mode and variant that OP1 allows. All choices follow from the name of
a vector, so two runs give the same bytes."""
import hashlib

from . import ccise, csi2, keys, stride, vectors
from .context import FP_BOTTOM, FP_IMAGE, FP_TOP, TAG_DATA_TYPE, TAG_FRAME, TAG_MESSAGE, TAG_NONE, Context

KEYED = [suite for suite in keys.SUITES if suite != keys.SAFETY]
MODE_NAMES = {TAG_NONE: "none", TAG_MESSAGE: "message", TAG_DATA_TYPE: "datatype", TAG_FRAME: "frame"}
IMAGE_TYPES = (0x2B, 0x2C, 0x2E, 0x1E, 0x24)  # RAW10, RAW12, RAW16, YUV422 8 bit, RGB888
STRIDES = ((0, 1, 2), (1, 2, 3), (3, 2, 4), (2, 1, 4), (1, 1, 2))  # offset, run, period
SIZES = (3, 5, 1, 17, 8, 7, 2, 16, 4, 6)
CARRIED_LINE = 68  # the shortest that holds an FSH


class Draw:
    """Numbers and bytes that follow from a name."""

    def __init__(self, name):
        self.name, self.count = name, 0

    def bytes(self, n):
        out = b""
        while len(out) < n:
            out += hashlib.sha256(f"camseal golden {self.name} {self.count}".encode()).digest()
            self.count += 1
        return out[:n]

    def number(self, low, high):
        return low + int.from_bytes(self.bytes(8), "big") % (high - low + 1)


def variants(suite):
    """Variants of FP-2, FP-3, FP-4: each in each partition beside full integrity, and mixtures."""
    own = (1, 2, 3, 4, 5) if keys.SUITES[suite].encrypts else (2, 3, 4, 5)
    out = []
    for variant in own:
        out += [tuple(variant if i == place else 2 for i in range(3)) for place in range(3)]
    out += [(5, 5, 5), (3, 3, 3), (2, 3, 5), (5, 4, 2)]
    if 1 in own:
        out += [(1, 1, 1), (1, 3, 2), (4, 1, 5)]
    return list(dict.fromkeys(out))


def named(section, suite, sv, *what):
    return "-".join([*section, keys.SUITES[suite].name, "sv" + "".join(map(str, sv)), *what])


def tag_length(suite, tag_mode, index):
    legal = keys.TAG_LENGTHS[keys.SUITES[suite].mac]
    return legal[index % len(legal)] if tag_mode in (TAG_NONE, TAG_MESSAGE) else 16


def stride_of(sv, index):
    unit = 1 if 3 in sv else 2 if 4 in sv else 0
    return stride.Stride(unit, *STRIDES[index % len(STRIDES)]) if unit else stride.NONE


def make_context(draw, protocol, suite, tag_mode, sv, index):
    """A context with values of which no two fields share theirs."""
    return Context(protocol, draw.number(1, 255), suite, tag_mode, tag_length(suite, tag_mode, index),
                   draw.number(1, 0xFFFFFFFF) if suite else 0, ("crc32c", "ieee")[index // 2 % 2],
                   stride_of(sv, index), sv, draw.number(0, 255), draw.number(0, 15))


def make_root(draw, suite):
    if not suite:
        return None, {}
    loaded, salt = draw.bytes(32), draw.bytes(16)
    crk = keys.extract(salt, loaded)
    return crk, {"root": {"loaded": loaded, "salt": salt, "crk": crk}}


def make_lines(draw, sv, index):
    """One line in FP-2, one to three in FP-3 of one or two data types, one in FP-4."""
    first, second = IMAGE_TYPES[index % 5], IMAGE_TYPES[(index + index // 5 % 2) % 5]
    plan = [(FP_TOP, csi2.EMBEDDED), (FP_IMAGE, first), (FP_IMAGE, second), (FP_IMAGE, first),
            (FP_BOTTOM, csi2.EMBEDDED)]
    if index % 7:
        del plan[3]
    if index % 2 and 3 not in sv:
        del plan[2]
    return [(fp, edt, draw.bytes(SIZES[(index * 3 + i) % len(SIZES)])) for i, (fp, edt) in enumerate(plan)]


def head(name, clause, ctx, extra):
    s = ctx.stride
    context = {"protocol": ctx.protocol, "ctx_id": ctx.ctx_id, "suite": ctx.suite,
               "suite_name": keys.SUITES[ctx.suite].name, "tag_mode": ctx.tag_mode, "tag_length": ctx.tag_length,
               "epoch": ctx.epoch, "crc": ctx.crc, "stride": s._asdict(), "sv": list(ctx.sv), "evc": ctx.evc,
               "wire_vc": ctx.wire_vc, **extra}
    return {"name": name, "clause": clause, "context": context}


# ---- SEP ----

def slot_list(draw, ctx, lines):
    """The slots of these lines and one that no line uses, in no particular order."""
    used = list(dict.fromkeys((ctx.evc, fp, edt) for fp, edt, _ in lines)) + [(ctx.evc, FP_IMAGE, 0x30)]
    return sorted(used, key=lambda slot: draw.bytes(4))


def closing(ctx, lines, index):
    """(tagged lines, trailer?, word for the name): who carries the tags."""
    if ctx.all_open() or ctx.tag_mode in (TAG_NONE, TAG_MESSAGE):
        with_trailer = index % 3 == 2 and not ctx.all_open()
        return (), with_trailer, ["trailer"] if with_trailer else []
    if ctx.tag_mode == TAG_FRAME:
        return ((len(lines) - 1,), False, ["on-last"]) if index % 2 else ((), True, ["trailer"])
    last = sorted({(fp, edt): i for i, (fp, edt, _) in enumerate(lines)}.values())
    return ((last, False, ["on-last"]), ((), True, ["trailers"]), (last[:1], True, ["some-trailers"]))[index % 3]


def sep_vector(suite, tag_mode, sv, index):
    base = named(("sep", MODE_NAMES[tag_mode]), suite, sv)
    draw = Draw(base)
    ctx = make_context(draw, "SEP", suite, tag_mode, sv, index)
    lines = make_lines(draw, sv, index)
    extra = {}
    if tag_mode == TAG_DATA_TYPE:
        ctx.slots = slot_list(draw, ctx, lines)
        extra = {"slots": [list(slot) for slot in ctx.slots]}
    tagged, with_trailer, word = closing(ctx, lines, index)
    if tag_mode == TAG_MESSAGE:
        word = [f"tag{ctx.tag_length}", *word]
    crk, root = make_root(draw, suite)
    frame_count = draw.number(1, (1 << 40) - 2)
    return {**head("-".join([base, *word]), "4, 5", ctx, extra), **root, "frame_count": frame_count,
            **vectors.sep_frame(ctx, crk, frame_count, lines, tagged, with_trailer)}


def sep_vectors(tag_mode):
    plan = [(suite, sv) for suite in KEYED for sv in variants(suite)]
    return [sep_vector(suite, tag_mode, sv, i) for i, (suite, sv) in enumerate(plan)]


# ---- FSED ----

def stream_list(draw, ctx, lines, index):
    """(wire VC, wire DT, eVC, eDT, embedded): every third vector remaps the data types of the wire."""
    out, remapped = [], index % 3 == 1
    for fp, edt, _ in lines:
        wire_dt = 0x30 + len(out) if remapped else edt
        entry = (ctx.wire_vc, wire_dt, ctx.evc, edt, int(fp != FP_IMAGE))
        if edt not in [stream[3] for stream in out]:
            out.append(entry)
    return out


def config_tlvs(ctx):
    """Some TLVs as a host could send them: type, flags, length, value. Only input of the digest."""
    values = {0x01: b"\x01", 0x02: bytes([ctx.domain()]), 0x03: bytes([ctx.suite]), 0x04: bytes([ctx.tag_mode]),
              0x05: bytes([ctx.tag_length]), 0x0E: bytes(ctx.sv)}
    return b"".join(bytes([t, 1]) + len(v).to_bytes(2, "little") + v for t, v in values.items())


def uncounted(draw, ctx):
    """Packets that are outside count and MAC: null, generic short, a long one that no stream lists."""
    return [csi2.long_packet(ctx.wire_vc, 0x10, draw.bytes(3)), csi2.header(ctx.wire_vc, 0x0A, draw.number(1, 999)),
            csi2.long_packet(ctx.wire_vc, 0x13, draw.bytes(2))]


def fsed_items(draw, ctx, lines, index):
    if ctx.line_carried:  # then embedded data has lines of that length too
        lines = [(fp, edt, draw.bytes(CARRIED_LINE) if fp != FP_IMAGE else data) for fp, edt, data in lines]
    if index % 6 == 2:
        lines = [line for line in lines if line[0] != FP_TOP]
    if index % 4 == 1:
        lines = [(fp, edt, (data * 7)[:7]) for fp, edt, data in lines]
    items = [(edt, data) for _, edt, data in lines]
    if index % 5 == 4 and not ctx.line_carried:
        for place, packet in zip((1, 2, 3), uncounted(draw, ctx)):
            items.insert(place, (None, packet))
    return items, tuple(sum(fp == want for fp, _, _ in lines) for want in (FP_TOP, FP_IMAGE, FP_BOTTOM))


def fsed_vector(suite, sv, index):
    base = named(("fsed", "frame" if suite else "none"), suite, sv)
    draw = Draw(base)
    ctx = make_context(draw, "FSED", suite, TAG_FRAME if suite else TAG_NONE, sv, index)
    lines = make_lines(draw, sv, index)
    ctx.line_carried = CARRIED_LINE + index % 3 if index % 7 == 3 else 0
    ctx.streams = stream_list(draw, ctx, lines, 0 if ctx.line_carried else index)
    ctx.tbt = bool(index % 3) and not ctx.all_open()
    extra = {"streams": [list(stream) for stream in ctx.streams], "tbt": ctx.tbt, "line_carried": ctx.line_carried}
    if index % 2:
        ctx.config_tlvs = extra["config_tlvs"] = config_tlvs(ctx)
    items, expected = fsed_items(draw, ctx, lines, index)
    crk, root = make_root(draw, suite)
    frame_count = draw.number(1, (1 << 40) - 2)
    choices = {"expected": expected if index % 2 else None, "timestamp": draw.number(0, (1 << 62)) if index % 4 else 0,
               "number": draw.number(1, 0xFFFF)}
    word = ["tbt"] * ctx.tbt + ["carried"] * bool(ctx.line_carried)
    return {**head("-".join([base, *word]), "4, 6", ctx, extra), **root, "frame_count": frame_count,
            **vectors.fsed_frame(ctx, crk, frame_count, items, **choices)}


def fsed_vectors():
    plan = [(suite, sv) for suite in KEYED for sv in variants(suite)]
    return [fsed_vector(suite, sv, i) for i, (suite, sv) in enumerate(plan)]


# ---- CCISE ----

def ccise_vector(suite, op, enc, status, index):
    legal = keys.TAG_LENGTHS[keys.SUITES[suite].mac]
    length = legal[index % len(legal)]
    what = {ccise.WRITE: "write", ccise.READ: "read", ccise.STATUS: "status"}[op]
    words = ["ccise", keys.SUITES[suite].name, what, *["enc"] * enc, *[f"code{status}"] * bool(status)]
    name = "-".join([*words, f"tag{length}"])
    draw = Draw(name)
    ctx = ccise.Context(draw.number(1, 255), suite, length, draw.number(1, 0xFFFFFFFF), draw.number(1, 0xFFFF))
    crk, root = make_root(draw, suite)
    counter = draw.number(1, (1 << 64) - 1)
    index16 = ccise.STATUS_INDEX if op == ccise.STATUS else draw.number(0, 0xFF00)
    data = ccise_data(draw, op, counter, index)
    common = (op, enc, counter, index16)
    if op == ccise.WRITE:
        units = [vectors.ccise_unit(ctx, crk, 0, *common, data)]
    else:
        answer = b"\0" if status else data
        units = [vectors.ccise_unit(ctx, crk, 0, *common, b"", wanted=len(data)),
                 vectors.ccise_unit(ctx, crk, 1, *common, answer, status=status)]
    context = {"protocol": "CCISE", "ctx_id": ctx.ctx_id, "suite": suite, "suite_name": keys.SUITES[suite].name,
               "tag_length": length, "epoch": ctx.epoch, "target_id": ctx.target_id}
    return {"name": name, "clause": "7", "context": context, **root, "op": op, "enc": enc, "counter": counter,
            "index": index16, "units": units}


def ccise_data(draw, op, counter, index):
    if op != ccise.STATUS:
        return draw.bytes(256 if index == 3 else SIZES[index % len(SIZES)])
    last_write = draw.number(0, counter - 1)
    result, rejected = draw.number(0, 4), draw.number(0, 0xFFFFFFFF)
    return last_write.to_bytes(8, "big") + bytes([result, 0, 0, 0]) + rejected.to_bytes(4, "big")


def ccise_vectors():
    plan = []
    for suite in KEYED:
        for enc in (0, 1) if keys.SUITES[suite].encrypts else (0,):
            plan += [(suite, ccise.WRITE, enc, 0), (suite, ccise.STATUS, enc, 0)]
            plan += [(suite, ccise.READ, enc, status) for status in range(5)]
    return [ccise_vector(*entry, i) for i, entry in enumerate(plan)]


# ---- small sections ----

def basics():
    draw = Draw("basics")
    headers = [{"vc": vc, "dt": dt, "wc": wc} for vc, dt, wc in
               [(i, draw.number(0, 63), draw.number(0, 0xFFFF)) for i in range(16)]]
    sizes = (0, 1, 15, 16, 17, 64)
    root = {
        "csi2": {"headers": headers, "crc16": [{"data": draw.bytes(n)} for n in sizes]},
        "crc32": [{"poly": poly, "data": draw.bytes(n)} for poly in ("crc32c", "ieee") for n in sizes],
        "salt_extraction": [{"name": f"extract-{i}", "clause": "2", "loaded": draw.bytes(32), "salt": draw.bytes(16)}
                            for i in range(4)],
        "key_derivation": derivations(draw),
        "counter_extension": {"clause": "3", "entries": [{"last": last, "low32": low} for last, low in counters(draw)]},
        "stride_coverage": {"clause": "4", "entries": [
            {"kind": kind, "offset": offset, "run": run, "period": period, "covered": "0" * 3 * period}
            for kind in ("message", "byte") for period in (1, 2, 5, 7) for run in (1, period) for offset in
            (0, period - 1)]},
    }
    fill(root)
    return root


def derivations(draw):
    loaded, salt = draw.bytes(32), draw.bytes(16)
    plan = [(protocol, direction, suite, label) for protocol, direction in ((1, 0), (2, 0), (3, 1), (3, 2))
            for suite in KEYED for label in keys.lengths(suite)]
    return {"clause": "2", "loaded": loaded, "salt": salt, "crk": keys.extract(salt, loaded), "entries": [
        {"protocol": protocol, "ctx_id": draw.number(1, 255), "dir": direction, "suite": suite,
         "epoch": draw.number(0, 0xFFFFFFFF), "label": label} for protocol, direction, suite, label in plan]}


def counters(draw):
    """(last, low32) around every edge: the same, its neighbours, half a turn away, wrapped, below zero."""
    for last in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, draw.number(1 << 32, (1 << 39))):
        for step in (-(1 << 31), 1 - (1 << 31), -1, 0, 1, (1 << 31) - 1, 1 << 31):
            yield last, (last + step) & 0xFFFFFFFF


def fill(root):
    """Adds to each entry what the model computes."""
    text = vectors.as_file(root)
    for (section, entry, _), (_, shown, group) in zip(vectors.entries(root), vectors.entries(text)):
        entry.update(vectors.SMALL[section](shown, group))


def files():
    """File name -> its vectors, without the member "format"."""
    safety = sep_vector(keys.SAFETY, TAG_NONE, (5, 5, 5), 1), fsed_vector(keys.SAFETY, (5, 5, 5), 1)
    return {
        "basics.json": basics(),
        "sep-message.json": {"sep": [*sep_vectors(TAG_MESSAGE), safety[0]]},
        "sep-datatype.json": {"sep": sep_vectors(TAG_DATA_TYPE)},
        "sep-frame.json": {"sep": sep_vectors(TAG_FRAME)},
        "fsed.json": {"fsed": [*fsed_vectors(), safety[1]]},
        "ccise.json": {"ccise": ccise_vectors()},
    }
