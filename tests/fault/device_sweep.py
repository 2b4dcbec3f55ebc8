#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every call that a build makes to an OpenCL driver is made to fail, one after the other:

    python3 device_sweep.py [--step N] PROGRAMS STUB

PROGRAMS is a list of folders, as in PATH, that hold stackthumb and phantom; STUB is the folder of stub_icd's stub.icd.
For each kind of call, each code and each N = 1, 2, 3 ... until a run passes undisturbed, the N-th call fails, or it and
all later ones, or does not return; or the device computes wrong means from the N-th run of a kernel on. Where a driver
refuses memory once, the run has to go on in smaller batches, to the same bytes. Else it has to end with status 5 and
one line, soon; what it left under final names has to be what an undisturbed run writes; then the same command,
undisturbed, has to end with the same bytes. No object may be left that was not released. --step N tries every N-th call
only, and one of four kinds of devices and batches."""
import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

DEVICE = 5
NOT_AVAILABLE, ALLOCATION_FAILURE, OUT_OF_RESOURCES, OUT_OF_HOST_MEMORY, BUILD_FAILURE = -2, -4, -5, -6, -11
# After which a smaller batch is worth a try.
ALLOCATING = ("clCreateBuffer", "clEnqueueMigrateMemObjects", "clEnqueueMapBuffer", "clEnqueueNDRangeKernel",
              "clEnqueueWriteBuffer", "clEnqueueReadBuffer", "event")
FAILURES = {
    "clCreateBuffer": (ALLOCATION_FAILURE, OUT_OF_RESOURCES, OUT_OF_HOST_MEMORY, NOT_AVAILABLE),
    "clEnqueueMigrateMemObjects": (ALLOCATION_FAILURE, NOT_AVAILABLE),
    "clEnqueueNDRangeKernel": (ALLOCATION_FAILURE, OUT_OF_RESOURCES, NOT_AVAILABLE),
    "clEnqueueWriteBuffer": (ALLOCATION_FAILURE, NOT_AVAILABLE),
    "clEnqueueReadBuffer": (OUT_OF_RESOURCES, NOT_AVAILABLE),
    "clEnqueueMapBuffer": (ALLOCATION_FAILURE, NOT_AVAILABLE),
    "event": (ALLOCATION_FAILURE, NOT_AVAILABLE),
    "clBuildProgram": (BUILD_FAILURE, OUT_OF_HOST_MEMORY),
    "clGetPlatformIDs": (OUT_OF_HOST_MEMORY,),
    "clGetPlatformInfo": (OUT_OF_HOST_MEMORY,),
    "clGetDeviceIDs": (NOT_AVAILABLE,),
    "any": (NOT_AVAILABLE, OUT_OF_RESOURCES),
}
# Those of which each is for something else: the first so many are tried with any step.
EACH = {"clGetDeviceInfo": 20, "clGetProgramInfo": 2, "clGetKernelWorkGroupInfo": 2, "clCreateContext": 1, "clCreateCommandQueue": 3,
        "clCreateProgramWithSource": 2, "clCreateKernel": 2, "clSetKernelArg": 32, "clFlush": 3, "clFinish": 2,
        "clEnqueueUnmapMemObject": 4, "clGetEventProfilingInfo": 12}

HANGING = ("clGetPlatformIDs", "clGetDeviceInfo", "clCreateContext", "clCreateCommandQueue", "clBuildProgram",
           "clCreateBuffer", "clEnqueueNDRangeKernel", "clEnqueueWriteBuffer", "clEnqueueReadBuffer",
           "clEnqueueMapBuffer", "clWaitForEvents", "clFinish", "clReleaseMemObject", "clReleaseContext")
PATIENCE = ["--device-timeout", "1"]


class Wrong(Exception):
    pass


def tree(folder):
    """The slices below a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.tif"))}


