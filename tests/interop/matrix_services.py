"""What the matrix runs besides sessions of each algorithm: CHALLENGE of requesters, several keys, large messages, and each
service; over MCTP. A row says what either side is asked to do, and what must be seen in our own words.
"""
REQUESTER_CHAIN = ["--chain", "bin/ecp256/bundle_requester.certchain.der", "--key", "bin/ecp256/end_requester.key"]
TRUST_HOST = ["--trust", "bin/ecp256/ca.cert.der"]
P384 = ["--hash", "SHA_384", "--asym", "ECDSA_P384", "--dhe", "SECP_384_R1", "--aead", "AES_256_GCM", "--req_asym", "ECDSA_P256"]
RSA = ["--hash", "SHA_256", "--asym", "RSASSA_2048", "--dhe", "SECP_256_R1", "--aead", "AES_128_GCM", "--req_asym", "RSASSA_2048"]
SESSION = ["session", "--challenge"]
SINCE_13 = ["1.3", "1.4"]
ALL = ["1.2", "1.3", "1.4"]


class Side:
    """One side of a row. theirs: options of the emulator; caps: its capabilities; ours: the command and its options; seen:
    what must stand in our log; conn, session: what their requester is to do."""

    def __init__(self, ours, theirs=(), caps="", seen=(), conn="DIGEST,CERT,CHAL", session="KEY_EX,HEARTBEAT,KEY_UPDATE",
                 oob=None, script=None, folder="bin"):
        self.ours, self.theirs, self.caps, self.seen = list(ours), list(theirs), caps, list(seen)
        self.conn, self.session, self.oob, self.script, self.folder = conn, session, oob, script, folder


class Row:
    def __init__(self, name, requester, responder, versions=ALL, algorithms=P384, keys="ecp384", clear=False, why=""):
        self.name, self.versions, self.algorithms, self.keys, self.clear, self.why = name, versions, algorithms, keys, clear, why
        self.sides = {"requester": requester, "responder": responder}


def mutual(name, theirs, ours, multi=False):
    """Authentication of requesters, asked for in one way by either side's responder."""
    versions = SINCE_13 if multi else ALL
    keys = ["--multi-key", "require"] if multi else []
    caps = "MULTI_KEY_NEG,GET_KEY_PAIR_INFO" if multi else ""
    asked = [] if "WO_ENCAP" in theirs else ["DELIVER_ENCAPSULATED_RESPONSE"]
    other = ["--other_param", "OPAQUE_FMT_1,MULTI_KEY_CONN"] if multi else []
    respond = ["--mutual", "require"] + TRUST_HOST + ours
    return Row(name,
               Side(SESSION + REQUESTER_CHAIN + keys, theirs + other, caps, asked + (["key pair  "] if multi else [])),
               Side(respond + keys, theirs + other, caps.replace(",GET_KEY_PAIR_INFO", ""), asked),
               versions)


def by(how, challenge="NO"):
    return ["--mut_auth", how, "--basic_mut_auth", challenge]


KNOWN = ["--ask", "known", "--requester", "bin/ecp256/bundle_requester.certchain.der"]
MULTI = ["--other_param", "OPAQUE_FMT_1,MULTI_KEY_CONN"]
MULTI_CAPS = "MULTI_KEY_NEG,GET_KEY_PAIR_INFO"
SECOND_KEY = ["--chain", "bin/ecp384/bundle_responder.certchain4.der", "--key", "bin/ecp384/end_responder4.key", "--slot", "0",
              "--slot", "4", "--multi-key", "require"]
PSK = ["--psk", "psk", "--psk-hint", b"TestPskHint\0".hex()]
PROVISION = ["--chain", "bin/ecp384/bundle_responder.certchain.der", "--key", "bin/ecp384/end_responder.key", "--provision",
             "store-{n}", "--trusted-environment"]
INFO = "01000000" "07000001" "03123456"  # one device class identifier


def steps(*names, trust="bin/ecp384/ca.cert.der"):
    return "\n".join([f"options: {{trust: {trust}}}", "steps:"] + [f"  - {name}" for name in names]) + "\n"


