# SPDX-License-Identifier: MIT
"""What compare.py makes of its runs: medians and ratios, a Markdown table, a JSON file and a chart."""
import json
import math
import os
import platform
import shutil
import subprocess
from statistics import median

from programs import BENCH, ROOT


def output_of(*command):
    """A command's first line, or "" where there is no such thing."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip().split("\n")[0]


def machine():
    def field(path, name):
        with open(path) as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith(name)), "")

    return {
        "processor": field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(field("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "kernel": platform.release(),
    }


def first_opencl_device(stackthumb):
    """As `stackthumb devices` lists them: behind a heading and the CPU path, index, kind, memory with unit, name."""
    command = [stackthumb, "devices"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    lines = done.stdout.splitlines()[2:]
    return lines[0].lstrip("* ").split(None, 4)[4] if lines and len(lines[0].split()) > 4 else ""


def version(program, options):
    if program.command[0].endswith("stackthumb") and not program.package:
        commit = output_of("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
        return f"{output_of(program.command[0], '--version')} {commit}".strip()
    return output_of("dpkg-query", "-W", "-f", "${Version}", program.package) if program.package else ""


def paired(runs, others):
    """The median over the rounds that both have of seconds / seconds, or None."""
    ratios = [runs[r]["seconds"] / others[r]["seconds"] for r in runs if r in others]
    return median(ratios) if ratios else None


def summarise(results, options, stack, load, own_peak_mib):
    runs = {result["program"].name: result["runs"] for result in results}
    input_bytes = sum(path.stat().st_size for path in stack.iterdir())
    entries = []
    for result in results:
        program, own = result["program"], result["runs"]
        if not own:
            continue
        seconds = median(run["seconds"] for run in own.values())
        entries.append({
            "name": program.name,
            "label": program.label,
            "version": version(program, options),
            "once": result["once"],
            "seconds": seconds,
            "input_gb_per_s": input_bytes / seconds / 1e9,
            "to_floor": paired(own, runs.get("floor", {})),
            "to_cpu": paired(own, runs.get("cpu", {})),
            "cpu_seconds": median(run["cpu_seconds"] for run in own.values()),
            "peak_mib": max(run["peak_mib"] for run in own.values()),
            "rounding": program.rounding,
            "differences": result["differences"],
            "runs": [dict(run, round=r + 1) for r, run in sorted(own.items())],
        })
    return {
        "machine": machine() | {"opencl": first_opencl_device(options.build / "host/cli/stackthumb")},
        "stack": {"extent": options.extent, "type": options.type, "levels": options.levels, "bytes": input_bytes},
        "rounds": options.rounds,
        "load_before": load,
        "own_peak_mib": own_peak_mib,  # a process started from here cannot be seen to hold less
        "programs": entries,
    }


def describe_differences(entry):
    if entry["differences"] is None:
        return "-"
    return ", ".join(level.get("unlike") or f"{level['largest']:g}" for level in entry["differences"])


def complaints(summary):
    """One line for each output that differs by more than its rounding explains. Only where boxes are whole and voxels
    integers; elsewhere means of means and other orders of additions differ legitimately."""
    stack = summary["stack"]
    if stack["type"] == "f32" or any(n % 2 ** stack["levels"] for n in stack["extent"]):
        return []
    lines = []
    for entry in summary["programs"]:
        for k, level in enumerate(entry["differences"] or [], 1):
            # The exact mean was rounded, too, unless the other is to be exact.
            most = math.floor(entry["rounding"] * k + 0.5) if entry["rounding"] else 0
            if "unlike" in level or level["largest"] > most:
                found = level.get("unlike") or f"differs by up to {level['largest']:g}; at most {most} is rounding"
                lines.append(f"{entry['name']}, level {k}: {found}")
    return lines


def heading(summary):
    stack, where = summary["stack"], summary["machine"]
    extent = "{}x{}x{}".format(*stack["extent"])
    return (f"{extent} {stack['type']}, {stack['levels']} levels, page cache warm, {where['cores']} cores "
            f"({where['processor']}), {where['system']}")


def table(summary):
    lines = [
        f"{heading(summary)}; medians of {summary['rounds']} paired runs. "
        f"OpenCL device: {summary['machine']['opencl'] or 'none'}.",
        "",
        "| | seconds | GB/s of input | time / floor | time / stackthumb CPU | CPU seconds | peak MiB "
        "| largest difference by level |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for entry in summary["programs"]:
        label = entry["label"] + (" (run once)" if entry["once"] else "")
        peak = entry["peak_mib"]
        lines.append("| {} | {:.3f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {} | {} |".format(
            label, entry["seconds"], entry["input_gb_per_s"], entry["to_floor"], entry["to_cpu"], entry["cpu_seconds"],
            f"{peak:.0f}" if peak > 1.05 * summary["own_peak_mib"] else f"< {peak:.0f}", describe_differences(entry)))
    return "\n".join(lines)


def write_json(summary, path):
    path.write_text(json.dumps(summary, indent=1) + "\n")


def draw(summary, data, chart):
    """Writes label, seconds and kind (0 others, 1 stackthumb, 2 floor) and lets gnuplot draw them; False without it."""
    kinds = {"floor": 2, "cpu": 1, "opencl": 1}
    rows = [f'"{e["label"]}"\t{e["seconds"]:.6g}\t{kinds.get(e["name"], 0)}' for e in summary["programs"]]
    data.write_text("\n".join(rows) + "\n")
    if not shutil.which("gnuplot"):
        return False
    subprocess.run(["gnuplot", "-c", BENCH / "plot.gp", data, chart, heading(summary)], check=True)
    return True
