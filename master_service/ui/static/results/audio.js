// A sound's waveform with its levels, and a player.

import { h, svg } from "../components/elements.js";
import { barLine, facts } from "../components/controls.js";
import { bytes } from "../format.js";
import { showInput } from "./media.js";

/** The types of formats, for browsers that go by them and don't look into the file, such as Safari. */
const MEDIA_TYPES = { WAV: "audio/wav", WAVEX: "audio/wav", FLAC: "audio/flac", OGG: "audio/ogg", MP3: "audio/mpeg", AIFF: "audio/aiff", AU: "audio/basic", CAF: "audio/x-caf" };

/** Draw the result. */
export async function draw({ json, input }) {
  const result = await json();
  const player = h("audio", { controls: true, preload: "metadata" });
  const place = svg("line", { y1: -1, y2: 1, class: "place" });
  const picture = waveform(result.waveform ?? [], place);
  player.addEventListener("timeupdate", () => {
    // The picture begins at the first point and ends at the last one.
    const at = Math.max(0, (result.waveform ?? []).length - 1) * Math.min(1, player.currentTime / Math.max(0.001, result.duration_seconds));
    place.setAttribute("x1", at);
    place.setAttribute("x2", at);
  });
  showInput(player, () => input(MEDIA_TYPES[result.format]), () => player.replaceWith(h("p", { class: "faint" }, "This sound can't be played here.")));
  return [
    h("section", { class: "card", "aria-label": "Sound" }, picture, player),
    h("section", { class: "card", "aria-label": "Levels" }, h("h3", {}, "Levels"), level("Loudness", result.rms_energy), level("Peak", result.peak ?? 0),
      facts({ Length: clock(result.duration_seconds), "Sample rate": `${result.sample_rate.toLocaleString("en")} Hz`, Channels: result.channels, "Zero crossings": result.zero_crossings, Format: result.format, Encoding: result.encoding, Size: bytes(result.file_size_bytes) })),
  ];
}

function waveform(points, place) {
  const loudest = Math.max(0.001, ...points.flat().map(Math.abs));
  const upper = points.map(([, high], x) => `${x},${-high / loudest}`);
  const lower = points.map(([low], x) => `${x},${-low / loudest}`).reverse();
  return svg("svg", { class: "wave", viewBox: `0 -1.02 ${Math.max(1, points.length - 1)} 2.04`, preserveAspectRatio: "none", role: "img", "aria-label": "Waveform" },
    svg("polygon", { points: [...upper, ...lower].join(" ") }), place);
}

/** Full scale is 0 dB; what is 60 dB below is nothing to the ear. */
function level(name, value) {
  const decibels = value > 0 ? 20 * Math.log10(value) : -Infinity;
  const share = Math.min(1, Math.max(0, 1 + decibels / 60));
  const words = value > 0 ? `${decibels.toFixed(1)} dB` : "silent";
  return barLine("div", name, share, words);
}

function clock(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}
