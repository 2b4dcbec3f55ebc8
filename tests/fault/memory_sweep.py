#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Memory is refused to a command, one request after the other:

    python3 memory_sweep.py [--step N] [--own-step N] [--only WORD] [--seed N] PROGRAMS REFUSE STUB

PROGRAMS is a list of folders, as in PATH, that hold stackthumb, phantom and refuse_own; REFUSE is the library made from
refuse_memory.c; STUB is the folder of stub_icd's stub.icd. For each command and each N = 1, 2, 3 ... until a run passes
undisturbed, the N-th request for memory or for a thread, of the program or of any library in it, is refused, or it and all
later ones. The command has to end as if nothing had been, or with one line and a status that is right; what it left under
final names has to be what an undisturbed run writes, and the next run has to end with the same bytes. Then, and with many
more commands, the same with the requests of the program's own code (refuse_own.c), a hundred times as fast. --step N and
--own-step N try every N-th request only, from one on that --seed N decides; --only takes the commands that have WORD in their
name."""
import argparse
import collections
import gzip
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import numpy
import tifffile
from PIL import Image

FAILED, OUTPUT, DEVICE = 1, 4, 5


def tree(folder):
    """The slices below a folder, by name, and the manifest once it is complete."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.tif"))}
    manifest = folder / "stackthumb.json"
    if manifest.exists() and b'"complete": true' in manifest.read_bytes():
        found[manifest.name] = manifest.read_bytes()
    return found


def is_right(status, lines):
    """One line; a bench that cannot remove its folder says where that is."""
    return len(lines) == 1 and (status in (FAILED, DEVICE) or (status == OUTPUT and "cannot be removed" in lines[0]))


