"""Runs one side of ours against one of the DMTF's emulators, or their conformance suite against our responder, and judges
by what both said. Knows processes, options and logs; not what there is to run."""
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

TRANSPORTS = {"mctp": "MCTP", "doe": "PCI_DOE", "tcp": "TCP"}
OURS = {"EDDSA_25519": "ED25519"}  # their names of algorithms that differ
HINT = b"TestPskHint\0".hex()
HOST = "ecp256"  # the folder of a requester's keys
MEASUREMENTS = """[{"index": 1, "type": "rom", "tcb": true, "text": "rom"},
 {"index": 2, "type": "firmware", "tcb": true, "text": "firmware"},
 {"index": 254, "type": "device-mode", "form": "raw", "hex": "04000000000000000000000000000000"}]"""
LOG = """[{"measurement": 1, "type": "rom", "form": "raw", "text": "rom"},
 {"measurement": 2, "type": "firmware", "form": "raw", "text": "firmware"}]"""
PAUSE, PATIENCE = 0.01, 20  # seconds


class Job:
    """Everything that one run is made of. ours: "requester" or "responder"; command: ours, without link and algorithms, {n} a
    number of this run; theirs: options; seen, unseen: patterns of our log; oob: a command of their socket, sent behind our
    second record; folder: the emulator's, "fresh" is one for this run alone."""

    def __init__(self, ours, version, transport, algorithms, command, theirs, caps, seen, unseen=(), oob=None, script=None,
                 conn="", session="", folder="bin", clear=False, transfer=None):
        self.ours, self.version, self.transport, self.algorithms = ours, version, transport, algorithms
        self.command, self.theirs, self.caps, self.seen, self.unseen = command, theirs, caps, seen, unseen
        self.oob, self.script, self.conn, self.session = oob, script, conn, session
        self.folder, self.clear, self.transfer = folder, clear, transfer


class Tap:
    """Between our requester and their responder: passes frames, and tells the emulator, by a command of its socket, to ask
    for something, once our second record was answered."""

    HEADER = struct.Struct(">III")  # command, transport, bytes

    def __init__(self, port, to, command):
        self.server = socket.create_server(("127.0.0.1", port))
        self.to, self.command, self.records, self.told = to, command, 0, False
        threading.Thread(target=self.run, daemon=True).start()

    def read(self, link, n):
        data = b""
        while len(data) < n:
            more = link.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def frame(self, link):
        head = self.read(link, self.HEADER.size)
        return head, self.read(link, self.HEADER.unpack(head)[2])

    def tell(self, emulator, session):
        _, transport, _ = self.HEADER.unpack(self.head)
        emulator.sendall(self.HEADER.pack(self.command, transport, len(session)) + session)
        self.frame(emulator)
        self.told = True

    def run(self):
        try:
            ours, _ = self.server.accept()
            with ours, socket.create_connection(("127.0.0.1", self.to)) as emulator:
                while True:
                    self.head, body = self.frame(ours)
                    secured = self.HEADER.unpack(self.head)[0] == 1 and body[:1] == b"\x06"  # MCTP
                    self.records += secured
                    if self.records == 3 and not self.told:
                        self.tell(emulator, body[1:5])
                    emulator.sendall(self.head + body)
                    ours.sendall(b"".join(self.frame(emulator)))
        except (EOFError, OSError):
            pass
        self.server.close()


