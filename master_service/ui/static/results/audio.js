// Renders an audio result: waveform, player, levels.

import { barRow } from "../components/bars.js";
import { card, h, propertyList, svg } from "../components/elements.js";
import { bytes, number } from "../format.js";
import { loadMedia } from "./media.js";

// Media types by format: Safari does not detect them from the content.
const MEDIA_TYPES = { WAV: "audio/wav", WAVEX: "audio/wav", FLAC: "audio/flac", OGG: "audio/ogg", MP3: "audio/mpeg", AIFF: "audio/aiff", AU: "audio/basic", CAF: "audio/x-caf", MP4: "audio/mp4", WEBM: "audio/webm", AAC: "audio/aac", AMR: "audio/amr", WMA: "audio/x-ms-wma" };

const MAX_LINES = 500;

export async function renderAudio({ json, inputUrl }) {
  const result = await json();
  const points = result.waveform ?? [];
  const player = h("audio", { controls: true, preload: "metadata" });
  const playhead = svg("line", { y1: -1, y2: 1, class: "playhead" });
  player.addEventListener("timeupdate", () => {
    const x = Math.max(0, points.length - 1) * Math.min(1, player.currentTime / Math.max(0.001, result.duration_seconds));
    playhead.setAttribute("x1", x);
    playhead.setAttribute("x2", x);
  });
  loadMedia(player, () => inputUrl(MEDIA_TYPES[result.format]), () => player.replaceWith(h("p", { class: "muted" }, "The browser can't play this file.")));
  return [
    card("Audio", waveform(points, playhead), player),
    ...(result.speech ? [speechCard(result, player)] : []),
    card("Levels", h("h3", {}, "Levels"), levelRow("RMS", result.rms_energy), levelRow("Peak", result.peak ?? 0),
      propertyList({ Length: minutesAndSeconds(result.duration_seconds), "Sample rate": `${number(result.sample_rate)} Hz`, Channels: result.channels, Loudness: unit(result.loudness_lufs, "LUFS"), "Strongest frequency": unit(result.dominant_frequency_hz, "Hz"), "Mean frequency": unit(result.spectral_centroid_hz, "Hz"), Silence: unit(result.silence_share == null ? null : Math.round(1000 * result.silence_share) / 10, "%"), "Zero crossings": result.zero_crossings, Format: result.format, Encoding: result.encoding, Size: bytes(result.file_size_bytes) })),
  ];
}

// The transcript, or else where speech is; each line plays from its time.
function speechCard({ speech, transcript }, player) {
  const lines = transcript ? transcript.segments.map(({ start, text }) => [start, text]) : speech.spans.map(([begin, end]) => [begin, `to ${minutesAndSeconds(end)}`]);
  const play = (seconds) => { player.currentTime = seconds; player.play()?.catch(() => {}); };
  const rows = lines.slice(0, MAX_LINES).map(([begin, text]) => h("li", {}, h("button", { type: "button", onclick: () => play(begin) }, minutesAndSeconds(begin)), ` ${text}`));
  return card("Speech", h("h3", {}, transcript ? "Transcript" : "Speech"),
    propertyList({ Share: unit(Math.round(1000 * speech.share) / 10, "%"), Language: transcript?.language, Model: transcript?.engine }),
    rows.length ? h("ul", { class: "plain-list" }, ...rows) : h("p", { class: "muted" }, "No speech was found."),
    lines.length > MAX_LINES ? h("p", { class: "muted" }, `Shown: the first ${number(MAX_LINES)} of ${number(lines.length)}. The result file has all.`) : null);
}

// `points` are [minimum, maximum] of successive intervals, from -1 to 1; drawn relative to the peak.
function waveform(points, playhead) {
  const peak = Math.max(0.001, ...points.flat().map(Math.abs));
  const upper = points.map(([, max], x) => `${x},${-max / peak}`);
  const lower = points.map(([min], x) => `${x},${-min / peak}`).reverse();
  return svg("svg", { class: "waveform", viewBox: `0 -1.02 ${Math.max(1, points.length - 1)} 2.04`, preserveAspectRatio: "none", role: "img", "aria-label": "Waveform" },
    svg("polygon", { points: [...upper, ...lower].join(" ") }), playhead);
}

// A bar from -60 dB to 0 dB, full scale.
function levelRow(name, value) {
  const decibels = value > 0 ? 20 * Math.log10(value) : -Infinity;
  const fraction = Math.min(1, Math.max(0, 1 + decibels / 60));
  return barRow("div", name, fraction, value > 0 ? `${decibels.toFixed(1)} dB` : "silent");
}

// Nothing if the value is not known.
const unit = (value, name) => (value == null ? null : `${number(value)} ${name}`);

// "1:04.50".
function minutesAndSeconds(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}
