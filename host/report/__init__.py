"""What a run found, for people (terminal, HTML) and for programs (JSON)."""
