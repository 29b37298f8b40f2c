"""What addressing the grader looks like. Gaps are bounded, so matching stays linear.

IMPERATIVES, DISMISSALS and ADDRESSES run over lower-case words between single spaces, a lone point
at each end of a sentence; MARKUP and VERDICTS over the folded text with its punctuation.
"""

import re


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _gap(most: int) -> str:
    return rf"(?:\w{{1,20}} ){{0,{most}}}?"


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


# What may stand before an order: a word that turns to the reader. A subject there ("students
# ignore", "we must not ignore") makes it a statement about the world.
BEFORE_AN_ORDER = _words(
    """. please now just then and so simply grader examiner ai assistant immediately kindly"""
)
MAKES_A_STATEMENT = _words(
    """not to never dont cannot cant who often we they people students drivers that i
    would will could can may might sometimes always didnt doesnt workers children citizens companies
    employees teachers players many"""
)

DISMISS = r"(?:ignore|disregard|forget|override|bypass|discard|nevermind|skip)"
EARLIER = r"(?:previous|prior|above|earlier|preceding|existing|original|initial|system)"
RULES = (
    r"(?:instructions?|prompts?|criteria|criterion|rubrics?|inputs?|guidelines|directions|"
    r"messages?|commands?|orders)"
)
MARKING = r"(?:scoring|grading|marking|rating|assessment|evaluation)"
WORK = (
    r"(?:me|this|it|my|the (?:essay|response|answer|candidate|writer|student|script|text|author)"
    r"|this (?:essay|response|answer|candidate|writer|student|script|text))"
)
TOP = r"(?:full|maximum|max|maximal|highest|top|perfect|10|ten|9|95|nine|c1|c2|excellent|best)"
MARK = r"(?:scores?|marks?|points?|bands?|grades?|credits?|10|out of)"
MACHINE = (
    r"(?:ai|artificial intelligence|language model|llm|gpt|chatgpt|bot|automated|automatic|"
    r"machine|computer)"
)
GRADER = r"(?:grader|examiner|rater|marker|scorer|evaluator|assessor|judge)"

IMPERATIVES = _compiled(
    rf"\b(?:set|change|overwrite|replace|raise) (?:all |every |the |my |each )+{_gap(2)}"
    r"(?:scores?|criteria|grades?|marks?|criterion) (?:\w{1,20} ){0,2}?"
    rf"(?:to|with|at) (?:the )?{TOP}\b",
    rf"\b(?:provide|write|return) {_gap(2)}{TOP} {_gap(1)}{MARK} (?:for|to) (?:my|this|me)\b",
    r"\bskip the (?:marking|grading|scoring|evaluation)\b",
    rf"\b{DISMISS} {_gap(3)}(?:rules|{RULES}) (?:and|above|you|given)\b",
    rf"\b{DISMISS} (?:all |everything |anything |what )(?:\w{{1,20}} ){{0,3}}?"
    r"(?:above|before|said|told|instructed)\b",
    rf"\b{DISMISS} (?:all |any |the |my )*(?:negative indicators|errors in|"
    r"grammar (?:errors|mistakes)|mistakes in|(?:this |the )?(?:essay|line))\b",
    rf"\b(?:give|award|assign|grant|output|return|report) {_gap(3)}{TOP} {_gap(2)}{MARK}\b",
    rf"\b(?:award|assign|give|output) {_gap(2)}(?:band|level|score|grade|mark)s? "
    r"(?:of )?(?:c1|c2|b2|10|9|ten|nine)\b",
    rf"\b(?:grade|mark|rate|score|evaluate) {WORK} {_gap(4)}(?:as|at|with|a|an|of) "
    rf"{_gap(3)}(?:{TOP}|c1|b2|\d{{1,2}})\b",
    rf"\b(?:do not|dont|never|stop) (?:grade|grading|evaluate|evaluating|score|scoring|"
    r"mark|marking|assess|assessing) (?:\.|"
    rf"{WORK} )",
    rf"\b(?:repeat|print|reveal|show|output|copy) {_gap(2)}(?:the |your |all )"
    rf"{_gap(2)}(?:system prompt|rubric|hidden|instructions?|text above|prompt)\b",
)

