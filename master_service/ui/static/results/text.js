// Renders a text result: counts, keywords, and sentences colored by sentiment.

import { barRow } from "../components/bars.js";
import { card, h, propertyList } from "../components/elements.js";
import { count, number } from "../format.js";

// The threshold that VADER's authors recommend.
const NEUTRAL = 0.05;

export async function renderText({ json }) {
  const result = await json();
  const sentiment = classify(result.sentiment_score);
  const isScored = result.sentiment_supported !== false;
  return [
    card("Counts",
    isScored
        ? h("p", { class: "large" }, h("span", { class: `sentiment ${sentiment}` }, sentiment), ` ${result.sentiment_score.toFixed(2)}`)
        : h("p", { class: "muted" }, "No sentiment: only English texts are scored."),
      propertyList({ Words: result.word_count, Characters: result.character_count, Sentences: result.sentence_count, "Unique words": result.unique_words, "Positive words": result.positive_words, "Negative words": result.negative_words, Language: result.language, Encoding: result.encoding })),
    card("Keywords", h("h3", {}, "Keywords"), keywordChart(result.keywords ?? result.common_words)),
    sentencesCard(result),
  ];
}

const classify = (score) => (score >= NEUTRAL ? "positive" : score <= -NEUTRAL ? "negative" : "neutral");

// `keywords` are [word, count], the most frequent first.
function keywordChart(keywords) {
  if (!keywords.length) return h("p", { class: "muted" }, "None.");
  const max = keywords[0][1];
  return h("ol", { role: "list", class: "bar-chart" }, keywords.map(([word, uses]) => barRow("li", word, uses / max, uses)));
}

function sentencesCard({ sentences, sentence_count: total }) {
  if (!sentences?.length) return null;
  const title = sentences.length < total ? `The ${count(sentences.length, "sentence")} with the strongest sentiment, of ${number(total)}` : "Sentences";
  return card("Sentences", h("h3", {}, title), h("p", { class: "prose" }, sentences.map(sentence)));
}

function sentence({ text, sentiment: score }) {
  const sentiment = classify(score);
  const description = `${sentiment}, ${score.toFixed(2)}`;
  // In words for screen readers.
  return [h("span", { class: `sentiment ${sentiment}`, title: description }, text.trim(), sentiment === "neutral" ? null : h("span", { class: "visually-hidden" }, ` (${description})`)), " "];
}
