"""What the recipe is worth on voices it has not met."""

from analysis.emotion.training.corpora import CORPORA
from analysis.emotion.training.figures import measured_of
from analysis.emotion.training.trials import Trials, joined
from tests.analysis.emotion.training.clips import LINES, SMALL, drawn_clips


def test_everything_is_judged_by_who_never_heard_it() -> None:
    """Law: no clip is left out; what can be learned is found on unmet speakers, and on a corpus never met."""
    clips, embeddings = drawn_clips(6)
    trials = Trials(embeddings, clips, SMALL)
    judged = trials.held_out_speakers()
    assert (judged.distances > 0).all()
    by_corpus = [trials.held_out_corpus(corpus) for corpus in CORPORA]
    assert [{clip.corpus for clip in trial.clips} for trial in by_corpus] == [{corpus} for corpus in CORPORA]
    both = joined(by_corpus, clips)
    assert both.logits.shape == judged.logits.shape
    assert (both.distances > 0).all()
    told = by_corpus[0].judgements(LINES, ("phone", "wild"))
    assert [one.line for one in told] == ["phone"] * 60 + ["bad"] * 60
    measured = measured_of(trials, judged, by_corpus)
    for trial in ("speakers_held_out", "corpus_held_out"):
        cell = measured[trial]["groups"]["corpus"]["emodb"]["phone"]
        assert cell["anger_auc"]["value"] > 0.8
