#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random small stacks, built while random things go wrong at random times.

    soak.py PROGRAMS [--seconds N] [--seed N] [--devices NAME,...]

PROGRAMS is a list of folders, as in PATH, that hold stackthumb and phantom. After every run: the exit status is one that
the fault explains; a run that fails says so in one line; what stands under final names is what an undisturbed run writes;
no partial file and no word of being complete is left. The next run, undisturbed, gives the bytes of an undisturbed run.
Exit status: 0 all as it should be, 1 not; then the folder with everything in it is kept.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

RUN_SECONDS = 120  # no run of these takes a tenth of that: it hangs
SETTLE_SECONDS = 0.3  # until then a signal may find a program that does not catch it yet
CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SUPPRESSIONS = pathlib.Path(__file__).resolve().parent.parent / "data/lsan.supp"


class Wrong(Exception):
    """What should not be."""


def without_counters(said):
    """Without what gcov's library says in a build with its counters, whose files suffer the same faults."""
    return "".join(line for line in said.splitlines(True) if "profiling:" not in line)


class Soak:
    def __init__(self, programs, seed, devices, work):
        self.environment = dict(
            os.environ, PATH=f"{programs}:{os.environ['PATH']}", LC_ALL="C", XDG_CACHE_HOME=str(work / "cache"),
            POCL_CACHE_DIR=str(work / "cache/pocl"))
        self.environment.setdefault("LSAN_OPTIONS", f"suppressions={SUPPRESSIONS}:print_suppressions=0:use_tls=0")
        (work / "cache/pocl").mkdir(parents=True)
        self.random = random.Random(seed)
        self.devices = devices
        self.work = work
        self.out = work / "mounted/out"
        self.counts = collections.Counter()
        self.can_mount = try_mount(work)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    # --- what is built ---------------------------------------------------------------------------------------------

    def make_stack(self):
        draw = self.random
        for name in ("in", "kept", "other", "whole"):
            shutil.rmtree(self.work / name, ignore_errors=True)
        self.clear_output()
        large = self.chance(40)
        nx, ny, nz = (draw.randint(1, most) for most in ((400, 400, 120) if large else (90, 90, 50)))
        nz = max(nz, 3)
        nlevels = draw.randint(1, 3)
        phantom = ["phantom", "--extent", f"{nx}x{ny}x{nz}", "--type", draw.choice(("u8", "i16", "u16", "f32"))]
        self.run_tool(phantom + ["--compression", draw.choice(("none", "none", "lzw", "deflate")), "in"])
        if self.chance(30):  # slices of several kinds in one stack
            self.run_tool(phantom + ["--compression", "deflate", "--layout", "strip-rows=7", "other"])
            for path in sorted((self.work / "other").iterdir()):
                if self.chance(40):
                    shutil.copy2(path, self.work / "in" / path.name)
        shutil.copytree(self.work / "in", self.work / "kept")
        self.slices = sorted(path.name for path in (self.work / "in").iterdir())
        self.build = ["stackthumb", "build", "in", "--levels", str(nlevels), "--quiet", "--progress", "none"]
        self.build += ["--compression", draw.choice(("none", "none", "deflate", "zstd"))]
        began = time.monotonic()
        self.run_tool(self.build + ["--device", "cpu", "whole"])
        self.seconds = time.monotonic() - began
        self.whole = tree(self.work / "whole")
        self.whole_bytes = sum(len(data) for data in self.whole.values())
        self.split = ["--threads", str(draw.randint(1, 4))]
        if self.chance(30):
            self.split += ["--band-rows", str(draw.randint(1, 8) << nlevels)]
        if self.chance(30):
            self.split += ["--batch-slices", str(1 << draw.randint(1, nlevels))]

    def clear_output(self):
        if os.path.ismount(self.out.parent):
            subprocess.run(["umount", self.out.parent], check=True)
        shutil.rmtree(self.out.parent)
        self.out.parent.mkdir()

    def restore(self):
        for name in self.slices:
            kept, path = self.work / "kept" / name, self.work / "in" / name
            about = kept.stat()
            present = path.stat() if path.exists() else None
            if not present or (present.st_size, present.st_mtime_ns) != (about.st_size, about.st_mtime_ns):
                shutil.copy2(kept, path)

    def run_tool(self, command):
        done = subprocess.run(command, cwd=self.work, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")

    # --- runs ------------------------------------------------------------------------------------------------------

    def start(self, limit_bytes=None):
        # A driver that may not write its files either fails first, with another status.
        devices = self.devices if limit_bytes is None else ["cpu"]

        def before_exec():
            for number in CAUGHT:  # also under nohup
                signal.signal(number, signal.SIG_DFL)
            if limit_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

        self.command = self.build + self.split + ["--device", self.random.choice(devices)] + self.more + [str(self.out)]
        return subprocess.Popen(self.command, cwd=self.work, env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, preexec_fn=before_exec)

    def end(self, process):
        for _ in range(RUN_SECONDS):  # second by second: time in which this program is stopped, too, does not count
            try:
                self.said = without_counters(process.communicate(timeout=1)[1])
                return process.returncode
            except subprocess.TimeoutExpired:
                pass
        os.kill(process.pid, signal.SIGABRT)
        raise Wrong("the run hangs")

    def wait_a_while(self):
        time.sleep(self.random.uniform(0, 1.2) * self.seconds)

    def run_undisturbed(self):
        self.more = ["--check"] if self.chance(20) else []
        status = self.end(self.start())
        if status != 0 or tree(self.out) != self.whole or not is_complete(self.out) or self.said:
            raise Wrong(f"an undisturbed run after that: status {status}: {self.said}")
        if partial_files(self.out):
            raise Wrong(f"an undisturbed run after that leaves {partial_files(self.out)}")
        if self.chance(20):
            self.run_tool(["stackthumb", "verify", "--quiet", str(self.out)])

    # --- faults: each returns the status of its run, and those that it explains --------------------------------------

    def fault_truncate(self):
        path = self.work / "in" / self.random.choice(self.slices)
        process = self.start()
        self.wait_a_while()
        os.truncate(path, self.random.randrange(path.stat().st_size))
        return self.end(process), (0, 3)

    def fault_unlink(self):
        path = self.work / "in" / self.random.choice(self.slices[1:-1])  # without the first it is another stack
        process = self.start()
        self.wait_a_while()
        path.unlink()
        return self.end(process), (0, 3)

    def fault_many_slices(self):
        process = self.start()
        self.wait_a_while()
        for name in self.random.sample(self.slices[1:-1], 1 + len(self.slices) // 4):
            path = self.work / "in" / name
            if self.chance(50):
                os.truncate(path, 100)
            else:
                path.unlink()
        return self.end(process), (0, 3)

    def fault_signal(self):
        number = self.random.choice(CAUGHT)
        began = time.monotonic()
        process = self.start()
        self.wait_a_while()
        settled = time.monotonic() - began > SETTLE_SECONDS
        process.send_signal(number)
        return self.end(process), (0, 128 + number) if settled else (0, 128 + number, -number)

    def fault_two_signals(self):
        process = self.start()
        self.wait_a_while()
        process.send_signal(signal.SIGINT)
        time.sleep(self.random.uniform(0, 0.01))
        process.send_signal(signal.SIGTERM)
        return self.end(process), (0, 128 + signal.SIGINT, 128 + signal.SIGTERM, -signal.SIGINT, -signal.SIGTERM)

    def fault_kill(self):
        process = self.start()
        self.wait_a_while()
        process.kill()
        return self.end(process), (0, -signal.SIGKILL)

    def fault_disk_full(self):
        if not self.can_mount:
            return self.fault_file_limit()
        self.clear_output()
        n_bytes = self.random.randrange(4096, 2 * self.whole_bytes + 65536)
        mount("-t", "tmpfs", "-o", f"size={n_bytes}", "none", self.out.parent)
        status = self.end(self.start())
        mount("-o", "remount,size=1g", self.out.parent)
        return status, (0, 4)

    def fault_disk_filled(self):
        """It has room when the run begins, and others take what is left, or some of it."""
        if not self.can_mount:
            return self.fault_file_limit()
        self.clear_output()
        mount("-t", "tmpfs", "-o", "size=1g", "none", self.out.parent)
        process = self.start()
        self.wait_a_while()
        about = os.statvfs(self.out.parent)
        used_bytes = (about.f_blocks - about.f_bfree) * about.f_frsize
        try:
            mount("-o", f"remount,size={used_bytes + self.random.choice((4096, 65536, self.whole_bytes))}", self.out.parent)
        except subprocess.CalledProcessError:
            pass  # more has been written meanwhile
        status = self.end(process)
        mount("-o", "remount,size=1g", self.out.parent)
        return status, (0, 4)

    def fault_file_limit(self):
        limit_bytes = self.random.randrange(1, 3 * self.whole_bytes // len(self.whole))
        return self.end(self.start(limit_bytes)), (0, 4)

    def fault_rival(self):
        process, rival = self.start(), self.start()
        rival_status = self.end(rival)
        if rival_status not in (0, 4) or len(self.said.splitlines()) != (rival_status == 4):
            raise Wrong(f"of two runs at the same time one ended with status {rival_status}: {self.said}")
        return self.end(process), (0, 4) if rival_status == 0 else (0,)

    # --- rounds ------------------------------------------------------------------------------------------------------

    def strike(self):
        before = partial_files(self.out)
        self.more = ["--force"] if self.chance(15) else []
        faults = [name for name in dir(self) if name.startswith("fault_")]
        name = self.random.choice(faults)
        self.fault = name[len("fault_"):]
        status, explained = getattr(self, name)()
        self.counts[self.fault, status] += 1
        if status not in explained:
            raise Wrong(f"status {status}, and {explained} would be right: {self.said}")
        self.check_what_is_left(status, before)
        self.restore()

    def check_what_is_left(self, status, partial_before):
        # A second signal may kill what has said its line already.
        said = len(self.said.splitlines())
        if said > 1 or said != (status > 0) and status >= 0:
            raise Wrong(f"status {status}, and {said} lines were said: {self.said}")
        left = tree(self.out)
        for name, data in left.items():
            if self.whole.get(name) != data:
                raise Wrong(f"{name} is not what an undisturbed run writes")
        if is_complete(self.out) and left != self.whole:
            raise Wrong("the pyramid is not complete, and says that it is")
        if status == 0 and not is_complete(self.out):
            raise Wrong("status 0, and the pyramid is not complete")
        if status >= 0 and not partial_files(self.out) <= partial_before:
            raise Wrong(f"left behind: {partial_files(self.out)}")

    def round(self):
        self.make_stack()
        for _ in range(self.random.randint(2, 5)):
            for _ in range(self.random.choice((1, 1, 2, 3))):
                self.strike()
            self.fault = "none"
            self.run_undisturbed()
            self.counts[self.fault, 0] += 1
            if self.chance(50):
                self.clear_output()


def is_partial(path):
    return path.name.startswith(".")


def tree(folder):
    """The slices below a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("*/*.tif") if not is_partial(path)}


def partial_files(folder):
    return {path for path in folder.rglob("*") if path.is_file() and is_partial(path)}


def is_complete(folder):
    try:
        return json.loads((folder / "stackthumb.json").read_text())["complete"]
    except FileNotFoundError:
        return False


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def try_mount(work):
    (work / "mounted").mkdir()
    try:
        mount("-t", "tmpfs", "none", work / "mounted")
    except (OSError, subprocess.CalledProcessError):
        return False
    subprocess.run(["umount", work / "mounted"], check=True)
    return True


def enter_namespace():
    """Mounts are made in a mount namespace of our own, where that is allowed: they end with it."""
    unshare = ["unshare", "--mount", "--propagation", "private"]
    if "SOAK_NAMESPACE" not in os.environ and shutil.which("unshare"):
        if subprocess.run(unshare + ["true"], capture_output=True).returncode == 0:
            os.environ["SOAK_NAMESPACE"] = "1"
            os.execvp("unshare", unshare + [sys.executable] + sys.argv)


def main():
    parser = argparse.ArgumentParser(description="Builds random stacks while random things go wrong.")
    parser.add_argument("programs")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    parser.add_argument("--devices", default="cpu,cpu,reference,opencl")
    arguments = parser.parse_args()
    enter_namespace()
    work = pathlib.Path(tempfile.mkdtemp(prefix="stackthumb-soak-"))
    soak = Soak(os.path.abspath(arguments.programs) if ":" not in arguments.programs else arguments.programs,
                arguments.seed, arguments.devices.split(","), work)
    until = time.monotonic() + arguments.seconds
    nrounds = 0
    try:
        while time.monotonic() < until:
            soak.round()
            nrounds += 1
    except Wrong as wrong:
        print(f"seed {arguments.seed}, round {nrounds}, fault {getattr(soak, 'fault', 'none')}: {str(wrong)[:2000]}\n"
              f"{' '.join(getattr(soak, 'command', []))}\nin {work}")
        return 1
    for (fault, status), count in sorted(soak.counts.items()):
        print(f"{fault:12} status {status:4}  {count:5}")
    print(f"seed {arguments.seed}: {nrounds} stacks, {nrounds + sum(soak.counts.values())} builds" + ("" if soak.can_mount else "; no file system could be mounted"))
    soak.clear_output()
    shutil.rmtree(work)
    return 0


sys.exit(main())
