"""What the card tells; the whole of it is tried in test_trials."""

from analysis.emotion.training.figures import of_speakers
from analysis.emotion.training.trials import Trials
from tests.analysis.emotion.training.clips import SMALL, drawn_clips


def test_each_fold_is_judged_by_what_was_chosen_on_the_others() -> None:
    """Law: no clip has a say in the calibration and the operating point that judge it."""
    clips, embeddings = drawn_clips(4)
    trials = Trials(embeddings, clips, SMALL)
    judged = trials.held_out_speakers()
    told = {one.clip.path: one for one in of_speakers(trials, judged, ["phone"])}
    assert set(told) == {clip.path for clip in clips}
    judged.logits[:, 0] += 50.0  # an outlier of one fold moves nobody's values in its own fold
    again = {one.clip.path: one for one in of_speakers(trials, judged, ["phone"])}
    same = [told[clip.path].anger == again[clip.path].anger for clip in clips[1:] if clip.speaker == clips[0].speaker]
    assert all(same)
