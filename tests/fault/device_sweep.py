#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every call that a build makes to an OpenCL driver is made to fail, one after the other:

    python3 device_sweep.py [--step N] PROGRAMS STUB

PROGRAMS is a list of folders, as in PATH, that hold stackthumb and phantom; STUB is the folder of stub_icd's stub.icd. For
each kind of call, each code and each N = 1, 2, 3 ... until a run passes undisturbed, the N-th call fails, or it and all
later ones. Where a driver refuses memory once, the run has to go on in smaller batches, to the same bytes. Else it has to
end with status 5 and one line; what it left under final names has to be what an undisturbed run writes; then the same
command, undisturbed, has to end with the same bytes. No object may be left that was not released. --step N tries every
N-th call only."""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

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

    def run(self, **stub):
        self.report.unlink(missing_ok=True)
        return subprocess.run(self.build, cwd=self.work, env=dict(self.environment, **stub), capture_output=True,
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

    def check_failed(self, where, done):
        if done.returncode != DEVICE or len(done.stderr.splitlines()) != 1:
            raise Wrong(f"{where}: status {done.returncode}: {done.stderr}")
        left = tree(self.out) if self.out.exists() else {}
        if any(self.whole.get(name) != data for name, data in left.items()):
            raise Wrong(f"{where}: what is left is not what an undisturbed run writes")
        if self.out.exists() and any(path.name.startswith(".") for path in self.out.rglob("*") if path.is_file()):
            raise Wrong(f"{where}: something half-written is left")
        again = self.run()
        if again.returncode != 0 or tree(self.out) != self.whole:
            raise Wrong(f"{where}: the next run did not end with the same bytes: {again.stderr}")

    def disturb(self, call, n, code, goes_on):
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
            self.check_failed(where, done)
        return True

    def sweep(self, call, code):
        refused = code in (ALLOCATION_FAILURE, OUT_OF_RESOURCES, OUT_OF_HOST_MEMORY) and call in ALLOCATING
        n = random.randint(1, self.step)
        while self.disturb(call, n, code, refused):
            n += self.step
        n = random.randint(1, self.step)
        while self.disturb(call, f"{n}+", code, False):
            n += self.step

    def all(self):
        for unified in (False, True):
            for cut in ([], ["--batch-slices", "2", "--band-rows", "16"]):
                self.stack(unified, cut)
                for call, codes in FAILURES.items():
                    for code in codes:
                        self.sweep(call, code)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("programs")
    parser.add_argument("stub")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stackthumb-device-") as work:
        sweep = Sweep(pathlib.Path(work), options)
        status = 0
        try:
            sweep.all()
        except Wrong as wrong:
            print(wrong)
            status = 1
        for (call, code, ended), count in sorted(sweep.counts.items()):
            print(f"{call:26} {code:4}  status {ended}  {count:5}")
        print(f"{sum(sweep.counts.values())} runs disturbed")
        return status


sys.exit(main())
