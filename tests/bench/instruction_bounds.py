"""instruction_bounds.py check|accept|show BOUNDS FOLDER: instructions a row, and those once accepted.

FOLDER has two files for each workload: NAME.callgrind, written by callgrind with --compress-strings=no
and --compress-pos=no, and NAME.rows, the number of rows that it is about. BOUNDS has what was accepted
for each stage of each workload. All three print a table; check compares, accept writes BOUNDS. Exit code
1: a stage takes over 20 % more, or BOUNDS is about others than were measured. script/instructions calls
this.
"""

import argparse
import pathlib
import sys

LIMIT = 0.20  # what compilers and libraries of a newer patch level change is below it

# What belongs to a stage, by the names of the functions through which it is entered. They must be ones
# that the compiler cannot inline into the caller: virtual, or of another library. What a stage calls is
# its own, but for what enters another stage.
STAGES = {
    "decode": ("waltrack::Wal2jsonDecoder::", "waltrack::PgoutputDecoder::"),
    "map": ("waltrack::Mapper::map(",),
    "outbox": ("waltrack::Outbox::",),
    "compress": ("waltrack::BatchText::encode(",),
    "accept": (
        "waltrack::LaneQueues::take(",
        "waltrack::LaneQueues::finish(",
        "waltrack::InflightLedger::accept(",
        "waltrack::InflightLedger::advance(",
    ),
}
# Stages that are entered from inside of another.
INSIDE = {"outbox": ("map", "waltrack::Capture::")}  # unless this calls

HEAD = """\
# Instructions a row in each stage, see script/instructions. More than 20 % above them fails.
# `script/instructions --accept` writes this file; the commit says why a number rose.
"""


class Fault(Exception):
    """What keeps from measuring or comparing."""


def stage_of(function):
    for stage, entries in STAGES.items():
        if function.startswith(entries):
            return stage
    return None


def read_calls(lines):
    """Yields caller, callee and inclusive cost of each call, and ("", "", cost) for the whole."""
    caller = callee = ""
    is_call = False
    for line in lines:
        key, _, value = line.rstrip("\n").partition("=")
        if is_call:
            is_call = False
            yield caller, callee, int(line.split()[1])
        elif key == "fn":
            caller = value
        elif key == "cfn":
            callee = value
        elif key == "calls":
            is_call = True
        elif line.startswith("totals:"):
            yield "", "", int(line.split()[1])


def count(lines, rows):
    """Instructions a row by stage; "rest" is what no stage has, "whole" all of it."""
    costs = dict.fromkeys(STAGES, 0)
    entered = set()
    whole = 0
    for caller, callee, cost in read_calls(lines):
        if not callee:
            whole = cost
            continue
        stage = stage_of(callee)
        if stage is None or stage == stage_of(caller):
            continue
        entered.add(stage)
        costs[stage] += cost
        outer, unless = INSIDE.get(stage, (None, ""))
        if outer and not caller.startswith(unless):
            costs[outer] -= cost
    for stage in STAGES:
        if stage not in entered:
            raise Fault(
                f"nothing calls {' or '.join(STAGES[stage])}: was it renamed, or is it inlined now?"
                f" STAGES in tests/bench/{pathlib.Path(__file__).name} says what {stage} is"
            )
    costs["rest"] = whole - sum(costs.values())
    costs["whole"] = whole
    return {stage: round(cost / rows) for stage, cost in costs.items()}


def measure(folder):
    """Instructions a row by (workload, stage)."""
    counts = {}
    for file in sorted(folder.glob("*.callgrind")):
        rows = int(file.with_suffix(".rows").read_text())
        with file.open() as lines:
            try:
                for stage, cost in count(lines, rows).items():
                    counts[file.stem, stage] = cost
            except Fault as fault:
                raise Fault(f"{file}: {fault}") from None
    if not counts:
        raise Fault(f"{folder} has nothing that was counted")
    return counts


def read_bounds(file):
    bounds = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        if line and not line.startswith("#"):
            workload, stage, bound = line.split()
            bounds[workload, stage] = int(bound)
    return bounds


def write_bounds(file, counts):
    lines = [f"{workload} {stage} {count}" for (workload, stage), count in counts.items()]
    file.write_text(HEAD + "\n".join(lines) + "\n")


def share(count, bound):
    return (count - bound) / max(bound, 1)


def table(counts, bounds):
    lines = [f"{'instructions a row':30} {'now':>9} {'accepted':>9}"]
    for (workload, stage), now in counts.items():
        line = f"{workload + ' ' + stage:30} {now:9,}"
        bound = bounds.get((workload, stage))
        if bound is not None:
            line += f" {bound:9,} {share(now, bound):+6.1%}"
        lines.append(line)
    return lines


def faults(counts, bounds):
    """What fails, a sentence each."""
    found = []
    for key, now in counts.items():
        name = " ".join(key)
        if key not in bounds:
            found.append(f"{name} has no bound yet")
        elif share(now, bounds[key]) > LIMIT:
            found.append(
                f"{name} takes {now:,} instructions a row, {share(now, bounds[key]):.0%} more than the"
                f" {bounds[key]:,} that were accepted; the limit is {LIMIT:.0%}"
            )
    found += [f"{' '.join(key)} has a bound and was not measured" for key in bounds if key not in counts]
    return found


def hints(counts, bounds):
    """Bounds that would let a regression pass."""
    return [
        f"{' '.join(key)} takes {-share(now, bounds[key]):.0%} fewer than its bound: lower it"
        for key, now in counts.items()
        if key in bounds and share(now, bounds[key]) < -LIMIT
    ]


def check(counts, bounds, folder):
    for hint in hints(counts, bounds):
        print(f"script/instructions: {hint}, with script/instructions --accept", file=sys.stderr)
    found = faults(counts, bounds)
    for fault in found:
        print(f"script/instructions: {fault}", file=sys.stderr)
    if found:
        sys.exit(
            f"callgrind_annotate --inclusive=yes {folder}/WORKLOAD.callgrind shows what does it."
            "\nIf it has to be: script/instructions --accept, and the commit says why."
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("check", "accept", "show"))
    parser.add_argument("bounds", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        counts = measure(arguments.folder)
    except Fault as fault:
        sys.exit(f"script/instructions: {fault}")
    bounds = read_bounds(arguments.bounds)
    print("\n".join(table(counts, bounds)), flush=True)
    if arguments.mode == "accept":
        write_bounds(arguments.bounds, counts)
        print(f"accepted: {arguments.bounds} has them now")
    elif arguments.mode == "check":
        check(counts, bounds, arguments.folder)


if __name__ == "__main__":
    main()
