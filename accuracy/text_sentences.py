"""English sentences with the sign of their sentiment, as people understand them.

Written for this measurement. ``HELD_OUT`` was written before the rules of ``models.valence``
and was not looked at while they were written.
"""

_SEEN = """
+|No problem at all.
-|Nobody loves her.
+|Without a doubt an excellent idea.
+|No bad smell. Nothing to worry about.
+|I can't recommend it enough!
-|Could have been better.
-|The result is far from good.
-|He is anything but friendly.
+|Not only cheap but beautiful too.
+|Not only is it fast, but it is also reliable and fun.
+|I couldn't be happier!
+|I have nothing but praise for them.
-|The offer is too good to be true.
+|There were hardly any complaints.
+|No issues so far.
+|No worries.
+|No big deal.
-|No luck today.
-|No fun at all.
-|This is no good.
-|No hope left.
-|No one cares.
+|No one was disappointed.
+|Nobody complained.
-|Nobody is satisfied with it.
-|Nothing good came of it.
-|None of the rooms were clean.
-|Hardly a success.
-|Scarcely helpful.
+|Barely any errors.
+|Almost no noise, hardly any trouble.
+|It could not be better.
+|It couldn't have been better.
-|It could have been great.
-|It couldn't be worse.
-|It should have been better.
-|The food could be better.
+|It could have been worse.
+|I can't wait to see it!
+|I can't complain.
+|We can't praise them enough.
+|Can't beat the price.
+|It can't be beat.
+|I never had a better meal.
+|I've never felt better.
-|I have never been so disappointed.
-|I have never seen a worse film.
-|I don't think this is a good idea.
-|I do not believe it was honest of them.
+|I don't think it's bad.
-|I wouldn't say it is good.
-|It's not that I don't like it, it's bad.
-|He used to be nice.
+|I am used to good service.
-|By no means a good deal.
+|By no means bad.
-|In no way acceptable.
-|Nowhere near good enough.
+|Nothing short of amazing.
-|Nothing short of a disaster.
+|Second to none.
+|I have no complaints.
+|There is no better place.
-|At best mediocre, the food was good at best.
-|It's not worth it.
-|The hotel lacks comfort.
-|It fails to please.
-|A lack of respect.
+|The absence of pain is lovely.
+|It is free of bugs.
-|It's pretty awful.
-|The talk was pretty boring.
-|It is super annoying.
+|Damn good coffee.
+|It's insanely good.
+|It is terribly nice of you.
+|Awfully good.
-|It looks like a failure.
-|It smells like feet and looks like trash.
-|Feels like a cheap toy.
+|I feel like a winner, I like it.
-|Well, that was bad.
+|Well done!
+|It never disappoints.
+|It has never let me down.
-|Never a good sign.
-|The ending lets you down.
-|Let down by the ending.
+|No need to worry.
+|Don't worry, be happy.
+|You won't regret it.
+|It won't hurt.
-|It won't help.
-|I wouldn't trust them.
+|I would gladly buy it again.
+|Not a bad choice.
+|Not too bad.
-|Not very good.
-|Not exactly a great start.
-|Isn't it awful?
-|It's not great, not even good.
-|It was neither good nor fun.
+|It was neither bad nor boring.
-|It takes all the joy out of it.
-|Too tired to enjoy it.
-|Too little help too late.
-|Too expensive to be a good choice.
+|This is sick, I love it.
+|That movie was to die for.
+|They killed it on stage tonight.
-|Nothing to write home about.
+|Two thumbs up!
-|Two thumbs down.
+|Worth every penny.
-|Not worth a penny.
-|Not my cup of tea.
+|On cloud nine!
-|A slap in the face.
-|It went down the drain.
-|It gets on my nerves.
-|What a waste.
-|A waste of a good actor.
-|If only it were good.
-|I wish I had never bought this great thing.
+|I wish you a happy birthday.
-|Thanks, but no thanks.
-|It is no longer fun.
-|No more fun.
+|No more pain.
-|Not once did they smile.
-|I can't stand it.
-|I can't help but hate it.
+|I can't help but love it.
+|I can't help loving it.
+|Can't stop smiling.
-|I can't find anything nice about it.
+|Who doesn't love chocolate?
+|What's not to like?
+|Not a day goes by without a smile.
+|Never a dull moment.
+|The best, bar none.
+|Without fail they cheer me up.
-|Without joy or hope.
+|Without any problems.
+|Problem solved.
+|Crime is falling and fear is gone.
-|Good luck getting help from them.
-|So much for being the best.
-|Not nearly as nice as it looks.
-|Less than ideal.
-|Less than impressed.
+|More than happy.
+|I couldn't agree more.
-|I couldn't care less.
+|We couldn't ask for more.
-|It hasn't been fun.
-|Ain't nobody happy here.
+|Ain't no problem.
+|Nothing wrong with it.
-|Something is wrong with it.
+|It is a far cry from bad.
-|A far cry from its former glory.
0|The table is made of wood.
0|The shop opens at nine.
0|She lives on the second floor.
0|There are three cars in the yard.
0|It is as tall as the house.
0|The file is 3 MB in size.
0|He looks like his brother.
"""

