"""The fixed-point front end of the BioDCASE 2026 challenge: settings, tables for the C core, a reference in NumPy."""
