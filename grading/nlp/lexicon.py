"""Closed lists of English words the facts and features look up."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


FUNCTION_WORDS = _words(
    """a an the this that these those some any no every each either neither both all half such
    i me my mine myself you your yours yourself yourselves he him his himself she her hers herself
    it its itself we us our ours ourselves they them their theirs themselves one ones
    who whom whose which what where when why how whoever whatever whichever
    am is are was were be been being do does did doing done have has had having
    can could will would shall should may might must ought
    and or but nor so yet for if unless although though because since while whereas until till
    than as whether after before once
    of in to with on at by from about into over under between through during against among
    within without toward towards upon across behind beyond near off out up down around along
    not never no yes also too very just only even then there here again still already ever always
    more most less least much many few little lot lots other another same own
    well however therefore thus etc
    i'm you're he's she's it's we're they're i've you've we've they've i'd you'd he'd she'd we'd
    they'd i'll you'll he'll she'll we'll they'll isn't aren't wasn't weren't don't doesn't didn't
    haven't hasn't hadn't can't couldn't won't wouldn't shouldn't mustn't that's there's what's
    let's who's"""
)

ADDITIVE = _words("also besides furthermore moreover additionally likewise similarly plus")
CONTRASTIVE = _words(
    "but however although though nevertheless nonetheless whereas despite instead yet unlike"
)
CAUSAL = _words("because since so therefore thus hence consequently accordingly")
TEMPORAL = _words(
    "first firstly second secondly third thirdly next then finally lastly afterwards meanwhile "
    "before after when while until once"
)
CONDITIONAL = _words("if unless whether otherwise")
LINKERS = ADDITIVE | CONTRASTIVE | CAUSAL | TEMPORAL | CONDITIONAL
LINKER_GROUPS = {
    "additive": ADDITIVE,
    "contrastive": CONTRASTIVE,
    "causal": CAUSAL,
    "temporal": TEMPORAL,
    "conditional": CONDITIONAL,
}
LINKING_PHRASES = (
    "for example",
    "for instance",
    "in addition",
    "in conclusion",
    "on the other hand",
    "as a result",
    "such as",
    "in other words",
    "in fact",
    "even though",
    "in order to",
    "according to",
    "due to",
    "to sum up",
    "in my opinion",
    "not only",
    "as well as",
    "at the same time",
)

WORD_GROUPS = {
    "article": frozenset({"a", "an", "the"}),
    "pronoun_first": _words("i me my mine myself we us our ours ourselves"),
    "pronoun_second": _words("you your yours yourself u ur"),
    "pronoun_third": _words("he him his she her hers they them their theirs it its"),
    "modal": _words("can could will would shall should may might must"),
    "be": _words("am is are was were be been being"),
    "have": _words("have has had having"),
    "do": _words("do does did doing done"),
    "preposition": _words(
        "of in to with on at by from about into over under between through during against "
        "among within without toward towards upon across"
    ),
    "relative": _words("which who whom whose that where"),
    "negation": _words("not no never nothing nobody none neither nor"),
    "and": frozenset({"and"}),
    "vague": _words("thing things stuff something anything everything lot lots very"),
    "informal": _words(
        "gonna wanna gotta kinda cuz cause bc u ur r yeah ok okay like really pretty"
    ),
}

# Contractions that lost the apostrophe and are no other English word.
APOSTROPHE_LOST = _words(
    "dont doesnt didnt cant wont isnt arent wasnt werent wouldnt couldnt shouldnt havent hasnt "
    "hadnt im ive youre theyre thats theres whats lets youll theyll hes shes"
)

SINGULAR_SUBJECTS = _words("he she it this everyone everybody someone nobody")
PLURAL_SUBJECTS = _words("they we you these those people many students children")
BASE_ONLY_VERBS = _words(
    "have do are were go want need make take get think like help say know don't"
)
SINGULAR_ONLY_VERBS = _words(
    "has does is was goes wants needs makes takes gets thinks likes helps says knows doesn't"
)
MODALS = WORD_GROUPS["modal"] | frozenset({"to", "don't", "doesn't", "didn't", "can't", "won't"})
# Forms that never follow a modal or the infinitive's "to".
NOT_AFTER_MODAL = _words(
    "is are was were has had does did went goes gets got made makes took takes said says "
    "thought thinks wants wanted needs needed helps helped likes liked learned learns"
)

# Words of the task's instruction, not of its topic.
INSTRUCTION_WORDS = _words(
    """write letter email e-mail mail essay least words word minutes include reasons reason example
    examples relevant specific knowledge experience support answer answers following topic read
    part below give your opinion discuss agree disagree extent spend about task response reply
    received recently explain describe use asked tell say question questions should educated
    reader friend dear name address addresses need"""
)
