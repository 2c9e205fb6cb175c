"""The packages of this project, lowest first: a module imports from its own package and from lower ones only.

test_order.py holds the imports to it, and docs/architecture.md shows it. A new package gets a line here.
"""

ORDER: dict[str, str] = {
    "printable": "foreign text made safe to show",
    "terminal": "rich's terminal for such text",
    "errors": "the one base of errors that tell a person what to do",
    "strict_json": "JSON from anywhere, bounded and without surprises",
    "files": "writing files whole or not at all",
    "lock": "one process at a time",
    "disk": "enough room before long work starts",
    "progress": "one way to show how far long work is",
    "checkout": "where the repository's folders are",
    "sources": "which modules a module is made of, for fingerprints",
    "order": "this sequence",
    "audio": "sound files as streams of 16-bit mono samples",
    "frontend": "settings and tables of the log-mel front end, and its float64 twin",
    "link": "the protocol alone: frames, messages, retransmission; no port and no clock",
    "bundle": "a model with all that must be known to feed it and to read its outputs",
    "model": "what a model file holds, and the interpreters that run it",
    "build": "C headers from a bundle, programs and libraries from C",
    "core": "the firmware's C core called from Python",
    "line": "ports, the connection over them, and how fast they are",
    "board": "what a board is, finding one, starting one, flashing one; a file a kind",
    "comparison": "what host and device computed from the same audio, side by side",
    "report": "what a run found, as table, HTML and JSON",
    "listening": "a model on live sound",
    "making.recordings": "recordings of others: fetched or collected, with their licences",
    "making.corpus": "synthetic sound from a seed",
    "making.dataset": "features, labels and splits",
    "making.training": "from a data set to an int8 model",
    "making.pipeline": "all steps from recordings to a bundle",
    "commands": "a module a command: options in, text out",
    "cli": "which commands there are",
    "__main__": "`python -m host`",
}
