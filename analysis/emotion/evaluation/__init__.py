"""What a tone model is worth: labelled recordings, judgements of them, and the figures that follow."""
