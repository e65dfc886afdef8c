"""Test vectors: rebuilds each from its inputs, and opens its wire bytes again. The format describes itself in the
member "format" of every file."""
from . import ccise, crc, csi2, fsed, keys, nonce, sep, stride
from .context import Context
from .errors import Broken


class Differs(Exception):
    """Names the first difference."""


# ---- values ----

def number(value):
    return int(value, 16) if isinstance(value, str) else int(value)


def unhex(value):
    return bytes.fromhex(value)


def compare(path, ours, theirs):
    """Bytes and numbers of the model against the file's strings and numbers, member by member."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if ours.keys() != theirs.keys():
            odd = sorted(ours.keys() ^ theirs.keys())
            raise Differs(f"{path}: members {', '.join(odd)} on one side only")
        for name in ours:
            compare(f"{path}.{name}" if path else name, ours[name], theirs[name])
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            raise Differs(f"{path}: {len(ours)} entries, in the file {len(theirs)}")
        for i, pair in enumerate(zip(ours, theirs)):
            compare(f"{path}[{i}]", *pair)
    elif isinstance(ours, bytes):
        compare_bytes(path, ours, unhex(theirs))
    elif isinstance(ours, int):
        if ours != number(theirs):
            raise Differs(f"{path}: {ours:#x}, in the file {theirs}")
    elif ours != theirs:
        raise Differs(f"{path}: {ours}, in the file {theirs}")


def compare_bytes(path, ours, theirs):
    for i, (a, b) in enumerate(zip(ours, theirs)):
        if a != b:
            raise Differs(f"{path}: first difference at byte {i}: {a:02x}, in the file {b:02x}")
    if len(ours) != len(theirs):
        raise Differs(f"{path}: {len(ours)} bytes, in the file {len(theirs)}")


HEX_DIGITS = {"ctx_id": 2, "suite": 2, "epoch": 8, "evc": 2, "frame_count": 10, "edt": 4, "counter": 16, "index": 4,
              "target_id": 4, "dt": 2, "last": 10, "low32": 8, "value": 10}
LIST_DIGITS = {"streams": (0, 2, 2, 4, 0), "slots": (2, 0, 4)}


def as_file(value, name=None, digits=0):
    """Bytes and numbers of the model as strings and numbers of a file."""
    if isinstance(value, dict):
        # A CRC is two or four bytes long, as its neighbour "wire" is.
        crc_digits = 2 * len(value["wire"]) if isinstance(value.get("wire"), bytes) else 0
        return {k: as_file(v, k, HEX_DIGITS.get(k, crc_digits if k == "crc" else 0)) for k, v in value.items()}
    if isinstance(value, list) and name in LIST_DIGITS:
        return [[as_file(v, None, n) for v, n in zip(entry, LIST_DIGITS[name])] for entry in value]
    if isinstance(value, list):
        return [as_file(v) for v in value]
    if isinstance(value, bytes):
        return value.hex()
    return f"0x{value:0{digits}X}" if digits and not isinstance(value, bool) else value


# ---- small sections: entry, group -> the members that the model computes ----

def csi2_header(e, _):
    bytes_ = csi2.header(e["vc"], number(e["dt"]), e["wc"])
    return {"bytes": bytes_}


def csi2_crc16(e, _):
    value = crc.crc16(unhex(e["data"]))
    return {"crc": value, "wire": value.to_bytes(2, "little")}


def crc32(e, _):
    value = crc.crc32(e["poly"], unhex(e["data"]))
    return {"crc": value, "wire": value.to_bytes(4, "little")}


def salt_extraction(e, _):
    return {"crk": keys.extract(unhex(e["salt"]), unhex(e["loaded"]))}


def key_derivation(e, group):
    crk = keys.extract(unhex(group["salt"]), unhex(group["loaded"]))
    compare("crk", crk, group["crk"])
    suite = number(e["suite"])
    info = keys.info(e["label"], e["protocol"], number(e["ctx_id"]), e["dir"], suite, number(e["epoch"]))
    return {"info": info, "okm": keys.expand(crk, info, keys.lengths(suite)[e["label"]])}


def counter_extension(e, _):
    value, replay = nonce.extend(number(e["last"]), number(e["low32"]))
    if value < 0:  # no frame has such a number: only the replay counts
        return {"replay": replay}
    return {"value": value, "replay": replay}


def stride_coverage(e, _):
    if e["kind"] not in ("message", "byte"):
        raise Differs("kind: unknown")
    s = stride.Stride(1, e["offset"], e["run"], e["period"])
    return {"covered": "".join(str(int(stride.inside(s, n))) for n in range(len(e["covered"])))}


SMALL = {"csi2.headers": csi2_header, "csi2.crc16": csi2_crc16, "crc32": crc32, "salt_extraction": salt_extraction,
         "key_derivation": key_derivation, "counter_extension": counter_extension,
         "stride_coverage": stride_coverage}


def check_small(section, entry, group):
    made = SMALL[section](entry, group)
    compare("", made, {name: entry[name] for name in made})


# ---- frames and transactions ----

def context_of(c):
    s = stride.Stride(*(c["stride"][name] for name in ("unit", "offset", "run", "period")))
    optional = {}
    if c["protocol"] == "FSED":
        optional = {"streams": [tuple(map(number, s)) for s in c["streams"]], "tbt": c["tbt"],
                    "line_carried": c["line_carried"]}
        if "config_tlvs" in c:
            optional["config_tlvs"] = unhex(c["config_tlvs"])
    if "slots" in c:
        optional["slots"] = [tuple(map(number, s)) for s in c["slots"]]
    return Context(c["protocol"], number(c["ctx_id"]), number(c["suite"]), c["tag_mode"], c["tag_length"],
                   number(c["epoch"]), c["crc"], s, tuple(c["sv"]), number(c["evc"]), c["wire_vc"], **optional)


def check_names(c, protocol, suite):
    compare("context.protocol", protocol, c["protocol"])
    compare("context.suite_name", keys.SUITES[suite].name, c["suite_name"])


def root_of(v):
    if "root" not in v:
        return None, {}
    root = v["root"]
    crk = keys.extract(unhex(root["salt"]), unhex(root["loaded"]))
    return crk, {"root": {"loaded": unhex(root["loaded"]), "salt": unhex(root["salt"]), "crk": crk}}


def keys_member(made):
    """Keys as a member of a vector; those that the suite has not are left out."""
    present = {name: value for name, value in made._asdict().items() if value is not None}
    return {"keys": present} if present else {}


def only(v, names):
    return {name: v[name] for name in names if name in v}


def sep_frame(ctx, crk, frame_count, lines, tagged=(), trailer=False):
    k = ctx.derive(crk)
    return {**keys_member(k), "messages": sep.build_frame(ctx, k, frame_count, lines, tagged, trailer)}


def check_sep(v):
    ctx, frame_count = context_of(v["context"]), number(v["frame_count"])
    check_names(v["context"], "SEP", ctx.suite)
    crk, root = root_of(v)
    lines = [(m["fp"], number(m["edt"]), unhex(m["data"])) for m in v["messages"] if m["fp"]]
    tagged = {i for i, m in enumerate(v["messages"]) if m["fp"] and m["tag_p"]}
    made = {**root, **sep_frame(ctx, crk, frame_count, lines, tagged, len(lines) < len(v["messages"]))}
    compare("", made, only(v, ("root", "keys", "messages")))
    opened = sep.open_frame(ctx, ctx.derive(crk), frame_count, [unhex(m["packet"]) for m in v["messages"]])
    compare("opened", opened, [m["data"] for m in v["messages"]])


def fsed_frame(ctx, crk, frame_count, items, **choices):
    """Canonical headers are part of a vector only if a tag covers them or could."""
    k = ctx.derive(crk)
    made = fsed.build_frame(ctx, k, frame_count, items, **choices)
    if not ctx.algorithm():
        for m in made["messages"]:
            del m["header"]
    return {**keys_member(k), **made}


def fsed_items(v):
    messages = iter(v["messages"])
    for packet in v["wire"]:
        if packet["kind"] == "MSG":
            m = next(messages)
            yield number(m["edt"]), unhex(m["data"])
        elif packet["kind"] == "UNCOUNTED":
            yield None, unhex(packet["packet"])


def fsed_choices(v):
    """What the source is free to say."""
    fsh, ftg = unhex(v["fsh"]["header"]), unhex(v["ftg"]["header"])
    return {"expected": tuple(int.from_bytes(fsh[i:i + 2], "little") for i in (24, 26, 28)),
            "timestamp": int.from_bytes(fsh[32:40], "little"), "flags": fsh[3] & 0x70,
            "status": int.from_bytes(ftg[28:32], "little"), "number": csi2.parse(unhex(v["wire"][0]["packet"]))[2]}


def check_fsed(v):
    ctx, frame_count = context_of(v["context"]), number(v["frame_count"])
    check_names(v["context"], "FSED", ctx.suite)
    crk, root = root_of(v)
    made = {**root, **fsed_frame(ctx, crk, frame_count, list(fsed_items(v)), **fsed_choices(v))}
    compare("", made, only(v, ("root", "keys", "fsh", "tbt", "ftg", "messages", "wire")))
    opened = fsed.open_frame(ctx, ctx.derive(crk), frame_count, [unhex(p["packet"]) for p in v["wire"]])
    compare("opened", opened, [m["data"] for m in v["messages"]])


def ccise_unit(ctx, crk, response, op, enc, counter, index, data, **choices):
    k = ctx.derive(crk, response)
    unit = ccise.build(ctx, k, op, enc, response, counter, index, data, **choices)
    return {"direction": "response" if response else "request", "dir": 1 + response,
            "status": choices.get("status", 0), **keys_member(k), **unit}


def check_ccise(v):
    c = v["context"]
    ctx = ccise.Context(number(c["ctx_id"]), number(c["suite"]), c["tag_length"], number(c["epoch"]),
                        number(c["target_id"]))
    check_names(c, "CCISE", ctx.suite)
    crk, root = root_of(v)
    common = (v["op"], v["enc"], number(v["counter"]), number(v["index"]))
    compare("units", len(v["units"]), 1 if v["op"] == ccise.WRITE else 2)
    units = []
    for response, unit in enumerate(v["units"]):
        bodiless = v["op"] != ccise.WRITE and not response
        wanted = unhex(unit["header"])[3] + 1 if bodiless else None
        units.append(ccise_unit(ctx, crk, response, *common, unhex(unit["data"]), status=unit["status"], wanted=wanted))
    compare("", {**root, "units": units}, only(v, ("root", "units")))
    for response, unit in enumerate(v["units"]):
        opened = ccise.open_unit(ctx, ctx.derive(crk, response), v["op"], v["enc"], response, common[2], common[3],
                                 unhex(unit["bytes_after_address"]))
        compare(f"opened {unit['direction']}", list(opened), [unit["status"], unit["data"]])


FRAMES = {"sep": check_sep, "fsed": check_fsed, "ccise": check_ccise}


# ---- files ----

def entries(root):
    """(section, entry, group) of every vector of a file."""
    for section, value in root.items():
        if section == "csi2":
            for part in ("headers", "crc16"):
                for entry in value[part]:
                    yield f"csi2.{part}", entry, value
        elif section != "format":
            for entry in value["entries"] if isinstance(value, dict) else value:
                yield section, entry, value


def check_entry(section, entry, group):
    """None if the vector agrees, else the first difference."""
    try:
        if section in FRAMES:
            FRAMES[section](entry)
        elif section in SMALL:
            check_small(section, entry, group)
        else:
            return "section unknown to the model"
    except (Differs, Broken) as fault:
        return str(fault)
    except (KeyError, ValueError, TypeError, IndexError) as fault:
        return f"malformed: {type(fault).__name__} {fault}"
    return None
