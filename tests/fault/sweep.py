#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every system call by which a build looks at or changes its output, and by which it reads its input, is made to fail, to be
the last thing that the process does, or to be what it does when a signal comes, one after the other:

    python3 sweep.py [--step N] [--only NAME,...] PROGRAMS

PROGRAMS is a list of folders, as in PATH, that hold stackthumb and phantom. For each scenario, each system call and each
N = 1, 2, 3 ... until a run passes undisturbed:

  error   the N-th call and all later ones fail (strace -e inject); the run has to say so in one line and to end with the right
          status, or not to need them
  kill    the process is killed in the N-th call
  signal  SIGINT, SIGTERM or SIGHUP comes in the N-th call: the run ends with 128 + its number and one line, or had nothing left
          to do; or two come: it ends at once
  interrupted  the N-th call, and no other, ends with EINTR: that has to make no difference

What is left under final names has to be what an undisturbed run writes, or what was there before; then the same command is
run again, undisturbed, and has to end with the same bytes. --step N tries every N-th call only. --only takes scenarios and
rows by name: fresh, compressed, resume, force, batches; error, kill, signal, interrupted. --some N takes that many scenarios,
drawn by chance, of the signals one for each call, and a few of the calls that are interrupted.

Exit status: 0 all is well, 1 not, 77 when strace cannot trace here."""
import argparse
import collections
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

OUTPUT, INPUT, FAILED = 4, 3, 1
WRITING = {"writev": "ENOSPC EIO EDQUOT EFBIG", "write": "ENOSPC", "pwrite64": "EIO", "fsync": "EIO ENOSPC",
           "fdatasync": "EIO", "syncfs": "EIO", "renameat": "EIO ENOSPC", "mkdirat": "EACCES ENOSPC", "mkdir": "EROFS",
           "unlinkat": "EIO", "ftruncate": "EIO", "flock": "ENOLCK EWOULDBLOCK"}
READING = {"pread64": "EIO ESTALE"}
LOOKING = {"openat": "EMFILE EACCES", "close": "EIO", "newfstatat": "EIO", "fstatfs": "EIO", "faccessat2": "EIO",
           "getdents64": "EIO"}
KILLED = list(WRITING) + ["openat", "close"]
SIGNALLED = ["openat", "pread64", "getdents64", "mkdirat", "flock", "writev", "fsync", "syncfs", "renameat", "fdatasync",
             "unlinkat", "close"]
# Not those that may have been done when they are interrupted (renameat, mkdirat, unlinkat). close is one that was: on Linux it
# is not to be made again.
INTERRUPTED = ["openat", "read", "pread64", "write", "writev", "pwrite64", "fsync", "fdatasync", "syncfs", "ftruncate", "flock",
               "close"]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# With which this many times fewer calls are tried: all are alike.
COARSER = {"batches": 7}
RUN_SECONDS = 300


class Wrong(Exception):
    pass


def without_counters(said):
    """Without what gcov's library says in a build with its counters, whose files suffer the same faults."""
    return "".join(line for line in said.splitlines(True) if "profiling:" not in line)


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def slices(files):
    return {name: data for name, data in files.items() if name.endswith(".tif") and not pathlib.Path(name).name.startswith(".")}