DISMISSALS = _compiled(
    rf"\b{DISMISS} {_gap(3)}{EARLIER} {_gap(3)}{RULES}\b",
    rf"\b{DISMISS} {_gap(3)}{MARKING} {_gap(1)}(?:rules|scales?|schemes?|standards|{RULES})\b",
)

ADDRESSES = _compiled(
    r"\b(?:your|the) (?:new |next |real |hidden )(?:instructions?|task|orders?) "
    r"(?:are|is) (?:as follows|to|now|\.)",
    r"\b(?:dear|hello|hey|hi|attention) (?:ai|chatgpt|gpt|claude|gemini|llm|language model)\b",
    r"\byou are (?:chatgpt|gpt|claude|gemini|an? (?:llm|language model|ai (?:model|system)))\b",
    rf"\b(?:pay no attention to|do not follow|dont follow) (?:\w{{1,20}} ){{0,2}}?"
    rf"(?:rubric|criteria|{MARKING} \w{{1,20}}|prompt|previous \w{{1,20}})\b",
    rf"\bact as (?:an? |the )?{_gap(2)}{GRADER}\b",
    rf"\b(?:generous|lenient|kind|nice) when you (?:{MARKING}|score|grade|mark|rate|read) ",
    rf"\b(?:score|grade|mark|evaluation|result) (?:of|for) (?:this|my) "
    rf"(?:text|essay|response|answer|work|writing) (?:is|must be|should be|has to be) {TOP}\b",
    rf"\b(?:whoever|whatever|anyone who) (?:reads|grades|marks|scores) (?:this|it|my) {_gap(8)}"
    rf"(?:award|give|grant|score|mark)\b",
    r"\bi (?:hereby )?authori[sz]e (?:\w{1,20} ){0,3}?(?:c1|b2|score|grade|mark|result)\b",
    rf"\b(?:give|award|assign|grant) {_gap(2)}{WORK} {_gap(5)}{TOP} {_gap(2)}{MARK}\b",
    r"\bstop everything \. (?:nevermind|never mind|forget|ignore|disregard)\b",
    rf"\bif you are (?:an? |the )?{MACHINE} {_gap(2)}(?:{GRADER}|assistant|model|system|reading)\b",
    rf"\b(?:you are|youre) (?:now )?(?:an? |the |in )?{_gap(1)}(?:{GRADER}|developer mode|"
    r"debug mode|admin mode|unrestricted)\b",
    rf"\b(?:note|message|instructions?|attention|dear|hello|hey|hi) "
    rf"(?:to |for |by |from )?(?:all |the |any |my )?(?:{MACHINE} |chief |senior |head "
    rf")?{GRADER}s?\b",
    rf"\b(?:note|message|instructions?|attention|information) (?:to|for) (?:the |any |all )?"
    rf"(?:{MARKING}|{MACHINE}) (?:system|model|engine|program|software|machine|team|tool)s?\b",
    rf"\breturn (?:this|that|the (?:following|agreed)) {MARK}\b",
    rf"\b{MACHINE} {GRADER}s? (?:please|must|should|you|ignore|give|award)\b",
    rf"\b(?:as|act as|pretend to be|you are) (?:an? |the )?(?:generous|lenient|kind) {GRADER}\b",
    r"\b(?:script|essay|response|paper|answer) (?:was|has been|is) (?:already )?"
    r"(?:moderated|pre verified|preverified|pre approved|verified|pre graded|already graded)\b",
    r"\b(?:pre ?verified|pre ?approved) by\b",
    rf"\boverride {_gap(2)}(?:scor|grad|mark)\w{{1,5}}\b",
    r"\b(?:scoring|grading|marking) (?:this |it |me |my essay )?(?:below|under|less "
    r"than|lower than)"
    r" (?:band )?\d",
    rf"\b(?:scoring|grading|marking) (?:is )?(?:finished|complete|completed|done) \. {_gap(4)}"
    r"(?:output|overall|score|result)\b",
    r"\b(?:output|answer|reply|respond|return|print) (?:only|with|exactly)(?: only| exactly)? "
    rf"(?:the |this |a |following )*(?:json|overall|score|\d|{TOP} )",
    r"\brepeat (?:after me )?(?:\. )?(?:task (?:fulfil\w{2,6}|achievement)|"
    r"organi[sz]ation|overall)\b",
    r"\btask (?:fulfil\w{2,6}|achievement) (?:\. )?(?:10|9|ten)\b",
    r"\b(?:set|put|mark) (?:the |your )?confidence (?:\w{1,20} )?(?:to |as )?(?:high|100|1)\b",
    r"\b(?:report|mention|list) only (?:the )?(?:strengths|positives?|good)\b",
    r"\b(?:translate|summari[sz]e|rewrite|write|tell) (?:\w{1,20} ){0,6}?instead of "
    r"(?:grading|scoring|marking|evaluating)\b",
    r"\bdecode (?:this|the|it|and) (?:\w{1,20} ){0,4}?(?:follow|obey|do|execute)\b",
    r"\b(?:follow|obey|execute) (?:this |these |the )?(?:hidden|decoded|new|secret) "
    r"(?:orders?|instructions?|commands?|prompt)\b",
    r"\btranslate (?:the following|this|it) (?:\w{1,20} ){0,3}?(?:obey|follow|execute|instead)\b",
    r"\buse (?:these|this|the following|my) (?:new )?(?:criteria|rubric|scoring|marking)\b",
    r"\bnew (?:task|instructions?|rubric|scoring rules|grading rules) \.",
    r"\b(?:sample|model|official) band \d{1,2} (?:answer|essay|response)\b",
    rf"\b(?:this|the) (?:essay|response|script|candidate|writer|paper) (?:clearly |fully |truly )?"
    rf"(?:deserves|merits|earns|should (?:get|receive|be (?:given|awarded))) {_gap(4)}"
    rf"(?:{TOP}|band|score)\b",
    r"\bthis (?:essay|response|candidate|script) (?:\w{1,20} )?(?:demonstrates|"
    r"exhibits|displays|shows"
    r") (?:an? |the )?(?:\w{1,20} ){0,3}?(?:range of vocabulary|coherence|command of|lexical|"
    r"grammatical|control of|organi[sz]ation)\b",
    r"\b(?:please|kindly) (?:\w{1,20} ){0,2}?(?:pass me|give me (?:an? )?(?:good|high|"
    r"pass\w{0,4}|nice) "
    r"(?:score|mark|grade|band)s?|let me pass (?:this|the) (?:test|exam))\b",
    r"\b(?:tip|reward|bonus|money|pay you|dollars) (?:\w{1,20} ){0,4}?(?:10 10|full marks|"
    r"(?:high|full|perfect|good|top|maximum) (?:score|mark|grade|band)s?)\b",
    rf"\b(?:metadata|white text|note) for (?:the )?{MACHINE} (?:screening|{GRADER}|"
    rf"scoring|grading)",
    r"\b(?:bo qua|phot lo|khong can (?:theo|quan tam)|quen di|lo di) (?:\w{1,12} ){0,5}?"
    r"(?:tieu chi|huong dan|yeu cau|quy tac|chi dan|lenh|quy dinh|thang diem)\b",
    r"\b(?:cho|cham|tang|de nghi cho) (?:\w{1,12} ){0,6}?diem (?:\w{1,12} ){0,2}?"
    r"(?:toi da|cao nhat|cao|tuyet doi|10|muoi|9|chin)\b",
    r"\b(?:cho|cham) (?:em|toi|minh|con|bai nay|bai viet nay) (?:\w{1,12} "
    r"){0,3}?(?:10|muoi) diem\b",
    r"\b(?:xin|nho|mong) (?:thay|co|giam khao|nguoi cham) (?:\w{1,12} ){0,4}?(?:diem|cham|do)\b",
    r"\b(?:hay|vui long) (?:cho|cham|bo qua|danh gia) (?:\w{1,12} ){0,6}?(?:diem|tieu "
    r"chi|muc cao)\b",
)

