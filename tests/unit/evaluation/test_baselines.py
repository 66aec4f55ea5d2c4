"""The baselines see what they are there to see, so that beating them means something."""

from bot.evaluation.baselines import emergency_phrases, keyword_alarms


def test_keywords_are_whole_words_in_any_case():
    assert keyword_alarms(["My THROAT hurts", "throaty laugh", "sore arm", "call 999"]) == [
        True,
        False,
        False,
        True,
    ]


def test_phrases_are_those_of_emergency_rows_only():
    phrases = emergency_phrases()
    assert "my throat is closing" in phrases
    assert "sore arm" not in phrases
    assert all(phrase == phrase.strip().lower() and phrase for phrase in phrases)