class Sweep:
    def __init__(self, work, options):
        self.work, self.step = work, options.step
        self.out, self.report = work / "out", work / "report"
        self.environment = dict(os.environ, PATH=f"{options.programs}:{os.environ['PATH']}", LC_ALL="C",
                                OCL_ICD_VENDORS=options.stub + "/", XDG_CACHE_HOME=str(work / "cache"),
                                STUB_REPORT=str(self.report))
        self.counts = {}

    def run(self, more=(), **stub):
        self.report.unlink(missing_ok=True)
        return subprocess.run(self.build + list(more), cwd=self.work, env=dict(self.environment, **stub), capture_output=True,
                              text=True, timeout=120)

    def stack(self, unified, cut):
        for name in ("in", "out"):
            shutil.rmtree(self.work / name, ignore_errors=True)
        self.environment.pop("STUB_UNIFIED", None)
        if unified:
            self.environment["STUB_UNIFIED"] = "1"
        phantom = ["phantom", "--extent", "40x36x20", "--type", "u16", "in"]
        subprocess.run(phantom, cwd=self.work, env=self.environment, check=True, capture_output=True)
        self.build = ["stackthumb", "build", "in", "out", "--levels", "3", "--quiet", "--threads", "2"] + cut
        done = subprocess.run(self.build + ["--device", "cpu"], cwd=self.work, env=self.environment)
        self.whole = tree(self.out)
        if done.returncode != 0 or len(self.whole) != 10 + 5 + 3:
            raise Wrong("an undisturbed run on the CPU path does not end well")
        self.build += ["--device", "1"]

    def check_failed(self, where, done, killed=False, again=True):
        if done.returncode != DEVICE or len(done.stderr.splitlines()) != 1:
            raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
        left = tree(self.out) if self.out.exists() else {}
        if any(self.whole.get(name) != data for name, data in left.items()):
            raise Wrong(f"{where}: what is left is not what an undisturbed run writes")
        if not killed and self.out.exists() and any(path.name.startswith(".") for path in self.out.rglob("*") if path.is_file()):
            raise Wrong(f"{where}: something half-written is left")
        if not again:
            return
        again = self.run()
        if again.returncode != 0 or tree(self.out) != self.whole:
            raise Wrong(f"{where}: the next run did not end with the same bytes: {again.stderr}")

    def disturb(self, call, n, code, goes_on, again=True):
        """False when the call did not come n times."""
        where = f"{' '.join(self.build)}: STUB_FAIL={call}:{n}:{code}"
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.rmtree(self.work / "cache", ignore_errors=True)
        done = self.run(STUB_FAIL=f"{call}:{n}:{code}")
        said = self.report.read_text().splitlines() if self.report.exists() else []
        if "left 0" not in said:
            raise Wrong(f"{where}: {said[-1:]}: {done.returncode} {done.stderr}")
        if "injected" not in said:
            return False
        passed = done.returncode == 0 and not done.stderr and tree(self.out) == self.whole
        self.counts[call, code, done.returncode] = self.counts.get((call, code, done.returncode), 0) + 1
        if not passed and (goes_on or done.returncode == 0):
            raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
        if not passed:
            self.check_failed(where, done, again=again)
        return True

    def start(self):
        return random.choice((1, random.randint(1, self.step)))

    def sweep(self, call, code):
        refused = code in (ALLOCATION_FAILURE, OUT_OF_RESOURCES, OUT_OF_HOST_MEMORY) and call in ALLOCATING
        n = self.start()
        while self.disturb(call, n, code, refused):
            n += self.step
        n = self.start()
        while self.disturb(call, f"{n}+", code, False):
            n += self.step

    def sweep_each(self, call, most):
        n = 1
        while (n <= most or self.step == 1) and self.disturb(call, n, NOT_AVAILABLE, False, n == 1 or self.step == 1):
            n += 1

    def sweep_timing(self, most):
        """--stats takes times from the device, without which it fails."""
        shutil.rmtree(self.out, ignore_errors=True)
        done = self.run(["--stats"])
        if done.returncode != 0 or tree(self.out) != self.whole:
            raise Wrong(f"--stats: status {done.returncode}: {done.stderr}")
        for n in range(1, 1000 if self.step == 1 else most + 1):
            where = f"{' '.join(self.build)} --stats: STUB_FAIL=clGetEventProfilingInfo:{n}"
            shutil.rmtree(self.out, ignore_errors=True)
            done = self.run(["--stats"], STUB_FAIL=f"clGetEventProfilingInfo:{n}:{NOT_AVAILABLE}")
            if "injected" not in self.report.read_text():
                return
            self.counts["clGetEventProfilingInfo", NOT_AVAILABLE, done.returncode] = n
            if "timing a batch failed" not in done.stderr:
                raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
            self.check_failed(where, done, again=n == 1 or self.step == 1)

    def sweep_hangs(self, call):
        n = self.start()
        while True:
            where = f"{' '.join(self.build)}: STUB_HANG={call}:{n}"
            shutil.rmtree(self.out, ignore_errors=True)
            shutil.rmtree(self.work / "cache", ignore_errors=True)
            done = self.run(PATIENCE, STUB_HANG=f"{call}:{n}")
            if not self.report.exists() or "injected" not in self.report.read_text():
                return
            if "no answer for" not in done.stderr:
                raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
            self.counts[call, "hang", done.returncode] = self.counts.get((call, "hang", done.returncode), 0) + 1
            self.check_failed(where, done, killed=True)
            n += self.step

    def sweep_lies(self):
        """A device that begins to compute wrong means with the N-th run of a kernel: build --verify finds that."""
        n = self.start()
        while True:
            where = f"{' '.join(self.build)} --verify: STUB_WRONG={n}"
            shutil.rmtree(self.out, ignore_errors=True)
            done = self.run(["--verify"], STUB_WRONG=str(n))
            if "injected" not in self.report.read_text():
                if n == 1 or done.returncode != 0 or tree(self.out) != self.whole:
                    raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
                return
            self.counts["wrong", "mean", done.returncode] = self.counts.get(("wrong", "mean", done.returncode), 0) + 1
            if "computed a wrong voxel: level " not in done.stderr:
                raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
            self.check_failed(where, done)
            n += min(self.step, 3)

    def lie_found_late(self):
        """What a lying device wrote before --verify was asked is not gone on with either."""
        where = f"{' '.join(self.build)}: a lie that is found late"
        shutil.rmtree(self.out, ignore_errors=True)
        wrong, n = {}, 0
        while wrong.get("3/000000.tif", self.whole["3/000000.tif"]) == self.whole["3/000000.tif"]:  # of a slab that is done
            n += 1
            done = self.run(STUB_WRONG="1", STUB_FAIL=f"clEnqueueNDRangeKernel:{n}+:{NOT_AVAILABLE}")
            if done.returncode != DEVICE:
                raise Wrong(f"{where}: nothing wrong was written first: status {done.returncode}: {done.stderr}")
            wrong = tree(self.out) if self.out.exists() else {}
        done = self.run(["--verify"], STUB_WRONG="1")
        if done.returncode != DEVICE or "computed a wrong voxel: level " not in done.stderr:
            raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
        again = self.run()
        if again.returncode != 0 or tree(self.out) != self.whole:
            raise Wrong(f"{where}: the next run did not end with the same bytes: {again.stderr}")

    def distrust_fails(self):
        """When it cannot be noted that nothing is to be gone on with, that is said."""
        if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
            return
        shutil.rmtree(self.out, ignore_errors=True)
        failing = ["strace", "-f", "-qq", "-o", "trace", "-e", "trace=renameat", "-e", "inject=renameat:error=EIO:when=3"]
        environment = dict(self.environment, STUB_WRONG="1", ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run(failing + self.build + ["--verify"], cwd=self.work, env=environment, capture_output=True, text=True)
        lines = done.stderr.splitlines()
        if (done.returncode != DEVICE or len(lines) != 2 or "stackthumb.journal: Input/output error" not in lines[0]
                or not lines[0].endswith("; begin the next run with --force") or "computed a wrong voxel" not in lines[1]):
            raise Wrong(f"a journal that cannot be replaced: status {done.returncode}: {done.stderr}")
        again = self.run(["--force"])
        if again.returncode != 0 or tree(self.out) != self.whole:
            raise Wrong(f"a journal that could not be replaced: the next run did not end with the same bytes: {again.stderr}")

    def slow(self):
        """A device that takes its time, but less than it is given, and a process that is stopped for longer."""
        shutil.rmtree(self.out, ignore_errors=True)
        done = self.run(PATIENCE, STUB_HANG="clWaitForEvents:1:700")
        if done.returncode != 0 or tree(self.out) != self.whole:
            raise Wrong(f"a slow device: status {done.returncode}: {done.stderr}")
        shutil.rmtree(self.out)
        build = subprocess.Popen(self.build + ["--device-timeout", "2"], cwd=self.work,
                                 env=dict(self.environment, STUB_HANG="clWaitForEvents:1:500"))
        time.sleep(0.3)
        build.send_signal(signal.SIGSTOP)
        time.sleep(3)
        build.send_signal(signal.SIGCONT)
        if build.wait() != 0 or tree(self.out) != self.whole:
            raise Wrong(f"a run that was stopped ended with status {build.returncode}")

    def broken_build(self):
        """The whole log is printed, and the line that tells of an error once more in the message."""
        shutil.rmtree(self.work / "cache", ignore_errors=True)
        shutil.rmtree(self.out, ignore_errors=True)
        log = "a warning\nx.cl:3: error: what is this?\nthe rest"
        self.build.remove("--quiet")
        done = self.run(STUB_BUILD_LOG=log)
        self.build.append("--quiet")
        lines = [line.strip() for line in done.stderr.splitlines()]
        if done.returncode != DEVICE or lines[:3] != log.splitlines() or "error: what is this?" not in lines[3]:
            raise Wrong(f"a kernel that cannot be built: status {done.returncode}: {done.stderr}")
        done = self.run(STUB_BUILD_LOG=log)
        self.check_failed("a kernel that cannot be built", done)

    def all(self):
        stacks = [(unified, cut) for unified in (False, True) for cut in ([], ["--batch-slices", "2", "--band-rows", "16"])]
        for unified, cut in stacks if self.step == 1 else random.sample(stacks, 1):
            self.stack(unified, cut)
            for call, codes in FAILURES.items():
                for code in codes:
                    self.sweep(call, code)
            self.sweep_lies()
            for call, most in EACH.items():
                if call == "clGetEventProfilingInfo":
                    self.sweep_timing(most)
                else:
                    self.sweep_each(call, most)
        self.stack(False, stacks[1][1])
        self.lie_found_late()
        self.distrust_fails()
        self.broken_build()
        self.slow()
        for call in HANGING:
            self.sweep_hangs(call)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("programs")
    parser.add_argument("stub")
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory(prefix="stackthumb-device-") as work:
        sweep = Sweep(pathlib.Path(work), options)
        status = 0
        try:
            sweep.all()
        except Wrong as wrong:
            print(wrong)
            status = 1
        for (call, code, ended), count in sorted(sweep.counts.items(), key=str):
            print(f"{call:26} {code!s:>4}  status {ended}  {count:5}")
        print(f"{sum(sweep.counts.values())} runs disturbed")
        return status


sys.exit(main())