class Sweep:
    def __init__(self, work, options):
        self.work, self.step, self.some = work, options.step, options.some
        self.only = set(options.only.split(",")) if options.only else set()
        self.out = work / "out"
        self.environment = dict(os.environ, PATH=f"{options.programs}:{os.environ['PATH']}", LC_ALL="C",
                                ASAN_OPTIONS="detect_leaks=0")  # LeakSanitizer cannot work under strace
        self.strace = ["strace", "-f", "-qq"]
        self.counts = collections.Counter()

    def call(self, command):
        done = subprocess.run(command, cwd=self.work, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")

    # --- scenarios: what is there before each run -------------------------------------------------------------------

    def begin(self, extent="90x70x21", compression="none"):
        for name in ("in", "out", "before"):
            shutil.rmtree(self.work / name, ignore_errors=True)
        self.call(["phantom", "--extent", extent, "--type", "u16", "in"])
        self.build = ["stackthumb", "build", "in", "out", "--device", "cpu", "--levels", "2", "--quiet", "--threads",
                      "2", "--compression", compression]
        self.call(self.build)
        self.whole = tree(self.out)
        if not slices(self.whole):
            raise Wrong("an undisturbed run writes nothing")
        shutil.rmtree(self.out)

    def scenario_fresh(self):
        self.begin()

    def scenario_compressed(self):
        self.begin(compression="zstd")

    def scenario_resume(self):
        """A run was killed with its pyramid half done, and a slice has changed since."""
        changed = self.work / "in/slice_0030.tif"
        self.begin("90x70x41")
        os.utime(changed, (1e9, 1e9))
        self.call(self.build)
        os.utime(changed, (2e9, 2e9))
        self.traced(["-e", "trace=renameat", "-e", "inject=renameat:signal=KILL:when=9"])
        shutil.copytree(self.out, self.work / "before")
        self.call(self.build)
        self.whole = tree(self.out)

    def scenario_force(self):
        """A larger pyramid of another stack is to be replaced."""
        self.begin()
        self.call(["phantom", "--extent", "90x70x30", "--type", "u8", "other"])
        self.call(["stackthumb", "build", "other", "before", "--device", "cpu", "--levels", "3", "--quiet"])
        self.build.append("--force")

    def scenario_batches(self):
        """More slices than are named at a time."""
        self.begin("12x10x300")

    # --- runs ---------------------------------------------------------------------------------------------------------

    def traced(self, options, meanwhile=None):
        """Runs once; what it ended with, and the trace."""
        trace = self.work / "trace"
        trace.unlink(missing_ok=True)
        process = subprocess.Popen(self.strace + ["-o", trace] + options + self.build, cwd=self.work, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if meanwhile:
            meanwhile(process, trace)
        process.said = without_counters(process.communicate(timeout=RUN_SECONDS)[1])
        return process, trace.read_text(errors="replace") if trace.exists() else ""

    def send(self, numbers):
        """For traced: sends these to a process once it is stopped, and lets it go on."""
        def meanwhile(process, trace):
            until = time.monotonic() + RUN_SECONDS
            while process.poll() is None and time.monotonic() < until:
                stopped = re.search(r"^(\d+) +--- stopped by SIGSTOP", trace.read_text(errors="replace") if trace.exists() else "",
                                    re.MULTILINE)
                if stopped:
                    status = pathlib.Path(f"/proc/{stopped[1]}/status").read_text()
                    pid = int(re.search(r"^Tgid:\s+(\d+)", status, re.MULTILINE)[1])
                    for number in numbers:
                        os.kill(pid, number)
                    # One that comes before strace has seen the stop through is lost.
                    while process.poll() is None and time.monotonic() < until:
                        try:
                            os.kill(pid, signal.SIGCONT)
                        except ProcessLookupError:
                            return
                        time.sleep(0.05)
                    return
                time.sleep(0.002)
        return meanwhile

    def prepare(self):
        shutil.rmtree(self.out, ignore_errors=True)
        if (self.work / "before").exists():
            shutil.copytree(self.work / "before", self.out)

    def check_left(self, where, before):
        if not self.out.exists():
            return
        left, whole = tree(self.out), slices(self.whole)
        for name, data in slices(left).items():
            if data not in (whole.get(name), before.get(name)):
                raise Wrong(f"{where}: {name} is not what an undisturbed run writes")
        manifest = left.get("stackthumb.json", b"")
        if b'"complete": true' in manifest:
            expected = slices(before) if manifest == before.get("stackthumb.json") else whole
            if {name: slices(left).get(name) for name in expected} != expected:
                raise Wrong(f"{where}: the pyramid says that it is complete, and is not")

    def check_ended(self, where, process, statuses):
        lines = process.said.splitlines()
        left = tree(self.out) if self.out.exists() else {}
        left.pop("stackthumb.lock", None)  # one that cannot be removed is stale
        passed = process.returncode == 0 and not lines and left == self.whole
        # When it cannot write it cannot say anything, either.
        said = len(lines) == 1 or where.split()[1] in ("write", "writev")
        if not passed and (process.returncode not in statuses or not said and process.returncode >= 0):
            raise Wrong(f"{where}: status {process.returncode}: {process.said}")

    def sweep(self, scenario, call, row, inject, statuses, meanwhile=None):
        step = self.step * COARSER.get(scenario, 1)
        n = random.randint(1, step)
        while True:
            self.prepare()
            before = tree(self.out) if self.out.exists() else {}
            where = f"{scenario} {call} {row} {n}"
            process, trace = self.traced(["-e", f"trace={call}", "-e", f"inject={call}:{inject.format(n=n)}"], meanwhile)
            if not any(sign in trace for sign in ("(INJECTED)", "killed by SIGKILL", "stopped by SIGSTOP")):
                return
            self.counts[scenario, call, row] += 1
            if statuses and "error while loading shared libraries" not in process.said:  # the program had not begun
                self.check_ended(where, process, statuses)
            self.check_left(where, before)
            self.call(self.build)
            left = tree(self.out)
            if left != self.whole:
                raise Wrong(f"{where}: the next run did not end with the same bytes: "
                            f"{sorted(set(left) ^ set(self.whole)) or 'contents'}")
            n += step

    # --- rows ---------------------------------------------------------------------------------------------------------

    def row_error(self, scenario):
        for calls, statuses in ((WRITING, {OUTPUT}), (READING, {INPUT, OUTPUT}), (LOOKING, {INPUT, OUTPUT, FAILED})):
            for call, errors in calls.items():
                for error in errors.split():
                    self.sweep(scenario, call, error, f"error={error}:when={{n}}+", statuses)

    def row_kill(self, scenario):
        for call in KILLED:
            self.sweep(scenario, call, "kill", "signal=KILL:when={n}", None)

    def row_signal(self, scenario):
        for call in SIGNALLED:
            for number in random.sample(SIGNALS, 1 if self.some else len(SIGNALS)):
                self.sweep(scenario, call, number.name, "signal=STOP:when={n}", {128 + number, -number}, self.send([number]))
            self.sweep(scenario, call, "two", "signal=STOP:when={n}", {-signal.SIGINT, -signal.SIGTERM, 130, 143},
                       self.send([signal.SIGINT, signal.SIGTERM]))

    def row_interrupted(self, scenario):
        for call in random.sample(INTERRUPTED, 4 if self.some else len(INTERRUPTED)):
            self.sweep(scenario, call, "EINTR", "error=EINTR:when={n}", {None})

    def names(self, prefix):
        known = {name[len(prefix):]: getattr(self, name) for name in dir(self) if name.startswith(prefix)}
        return {name: done for name, done in known.items() if name in self.only} or known

    def all(self):
        scenarios = self.names("scenario_")
        for name in random.sample(list(scenarios), self.some or len(scenarios)):
            scenarios[name]()
            for row in self.names("row_").values():
                row(name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--some", type=int, default=0)
    parser.add_argument("programs")
    options = parser.parse_args()
    random.seed(options.seed)
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        print("skipped: strace cannot trace here")
        return 77
    with tempfile.TemporaryDirectory(prefix="stackthumb-sweep-") as work:
        sweep = Sweep(pathlib.Path(work), options)
        status = 0
        try:
            sweep.all()
        except Wrong as wrong:
            print(wrong)
            status = 1
        for (scenario, call, row), count in sorted(sweep.counts.items()):
            print(f"{scenario:10} {call:10} {row:14} {count:5}")
        print(f"{sweep.counts.total()} runs disturbed")
        return status


sys.exit(main())
