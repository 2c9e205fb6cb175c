"""The log-mel front end: settings, tables for the C core, and its float64 twins."""
