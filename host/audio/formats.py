"""What libsndfile reads, by file name and by first bytes, and what its sample formats are called."""

SUFFIXES = (
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".caf", ".au", ".snd",
    ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".mpga",
    ".avr", ".htk", ".iff", ".svx", ".8svx", ".sf", ".ircam", ".nist", ".sph", ".paf", ".pvf",
    ".voc", ".wve", ".xi",
)  # fmt: skip
# Sound that libsndfile cannot read. Taken up by `collect`, so that it is named among what was left out.
FOREIGN_SUFFIXES = (".m4a", ".aac", ".wma", ".ac3", ".amr", ".ape", ".wv", ".webm", ".mp4", ".3gp", ".mka")
APPLE_DOUBLE = "._"  # what macOS puts beside each file on a foreign disk: the same name, no audio

PLAIN_SUBTYPE = "PCM_16"
SUBTYPE_NAMES = {
    "PCM_U8": "8-bit samples widened to 16 bits",
    "PCM_S8": "8-bit samples widened to 16 bits",
    "PCM_24": "24-bit samples rounded to 16 bits",
    "PCM_32": "32-bit samples rounded to 16 bits",
    "FLOAT": "floating-point samples rounded to 16 bits",
    "DOUBLE": "floating-point samples rounded to 16 bits",
    "ULAW": "µ-law samples converted to 16 bits",
    "ALAW": "A-law samples converted to 16 bits",
}
# Bytes a sample of one channel, of the formats in which every sample has its own place in the file.
SUBTYPE_BYTES = {
    "PCM_U8": 1, "PCM_S8": 1, "ULAW": 1, "ALAW": 1, "DPCM_8": 1, "PCM_16": 2, "DPCM_16": 2, "PCM_24": 3, "PCM_32": 4,
    "FLOAT": 4, "DOUBLE": 8,
}  # fmt: skip

# First bytes of what libsndfile reads; anything else is no damaged audio file but none at all.
MAGICS = (
    b"RIFF", b"RIFX", b"RF64", b"BW64", b"riff", b"FORM", b"caff", b"fLaC", b"OggS", b".snd", b"dns.", b"ID3", b"2BIT",
    b"Creative Voice", b"NIST", b" paf", b"fap ", b"PVF1", b"ALaw", b"\x64\xa3", b"\0\0\xa3\x64", b"MATLAB 5",
    b"\0\0\x03\xe8", b"\0\0\0\0\1\0\0\0", b"\1\4", b"Extended Instrument",
    b"\xff\xe2", b"\xff\xe3", b"\xff\xf2", b"\xff\xf3", b"\xff\xf4", b"\xff\xf5", b"\xff\xfa", b"\xff\xfb",
    b"\xff\xfc", b"\xff\xfd",
)  # fmt: skip
FOREIGN_MAGICS = (
    (4, b"ftyp", "an MP4/M4A file (AAC or ALAC)"),
    (0, b"0&\xb2u", "a Windows Media file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"\xff\xf1", "an AAC file"),
    (0, b"\xff\xf9", "an AAC file"),
    (0, b"MAC ", "a Monkey's Audio file"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"\xf0\x7e", "a MIDI sample dump"),  # libsndfile prints each fault in one on the terminal
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM file"),
)