_HELD_OUT = """
+|No complaints whatsoever.
+|I have no regrets about buying this.
+|There was no trouble with the delivery.
+|You can't go wrong with this one.
+|I couldn't have asked for a better teacher.
+|We can't thank you enough.
+|The staff could not have been more helpful.
+|It never fails to make me smile.
+|The soup was nothing short of wonderful.
+|She has nothing but love for her students.
+|It is not only pretty but also useful.
+|Hardly a bad word can be said about it.
+|Without question the best meal of the trip.
+|I have never been happier.
+|This is not bad at all.
+|He won't disappoint you.
+|The room wasn't dirty.
+|None of the guests complained.
+|Nobody was hurt.
+|It is pretty good.
+|You don't have to worry.
+|Don't hesitate to buy it.
+|It's a no-brainer.
+|Far from boring.
+|The exam was a piece of cake.
+|I am over the moon with it.
+|Not a single fault.
+|Nothing beats a warm fire.
+|She never lets me down.
+|The pain is gone.
+|Free of errors.
+|It works like a charm.
+|It doesn't get any better than this.
+|The camera is damn good.
+|No doubt a great choice.
+|It is anything but dull.
+|I can't get enough of it.
+|I didn't have any problems.
-|No one likes the new layout.
-|Nobody was happy with the result.
-|None of it was any good.
-|The service was far from perfect.
-|It was anything but pleasant.
-|The food should have been better.
-|This could have been a great film.
-|I wish it were faster and better.
-|It is hardly worth the money.
-|It barely works.
-|I don't think it is a good idea.
-|I would not recommend it to my friends.
-|By no means an improvement.
-|The movie used to be good.
-|It fails to impress.
-|The book lacks charm.
-|Too good to be true.
-|It leaves a lot to be desired.
-|Nothing special.
-|It is not as good as they say.
-|He is not my best friend any more.
-|I didn't enjoy it at all.
-|A complete waste of time.
-|The plan fell apart.
-|Never again.
-|It tastes like cardboard.
-|This isn't what I was hoping for.
-|I expected more.
-|It would have been nice if it had worked.
-|Thanks for nothing.
-|Nowhere near as good as the old one.
-|I stopped enjoying it after a week.
-|Neither useful nor pretty.
-|Pretty boring.
-|It's super slow and super annoying.
-|I can't say that I liked it.
-|The acting is mediocre at best.
-|It is too weak to be useful.
-|I regret buying it.
-|I want my money back.
-|Nothing works.
-|It did not help.
-|The product never arrived.
-|She refused to help.
0|The meeting is at noon.
0|The book has 300 pages.
0|He lives in a small town.
0|The train leaves from platform four.
0|It is raining.
0|Water boils at 100 degrees.
0|The parcel contains two cables.
0|We will see on Monday.
"""


def _rows(lines: str) -> list[tuple[int, str]]:
    signs = {"+": 1, "-": -1, "0": 0}
    rows = (line.split("|", 1) for line in lines.strip().splitlines())
    return [(signs[sign], sentence) for sign, sentence in rows]


SEEN, HELD_OUT = _rows(_SEEN), _rows(_HELD_OUT)
"""``(sign, sentence)``: 1, -1, or 0 for a sentence without sentiment."""