class Bench:
    def __init__(self, camseal, folder):
        self.camseal, self.folder = os.path.realpath(camseal), os.path.realpath(folder)
        self.work, self.lock, self.runs, self.last_port = tempfile.mkdtemp(), threading.Lock(), 0, 20000 + os.getpid() % 20000
        # The emulators find keys by relative path and write files beside them.
        for name in "bin", "long", "large":
            shutil.copytree(self.folder, os.path.join(self.work, name), symlinks=True)
        preload = os.environ.get("CAMSEAL_SPDM_EMULATORS_PRELOAD", os.path.join(self.folder, "nodelay.so"))
        self.env = dict(os.environ, LD_PRELOAD=preload) if os.path.exists(preload) else None
        self.lengthen()
        self.enlarge()
        for name in "bin", "long", "large":
            for keys in os.listdir(self.path(name)):
                for key in "end_responder.key", "end_requester.key", "end_responder4.key":
                    if os.path.exists(self.path(f"{name}/{keys}/{key}")):
                        os.chmod(self.path(f"{name}/{keys}/{key}"), 0o600)
        for name, text in ("psk", "TestPskData\0"), ("m.json", MEASUREMENTS), ("log.json", LOG):
            self.file(name, text.encode())

    def lengthen(self):
        """In `long` the RSA-2048 chains have eight certificates, most of RSA-4096: they fit no single transfer."""
        source, to = self.path("long/long_chains/ShorterMAXINT16_"), self.path("long/rsa2048/")
        links = ["ca"] + [f"inter0{n}" for n in range(1, 7)]
        for who in "responder", "requester":
            subprocess.run(["openssl", "x509", "-req", "-in", f"{source}end_{who}.req", "-CA", source + "inter06.cert", "-CAkey",
                            source + "inter06.key", "-outform", "der", "-out", f"{to}end_{who}.cert.der", "-days", "3650",
                            "-set_serial", "3", "-extensions", "v3_end", "-extfile",
                            self.path("long/openssl.cnf")], check=True, stderr=subprocess.DEVNULL)
            chain = b"".join(open(f"{source}{name}.cert.der", "rb").read() for name in links)
            chain += open(f"{to}end_{who}.cert.der", "rb").read()
            for name in f"bundle_{who}.certchain.der", f"bundle_{who}.certchain1.der":
                with open(to + name, "wb") as f:
                    f.write(chain)
            shutil.copyfile(f"{source}end_{who}.key", f"{to}end_{who}.key")
        for name in "ca.cert", "ca.cert.der":
            shutil.copyfile(source + name, to + name)

    def enlarge(self):
        """In `large` the P-384 chain of the responder is its root and a leaf; large.der has more than 64 kB between them."""
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=self.path("large/ecp384"), check=True, stderr=subprocess.DEVNULL)

        def der(name):
            with open(self.path(f"large/ecp384/{name}.der"), "rb") as f:
                return f.read()

        def certify(request, issuer, name, section):
            openssl("x509", "-req", "-in", request, "-CA", issuer + ".der", "-CAkey", issuer.split(".")[0] + ".key", "-out",
                    name + ".der", "-outform", "der", "-days", "3650", "-set_serial", "7", "-extfile", "large.cnf", "-extensions",
                    section)

        self.file("large/ecp384/large.cnf", b"[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
                  b"1.2.3.4=ASN1:UTF8String:" + 15000 * b"x" + b"\n[leaf]\nbasicConstraints=critical,CA:FALSE\n"
                  b"keyUsage=critical,digitalSignature\n")
        names = ["ca.cert"] + [f"large{n}" for n in range(1, 6)]
        for issuer, name in zip(names, names[1:]):
            openssl("req", "-new", "-newkey", "ec:param.pem", "-nodes", "-keyout", name + ".key", "-subj", "/CN=" + name, "-out",
                    name + ".req")
            certify(name + ".req", issuer, name, "ca")
        certify("end_responder.req", "ca.cert", "short", "leaf")
        certify("end_responder.req", names[-1], "leaf", "leaf")
        self.file("large/large.der", b"".join(map(der, names + ["leaf"])))
        for name in "bundle_responder.certchain.der", "bundle_responder.certchain1.der":
            self.file("large/ecp384/" + name, der("ca.cert") + der("short"))

    def clean(self):
        shutil.rmtree(self.work)

    def path(self, name):
        return os.path.join(self.work, name)

    def file(self, name, data):
        with open(os.open(self.path(name), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as f:
            f.write(data)

    def number(self):
        with self.lock:
            self.runs += 1
            return self.runs

    def port(self):
        while True:
            with self.lock:
                self.last_port += 1
                port = self.last_port
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue

    # ---- processes ------------------------------------------------------------------------------

    def start(self, command, log, folder=None):
        with open(self.path(log), "wb") as out:
            return subprocess.Popen(command, cwd=self.path(folder or ""), env=self.env if folder else None,
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def text(self, log):
        with open(self.path(log), "rb") as f:
            return f.read().decode("ascii", "replace")

    def wait_for(self, process, ready):
        for _ in range(int(PATIENCE / PAUSE)):
            if ready() or process.poll() is not None:
                return
            time.sleep(PAUSE)

    def listening(self, port):
        with open("/proc/net/tcp", encoding="ascii") as f:
            return any(f":{port:04X} 00000000:0000 0A" in line for line in f)

    def end(self, process, seconds):
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "timeout"

    # ---- options --------------------------------------------------------------------------------

    def their_options(self, job, port):
        caps = ["CERT", "CHAL", "ENCRYPT", "MAC", "KEY_EX", "HBEAT", "KEY_UPD", "MUT_AUTH", "ENCAP"]
        caps += job.caps.split(",") if job.caps else []
        if job.ours == "responder":
            caps.append("PSK")
        elif "PSK" not in caps:
            caps.append("PSK_WITH_CONTEXT")
        caps += ["HANDSHAKE_IN_CLEAR"] if job.clear else []
        mutual = [] if "--mut_auth" in job.theirs else ["--mut_auth", "NO", "--basic_mut_auth", "NO"]
        summary = [] if "--meas_sum" in job.theirs else ["--meas_sum", "NO"]
        other = [] if "--other_param" in job.theirs else ["--other_param", "OPAQUE_FMT_1"]
        slots = [] if "--slot_count" in job.theirs else ["--slot_count", "1"]
        return (["--ip", "127.0.0.1", "--port", str(port), "--trans", TRANSPORTS[job.transport], "--ver", job.version, "--cap",
                 ",".join(caps)] + job.algorithms + mutual + summary + other + slots + job.theirs)

    def our_options(self, job):
        pairs = dict(zip(job.algorithms[::2], job.algorithms[1::2]))
        # Post-quantum algorithms have options of their own in theirs, not in ours.
        asym, dhe = pairs.get("--pqc_asym", pairs["--asym"]), pairs.get("--kem", pairs["--dhe"])
        options = ["--transport", job.transport, "--versions", job.version, "--hash", pairs["--hash"], "--asym",
                   OURS.get(asym, asym), "--dhe", dhe, "--aead", pairs["--aead"], "--time", "ignore",
                   "--clear-handshake", "require" if job.clear else "refuse"]
        return options + (["--transfer", str(job.transfer)] if job.transfer else [])

    # ---- a run ----------------------------------------------------------------------------------

    def our_requester(self, job, n, port):
        theirs = self.start(["./spdm_responder_emu"] + self.their_options(job, port), f"theirs-{n}", job.folder)
        self.wait_for(theirs, lambda: self.listening(port))
        at, command = port, list(job.command)
        if job.oob:
            at = self.port()
            Tap(at, port, job.oob)
        if job.script:
            self.file(f"script-{n}.yaml", job.script.encode())
            command[1:1] = [f"script-{n}.yaml", "--messages"]
        ours = self.start([self.camseal, "spdm"] + command + ["--to", f"emu:127.0.0.1:{at}", "--shut-down"] +
                          self.our_options(job), f"ours-{n}")
        return self.end(ours, PATIENCE), self.end(theirs, 5)

    def our_responder(self, job, n, port):
        ours = self.start([self.camseal, "spdm", "respond", "--listen", f"emu:127.0.0.1:{port}", "--heartbeat", "30"] +
                          job.command + self.our_options(job), f"ours-{n}")
        self.wait_for(ours, lambda: "ready" in self.text(f"ours-{n}"))
        theirs = self.start(["./spdm_requester_emu"] + self.their_options(job, port) +
                            ["--exe_conn", job.conn, "--exe_session", job.session], f"theirs-{n}", job.folder)
        result = self.end(theirs, PATIENCE)
        return self.end(ours, 5), result

    def why(self, job, n, ours, theirs):
        """The first words of either side about what went wrong; None: nothing did. Their exit code can be 0 after a failure."""
        errors = [line for line in self.text(f"theirs-{n}").splitlines() if line.startswith("ERROR:")]
        mine = self.text(f"ours-{n}")
        errors += [f"'{p}' was not seen" for p in job.seen if not re.search(p, mine, re.M)]
        errors += [f"'{p}' was seen" for p in job.unseen if re.search(p, mine, re.M)]
        if ours == 0 and theirs == 0 and not errors:
            return None
        said = [line for line in mine.splitlines() if line.startswith("camseal ") or "refused:" in line]
        return (said + errors + [f"exit codes {ours} (ours), {theirs} (theirs)"])[0].strip()

    def numbered(self, words, n):
        words = [word.replace("{n}", str(n)) for word in words]
        for word in words:
            if word.startswith("store-"):
                os.mkdir(self.path(word))
        return words

    def prepare(self, job, n):
        job.command = self.numbered(job.command, n)
        if job.folder == "fresh":
            job.folder = f"fresh-{n}"
            shutil.copytree(self.path("bin"), self.path(job.folder), symlinks=True, copy_function=os.link)

    def one(self, job):
        n, port = self.number(), self.port()
        self.prepare(job, n)
        ours, theirs = (self.our_requester if job.ours == "requester" else self.our_responder)(job, n, port)
        why = self.why(job, n, ours, theirs)
        for name in f"ours-{n}", f"theirs-{n}":
            if why is None:
                os.unlink(self.path(name))
        return why

    # ---- conformance suite ----------------------------------------------------------------------

    def conformance(self, name, options):
        """Name, assertions passed, those failed, cases not tested, cases skipped."""
        n, port, log = self.number(), self.port(), self.path("bin/test.log")
        transport = "PCI_DOE" if "doe" in options else "MCTP"
        if os.path.exists(log):
            os.unlink(log)
        ours = self.start([self.camseal, "spdm", "respond", "--listen", f"emu:127.0.0.1:{port}", "--transport", "mctp", "--chain",
                           "bin/ecp384/bundle_responder.certchain.der", "--key", "bin/ecp384/end_responder.key",
                           "--measurements", "m.json", "--heartbeat", "30"] + self.numbered(options, n), f"ours-{n}")
        self.wait_for(ours, lambda: "ready" in self.text(f"ours-{n}"))
        suite = self.start(["./spdm_device_validator_sample", "--trans", transport, "--ip", "127.0.0.1", "--port", str(port)],
                           f"theirs-{n}", "bin")
        ended = self.end(suite, 120)
        ours.terminate()
        self.end(ours, 5)
        text = self.text("bin/test.log") if os.path.exists(log) else ""
        if ended != 0 or "test result done" not in text:
            return name, 0, ["the suite did not come to its end"], [], []
        failed = re.findall(r"test assertion ([\d.]+) - FAIL (.*)", text)
        untested = re.findall(r"test case ([\d.]+) \((\w+)\) - setup exit \(0\)", text)
        skipped = re.findall(r"test case ([\d.]+) \((\w+)\) - skipped", text)
        return name, len(re.findall(r" - PASS ", text)), [f"{n} ({what})" for n, what in failed], untested, skipped
