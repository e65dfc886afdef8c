"""CSI-2 packets over D-PHY (§11)."""
from .crc import crc16
from .errors import Broken

FS, FE = 0x00, 0x01
EMBEDDED = 0x12
FSH, TBT, FTG, SEP = 0x34, 0x35, 0x36, 0x37

# Which ECC bits each of the bits D0...D23, VCX0, VCX1 feeds.
ECC_COLUMNS = bytes.fromhex("070B0D0E131516191A1C232526292A2C313234381F2F373B3D3E")


def is_counted_type(dt):
    """Null, blanking and short packets are outside count and MAC (§4)."""
    return dt > 0x11


def ecc(bits26):
    code = 0
    for i, column in enumerate(ECC_COLUMNS):
        if bits26 >> i & 1:
            code ^= column
    return code


def header(vc, dt, field):
    """The four header bytes; field is the word count, or the number in a short packet."""
    di = (vc & 3) << 6 | dt
    vcx = vc >> 2
    return bytes([di, field & 0xFF, field >> 8, vcx << 6 | ecc(di | field << 8 | vcx << 24)])


def long_packet(vc, dt, payload):
    return header(vc, dt, len(payload)) + payload + crc16(payload).to_bytes(2, "little")


def parse(packet):
    """(vc, dt, field, payload) of a whole undamaged packet."""
    if len(packet) < 4:
        raise Broken("packet shorter than its header")
    vc = (packet[3] >> 6) << 2 | packet[0] >> 6
    dt, field = packet[0] & 0x3F, packet[1] | packet[2] << 8
    if packet[:4] != header(vc, dt, field):
        raise Broken("ECC")
    if dt <= 0x0F:
        if len(packet) != 4:
            raise Broken("short packet with a payload")
        return vc, dt, field, b""
    payload = packet[4:-2]
    if len(payload) != field or packet != long_packet(vc, dt, payload):
        raise Broken("length or CRC-16 of a packet")
    return vc, dt, field, payload
