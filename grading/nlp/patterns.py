"""Marks, constructions and common slips counted by the features; bounded, so linear in time."""

import re

PATTERNS: dict[str, re.Pattern[str]] = {
    "comma": re.compile(","),
    "period": re.compile(r"\."),
    "question": re.compile(r"\?"),
    "exclamation": re.compile("!"),
    "semicolon": re.compile(";"),
    "colon": re.compile(":"),
    "quote": re.compile(r'["“”]'),
    "bracket": re.compile(r"[()]"),
    "hyphen": re.compile(r"\w-\w"),
    "digit": re.compile(r"\d+"),
    "space_before_mark": re.compile(r"\s[,.;!?]"),
    "no_space_after_mark": re.compile(r"[,.;!?][^\W\d_]"),
    "double_space": re.compile(r"\S {2,3}\S"),
    "ellipsis": re.compile(r"\.\.|!!|\?\?|,,"),
    "small_i": re.compile(r"(?<![\w'.])i(?![\w.])"),
    "small_after_stop": re.compile(r"[.!?]\s+[a-z]"),
    "capital_inside": re.compile(r"[a-z,]\s[A-Z][a-z]"),
    "capitals_run": re.compile(r"\b[A-Z]{2,12}\b"),
    "ing_after_be": re.compile(r"\b(?:am|is|are|was|were|be|been) \w{1,20}ing\b", re.I),
    "passive": re.compile(r"\b(?:is|are|was|were|be|been|being) \w{1,20}(?:ed|en)\b", re.I),
    "perfect": re.compile(r"\b(?:have|has|had) (?:been|\w{1,20}(?:ed|en))\b", re.I),
    "comma_linker": re.compile(r", (?:but|so|and|which|who|because|although)\b", re.I),
    "linker_start": re.compile(r"(?:^|[.!?]\s)(?:and|but|because|so|also)\b", re.I | re.M),
    "linker_comma": re.compile(r"(?:^|[.!?]\s)\w{1,20},", re.M),
    "comparison": re.compile(r"\b(?:more|less|\w{1,20}er) (?:\w{1,20} )?than\b", re.I),
    "double_comparison": re.compile(r"\bmore (?:better|easier|\w{1,20}ier)\b", re.I),
    "a_before_vowel": re.compile(r"\ba [aeio]\w", re.I),
    "an_before_consonant": re.compile(r"\ban [bcdfgjklmnpqrstvwxyz]\w", re.I),
    "plural_missing": re.compile(
        r"\b(?:many|several|few|these|those|two|three|some of the) "
        r"(?:student|thing|people's|person|way|reason|time|kid|friend|school|teacher|problem)\b",
        re.I,
    ),
    "there_is_plural": re.compile(r"\bthere (?:is|was) (?:many|some|a lot|several|two)\b", re.I),
    "there_their": re.compile(r"\bthere (?:own|life|lives|parents|friends|house|home|job)\b", re.I),
    "to_too": re.compile(r"\bto (?:much|many|hard|late|young|old)\b", re.I),
    "then_than": re.compile(r"\b(?:more|better|less|rather|other) then\b", re.I),
    "of_for_have": re.compile(r"\b(?:could|would|should|must) of\b", re.I),
    "uncountable": re.compile(
        r"\b(?:informations|advices|homeworks|knowledges|peoples|childrens|stuffs)\b", re.I
    ),
    "i_think": re.compile(r"\bi (?:think|believe|feel|agree|disagree)\b", re.I),
    "clause_that": re.compile(r"\b(?:think|believe|say|know|feel|show|mean)s? that\b", re.I),
    "conclusion": re.compile(r"\b(?:in conclusion|to conclude|in summary|to sum up)\b", re.I),
}