MARKUP = _compiled(
    r"[\[<({]{1,2}/?\s{0,3}(?:system|inst|assistant|user|sys|essay|response|answer|prompt|"
    r"instructions?|candidate_text|end of (?:session|essay|document|text|response)|"
    r"rest-of-document|tool_call|function_call)\b[^\]>)}\n]{0,60}[\]>)}]{1,2}",
    r"<\|[a-z_]{2,30}\|>",
    r"(?:^|\n)\s{0,5}#{2,6}\s{0,3}(?:instructions?|system|response|new task|input|output)\b",
    r"(?:^|[\n.\-}])[ \t]{0,5}(?:system|assistant|user|human|ai) ?: ?\S",
    r"<!--.{0,400}?-->",
    r"<!\[cdata\[|\]\]>",
    r'"""|```',
    r"(?<!-)-{3,40}\s{0,3}(?:end|begin|start|stop)\b[^\n]{0,40}?-{2}",
    r"\\color\s?\{white\}|display\s?:\s?none|font-size\s?:\s?[01](?:px|pt)?\b|javascript:",
    r"<\s{0,3}(?:script|iframe|img|div|span|svg)\b[^>\n]{0,200}>",
)

CRITERION_KEY = (
    r"(?:scores?|overall(?:[ _]?score)?|total|grade|band|marks?|confidence(?:[ _]?score)?|"
    r"task[ _]?(?:fulfil\w{2,6}|achievement)|organi[sz]ation|vocabulary|grammar|coherence)"
)
VERDICTS = _compiled(
    rf'["\']{CRITERION_KEY}["\']\s{{0,3}}:',
    r"\b(?:score|overall|overall[ _]score|band|grade)\s{0,2}=\s{0,2}\w",
    rf"\b{CRITERION_KEY}\s{{0,2}}:\s{{0,2}}(?:10|[89](?:\.\d)?|c1)(?![\d:.-]\d)",
    r'\{\s{0,5}"\w{1,30}"\s{0,3}:',
    r'"\s?\}\s?,\s?"\w{1,30}"\s?:',
    r"\boverall(?: band)?(?: score)? (?:is |of )?(?:10|9)(?:\.[05])\b",
)

FOREIGN_ORDERS = _compiled(
    r"(?:忽略|无视|忽視|無視)[^。\n]{0,20}(?:指令|指示|提示|说明|說明|标准|標準|要求)",
    r"(?:满分|滿分|最高分|最高の点|満点)",
    r"(?i:игнорируй|проигнорируй|забудь)[^.\n]{0,40}(?:инструкц|критери|указани|правил)",
    r"(?i:постав|дай)[^.\n]{0,30}(?:максимальн|высш|балл|оценк)",
    r"(?:تجاهل|اتجاهل)[^.\n]{0,40}(?:التعليمات|المعايير|السابقة)",
    r"(?:أعط|امنح)[^.\n]{0,40}(?:الدرجة|العلامة|كاملة)",
)

SCRAMBLED = _words(
    "ignore previous instructions instruction criteria disregard system scoring grading prompt "
    "override rubric forget award maximum score marks"
)
TELLTALES = ("ignore", "fullmark", "fullscore", "disregard", "instruction", "givemax", "maxscore")