def write_stacks(work):
    """Small stacks of every format, by name."""
    random_voxels = numpy.random.default_rng(1)
    voxels = random_voxels.integers(0, 60000, (6, 20, 24), dtype=numpy.uint16)
    small = (voxels >> 8).astype(numpy.uint8)
    for name in "tiff lzw deflate png jpg jp2 bmp nrrd".split():
        (work / name).mkdir()
    for z in range(6):
        grey, wide = Image.fromarray(small[z]), Image.fromarray(voxels[z])
        tifffile.imwrite(work / f"tiff/s{z:02}.tif", voxels[z])
        wide.save(work / f"lzw/s{z:02}.tif", compression="tiff_lzw")
        wide.save(work / f"deflate/s{z:02}.tif", compression="tiff_adobe_deflate")
        for name in ("png", "jpg", "jp2", "bmp"):
            grey.save(work / f"{name}/s{z:02}.{name}")
    tifffile.imwrite(work / "pages.tif", voxels)
    tifffile.imwrite(work / "imagej.tif", voxels, imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(work / "ome.ome.tif", voxels, ome=True, metadata={"axes": "ZYX"})
    header = "NRRD0004\ntype: uint16\ndimension: 3\nsizes: 24 20 6\nencoding: gzip\nendian: little\n\n"
    (work / "v.nrrd").write_bytes(header.encode() + gzip.compress(voxels.tobytes()))
    (work / "list.txt").write_text("".join(f"tiff/s{z:02}.tif\n" for z in range(6)))
    write_odd_stacks(work, voxels, small)


def write_odd_stacks(work, voxels, small):
    """Stacks that take the longer ways through the program's own code."""
    for name in "gaps mixed damaged".split():
        (work / name).mkdir()
    for z in (0, 1, 2, 5):
        tifffile.imwrite(work / f"gaps/scan_rec{z:04}.tif", voxels[z])
        tifffile.imwrite(work / f"gaps/scan{z:04}.tif", voxels[z][:5])
        Image.fromarray(small[z]).save(work / f"gaps/b{z}.bmp")
    tifffile.imwrite(work / "gaps/scan_rec_spr.tif", small[0])
    (work / "gaps/scan_rec.log").write_text("[System]\nScanner=SkyScan1172\n[Acquisition]\nSource Voltage (kV)=80\n"
                                            "Image Pixel Size (um)=5.2\n[Reconstruction]\nPixel Size (um)=5.3\n")
    (work / "gaps/scan.xtekct").write_text("[XTekCT]\nVoxelSizeX=0.1\nVoxelSizeY=0.1\nVoxelSizeZ=0.2\nXraykV=100\n")
    for z in range(6):
        tifffile.imwrite(work / f"mixed/m{z}.tif", small[z] if z % 2 else voxels[z])
        tifffile.imwrite(work / f"damaged/d{z}.tif", voxels[z], compression="zlib")
    cut = work / "damaged/d3.tif"
    cut.write_bytes(cut.read_bytes()[:-100])
    tifffile.imwrite(work / "channels.ome.tif", numpy.stack([voxels, voxels + 1]), ome=True, metadata={"axes": "CZYX"})
    with tifffile.TiffWriter(work / "set_0.ome.tif") as first, tifffile.TiffWriter(work / "set_1.ome.tif") as second:
        planes = "".join(f'<TiffData FirstZ="{z}" IFD="{z % 3}" PlaneCount="1"><UUID FileName="set_{z // 3}.ome.tif">u:{z // 3}'
                         "</UUID></TiffData>" for z in range(6))
        text = ('<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
                'DimensionOrder="XYZCT" Type="uint16" SizeX="24" SizeY="20" SizeZ="6" SizeC="1" SizeT="1" '
                'PhysicalSizeX="2" PhysicalSizeY="2" PhysicalSizeZ="3"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
                f"{planes}</Pixels></Image></OME>")
        for z in range(6):
            (first if z < 3 else second).write(voxels[z], description=text, contiguous=False, metadata=None)
    (work / "v.raw").write_bytes(voxels.tobytes())
    (work / "v.nhdr").write_text("NRRD0004\ntype: uint16\ndimension: 3\nsizes: 24 20 6\nencoding: raw\nendian: little\n"
                                 "spacings: 2 2 3\nspace units: \"um\" \"um\" \"um\"\ndata file: v.raw\n")
    for z in range(6):
        (work / f"p{z}.raw").write_bytes(voxels[z].tobytes())
    (work / "v.mhd").write_text("ObjectType = Image\nNDims = 3\nDimSize = 24 20 6\nElementType = MET_USHORT\n"
                                "ElementDataFile = LIST\n" + "".join(f"p{z}.raw\n" for z in range(6)))


class Sweep:
    def __init__(self, work, options):
        self.work, self.step, self.own_step = work, options.step, options.own_step
        self.out, self.refused = work / "out", work / "refused"
        self.environment = dict(os.environ, PATH=f"{options.programs}:{os.environ['PATH']}", LC_ALL="C",
                                OCL_ICD_VENDORS=options.stub + "/", XDG_CACHE_HOME=str(work / "cache"))
        sanitizer = os.environ.get("ASAN_OPTIONS", "")
        # libtiff 4.5, OpenJPEG 2.5, Jansson 2.14 and ocl-icd 2.3 crash when they are refused memory, and no caller can help it.
        self.refusing = dict(self.environment, LD_PRELOAD=options.refuse, REFUSED=str(self.refused),
                             REFUSE_NOT=options.spare,
                             ASAN_OPTIONS=sanitizer + ":verify_asan_link_order=0:fast_unwind_on_malloc=0")
        self.counts, self.wrong = collections.Counter(), []

    def call(self, command):
        return subprocess.run(command, cwd=self.work, env=self.environment, capture_output=True, text=True, timeout=600)

    def disturb(self, name, command, refuse, whole):
        """False when so much memory was not asked for."""
        where = f"{name}: REFUSE={refuse} {' '.join(command)}"
        self.refused.unlink(missing_ok=True)
        if whole is not None:
            shutil.rmtree(self.out, ignore_errors=True)
        shutil.rmtree(self.work / "cache", ignore_errors=True)
        done = subprocess.run(command, cwd=self.work, env=dict(self.refusing, REFUSE=refuse), capture_output=True,
                              text=True, timeout=120)
        if not self.refused.exists():
            return False
        self.counts[name, done.returncode] += 1
        lines = done.stderr.splitlines()
        said = done.stderr if len(lines) < 10 else "\n".join(lines[:40])
        if done.returncode == 0:
            if lines:
                self.wrong.append(f"{where}: status 0: {said}")
        elif not is_right(done.returncode, lines):
            self.wrong.append(f"{where}: status {done.returncode}: {said}")
        if whole is not None:
            self.check_left(where, command, whole, done.returncode)
        return True

    def check_left(self, where, command, whole, status):
        left = tree(self.out) if self.out.exists() else {}
        if any(whole.get(file) != data for file, data in left.items()) or (status == 0 and left != whole):
            self.wrong.append(f"{where}: status {status}: what is left is not what an undisturbed run writes")
        if self.out.exists() and any(path.name.startswith(".") for path in self.out.rglob("*") if path.is_file()):
            self.wrong.append(f"{where}: something half-written is left")
        again = self.call(command)
        if again.returncode != 0 or tree(self.out) != whole:
            self.wrong.append(f"{where}: the next run did not end with the same bytes: {again.stderr}")

    def sweep(self, name, command):
        builds = command[1] == "build"
        shutil.rmtree(self.out, ignore_errors=True)
        if not builds:
            self.call(["stackthumb", "build", "tiff", "out", "--device", "cpu", "--levels", "2"])
        first = self.call(command)
        if first.returncode != 0:
            self.wrong.append(f"{' '.join(command)}: status {first.returncode}: {first.stderr}")
            return
        whole = tree(self.out) if builds else None
        for later in ("", "+"):
            n = random.randint(1, self.step)
            while len(self.wrong) < 30 and self.disturb(name, command, f"{n}{later}", whole):
                n += self.step

    def sweep_own(self, name, command):
        output = self.out.name if command[1] == "build" else ""
        if not output:
            self.call(["stackthumb", "build", "tiff", "out", "--device", "cpu", "--levels", "2"])
        done = self.call(["refuse_own", str(self.own_step), output, *command[1:]])
        print(f"{name:16} {done.stdout.strip() or done.returncode}", flush=True)
        undisturbed = 3 if "refused" in name else 0
        if done.returncode != 0 or not done.stdout.startswith(f"status {undisturbed} "):
            self.wrong.append(f"{' '.join(command)}: of its own: {done.stderr}")

    def tell(self, name):
        for (counted, status), count in sorted(self.counts.items()):
            if counted == name:
                print(f"{name:16} status {status}  {count:5}", flush=True)

    def all(self, only):
        build = ["stackthumb", "build", "--levels", "2", "--quiet", "--threads", "2"]
        commands = {name: build + ["--device", "cpu", name, "out"]
                    for name in "tiff lzw deflate png jpg jp2 bmp pages.tif imagej.tif ome.ome.tif v.nrrd @list.txt".split()}
        commands["stub"] = build + ["--device", "1", "tiff", "out"]
        commands["written deflate"] = build + ["--device", "cpu", "--compression", "deflate", "tiff", "out"]
        commands["written zstd"] = build + ["--device", "cpu", "--compression", "zstd", "tiff", "out"]
        commands["reference"] = build + ["--device", "reference", "tiff", "out"]
        commands["info"] = ["stackthumb", "info", "tiff", "--device", "cpu"]
        commands["info json"] = ["stackthumb", "info", "--json", "tiff", "--device", "cpu"]
        commands["verify"] = ["stackthumb", "verify", "--quiet", "tiff", "out"]
        commands["verify hashes"] = ["stackthumb", "verify", "--quiet", "out"]
        commands["bench"] = ["stackthumb", "bench", "--quiet", "tiff", "--runs", "1", "--levels", "2", "--device", "cpu"]
        commands["devices"] = ["stackthumb", "devices", "--quiet"]
        for name, command in commands.items():
            if only in name:
                self.sweep(name, command)
                self.tell(name)
        build += ["--device", "cpu"]
        options = {
            "bands": build + ["--batch-slices", "1", "--band-rows", "4", "tiff"],
            "every voxel": build + ["--verify", "--verify-seed", "1", "tiff"],
            "lost slice": build + ["--missing", "ignore", "damaged"],
            "lost places": build + ["--missing", "ignore", "--pattern", "scan_rec%04d.tif", "gaps"],
            "widened": build + ["--widen", "mixed"],
            "glob": build + ["tiff/s*.tif", "--range", "1:4"],
            "printf": build + ["tiff/s%02d.tif"],
            "channel": build + ["--channel", "2", "channels.ome.tif"],
            "set refused": build + ["set_0.ome.tif"],
            "nhdr": build + ["v.nhdr"],
            "mhd": build + ["v.mhd"],
            "raw": build + ["v.raw", "--raw", "24x20x6:u16", "--voxel-size", "2um"],
        }
        commands |= {name: command + ["out"] for name, command in options.items()}
        commands["info gaps"] = ["stackthumb", "info", "--device", "cpu", "--missing", "ignore", "gaps"]
        commands["info json gaps"] = commands["info gaps"] + ["--json"]
        commands["info json stub"] = ["stackthumb", "info", "--json", "tiff", "--device", "1"]
        commands["info refused"] = ["stackthumb", "info", "--device", "cpu", "mixed"]
        commands["verify lzw"] = ["stackthumb", "verify", "--quiet", "lzw", "out"]
        commands["bench"] = ["stackthumb", "bench", "--quiet", "--phantom", "9x8x4:u8", "--runs", "1", "--levels", "1", "--device",
                             "cpu", "--json", "/dev/null"]
        for name, command in commands.items():
            if only in name:
                self.sweep_own(name, command)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--own-step", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--spare", default="libtiff.so:libopenjp2.so:libjansson.so:libOpenCL.so",
                        help="libraries that are not refused memory")
    parser.add_argument("programs")
    parser.add_argument("refuse")
    parser.add_argument("stub")
    options = parser.parse_args()
    random.seed(options.seed)
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # nothing here is a matter of disks
    with tempfile.TemporaryDirectory(prefix="stackthumb-memory-", dir=in_memory) as folder:
        work = pathlib.Path(folder)
        write_stacks(work)
        sweep = Sweep(work, options)
        sweep.all(options.only)
        for wrong in sweep.wrong:
            print(wrong)
        print(f"{sum(sweep.counts.values())} runs disturbed, {len(sweep.wrong)} of them wrong")
        return 1 if sweep.wrong else 0


sys.exit(main())