ROWS = [
    mutual("mutual, in CHALLENGE and in the session", by("W_ENCAP", "BASIC"), ["--ask", "challenge"]),
    Row("several keys: slot 0", Side(SESSION + ["--multi-key", "require"], MULTI, MULTI_CAPS, ["key pair  +5"]),
        Side(SECOND_KEY, MULTI, "MULTI_KEY_NEG", ["<- CHALLENGE"]), SINCE_13),
    Row("several keys: slot 4, another key",
        Side(SESSION + ["--multi-key", "require", "--slot", "4"], MULTI, MULTI_CAPS, ["key pair  +17"]),
        Side(SECOND_KEY, MULTI + ["--slot_id", "4", "--slot_count", "3"], "MULTI_KEY_NEG", ["<- CHALLENGE"]), SINCE_13),
    mutual("several keys, mutual", by("W_ENCAP", "BASIC"), ["--ask", "challenge"], multi=True),
    mutual("several keys, mutual by DIGESTS", by("DIGESTS"), ["--ask", "digests"], multi=True),
    mutual("several keys, mutual without encapsulated requests", by("WO_ENCAP"), KNOWN, multi=True),
    Row("chain of 10 kB in chunks", Side(SESSION + ["--transfer", "2048"], [], "CHUNK", ["CHUNK_GET"], folder="long"),
        Side(["--transfer", "2048"], [], "CHUNK", ["CHUNK_RESPONSE"], folder="long"), ALL, RSA, "rsa2048"),
    Row("both chains of 10 kB in chunks, mutual",
        Side(SESSION + ["--transfer", "2048", "--chain", "long/rsa2048/bundle_requester.certchain.der", "--key",
                        "long/rsa2048/end_requester.key"], by("W_ENCAP"), "CHUNK", ["CHUNK_GET", "CHUNK_SEND"], folder="long"),
        Side(["--transfer", "2048", "--mutual", "require", "--trust", "long/rsa2048/ca.cert.der"], by("W_ENCAP"), "CHUNK",
             ["CHUNK_RESPONSE", "CHUNK_SEND"], folder="long"), ALL, RSA, "rsa2048"),
    Row("chain of more than 64 kB in the large form", None,
        Side([], [], "CHUNK,LARGE_RESP", ["CHUNK_RESPONSE"], folder="large"), ["1.4"],
        why="their responder holds no more than 64 kB"),
    Row("measurements: all, signed, and with the session's keys",
        Side(["measurements", "--in-session"], [], "MEAS_SIG", ["signature verified", "MEASUREMENTS .*secured"]),
        Side(["--measurements", "m.json"], ["--meas_op", "ALL", "--meas_sum", "ALL"], "", ["<- GET_MEASUREMENTS"],
             "DIGEST,CERT,CHAL,MEAS", "KEY_EX,HEARTBEAT,KEY_UPDATE,MEAS")),
    Row("measurements: one by one, raw",
        Side(["exec"], [], "MEAS_SIG", ["MEASUREMENTS"],
             script=steps("connect", "measurements: {index: 1, raw: true, signed: false}", "measurements: {index: 2, raw: true}",
                          "session", "measurements: {index: 1}", "end_session")),
        Side(["--measurements", "m.json"], ["--meas_op", "ONE_BY_ONE", "--meas_att", "RAW", "--meas_sum", "TCB"], "",
             ["<- GET_MEASUREMENTS"], "DIGEST,CERT,CHAL,MEAS", "KEY_EX,HEARTBEAT,KEY_UPDATE,MEAS")),
    Row("measurement extension log", Side(["measurements", "--in-session", "--log", "log"], [], "MEAS_SIG,MEL",
                                          ["MEASUREMENT_EXTENSION_LOG .*secured"]),
        Side(["--measurements", "m.json", "--log", "log.json"], [], "", ["<- GET_MEASUREMENT_EXTENSION_LOG"],
             "DIGEST,CERT,CHAL,MEL", "KEY_EX,HEARTBEAT,KEY_UPDATE,MEL"), SINCE_13),
    Row("certificate request (ours in a session, theirs outside)",
        Side(["csr", "--out", "csr-{n}"], [], "CSR,SET_CERT", ["CSR .*secured", "signature verified"], folder="fresh"),
        Side(PROVISION, [], "", ["-> CSR"], "DIGEST,CERT,CHAL,GET_CSR", "KEY_EX,HEARTBEAT,KEY_UPDATE,GET_CSR")),
    Row("certificates set in a session (theirs also outside)",
        Side(["set-cert", "--install", "bin/ecp384/bundle_responder.certchain.der", "--into", "0"], [], "CSR,SET_CERT",
             ["SET_CERTIFICATE_RSP .*secured"], folder="fresh"),
        Side(PROVISION, [], "", ["slot 0: .* stored", "slot 1: .* stored"], "DIGEST,CERT,CHAL,SET_CERT",
             "KEY_EX,HEARTBEAT,KEY_UPDATE,SET_CERT")),
    Row("key pair information, and a key pair changed",
        Side(["keys", "--in-session", "--set", "change", "--id", "1", "--slots", "none"], [],
             "GET_KEY_PAIR_INFO,SET_KEY_PAIR_INFO", ["SET_KEY_PAIR_INFO_ACK .*secured", " KEY_PAIR_INFO .*secured"]),
        Side(["--spare-keys", "1"], [], "", ["<- GET_KEY_PAIR_INFO", "-> SET_KEY_PAIR_INFO_ACK"],
             "DIGEST,CERT,CHAL,GET_KEY_PAIR_INFO,SET_KEY_PAIR_INFO",
             "KEY_EX,HEARTBEAT,KEY_UPDATE,GET_KEY_PAIR_INFO,SET_KEY_PAIR_INFO"), SINCE_13),
    Row("endpoint information, signed; in the session",
        Side(["exec"], [], "EP_INFO_SIG", ["ENDPOINT_INFO"],
             script=steps("connect", "endpoint_info: {signed: true}", "endpoint_info", "session",
                          "endpoint_info: {signed: true}", "end_session")),
        Side(["--endpoint-info", INFO, "--mutual", "allow", "--demand", "endpoint-info"] + TRUST_HOST, by("W_ENCAP"), "EP_INFO_SIG",
             ["-> ENDPOINT_INFO", "<- DELIVER_ENCAPSULATED_RESPONSE"], session="KEY_EX,HEARTBEAT,KEY_UPDATE,EP_INFO"), SINCE_13),
    Row("endpoint information of the requester, asked for by the responder",
        Side(["exec", "--endpoint-info", INFO], [], "EP_INFO_SIG", ["DELIVER_ENCAPSULATED_RESPONSE"], oob=0x8002,
             script=steps("connect", "session", "heartbeat", "poll: {count: 1}", "heartbeat", "end_session")), None, SINCE_13,
        why="our responder: in the row above"),
    Row("KEY_UPDATE asked for by the responder",
        Side(["exec"] + REQUESTER_CHAIN, [], "", ["DELIVER_ENCAPSULATED_RESPONSE"], oob=0x8001,
             script=steps("connect", "session", "heartbeat", "poll: {count: 2}", "heartbeat", "end_session")),
        Side(["--mutual", "require", "--demand", "key-update"] + TRUST_HOST, ["--key_upd", "RSP"] + by("W_ENCAP"), "",
             ["<- DELIVER_ENCAPSULATED_RESPONSE"])),
    Row("ResponseNotReady: a signature takes 100 ms", None,
        Side(["--slow", "100", "--defer", "16"], [], "", ["<- RESPOND_IF_READY"]),
        why="their responder is never slow"),
    Row("PSK, no context of the responder",
        Side(["session", "--psk-without-context"] + PSK, [], "PSK", ["PSK_EXCHANGE_RSP"]),
        Side(["--psk-without-context"] + PSK, [], "", ["-> PSK_EXCHANGE_RSP"],
             "VCA", "PSK,HEARTBEAT,KEY_UPDATE")),
]
