"""Examples of every command, for its help. Each one is parsed by a test. Standard library only."""

# Words after the command's name, and what they do.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "run": (
        ("--board virtual", "the bundle's own recordings, without a board"),
        ("recordings/ other.wav -p /dev/ttyUSB0", "your recordings, on the board at that port"),
        ("--place lab/esp32-3 --coordinator bench recordings/", "on a board that labgrid manages"),
        ("--bundle models/mine --features-only recordings/", "the front end alone"),
        ("--board virtual --jobs 2 recordings/", "two virtual boards, files shared out"),
        ("--boards farm.toml --tag esp32 recordings/", "the boards of a farm file that have a tag"),
        ("--board virtual --json - --no-html", "report.json on standard output, for programs"),
    ),
    "history": (
        ("", "the last runs, and when a figure became another"),
        ("compare 41 42", "what changed between two runs"),
        ("page --out history.html", "a line per figure over all runs, as one HTML file"),
    ),
    "trace": (
        ("song.wav --window 3 --board virtual", "one window, op by op"),
        ("song.wav --column 40 -p /dev/ttyUSB0", "one column, stage by stage, on the board at that port"),
        ("song.wav --export case.zip", "the op that departs, as a case to send"),
        ("--replay case.zip -p /dev/ttyUSB0", "such a case on another board"),
    ),
    "boards": (
        ("--probe", "ask each known adapter which firmware answers"),
        ("--probe --json", "the same for programs"),
    ),
    "flash": (
        ("-p /dev/ttyUSB0", "a new board: name its port"),
        ("--bundle models/mine", "the one board that answers, with another bundle"),
        ("-p /dev/ttyUSB0 --image build.zip", "a firmware built elsewhere, without PlatformIO"),
    ),
    "deploy": (
        ("--bundle models/mine", "to the one board that answers"),
        ("-p /dev/ttyUSB0 --erase", "back to the bundle compiled into the firmware"),
    ),
    "monitor": (
        ("-p /dev/ttyUSB0 --csv heard.csv", "log detections, too"),
        ("--microphone song.wav", "a virtual board that hears a file"),
    ),
    "board": (("--tcp-port 4000", "for --port socket://127.0.0.1:4000"),),
    "test": (
        ("--board virtual -k features", "a part of it, without a board"),
        ("-p no:randomly --hil-port /dev/ttyUSB0 --junitxml=board.xml", "the board at that port, for CI"),
    ),
    "config": (
        ("", "options, environment, hil.toml and defaults"),
        ("--board virtual --json", "for programs"),
    ),
    "import": (
        (
            "model.tflite --out models/mine --preset micro-speech --labels silence,unknown,yes,no",
            "by a preset",
        ),
        (
            "model.tflite --out models/mine --sample-rate 16000 --window 400 --hop 160 --labels yes,no",
            "by its settings",
        ),
    ),
    "download": (("'sp:\"turdus merula\" q:A len:5-60' --out base --most 50", "fifty songs of a blackbird"),),
    "collect": (
        ("--folder recordings --out base", "recordings/<label>/…"),
        ("--esc50 ESC-50 --out base --label '*=other'", "a published data set, all as one class"),
    ),
    "split": (("base --out dataset", "from a base folder of `collect` or `download`"),),
    "mix": (
        (
            "dataset --base base --listener listener.json --out mixtures",
            "what the classifier hears is the label",
        ),
    ),
    "corpus": (("--out sounds --seconds 600 --file-seconds 60 --seed 7", "ten minutes"),),
    "train": (("--data dataset --labels bird --bundle models/mine", "to an int8 bundle"),),
    "qat": (("--run build/training/default --bundle models/mine", "from a run of `train`"),),
    "convert": (("--run build/training/default --bundle models/mine", "from a run of `train`"),),
    "compare": (("--data dataset", "all architectures on your data"),),
    "pipeline": (("pipeline.json --until split", "up to the data set"),),
    "listen": (("--wav song.wav --fast", "a file, as fast as possible"),),
    "generate": (("--bundle models/mine --out headers", "into the folder headers"),),
}
