"""English phrases whose sentiment is not that of their words: tables of ``shifting``.

The ratings are of this program, on the scale of VADER's lexicon (-4 to 4): 1 for a mild phrase, 2
for a clear one, 3 for a strong one, and 0 for one without sentiment.
"""

_PHRASES = {
    3.0: "over the moon|to die for|on cloud nine|second to none|couldn't ask for more|"
    "one of a kind|couldn't have asked for|could not have asked for|can't be beat|can't be beaten|"
    "nothing short of amazing|bar none|blown away|knocked it out of the park|"
    "doesn't get any better|does not get any better|doesn't get much better|off the charts",
    2.0: "no problem|no problems|no trouble|no troubles|no complaints|no regrets|no worries|"
    "no sweat|no brainer|no-brainer|piece of cake|works like a charm|worked like a charm|"
    "like a charm|thumbs up|can't wait|cannot wait|can't complain|cannot complain|"
    "can't go wrong|cannot go wrong|can't beat|cannot beat|nothing beats|hard to beat|"
    "tough to beat|couldn't agree more|what's not to like|what's not to love|what is not to like|"
    "never a dull moment|never fails to|never fail to|worth every penny|worth every cent|"
    "nothing wrong with|nothing wrong|top notch|top-notch|state of the art|must see|must-see|"
    "killed it|nailed it|nails it|hit the spot|hits the spot|"
    "can't stop smiling|out of this world|five stars|5 stars|light years ahead|"
    "not a single fault|nothing to worry about|nothing to complain about|problem solved|"
    "couldn't have done it without|could not have done it without|sigh of relief|so far so good|"
    "without any problems|without any problem|without a hitch|without a problem|flying colors|"
    "like a dream|easy to use",
    1.0: "no issues|no issue|no big deal|no hard feelings|don't worry|do not worry|not to worry|"
    "no need to worry|don't hesitate|do not hesitate|look forward to|looking forward to|"
    "don't miss|do not miss|better late than never|up and running|made my day|all in all good",
    0.0: "no doubt|without a doubt|without doubt|no question|without question|without fail|"
    "beyond doubt|beyond a doubt|no wonder|no matter|no sooner|no joke|no kidding|no less than|"
    "can't help but|cannot help but|can't help|cannot help|couldn't help but|could not help but|"
    "to say the least|nothing but|nothing short of|not only|not just|not merely|not simply|"
    "not to mention|who doesn't|who wouldn't|who does not|not a day goes by without|isn't only|"
    "isn't just|wasn't just|wasn't only|"
    "last but not least|no less|don't wait|do not wait|don't forget|do not forget",
    -1.0: "nothing special|nothing new|not my cup of tea|expected more|expected better|"
    "i expected more|hit or miss|hit and miss|no idea|at a loss|not what i expected|"
    "ho hum|ho-hum|run of the mill|so much for|if only|yeah right|too little too late|"
    "what i was hoping for|couldn't care less|could care less|nothing new here|never arrived|"
    "never came|falls flat|fell flat|falls short|fell short|comes up short",
    -2.0: "too good to be true|leaves a lot to be desired|left a lot to be desired|"
    "leave a lot to be desired|leaves much to be desired|left much to be desired|"
    "leave much to be desired|nothing to write home about|never again|thumbs down|"
    "thanks for nothing|thanks but no thanks|no thanks to|waste of time|waste of money|waste of|"
    "fell apart|falls apart|fall apart|down the drain|slap in the face|on my nerves|"
    "my money back|not worth a penny|not worth the|can't stand|cannot stand|"
    "couldn't stand|could not stand|let down|lets you down|lets me down|let me down|"
    "let us down|good luck getting|good luck with that|ripped off|rip off|rip-off|"
    "makes no sense|made no sense|make no sense|under the weather|cost an arm and a leg|"
    "pain in the neck|pain in the ass|last straw|barely works|hardly works|barely worked|"
    "nothing works|doesn't work|does not work|didn't work|did not work|won't work|"
    "stopped working|quit working|stay away|steer clear|don't bother|do not bother|"
    "don't waste|do not waste|save your money|out of order|went wrong|goes wrong|go wrong",
}

PHRASES = {
    tuple(phrase.split()): valence
    for valence, phrases in _PHRASES.items()
    for phrase in phrases.split("|")
}
"""The valence of each phrase, by its words in lower case."""

_OF_ANY = (
    "far from|anything but|by no means|in no way|a far cry from|far cry from|absence of|free of|"
    "free from|hardly any|barely any|scarcely any|almost no|virtually no|little to no|hardly|"
    "scarcely|barely|few|rid of|devoid of|nobody|noone|no-one|no one|not one|not a single|none|"
    "neither|not once|less than"
)
_OF_POSITIVE = (
    "nowhere near|not nearly|not all that|lack of|lack|lacks|lacked|lacking|fails to|failed to|"
    "fail to|failing to|refuse to|refuses to|refused to|no longer|no more|unable to|"
    "impossible to|instead of|rather than|takes all the|took all the|supposed to be|"
    "pretends to be|pretending to be|tries to be|trying to be|tried to be|stopped|quit"
)
SHIFTERS = {tuple(phrase.split()): False for phrase in _OF_ANY.split("|")} | {
    tuple(phrase.split()): True for phrase in _OF_POSITIVE.split("|")
}
"""Words that invert the sentiment of what follows in their clause, besides VADER's negations.

They are the "contextual valence shifters" of L. Polanyi and A. Zaenen (2006): negative
quantifiers, and verbs and prepositions that say that something is missing. The value is whether
they invert positive words alone: who fails at something bad does nothing good.
"""

QUANTIFIERS = frozenset({"nobody", "noone", "no-one", "no", "none", "neither", "not"})
"""First words of shifters that negate their whole clause."""

INTENSIFIERS = frozenset(
    (
        "damn damned insanely terribly awfully ridiculously crazy crazily wickedly stupidly "
        "dangerously freaking frighteningly wicked mad deadly shamelessly"
    ).split()
)
"""Negative words that only strengthen a positive word after them ("damn good")."""
