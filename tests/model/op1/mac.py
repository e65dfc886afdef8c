"""Tags, their input, and CTR (§1, §3, §4). The ciphers come from the package "cryptography"."""
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC

from . import nonce


def tag(algorithm, key, nonce_bytes, mac_input):
    """All 16 bytes."""
    if algorithm == "GMAC":
        return AESGCM(key).encrypt(nonce_bytes, b"", mac_input)
    c = CMAC(algorithms.AES(key))
    c.update(b"OP1C" + nonce_bytes + mac_input)
    return c.finalize()


def ctr(key, nonce_bytes, data):
    """Encrypts or decrypts one message; the first block is nonce || 00000001."""
    c = Cipher(algorithms.AES(key), modes.CTR(nonce_bytes + b"\0\0\0\1")).encryptor()
    return c.update(data) + c.finalize()


def pad16(data):
    return data + bytes(-len(data) % 16)


def trailer(unit_type, n_messages, covered_bytes):
    """The last 16 bytes of every tag input of SEP and FSED."""
    return (bytes([0xFF, unit_type, 0, 0]) + n_messages.to_bytes(4, "little")
            + covered_bytes.to_bytes(8, "little"))


class Unit:
    """What one tag will cover: canonical headers and covered bytes, in order."""

    def __init__(self, prefix=b""):
        self.input, self.n_messages, self.covered_bytes = prefix, 0, 0

    def add(self, header, covered):
        self.input += header + pad16(covered)
        self.n_messages += 1
        self.covered_bytes += len(covered)

    def finish(self, algorithm, keys, struct, unit_type, suffix=b""):
        """The tag over what was added, then suffix, then the trailer; as the object "mac" of a vector."""
        data = self.input + suffix + trailer(unit_type, self.n_messages, self.covered_bytes)
        masked = nonce.mask(struct, keys.iv_int)
        return {"struct": struct, "nonce": masked, "type": unit_type, "n_messages": self.n_messages,
                "covered_bytes": self.covered_bytes, "algorithm": algorithm, "mac_input": data,
                "tag": tag(algorithm, keys.k_int, masked, data)}
