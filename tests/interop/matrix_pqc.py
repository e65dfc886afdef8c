"""The runs of the matrix with post-quantum algorithms, for builds of both sides that have them: SPDM 1.4, sessions of each
pair of algorithms, and the services with one of them. Every run takes chunks: a chain alone has 11 to 22 kB."""
import copy

from matrix_run import Job
from matrix_services import ROWS

SIGNATURES, KEMS = ["44", "65", "87"], ["512", "768", "1024"]


class Way:
    def __init__(self, name, transport="mctp", theirs=(), ours=(), asked=True, clear=False, transfer=None):
        self.name, self.transport, self.theirs, self.ours, self.asked = name, transport, list(theirs), list(ours), asked
        self.clear, self.transfer = clear, transfer


def mutual(how):
    return ["--mut_auth", how, "--basic_mut_auth", "NO"]


WAYS = [
    Way("certificate"), Way("clear", clear=True), Way("512 a transfer", transfer=512),
    Way("mutual", theirs=mutual("W_ENCAP")), Way("mutual, clear", theirs=mutual("W_ENCAP"), clear=True),
    Way("mutual, 512 a transfer", theirs=mutual("W_ENCAP"), transfer=512),
    Way("by DIGESTS", theirs=mutual("DIGESTS"), ours=["--ask", "digests"]),
    Way("known", theirs=mutual("WO_ENCAP"), asked=False,
        ours=["--ask", "known", "--requester", "{keys}/bundle_requester.certchain.der"]),
    Way("TCP certificate", "tcp"), Way("TCP mutual", "tcp", mutual("W_ENCAP")),
    Way("DOE certificate", "doe"), Way("DOE mutual", "doe", mutual("W_ENCAP")),
]
# Large messages come in others: what is seen of them instead.
CHUNKED = {"-> CSR": "<- GET_CSR", "-> SET_CERTIFICATE_RSP": "slot 0: .* stored", "SET_CERTIFICATE_RSP .*secured": "slot 0 set"}
# libspdm 1e16c60, libspdm_set_data(PEER_USED_CERT_CHAIN_BUFFER): knows RSA, ECDSA, EdDSA and SM2 leaves only.
THEIR_LIMIT = "their responder takes no ML-DSA key from a chain that it knows beforehand"


def algorithms(signature, host, kem):
    return ["--hash", "SHA_384", "--asym", "NONE", "--req_asym", "NONE", "--dhe", "NONE", "--aead", "AES_256_GCM", "--pqc_asym",
            f"ML_DSA_{signature}", "--req_pqc_asym", f"ML_DSA_{host}", "--kem", f"ML_KEM_{kem}"]


def taking(host):
    """Unless they are named, a responder takes no post-quantum signatures of requesters."""
    return ["--req-asym", f"ML_DSA_{host}"]


class PqcRun:
    def __init__(self, ours, signature, kem, way):
        self.ours, self.signature, self.kem, self.way = ours, signature, kem, way

    def __str__(self):
        return f"our {self.ours}, 1.4, ML-DSA-{self.signature}, ML-KEM-{self.kem}, {self.way.name}"

    def job(self):
        keys, way = f"bin/mldsa{self.signature}", self.way
        own = ["--chain", f"{keys}/bundle_{self.ours}.certchain.der", "--key", f"{keys}/end_{self.ours}.key"]
        trust = ["--trust", f"{keys}/ca.cert.der"]
        command = ["session", "--challenge"] + trust + (own if way.theirs else [])
        if self.ours == "responder":
            command = own + (["--mutual", "require"] + trust + taking(self.signature) if way.theirs else [])
            command += [word.format(keys=keys) for word in way.ours]
        seen = ["END_SESSION_ACK", "KEY_UPDATE_ACK", "CHUNK_"]
        seen += ["DELIVER_ENCAPSULATED_RESPONSE"] if way.theirs and way.asked else []
        return Job(self.ours, "1.4", way.transport, algorithms(self.signature, self.signature, self.kem), command, way.theirs,
                   "CHUNK", seen, conn="DIGEST,CERT,CHAL", session="KEY_EX,HEARTBEAT,KEY_UPDATE", clear=way.clear,
                   transfer=way.transfer)


