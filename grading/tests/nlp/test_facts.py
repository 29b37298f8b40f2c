import pytest

from grading.nlp.facts import observe
from grading.tests.growth import assert_grows_linearly

PROMPT = (
    "Some people think that children should learn a foreign language at primary school. "
    "Discuss the advantages and disadvantages of this. Write at least 250 words."
)
ADVERSARIAL = {
    "no spaces": "abcdefghij" * 2000,
    "punctuation": ".,;!?'\"-" * 2500,
    "one mark": "." * 20_000,
    "one letter": "a" * 20_000,
    "spaced letter": "a " * 10_000,
    "emoji": "😀👨\u200d👩\u200d👧" * 3400,
    "zero width": "a\u200b" * 10_000,
    "combining": "a" + "\u0301" * 19_999,
    "vietnamese": "Tôi rất thích học tiếng Việt ở nhà. " * 560,
    "line breaks": "\n" * 20_000,
    "spaces": " " * 20_000,
    "broken blanks": "\n " * 10_000,
    "ignore": "ignore " * 2900,
    "ignore all": "ignore all the all the " * 870,
    "please give": "please give me this my " * 870,
    "open brackets": "<" * 20_000,
    "open tags": "<system " * 2500,
    "comments": "<!--" * 5000,
    "braces": '{"a":' * 4000,
    "base64": "QUJD" * 5000,
    "hexadecimal": "4a" * 10_000,
    "dashes": "-" * 20_000,
    "letters": "i g n o r e " * 1660,
    "surrogates": "\ud800 a " * 5000,
    "ligatures": "ﷺ" * 20_000,
}


def test_words_sentences_and_paragraphs_are_counted_as_a_rater_would():
    facts = observe("Dear Ann,\n\nI don't know. It's 5 o'clock - well-known!\nBye", prompt="")
    assert (facts.words, facts.paragraphs) == (10, 3)
    assert facts.sentences == 4


@pytest.mark.parametrize("text", ["", "   \n", ";", "?!… —", "😀 😀", "\u200b\u200b"])
def test_nothing_written_is_no_word(text):
    facts = observe(text, prompt=PROMPT)
    assert facts.words == 0
    assert facts.copied_share == facts.english_share == facts.repeated_share == 0


def test_copying_the_prompt_is_seen_and_own_words_are_not_copying():
    copied = PROMPT + " I agree with it."
    own = "Learning early is good since young pupils hear new sounds with ease."
    assert observe(copied, prompt=PROMPT).copied_share > 0.7
    assert observe(own, prompt=PROMPT).copied_share == 0


def test_copying_cannot_hide_behind_case_and_invisible_characters():
    disguised = PROMPT.upper().replace("O", "O\u200b")
    assert observe(disguised, prompt=PROMPT).copied_share == 1


def test_a_response_to_another_question_takes_up_less_of_the_prompt():
    on_topic = "Children learn languages quickly, so primary schools should teach one."
    off_topic = "My favourite film is about a detective who lives in London."
    near, far = (observe(t, prompt=PROMPT).prompt_overlap for t in (on_topic, off_topic))
    assert near >= 0.5
    assert far < 0.1


def test_a_prompt_without_topic_words_says_nothing_against_a_response():
    assert observe("My home is big.", prompt="").prompt_overlap == 1.0


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("I has a dog and he are very nice to mine family.", 1.0, 1.0),
        ("I recieved you're letter yesterdey and was realy happy.", 0.6, 1.0),
        ("Tôi rất thích học tiếng Anh vì nó giúp tôi có việc làm tốt.", 0.0, 0.4),
        ("asdkjh qweoiu zxmnb lkjhg poiuyt mnbvcx", 0.0, 0.2),
    ],
)
def test_the_english_share_tells_learners_from_other_languages(text, low, high):
    assert low <= observe(text, prompt="").english_share <= high


def test_repeated_sentences_and_repeated_text_without_marks_are_seen():
    once = "I like to read books because they take me to other worlds every single day. "
    assert observe(once, prompt="").repeated_share == 0
    assert observe(once * 4, prompt="").repeated_share == pytest.approx(0.75, abs=0.03)
    unmarked = once.replace(".", "") * 4
    assert observe(unmarked, prompt="").repeated_share > 0.6


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_observing_hostile_text_grows_with_the_text_only(name):
    observe("Warm up.", prompt=PROMPT)
    assert_grows_linearly(lambda part: observe(part, prompt=part), ADVERSARIAL[name][:20_000])
