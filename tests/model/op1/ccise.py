"""CCISE (§7): one I2C transaction, Start to Stop."""
from . import keys as op1_keys, mac, nonce
from .errors import Broken

WRITE, READ, STATUS = 0, 1, 2
OK, BUSY, POLICY, RANGE, INTERNAL = range(5)
STATUS_INDEX, STATUS_BYTES = 0xFFFF, 16


class Context:
    """What both ends share; one direction has its own keys."""

    def __init__(self, ctx_id, suite, tag_length, epoch, target_id):
        if tag_length not in op1_keys.TAG_LENGTHS[op1_keys.SUITES[suite].mac]:
            raise Broken("tag length")
        self.ctx_id, self.suite, self.tag_length = ctx_id, suite, tag_length
        self.epoch, self.target_id = epoch, target_id

    def algorithm(self):
        return op1_keys.SUITES[self.suite].mac

    def derive(self, crk, response):
        direction = op1_keys.TO_CONTROLLER if response else op1_keys.TO_TARGET
        return op1_keys.derive(crk, op1_keys.PROTOCOLS["CCISE"], self.ctx_id, direction, self.suite, self.epoch)


def header(ctx, op, enc, response, status, length, counter):
    """8 bytes; length 1...256 is that of the data, or the one wanted in a read request."""
    first = 1 << 4 | op << 2 | enc << 1 | response
    return (bytes([first, ctx.ctx_id, (ctx.epoch & 15) << 4 | status, length - 1])
            + (counter & 0xFFFFFFFF).to_bytes(4, "big"))


def mac_input(ctx, head, counter, index, payload):
    canonical = head[:4] + counter.to_bytes(8, "big") + index.to_bytes(2, "big") + ctx.target_id.to_bytes(2, "big")
    return canonical + mac.pad16(payload)


def build(ctx, keys, op, enc, response, counter, index, data, *, status=OK, wanted=None):
    """One unit as an object of a vector. wanted: length asked for by a request without data."""
    if enc and not op1_keys.SUITES[ctx.suite].encrypts:
        raise Broken("encryption only with -IE suites")
    head = header(ctx, op, enc, response, status, wanted or len(data), counter)
    struct = nonce.ccise_struct(nonce.RESPONSE if response else nonce.COMMAND, counter)
    out = {"header": head, "data": data}
    payload = data
    if enc and data:
        out["ctr_struct"], out["ctr_nonce"] = struct, nonce.mask(struct, keys.iv_enc)
        payload = out["ciphertext"] = mac.ctr(keys.k_enc, out["ctr_nonce"], data)
    masked, message = nonce.mask(struct, keys.iv_int), mac_input(ctx, head, counter, index, payload)
    full = mac.tag(ctx.algorithm(), keys.k_int, masked, message)
    out["mac"] = {"struct": struct, "nonce": masked, "algorithm": ctx.algorithm(), "mac_input": message,
                  "tag": full[:ctx.tag_length]}
    if ctx.tag_length < 16:
        out["mac"]["tag_full"] = full
    prefix = b"" if response else index.to_bytes(2, "big")
    out["bytes_after_address"] = prefix + head + payload + out["mac"]["tag"]
    return out


def open_unit(ctx, keys, op, enc, response, counter, index, wire):
    """(status, plaintext) of a unit as received. counter is the whole value that the sender used. Raises Broken."""
    if not response:
        if wire[:2] != index.to_bytes(2, "big"):
            raise Broken("index")
        wire = wire[2:]
    head, payload, tag = wire[:8], wire[8:-ctx.tag_length], wire[-ctx.tag_length:]
    if len(wire) < 8 + ctx.tag_length:
        raise Broken("short unit")
    status, length = head[2] & 15, head[3] + 1
    if head != header(ctx, op, enc, response, status, length, counter) or (status and not response):
        raise Broken("header and context disagree")
    if len(payload) != (0 if op != WRITE and not response else length):
        raise Broken("length")
    struct = nonce.ccise_struct(nonce.RESPONSE if response else nonce.COMMAND, counter)
    message = mac_input(ctx, head, counter, index, payload)
    if mac.tag(ctx.algorithm(), keys.k_int, nonce.mask(struct, keys.iv_int), message)[:ctx.tag_length] != tag:
        raise Broken("tag")
    if enc and payload:
        payload = mac.ctr(keys.k_enc, nonce.mask(struct, keys.iv_enc), payload)
    return status, payload
