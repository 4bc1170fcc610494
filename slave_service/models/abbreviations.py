"""Abbreviations that end with a full stop, by what can follow them: tables of ``sentence_ends``.

All are in lower case and without the last full stop. The lists hold common abbreviations of
European languages which are not also common words; those that are have a list of their own.
"""

BEFORE_NAMES = frozenset(
    (
        # English
        "adm av capt cmdr col cpl dr drs gov hon lt maj messrs mr mrs ms mx prof rep rev sen sgt "
        "supt st esq fig figs eq eqs vol vols pp cf ca viz vs ibid approx "
        # German
        "fr hr hrn frl ing dipl prok nr abb abs absatz anm aufl bd bde hrsg kap lfd nrn zit zzgl "
        "inkl exkl ggf evtl insb insbes sog geb gest verh bspw bzgl vgl max "
        # Romance languages
        "mme mmes mlle mgr ste chap éd fasc tél env dott dr.ssa sig sig.ra sigg avv sr sra srs "
        "srta dña ud uds exmo exma núm núms pág págs tel telef "
        # Dutch and the Nordic languages
        "dhr mevr mw bijv blz zgn afb dvs eks f.eks fx kl bl.a t.ex mht "
        # Slavic languages, Hungarian and Turkish
        "inż np tj tzw tzn hab ul godz např tzv resp čís srov pl özv örn bkz doç sn "
        "проф акад доц ул г-н г-жа"
    ).split()
) - {"max", "env", "pl", "resp"}
"""A full stop after these ends no sentence, unless a new one clearly begins."""

BEFORE_NUMBERS = frozenset(
    (
        "no nos n nº p par § min max sec secs ex ch bk pt pl al ill art arts para sect tab ref ed "
        "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun "
        "янв февр апр авг сент окт нояб дек гл рис стр с см табл т est č str čl obr poz"
    ).split()
)
"""A full stop after these ends no sentence before a digit; some are also words ("No.")."""

IN_SENTENCES = frozenset(
    (
        # English
        "etc ff inc ltd corp bros llc plc jr snr jnr al ave rd blvd mt dept univ jan feb apr jun "
        "jul aug sept oct nov dec tue tues thu thurs lb lbs oz hr hrs mins secs yr yrs mph rpm "
        "misc resp "
        # German
        "usw usf u.ä o.ä bzw dgl jh jhd jhdt mio mrd std str mwst "
        # Other languages
        "ecc s.p.a s.r.l gmbh enz osv itd itp atd apod stb др пр руб коп млн млрд тыс гг чел"
    ).split()
)
"""A full stop after these ends a sentence only where a new one clearly begins."""

NEVER_LAST = frozenset(
    (
        "e.g i.e n.b q.v a.k.a z.b d.h u.u s.o s.u v.a i.d.r z.zt m.e p.ex c.-à-d c.à.d p.ej p.es "
        "d.w.z bl.a t.ex f.eks m.in т.е т.к т.н м.б π.χ"
    ).split()
)
"""Abbreviations of several parts after which a sentence always goes on."""

SPACED = frozenset(
    (
        "z. b|d. h|u. a|u. u|s. o|s. u|v. a|i. d. r|o. ä|u. ä|z. t|p. ex|p. ej|p. es|c. a. d|t. e|"
        "i. e|e. g|a. d|b. c|n. chr|v. chr|m. e|t. ex|f. eks|bl. a|o. a|m. in|т. е|т. к|т. д|т. п|"
        "м. б|и т. д|и т. п|π. χ"
    ).split("|")
)
"""Abbreviations of several parts with white space between them."""

MONTHS_AND_DAYS = frozenset(
    (
        "january february march april may june july august september october november december "
        "monday tuesday wednesday thursday friday saturday sunday "
        "januar jänner februar märz mai juni juli oktober dezember jahrhundert jahrhunderts "
        "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
        "jan feb mar apr jun jul aug sep sept oct nov dec eastern pacific central gmt utc "
        "est pst cet edt pdt"
    ).split()
)
"""A capital letter of these does not show that a sentence begins: "8 p.m. Monday", "3. Mai"."""

FIRST_WORDS = frozenset(
    (
        "however although since today yesterday tomorrow later two another nobody everyone "
        "everybody someone something nothing let see call yes during perhaps maybe despite "
        "according unfortunately finally meanwhile once until three several it's don't i'm we're "
        "he's she's that's there's they're you're i've can't i'll"
    ).split()
)
"""Words with which sentences often begin, besides the function words."""
