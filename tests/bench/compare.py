#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs stackthumb and what it is compared with in turn on one stack, and prints a table. compare.sh installs and builds
what this needs, and calls it.

A round runs every program once, in an order drawn anew (the same ones each time); ratios are taken within a round, and
their median over the rounds is shown, so that what slows the machine for a while slows both sides. Every run writes
into a folder that is not there yet and is removed afterwards. Before each the floor runs unmeasured: the slices are
then in the page cache, and there is free memory that has been used before (a virtual machine gives idle memory back to
its host, and the first touch of such a page takes many times what writing it does). Seconds are those of the whole
process, but for the floor, which measures itself. Outputs are compared with stackthumb's CPU path in the first round.
"""
import argparse
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # tests/bench stays as it is

import report
from programs import BENCH, ROOT, programs

MISSING = 77  # exit status, as CTest takes it: skipped


def parse_options():
    parser = argparse.ArgumentParser(description="Compares stackthumb with the floor and with others.")
    parser.add_argument("--extent", default="3072x3072x128", help="of the stack that is made (%(default)s)")
    parser.add_argument("--type", default="u16", help="of its voxels: u8, u16 or f32 (%(default)s)")
    parser.add_argument("--levels", type=int, default=3, help="of the pyramid (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    parser.add_argument("--patience", type=float, default=60, metavar="SECONDS",
                        help="what takes longer runs once, in the first round (%(default)s)")
    parser.add_argument("--only", metavar="NAMES",
                        help="comma-separated: opencl,pairwise,numpy ...; floor and cpu always run")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="CMake's build folder (%(default)s)")
    parser.add_argument("--work", type=Path, default=ROOT / "build/compare",
                        help="folder for stack and outputs (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="result (WORK/compare.json)")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="chart (WORK/compare.svg)")
    options = parser.parse_args()
    match = re.fullmatch(r"(\d+)x(\d+)x(\d+)", options.extent)
    if not match or not all(int(n) for n in match.groups()):
        parser.error(f"--extent {options.extent} is not understood")
    if options.rounds < 1 or options.levels < 1:
        parser.error("--rounds and --levels begin at 1")
    options.extent = tuple(int(n) for n in match.groups())
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def choose(options):
    """The programs to run; none where something is missing that every comparison needs."""
    known = programs(options.build)
    names = {"floor", "cpu"} | set(options.only.split(",") if options.only else [program.name for program in known])
    for name in sorted(names - {program.name for program in known}):
        sys.exit(f"compare: there is no program {name}")
    chosen = []
    for program in known:
        missing = program.missing()
        if missing and program.name in names:
            say(f"compare: {program.name} is left out: {missing} is missing; compare.sh installs and builds it")
        if missing and program.name in ("floor", "cpu", "numpy_tuned"):  # difference.py needs what numpy_tuned needs
            return []
        if not missing and program.name in names:
            chosen.append(program)
    return chosen


def make_stack(options):
    """The folder of the phantom, made unless an earlier run did."""
    extent = "{}x{}x{}".format(*options.extent)
    stack = options.work / f"stack-{extent}-{options.type}"
    if not stack.exists():
        say(f"compare: making {stack}")
        partial = stack.with_name(stack.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        phantom = options.build / "tests/tools/phantom"
        command = [phantom, "--extent", extent, "--type", options.type, partial]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        partial.rename(stack)
    return stack


def make_head(options, stack):
    """A folder with links to the stack's first slices, for warming up: two batches of the deepest level."""
    head = options.work / "head"
    shutil.rmtree(head, ignore_errors=True)
    head.mkdir()
    for path in sorted(stack.iterdir())[: 2 << options.levels]:
        (head / path.name).symlink_to(path.resolve())
    return head


class Runner:
    """Runs programs into a folder of their own, and compares their outputs with the right one."""

    def __init__(self, options, floor):
        self.options = options
        self.floor = floor
        self.output = options.work / "output"
        self.right = options.work / "right"
        for folder in (self.output, self.right):
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, program, stack):
        """One run, which leaves self.output; None, told on standard error, when it fails."""
        arguments = program.arguments(stack, self.output, self.options.levels)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
            start = time.perf_counter()
            child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=complaints)
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            if status != 0:
                complaints.seek(0)
                lines = complaints.read().decode(errors="replace").strip().splitlines() or ["no message"]
                say(f"compare: {program.name} failed ({child.returncode}): {lines[-1]}")
                return None
            cpu_seconds = usage.ru_utime + usage.ru_stime
            run = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": usage.ru_maxrss / 1024}
            if program.name == "floor":
                out.seek(0)
                run |= json.load(out)
        return run

    def differences(self):
        command = ["/usr/bin/python3", BENCH / "difference.py", self.right, self.output, str(self.options.levels)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def keep_right(self):
        self.output.rename(self.right)

    def clean(self):
        shutil.rmtree(self.output, ignore_errors=True)

    def prepare(self, stack):
        """Leaves nothing to be written to the disk during the next run, and slices and free memory as it finds them
        in a loop of such runs."""
        os.sync()
        ready = self.run(self.floor, stack) is not None
        self.clean()
        return ready


def warm_up(runner, chosen, options, stack):
    """Runs every program on the head of the stack (libraries and compiled kernels are then in caches), and makes the
    right output. Returns what works, as results without runs."""
    head = make_head(options, stack)
    nhead = min(2 << options.levels, options.extent[2])
    results = []
    for program in chosen:
        say(f"compare: warming up {program.name}")
        run = runner.run(program, head)
        runner.clean()
        if run:
            estimate = run["seconds"] * options.extent[2] / nhead
            results.append({"program": program, "once": estimate > options.patience, "runs": {}, "differences": None})
        if run and program.name == "cpu":
            if runner.run(program, stack):
                runner.keep_right()
            runner.clean()
    shutil.rmtree(head)
    return results


def measure(runner, results, options, stack):
    for round_ in range(options.rounds):
        for result in random.Random(round_).sample(results, len(results)):
            program = result["program"]
            if result["once"] and round_ > 0:
                continue
            if not runner.prepare(stack):
                continue
            run = runner.run(program, stack)
            if run:
                result["runs"][round_] = run
                say(f"compare: round {round_ + 1} of {options.rounds}: {program.name} {run['seconds']:.3f} s")
                if round_ == 0 and program.rounding is not None:
                    result["differences"] = runner.differences()
            runner.clean()


def main():
    options = parse_options()
    chosen = choose(options)
    if not chosen:
        return MISSING
    options.work.mkdir(parents=True, exist_ok=True)
    stack = make_stack(options)

    load = os.getloadavg()[0]
    if load > 0.5:
        say(f"compare: this machine is busy (load {load:.1f}): others' work is in the figures")
    runner = Runner(options, chosen[0])
    own_peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results = warm_up(runner, chosen, options, stack)
    measure(runner, results, options, stack)
    shutil.rmtree(runner.right, ignore_errors=True)

    summary = report.summarise(results, options, stack, load, own_peak_mib)
    report.write_json(summary, options.json or options.work / "compare.json")
    if not report.draw(summary, options.work / "compare.tsv", options.plot or options.work / "compare.svg"):
        say("compare: there is no chart: gnuplot is missing; compare.sh installs it")
    print(report.table(summary))
    complaints = report.complaints(summary)
    for complaint in complaints:
        say(f"compare: {complaint}")
    return 1 if complaints or len(summary["programs"]) < len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
