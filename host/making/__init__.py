"""From sound to a bundle: recordings, corpus, data set, training, pipeline."""
