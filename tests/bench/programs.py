# SPDX-License-Identifier: MIT
"""What compare.py compares: how each program is called, and how exact it can be."""
import importlib.util
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]


@dataclass
class Program:
    name: str  # for --only and the JSON file
    label: str  # for people
    command: list  # INPUT, OUTPUT and LEVELS stand for what they say
    modules: tuple = ()  # Python modules that it needs
    soname: str = ""  # a shared library that it loads
    package: str = ""  # the Debian package whose version is noted
    # A mean of one level differs from the exact mean of what is below it by at most this much (integers): 0.5 for one
    # rounding to nearest. None: writes no means.
    rounding: float = None

    def missing(self):
        """What is not installed or built, or None."""
        absent = [module for module in self.modules if not importlib.util.find_spec(module)]
        if self.soname and not find_library(self.soname):
            absent.append("lib" + self.soname)
        if not absent and not Path(self.command[0]).exists():
            absent = [self.command[0]]
        return absent[0] if absent else None

    def arguments(self, stack, output, nlevels):
        values = {"INPUT": str(stack), "OUTPUT": str(output), "LEVELS": str(nlevels)}
        return [values.get(word, word) for word in self.command]


def peer(name, label, modules, package, rounding, soname=""):
    command = ["/usr/bin/python3", str(BENCH / f"peer_{name}.py"), "INPUT", "OUTPUT", "LEVELS"]
    return Program(name, label, command, modules, soname, package, rounding)


def programs(build):
    """All of them; `build` is CMake's build folder. The floor and the CPU path, which all ratios go to, come first."""

    def stackthumb(device):
        program = str(build / "host/cli/stackthumb")
        return [program, "build", "--device", device, "--levels", "LEVELS", "--quiet", "--no-sync", "INPUT", "OUTPUT"]

    def own(name):
        return [str(build / "tests/bench" / name), "INPUT", "OUTPUT", "LEVELS"]

    itk = [str(ROOT / "build/peer_itk/peer_itk"), "INPUT", "OUTPUT", "LEVELS"]
    return [
        Program("floor", "floor: read, then write", own("floor")),
        Program("cpu", "stackthumb, CPU path", stackthumb("cpu"), rounding=0),
        Program("opencl", "stackthumb, OpenCL", stackthumb("opencl"), package="pocl-opencl-icd", rounding=0),
        Program("pairwise", "CTHarvester's strategy in C", own("pairwise"), rounding=0.5),
        peer("numpy_tuned", "numpy, fewest passes", ("numpy", "tifffile"), "python3-numpy", 0.5),
        peer("numpy", "numpy, as CTHarvester", ("numpy", "tifffile"), "python3-numpy", 1.25),
        peer("pillow", "Pillow", ("PIL",), "python3-pil", 1),
        peer("libvips", "libvips", (), "libvips42", 1, soname="vips"),
        Program("itk", "ITK BinShrink", itk, package="libinsighttoolkit5.2", rounding=0.5),
        peer("skimage", "scikit-image", ("skimage", "tifffile"), "python3-skimage", 0),
    ]
