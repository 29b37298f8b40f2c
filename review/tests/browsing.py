"""Reading and sending the console's pages as a browser would."""

import re
from html import unescape

from django.urls import reverse

from review.tests import builders


def page(browser, name, *args, **query):
    return browser.get(reverse(name, args=args), query).content.decode()


def form_of(held, value="6.0", **fields):
    scores = {f"score_{key}": score for key, score in builders.scores(value).items()}
    return {"lease": held.lease_id, "feedback": "", "comment": "", **scores, **fields}


def text_of(html, start):
    """The text content of the first element whose opening tag holds `start`."""
    inner = html.split(start, 1)[1].split(">", 1)[1].split("</div>", 1)[0]
    return unescape(re.sub(r"<[^>]*>", "", inner))