class PqcService:
    """A row of the services with ML-DSA-65, ML-KEM-768 and requesters that sign with ML-DSA-44."""

    def __init__(self, row, ours):
        self.row, self.ours = row, ours

    def __str__(self):
        return f"our {self.ours}, 1.4, ML-DSA-65, ML-KEM-768, {self.row.name}"

    def job(self):
        def ours(text):
            return text.replace("ecp384", "mldsa65").replace("ecp256", "mldsa44") if text else text

        side, keys = copy.copy(self.row.sides[self.ours]), "bin/mldsa65"
        command, script = [ours(word) for word in side.ours], ours(side.script)
        if self.ours == "responder":
            command[:0] = ["--chain", f"{keys}/bundle_responder.certchain.der", "--key", f"{keys}/end_responder.key"]
            command += taking("44") if "--mutual" in command else []
        elif not script and "--trust" not in command:
            command += ["--trust", f"{keys}/ca.cert.der"]
        # The numbers of their key pairs depend on the algorithm.
        seen = ["key pair  +[1-9]" if word.startswith("key pair  +") else CHUNKED.get(word, word) for word in side.seen]
        caps = ",".join(filter(None, [side.caps, "CHUNK"]))
        return Job(self.ours, "1.4", "mctp", algorithms("65", "44", "768"), command, side.theirs, caps,
                   seen + ["END_SESSION_ACK"], oob=side.oob, script=script, conn=side.conn, session=side.session,
                   folder=side.folder, clear=self.row.clear)


def limited(run):
    way = run.way.theirs if isinstance(run, PqcRun) else run.row.sides["requester"].theirs if run.ours == "requester" else []
    return run.ours == "requester" and "WO_ENCAP" in way


def services():
    """Those of certificates; the others know only classical keys or none."""
    return [row for row in ROWS if row.keys == "ecp384" and "1.4" in row.versions and not row.name.startswith(("PSK", "chain"))]


def pqc_runs():
    for ours in "requester", "responder":
        pairs = [(s, k, w) for s in SIGNATURES for k in KEMS for w in WAYS]
        yield from (run for run in (PqcRun(ours, *pair) for pair in pairs) if not limited(run))
        yield from (run for run in (PqcService(row, ours) for row in services() if row.sides[ours]) if not limited(run))


def pqc_document(results, word):
    cells = {str(run): word(why) for run, why in results.items()}
    yield from ["", "## Post-quantum algorithms, both ways", "",
                "SPDM 1.4, SHA-384, AES-256-GCM, MCTP unless named, encrypted handshake unless clear; the requester of mutual "
                f"authentication signs with the same ML-DSA. `-`: {THEIR_LIMIT}."]
    for ours, other in ("requester", "responder"), ("responder", "requester"):
        yield from ["", f"Our {ours}, their {other}:", "", "| algorithms | " + " | ".join(way.name for way in WAYS) + " |",
                    "| --- |" + " --- |" * len(WAYS)]
        for signature in SIGNATURES:
            for kem in KEMS:
                line = [cells.get(str(PqcRun(ours, signature, kem, way)), "-") for way in WAYS]
                yield f"| ML-DSA-{signature}, ML-KEM-{kem} | " + " | ".join(line) + " |"
    yield from ["", "Services with ML-DSA-65 and ML-KEM-768, requesters sign with ML-DSA-44:", "",
                "| what | our requester | our responder |", "| --- | --- | --- |"]
    for row in services():
        line = [cells.get(str(PqcService(row, ours)), "-") for ours in ("requester", "responder")]
        yield f"| {row.name} | " + " | ".join(line) + " |"
