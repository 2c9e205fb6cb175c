"""The fixed-point front end of micro_speech, microWakeWord and ESPHome: settings and tables for the C core."""
