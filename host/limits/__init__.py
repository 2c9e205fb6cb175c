"""What a run may cost and must reach: figures by name, labels beside recordings, and limits as claims."""
