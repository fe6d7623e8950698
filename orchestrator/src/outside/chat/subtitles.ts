import type { ChatLine } from "./chatLine.ts";

/** A message is shown for this time, or until the next message. */
const SHOWN_SECONDS = 5;
const LEAST_SECONDS = 1;
const LONGEST_CHARACTERS = 500;

/**
 * The chat of a call as subtitles of its film: WebVTT, https://www.w3.org/TR/webvtt1/
 *
 * @param lines in order of arrival.
 * @param start start of the film, Unix milliseconds. Earlier messages are shown at its beginning.
 */
export function subtitles(lines: readonly ChatLine[], start: number): string {
  const from = lines.map(({ at }) => Math.max(0, (Date.parse(at) - start) / 1_000));
  const cues = lines.map((line, index) => {
    const begin = from[index] ?? 0;
    const next = from[index + 1] ?? Number.POSITIVE_INFINITY;
    const end = Math.max(begin + LEAST_SECONDS, Math.min(begin + SHOWN_SECONDS, next));
    return `${clock(begin)} --> ${clock(end)}\n<v ${shown(line.name ?? line.peerId)}>${shown(wordsOf(line))}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

function wordsOf({ text, json, base64 }: ChatLine): string {
  if (text !== undefined) return text;
  return base64 === undefined ? JSON.stringify(json) : `(${Buffer.byteLength(base64, "base64")} bytes)`;
}

/** On one line, with markup escaped. */
function shown(words: string): string {
  const line = words.replace(/\s+/g, " ").trim().slice(0, LONGEST_CHARACTERS);
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") || "…";
}

/** hh:mm:ss.mmm */
function clock(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
}
