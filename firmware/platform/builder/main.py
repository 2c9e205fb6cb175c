"""Build script of the platform "computer": C sources to a program or a shared library, with the computer's compiler.

Options of an environment:
  custom_sources   folders below the project whose *.c files are compiled, at any depth
  custom_product   `program` or `library`
  custom_sanitize  `yes`: AddressSanitizer and UndefinedBehaviorSanitizer, the first finding ends the program

Windows: a GCC-compatible compiler (MSYS2, w64devkit, llvm-mingw). Microsoft's has neither the warning options nor a
way to export a plain C library's functions without a list of them.
"""

import os
import shutil
import sys

from SCons.Script import Default, DefaultEnvironment

env = DefaultEnvironment()

COMPILERS = ("cc", "gcc", "clang")
LIBRARY_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"]


def compiler():
    """The compiler's command: what CC says, or the first of the usual ones on the search path."""
    chosen = os.environ.get("CC")
    for name in [chosen] if chosen else COMPILERS:
        if shutil.which(name):
            return name
    sys.stderr.write(
        f"error: no C compiler found (looked for {chosen or ', '.join(COMPILERS)} on the search path)\n"
        "  install one, e.g. `apt install gcc`, `xcode-select --install` or MSYS2's mingw-w64-gcc; or name it in CC\n"
    )
    return env.Exit(1)


def folders():
    """The source folders of this environment, absolute."""
    names = env.GetProjectOption("custom_sources").replace(",", " ").split()
    return [os.path.join(env.subst("$PROJECT_DIR"), *name.split("/")) for name in names]


library = env.GetProjectOption("custom_product") == "library"

env.Replace(CC=compiler(), LINK="$CC")
# One place to include from: `#include "link/link.h"`. What a folder keeps to itself it includes by its bare name.
env.Append(CPPPATH=[os.path.join(env.subst("$PROJECT_DIR"), "firmware", "core")])
if library:
    env.Replace(PROGNAME="core", PROGSUFFIX=LIBRARY_SUFFIX)
    env.Append(LINKFLAGS=["-shared"])
    if sys.platform != "win32":
        env.Append(CCFLAGS=["-fPIC"])
if sys.platform == "win32":
    # Whoever loads the result should need no folder of the compiler on the search path; the program opens sockets.
    env.Append(LINKFLAGS=["-static-libgcc"], LIBS=[] if library else ["ws2_32"])
if env.GetProjectOption("custom_sanitize", "no") == "yes":
    env.Append(CCFLAGS=SANITIZERS, LINKFLAGS=SANITIZERS)

env.ProcessFlags(env.get("BUILD_FLAGS"))
env.ProcessUnFlags(env.get("BUILD_UNFLAGS"))

objects = []
for folder in folders():
    variant = os.path.join("$BUILD_DIR", os.path.basename(folder))
    objects += [env.Object(node) for node in env.CollectBuildFiles(variant, folder, ["+<**/*.c>"])]

product = env.Program(env.subst("$PROGPATH"), objects)
env.Alias("buildprog", product)
Default(product)
