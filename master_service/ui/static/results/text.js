// A text's counts, its keywords as bars, and its sentences in the color of their mood.

import { h } from "../components/elements.js";
import { barLine, facts } from "../components/controls.js";
import { count } from "../format.js";

const NEUTRAL = 0.05; // what VADER's authors call so

/** Draw the result. */
export async function draw({ json }) {
  const result = await json();
  const mood = moodOf(result.sentiment_score);
  const isScored = result.sentiment_supported !== false;
  return [
    h("section", { class: "card", "aria-label": "Counts" },
      isScored
        ? h("p", { class: "large" }, h("span", { class: `mood ${mood}` }, mood), ` ${result.sentiment_score.toFixed(2)}`)
        : h("p", { class: "faint" }, "No sentiment: it is measured of English texts alone."),
      facts({ Words: result.word_count, Characters: result.character_count, Sentences: result.sentence_count, "Different words": result.unique_words, "Positive words": result.positive_words, "Negative words": result.negative_words, Language: result.language, Encoding: result.encoding })),
    h("section", { class: "card", "aria-label": "Keywords" }, h("h3", {}, "Keywords"), bars(result.keywords ?? result.common_words)),
    sentences(result),
  ];
}

const moodOf = (score) => (score >= NEUTRAL ? "positive" : score <= -NEUTRAL ? "negative" : "neutral");

function bars(words) {
  if (!words.length) return h("p", { class: "faint" }, "None.");
  const most = words[0][1];
  return h("ol", { role: "list", class: "bars" }, words.map(([word, number]) => barLine("li", word, number / most, number)));
}

function sentences({ sentences: some, sentence_count: all }) {
  if (!some?.length) return null;
  const title = some.length < all ? `The ${count(some.length, "sentence")} with the strongest mood, of ${all.toLocaleString("en")}` : "Sentence by sentence";
  return h("section", { class: "card", "aria-label": "Sentences" }, h("h3", {}, title),
    h("p", { class: "reading" }, some.map(({ text, sentiment }) =>
      {
      const words = `${moodOf(sentiment)}, ${sentiment.toFixed(2)}`;
      // Who does not see the color hears of it.
      return [h("span", { class: `mood ${moodOf(sentiment)}`, title: words }, text.trim(), moodOf(sentiment) === "neutral" ? null : h("span", { class: "hidden" }, ` (${words})`)), " "];
    })));
}
