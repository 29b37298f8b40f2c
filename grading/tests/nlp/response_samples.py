"""Responses at three levels of command and a letter, made up for the tests."""

from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"

PROMPT = (
    "Many young people leave the countryside to work in big cities. What are the reasons for "
    "this, and what problems does it cause? Write at least 250 words."
)
WEAK, MIDDLE, STRONG, LETTER = (
    (SAMPLES / f"{name}.txt").read_text("utf-8") for name in ("weak", "middle", "strong", "letter")
)
LETTER_PROMPT = (
    "Your English friend Jane wants to visit your hometown. Write a letter inviting her and "
    "telling her about the weather and the food. Write at least 120 words."
)
