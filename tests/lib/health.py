"""Status and metrics of a running program: health.py PROGRAM, in the project's folder; TAP."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import replay
import sinks


class UnixHttp(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Suite:
    def __init__(self, program):
        self.program = program
        self.tap = replay.Tap()
        self.folder = tempfile.mkdtemp(prefix="pinsight-health-")
        self.header, self.pieces = sinks.load_captures()
        self.words = sinks.configuration()

    def path(self, name):
        return os.path.join(self.folder, name)

    def begin(self, *more):
        """The program with half of the captures read, waiting for the rest."""
        process = subprocess.Popen([self.program, *self.words, "-r", "-", "-o", "/dev/null", *more],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(self.header + b"".join(self.pieces[:len(self.pieces) // 2]))
        process.stdin.flush()
        return process

    def trickle(self, process, ask):
        """Packets go on slowly while `ask` runs; its answer."""
        rest = self.pieces[len(self.pieces) // 2:]
        asked = subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for at in range(0, len(rest), 64):
            process.stdin.write(b"".join(rest[at:at + 64]))
            process.stdin.flush()
            if asked.poll() is not None:
                break
            time.sleep(0.02)
        out, err = asked.communicate(timeout=30)
        return asked.returncode, out.decode(), err.decode()

    def end(self, process):
        process.stdin.close()
        text = process.stderr.read().decode()
        process.stderr.close()
        return process.wait(), text

    def status(self, *words):
        done = subprocess.run([self.program, "status", *words], capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    # ---- tests

    def test_status(self):
        control = self.path("control")
        process = self.begin("--set", f"stats.control={control}")
        time.sleep(1.2)
        code, out, err = self.trickle(process, [self.program, "status", "--control", control])
        self.tap.ok(code == 0 and out.startswith("pinsight "), "pinsight status tells", [out, err])
        self.tap.ok(all(word in out for word in ("packets ", "sessions ", "alerts ", "last alert ",
                                                 "dropped ", "tables ", "blind spots: ")),
                    "rates, drops, tables, the last alert and blind spots", [out])
        code, text = self.end(process)
        self.tap.ok(code == 0 and not text, "the program does not mind", [text])
        self.tap.ok(not os.path.exists(control), "when it ends, its socket is gone")

    def test_json(self):
        control = self.path("control")
        process = self.begin("--set", f"stats.control={control}")
        time.sleep(1.2)
        code, out, err = self.trickle(process, [self.program, "status", "--json",
                                                "--set", f"stats.control={control}"])
        self.tap.ok(code == 0, "the socket may come from the settings", [err])
        status = json.loads(out)
        self.tap.ok(status["totals"]["packets"] >= len(self.pieces) // 2 - 64,
                    "all packets that were read are counted", [json.dumps(status["totals"])])
        self.tap.ok(status["totals"]["alerts"] > 0 and status["last_alert"]["message"],
                    "and alerts")
        self.tap.ok({"flow", "tls", "detect", "alert"} <= set(status["stats"]),
                    "every stage is there")
        self.end(process)

    def test_nobody(self):
        nowhere = self.path("nowhere")
        code, out, err = self.status("--control", nowhere)
        self.tap.ok((code, out, err) == (1, "", f"pinsight: status: {nowhere}: no pinsight listens "
                                                "there\n"), "nobody answers: exit 1", [err])
        code, out, err = self.status("-r", "x")
        self.tap.ok(code == 2 and "-r: this verb does not take it" in err,
                    "other options are refused", [err])
        code, out, err = self.status("--help")
        self.tap.ok(code == 0 and "--control PATH" in out, "it has a help of its own")

    def check_metrics(self, listen, connection, name):
        process = self.begin("--set", f"stats.listen={listen}")
        for _ in range(200):
            try:
                connection.connect()
                break
            except OSError:
                time.sleep(0.02)
        connection.request("GET", "/metrics")
        rest = self.pieces[len(self.pieces) // 2:]
        process.stdin.write(b"".join(rest))
        process.stdin.flush()
        answer = connection.getresponse()
        text = answer.read().decode()
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        self.tap.ok(answer.status == 200 and float(values["pinsight_capture_frames_total"]) > 0,
                    f"metrics are served at {name}")
        self.tap.ok(float(values["pinsight_flow_created_total"]) > 0
                    and any(key.startswith("pinsight_outcome_total{") for key in values),
                    "with the counters of the stages")
        code, text = self.end(process)
        self.tap.ok(code == 0 and not text, "and the program ends well", [text])

    def test_metrics(self):
        port = sinks.free_port()
        self.check_metrics(f"127.0.0.1:{port}",
                           http.client.HTTPConnection("127.0.0.1", int(port), timeout=10),
                           "a port of the loopback")
        path = self.path("metrics")
        self.check_metrics(path, UnixHttp(path), "a Unix socket")
        self.tap.ok(not os.path.exists(path), "which is gone at the end")
        done = subprocess.run([self.program, *self.words, "-r", "pcaps", "--set",
                               "stats.listen=192.0.2.1:9"], capture_output=True, check=False)
        self.tap.ok(done.returncode == 3 and b"only the loopback" in done.stderr,
                    "other addresses are refused", [done.stderr.decode()])

    def check_silence(self, process, control, metrics, name):
        """Nothing arrives any more, and nobody writes: it answers all the same."""
        for _ in range(200):
            if os.path.exists(control) and os.path.exists(metrics):
                break
            time.sleep(0.02)
        time.sleep(1.5)
        asked = time.monotonic()
        done = subprocess.run([self.program, "status", "--json", "--control", control],
                              capture_output=True, check=False, timeout=10)
        self.tap.ok(done.returncode == 0 and time.monotonic() - asked < 1,
                    f"{name}: its status is told while nothing arrives", [done.stderr.decode()])
        connection = UnixHttp(metrics)
        connection.timeout = 5
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        self.tap.ok(answer.status == 200 and b"pinsight_" in answer.read(),
                    f"{name}: and so are the metrics")
        return json.loads(done.stdout.decode() or "{}")

    def test_silence(self):
        control, metrics, output = self.path("silent"), self.path("silent.http"), self.path("out")
        listen = ["--set", f"stats.control={control}", "--set", f"stats.listen={metrics}"]
        process = self.begin(*listen, "-o", output)
        status = self.check_silence(process, control, metrics, "a pipe")
        self.tap.ok(status.get("totals", {}).get("packets") == len(self.pieces) // 2,
                    "with every packet that came", [json.dumps(status.get("totals"))])
        with open(output, "rb") as file:
            self.tap.ok(b'"pinsight.alert"' in file.read(), "its alerts do not wait for more")
        process.send_signal(signal.SIGUSR1)
        text = b""
        for _ in range(200):
            with open(output, "rb") as file:
                text = file.read()
            if b'"pinsight.stats"' in text:
                break
            time.sleep(0.02)
        self.tap.ok(b'"pinsight.stats"' in text, "USR1 is heard")
        process.terminate()
        self.tap.ok(process.wait(timeout=10) == 0, "and so is TERM")
        process.stdin.close()
        process.stderr.close()
        process = subprocess.Popen([self.program, "correlate", "-r", "-", "-o", "/dev/null", *listen],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.check_silence(process, control, metrics, "correlate")
        code, text = self.end(process)
        self.tap.ok(code == 0, "which ends with its input", [text])

    def test_same_bytes(self):
        """Who looks changes nothing, in threads or not."""
        plain, watched = self.path("plain"), self.path("watched")
        command = [self.program, *self.words, "-r", "pcaps", "--stats", "--sessions", "-j"]
        ways = []
        for workers in ("1", "3"):
            for output, more in ((plain, []), (watched, ["--set", f"stats.control={plain}.c"])):
                subprocess.run([*command, workers, "-o", output, *more], check=True)
                with open(output, "rb") as file:
                    ways.append([line for line in file if b"pinsight.stats" not in line])
        self.tap.ok(all(way == ways[0] for way in ways[1:]), "who looks changes no event")

    def test_blind_spots(self):
        command = [self.program, *self.words[1:], "-r", "pcaps", "-o", "/dev/null"]
        texts = [subprocess.run([*command, *more], capture_output=True, check=False).stderr.decode()
                 for more in ([], ["-v"], ["--stats"], ["-q", "--stats"])]
        pages = ["blind spots: of " in text for text in texts]
        self.tap.ok(pages == [False, True, True, False],
                    "a replay ends with its blind spots where -v or --stats ask for it", texts)
        self.tap.ok("to change it: " in texts[1], "and says what to change", [texts[1]])


def main(program):
    suite = Suite(os.path.abspath(program))
    try:
        for name in [name for name in Suite.__dict__ if name.startswith("test_")]:
            getattr(suite, name)()
    finally:
        shutil.rmtree(suite.folder)
    return suite.tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
