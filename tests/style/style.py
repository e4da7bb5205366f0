# SPDX-License-Identifier: MIT
"""The house style as rules that a tree keeps or breaks; each breach names its place and the cure."""
import collections
import os
import pathlib
import re
import shutil
import subprocess

Breach = collections.namedtuple("Breach", "rule path line cure")

# Layer -> the layers it may include; CMakeLists.txt says the same to the linker.
BELOW = {"util": set()}
BELOW["sim"] = {"util"}
BELOW["wire"] = {"util"}
BELOW["ndl"] = {"util"}
BELOW["graph"] = {"sim", "wire", "util"}
BELOW["report"] = {"graph"} | BELOW["graph"]
BELOW["protocols"] = {"graph"} | BELOW["graph"]
BELOW["sockets"] = {"protocols"} | BELOW["protocols"]
BELOW["asio"] = {"sockets"} | BELOW["sockets"]
BELOW["applications"] = {"sockets"} | BELOW["sockets"]
BELOW["packetdrill"] = {"ndl", "sockets"} | BELOW["sockets"]
BELOW["builder"] = {"ndl", "applications"} | BELOW["applications"]
BELOW["simulation"] = {"builder", "report"} | BELOW["builder"]

# Whose headers stand in include/elvis itself.
TOP = "simulation"

CODE_FOLDERS = ("include", "src", "apps", "tests", "bench", "fuzz")
TEXT_FOLDERS = CODE_FOLDERS + ("scripts", "cmake", "docs", "ndl", ".ci")
MOST_LINES = {".hpp": 300, ".cpp": 600}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
HEAVY = re.compile(r"^(boost/asio|nlohmann/(?!json_fwd)|CLI/|spdlog/)")
HEAVY_ALLOWED = re.compile(r"^(apps/|tests/|bench/|fuzz/|src/report/|src/sim/engine[^/]*\.cpp$"
                           r"|(include/elvis|src)/asio/)")
CLOCK = re.compile(r"steady_clock|system_clock|high_resolution_clock|random_device|std::rand\b"
                   r"|\bgetpid\b|this_thread::get_id")
CLOCK_ALLOWED = re.compile(r"^(apps/|tests/|bench/|src/report/|src/simulation/|src/sim/engine)")
# Spelt in halves, so that this file keeps its own rules.
MARK = re.compile(r"\b(" + "|".join(("FIX" + "ME", "TO" + "DO", "XX" + "X", "HA" + "CK")) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}/-])/(" + "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot", "ho" + "me",
                                                   "t" + "mp")) + r")/")
SWITCHED_OFF = re.compile("DISABLED" + r"_|\bGTEST_" + r"SKIP\b|skip" + r"\(\s*[\"']\s*[\"']")
TEST_NAME = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
SPDX = "SPDX-License-Identifier: MIT"


def files(root):
    """Our text files, relative to `root`, sorted."""
    found = [pathlib.Path(name) for name in sorted(os.listdir(root)) if (root / name).is_file()]
    for folder in TEXT_FOLDERS:
        for path, folders, names in os.walk(root / folder):
            folders[:] = sorted(f for f in folders if f not in ("__pycache__", "corpus", "golden"))
            found += [(pathlib.Path(path) / name).relative_to(root) for name in sorted(names)]
    return [path for path in found if not path.name.startswith(".") and not path.suffix == ".pyc"]


def layer_of(path):
    """The layer of a library or program file, or None for tests, benchmarks and fuzzers."""
    if path.parts[0] == "apps":
        return "apps"
    if path.parts[0] == "src" and len(path.parts) > 2:
        return path.parts[1]
    if path.parts[:2] == ("include", "elvis") and len(path.parts) > 3:
        return path.parts[2]
    if path.parts[:2] == ("include", "elvis"):
        return TOP
    return None


def without_comment(line):
    return line.split("//", 1)[0]


def check_layers(path, lines):
    layer = layer_of(path)
    if layer is None or layer == "apps":
        return
    if layer not in BELOW:
        yield Breach("layers", path, 1, f"no layer is called `{layer}`: add it to tests/style/style.py"
                     " and CMakeLists.txt, or put the file into one of " + ", ".join(sorted(BELOW)))
        return
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if not include or not include[2].startswith("elvis/"):
            continue
        other = include[2].split("/")[1] if include[2].count("/") > 1 else TOP
        if other != layer and other not in BELOW[layer]:
            yield Breach("layers", path, number,
                         f"`{layer}` must not know `{other}`; it may include only "
                         + (", ".join(sorted(BELOW[layer])) or "itself")
                         + ": move the code up, or pass what it needs in from above")


def check_heavy_headers(path, lines):
    if HEAVY_ALLOWED.match(path.as_posix()):
        return
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include and HEAVY.match(include[2]):
            yield Breach("heavy-headers", path, number,
                         f"<{include[2]}> costs seconds of compiling for each source: only sources"
                         " under apps/, src/report/, src/asio/ and src/sim/engine*.cpp include it, and"
                         " include/elvis/asio/")


def check_clock(path, lines):
    if CLOCK_ALLOWED.match(path.as_posix()):
        return
    for number, line in enumerate(lines, 1):
        found = CLOCK.search(without_comment(line))
        if found:
            yield Breach("clock", path, number,
                         f"`{found[0]}` makes results depend on the machine: take time from the"
                         " partition, luck from an Rng keyed by (seed, entity, purpose)")


def check_throw(path, lines):
    if path.parts[0] not in ("include", "src"):
        return
    for number, line in enumerate(lines, 1):
        if re.search(r"\bthrow\b", re.sub(r'"[^"]*"', '""', without_comment(line))):
            yield Breach("throw", path, number,
                         "our code throws nothing: return a Result, count a Drop, or add a Diagnostic")


