#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every system call by which a build changes its output, and by which it reads its input, is made to fail, or to be the
last thing that the process does, one after the other:

    python3 sweep.py [--step N] PROGRAMS

PROGRAMS is a list of folders, as in PATH, that hold stackthumb and phantom. For each system call and each N = 1, 2, 3 ...
until a run passes undisturbed: the N-th call fails (strace -e inject), the run has to say so in one line and to end with
the right status, or it is killed there; what it left under final names has to be what an undisturbed run writes; then the
same command is run again, undisturbed, and has to end with the same bytes. --step N tries every N-th call only.

Exit status: 0 all is well, 1 not, 77 when strace cannot trace here."""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

OUTPUT, INPUT = 4, 3
WRITING = {"writev": "ENOSPC EIO EDQUOT EFBIG", "write": "ENOSPC", "pwrite64": "EIO", "fsync": "EIO ENOSPC",
           "fdatasync": "EIO", "syncfs": "EIO", "renameat": "EIO ENOSPC", "mkdirat": "EACCES ENOSPC", "mkdir": "EROFS",
           "unlinkat": "EIO"}
READING = {"pread64": "EIO ESTALE"}
KILLED = list(WRITING) + ["openat", "close"]


class Wrong(Exception):
    pass


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Sweep:
    def __init__(self, work, options):
        self.work, self.step = work, options.step
        self.out = work / "out"
        self.environment = dict(os.environ, PATH=f"{options.programs}:{os.environ['PATH']}", LC_ALL="C",
                                ASAN_OPTIONS="detect_leaks=0")  # LeakSanitizer cannot work under strace
        self.counts = {}

    def stack(self, compression):
        for name in ("in", "whole", "out"):
            shutil.rmtree(self.work / name, ignore_errors=True)
        self.call(["phantom", "--extent", "90x70x21", "--type", "u16", "in"])
        self.build = ["stackthumb", "build", "in", "out", "--device", "cpu", "--levels", "2", "--quiet", "--threads",
                      "2", "--compression", compression]
        self.call(self.build)
        self.whole = tree(self.out)
        if not any(name.endswith(".tif") for name in self.whole):
            raise Wrong("an undisturbed run writes nothing")

    def call(self, command):
        done = subprocess.run(command, cwd=self.work, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")

    def disturbed(self, call, what, n):
        """Runs once; None when the call did not come n times."""
        trace = self.work / "trace"
        inject = f"inject={call}:{what}:when={n}" + ("" if what.startswith("signal") else "+")
        done = subprocess.run(["strace", "-f", "-qq", "-o", trace, "-e", f"trace={call}", "-e", inject] + self.build,
                              cwd=self.work, env=self.environment, capture_output=True, text=True, timeout=120)
        traced = trace.read_text(errors="replace")
        return done if "(INJECTED)" in traced or "killed by SIGKILL" in traced else None

    def check_left(self, where):
        if not self.out.exists():
            return
        for name, data in tree(self.out).items():
            if name.endswith(".tif") and not pathlib.Path(name).name.startswith(".") and self.whole.get(name) != data:
                raise Wrong(f"{where}: {name} is not what an undisturbed run writes")
        manifest = self.out / "stackthumb.json"
        if manifest.exists() and b'"complete": true' in manifest.read_bytes():
            left = {name: data for name, data in tree(self.out).items() if name.endswith(".tif")}
            if any(left.get(name) != data for name, data in self.whole.items() if name.endswith(".tif")):
                raise Wrong(f"{where}: the pyramid says that it is complete, and is not")

    def sweep(self, call, what, statuses):
        n = random.randint(1, self.step)
        while True:
            shutil.rmtree(self.out, ignore_errors=True)
            where = f"{call} {what} {n}"
            done = self.disturbed(call, what, n)
            if not done:
                return
            self.counts[call, what] = self.counts.get((call, what), 0) + 1
            loaded = "error while loading shared libraries" not in done.stderr  # the program had not begun
            if statuses and loaded:
                lines = done.stderr.splitlines()
                passed = done.returncode == 0 and not lines and tree(self.out) == self.whole
                said = len(lines) == 1 or call == "write"  # by which it would say something, too
                if not passed and (done.returncode not in statuses or not said):
                    raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
            self.check_left(where)
            self.call(self.build)
            left = tree(self.out)
            if left != self.whole:
                raise Wrong(f"{where}: the next run did not end with the same bytes: "
                            f"{sorted(set(left) ^ set(self.whole)) or 'contents'}")
            n += self.step

    def all(self):
        for compression in ("none", "zstd"):
            self.stack(compression)
            for call, errors in WRITING.items():
                for error in errors.split():
                    self.sweep(call, f"error={error}", {OUTPUT})
            for call, errors in READING.items():
                for error in errors.split():
                    self.sweep(call, f"error={error}", {INPUT, OUTPUT})
            for call in KILLED:
                self.sweep(call, "signal=KILL", None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("programs")
    options = parser.parse_args()
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
        for (call, what), count in sorted(sweep.counts.items()):
            print(f"{call:10} {what:14} {count:5}")
        print(f"{sum(sweep.counts.values())} runs disturbed")
        return status


sys.exit(main())