def check_header(path, lines):
    if path.suffix != ".hpp":
        return
    if "#pragma once" not in lines:
        yield Breach("pragma-once", path, 1, "add `#pragma once` below the opening comment")
    if path.parts[0] == "include" and not (len(lines) > 1 and re.match(r"// \S", lines[1])):
        yield Breach("opening", path, 2, "say in a comment what this file answers for, in one sentence")
    for number, line in enumerate(lines, 1):
        if re.search(r"\busing\s+namespace\b", without_comment(line)):
            yield Breach("using-namespace", path, number, "name what you use; a header's reader did not ask")


def check_namespaces(path, lines):
    for number, line in enumerate(lines, 1):
        code = without_comment(line)
        if re.search(r"\bnamespace\s+(\w+::)*detail\b", code):
            yield Breach("detail", path, number,
                         "what is private is in the .cpp (unnamed namespace) or a private member")
        if re.search(r"\busing\s+namespace\s+std\s*;", code):
            yield Breach("using-namespace", path, number, "write std:: where you use it")


def check_own_header_first(path, lines, root):
    layer = layer_of(path)
    if path.suffix != ".cpp" or layer is None:
        return
    own = None
    inside = path.relative_to("src").with_suffix(".hpp") if layer != "apps" else None
    if inside and (root / "include" / "elvis" / inside).exists():
        own = f"elvis/{inside.as_posix()}"
    elif (root / path.with_suffix(".hpp")).exists():
        own = f"{path.stem}.hpp"
    if own is None:
        return
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include:
            if include[2] != own:
                yield Breach("own-header", path, number,
                             f'include "{own}" first, so that it is known to stand on its own')
            return


def check_length(path, lines):
    most = MOST_LINES.get(path.suffix)
    if most and len(lines) > most:
        yield Breach("length", path, most + 1,
                     f"{len(lines)} lines, at most {most}: is it one thing? Cut it along its nouns")


def check_spdx(path, lines):
    script = path.parts[0] in ("scripts", ".ci") or path.suffix == ".py"
    if path.suffix not in (".cpp", ".hpp") and not script:
        return
    first = 1 if lines and lines[0].startswith("#!") else 0
    comment = "#" if script else "//"
    if len(lines) <= first or lines[first] != f"{comment} {SPDX}":
        yield Breach("spdx", path, first + 1, f"make this line `{comment} {SPDX}`")


def check_python(path, lines):
    if lines and lines[0].startswith("#!") and "python" in lines[0] and lines[0] != "#!/usr/bin/python3":
        yield Breach("python", path, 1, "Debian's interpreter has the packages: `#!/usr/bin/python3`")


def check_marks(path, lines):
    for number, line in enumerate(lines, 1):
        mark = MARK.search(line)
        if mark:
            yield Breach("marks", path, number, f"finish it, or file an issue and take the {mark[0]} out")


def check_machine_paths(path, lines):
    for number, line in enumerate(lines, 1):
        found = MACHINE_PATH.search(line)
        if found:
            yield Breach("machine-path", path, number,
                         f"`{found[0]}…` is a place on one machine: use a path relative to the project,"
                         " or a temporary folder made for the purpose")


def check_test_names(path, lines):
    if path.parts[0] != "tests" or path.suffix != ".cpp":
        return
    for number, line in enumerate(lines, 1):
        name = TEST_NAME.match(line)
        if name and ("_" in name[2] or len(re.findall(r"[A-Z]", name[2])) < 2):
            yield Breach("test-name", path, number,
                         f"`{name[2]}` is no sentence: say what is true, in CamelCase"
                         " (PrefersAnOpenSessionToAListener)")
        off = SWITCHED_OFF.search(line)
        if off:
            yield Breach("switched-off", path, number, "a test runs or is not there")


def check_format(root):
    """clang-format over all C++ files at once; nothing where the tool is missing."""
    tool = shutil.which("clang-format-19")
    sources = [path for path in files(root)
               if path.parts[0] in CODE_FOLDERS and path.suffix in (".cpp", ".hpp")]
    if not tool or not sources:
        return
    done = subprocess.run([tool, "--dry-run", "-Werror", *map(str, sources)], cwd=root,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    seen = set()
    for found in re.finditer(r"^(\S[^:\n]*):(\d+):\d+: error:", done.stdout, re.MULTILINE):
        if found[1] not in seen:
            seen.add(found[1])
            yield Breach("format", pathlib.Path(found[1]), int(found[2]), "run scripts/format")


def check_tree(root):
    """Every breach in the tree, sorted by place."""
    root = pathlib.Path(root)
    breaches = list(check_format(root))
    for path in files(root):
        try:
            text = (root / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # binary, or just removed
        lines = text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        breaches += check_marks(path, lines)
        breaches += check_machine_paths(path, lines)
        breaches += check_spdx(path, lines)
        breaches += check_python(path, lines)
        if path.parts[0] not in CODE_FOLDERS or path.suffix not in (".cpp", ".hpp"):
            continue
        for rule in (check_layers, check_heavy_headers, check_clock, check_throw, check_header,
                     check_namespaces, check_length, check_test_names):
            breaches += rule(path, lines)
        breaches += check_own_header_first(path, lines, root)
    return sorted(breaches, key=lambda breach: (str(breach.path), breach.line, breach.rule))


def text_of(breaches):
    return "\n".join(f"{b.path}:{b.line}: {b.rule}: {b.cure}" for b in breaches)
